"""Bounds of the thresholds of signals, by name: one name means the same in every signal.

A share that is written as 40 was meant as 40 %, and days that are counted whole cannot be 2.5. Without bounds both are
taken in silence, and a signal is raised never, or for every customer.
"""

from typing import Final, NamedTuple


class Bound(NamedTuple):
    """The least and the highest value of a threshold, and whether it is a whole number."""

    least: float
    most: float
    whole: bool = False


_MANY: Final = 36_500
_DAYS: Final = Bound(0, _MANY, whole=True)
_COUNT: Final = Bound(1, _MANY, whole=True)
_SHARE: Final = Bound(0, 1)

_BOUNDS: Final[dict[str, Bound]] = {
    "share": _SHARE,
    "fall": _SHARE,
    "min_share": _SHARE,
    "min_rise": _SHARE,
    "large_rise": _SHARE,
    "min_sentiment": _SHARE,
    "min_confidence": _SHARE,
    "percent": Bound(0, 100),
    "max_score": Bound(0, 10),
    "min_score": Bound(0, 10),
    "min_value": Bound(0, 10**12),
    "min_fall": Bound(1, 10),
    "csat_max": Bound(1, 5),
    "ces_max": Bound(1, 7),
    "recovered": Bound(1, 5),
    "max_stars": Bound(0, 5),
    "recovered_stars": Bound(0, 5),
    "times": Bound(1, 1_000),
    "once_in": Bound(2, 1_000_000, whole=True),
    "idle_hours": Bound(0.01, 24 * 365),
    "hours": Bound(0.01, 24 * 365),
    "open_hours": Bound(1, 24 * 365, whole=True),
    "high_hours": Bound(1, 24 * 365, whole=True),
    "urgent_hours": Bound(1, 24 * 365, whole=True),
    "lasting_hours": Bound(1, 24 * 365, whole=True),
    "days": Bound(1, _MANY, whole=True),
    "failed_payments": _COUNT,
    "messages": _COUNT,
    "min_features": _COUNT,
    "min_logins": _COUNT,
    "min_seats": _COUNT,
    "min_steps": _COUNT,
    "min_uses": _COUNT,
    "min_visits": _COUNT,
    "min_weeks": _COUNT,
    "refunds": _COUNT,
    "tickets": _COUNT,
}


def bound_of(name: str) -> Bound | None:
    """Return the bounds of a threshold; None if nothing is known of its name."""
    known = _BOUNDS.get(name)
    if known is not None:
        return known
    return _DAYS if name.endswith("_days") else None


def wrong_with(name: str, value: float) -> str | None:
    """Return what is wrong with a value of a threshold; None if nothing is.

    >>> wrong_with("share", 40), wrong_with("min_days", 2.5)
    ('40 is not between 0 and 1: 40 % is 0.4', '2.5 is no whole number')
    >>> wrong_with("share", 0.4), wrong_with("min_days", 2.0)
    (None, None)
    """
    bound = bound_of(name)
    if bound is None:
        return None
    if bound.whole and value != int(value):
        return f"{value:g} is no whole number"
    if bound.least <= value <= bound.most:
        return None
    meant = f": {value:g} % is {value / 100:g}" if bound == _SHARE and value <= 100 else ""  # noqa: PLR2004 - percent
    return f"{value:g} is not between {bound.least:g} and {bound.most:g}{meant}"
