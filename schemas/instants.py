"""Instants as numbers: whole microseconds since 1970-01-01T00:00Z."""

from datetime import UTC, datetime
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = 1_000_000
_DAY_OVER_2_13: Final = 86_400 * _SECOND >> 13


def microseconds(moment: datetime) -> int:
    """Return the microseconds from 1970 to an aware datetime, exactly.

    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    since = moment - _EPOCH
    # The microseconds of a day, in factors that compiled code multiplies without a big integer.
    return (since.days * _DAY_OVER_2_13 << 13) + since.seconds * _SECOND + since.microseconds
