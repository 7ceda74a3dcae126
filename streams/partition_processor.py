"""The processor of one partition number: applies events to its customers, passes event time, and feeds commits.

    record ─► agent ─► observe ─┬─ its customer is kept here ─► partition state ─► statements, states
                                ├─ its home is elsewhere     ─► sent there, and counted by the one that applies it
                                ├─ erased                    ─► dropped, and counted
                                └─ cannot be used            ─► dead letters

    applied      e1   e2   e3                 e4
    ─────────────┼────┼────┼──────────────────┼─────►
                           advance ─► timers, cards      detach ─► outputs, states, sums, positions: one commit

Rule: every record has one outcome, counted where it is settled, and nothing is written outside `detach`, which takes
all that has changed since the last commit. What is committed is not decided again: a restart begins with that state
(`restore`), reads the records behind its positions again, and states the same under the same ids.

Reason: a state without its positions would count records twice, and positions without their state would lose them
(`streams/unit_of_work.py`). What events mean is not decided here but in `retention`, so that a log applied without
Kafka, a rebuild and a worker yield the same.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Final, cast
from uuid import uuid4

import msgspec
from aiokafka.structs import ConsumerRecord, TopicPartition

from agents.foreign import topic_of
from agents.pieces import into_of, sent_here, stood_on
from agents.record import Record
from retention.calendar import HOUR, LAST, NEVER, Instant, moment
from retention.engine import partials
from retention.engine.partition_state import PartitionState
from retention.engine.parts import Parts
from retention.engine.rates import SENDER, RatesTold
from retention.engine.sums import figures_digest
from retention.features import REGISTER
from retention.features.base import DUPLICATE, Facet
from retention.identity import derived_id
from retention.merging import ids_of, kept_as
from retention.state.customer import Customer
from retention.state.written import Written, put_together
from retention.statements import Statement
from schemas.base import Event
from schemas.customers import CustomerMerged
from schemas.families import TOPIC_OF
from schemas.outbound import AccessRequested, CustomerErased
from schemas.reference import CompanyFact
from streams.aside import Aside
from streams.broker import Broker
from streams.clock import latest, now_of
from streams.customers import CustomerStore
from streams.customers_on_disk import CustomersOnDisk
from streams.dead_letters import as_it_was_kept
from streams.differences import Differences, key_of_difference, record_of
from streams.errors import Lost
from streams.feed import READ_AGAIN, Feed
from streams.forgetting import PREFIX as FORGOTTEN_PREFIX
from streams.forgetting import Forgotten, key_of
from streams.history import end_of_history
from streams.home import home_of
from streams.listener import Listener
from streams.local_state import LocalState, catch_up
from streams.merging import MERGED_PREFIX, MOVED_PREFIX, Merging, Word, written
from streams.merging import read as read_word
from streams.named import judge_of, named_in
from streams.outbox import Outbox
from streams.outgoing import Outgoing
from streams.partition_record import (
    OWN_KEY,
    OWN_PREFIX,
    RESIDUE_PREFIX,
    SOURCES_KEY,
    SUMS_PREFIX,
    VERSION,
    PartitionRecord,
    Residue,
    read_own,
    read_sources,
    sources_of,
    stored_sources,
    values_under,
    vouch,
    written_own,
)
from streams.record_outcomes import FURTHER, SENT_HOME, SKIPPED, TURNED_OUT, RecordOutcomes
from streams.reference import Foreseeing, Reference, read_ahead
from streams.settings import Settings
from streams.source_lanes import lane_name, narrow_among, origin_of
from streams.topics import CHANGELOG, HEALTH, PARTIALS, SIGNALS
from streams.watermarks import Watermarks

ROLL_KEY: Final = b"\x00roll"
"""The key, which is no customer's, of a deletion among the cards that deletes nothing."""
CHUNK: Final = 250
"""Customers to work on before control returns to the event loop. Each may take a millisecond in a worker that is not
compiled: a silence is compared with everything that the customer did."""


