"""Everything that a run left on the broker, compared with an undisturbed run and with the raw log."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiokafka import TopicPartition

from retention.features import REGISTER
from retention.features.purchases.section import PURCHASES, orders_seen
from retention.features.subscriptions.section import SUBSCRIPTIONS, timeline_seen
from retention.features.tickets.section import TICKETS, tickets_seen
from retention.risk.section import CARD
from retention.signals import SIGNALS as RULES
from retention.state.codec import decode
from retention.state.customer import Customer
from retention.state.seen_ids import RECENT_BYTES
from streams.broker import Broker
from streams.differences import newest
from streams.outbox import TYPE_PREFIX
from streams.partition_record import OWN_KEY, OWN_PREFIX, SOURCES_KEY, read_own, read_sources, sources_of
from streams.recomputation.lines import distinct
from streams.recomputation.months import purchase_months, subscription_months
from streams.recomputation.rules import Rules
from streams.record_outcomes import accounted
from streams.results import as_json
from streams.settings import Settings
from streams.topics import (
    ACTIONS,
    CHANGELOG,
    DEAD_LETTERS,
    HEALTH,
    MOVEMENTS,
    SIGNALS,
    UPDATES,
    Topic,
)

NOT_COMPARED = {"due", "touched", "rung_from", "written", "again", "applied", "settled"}
"""Attributes of a customer that are not stored, or that depend on the order between topics."""

READ = {PURCHASES, SUBSCRIPTIONS, TICKETS, CARD}
"""The sections of which `plain` returns what is read of them, and the card: when it was written depends on commits."""

OVER = {"churn_signal.cleared.v1", "opportunity.cleared.v1", "none"}
"""What no longer holds, by its last word."""


@dataclass
class Left:
    """The contents of the broker after a run, as committed readers see it."""

    inputs: list[bytes] = field(default_factory=list)
    states: dict[str, Customer] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    """The states as bytes."""
    said: list[dict[str, Any]] = field(default_factory=list)
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The last card of each customer, tombstones applied."""
    card_ids: Counter[str] = field(default_factory=Counter)
    figures: dict[str, Any] = field(default_factory=dict)
    dead: int = 0
    came: int = 0
    """Records of the input topics, valid or not."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Their outcomes, as the partitions count them."""
    rhythms: dict[tuple[int, str], Any] = field(default_factory=dict)
    """By partition and source: its rhythm in the last weeks, and its silences, in quarter hours."""
    behind: dict[str, int] = field(default_factory=dict)

    def ids(self) -> Counter[str]:
        return Counter(one["headers"]["ce_id"] for one in self.said)

    def take_card(self, record: dict[str, Any]) -> None:
        """Apply one record of `customer-health`."""
        if record["value"] is None:
            self.cards.pop(record["key"], None)
            return
        self.cards[record["key"]] = record["value"]
        self.card_ids[record["headers"]["ce_id"]] += 1

    def cards_said_twice(self) -> list[str]:
        return [ident for ident, number in self.card_ids.items() if number > 1]

    def cards_held(self, *, whole: bool) -> dict[str, Any]:
        """Return the last cards of customers with open signals: of those at risk all of it, if `whole`."""
        return {
            name: card
            if whole and card["band"] != "low"
            else sorted((one["signal"], one["episode"]) for one in card["open_signals"])
            for name, card in self.cards.items()
            if card["open_signals"]
        }

    def standings(self) -> dict[str, tuple[Any, ...]]:
        """Return what the last card of each customer says of MRR, plan and stage."""
        return {name: (card["mrr"], card["plan"], card["stage"]) for name, card in self.cards.items()}

    def everything_said(self) -> Counter[str]:
        """Return each statement as it was written, and its count."""
        return Counter(json.dumps(one, sort_keys=True) for one in self.said)

    def everything_said_of_whatever(self) -> Counter[str]:
        """Return the same without the causing event: for a worker that is up to date, that is the next to arrive."""
        return Counter(json.dumps(one | {"headers": _undirected(one["headers"])}, sort_keys=True) for one in self.said)

    def unmatched_actions(self) -> Counter[str]:
        """Return the ids of signals without one statement about their action, and of statements without a signal.

        A message that is no news by then is not recommended again when its signal becomes more severe.
        """
        again = {signal.name for signal in RULES if signal.recommends.repeats}
        unmatched: Counter[str] = Counter()
        may_have: set[str] = set()
        for one in self.said:
            family, _, what = one["headers"]["ce_type"].removeprefix(TYPE_PREFIX).removesuffix(".v1").partition(".")
            if family == "action" and what != "reported":
                unmatched[one["headers"]["ce_causationid"]] -= 1
            elif family == "opportunity" or (
                family == "churn_signal" and (what != "escalated" or one["value"]["signal"] in again)
            ):
                unmatched[one["headers"]["ce_id"]] += 1
            elif family == "churn_signal":
                may_have.add(one["headers"]["ce_id"])
        return Counter({ident: n for ident, n in unmatched.items() if n and (n != -1 or ident not in may_have)})

    def account(self, records: Sequence[Any]) -> None:
        """Count the outcomes in the newest own record of each partition in the changelog."""
        last = {record.partition: record.value for record in records if record.key == OWN_KEY}
        for partition, value in last.items():
            own = read_own(value)
            for counts in own.outcomes.values():
                self.outcomes.update(counts)
            stored = newest((r.key, r.value) for r in records if r.partition == partition and SOURCES_KEY in r.key)
            for source, rhythm in sources_of(read_sources(own, stored.get(SOURCES_KEY))).rhythms.items():
                self.rhythms[partition, source] = (rhythm.spoken(), rhythm.silences, rhythm.ahead)

    def keep(self, changelog: Iterable[Any]) -> None:
        """Note the states of a changelog."""
        for key, value in newest((record.key, record.value) for record in changelog).items():
            if not key.startswith(OWN_PREFIX):
                self.states[key.decode()], self.kept[key.decode()] = decode(value), value

    @property
    def accounted(self) -> int:
        """Return the number of records that the outcomes account for."""
        return accounted(self.outcomes)

    def last_words(self) -> dict[Any, Any]:
        """Return what holds at the end of all statements: open episodes, churned customers, money paid."""
        words: dict[Any, Any] = {}
        for one in self.said:
            value, kind = one["value"], one["headers"]["ce_type"].split(".", 2)[2]
            if kind.startswith("churn_signal"):
                # Whether a rise in severity was published apart from the raise depends on the order of reading.
                words[one["key"], value["signal"]] = (kind.replace("escalated", "raised"), value["episode"])
            elif kind.startswith("opportunity"):
                words[one["key"], value["opportunity"]] = (kind, value["episode"])
            elif kind.startswith("action.reported"):
                words[one["key"], one["headers"]["ce_causationid"]] = (kind, value["outcome"])
            elif kind.startswith("action"):
                # Whether it was recommended with the raise, or with a rise in severity, depends on the same.
                words[one["key"], value["signal"], "action"] = (
                    "none" if kind.startswith("action.withdrawn") else "proposed",
                    value["episode"],
                )
            elif kind.startswith("customer"):
                # A loss that late evidence has revoked never was; publishing it depends on the order of reading.
                undone = value["cause"] == "late_evidence"
                words[one["key"], value["basis"], value["at"]] = ("none" if undone else kind,)
            else:
                words[one["key"], value["currency"], value["at"]] = (value["kind"], value["delta"])
        # What was cleared, or corrected to nothing, no longer holds; whether it was published depends on the order.
        return {key: word for key, word in words.items() if word[0] not in OVER}


