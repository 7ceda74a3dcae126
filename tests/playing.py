"""A log through the pure floors: decoders, partition states and books, without Kafka. Laws and figures run on it.

It cuts, interleaves, doubles, restarts and spreads a log as a test wishes; the result must not depend on that.
"""

import json
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple, cast

from retention.calendar import DAY, NEVER, Instant, instant
from retention.contacts import CONTACTS
from retention.engine import partials
from retention.engine.editions import Books
from retention.engine.partition_state import PartitionState
from retention.engine.parts import parts
from retention.engine.rates import SENDER, RatesTold
from retention.engine.sums import Sums, figures_digest
from retention.errors import Rejected
from retention.features import REGISTER
from retention.features.base import DUPLICATE
from retention.losses import LOSSES
from retention.measures import MEASURES
from retention.measures.base import Measure
from retention.metrics import METRICS
from retention.metrics.base import Metric
from retention.policy import Policy
from retention.risk.section import AT_RISK, CARD, ON_CARD
from retention.signals import SIGNALS, name_of
from retention.state.codec import decode, due_of, encode, with_due
from retention.state.customer import Customer
from retention.state.section import Section
from retention.statements import Statement
from schemas.decoding import Decoder, Refused
from schemas.families import FAMILIES, TOPIC_OF
from schemas.outbound import ChurnSignal, CustomerHealth, MetricUpdate
from streams.partition_record import sources_of, stored_sources
from tests.building import Log, at

CARDS_AT_ONCE = 3
"""So few that a day's cards take several turns."""
OF_ENGINE: tuple[Section[Any], ...] = (CARD, AT_RISK, ON_CARD, CONTACTS, LOSSES)
"""Sections of no family: they follow from what was published."""
DECODERS = {family.topic: Decoder(family) for family in FAMILIES}


class Shelf:
    """Customers as bytes, as in the store: every look-up goes through the codec.

    `warm`: those found stay decoded. `anew`: all sections that they have are encoded, as if each was to be changed.
    """

    def __init__(self, *, warm: bool = False, anew: bool = False) -> None:
        self.warm, self.anew = warm, anew
        self.values: dict[str, bytes] = {}
        self.touched: dict[str, Customer] = {}
        self.sums: dict[bytes, bytes] = {}

    def find(self, customer_id: str) -> Customer | None:
        if customer_id not in self.touched and customer_id in self.values:
            self.touched[customer_id] = decode(self.values[customer_id])
        return self.touched.get(customer_id)

    def add(self, customer_id: str, customer: Customer) -> None:
        self.touched[customer_id] = customer

    def forget(self, customer_id: str) -> None:
        self.touched.pop(customer_id, None)
        self.values.pop(customer_id, None)

    def look(self, customer_id: str) -> Customer:
        return self.touched.get(customer_id) or decode(self.values[customer_id])

    def rearm(self, customer_id: str, due: Instant) -> None:
        if customer_id in self.touched:
            self.touched[customer_id].due = due
        else:
            self.values[customer_id] = with_due(self.values[customer_id], due)

    def names(self) -> list[str]:
        return list(self.values.keys() | self.touched.keys())

    def due(self, customer_id: str) -> Instant:
        customer, value = self.touched.get(customer_id), self.values.get(customer_id)
        if customer is not None:
            return customer.due
        return due_of(value) if value is not None else NEVER  # its timer is still set

    def commit(self) -> None:
        if self.anew:
            for customer in self.touched.values():
                for section in (*REGISTER.sections, *OF_ENGINE):
                    if section.is_kept(customer):
                        section.of(customer)
        self.values |= {name: encode(customer) for name, customer in self.touched.items()}
        if not self.warm:
            self.touched.clear()

    def every(self) -> Iterator[tuple[str, Customer]]:
        return ((name, decode(value)) for name, value in self.values.items())


