"""What a measure is: levels of one customer over time, and what happens to them in a period, summed over customers.

A measure says how one customer stands (`tracks`), when time alone changes that (`next_step`), and what happened in one
period (`book`). The engine does the rest, the same for all: levels at the start of a period as running sums, their net
change, shifts between segments, seals, late corrections, and what stays of a customer that is forgotten.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, NamedTuple

from retention.calendar import Instant
from retention.features.base import Facet
from retention.policy import Policy
from retention.spans import Span
from retention.state.customer import Customer
from retention.statements import LastWord, Occasion, Statement
from schemas.outbound import OpenSignal

Number = int | Fraction
Vector = dict[str, Number]
"""Numbers by field; what is not in it is zero, and most customers change little in most periods.

`+name` is by how much the level `name` changes in a period, `>name` by how much it is shifted to this segment at the
start of it; every other field is a flow, under the name that its measure gives it.
"""
ALL: Final = "all"
"""Under which attribute and in which segment all customers are counted together."""
NO_NUMBERS: Final[Vector] = {}
"""Of what holds nothing: the same one everywhere, and never written to."""


class Step(NamedTuple):
    """How a customer stands from an instant on: its levels, in the order of the measure's.

    `detail` is the measure's own, for its flows. Steps are compared, so it is made of plain values. `segment` is where
    the customer is counted from that instant on; measures leave it alone.
    """

    at: Instant
    levels: tuple[Number, ...]
    detail: "object" = None
    segment: str = ALL


class Mark(NamedTuple):
    """Something that changes no level, and still makes figures begin: under `field`, where nothing else happens."""

    at: Instant
    field: str
    segment: str = ALL


class Track(NamedTuple):
    """How a customer stood from step to step, in one currency or (None) over all of them.

    The first step is how it stood before all others. `first` is when a level first rose above zero, `known_since` the
    measure's own; both `NEVER` if that did not happen.
    """

    currency: str | None
    steps: list[Step]
    first: Instant
    known_since: Instant
    marks: tuple[Mark, ...] = ()


class Split(NamedTuple):
    """In which segment a customer was since when, by one attribute: in `other` before the first instant."""

    by: str
    since: tuple[tuple[Instant, str], ...]


class Shown(NamedTuple):
    """What the history of a customer shows, as of an instant.

    `brought` are the instants at which time alone has changed something, ascending. `detail` is the measure's own, for
    what it says. `splits` are the segments that the customer was in, by attribute; measures leave them alone.
    """

    tracks: list[Track]
    brought: list[Instant]
    detail: "object" = None
    splits: tuple[Split, ...] = ()


NOTHING_SHOWN: Final = Shown([], [])
"""Of a customer that a measure has nothing of."""


class Window(NamedTuple):
    """One period of one customer: `before` is the step that it begins with, `steps` are those inside."""

    track: Track
    before: Step
    steps: list[Step]
    has_first: bool
    """Whether the customer's first step above zero ever lies inside."""


class Telling(NamedTuple):
    """What a measure needs to say what has changed of one customer."""

    customer_id: str
    customer: Customer
    policy: Policy
    horizon: Instant
    occasion: Occasion
    open_signals: Callable[[Customer, Instant], list[OpenSignal]]


class Level(NamedTuple):
    """A number that a customer has at every instant. It is never below zero."""

    name: str
    is_money: bool = False
    spread: Callable[[Number], int] | None = None
    """Returns it as the whole number that buckets count, for quantiles: each customer that has any level of the measure
    above zero is counted in the bucket of this one."""


@dataclass(frozen=True)
class Values:
    """The sums of one series in one period: its levels at the start and at the end, and what happened in between."""

    at_start: Vector
    at_end: Vector
    flows: Vector

    def start(self, level: str) -> Number:
        """Return a level at the start of the period."""
        return self.at_start.get(level, 0)

    def end(self, level: str) -> Number:
        """Return a level at the end of the period."""
        return self.at_end.get(level, 0)

    def flow(self, name: str) -> Number:
        """Return a flow of the period."""
        return self.flows.get(name, 0)


def says_nothing(_telling: Telling, _before: Shown, _after: Shown) -> Iterable[Statement]:
    """Return no statements: of a measure that figures alone are made of."""
    return ()


def holds(_values: Values) -> None:
    """Check nothing: of a measure whose flows have to agree with nothing."""


def books_nothing(_vector: Vector, _window: Window) -> None:
    """Book no flows: of a measure that has levels only."""


def no_days(_policy: Policy) -> int:
    """Return a window of no days: what happened before a period has no bearing on it but through its levels."""
    return 0


def keeps_nothing(_customer: Customer, _found: Any) -> None:  # noqa: ANN401 - a policy, or an instant
    """Keep nothing of the steps to come: they follow from what is kept anyway."""


@dataclass(frozen=True)
class Measure:
    """One line of the register."""

    name: str
    """Under which figures are published as `basis`."""
    reads: frozenset[Facet]
    """What may change how a customer stands."""
    levels: tuple[Level, ...]
    shown: Callable[[Customer, Policy, Instant], Shown]
    """As of an instant: what time changes at it, or later, does not count yet."""
    next_step: Callable[[Customer, Policy, Instant], Instant]
    """The first instant at or after one, at which time alone changes how the customer stands; else `NEVER`."""
    book: Callable[[Vector, Window], None] = books_nothing
    """Add what happened in a period to its vector, as flows."""
    window: Callable[[Policy], int] = no_days
    """How many days before a period still decide about it: it is sealed when they have left the horizon."""
    check: Callable[[Values], None] = holds
    """Raise `IdentityBroken` where levels and flows do not agree."""
    says: Callable[[Telling, Shown, Shown], Iterable[Statement]] = says_nothing
    """Yield what there is to say of the difference between two histories of one customer."""
    last_words: tuple[tuple[str, LastWord], ...] = ()
    """Types of statements of which a commit says only the last word."""
    keep_steps: Callable[[Customer, Policy], None] = keeps_nothing
    """Keep the steps to come, after an event that the measure reads, where they would be dear to find."""
    drop_steps: Callable[[Customer, Instant], None] = keeps_nothing
    """Drop those up to an instant, which has passed."""
    active: Callable[[Customer, Policy, Instant], list[Span]] | None = None
    """When the customer was one, as of an instant. A measure that has this says who is a customer: a company may live
    by it (`metrics.basis`), and its first level is how many customers there are."""
    spread: tuple[tuple[int, str, Callable[[Number], int]], ...] = field(init=False, repr=False, compare=False)
    """Of the levels that buckets count: their place, name, and how they become whole numbers."""
    version: int = 1
    """Raised where the same states would give other sums: kept ones are derived anew."""

    def __post_init__(self) -> None:
        spread = ((place, one.name, one.spread) for place, one in enumerate(self.levels) if one.spread is not None)
        object.__setattr__(self, "spread", tuple(spread))


def add(vector: Vector, field: str, number: Number) -> None:
    """Add to one field; a field that comes to zero is no longer there."""
    total = vector.get(field, 0) + number
    if total:
        vector[field] = total
    else:
        vector.pop(field, None)


def summed(vectors: Iterable[Vector]) -> Vector:
    """Return the sum of vectors."""
    total: Vector = {}
    for vector in vectors:
        for name, number in vector.items():
            add(total, name, number)
    return total


def changes(steps: Iterable[Step]) -> list[Step]:
    """Keep the steps that change anything: renewals and requests do not, and they are the most."""
    kept: list[Step] = []
    for step in steps:
        if not kept or kept[-1][1:] != step[1:]:
            kept.append(step)
    return kept
