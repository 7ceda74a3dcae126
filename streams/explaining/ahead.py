"""Plays what may come to a copy of one customer: nothing at all, or one more event. The customer itself is not changed.

    now          T                 time alone:   escalated, cleared or raised, with the instants
    a copy       ├──────────────►  one event:    the signals that it would end

The events that are tried are those of the log: the customer's own, or another one's with its ids replaced. What the log
has no example of is not tried.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple, cast

import msgspec

from retention.calendar import DAY, Instant, moment
from retention.engine.partition_state import PartitionState
from retention.errors import Rejected
from retention.features import REGISTER
from retention.liveness import SLOT
from retention.signals.base import Signal
from retention.state.codec import encode
from retention.statements import Statement
from schemas.families import TOPIC_OF
from streams.customers import CustomerStore
from streams.partition_record import sources_of, stored_sources

AHEAD_DAYS: Final = 120
"""For so many days what time alone would do is played."""
EXAMPLES: Final = 6
"""Events of a type that are kept to be tried: the newest ones of the log."""
TICK: Final = timedelta(microseconds=1)
BEGINS: Final = ".started"
"""What begins anew with an id that is known ends nothing that a company would want to end so."""
SUBJECTS: Final = ("feature", "topic", "milestone")
BY_EVENT: Final = ("recovered", "took_effect")
"""Causes of an end that an event brings about, while the customer stays."""


class Examples:
    """The newest events of each type: of the whole log, and of one customer."""

    def __init__(self, customer_id: str) -> None:
        self._name = customer_id
        self._of_all: dict[str, deque[Any]] = {}
        self.own: dict[str, Any] = {}
        """The customer's own events, by id."""

    def take(self, event: Any) -> None:  # noqa: ANN401 - of any contract
        """Keep an event."""
        self._of_all.setdefault(event.type, deque(maxlen=EXAMPLES)).append(event)
        if event.customer_id == self._name:
            self.own[event.event_id] = event

    def clear(self) -> None:
        """Drop the customer's own events: it is forgotten."""
        for kept in self._of_all.values():
            for event in [one for one in kept if one.customer_id == self._name]:
                kept.remove(event)
        self.own.clear()

    def to_try(
        self, signal: Signal, evidence: Iterable[str], observed: Mapping[str, Any], at: Instant
    ) -> Iterator[Any]:
        """Yield events of the types that may change what a signal reads, as if they came to the customer now.

        What is `observed` of the signal, as the name of a feature, replaces the same field of an example.
        """
        reads = {*signal.reads, *signal.awaited}
        about = [self.own[one] for one in evidence if one in self.own]
        for kind, entry in REGISTER.entries.items():
            reads_it = any(facet.whole in reads for facet in entry.facets)
            if kind in self._of_all and reads_it and not kind.endswith(BEGINS):
                for example in reversed(self._of_all[kind]):
                    event = self._as_its_own(example, about, at)
                    same = {name: observed[name] for name in SUBJECTS if name in observed and hasattr(event, name)}
                    yield msgspec.structs.replace(event, **same)

    def _as_its_own(self, example: Any, about: list[Any], at: Instant) -> Any:  # noqa: ANN401 - as above
        ids = {
            name: found
            for name in example.__struct_fields__
            if name.endswith("_id") and name not in {"event_id", "customer_id"} and getattr(example, name) is not None
            if (found := self._id_of(name, about)) is not None
        }
        return msgspec.structs.replace(
            example,
            customer_id=self._name,
            event_id=f"what if {example.event_id}"[:128],
            occurred_at=moment(at) + TICK,
            **ids,
        )

    def _id_of(self, name: str, about: list[Any]) -> str | None:
        """Return an id from the newest evidence that has such a one, or else from the newest own event."""
        for event in (*reversed(about), *reversed(list(self.own.values()))):
            found: str | None = getattr(event, name, None)
            if found is not None:
                return found
        return None


