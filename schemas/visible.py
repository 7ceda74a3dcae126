"""Makes text of producers safe to print: no character moves the cursor, changes the text direction, or is invisible."""

import re
from typing import Final

_HIDDEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Control characters, direction marks, zero-width characters and lone surrogates. Joiners stay, as words need them."""

UNSHOWN: Final = "another name"
"""What stands for the name of a kind of record that may hold an address or an id."""
_PERSONAL: Final = re.compile(r"@|%40|(?:\d\D*){4}")
MOST_SHOWN: Final = 60


def visible(text: str) -> str:
    r"""Return a text with each invisible character written as an escape, as Python and JSON do.

    >>> visible("gold\u202efdp.exe\x1b[2J"), visible("Ñandú 👍")
    ('gold\\u202efdp.exe\\x1b[2J', 'Ñandú 👍')
    """
    return text if text.isprintable() else _HIDDEN.sub(_written_out, text)


def readable(text: str) -> str:
    """Return a text of several lines made visible, except for its line breaks."""
    return "\n".join(map(visible, text.split("\n")))


def label(name: str) -> str:
    """Return the name of a kind of record as it may be shown: not with an address, nor with four digits, as ids have.

    >>> label("Signed In"), label("Invite sent to ana@shop.example")
    ('Signed In', 'another name')
    """
    return UNSHOWN if _PERSONAL.search(name) else name[:MOST_SHOWN]


def _written_out(found: re.Match[str]) -> str:
    return found[0].encode("unicode-escape", "surrogatepass").decode()
