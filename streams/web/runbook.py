"""The runbook as a page, so that the link of an alert opens the right section without another server."""

import html
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

_HEADING: Final = re.compile(r"^(#+) (.+)$")
_CODE: Final = re.compile(r"`([^`]+)`")
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Backstay: runbook</title></head><body><main>
{body}
</main></body></html>
"""


@cache
def runbook() -> str:
    """Return the runbook as HTML: each heading with the anchor that alerts link to, and code as code."""
    return _PAGE.format(body="\n".join(_block(block) for block in re.split(r"\n{2,}", _text().strip())))


def anchor(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it.

    >>> anchor("Does it add up?")
    'does-it-add-up'
    """
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def _block(block: str) -> str:
    found = _HEADING.match(block)
    if found is None:
        return f"<p>{_inline(block)}</p>"
    level, text = len(found[1]), found[2]
    return f'<h{level} id="{anchor(text)}">{_inline(text)}</h{level}>'


def _inline(text: str) -> str:
    """Return text as HTML, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", html.escape(text))


def _text() -> str:
    """Read the file: beside this module in an installed package, under docs/ in a checkout."""
    installed = resources.files("streams.web").joinpath("runbook.md")
    source = installed if installed.is_file() else Path(__file__).parents[2] / "docs" / "runbook.md"
    return source.read_text(encoding="utf-8")