@dataclass
class Run:
    """The way in which a log is played."""

    partitions: int = 1
    batch: int = 50
    publish_every: int = 5
    restart_every: int | None = None
    """Batches after which a partition loses everything but its committed bytes."""
    keeps_sums: bool = False
    """Whether a restart restores the sums as they were sent, or derives them from the states."""
    cards_every: int = 1
    """Batches after which everything counts as read, so that cards are written."""
    warm: bool = False
    """Whether customers stay decoded after a commit, as the latest ones do in the store."""
    anew: bool = False
    """Whether a commit encodes sections that were only read, too."""
    time_first: bool = False
    """Whether time passes before a batch, up to its oldest event less the disorder, as it does in backlog order."""
    measures: tuple[Measure, ...] = field(default=MEASURES, repr=False)
    metrics: tuple[Metric, ...] = field(default=METRICS, repr=False)


class Arrived(NamedTuple):
    offset: int
    topic: str
    event: Any


@dataclass
class Outcome:
    """The result."""

    books: Books
    partition_states: list[PartitionState]
    statements: list[Statement] = field(default_factory=list)
    updates: dict[str, MetricUpdate] = field(default_factory=dict)
    editions: list[MetricUpdate] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    told: RatesTold | None = None
    """The rates that the first partition has sent."""

    def update(self, key: str) -> MetricUpdate:
        return self.updates[key]

    def finals(self) -> dict[str, tuple[Any, ...]]:
        """Return every figure of a closed period. A figure of no customers is the same as none."""
        return {
            key: (one.value, one.components, one.edition, one.interval, one.low_sample)
            for key, one in self.updates.items()
            if one.edition != "provisional" and anybody(one.components)
        }

    def open_signals(self) -> set[tuple[str, str, str, str]]:
        """Return the open episodes at the end, from the states."""
        return {
            (name, name_of(key), told.episode, told.severity)
            for partition_state in self.partition_states
            for name, customer in partition_state.customers.every()  # type: ignore[attr-defined]
            for key, told in customer.open_episodes.items()
        }

    def signals(self, name: str | None = None) -> list[ChurnSignal]:
        bodies = [cast("ChurnSignal", s.body) for s in self.statements if s.type.startswith("churn_signal.")]
        return [body for body in bodies if name is None or body.signal == name]

    def about(self, name: str | None = None) -> list[Any]:
        """Return what was said about a signal or an opportunity; about all of them without a name."""
        return [
            one.body
            for one in self.statements
            if one.type.startswith(("churn_signal.", "opportunity."))
            and name in {None, getattr(one.body, "signal", ""), getattr(one.body, "opportunity", "")}
        ]

    def cards(self) -> dict[str, CustomerHealth]:
        """Return the last card of each customer."""
        return {one.key: cast("CustomerHealth", one.body) for one in self.statements if one.type == "customer.health"}

    def of_type(self, kind: str) -> list[Any]:
        return [statement.body for statement in self.statements if statement.type == kind]


def rising(*names: str) -> Policy:
    """Return settings by which some signals become more severe when they were open for a week, as most do."""
    weekly = {one.name: replace(one.default, escalate_after_days=7) for one in SIGNALS if one.name in names}
    assert len(weekly) == len(names)
    return Policy(signals=weekly)


def play(
    lines: Iterable[bytes], until: datetime | Instant, policy: Policy | None = None, run: Run | None = None
) -> Outcome:
    """Play a log to an instant. Lines that a contract rejects are counted and left out."""
    policy, run = policy or Policy(), run or Run()
    end = instant(until) if isinstance(until, datetime) else until
    shelves = [Shelf(warm=run.warm, anew=run.anew) for _ in range(run.partitions)]
    outcome = _begun(policy, run, shelves)
    newest = 0
    for number, batch in enumerate(_batches(lines, run.batch, outcome)):
        if run.time_first and batch:
            oldest = min(instant(arrived.event.occurred_at) for arrived in batch)
            _settle(outcome, shelves, max(newest, oldest) - policy.disorder)
        for arrived in batch:
            if arrived.event.type in REGISTER.facts:
                _learn(outcome, arrived)
            else:
                place = zlib.crc32(arrived.event.customer_id.encode()) % run.partitions
                _observe(outcome, outcome.partition_states[place], arrived)
            newest = max(newest, instant(arrived.event.occurred_at))
        _settle(outcome, shelves, newest - policy.disorder, is_read=number % run.cards_every == 0)
        if number % run.publish_every == 0:
            _publish(outcome)
        if run.restart_every and number % run.restart_every == run.restart_every - 1:
            outcome.partition_states[:] = [
                _restarted(p, s, policy, run) for p, s in zip(outcome.partition_states, shelves, strict=True)
            ]
            outcome.told = RatesTold(policy.currency, outcome.partition_states[SENDER].facts)
            partials.restore_rates(outcome.told, shelves[SENDER].sums.values())
    mark = max(newest - policy.disorder, 0)
    while mark < end:
        mark = min(end, mark + 20 * DAY) if newest else end
        _settle(outcome, shelves, mark)
    _publish(outcome)
    return outcome


