"""Keys of drill-downs: a number's name, as the pages link to it and the API takes it.

lost|subscription|2026-03-01|2026-04-01            customers lost in a period
moved|expansion|EUR|2026-03-01|2026-04-01          customers whose MRR moved so over a period
reason|subscription|price|voluntary|2026-03-01|…   customers that left for a reason
cohort|2026-01-01|3                                customers of a cohort that are there 3 months later
"""

from datetime import date
from typing import Final, NamedTuple

NONE: Final = "-"
"""In place of a reason that was not given."""
MOST_MONTHS: Final = 1_200
_PARTS: Final = {"lost": 4, "moved": 5, "reason": 6, "cohort": 3}


class Key(NamedTuple):
    """A key in parts."""

    what: str
    parts: tuple[str, ...]

    def day(self, place: int) -> date:
        """Return a part that is a day."""
        return date.fromisoformat(self.parts[place])


def key_of(text: str) -> Key | None:
    """Return a key; None if no number has it.

    >>> key_of("cohort|2026-01-01|3"), key_of("cohort|nonsense|3"), key_of("all")
    (Key(what='cohort', parts=('2026-01-01', '3')), None, None)
    """
    what, *parts = text.split("|")
    if _PARTS.get(what) != len(parts) + 1:
        return None
    days = parts[:1] if what == "cohort" else parts[-2:]
    try:
        for day in days:
            date.fromisoformat(day)
        if what == "cohort" and not 0 <= int(parts[1]) <= MOST_MONTHS:
            return None
    except ValueError:
        return None
    return Key(what, tuple(parts))


def lost(basis: str, start: date, end: date) -> str:
    """Return the key of the customers that were lost in a period."""
    return f"lost|{basis}|{start}|{end}"


def moved(kind: str, currency: str, start: date, end: date) -> str:
    """Return the key of the customers whose MRR moved in a way; `any` is every way."""
    return f"moved|{kind}|{currency}|{start}|{end}"


def reason(basis: str, why: str | None, cause: str, start: date, end: date) -> str:
    """Return the key of the customers that left for a reason."""
    return f"reason|{basis}|{why or NONE}|{cause}|{start}|{end}"


def cohort(month: date, after: int) -> str:
    """Return the key of the customers of a cohort that are still there so many months later."""
    return f"cohort|{month}|{after}"
