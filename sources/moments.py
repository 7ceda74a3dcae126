"""Reads the times of product analytics: texts with or without an offset, and numbers of seconds or milliseconds.

The range of numbers tells their unit: from 1980 to 2099 the two have no number in common.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from sources.base import Unreadable
from sources.exact import kind_of
from sources.instants import zone_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime(1980, 1, 1, tzinfo=UTC)
_END: Final = datetime(2100, 1, 1, tzinfo=UTC)
_NUMBERS: Final = (int, Decimal)
"""A tuple, and no union, which is made anew each time that it is asked for."""
_EARLIEST: Final = 315_532_800
"""The beginning of 1980, in seconds."""
_LATEST: Final = 4_102_444_800
"""The beginning of 2100."""
_NAMES_OF_UTC: Final = ("UTC", "GMT")
_OF_UTC: Final = re.compile(r"\s*(UTC|GMT)$")
_REMEDY: Final = "send a time from 1980 to 2099: text such as 2026-03-01T09:30:00Z, or seconds or milliseconds"


def moment(source: str, path: str, value: object, zone: str = "UTC") -> datetime:
    """Return an instant; raise `Unreadable` for what is none, or none from 1980 to 2099.

    A text without an offset is a clock time of the zone.

    >>> moment("amplitude", "event_time", "2026-03-01 09:30:00.250000").isoformat()
    '2026-03-01T09:30:00.250000+00:00'
    >>> moment("mixpanel", "time", 1772357400000) == moment("mixpanel", "time", 1772357400)
    True
    """
    if isinstance(value, str) and value:
        return _of_text(source, path, value, zone)
    if isinstance(value, _NUMBERS) and not isinstance(value, bool):
        found = _of_number(value)
        if found is None:
            raise Unreadable(source, path, "a number that is no such time", _REMEDY)
        return found
    raise Unreadable(source, path, kind_of(value), _REMEDY)


def _of_number(number: int | Decimal) -> datetime | None:
    if isinstance(number, Decimal) and not number.is_finite():
        return None
    for of_a_second in (1, 1_000):
        if _EARLIEST * of_a_second <= number < _LATEST * of_a_second:
            return _EPOCH + timedelta(microseconds=int(number * (1_000_000 // of_a_second)))
    return None


def _of_text(source: str, path: str, text: str, zone: str) -> datetime:
    try:
        plain = text.strip()
        found = datetime.fromisoformat(_OF_UTC.sub("Z", plain) if plain.endswith(_NAMES_OF_UTC) else plain)
        if ":" not in text:
            raise ValueError("a day is no instant")
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC if zone == "UTC" else zone_of(zone))
        if found.tzinfo is not UTC:
            found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(source, path, "text that is no time", _REMEDY) from None
    if not _FIRST <= found < _END:
        raise Unreadable(source, path, "a time before 1980 or after 2099", _REMEDY)
    return found


def by_the_clock(at: datetime, zone: str) -> datetime:
    """Return the instant at which the clocks of a zone showed what `at` shows in UTC.

    Of an hour that a zone has twice it is the first.

    >>> by_the_clock(datetime(2026, 3, 1, 9, 30, tzinfo=UTC), "America/Los_Angeles").isoformat()
    '2026-03-01T17:30:00+00:00'
    """
    return at if zone == "UTC" else at.replace(tzinfo=zone_of(zone)).astimezone(UTC)
