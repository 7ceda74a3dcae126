"""Writes usual times as `instants.written` does: texts with an offset, and whole numbers of seconds or milliseconds.

That the digits of a text are digits is not looked at here: the contract of the event refuses any other.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from sources.instants import written

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400
_MILLION: Final = 1_000_000
_EARLIEST: Final = 315_532_800
"""The beginning of 1980, in seconds."""
_LATEST: Final = 4_102_444_800
"""The beginning of 2100."""
_TWO: Final = tuple([f"{number:02}" for number in range(60)])
_TO_THE_SECOND: Final = 19
_IN_MILLISECONDS: Final = 23
_IN_MICROSECONDS: Final = 26
_SIZES: Final = frozenset({_TO_THE_SECOND, _IN_MILLISECONDS, _IN_MICROSECONDS})
_WITH_OFFSET: Final = 25


def in_utc(text: str, zone: str = "") -> str | None:
    """Return a usual time of the years 1980 to 2099 in UTC; None for any other text.

    One without an offset is of the zone UTC, if `zone` says so.

    >>> in_utc("2026-03-01T09:30:00.250Z"), in_utc("2026-03-01 09:30:00.000000", "UTC"), in_utc("1.3.2026")
    ('2026-03-01T09:30:00.250000Z', '2026-03-01T09:30:00Z', None)
    >>> in_utc("2026-03-01T00:30:00+01:00")
    '2026-02-28T23:30:00Z'
    """
    offset = ""
    if text.endswith("Z"):
        bare = text[:-1]
    elif text.endswith("+00:00"):
        bare = text[:-6]
    elif len(text) >= _WITH_OFFSET and text[-6] in "+-" and text[-3] == ":":
        bare, offset = text[:-6], text[-6:]
    elif zone == "UTC":
        bare = text
    else:
        return None
    size = len(bare)
    if size not in _SIZES or bare[4] != "-" or bare[7] != "-" or bare[10] not in "T ":
        return None
    minute = f"{bare[:10]}T{bare[11:16]}"
    if offset:
        try:
            minute = _minute(minute, offset)
        except (ValueError, OverflowError):
            return None
    if not "1980" <= minute[:4] < "2100":
        return None
    second = minute + bare[16:19]
    if size == _TO_THE_SECOND:
        return f"{second}Z"
    fraction = bare[19:] if size == _IN_MICROSECONDS else f"{bare[19:]}000"
    return f"{second}Z" if fraction == ".000000" else f"{second}{fraction}Z"


@lru_cache(maxsize=4_096)
def _minute(clock: str, offset: str) -> str:
    """Return a minute of another offset in UTC: records that follow one another share it."""
    return written(datetime.fromisoformat(clock + offset).astimezone(UTC))[:16]


def since_1970(number: int) -> int | None:
    """Return microseconds since 1970, of seconds or milliseconds from 1980 to 2099: the range tells which."""
    if _EARLIEST <= number < _LATEST:
        return number * _MILLION
    if _EARLIEST * 1_000 <= number < _LATEST * 1_000:
        return number * 1_000
    return None


def text_of(at: int) -> str:
    """Return an instant in microseconds since 1970 as RFC 3339 text.

    >>> text_of(1_772_357_400_250_000)
    '2026-03-01T09:30:00.250000Z'
    """
    # Not by `divmod`, which compiled code calls as Python does, with a tuple for each: 2.5 times the instructions.
    seconds, micros = at // _MILLION, at % _MILLION
    rest = seconds % _DAY
    minutes = rest // 60
    text = f"{_day(seconds // _DAY)}T{_TWO[minutes // 60]}:{_TWO[minutes % 60]}:{_TWO[rest % 60]}"
    return f"{text}.{micros:06}Z" if micros else f"{text}Z"


@lru_cache(maxsize=1_024)
def _day(number: int) -> str:
    return written(_EPOCH + timedelta(days=number))[:10]
