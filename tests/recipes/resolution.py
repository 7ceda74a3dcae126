"""A measure, and two metrics of it that are quantiles: how long it took to solve the tickets solved in a period.

From opening to the last solution, with the time that a ticket was open again in between (metrics.md, support).
"""

from fractions import Fraction
from typing import Final, cast

from retention.buckets import field_of
from retention.calendar import NEVER, SECOND, Instant
from retention.features.tickets.facets import TICKETS, TROUBLES
from retention.features.tickets.section import tickets_seen
from retention.features.tickets.tickets import SOLVED, opened_at
from retention.measures.base import NOTHING_SHOWN, Measure, Shown, Step, Track, Vector, Window, add
from retention.metrics.base import SECONDS, Metric, Quantile
from retention.policy import Policy
from retention.state.customer import Customer


def shown(customer: Customer, _policy: Policy, _as_of: Instant) -> Shown:
    """Return the tickets that are solved as steps of no levels, each with how long that took."""
    solved = [
        (ticket.last_at(), ticket.last_at() - opened_at(ticket))
        for ticket in tickets_seen(customer).values()
        if ticket.steps[-1].kind == SOLVED and opened_at(ticket) < NEVER
    ]
    if not solved:
        return NOTHING_SHOWN
    steps = [Step(at, (), detail=took // SECOND) for at, took in sorted(solved)]
    return Shown([Track(None, [Step(-NEVER, ()), *steps], NEVER, NEVER)], [])


def next_step(_customer: Customer, _policy: Policy, _after: Instant) -> Instant:
    """Return never: time alone solves no ticket."""
    return NEVER


def book(vector: Vector, window: Window) -> None:
    """Count each ticket in the bucket of the seconds that it took."""
    for step in window.steps:
        add(vector, field_of("resolved", max(0, cast("int", step.detail))), 1)


RESOLUTION: Final = Measure(
    "resolution", reads=frozenset({TICKETS, TROUBLES}), levels=(), shown=shown, next_step=next_step, book=book
)


def _after(share: Fraction, name: str, help_text: str) -> Metric:
    found = Quantile("resolved", share)
    return Metric(
        name=name,
        help=help_text,
        gauge=f"{name}_seconds",
        of=(RESOLUTION,),
        unit=SECONDS,
        value=found,
        sample=found.number,
    )


RESOLUTION_MEDIAN: Final = _after(
    Fraction(1, 2), "resolution_median", "Half of the tickets solved in the period took no longer than this."
)
RESOLUTION_P90: Final = _after(
    Fraction(9, 10), "resolution_p90", "Nine in ten of the tickets solved in the period took no longer than this."
)
