"""Defines a measure: levels of one customer over time, and flows in a period, summed over customers.

A measure computes a customer's standing (`tracks`), when time alone changes it (`next_step`), and the flows of one
period (`book`). The engine does the rest, the same for all: levels at the start of a period as running sums, their net
change, shifts between segments, seals, late corrections, and what an erased customer leaves.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, NamedTuple

from retention.calendar import NEVER, Instant
from retention.features.base import Facet
from retention.policy import Policy
from retention.spans import Span
from retention.state.customer import Customer
from retention.state.section import Section, bits_of
from retention.statements import LastWord, Occasion, Statement
from retention.structs import Value
from schemas.outbound import OpenSignal

Number = int | Fraction
Vector = dict[str, Number]
"""Numbers by field; a missing one is zero, and most customers change few in most periods.

`+name` is the change of the level `name` in a period, `>name` its shift to this segment at the start; every other field
is a flow, under the name that its measure gives it.
"""
ALL: Final = "all"
"""The attribute and the segment under which all customers are counted together."""
NO_NUMBERS: Final[Vector] = {}
"""An empty vector: the same one everywhere, and never written to."""


class Step(Value, frozen=True):
    """A customer's standing from an instant on: its levels, in the order of the measure's.

    `detail` is the measure's own, for its flows. Steps are compared, so it is made of plain values. `segment` is where
    the customer is counted from that instant on, and `moves` says that nothing else changes; measures leave both alone.
    The step by which an erased customer ends has no `detail`.
    """

    at: Instant
    levels: tuple[Number, ...]
    detail: "object" = None
    segment: str = ALL
    moves: bool = False


class Mark(Value, frozen=True):
    """An event that changes no level, but makes figures begin: under `field`, if nothing else happens."""

    at: Instant
    field: str
    segment: str = ALL


class Track(Value, frozen=True):
    """A customer's standing from step to step, in one currency or (None) over all of them.

    The first step is the standing before all others. `first` is when a level first rose above zero, `known_since` the
    measure's own; both `NEVER` if that did not happen.
    """

    currency: str | None
    steps: list[Step]
    first: Instant
    known_since: Instant
    marks: tuple[Mark, ...] = ()


class Split(Value, frozen=True):
    """The segments of a customer by one attribute, with the instants: `other` before the first."""

    by: str
    since: tuple[tuple[Instant, str], ...]


class Shown(Value, frozen=True):
    """The result of a customer's history, as of an instant.

    `brought` are the instants at which time alone has changed something, ascending. `detail` is the measure's own, for
    what it says. `splits` are the segments that the customer was in, by attribute; measures leave them alone.
    """

    tracks: list[Track]
    brought: list[Instant]
    detail: "object" = None
    splits: tuple[Split, ...] = ()


NOTHING_SHOWN: Final = Shown([], [])
"""The result for a customer without anything that the measure reads."""


class Window(Value, frozen=True):
    """One period of one customer: `before` is the step that it begins with, `steps` are those inside, one at least.

    Steps by which only the segment changes are none of them: a measure counts what happens once, however it is split.
    """

    track: Track
    before: Step
    steps: list[Step]
    has_first: bool
    """Whether the customer's first step ever above zero lies inside."""


class Difference(NamedTuple):
    """The context in which a measure publishes the changes of one customer."""

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