def _undirected(headers: dict[str, str]) -> dict[str, str]:
    over = headers["ce_type"].endswith(("cleared.v1", "withdrawn.v1"))
    left_out = {"ce_causationid", "ce_id"} if over else {"ce_causationid"}
    return {name: value for name, value in headers.items() if name not in left_out}


async def read_all(broker: Broker, topic: Topic) -> list[Any]:
    name = broker.topic(topic)
    found: list[Any] = []
    for number in range((await broker.widths())[name]):
        async for records in broker.read(name, number):
            found += records
    return found


async def left_by(settings: Settings) -> Left:
    """Read back everything."""
    broker, left = Broker(settings), Left()
    for topic in broker.inputs:
        came = await read_all(broker, topic)
        left.came += len(came)
        left.inputs += [r.value for r in came if r.value and b"source.heartbeat" not in r.value]
    changelog = await read_all(broker, CHANGELOG)
    left.account(changelog)
    left.keep(changelog)
    for topic in (SIGNALS, ACTIONS, MOVEMENTS):
        left.said += [as_json(topic.name, record) for record in await read_all(broker, topic)]
    for record in await read_all(broker, HEALTH):
        left.take_card(as_json(HEALTH.name, record))
    for record in await read_all(broker, UPDATES):
        value = json.loads(record.value)
        if value["edition"] != "provisional":
            left.figures[record.key.decode()] = (value["value"], value["components"], value["edition"])
    left.dead = len(await read_all(broker, DEAD_LETTERS))
    left.behind = await behind(broker, settings)
    return left


