"""Keys of drill-downs: a number's name, as the pages link to it and the API takes it.

lost|subscription|2026-03-01|2026-04-01            customers lost in a period
lost|subscription|2026-03-01|2026-04-01|plan|pro   those of a segment
moved|expansion|EUR|2026-03-01|2026-04-01          customers whose MRR moved so over a period; by segment as above
opening|EUR|2026-03-01|2026-04-01                  customers with MRR when it begins; by segment
closing|EUR|2026-03-01|2026-04-01                  the same when it ends
reason|subscription|price|voluntary|2026-03-01|…   customers that left for a reason; by segment
cohort|2026-01-01|3                                customers of a cohort there 3 months later, or `all`; by segment:
                                                   of those who began in it
"""

from datetime import MAXYEAR, date
from typing import Final, Literal, NamedTuple
from urllib.parse import quote, unquote

from retention.measures.base import ALL
from schemas.outbound import SegmentOut

NONE: Final = "-"
"""In place of a reason that was not given."""
WHOLE: Final = "all"
"""In place of the months after which customers of a cohort are still there."""
MOST_MONTHS: Final = 1_200
_PARTS: Final = {"lost": 3, "moved": 4, "opening": 3, "closing": 3, "reason": 5, "cohort": 2}
_SPLIT: Final = frozenset({"lost", "moved", "opening", "closing", "reason", "cohort"})
"""Keys that may name a segment, in two more parts."""


class Key(NamedTuple):
    """A key in parts, and the attribute and the value of its segment."""

    what: str
    parts: tuple[str, ...]
    segment: tuple[str, str] | None = None

    def day(self, place: int) -> date:
        """Return a part that is a day."""
        return date.fromisoformat(self.parts[place])

    def after(self) -> int | None:
        """Return the months after which customers of a cohort are still there; None for all of it, or for no cohort."""
        return int(self.parts[1]) if self.what == "cohort" and self.parts[1] != WHOLE else None


def key_of(text: str) -> Key | None:
    """Return a key; None if no number has it.

    >>> key_of("cohort|2026-01-01|3").parts, key_of("cohort|nonsense|3"), key_of("all")
    (('2026-01-01', '3'), None, None)
    >>> key_of("cohort|9999-12-31|0")  # its months would be after the last year of the calendar
    >>> key_of("lost|purchase|2026-01-01|2026-02-01|tier|a%7Cb").segment
    ('tier', 'a|b')
    """
    what, *parts = text.split("|")
    own = _PARTS.get(what, 0)
    if not own or len(parts) not in ({own, own + 2} if what in _SPLIT else {own}):
        return None
    days = parts[:1] if what == "cohort" else parts[own - 2 : own]
    try:
        for day in days:
            date.fromisoformat(day)
        if what == "cohort" and parts[1] != WHOLE and not 0 <= int(parts[1]) <= MOST_MONTHS:
            return None
        if what == "cohort" and date.fromisoformat(parts[0]).year + MOST_MONTHS // 12 >= MAXYEAR:
            return None
    except ValueError:
        return None
    named = [unquote(part) for part in parts[own:]]
    return Key(what, tuple(parts[:own]), (named[0], named[1]) if named else None)


def named(segment: SegmentOut) -> tuple[str, str] | None:
    """Return the attribute and the value of a segment; None of all customers."""
    return (segment.by, segment.value) if segment.by != ALL else None


def of_segment(key: str, segment: SegmentOut) -> str:
    """Return the key of those of a segment; of all customers it is the key itself."""
    named = "|".join(quote(text, safe="") for text in (segment.by, segment.value))
    return key if segment.by == ALL else f"{key}|{named}"


def lost(basis: str, start: date, end: date) -> str:
    """Return the key of the customers that were lost in a period."""
    return f"lost|{basis}|{start}|{end}"


def moved(kind: str, currency: str, start: date, end: date) -> str:
    """Return the key of the customers whose MRR moved in a way; `any` is every way."""
    return f"moved|{kind}|{currency}|{start}|{end}"


def level(when: Literal["opening", "closing"], currency: str, start: date, end: date) -> str:
    """Return the key of the customers with MRR when a period begins, or when it ends."""
    return f"{when}|{currency}|{start}|{end}"


def reason(basis: str, why: str | None, cause: str, start: date, end: date) -> str:
    """Return the key of the customers that left for a reason."""
    return f"reason|{basis}|{why or NONE}|{cause}|{start}|{end}"


def cohort(month: date, after: int | None = None) -> str:
    """Return the key of the customers of a cohort: all, or those that are still there so many months later."""
    return f"cohort|{month}|{WHOLE if after is None else after}"
