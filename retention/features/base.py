"""Defines a feature: how one family of events changes a customer, and what the state needs to know for that.

    event ─► cases of its type ─► fold: changes the customer ─► facet: what has changed
                                                                  │
                             signals that read the facet ◄────────┴───────► measures that read it

A feature is a literal (`feature.py` in its folder) and one line in `FEATURES`. Topics, decoders, agents, the order in
which a backlog is read, pruning, and the signals to check after an event follow from the register.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import Any, Final, NamedTuple

from retention.calendar import Instant
from retention.day_counts import DayCounts
from retention.errors import Rejected
from retention.policy import Policy
from retention.reference import Fact
from retention.state.customer import Customer
from retention.state.section import Horizon, Section
from retention.statements import Statement
from schemas.base import Event
from schemas.family import Family


class Facet:
    """The aspect of a customer that an event has changed. There is one instance of each, compared by identity.

    - `part_of`: a signal that reads the whole is asked about this part, too.
    - `at_once`: False if what follows is published only when all events of one instant are read: a switch of plans is
      no loss (docs/decisions/0030).
    - `timed`: time alone changes what it stands for, as the end of a pause: signals that read it are asked then, too.
    - `days`: returns on which days there was any of it, for signals of its absence.
    - `section`: the section that keeps those days; None if the core does.
    - `ahead`: signals of its absence read it ahead of event time by themselves, so they need no `days`.
    """

    def __init__(
        self,
        name: str,
        *,
        part_of: "Facet | None" = None,
        at_once: bool = True,
        timed: bool = False,
        days: Callable[[Customer], DayCounts] | None = None,
        section: Section[Any] | None = None,
        ahead: bool = False,
    ) -> None:
        self.name, self.at_once, self.timed, self.days, self.section = name, at_once, timed, days, section
        self.awaitable = ahead or days is not None
        """Whether signals may wait for it: an event of it costs those hardly anything."""
        self.whole = part_of or self
        """The facet that signals declare to read."""
        self.parts: tuple[Facet, ...] = ()
        """If one event has changed a facet for each of several features: all of them."""
        self.rejected: Rejected | None = None
        """Why another feature could not use the event."""

    def __repr__(self) -> str:
        return f"Facet({self.name!r})"


DUPLICATE: Final = Facet("duplicate")
"""Returned for an event that was applied before."""
NOTHING: Final = Facet("nothing")
"""Returned for an event that changes nothing that any signal or measure reads."""


class ReadOrder(IntEnum):
    """The order in which topics are read within one step of a backlog; topics of one place in order of their names."""

    ERASURE = auto()
    """Requests about a customer's data, each at its very instant: an erasure waits for the events up to it, a consent
    for those before it."""
    FACTS = auto()
    """Facts of the company: before whatever is judged by them."""
    CONSENT = auto()
    """Messages, and who wants no more of them: before whatever may recommend one."""
    STARTS = auto()
    ORDERS = auto()
    LOGINS = auto()
    CHANGES = auto()
    ENDS = auto()


class Aside(NamedTuple):
    """An earlier event that turned out to be of no use: the record that it would have now, and what is wrong."""

    customer_id: str
    event: dict[str, Any]
    wrong: str


Fold = Callable[[Customer, Any, Instant, Policy], Facet]
"""Applies one event to its customer and returns the facet that it changed; raises `Rejected` and changes nothing
otherwise."""
Quick = Callable[[Customer, Any, Instant, Policy, Instant], Facet | None]
"""Applies the usual event to a customer for whom event time has passed up to the watermark (the last argument).

Returns None, and has changed nothing, for an event that needs the full way. No figure differs after what it changes: it
is for events that only confirm the present standing.
"""
Restates = Callable[[Customer, Instant], bool]
KnownBy = Callable[[Any], str]
Useless = Callable[[Customer, Any], list[Aside]]
Doubt = Callable[[Customer, Any], str]
AcceptsOld = Callable[["Customer | None", Any, Instant], bool]
Unsettled = Callable[[Customer, Policy], int]
Join = Callable[[Customer, Customer, Policy], None]
Says = Callable[[Any, Instant], Statement]
"""Returns what an event that is new says to whoever reads outputs, besides what follows from what it changes."""
FactOf = Callable[[Any, Instant, Policy], Fact]
"""Returns what an event of no customer states; raises `Rejected` if it cannot be used."""


@dataclass(frozen=True)
class Case:
    """The handling of one event type.

    - `facets`: all that the fold may return, but for `DUPLICATE`.
    - `restates`: whether a figure or a fact may read otherwise after it, asked before the fold with its instant; None:
      never.
    - `quick`: a short way for the usual event.
    - `known_by`: the id by which a second delivery is recognised, for events of which nothing is kept that would show
      it. It is remembered in the core, once for all features that read the type.
    - `doubt`: the name of what is doubtful about an event that came by a source, given what is known of its customer;
      empty if nothing is. It is asked before the fold, and `doubts` has all the names.
    - `says`: the statement that an event of the type makes by itself, whatever it changes. If features share a type,
      that of the first one is made.
    - `useless`: earlier events that are of no use, asked before and after the fold: what is new becomes dead letters.
    """

    fold: Fold
    facets: frozenset[Facet]
    restates: Restates | None = None
    quick: Quick | None = None
    known_by: KnownBy | None = None
    useless: Useless | None = None
    doubt: Doubt | None = None
    doubts: frozenset[str] = frozenset()
    says: Says | None = None


def never_old(_customer: Customer | None, _event: Event, _at: Instant) -> bool:
    """Return False: accept no event from before the horizon."""
    return False


@dataclass(frozen=True)
class Feature:
    """One line of the register: which events it reads, what it stores, and what it changes.

    - `family`: its topic and contracts. Several features may share one, and then have one `order`.
    - `cases`: by event type.
    - `apart`: types of its family that concern more than one customer: the partition's processor applies them.
    - `facts`: types of its family that name no customer, and what each states of the company: all partitions know it.
    - `sections`: what it keeps of a customer. Features may share one.
    - `accepts_old`: whether an event from before the horizon still matters; all others are dead letters `too_late`.
    - `prune`: drops from the core of a customer what this feature keeps there, and what lies before the horizon.
    - `join`: adds to the core of a customer what this feature keeps there of one that is merged into it.
    - `unsettled`: how many requests of a customer nothing has settled; features that share them name one function.
    """

    name: str
    family: Family
    order: ReadOrder
    cases: Mapping[str, Case] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    facts: Mapping[str, FactOf] = field(default_factory=dict)
    sections: tuple[Section[Any], ...] = ()
    accepts_old: AcceptsOld = never_old
    prune: Callable[[Customer, Horizon], None] | None = None
    join: Join | None = None
    unsettled: Unsettled | None = None


def always(_customer: Customer, _at: Instant) -> bool:
    """Return True: after any event a figure or a fact may differ, for every customer."""
    return True


def event_id(event: Event) -> str:
    """Return the id of an event, by which a duplicate is recognised."""
    return event.event_id


def type_and_id(event: Event) -> str:
    """Return the id of an event with its type: a source may give a login and a delivery the same number."""
    return f"{event.type} {event.event_id}"


def _change_nothing(_customer: Customer, _event: Event, _at: Instant, _policy: Policy) -> Facet:
    return NOTHING


COUNTED: Final = Case(_change_nothing, frozenset({NOTHING}), known_by=type_and_id)
"""The case of a type that no figure and no signal reads yet: it is counted, once."""