async def behind(broker: Broker, settings: Settings) -> dict[str, int]:
    """Return the lag of committed offsets by topic; hanging transactions would show here, too."""
    reader = broker.consumer(group_id=settings.kafka.group)
    await reader.start()
    behind: Counter[str] = Counter()
    try:
        widths = await broker.widths()
        names = [broker.topic(topic) for topic in broker.consumed]
        where = [TopicPartition(name, number) for name in names for number in range(widths[name])]
        ends = await reader.end_offsets(where)
        for tp in where:
            behind[tp.topic] += ends[tp] - (await reader.committed(TopicPartition(tp.topic, tp.partition)) or 0)
    finally:
        await reader.stop()
    return dict(behind)


def plain(customer: Customer, *, live: bool = False) -> dict[str, Any]:
    """Return a state without what depends on the order between topics: offsets, and the last check by time.

    Of a `live` run, whether a gate stopped an action is left out, too: it depends on what had arrived by then, namely
    the messages recommended before, and the signals that hold an opportunity. So does whether an event raised an
    episode in hindsight, or time did before it came, and which events were known then: its evidence.
    """
    names = [name for name in Customer.__annotations__ if name not in NOT_COMPARED]
    row = {name: getattr(customer, name) for name in names}
    row["open_episodes"] = {
        name: msgspec.structs.replace(
            one,
            due=0,
            stopped=one.stopped and not live,
            found_by=b"" if live else one.found_by,
            evidence=[] if live else one.evidence,
        )
        for name, one in customer.open_episodes.items()
    }
    row["recent"] = known_ids(customer.recent)
    timeline = timeline_seen(customer)
    row["woke"], row["orders"], row["tickets"] = customer.woke, orders_seen(customer), tickets_seen(customer)
    row["places"] = list(orders_seen(customer)), list(tickets_seen(customer))
    row["timeline"] = timeline.opening, timeline.ops
    row["others"] = {section.name: customer.part(section.id) for section in REGISTER.sections if section not in READ}
    return row


def known_ids(recent: bytes) -> set[bytes]:
    """Return the digests of the last event ids of a customer."""
    return {recent[at : at + RECENT_BYTES] for at in range(0, len(recent), RECENT_BYTES)}


def assert_recomputed(left: Left, first: str, last: str) -> None:
    """Compare the final figures with a recomputation from the raw log that shares no code with the worker."""
    documents = distinct(left.inputs)
    compared = 0
    for month, wanted in subscription_months(documents, first, last, "EUR", Rules()).items():
        value, components, _ = left.figures[f"crr|subscription|EUR|month|{month}-01|all"]
        assert (components["S"], components["E"], components["N"]) == (wanted.start, wanted.end, wanted.newcomers), (
            month
        )
        ndr, money, _ = left.figures[f"ndr|subscription|EUR|month|{month}-01|all"]
        assert money["mrr_end"] == f"{float(wanted.mrr_end):.2f}", month
        assert ndr == (None if wanted.ndr is None else f"{float(wanted.ndr):.10f}"), month
        assert value == (None if wanted.crr is None else f"{float(wanted.crr):.10f}"), month
        compared += 1
    for month, wanted in purchase_months(documents, first, last, Rules()).items():
        found = left.figures.get(f"crr|purchase||month|{month}-01|all")
        if found is not None:
            components = found[1]
            assert (components["S"], components["E"]) == (wanted.start, wanted.end), month
            compared += 1
    assert compared
