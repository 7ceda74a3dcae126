"""Text of producers, made safe to look at: nothing in it moves a cursor, turns the reading order, or hides."""

import re
from typing import Final

_HIDDEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Control characters, marks of direction, what has no width, and half characters. Joiners stay, as words need them."""


def visible(text: str) -> str:
    r"""Write out each character that could not be seen, as Python and JSON do.

    >>> visible("gold\u202efdp.exe\x1b[2J"), visible("Ñandú 👍")
    ('gold\\u202efdp.exe\\x1b[2J', 'Ñandú 👍')
    """
    return text if text.isprintable() else _HIDDEN.sub(_written_out, text)


def readable(text: str) -> str:
    """Return a text of several lines as it may stand on a terminal: all but its line breaks is made visible."""
    return "\n".join(map(visible, text.split("\n")))


def _written_out(found: re.Match[str]) -> str:
    return found[0].encode("unicode-escape", "surrogatepass").decode()