def customer_after(events: Iterable[dict[str, Any]], writes: Collection[int] = ()) -> Customer:
    """Return the customer `c-1` after some events; before those at some places it is written down and read again."""
    shelf = Shelf()
    partition_state = PartitionState(Policy(), shelf)
    for place, event in enumerate(events):
        if place in writes:
            shelf.commit()
        topic = TOPIC_OF[event["type"]]
        decoded, happened = DECODERS[topic].read(json.dumps(event).encode())
        partition_state.observe(decoded, happened, topic, None)
    customer = shelf.find("c-1")
    assert customer is not None
    return customer


def unsealed(customer: Customer, policy: Policy, watermark: Instant) -> dict[Any, Any]:
    """Return what the first unsealed period of each series begins with, and the changes of all unsealed ones."""
    sums = Sums(policy)
    sums.seal(watermark)
    sums.add(parts(customer, policy, watermark))
    begins = {series: base.levels for series, base in sums.levels.items() if base.levels}
    return begins | {key: vector for key, vector in sums.parts.items() if vector}


def play_on(
    first: Outcome, before: tuple[Policy, Run], after: tuple[Policy, Run], lines: Iterable[bytes], until: datetime
) -> Outcome:
    """Restart a run of one partition with other settings or another register, and go on with more events."""
    (_, old_run), (policy, run) = before, after
    was = first.partition_states[0]
    shelf = cast("Shelf", was.customers)
    now = _restarted(was, shelf, policy, run, old_run)
    outcome = Outcome(Books(policy, 1, run.metrics), [now])
    mark, end = was.watermark, instant(until)
    _settle(outcome, [shelf], mark)
    for line in lines:
        topic = TOPIC_OF[json.loads(line)["type"]]
        event = DECODERS[topic].decode(line)
        now.observe(event, instant(event.occurred_at), topic, None)
    while mark < end:
        mark = min(end, mark + DAY)
        _settle(outcome, [shelf], mark)
    _publish(outcome)
    return outcome


def in_turn_with_time(log: Log, ahead: float, until: float, policy: Policy | None = None) -> list[ChurnSignal]:
    """Return what is said of signals if time passes between events, each of which is read so many days before it."""
    partition_state, said = PartitionState(policy or Policy(), Shelf()), list[Statement]()
    for line in log.lines():
        topic = TOPIC_OF[json.loads(line)["type"]]
        event = DECODERS[topic].decode(line)
        happened = instant(event.occurred_at)
        _pass_days(partition_state, happened - 1 - round(ahead * DAY), said)
        partition_state.observe(event, happened, topic, None)
    _pass_days(partition_state, instant(at(until)), said)
    return [cast("ChurnSignal", one.body) for one in said if one.type.startswith("churn_signal.")]


def _pass_days(partition_state: PartitionState, until: Instant, said: list[Statement]) -> None:
    while partition_state.watermark < until:
        partition_state.advance(min(until, max(partition_state.watermark, until - 400 * DAY) + DAY))
        said += partition_state.take_statements()
        cast("Shelf", partition_state.customers).commit()


