"""A fitted model of the risk: what `backstay learn` writes and a worker reads. Numbers only, and all of them whole.

    score = intercept + Σ weight × value          a value lies between 0 and 1
    log-odds = offset + slope × score             the calibration

Everything is in thousandths, so each machine calculates the same digits. `retention/risk` knows what the factors are.
"""

from dataclasses import dataclass, field
from typing import Final

MILLI: Final = 1_000
"""A weight, a value, a slope of 1."""
LARGEST: Final = 1_000 * MILLI
"""Bound of weights, slopes and offsets, in both directions: log-odds of 1,000 are certainty many times over."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A factor: its weight in the log-odds, and its value for a usual customer, from which its share is counted."""

    name: str
    weight: int
    usual: int = 0


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model. Bounds of bands are risks in ten-thousandths; `digest` is that of the file."""

    digest: str
    basis: str
    horizon_days: int
    intercept: int
    factors: tuple[Weighed, ...]
    slope: int = MILLI
    offset: int = 0
    medium_from: int = 3_300
    high_from: int = 5_000
    by_name: dict[str, Weighed] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {one.name: one for one in self.factors})

    def usual_log_odds(self) -> int:
        """Return the log-odds of a customer as most are, in multiples of 10⁻⁹."""
        score = MILLI * self.intercept
        for one in self.factors:
            score += one.weight * one.usual
        return MILLI * MILLI * self.offset + self.slope * score
