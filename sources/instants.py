"""Reads and writes instants of other systems, finds time zones by name, and counts billing periods."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from sources.document import Node

_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = 32_503_680_000
"""The beginning of the year 3000, in seconds since 1970: what is later is in milliseconds, or from an unset clock."""
_WITH_OFFSET: Final = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_FINEST: Final = 7
"""A point and six digits: what is finer than a microsecond is dropped."""
_MOST: Final = 1_200
"""Billing periods that are told apart."""
_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_FAR_DAYS: Final = 6_000 * 365
_FAR_MONTHS: Final = 6_000 * 12
_CLOSE: Final = timedelta(days=1)
"""What two instants of one change may be apart: an update is some seconds later than what it tells of."""


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """Return a zone; raise `ValueError` for an unknown one."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone, such as 'Europe/Madrid'") from error


def moment(node: Node) -> datetime:
    """Return the instant of seconds since 1970; raise `Unreadable` for anything else."""
    seconds = node.value
    if type(seconds) is int and 0 <= seconds < _LATEST:
        return _START + timedelta(seconds=seconds)
    remedy = "a time is a number of whole seconds since 1970: send the record as it came"
    seconds = node.whole(remedy)
    if not 0 <= seconds < _LATEST:
        raise node.wrong(remedy, "a time before 1970 or after 2999")
    return _START + timedelta(seconds=seconds)


def of_text(node: Node) -> datetime:
    """Return the instant of a text with an offset; raise `Unreadable` for anything else."""
    remedy = "a time is text with an offset, such as 2026-03-01T09:30:00+01:00: send the record as it came"
    parts = _WITH_OFFSET.fullmatch(node.text(remedy))
    if parts is None:
        raise node.wrong(remedy, "text that is no time with an offset")
    try:
        found = datetime.fromisoformat(parts[1] + (parts[2] or "")[:_FINEST] + parts[3].upper())
        return found if found.tzinfo is UTC else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise node.wrong(remedy, "a time that no calendar has") from None


def written(at: datetime) -> str:
    """Return an instant as RFC 3339 text.

    >>> written(datetime(2026, 1, 5, tzinfo=UTC))
    '2026-01-05T00:00:00Z'
    """
    return at.isoformat().replace("+00:00", "Z")


def later(at: datetime, interval: str, number: int) -> datetime:
    """Return the instant so many days, weeks, months, quarters or years later; the last day of a shorter month.

    It is at most six thousand years later: calendars end.
    """
    if interval in _DAYS:
        return at + timedelta(days=min(number * _DAYS[interval], _FAR_DAYS))
    months = min(number * _MONTHS[interval], _FAR_MONTHS)
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


def periods_between(start: datetime, end: datetime, interval: str, count: int) -> int:
    """Return in how many billing periods that begin at `start` an invoice comes before `end`: at least one.

    >>> start = datetime(2026, 1, 31, tzinfo=UTC)
    >>> periods_between(start, later(start, "month", 3), "month", 1)
    3
    >>> periods_between(start, later(start, "month", 3), "year", 1)
    1
    """
    found = 1
    while found < _MOST and later(start, interval, found * count) < end - _CLOSE:
        found += 1
    return found
