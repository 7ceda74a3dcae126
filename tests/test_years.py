"""Years in a backlog: however a log is cut into commits and readings, and whatever dies, its figures are the oracle's.

Time passes as in a worker that reads a backlog: with the log, from step to step, whenever anything is committed.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any, Final, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import Instant, instant
from retention.engine import partials
from retention.engine.editions import Books
from retention.engine.partition_state import PartitionState
from retention.errors import Rejected
from retention.features.subscriptions.requests import without_effect
from retention.features.subscriptions.section import timeline_seen
from retention.features.subscriptions.timeline import terms_of
from retention.policy import Policy
from retention.state.codec import due_of
from schemas.families import TOPIC_OF
from schemas.outbound import MetricUpdate
from streams.backlog_order import STEP
from streams.partition_record import sources_of, stored_sources
from streams.recomputation.lines import distinct
from streams.recomputation.months import purchase_months, subscription_months
from streams.recomputation.periods import Figures
from streams.recomputation.rules import Rules
from tests.building import START, Log, line, text
from tests.playing import DECODERS, Shelf, anybody

YEARS: Final = 4
POLICY: Final = Policy()
END: Final = START + timedelta(days=366 * YEARS + 40)
KINDS: Final = (
    *("subscription.started",) * 4,
    *("subscription.changed",) * 2,
    "subscription.paused",
    "subscription.resumed",
    "subscription.renewed",
    *("subscription.ended",) * 3,
    "cancellation.effective",
    *("cancellation.requested",) * 2,
    *("purchase.completed",) * 4,
    "purchase.refunded",
    *("login.succeeded",) * 3,
)
Event = dict[str, Any]


def event_of(dice: Random, number: int) -> Event:
    """Draw what one of a few customers does on some day of these years."""
    kind, customer, day = dice.choice(KINDS), f"c-{dice.randrange(5)}", dice.randrange(366 * YEARS)
    moment = START + timedelta(days=day, minutes=dice.randrange(1440))
    event = {"event_id": f"e-{number:04d}", "type": kind, "customer_id": customer, "occurred_at": text(moment)}
    if kind.startswith("purchase"):
        event["order_id"] = f"{customer}-{moment:%Y-%m}"
    if kind == "purchase.completed":
        event |= {"amount": "10", "currency": "EUR"}
    if kind.startswith(("subscription", "cancellation")):
        event["subscription_id"] = f"{customer}-s{dice.randrange(2)}"
    if kind in {"subscription.started", "subscription.changed"}:
        event |= {"mrr": dice.choice(("10", "30", "70")), "currency": "EUR"}
    return event


class Line(NamedTuple):
    """A record in the log of a partition, and when it was written there."""

    partition: int
    at: Instant
    event: Event


def arriving(dice: Random, size: int, partitions: int, latest: int) -> list[Line]:
    """Draw a log in order of arrival: one event in three comes up to so many days late."""
    drawn = []
    for number in range(size):
        event = event_of(dice, number)
        delay = dice.choice((0, 0, dice.random() * latest))
        arrival = datetime.fromisoformat(event["occurred_at"]) + timedelta(days=delay)
        drawn.append((arrival, number, event))
    return [
        Line(int(event["customer_id"][-1]) % partitions, instant(datetime.fromisoformat(event["occurred_at"])), event)
        for _, _, event in sorted(drawn, key=lambda one: one[:2])
    ]


class Partition:
    """One partition number, as a worker reads a backlog of it: in steps of event time."""

    def __init__(self, number: int, lines: list[Line], topic: list[tuple[bytes, bytes]]) -> None:
        self.number, self.lines, self.topic = number, lines, topic
        self.shelf = Shelf()
        self.partition_state = PartitionState(POLICY, self.shelf)
        self.begun: Instant = 0
        self.place = 0
        self.saved = 0, 0, stored_sources(self.partition_state), 0
        self.first_open: dict[str, int] = {}
        """By event that was accepted: the first month that was not sealed when it came."""

    def read(self, number: int, dice: Random) -> None:
        """Apply the next lines; what time brings before them may be cut anywhere."""
        for one in self.lines[self.place : self.place + number]:
            step = one.at // STEP * STEP
            if step > self.begun:
                self.begun = step
                self.pass_time(step - POLICY.disorder, dice)
            self.apply(one)
            self.place += 1

    def pass_time(self, until: Instant, dice: Random) -> None:
        while self.partition_state.advance(until, limit := dice.choice((1, 10, 1_000))) >= limit:
            if dice.random() < 0.1:
                self.commit()

    def apply(self, one: Line) -> None:
        topic, sealed = TOPIC_OF[one.event["type"]], self.partition_state.sums.first_open["subscription", "month"]
        event: Any = DECODERS[topic].decode(line(one.event))
        try:
            self.partition_state.observe(event, one.at, topic, None)
        except Rejected:
            self.first_open.pop(event.event_id, None)
        else:
            self.first_open[event.event_id] = sealed

    def commit(self) -> None:
        self.partition_state.take_statements()
        self.shelf.commit()
        for key, value in partials.changes(self.partition_state.sums, self.number, 0):
            self.shelf.sums[key] = value
            self.topic.append((key, value))
        self.topic.append(partials.watermark(self.number, self.partition_state.watermark, 0))
        partition_state = self.partition_state
        self.saved = (
            self.place,
            partition_state.watermark,
            stored_sources(partition_state),
            partition_state.without_effect,
        )

    def restart(self, *, keeps_sums: bool) -> None:
        """Lose all that is not committed, and go on from there."""
        self.shelf.touched.clear()
        self.place, watermark, sources, waiting = self.saved
        self.partition_state = PartitionState(POLICY, self.shelf, watermark, sources_of(sources))
        if keeps_sums:
            partials.restore(self.partition_state.sums, self.shelf.sums.values())
            dues = ((name, due_of(value)) for name, value in self.shelf.values.items())
            self.partition_state.load_stored(dues, {}, waiting)
        else:
            for name, customer in self.shelf.every():
                self.partition_state.load(name, customer)
        self.begun = (watermark + POLICY.disorder) // STEP * STEP
        self.partition_state.advance(watermark)


class Aggregator:
    """Reads what the partitions sent, and publishes, whenever it gets round to it."""

    def __init__(self, partitions: int, topic: list[tuple[bytes, bytes]]) -> None:
        self.partitions, self.topic = partitions, topic
        self.books, self.place = Books(POLICY, partitions), 0
        self.published: dict[str, MetricUpdate] = {}
        self.restated = 0

    def read(self, number: int) -> None:
        for _, value in self.topic[self.place : self.place + number]:
            partials.take(self.books, value)
        self.place = min(len(self.topic), self.place + number)

    def publish(self) -> None:
        for statement in self.books.publish():
            if isinstance(statement.body, MetricUpdate):
                self.published[statement.key] = statement.body
                self.restated += statement.body.edition == "restated"

    def restart(self) -> None:
        """Come back with what was said, and the newest of each key: the topic is compacted, also behind our place."""
        self.books = Books(POLICY, self.partitions)
        for key, update in self.published.items():
            self.books.note(key, update, key)
        newest = {key: place for place, (key, _) in enumerate(self.topic)}
        for place in sorted(newest.values()):
            if place < self.place:
                partials.take(self.books, self.topic[place][1])


class Played(NamedTuple):
    """The result of a log."""

    partitions: list[Partition]
    aggregator: Aggregator

    def figures(self) -> dict[str, tuple[Any, ...]]:
        """Return every figure of a period that is over. A figure of no customers is the same as none."""
        told = self.aggregator.published.items()
        return {
            key: (one.value, one.components)
            for key, one in told
            if one.edition != "provisional" and anybody(one.components)
        }


def played(lines: list[Line], partitions: int, dice: Random, *, calm: bool = False) -> Played:
    """Read a log, commit, read what was sent, publish, and die, as the dice will have it; if calm, after each line."""
    topic: list[tuple[bytes, bytes]] = []
    ours = [[one for one in lines if one.partition == number] for number in range(partitions)]
    parts = [Partition(number, of_it, topic) for number, of_it in enumerate(ours)]
    aggregator = Aggregator(partitions, topic)
    for one in parts:
        one.commit()
    while left := [one for one in parts if one.place < len(one.lines)]:
        one = dice.choice(left)
        one.read(1 if calm else dice.choice((1, 5, 60)), dice)
        if calm or dice.random() < 0.4:
            one.commit()
        if not calm and dice.random() < 0.1:
            one.restart(keeps_sums=dice.random() < 0.5)
        if calm or dice.random() < 0.3:
            aggregator.read(10**9 if calm else dice.choice((1, 7, 1_000)))
            if calm or dice.random() < 0.5:
                aggregator.publish()
        if not calm and dice.random() < 0.1:
            aggregator.restart()
    for one in parts:
        one.pass_time(instant(END), dice)
        one.commit()
    aggregator.read(10**9)
    aggregator.publish()
    return Played(parts, aggregator)


def expected(lines: list[Line], partitions: list[Partition], month: str) -> tuple[Figures, Figures]:
    """Return what a month must be, on both bases: of all that was accepted before the month was sealed."""
    year, number = map(int, month.split("-"))
    accepted = {name: first for one in partitions for name, first in one.first_open.items()}
    counts = [line(one.event) for one in lines if accepted.get(one.event["event_id"], 10**9) <= year * 12 + number - 1]
    documents = distinct(counts)
    subscribed = subscription_months(documents, month, month, "EUR", Rules())
    return subscribed[month], purchase_months(documents, month, month, Rules())[month]


def months() -> Iterator[str]:
    for place in range(YEARS * 12 + 1):
        yield f"{START.year + place // 12}-{place % 12 + 1:02d}"


def assert_as_expected(lines: list[Line], outcome: Played) -> None:
    for month in months():
        subscribed, bought = expected(lines, outcome.partitions, month)
        for where, theirs in ((f"subscription|EUR|month|{month}", subscribed), (f"purchase||month|{month}", bought)):
            told = outcome.aggregator.published.get(f"crr|{where}-01|all")
            if told is None:
                assert (theirs.start, theirs.end) == (0, 0), where
                continue
            names = ("S", "E", "N", "lost")
            ours = tuple(told.components[name] for name in names)
            assert ours == (theirs.start, theirs.end, theirs.newcomers, theirs.lost), where
        mrr = outcome.aggregator.published.get(f"mrr|subscription|EUR|month|{month}-01|all")
        assert Fraction(mrr.value or 0 if mrr is not None else 0) == subscribed.mrr_end, month


@given(st.integers(0, 2**32), st.sampled_from((1, 3)), st.sampled_from((60, 360, 900)))
def test_however_years_are_cut_the_figures_are_those_of_the_log(seed: int, partitions: int, latest: int) -> None:
    dice = Random(seed)
    lines = arriving(dice, dice.randrange(1, 120), partitions, latest)

    outcome = played(lines, partitions, dice)

    assert_as_expected(lines, outcome)


@given(st.integers(0, 2**32), st.sampled_from((1, 3)), st.sampled_from((60, 360, 900)))
def test_however_years_are_cut_the_figures_are_those_of_a_quiet_run(seed: int, partitions: int, latest: int) -> None:
    dice = Random(seed)
    lines = arriving(dice, dice.randrange(1, 120), partitions, latest)

    quiet = played(lines, partitions, Random(1), calm=True)
    outcome = played(lines, partitions, dice)

    assert outcome.figures() == quiet.figures()
    for one in outcome.partitions:
        counted = sum(without_effect(timeline_seen(c), terms_of(POLICY)) for _, c in one.shelf.every())
        assert one.partition_state.without_effect == counted


def in_a_row(*events: Event) -> list[Line]:
    return [Line(0, instant(datetime.fromisoformat(event["occurred_at"])), event) for event in events]


def of_february(aggregator: Aggregator) -> MetricUpdate:
    return aggregator.published["crr|subscription|EUR|month|2024-02-01|all"]


def read_late(lines: list[Line], first: int) -> Aggregator:
    """Read and publish the first lines; then apply the rest, years of it, in one commit."""
    dice, topic = Random(0), list[tuple[bytes, bytes]]()
    partition, aggregator = Partition(0, lines, topic), Aggregator(1, topic)
    for number in (first, len(lines)):
        partition.read(number, dice)
        partition.commit()
        aggregator.read(len(topic))
        aggregator.publish()
    return aggregator


def test_who_reads_late_still_learns_of_what_restated_a_month_that_is_sealed_by_then() -> None:
    (stays,), (began, ended) = Log("a").starts(5).events, Log("b").starts(5).ends(40).events
    now, later = Log("f").login(200, 900).events

    aggregator = read_late(in_a_row(stays, began, now, ended, later), 3)

    update = of_february(aggregator)
    assert (update.edition, update.previous, update.value) == ("restated", "1.0000000000", "0.5000000000")


def test_who_reads_late_still_learns_of_the_levels_that_a_sealed_month_began_with() -> None:
    """An old start comes while February is the first month that is not sealed."""
    (known,), (old,) = Log("a").starts(5).events, Log("b").starts(-2_000).events
    now, later = Log("f").login(440, 1_300).events

    aggregator = read_late(in_a_row(known, now, old, later), 2)

    update = of_february(aggregator)
    assert (update.edition, update.components["S"], update.components["E"]) == ("restated", 2, 2)
    assert aggregator.published["crr|subscription|EUR|month|2024-01-01|all"].components["E"] == 1


def test_half_of_a_commit_is_no_figure() -> None:
    dice, topic = Random(0), list[tuple[bytes, bytes]]()
    partition, aggregator = (
        Partition(0, in_a_row(*Log().starts(5).ends(40).login(100).events), topic),
        Aggregator(1, topic),
    )
    partition.commit()
    partition.read(3, dice)
    partition.commit()

    for _ in topic[1:]:
        aggregator.read(1)
        aggregator.publish()
        assert not aggregator.published
    aggregator.read(1)
    aggregator.publish()

    assert of_february(aggregator).components["lost"] == 1