class Ends(NamedTuple):
    """An event that would end a signal: its type, what it would be about, and on how many days it has to come."""

    type: str
    about: Mapping[str, str]
    days: int


def copied(state: PartitionState, customer_id: str) -> PartitionState:
    """Return a partition with a copy of one customer."""
    store = CustomerStore()
    store.restore(customer_id, encode(state.customers.look(customer_id)))
    sources = sources_of(stored_sources(state))
    copy = PartitionState(state.policy, store, state.watermark, sources, facts=state.facts)
    copy.load(customer_id, store.look(customer_id))
    return copy


def by_time(state: PartitionState, customer_id: str) -> list[Statement]:
    """Return what would be said of a customer within some months if no event of it came any more.

    Other customers are taken to go on as usual: no source falls silent.
    """
    copy, said = copied(state, customer_id), list[Statement]()
    start = copy.watermark
    for day in range(1, AHEAD_DAYS + 1):
        for source in copy.sources.rhythms:
            for place in range(DAY // SLOT):
                copy.sources.seen(source, start + (day - 1) * DAY + place * SLOT, copy.watermark)
        copy.advance(start + day * DAY)
        said += [one for one in copy.take_statements() if one.type != "customer.health"]
    return said


def ended_by(
    state: PartitionState,
    customer_id: str,
    signal: Signal,
    evidence: Iterable[str],
    observed: Mapping[str, Any],
    examples: Examples,
) -> list[Ends]:
    """Return the events that would end an open signal, one of each type: at once, or with another one a day later.

    An event with which the customer leaves is none of them.
    """
    found: dict[str, Ends] = {}
    at = max(state.watermark, state.customers.look(customer_id).latest) + 1
    for event in examples.to_try(signal, evidence, observed, at - 1):
        if event.type not in found:
            days = _days_until_over(state, customer_id, signal, event, at)
            if days:
                found[event.type] = Ends(event.type, _about(event), days)
    return list(found.values())


def _days_until_over(state: PartitionState, customer_id: str, signal: Signal, event: Any, at: Instant) -> int:  # noqa: ANN401 - as above
    """Return on how many days an event has to come until a signal is over, 1 or 2; 0 if that is not enough."""
    copy = copied(state, customer_id)
    for days in (1, 2):
        again = msgspec.structs.replace(
            event, event_id=f"{event.event_id[:120]} {days}", occurred_at=event.occurred_at + timedelta(days=days - 1)
        )
        try:
            copy.observe(again, at + (days - 1) * DAY, TOPIC_OF[event.type], None)
        except Rejected:
            return 0
        causes = [_cause_of(one, signal) for one in copy.take_statements()]
        if any(cause in BY_EVENT for cause in causes):
            return days
        if signal.key not in copy.customers.look(customer_id).open_episodes:
            return 0
        for source in copy.sources.rhythms:
            copy.sources.seen(source, at, copy.watermark)
        copy.advance(at + DAY - 1)
        copy.take_statements()
    return 0


def _cause_of(statement: Statement, signal: Signal) -> str:
    """Return why a signal was cleared by a statement; an empty text for any other statement."""
    is_over = statement.type in {"churn_signal.cleared", "opportunity.cleared"} and subject_of(statement) == signal.name
    cause: str = cast("Any", statement.body).cause if is_over else ""
    return cause


def subject_of(statement: Statement) -> str:
    """Return the name of the signal or opportunity that a statement is about."""
    body: Any = statement.body
    name: str = body.opportunity if statement.type.startswith("opportunity.") else body.signal
    return name


def _about(event: Any) -> dict[str, str]:  # noqa: ANN401 - as above
    """Return the ids and the subject of an event, to be shown."""
    names = [one for one in event.__struct_fields__ if one.endswith("_id") or one in SUBJECTS]
    own = {"event_id", "customer_id"}
    return {name: getattr(event, name) for name in names if name not in own and getattr(event, name) is not None}
