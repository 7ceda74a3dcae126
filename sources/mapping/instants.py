"""Reads times as companies write them: numbers of a unit since 1970, and clock times of a zone.

A clock time that a zone has twice, in autumn, is the first of the two. One that it skips, in spring, is read with the
offset before the change: 02:30 is 03:30. Both are counted as doubts: the record does not say more.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from schemas.checks import PLAIN_AMOUNT
from sources.base import Unreadable
from sources.exact import kind_of
from sources.instants import written, zone_of
from sources.logical import without_z
from sources.mapping.paths import NAME
from sources.mapping.written import ORDERS, is_date, iso
from sources.usual.times import text_of

EPOCHS: Final[dict[str, int | Fraction]] = {
    "days": Fraction(1, 86_400),
    "seconds": 1,
    "milliseconds": 1_000,
    "microseconds": 1_000_000,
    "nanoseconds": 1_000_000_000,
}
"""Units of numbers that count from 1970, and how many of them a second has."""
DAYS: Final = "days"
"""The unit of calendar days: each is its midnight in a zone."""
_NUMBERS: Final = (int, Decimal)
_MICRO: Final = 1_000_000
TWICE: Final = "a clock time that its zone has twice: read as the first of the two"
SKIPPED: Final = "a clock time that its zone skips: read with the offset before the change"
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST: Final = 315_532_800
"""The beginning of 1980, in seconds: numbers of another unit lie before it or after `_LATEST`."""
_LATEST: Final = 4_102_444_800
"""The beginning of 2100."""
_RANGES: Final = {
    unit: (int(_EARLIEST * of_a_second), int(_LATEST * of_a_second)) for unit, of_a_second in EPOCHS.items()
}
"""The numbers of each unit that are times: from the first to before the second. Days begin with whole numbers, too."""
USUAL_EPOCHS: Final = {"seconds": _MICRO, "milliseconds": 1_000}
"""Units of most times, and how many microseconds one has."""
_WITH_OFFSET: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_NUMBER: Final = re.compile(PLAIN_AMOUNT)


def moment(
    path: str,
    value: object,
    unit: str | None,
    zone: str | None,
    doubts: list[str],
    *,
    local: bool = False,
    dates: str | None = None,
) -> str:
    """Return an instant as RFC 3339 text; raise `Unreadable` for what is none.

    A `local` time is that of a clock in the zone, even if a Z stands behind it, or if it is a number; a day always is.
    `dates` says whether the day or the month of a date such as 01/03/2026 comes first.

    >>> moment("created", 1772352000000, "milliseconds", None, [])
    '2026-03-01T08:00:00Z'
    >>> moment("created", "2026-03-01 09:00:00", None, "Europe/Madrid", [])
    '2026-03-01T08:00:00Z'
    """
    if type(value) is int and unit in USUAL_EPOCHS and not local and (text := since_1970(value, unit)) is not None:
        return text
    if isinstance(value, str) and local:
        value = without_z(value)
    if isinstance(value, str) and _WITH_OFFSET.fullmatch(value):
        return value
    if isinstance(value, str) and unit is not None and _NUMBER.fullmatch(value):
        value = Decimal(value)
    if isinstance(value, _NUMBERS) and not isinstance(value, bool):
        found = _since_1970(path, value, unit)
        if local or unit == DAYS:
            return _of_clock(path, found.replace(tzinfo=None).isoformat(), zone, doubts)
        return written(found)
    if isinstance(value, str) and value:
        return _of_clock(path, _ordered(path, value, dates), zone, doubts)
    raise Unreadable(
        NAME, path, kind_of(value), "map a time: text such as 2026-03-01T09:30:00Z, or a number with a unit"
    )


def since_1970(number: int, unit: str | None) -> str | None:
    """Return a number of seconds or milliseconds as RFC 3339 text; None if it is no time of 1980 to 2099."""
    each = 1_000 if unit == "milliseconds" else _MICRO
    at = number * each
    return text_of(at) if _EARLIEST * _MICRO <= at < _LATEST * _MICRO else None


def _since_1970(path: str, number: int | Decimal, unit: str | None) -> datetime:
    if unit is None:
        raise Unreadable(NAME, path, "a number without a unit", _meant(number))
    first, last = _RANGES[unit]
    if not first <= number < last:
        raise Unreadable(NAME, path, f"no time from 1980 to 2099, as a number of {unit}", _meant(number))
    of_a_second = EPOCHS[unit]
    if isinstance(of_a_second, int) and of_a_second <= _MICRO:
        return _START + timedelta(microseconds=int(number * (_MICRO // of_a_second)))
    return _START + timedelta(microseconds=int(Fraction(number) * _MICRO / of_a_second))


def _meant(number: int | Decimal) -> str:
    fits = next((unit for unit, (first, last) in _RANGES.items() if first <= number < last), None)
    return "map a time from 1980 to 2099" if fits is None else f'write unit = "{fits}", which it fits'


def _ordered(path: str, text: str, dates: str | None) -> str:
    """Return a date in the order of ISO 8601; raise `Unreadable` for one whose order nothing says."""
    if dates is not None:
        return iso(text, dates) or text
    if is_date(text):
        remedy = f'say which part comes first: dates = "{ORDERS[0]}" or "{ORDERS[1]}"'
        raise Unreadable(NAME, path, "a date whose order nothing says", remedy)
    return text


def _of_clock(path: str, text: str, zone: str | None, doubts: list[str]) -> str:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        remedy = "map a time such as 2026-03-01T09:30:00Z, or a number with a unit"
        raise Unreadable(NAME, path, "text that is no time", remedy) from None
    if found.tzinfo is None:
        if zone is None:
            raise Unreadable(NAME, path, "a time without an offset", 'say whose clock it is: zone = "Europe/Madrid"')
        found = _in_zone(found, zone_of(zone), doubts)
    try:
        return written(found.astimezone(UTC))
    except OverflowError:
        raise Unreadable(NAME, path, "a time beyond the calendar", "map a time from 1970 on") from None


def _in_zone(clock: datetime, zone: ZoneInfo, doubts: list[str]) -> datetime:
    """Return the instant of a clock time. `fold` tells of two offsets which counts, where the clock was changed."""
    first, second = clock.replace(tzinfo=zone), clock.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before is not None and after is not None and before != after:
        doubts.append(TWICE if before > after else SKIPPED)
    return first
