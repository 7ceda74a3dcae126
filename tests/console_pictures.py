"""Takes the pictures of `docs/console` anew: `python -m tests.console_pictures [NAME …]`, with Chromium on the PATH.

Two companies are played through a worker: 120 accounts of `b2b` and 170 customers of `saas`. A picture has 256 colours
at most, which a page of text does not show, and a third of the bytes.
"""

import asyncio
import os
import sys
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlencode

from streams.console.documents import AtRiskFilters
from streams.console.viewing import StoreViews
from tests.console_company import START, watched
from tests.console_server import pages_of, served, views_of
from tests.ops.browser import Browser, browser
from tests.png import with_few_colours

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs/console"
DAYS: Final = 246
NOW: Final = START + timedelta(days=DAYS)
PLAYED: Final = {"b2b": 120, "saas": 170}
"""Customers of each company."""


class Picture(NamedTuple):
    """A page of a company as it looks in a window."""

    name: str
    kind: str
    path: str
    width: int
    height: int
    theme: str = "light"
    language: str = "en"


PICTURES: Final = (
    Picture("at-risk", "b2b", "/", 1_280, 786),
    Picture("phone", "b2b", "/", 390, 844, "dark", "es"),
    Picture("customer", "b2b", "/customers/{first}", 1_280, 1_400),
    Picture("retention", "saas", "/retention", 1_280, 1_130, "dark"),
    Picture("signals", "saas", "/signals?severity=low", 1_280, 760),
    Picture("pipeline", "saas", "/pipeline", 1_280, 1_000, "light", "it"),
)


async def take(names: set[str], folder: Path = FOLDER) -> None:
    """Take pictures, of which the names are given, or all."""
    wanted = [one for one in PICTURES if not names or one.name in names]
    with ExitStack() as stack, tempfile.TemporaryDirectory() as profile:
        views = {kind: await _company(kind) for kind in {one.kind for one in wanted}}
        at = {kind: stack.enter_context(served(pages_of(found, NOW, "act"))) for kind, found in views.items()}
        async with browser(os.environ.get("CHROMIUM", "chromium"), Path(profile)) as tab:
            for one in wanted:
                await _take(tab, one, at[one.kind], _first(views[one.kind]), folder)


async def _company(kind: str) -> StoreViews:
    found = await watched(customers=PLAYED[kind], days=DAYS, kind=kind)
    return views_of(found.reads, today=NOW, workers=found.workers)


def _first(views: StoreViews) -> str:
    """Return the first customer with some reasons and something to do, so that a picture shows the rest, too."""
    rows = views.at_risk(AtRiskFilters(), 1, 25, NOW).rows
    return min(rows, key=lambda row: (row.action is None, abs(len(row.reasons) - 3))).customer_id


async def _take(tab: Browser, one: Picture, address: str, first: str, folder: Path) -> None:
    choices = urlencode({"theme": one.theme, "lang": one.language, "back": one.path.format(first=first)})
    await tab.look(f"{address}/preferences?{choices}", one.width, one.height)
    file = folder / f"{one.name}.png"
    await tab.screenshot(file)
    file.write_bytes(with_few_colours(file.read_bytes()))
    sys.stdout.write(f"{file.name}: {file.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    asyncio.run(take(set(sys.argv[1:])))
