"""Reads dates and amounts as people write them in files: 01/03/2026 09:30, 1.299,00.

Neither can be told from itself: 01/03/2026 is a day of March or of January, and 1.299 is more than a thousand or
little more than one. So nothing is guessed: a setting says which part of a date comes first, and which sign a decimal
mark is. What does not fit the setting is refused.
"""

import re
from typing import Final

ORDERS: Final = ("day-first", "month-first")
"""The orders of a date's parts; the year comes last in both."""
MARKS: Final = {"comma": ",", "point": "."}
"""The decimal marks of amounts. The other sign, a space or an apostrophe may stand between groups of three digits."""
_DATE: Final = re.compile(
    r"(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})"
    r"(?:,?[ T](?P<hour>\d{1,2}):(?P<minute>\d\d)(?P<second_of>:\d\d(?:\.\d+)?)?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?",
    re.ASCII,
)
_GROUPS: Final = r"(?:\d{1,3}(?:(?P<group>[%s \u00a0\u202f'’])\d{3})(?:(?P=group)\d{3})*|\d+)"
_AMOUNTS: Final = {
    name: re.compile(rf"(-?)({_GROUPS % ('.' if sign == ',' else ',')})(?:{re.escape(sign)}(\d+))?", re.ASCII)
    for name, sign in MARKS.items()
}
"""An amount by each decimal mark: sign, whole part with its groups, decimals."""
_NOON: Final = 12


def is_date(text: str) -> bool:
    """Report whether a text is a date whose order nothing says, such as 01/03/2026.

    >>> is_date("01/03/2026"), is_date("2026-03-01")
    (True, False)
    """
    return _DATE.fullmatch(text.strip()) is not None


def iso(text: str, order: str) -> str | None:
    """Return a date, with its clock time if it has one, in the order of ISO 8601; None for anything else.

    Parts that no calendar has (a 13th month) are for the caller to refuse.

    >>> iso("1/3/2026", "day-first"), iso("03/01/2026 9:30 PM", "month-first")
    ('2026-03-01', '2026-03-01T21:30')
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    day, month = (found["first"], found["second"]) if order == ORDERS[0] else (found["second"], found["first"])
    date = f"{found['year']}-{month:0>2}-{day:0>2}"
    if found["hour"] is None:
        return date
    hour = int(found["hour"])
    if found["half"] is not None:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if found["half"] in "pP" else 0)
    return f"{date}T{hour:02}:{found['minute']}{found['second_of'] or ''}"


def plain(text: str, mark: str) -> str | None:
    """Return an amount with a point and no groups; None for what is none by that decimal mark.

    >>> plain("1.299,00", "comma"), plain("1,299.5", "point"), plain("29.90", "comma")
    ('1299.00', '1299.5', None)
    """
    found = _AMOUNTS[mark].fullmatch(text.strip())
    if found is None:
        return None
    whole = re.sub(r"\D", "", found[2])
    return f"{found[1]}{whole}" + (f".{found[4]}" if found[4] is not None else "")