def _begun(policy: Policy, run: Run, shelves: list[Shelf]) -> Outcome:
    partition_states = [PartitionState(policy, shelf, measures=run.measures) for shelf in shelves]
    told = RatesTold(policy.currency, partition_states[SENDER].facts)
    return Outcome(Books(policy, run.partitions, run.metrics), partition_states, told=told)


def anybody(components: dict[str, Any]) -> bool:
    """Report whether a figure is about any customer or amount."""
    amounts = [part for name, part in components.items() if name != "relative_error"]
    return any(anybody(part) if isinstance(part, dict) else Fraction(part) != 0 for part in amounts)


def _batches(lines: Iterable[bytes], size: int, outcome: Outcome) -> Iterator[list[Arrived]]:
    arrived: list[Arrived] = []
    for offset, line in enumerate(lines):
        kind = next((kind for kind in TOPIC_OF if f'"{kind}"'.encode() in line), "login.succeeded")
        topic = TOPIC_OF[kind]
        try:
            arrived.append(Arrived(offset, topic, DECODERS[topic].decode(line)))
        except Refused as refusal:
            outcome.counts[refusal.reason] += 1
        if len(arrived) == size:
            yield arrived
            arrived = []
    yield arrived


def _learn(outcome: Outcome, arrived: Arrived) -> None:
    """Have every partition know a fact of the company."""
    event = arrived.event
    for partition_state in outcome.partition_states:
        partition_state.learn(REGISTER.facts[event.type](event, instant(event.occurred_at), partition_state.policy))


def _observe(outcome: Outcome, partition_state: PartitionState, arrived: Arrived) -> None:
    try:
        at = instant(arrived.event.occurred_at)
        facet = partition_state.observe(arrived.event, at, arrived.topic, arrived.offset)
    except Rejected as refusal:
        outcome.counts[refusal.reason] += 1
        return
    outcome.counts["duplicate" if facet is DUPLICATE else "applied"] += 1


def _settle(outcome: Outcome, shelves: list[Shelf], watermark: Instant, *, is_read: bool = True) -> None:
    """Advance event time and commit, as a worker does between two batches."""
    for number, (partition_state, shelf) in enumerate(zip(outcome.partition_states, shelves, strict=True)):
        partition_state.advance(watermark)
        while is_read and partition_state.write_cards(CARDS_AT_ONCE):
            pass
        outcome.statements += partition_state.take_statements()
        shelf.commit()
        rates = partials.rates(outcome.told, number) if outcome.told is not None and number == SENDER else ()
        for key, value in (*partials.changes(partition_state.sums, number, 0), *rates):
            shelf.sums[key] = value
            partials.take(outcome.books, value)
        partials.take(outcome.books, partials.watermark(number, partition_state.watermark, 0)[1])


def _publish(outcome: Outcome) -> None:
    for statement in outcome.books.publish():
        if isinstance(statement.body, MetricUpdate):
            outcome.updates[statement.key] = statement.body
            outcome.editions.append(statement.body)


def _restarted(
    before: PartitionState, shelf: Shelf, policy: Policy, run: Run, before_run: Run | None = None
) -> PartitionState:
    partition_state = PartitionState(
        policy,
        shelf,
        before.watermark,
        sources_of(stored_sources(before)),
        measures=run.measures,
        turn=before.cards.turn,
        facts=before.facts,
    )
    if run.keeps_sums:
        partials.restore(partition_state.sums, shelf.sums.values())
        dues = ((name, due_of(value)) for name, value in shelf.values.items())
        partition_state.load_stored(dues, before.episodes.open, before.without_effect)
        for name in shelf.names():
            partition_state.cards.load(name, shelf.look(name))
        return partition_state
    old = figures_digest(before.policy, (before_run or run).measures)
    anew = figures_digest(policy, run.measures) != old
    for name in shelf.names():
        customer = shelf.find(name) if anew else shelf.look(name)
        assert customer is not None
        if anew:
            partition_state.renew(customer)
        partition_state.load(name, customer)
    if anew:
        partition_state.look_again()
    return partition_state


__all__ = ["NEVER", "Outcome", "Run", "in_turn_with_time", "play", "play_on"]