class PartitionProcessor:
    """Applies the events of one partition number to its customers."""

    def __init__(
        self,
        number: int,
        partitions: int,
        settings: Settings,
        broker: Broker,
        listener: Listener,
        *,
        widths: Mapping[str, int] | None = None,
        atomic: bool = False,
        local: LocalState | None = None,
    ) -> None:
        self.number, self.partitions, self.policy, self.atomic = number, partitions, settings.policy(), atomic
        self.store = CustomerStore(partitions) if local is None else CustomersOnDisk(local, partitions)
        self.outbox, self.listener = Outbox(broker), listener
        self.log = uuid4().hex
        self.reference = Reference()
        self.partition_state = PartitionState(self.policy, self.store, facts=self.reference.facts)
        self._rates_told = RatesTold(self.policy.currency if number == SENDER else None, self.reference.facts)
        self.forgotten, self._residue = Forgotten(key_of(settings)), Residue()
        self.merging, self._moved = Merging(self), Residue(MOVED_PREFIX)
        self.feed = Feed(self.policy.basis, self.forgotten)
        self._expected: dict[str, int] = {}
        """Timestamps in milliseconds of erasure requests that have arrived and wait for their turn, by customer."""
        self._is_looked_at = settings.web.enabled
        known = widths or {topic.name: partitions for topic in broker.consumed}
        self._leads = broker.leads
        known = {topic: width for topic, width in known.items() if self._leads[topic] == topic}
        self.watermarks = Watermarks(number, partitions, known, self.policy.disorder)
        if partitions > 1:  # no key of theirs is a customer id: nearly all that follows is sent home
            self.watermarks.scattered.update(broker.foreign)
        self._marks = self.watermarks.marks
        self._narrow = narrow_among(known, partitions)
        self._sharing: dict[str, list[str]] = {}
        for family, lead in self._leads.items():
            self._sharing.setdefault(lead, []).append(family)
        for source, families in broker.families_of_sources():
            self._sharing[topic_of(source)] = sorted(families)
        facts = {TOPIC_OF[kind] for kind in REGISTER.facts}
        self._of_facts = [(t, width) for t, width in known.items() if t in facts and self._sharing[t] == [t]]
        """The topics that hold facts of the company alone, and their widths."""
        self._settings = settings
        self._changelog, self._partials = broker.topic(CHANGELOG), broker.topic(PARTIALS)
        self._health = broker.topic(HEALTH)
        self.aside = Aside(number, partitions, broker)
        self.outcomes = RecordOutcomes()
        self._statements: list[Statement] = []
        self._logged: list[Outgoing] = []
        self._detached_at = 0.0
        self.sent_watermark: Instant = 0
        """The watermark when sums were last sent."""
        self._rolled_at = -1
        """The hour in which a segment of cards was last made to roll."""
        self._passing = False
        self.rebuilt_to = 0
        """The offset of `rekeyed` up to which a rebuild has applied what comes with merges."""
        self._sources, self._written_sources = b"", Written()
        self._has_differed = False
        """Whether there may be differences in the changelog, of a time when the broker had transactions."""
        self.logs: dict[str, str] = {}
        """The ids of the topics that the positions belong to."""
        self.latest: Instant = LAST
        """The latest event time that is believed now (`agents.processor`)."""

    # Called by agents

    def observe(self, event: Event, at: Instant, topic: str, record: Record) -> Facet | None:
        """Apply an event, unless its customer is erased or has its home elsewhere; return what it changed, if so."""
        customer = self.store.find(event.customer_id)
        if customer is None:
            name = self._kept_here(event, at, topic, record)
            if name is None:
                return None
            if name != event.customer_id:
                event = msgspec.structs.replace(event, customer_id=name)  # type: ignore[type-var]
                customer = self.store.find(name)
        stood = stood_on(topic, record)
        where, is_home = self._leads[stood], record.partition == self.number
        if not is_home:
            where = lane_name(where, record.partition, self.number)
        # The state may be stored without its positions. Events of one foreign record share one: they have ids.
        has_own = is_home and not self.atomic and stood == topic and not sent_here(record)
        offset = record.offset if has_own else None
        if stood != topic and customer is not None and (doubt := REGISTER.doubt(customer, event)):
            self.doubt(stood, doubt)
        facet = self.partition_state.apply(customer, event, at, topic, offset)
        if self.partition_state.asides:
            self._set_aside(stood, record)
        if facet is None:
            self.outcomes.count(stood, "replayed")
            return None
        mark = self._marks.get(where, 0)
        timely = "late" if at < mark else "applied"
        self.outcomes.count(stood, "duplicate" if facet is DUPLICATE else timely)
        if event.backfill or event.unknown_words:
            self._note(event, facet, topic, record)
        if at - self.policy.disorder > mark and where in self.watermarks.own:
            self._marks[where] = at - self.policy.disorder
        return facet

    def _kept_here(self, event: Event, at: Instant, topic: str, record: Record) -> str | None:
        """Return the id under which an event of an unknown customer counts here; None if it does not.

        Then it was sent to where its customer is kept, or the customer is erased.
        """
        name, stood = into_of(record) or event.customer_id, stood_on(topic, record)
        if self.merging.everywhere:
            name = kept_as(self.merging.everywhere.get(name, ()), name)
            if home_of(name.encode(), self.partitions) != self.number:
                self.outcomes.refer(stood)  # a rebuild has found it before, and applies it there
                return None
        elif self._is_away(name, topic, record):
            return None
        kept = self.merging.ids.kept_as(name)
        home = self.number if kept == name else home_of(kept.encode(), self.partitions)
        if home != self.number:
            self.aside.send_into(kept, stood, record, home)
            self.outcomes.refer(stood)
            return None
        if kept in self.forgotten:
            self.partition_state.hear(event, at, topic)  # a heartbeat of the source, whichever customer the event is of
            self.drop(stood)
            return None
        return kept

    # Called about facts of the company

    def publish(self, fact: CompanyFact, at: Instant, topic: str, record: Record) -> bool:
        """Store a fact of the company; if it was read here, send its record to all others. Return whether it is new.

        It is sent on even if it is known: without transactions it may have been stored without its position.
        """
        topic = stood_on(topic, record)
        stated = REGISTER.facts[fact.type](fact, at, self.policy)
        is_known = self.reference.knows(stated)
        self.reference.note(self.partition_state.learn(stated))
        self.reference.arrives(stated)
        if sent_here(record):
            return not is_known  # counted, and sent to all, where it was read
        self.aside.send_to_all(topic, record)
        self.outcomes.count(topic, "duplicate" if is_known else "applied")
        for field in fact.unknown_words:
            self.listener.read_as_other(topic, field)
        self._come_to(at, topic, record)
        return not is_known

    def _come_to(self, at: Instant, topic: str, record: Record) -> None:
        """Note how far the lane of a record has come in event time."""
        where = lane_name(self._leads[topic], record.partition, self.number)
        if where in self.watermarks.own:
            self._marks[where] = max(at - self.policy.disorder, self._marks.get(where, 0))

    # Called about merges

    def merge(self, event: Event, at: Instant, topic: str, record: Record) -> None:
        """Merge two customers, or send the record to the home of the one that goes."""
        name, merged = event.customer_id, cast("CustomerMerged", event)
        if not self.merging.everywhere and self.store.find(name) is None and self._is_away(name, topic, record):
            return
        stood = stood_on(topic, record)
        self.partition_state.hear(event, at, topic)
        if name in self.forgotten:
            self.merging.erase(name, event.event_id, at, [merged.into])
            self.drop(stood)
        else:
            is_new = bool(self.merging.everywhere) or self.merging.merge(merged, at)
            self.outcomes.count(stood, "applied" if is_new else "duplicate")
        self._come_to(at, stood, record)

    def learn(self, word: bytes, offset: int) -> None:
        """Apply what another partition tells of a merge, unless a rebuild knew it."""
        told = read_word(word)
        self.aside.heard[str(told.sender)] = max(told.place, self.aside.heard.get(str(told.sender), 0))
        if not self.knows(offset):
            self.merging.hear(told)

    def knows(self, offset: int) -> bool:
        """Report whether a rebuild has applied what comes with merges up to a later offset of `rekeyed`."""
        return offset < self.rebuilt_to

    def is_forgotten(self, name: str) -> bool:
        """Report whether a customer was erased."""
        return name in self.forgotten

    def left(self, share: Parts) -> None:
        """Store what a customer that moved has left in the sums, or (negative) brought into them."""
        self._moved.add(share)

    def tell(self, word: Word, home: int) -> None:
        """Send a message about a merge to another partition, with the next commit."""
        word.sender, word.place = self.number, self.aside.count_word(home)
        self.aside.tell(written(word), home)

    def erase(self, name: str, request: str, at: Instant) -> None:
        """Erase a customer of this partition, known or not, and write a receipt unless it was erased before."""
        is_merged = bool(self.merging.ids.merges(name))
        known = self.store.find(name) is not None or is_merged
        self._residue.add(self.partition_state.forget(name, at))
        self.feed.forget(name)
        if name in self.forgotten:
            return
        if is_merged:
            self.partition_state.timers.drop(name)  # it may have been kept here once
        receipt = CustomerErased(
            pseudonym=self.forgotten.add(name, at), request=request, at=moment(at), was_known=known
        )
        ident = derived_id("customer.erased", receipt.pseudonym, receipt.request)
        self.partition_state.statements.append(
            Statement("customer.erased", ident, receipt.pseudonym, at, request, receipt)
        )

    def _note(self, event: Event, facet: Facet, topic: str, record: Record) -> None:
        """Note what few events have: values that the contract does not know, and the mark of a history."""
        if facet is not DUPLICATE:
            for field in event.unknown_words:
                self.listener.read_as_other(topic, field)
        if event.backfill:
            self._note_end_of_history(record)

    def _note_end_of_history(self, record: Record) -> None:
        """Raise no signals before the end of a history, which `backstay load` marks on each record."""
        end = end_of_history(record)
        if end is not None:
            self.partition_state.sources.filled_in_until(min(end, self.latest))

    def _is_away(self, name: str, topic: str, record: Record) -> bool:
        """Report whether an unknown customer has its home elsewhere; then send the record there."""
        home = home_of(name.encode(), self.partitions)
        if home == self.number:
            return False
        stood = stood_on(topic, record)
        self.aside.send_on(name.encode(), stood, record, home)
        self.outcomes.count(stood, SENT_HOME)
        return True

    def arrives(self, topic: str, partition: int, offset: int) -> bool:
        """Note a record that another partition has sent here; return False if it arrived before."""
        new = self.aside.arrives(topic, partition, offset)
        if not new:
            self.outcomes.count(topic, "replayed")
        return new

    def heard_by(self, other: "PartitionProcessor") -> bool:
        """Report whether another partition has received everything that this one has sent to it."""
        return self.aside.has_reached(other.aside) and self.watermarks.heard_by(other.watermarks)

    def expect(self, customer_id: str, timestamp: int) -> None:
        """Note that an erasure request waits for its turn: later records of this customer get no dead letters."""
        self._expected.setdefault(customer_id, timestamp)

    def forget(self, event: Event, at: Instant, topic: str, record: Record) -> None:
        """Erase a customer for good: state, timers and outputs that are not sent yet. A receipt is sent."""
        name = event.customer_id
        self._expected.pop(name, None)
        if self.merging.everywhere:
            self._erase_offline(event, at, stood_on(topic, record))
            return
        known = self.store.find(name) is not None
        if not known:
            if self._is_away(name, topic, record):
                return
            if name in self.forgotten:
                self.drop(stood_on(topic, record))
                return
        self.merging.erase(name, event.event_id, at)
        self.outcomes.count(stood_on(topic, record), "applied")

    def _erase_offline(self, event: Event, at: Instant, topic: str) -> None:
        """Erase in a rebuild whatever ids of a customer are at home here: the request comes to the homes of all."""
        for name in ids_of(self.merging.everywhere.get(event.customer_id, ()), event.customer_id):
            if home_of(name.encode(), self.partitions) == self.number:
                self.erase(name, event.event_id, at)
                self.merging.ids.forget(name)
        self.outcomes.count(topic, "applied")

    def note_access(self, event: Event, at: Instant) -> None:
        """Write to the audit topic, under a pseudonym, that a customer wants to know what is stored of it."""
        pseudonym = self.forgotten.pseudonym(event.customer_id)
        body = AccessRequested(pseudonym=pseudonym, request=event.event_id, at=moment(at))
        ident = derived_id("customer.access_requested", pseudonym, event.event_id)
        self.partition_state.statements.append(
            Statement("customer.access_requested", ident, pseudonym, at, event.event_id, body)
        )

    def drop(self, topic: str) -> None:
        """Count an event of an erased customer, and store nothing of it."""
        self.outcomes.count(topic, "forgotten")

    def promise(self, topic: str, at: Instant, record: Record) -> None:
        """Apply a heartbeat: its producer lives, and nothing older than `at` follows.

        If not every number reads a partition of the topic, those that do pass it on, because it concerns all.
        """
        for family in self._sharing[topic]:
            self.partition_state.sources.seen(family, at, self.partition_state.watermark)
        lane = lane_name(topic, record.partition, self.number)
        if lane not in self.watermarks.own:
            return  # passed on, and counted, by the number that reads it
        self.watermarks.promise(lane, at)
        self.outcomes.count(topic, "heartbeat")
        if topic in self._narrow:
            self.aside.send_to_all(topic, record)

    def hear(self, news: bytes) -> None:
        """Note the watermark of another partition for the topics that it reads on behalf of this one."""
        self.watermarks.hear(news)

    def refuse(self, topic: str, record: Record, reason: str, detail: str) -> None:
        """Send a record to the dead letters, unless it names an erased customer: then nothing of it is kept.

        A record that names a customer of another partition is judged there. If no single partition can judge it, only
        its place is kept, and nothing of its content (docs/decisions/0027).
        """
        named = named_in(record.key, record.value)
        if any(name in self.forgotten or self._is_asked_for(name, record) for name in named):
            self.drop(topic)
            return
        judge = judge_of(record, named, self.number, self.partitions)
        if judge is not None and judge != self.number:
            self.aside.refer(topic, record, judge, reason, detail)
            self.outcomes.refer(topic)
            return
        self.aside.bury(topic, record, reason, detail, whole=judge is not None)
        self.outcomes.count(topic, "rejected")
        self.listener.refused(topic, reason)

    def refuse_unread(self, topic: str, record: Record, reason: str, detail: str) -> None:
        """Send the place of a record of a source to the dead letters, and no content: it may name customers."""
        self.aside.bury(topic, record, reason, detail, whole=False)
        self.outcomes.count(topic, "rejected")
        self.listener.refused(topic, reason)

    def split(self, topic: str, events: int) -> None:
        """Count a record of a source of which no event follows, or several: each of them has its own outcome."""
        if not events:
            self.outcomes.count(topic, SKIPPED)
        for _ in range(1, events):
            self.outcomes.count(topic, FURTHER)

    def _is_asked_for(self, name: str, record: Record) -> bool:
        return name in self._expected and self._expected[name] <= record.timestamp

    def _set_aside(self, topic: str, record: Record) -> None:
        """Send earlier, applied events to the dead letters that this one has shown to be of no use."""
        asides, self.partition_state.asides = self.partition_state.asides, []
        for aside in asides:
            self.aside.bury(topic, as_it_was_kept(aside, record, topic), "contract", aside.wrong)
            self.outcomes.count(topic, TURNED_OUT)
            self.listener.refused(topic, "contract")

    def doubt(self, topic: str, name: str) -> None:
        """Count a doubt about an event that came by a source."""
        self.listener.doubted(topic, name)

    def leave_out(self, topic: str) -> None:
        """Count an event that no figure may contain."""
        self.outcomes.count(topic, "left_out")

    # Called by timers

    def advance(
        self,
        read: Collection[str],
        now: Instant | None,
        until: Instant = NEVER,
        *,
        known: Collection[str] = (),
        begun: Instant = NEVER,
    ) -> bool:
        """Advance event time as far as every source allows; report whether more is left than one call may do.

        `read` are the lanes of which every record is applied, `known` those without unread records older than `begun`
        (`Watermarks.reach`). Time stops at `until`.
        """
        for topic, number, sent_home in self.outcomes.sent_home():
            self.watermarks.judge(self._leads[topic], number, sent_home)
        self.watermarks.look(read, now)
        if self._pass_time(min(self.watermarks.reach(read, now, known, begun), until)):
            return True
        return self._may_write_cards(read, now, begun) and self.partition_state.write_cards(CHUNK)

    def _may_write_cards(self, read: Collection[str], now: Instant | None, begun: Instant) -> bool:
        """Report whether everything is read, or time goes by the clock: a backlog has one card of each customer.

        A rebuild leaves the cards that wait to the worker after it: it publishes nothing.
        """
        is_read = len(read) == len(self.watermarks.own) or (now is not None and begun == NEVER)
        return is_read and not self.watermarks.alone

    def _pass_time(self, until: Instant) -> bool:
        self._passing = self.partition_state.advance(until, CHUNK) >= CHUNK
        return self._passing

    # Called by the unit of work

    async def restore(self, broker: Broker, committed: Mapping[str, int | None]) -> Mapping[str, int]:
        """Fill the store from the changelog and rebuild derived data; raise an error if the state cannot be whole."""
        kept, told = await asyncio.gather(self._read_changelog(broker), self._told_before(broker))
        value = kept.pop(OWN_KEY, None)
        own = read_own(value) if value is not None else None
        vouch(own, committed, f"{self._changelog}-{self.number}")
        self._has_differed = SOURCES_KEY in kept
        self.logs = dict(own.logs) if own is not None else {}
        await self._tell_again(broker, kept)
        if own is None:  # no commit yet, or a first one that was cut short on a broker without transactions
            self._recall(kept)
            await self._read_ahead(broker, {})
            await self._derive(kept)
            return {}
        self.aside.origins, self.aside.words, self.aside.heard = dict(own.origins), own.words, dict(own.heard)
        self.rebuilt_to = own.rebuilt_to
        self.watermarks.restore(own.watermarks, own.promised, own.scattered)
        self.log = own.log or self.log
        self.outcomes = RecordOutcomes(own.outcomes)
        self._recall(kept)
        self.feed.restore(told)
        self.partition_state = PartitionState(
            self.policy,
            self.store,
            own.watermark,
            sources_of(read_sources(own, kept.get(SOURCES_KEY))),
            turn=own.cards,
            facts=self.reference.facts,
        )
        self.partition_state.has_news = own.has_news
        partials.restore_rates(self._rates_told, values_under(kept, SUMS_PREFIX))
        await self._read_ahead(broker, own.positions)
        if self.atomic and own.figures == figures_digest(self.policy) and own.without_effect is not None:
            partials.restore(self.partition_state.sums, values_under(kept, SUMS_PREFIX))
            open_signals = {(name, severity): number for name, severity, number in own.open_signals}
            self.partition_state.load_stored(self.store.dues(), open_signals, own.without_effect)
            await self._note_open_signals()
        else:
            await self._derive(kept, anew=own.figures != figures_digest(self.policy))
        await self._ring_again()
        return own.positions

    async def _read_ahead(self, broker: Broker, positions: Mapping[str, int]) -> None:
        """Read facts of the company ahead of their turn: those that were neither read here nor sent here yet."""
        foreseeing = Foreseeing(self._foresee, latest(now_of(self._settings)))
        for topic, width in self._of_facts:
            name = broker.topic_named(topic)
            begin = {TopicPartition(name, p): self._facts_read(topic, p, positions) for p in range(width)}
            await read_ahead(broker, topic, begin, foreseeing, exact_ends=self.atomic)

    def _facts_read(self, topic: str, partition: int, positions: Mapping[str, int]) -> int:
        """Return the position up to which a partition of a topic was read here, or what it holds was sent here."""
        if partition % self.partitions == self.number:
            return positions.get(lane_name(topic, partition, self.number), 0)
        return self.aside.origins.get(origin_of(topic, partition), -1) + 1

    def _foresee(self, fact: CompanyFact, at: Instant) -> None:
        stated = REGISTER.facts[fact.type](fact, at, self.policy)
        self.reference.foresee(stated, self.partition_state.learn(stated))

    async def _note_open_signals(self) -> None:
        """Find the customers that may be at risk, or whose card waits: nothing but their states says who they are."""
        cards = self.partition_state.cards
        if not any(self.partition_state.episodes.open.values()) and not cards.turn.waiting and not cards.changes_model:
            return
        for place, (name, customer) in enumerate(self.store.every()):
            self.partition_state.cards.load(name, customer)
            if place % CHUNK == 0:
                await asyncio.sleep(0)  # heartbeats share this loop

    async def _tell_again(self, broker: Broker, kept: Mapping[bytes, bytes]) -> None:
        """Send all sums again if the topic that held them was deleted and created again."""
        ids = await broker.topic_ids([self._partials])
        if any(self.logs.get(name, ident) != ident for name, ident in ids.items()):
            sums = {key.removeprefix(SUMS_PREFIX): kept[key] for key in kept if key.startswith(SUMS_PREFIX)}
            self.aside.waiting += [Outgoing(self._partials, key, value, partition=0) for key, value in sums.items()]
        self.logs |= ids

    async def _ring_again(self) -> None:
        """Fire the timers again that fired before the restart: customers that they did not change were not written.

        Otherwise an event that arrives first would be written with the old due instant, and the state would depend on
        the restart.
        """
        while self._pass_time(self.partition_state.watermark):
            await asyncio.sleep(0)  # heartbeats share this loop

    async def _read_changelog(self, broker: Broker) -> dict[bytes, bytes]:
        """Fill the store; return the partition's own entries."""
        if isinstance(self.store, CustomersOnDisk):
            await catch_up(self.store.local, broker, self._changelog, self.number)
            return self.store.local.own()
        kept: dict[bytes, bytes] = {}
        differences = Differences()
        async for records in broker.read(self._changelog, self.number):
            for record in records:
                if differences.takes(record.key, record.value):
                    continue
                if record.key.startswith(OWN_PREFIX):
                    kept[record.key] = record.value or b""
                else:
                    self.store.restore(record.key.decode(), record.value)
        for key, difference in differences:
            if key.startswith(OWN_PREFIX):
                kept[key] = put_together(kept.get(key, b""), difference)
            else:
                self.store.restore_difference(key.decode(), difference)
        return kept

    async def _told_before(self, broker: Broker) -> list[ConsumerRecord]:
        if not self._is_looked_at:
            return []
        return await broker.newest(broker.topic(SIGNALS), self.number, READ_AGAIN)

    def _recall(self, kept: Mapping[bytes, bytes]) -> None:
        """Restore which customers are erased, and what they left in the sums."""
        self._residue.restore(values_under(kept, RESIDUE_PREFIX))
        self._recall_forgotten(kept)
        self._moved.restore(values_under(kept, MOVED_PREFIX))
        self.reference.restore(kept)
        for key, entry in kept.items():
            if key.startswith(MERGED_PREFIX) and entry:
                self.merging.ids.restore(key, entry)

    def _recall_forgotten(self, kept: Mapping[bytes, bytes]) -> None:
        for key, entry in kept.items():
            if key.startswith(FORGOTTEN_PREFIX):
                self.forgotten.restore(key, entry)

    def take_over(self, kept: Mapping[bytes, bytes]) -> None:
        """Start empty, but for facts of the company, erased customers, and what those left in the sums.

        All of it is written again. Of a fact that is known it does no harm to be read again, and the inputs may have
        lost it: a price holds for longer than its record is retained.
        Customers do not move in a rebuild, so nothing is left or brought by those that moved before.
        """
        self._residue.restore(values_under(kept, RESIDUE_PREFIX))
        self._recall_forgotten(kept)
        self.reference.restore(kept)
        self._residue.freshen()
        self.forgotten.freshen()
        self.reference.freshen()
        self.partition_state.sums.add(self._residue.parts)

    async def _derive(self, kept: Mapping[bytes, bytes], *, anew: bool = False) -> None:
        """Rebuild sums and timers from the states: stored ones follow another policy, or may be of another commit.

        With `anew`, the states themselves follow another policy. Those that read otherwise now are written.
        """
        self.partition_state.sums.add(self._residue.parts)
        self.partition_state.sums.add(self._moved.parts)
        for place, (name, stored) in enumerate(self.store.every()):
            customer = self._renewed(name, stored) if anew else stored
            self.partition_state.load(name, customer)
            if place % CHUNK == 0:
                await asyncio.sleep(0)  # heartbeats share this loop
        if anew:
            self.partition_state.look_again()
        partials.replace_kept(self.partition_state.sums, values_under(kept, SUMS_PREFIX))

    def _renewed(self, name: str, stored: Customer) -> Customer:
        """Return a customer as the present policy reads it; one that changes is written with the next commit."""
        if not self.partition_state.renew(stored):
            return stored
        customer = self.store.find(name)
        if customer is None:
            raise Lost(f"a customer that was restored is not kept: {name}")
        self.partition_state.renew(customer)
        return customer

    def has_work(self) -> bool:
        """Report whether there is anything to commit besides positions."""
        return bool(
            self._passing  # timers that change no customer leave no other trace
            or self.store.touched
            or self.has_outputs()
            or self.partition_state.cards_are_due()
            or self.partition_state.sums.unsent()
            or self._rates_told.has_news
            or self._moved_watermark()
        )

    def has_outputs(self) -> bool:
        """Report whether statements or cards wait, or records or watermarks for other partitions, or dead letters."""
        state = self.partition_state
        return bool(state.statements or state.cards.are_ready or self.aside.waiting or self.watermarks.has_news)

    def _moved_watermark(self) -> bool:
        """Report whether the watermark is worth a record: once it passes a full minute, not with every event."""
        return self.partition_state.watermark // 60_000_000 != self.sent_watermark // 60_000_000

    def detach(self, applied: Mapping[str, int]) -> list[Outgoing]:
        """Return outputs, sums and changed customers, in one consistent snapshot."""
        statements, aside = self.partition_state.take_statements(), self.aside.take()
        self._statements = statements
        version = sum(applied.values())
        watermark = self.partition_state.watermark
        sums = [
            *partials.changes(self.partition_state.sums, self.number, version),
            *partials.rates(self._rates_told, self.number),
        ]
        outgoing = [self.outbox.record(statement) for statement in statements]
        outgoing += aside
        outgoing += self.aside.told(self.watermarks.take_news())
        outgoing += [Outgoing(self._partials, key, value, partition=0) for key, value in sums]
        key, value = partials.watermark(self.number, watermark, version)
        outgoing.append(Outgoing(self._partials, key, value, partition=0))
        self.sent_watermark = watermark
        changed = self.store.detach(differing=self.atomic)
        outgoing += [Outgoing(self._changelog, key, value) for key, value in changed]
        outgoing += [
            Outgoing(self._changelog, SUMS_PREFIX + key, partials.without_causes(value)) for key, value in sums
        ]
        tombstones = self.store.take_tombstones()
        outgoing += [Outgoing(self._health, name.encode(), None) for name in tombstones]
        outgoing += self._rolled(watermark)
        # Without its share of the sums, a tombstone would remove the customer from closed periods.
        entries: list[tuple[bytes, bytes | None]] = [(name.encode(), None) for name in tombstones]
        # Without transactions, too: differences may be of a time when the broker had them.
        entries += [(key_of_difference(name.encode()), None) for name in tombstones]
        entries += [*self._residue.detach(self.number), *self.forgotten.detach()]
        entries += [*self._moved.detach(self.number), *self.merging.ids.detach()]
        entries += self.reference.detach()
        differs = self.atomic or self._has_differed
        if differs:
            entries += self._changed_sources()
        outgoing += [Outgoing(self._changelog, key, value, together=True) for key, value in entries]
        own = PartitionRecord(
            VERSION,
            dict(applied),
            watermark,
            self._marks,
            sorted(self.watermarks.promised),
            [(*key, number) for key, number in sorted(self.partition_state.episodes.open.items()) if number],
            self.aside.origins,
            figures_digest(self.policy),
            None if differs else stored_sources(self.partition_state),
            self.log,
            sorted(self.watermarks.scattered),
            self.outcomes.detach(),
            self.logs,
            self.partition_state.without_effect,
            self.partition_state.cards.turn,
            self.aside.words,
            self.aside.heard,
            self.rebuilt_to,
            self.partition_state.has_news or self.partition_state.reviewing,
            self.partition_state.sources.silent(watermark),
        )
        outgoing.append(Outgoing(self._changelog, OWN_KEY, written_own(own), together=True))
        if isinstance(self.store, CustomersOnDisk):
            self._logged = [record for record in outgoing if record.topic == self._changelog]
            self._detached_at = self.store.local.clock()
        return outgoing

    def _changed_sources(self) -> list[tuple[bytes, bytes]]:
        """Return the record of the sources if they have changed since the last one."""
        sources = msgspec.msgpack.encode(stored_sources(self.partition_state))
        if sources == self._sources:
            return []
        self._sources = sources
        return [record_of(self._written_sources, SOURCES_KEY, sources, self.atomic)]

    def _rolled(self, watermark: Instant) -> list[Outgoing]:
        """Return a record that lets the last segment of the cards roll, once an hour where a customer was erased.

        The log cleaner leaves the segment alone that is written to: without it, the card of an erased customer would
        stay for as long as no other card is written to its partition.
        """
        hour = watermark // HOUR
        if not self.forgotten or hour == self._rolled_at:
            return []
        self._rolled_at = hour
        return [Outgoing(self._health, ROLL_KEY, None)]

    def committed(self, ends: Mapping[str, int]) -> None:
        """Copy the commit to disk if copies are kept, and pass its outputs to the listener."""
        if isinstance(self.store, CustomersOnDisk):
            logged, self._logged = self._logged, []
            self.store.written([(one.key, one.value) for one in logged], ends[self._changelog], self._detached_at)
        for topic, counts in self.outcomes.committed().items():
            for outcome, number in counts.items():
                self.listener.counted(topic, outcome, number)
        statements, self._statements = self._statements, []
        if statements:
            self.feed.take(statements)
            self.listener.said(statements)

    def closed(self) -> None:
        """Close the partition: only its copy on disk remains, for when it returns."""
        if isinstance(self.store, CustomersOnDisk):
            self.store.local.close()
