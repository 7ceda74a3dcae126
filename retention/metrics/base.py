"""What a metric is: a pure ratio of sums over customers, taken last (metrics.md, rule 10)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Final, Literal, NamedTuple

from retention.components import Vector, view_net
from retention.errors import IdentityBroken
from retention.movements import MOVEMENT_KINDS, MovementKind

Unit = Literal["ratio", "currency_per_month", "currency_per_year"]
Subject = Literal["customers", "revenue"]

Z_95: Final = 1.959963984540054


class Figures(NamedTuple):
    """Everything that is known of one period, segment, basis and currency: counts, and money in major units."""

    S: int
    lost: int
    new: int
    returned: int
    acquired: int
    mrr_start: Fraction
    mrr_end: Fraction
    start_cohort_end: Fraction
    start_cohort_kept: Fraction
    period_view: dict[MovementKind, Fraction]
    event_view: dict[MovementKind, Fraction]

    @property
    def retained(self) -> int:
        """Active at the start and at the end."""
        return self.S - self.lost

    @property
    def N(self) -> int:  # noqa: N802 - the literature's letter
        """Active at the end, not at the start."""
        return self.new + self.returned

    @property
    def E(self) -> int:  # noqa: N802 - the literature's letter
        """Active at the end."""
        return self.retained + self.N


def figures(active: int, mrr: Fraction, vector: Vector) -> Figures:
    """Read a period: its levels at the start, and the sums of what happened in it.

    Raises `IdentityBroken` if the movements of either view do not lead from the start to the end.
    """
    views = {
        view: {kind: Fraction(vector.get(f"{view}_{kind}", 0)) for kind in MOVEMENT_KINDS}
        for view in ("period", "event")
    }
    found = Figures(
        S=active,
        lost=int(vector.get("lost", 0)),
        new=int(vector.get("new", 0)),
        returned=int(vector.get("returned", 0)),
        acquired=int(vector.get("acquired", 0)),
        mrr_start=mrr,
        mrr_end=mrr + view_net(vector, "period"),
        start_cohort_end=mrr + vector.get("cohort_change", 0),
        start_cohort_kept=mrr - vector.get("cohort_loss", 0),
        period_view=views["period"],
        event_view=views["event"],
    )
    _check(found, view_net(vector, "event"))
    return found


def _check(found: Figures, net_of_events: Fraction) -> None:
    view = found.period_view
    cohort = found.mrr_start + view["expansion"] - view["contraction"] - view["churn"] - view["pause"]
    if found.mrr_start + net_of_events != found.mrr_end:
        raise IdentityBroken(f"event view: {found.mrr_start} + {net_of_events} is not {found.mrr_end}")
    if cohort != found.start_cohort_end:
        raise IdentityBroken(f"period view: the cohort of the start ends at {cohort}, not {found.start_cohort_end}")
    if found.retained < 0 or found.mrr_start < 0 or found.mrr_end < 0:
        raise IdentityBroken(f"less than nobody, or less than nothing: {found}")


Part = Callable[[Figures], Fraction]


@dataclass(frozen=True)
class Metric:
    """One line of the register. The value is numerator / denominator, or the numerator alone."""

    name: str
    help: str
    unit: Unit
    subject: Subject
    gauge: str
    numerator: Part
    denominator: Part | None
    proportion: bool = False

    def value(self, found: Figures) -> Fraction | None:
        """Give the figure; None where the base is empty."""
        if self.denominator is None:
            return self.numerator(found)
        base = self.denominator(found)
        return self.numerator(found) / base if base else None


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Give the Wilson 95 % interval of a proportion.

    >>> [round(bound, 4) for bound in wilson(12, 20)]
    [0.3866, 0.7812]
    """
    share, square = successes / trials, Z_95 * Z_95
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    reach = Z_95 * sqrt(share * (1 - share) / trials + square / (4 * trials * trials)) / (1 + square / trials)
    return max(0.0, centre - reach), min(1.0, centre + reach)