class Conversion(NamedTuple):
    """The rates by which money was converted, of each currency at the start and at the end, and those that had none."""

    rates: tuple[tuple[str, Number, Number], ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Values:
    """The sums of one series in one period: its levels at the start and at the end, and its flows."""

    at_start: Vector
    at_end: Vector
    flows: Vector
    days: int = 0
    """Local days of the period that have begun, if its measure is one `by_day`; else 0."""
    conversion: Conversion | None = None
    """Of sums in several currencies, converted into one."""

    def start(self, level: str) -> Number:
        """Return a level at the start of the period."""
        return self.at_start.get(level, 0)

    def end(self, level: str) -> Number:
        """Return a level at the end of the period."""
        return self.at_end.get(level, 0)

    def flow(self, name: str) -> Number:
        """Return a flow of the period."""
        return self.flows.get(name, 0)


def no_statements(_telling: Difference, _before: Shown, _after: Shown) -> Iterable[Statement]:
    """Return no statements: for a measure with figures only."""
    return ()


def holds(_values: Values) -> None:
    """Check nothing: for a measure whose flows need not match anything."""


def books_nothing(_vector: Vector, _window: Window) -> None:
    """Book no flows: for a measure with levels only."""


def no_days(_policy: Policy) -> int:
    """Return 0: events before a period affect it only through its levels."""
    return 0


def never(_customer: Customer, _policy: Policy, _after: Instant) -> Instant:
    """Return `NEVER`: time alone does not change what the measure shows."""
    return NEVER


def always_wanted(_policy: Policy) -> bool:
    """Return True: the measure is counted whatever the settings."""
    return True


def keeps_nothing(_customer: Customer, _found: Any) -> None:  # noqa: ANN401 - a policy, or an instant
    """Store no steps to come: they follow from the state anyway."""


@dataclass(frozen=True)
class Measure:
    """One line of the register."""

    name: str
    """The name under which figures are published as `basis`."""
    reads: frozenset[Facet]
    """The facets that may change a customer's standing."""
    levels: tuple[Level, ...]
    shown: Callable[[Customer, Policy, Instant], Shown]
    """As of an instant: changes by time at it, or later, do not count yet."""
    next_step: Callable[[Customer, Policy, Instant], Instant] = never
    """The first instant at or after one, at which time alone changes the customer's standing; else `NEVER`."""
    needs: tuple[Section[Any], ...] = ()
    """The sections that it reads: it shows nothing of a customer without any of them, and is not asked when that
    changes by time. By default it is asked about every customer, at each of its timers."""
    book: Callable[[Vector, Window], None] = books_nothing
    """Add the flows of a period to its vector."""
    window: Callable[[Policy], int] = no_days
    """Days before a period that still affect it: it is sealed when they have left the horizon."""
    check: Callable[[Values], None] = holds
    """Raise `IdentityBroken` if levels and flows do not agree."""
    statements: Callable[[Difference, Shown, Shown], Iterable[Statement]] = no_statements
    """Yield the statements about the difference between two results of one customer's history."""
    last_words: tuple[tuple[str, LastWord], ...] = ()
    """Types of statements of which a commit publishes only the last."""
    keep_steps: Callable[[Customer, Policy], None] = keeps_nothing
    """Store the steps to come, after an event that the measure reads, if finding them would be expensive."""
    renew: Callable[[Customer, Policy], None] = keeps_nothing
    """Derive again what the state of a customer stores for the measure, after a change of settings."""
    drop_steps: Callable[[Customer, Instant], None] = keeps_nothing
    """Drop those up to an instant, which has passed."""
    active: Callable[[Customer, Policy, Instant], list[Span]] | None = None
    """The spans in which the customer was active, as of an instant. A measure that has this may be a company's basis
    (`metrics.basis`), and its first level is the number of active customers."""
    first_known: Callable[[Customer], Instant] | None = None
    """When the customer was active for the first time, also before all that `active` still shows; `NEVER` if that is
    not known of it."""
    spread: tuple[tuple[int, str, Callable[[Number], int]], ...] = field(init=False, repr=False, compare=False)
    """Of the levels that buckets count: their place, name, and how they become whole numbers."""
    changed: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The fields of a vector for the changes of its levels, in their order."""
    shifted: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """Those for the shifts of its levels to another segment."""
    needs_bits: int = field(init=False, repr=False, compare=False)
    """The bits of the sections that it needs, 0 if none."""
    version: int = 1
    """Raised if the same states would give other sums: stored ones are derived again."""
    wanted: Callable[[Policy], bool] = always_wanted
    """Whether it is counted: False by default for one that makes usual events expensive."""
    by_day: bool = False
    """Whether its metrics depend on how many days of the period have begun: they are published anew with each day."""
    of_ends: bool = False
    """Whether its steps are ends, as losses are: each counts in the segment that the customer was in before it."""
    says_segments: bool = False
    """Whether its statements say in which segments a customer counts: then a change of segment alone is said, too."""
    money_flows: tuple[str, ...] = ()
    """The flows that are amounts: with the levels of money they are converted into `metrics.currency`."""

    as_wholes: Callable[[Vector, Vector, Mapping[str, Vector], Mapping[str, Number]], None] | None = None
    """Replaces, in converted flows, what customers with several currencies moved in each of them: its flows over all
    currencies say what they moved as wholes, those in each what is to be taken out. The rates are the last argument."""

    def __post_init__(self) -> None:
        spread = ((place, one.name, one.spread) for place, one in enumerate(self.levels) if one.spread is not None)
        object.__setattr__(self, "spread", tuple(spread))
        object.__setattr__(self, "needs_bits", bits_of(self.needs))
        object.__setattr__(self, "changed", tuple(f"+{level.name}" for level in self.levels))
        object.__setattr__(self, "shifted", tuple(f">{level.name}" for level in self.levels))


def wanted_by(policy: Policy, measures: Iterable[Measure]) -> list[Measure]:
    """Return those of some measures that are counted by these settings."""
    return [measure for measure in measures if measure.wanted(policy)]


def add(vector: Vector, field: str, number: Number) -> None:
    """Add to one field; a field that becomes zero is removed."""
    total = vector.get(field, 0) + number
    if total:
        vector[field] = total
    else:
        vector.pop(field, None)


def fx_of(level: str) -> str:
    """Return the name of the flow, in converted figures, of what exchange rates alone changed of a level."""
    return f"fx_{level}"


def summed(vectors: Iterable[Vector]) -> Vector:
    """Return the sum of vectors."""
    total: Vector = {}
    for vector in vectors:
        for name, number in vector.items():
            add(total, name, number)
    return total


def changes(steps: Iterable[Step]) -> list[Step]:
    """Return the steps that change anything: most are renewals and requests, which do not."""
    kept: list[Step] = []
    for step in steps:
        last = kept[-1] if kept else None
        if last is None or last.levels != step.levels or last.detail != step.detail or last.segment != step.segment:
            kept.append(step)
    return kept
