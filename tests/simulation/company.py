"""The same stories with the product itself: agents, processors, timers and figures of a company of four customers.

The result is compared with the same log applied by one undisturbed worker.
"""

import asyncio
import json
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import msgspec
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from retention.calendar import SECOND, Instant, instant
from retention.contacts import CONTACTS, Contacts
from retention.signals import SIGNALS as RULES
from retention.signals import name_of
from retention.state.codec import decode, due_of, encode, with_due
from retention.state.customer import Customer
from schemas.base import SourceHeartbeat
from schemas.families import TOPIC_OF
from streams.app import READERS, Worker
from streams.copies import Copies
from streams.differences import newest
from streams.figures_processor import FiguresProcessor
from streams.home import home_of
from streams.local_state import LocalState
from streams.partition_log import PartitionLog
from streams.partition_processor import PartitionProcessor
from streams.partition_record import OWN_KEY, OWN_PREFIX, read_own
from streams.readers import on_books
from streams.rebuild import rebuild
from streams.results import as_json
from streams.settings import Settings
from streams.topics import (
    ACTIONS,
    AUDIT,
    CHANGELOG,
    DEAD_LETTERS,
    HEALTH,
    INPUTS,
    MOVEMENTS,
    PARTIALS,
    SIGNALS,
    TOPICS,
    UPDATES,
)
from tests.drawing import Traffic, choosy
from tests.kafka.oracle import Left, assert_recomputed, known_ids, plain
from tests.plain_company import Arrival, Company
from tests.simulation.clients import Client, SimBroker
from tests.simulation.cluster import Entry
from tests.simulation.disk import Disk, SimFolder, SimTable
from tests.simulation.loop import spawn
from tests.simulation.world import PARTITIONS, Agent, Process, World, Wrong, check

START: Final = datetime(2025, 1, 1, tzinfo=UTC)
DAYS: Final = 100
CUSTOMERS: Final = 4
OTHERS: Final = 60
"""About so many events of the families beside those of the plain company, which are about 150."""
MONTHS: Final = ("2025-01", "2025-03")
"""The months that are final in the end."""
LAST: Final = START + timedelta(days=DAYS + 35, hours=1)
"""No midnight, nor is it one `DISORDER` before: at that very instant a timer has not fired, and a late event shows what
it would say."""
DAYS_A_SECOND: Final = 4
"""How fast time passes for a company with a wall clock."""
DISORDER: Final = timedelta(days=4)
"""Events may arrive out of order by so much: as long as a second of the simulation, and no batch takes longer."""
LATEST: Final = timedelta(hours=31)
"""The greatest delay of an event of the simulated company."""
BEAT: Final = timedelta(hours=3)
"""The time between heartbeats of a producer that sends them: often enough that its silence is noticed."""
DARK: Final = timedelta(days=9)
"""The length of its one silence, as when an export stands still."""
MINUTE: Final = 60.0
HOUR: Final = 3_600.0
TOMBSTONES_LIVE: Final = int(CHANGELOG.config["delete.retention.ms"]) / 1_000
"""Seconds for which the log cleaner keeps a deletion."""
POISON: Final = (b"", b"{", b"null", b'{"type":"login.succeeded"}', "{}".encode("utf-16"))
FORGETFUL: Final = {signal.name for signal in RULES if signal.forgets}
"""Signals of which an open episode may seem to begin later than it was raised for. Where events come late, it depends
on what was known when it was raised."""
RAISED_BY_EVENTS: Final = {signal.name for signal in RULES if signal.trigger == "on_event"}
SPOILT: Final = "c-0001"
"""The customer whose id is the key of unreadable records."""

Partitioner = Callable[[bytes, int], int]


def elsewhere(key: bytes, width: int) -> int:
    """Return the partition that librdkafka's own partitioner chooses."""
    return zlib.crc32(key) % width


class Merges:
    """The merges of a story: in a quarter of them there are some."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(f"{seed}|merges")  # of its own: so other seeds stay what they were
        self.number = self.dice.randrange(1, 3) if self.dice.random() < 0.25 else 0
        self.ids: dict[str, set[str]] = {}
        """The ids of each merged customer, by each of them."""
        self.gone: set[str] = set()
        """The ids under which customers are no longer kept."""

    def __bool__(self) -> bool:
        return self.number > 0

    def ids_of(self, name: str) -> set[str]:
        """Return all ids of a customer."""
        return self.ids.get(name, {name})

    def places(self, events: int) -> set[int]:
        """Draw the events after which customers are merged."""
        return {self.dice.randrange(events) for _ in range(self.number)}

    def merge(self) -> tuple[str, str]:
        """Draw two ids and merge them; return the one that goes and the one that is kept."""
        old, into = self.dice.sample([f"c-{number:04d}" for number in range(CUSTOMERS)], 2)
        if old not in self.ids_of(into):
            kept = self.ids_of(into) - self.gone
            ids = self.ids_of(old) | self.ids_of(into)
            self.gone |= ids - kept
            self.ids |= dict.fromkeys(ids, ids)
        return old, into


class SimWorker(Worker):
    """The worker, with the clock of the simulation."""

    def __init__(self, world: "CompanyWorld", client: Client) -> None:
        self.world = world
        self.client = client
        super().__init__(world.settings, SimBroker(world.settings, client), PARTITIONS, transactions=world.transactions)

    def now(self) -> Instant | None:
        return self.world.now()

    def _take_folder(self) -> Copies | None:
        if not self.world.on_disk:
            return None
        return Copies(self.world.folder(self.client), CHANGELOG.name, self.world.seconds)

    def _own_customers(self, number: int) -> PartitionProcessor:
        processor = super()._own_customers(number)
        processor.atomic = not self.world.keeps_offsets
        return processor

    def _own_figures(self, _number: int) -> FiguresProcessor:
        clock = asyncio.get_running_loop().time
        return FiguresProcessor(self.policy, self.partitions, self.broker, self.gauges, clock)


class CompanyWorld(World):
    """Workers of the product, and a company's events."""

    outputs = {topic.name: PARTITIONS if topic.of_customers else 1 for topic in TOPICS if topic not in INPUTS}
    owners = PARTITIONS + 1

    def __init__(self, seed: int, settings: Settings, *, transactions: bool) -> None:
        self.clocked = seed // 16 % 2 == 1
        self.stretch = 14_000 if self.clocked else 2_000
        kafka = settings.kafka.model_copy(update={"group": "group"})
        update = {"clock": "wall", "disorder": DISORDER.total_seconds()} if self.clocked else {"clock": "log"}
        clock = settings.time.model_copy(update=update)
        self.widths = {topic.name: PARTITIONS for topic in INPUTS}
        self.partitioner: Partitioner = home_of
        self.strays = 0.0
        match seed // 4 % 4:
            case 1:
                self.widths |= {"logins": 3, "tickets": 4}
            case 2:
                self.partitioner = elsewhere
            case 3:
                self.strays = 0.01
        self.on_disk = seed % 3 == 1
        """Whether workers keep states on disks, with every other such seed a standby for each."""
        state = settings.state.model_copy(update={"standbys": seed // 3 % 2 if self.on_disk else 0})
        sections = {"kafka": kafka, "time": clock, "state": state}
        super().__init__(seed, settings.model_copy(update=sections), transactions=transactions)
        self.disks: list[Disk] = []
        self.looked = 0
        """How often a copy was compared with the changelog."""
        self.wrong_copies: list[str] = []
        self.seed, self.poison = seed, 0
        self.keeps_offsets = not transactions
        """Whether states keep offsets. A quiet run, which has transactions, does so where it is compared with one that
        has none."""
        self.lines: list[bytes] = []
        self.erasures = self.dice.randrange(3) if self.dice.random() < 0.5 else 0
        self.aging = transactions and self.on_disk and seed // 6 % 2 == 1
        """Whether copies grow old within the story, and workers sleep during an erasure."""
        self.pace = 2 * HOUR if self.aging else MINUTE
        if self.aging:
            self.erasures += 1
            self.frozen_for = self.linger = 20.0  # until the log cleaner has removed what was deleted meanwhile
        self.forgotten: set[str] = set()
        self.merges = Merges(seed)
        self.in_time = seed // 4 % 4 < 2 and not (self.clocked and (self.erasures or self.merges))
        """Whether no sign of life is too late to count. Records are late by months until it is learned that they stand
        elsewhere; and by the clock on the wall, after everybody was waited for."""
        self.promising = self.in_time and seed // 32 % 2 == 0
        """Whether the producer of logins sends heartbeats all along."""
        self.stages: list[dict[TopicPartition, int]] = []
        """The input positions each time that all was applied, before and after an erasure."""
        self.workers: dict[Process, SimWorker] = {}
        self.loses_changelog = seed % 5 == 2
        """Whether the changelog is lost once, and created again."""
        self.resting = False
        """Whether no worker may run."""
        self.abandoned: list[asyncio.Future[int]] = []
        """Rebuilds that were killed, and never end."""

    @property
    def choosy(self) -> set[str]:
        """Return the customers that have said what they want to hear.

        Of choices made in the time by which event time lags, those that have arrived decide about an action: so it may
        be recommended in one run and stopped in another, and stopped more than once.
        """
        found = choosy(json.loads(line) for line in self.lines)
        return found.union(*(self.merges.ids_of(name) for name in found))

    @property
    def in_order(self) -> bool:
        """Report whether all statements are the same after any crash: no time runs ahead of other sources.

        A log with logins on a partition that is not their customer's is such a one only while each is sent home within
        the disorder. Where a story by the clock on the wall waits for everybody before a customer is forgotten, all
        events after that come months late. Then it is not promised which is applied first, a login that another
        partition sends home or a loss at home (docs/decisions/0023), and what late events show in turn depends on it:
        episodes that are raised and cleared, and which of them is open when a loss comes to light. States, last words,
        ids and figures are compared there, too. So it is where customers are merged: their events are sent on.
        """
        kind = self.seed // 4 % 4
        sent_home_in_time = kind == 1 and self.clocked and self.in_time
        return self.transactions and (kind == 0 or sent_home_in_time) and not self.merges

    def hire(self, process: Process) -> list[tuple[PartitionLog, Mapping[str, Agent]]]:
        """Return both logs of a worker, and its agents."""
        worker = self.workers[process] = SimWorker(self, process.client)
        worker.failure.add_done_callback(lambda failure: self.failed(process, failure.exception() or Wrong("ended")))
        if worker.standbys is not None:
            worker.standbys.start()
        readers: dict[str, Agent] = {reader.topic: reader for reader in READERS}
        return [(worker.figures, {PARTIALS.name: on_books}), (worker.customers, readers)]

    async def wind_up(self, process: Process) -> None:
        """Leave as the worker does."""
        worker = self.workers[process]
        if worker.standbys is not None:
            await worker.standbys.stop()
        await super().wind_up(process)
        if worker.copies is not None:
            worker.copies.close()

    def folder(self, client: Client) -> SimFolder:
        """Return the disk of a worker that is gone, or a new one."""
        free = [disk for disk in self.disks if disk.free()]
        if not free or self.dice.random() < 0.2:
            free = [Disk(self.dice)]
            self.disks += free
        return SimFolder(self.dice.choice(free), client, self.seconds)

    def seconds(self) -> float:
        """Return the time by which copies grow old."""
        return instant(START) / SECOND + asyncio.get_running_loop().time() * self.pace

    async def _clean(self) -> None:
        """Compact the changelog now and then."""
        while True:
            await asyncio.sleep(self.dice.random())
            for where in self.cluster.logs:
                if where.topic == CHANGELOG.name:
                    self.cluster.compact(where, self.seconds(), TOMBSTONES_LIVE)
            self.look_at_copies()

    def now(self) -> Instant | None:
        """Return the present instant of the company, or None if only the log advances time."""
        if not self.clocked:
            return None
        passed = timedelta(days=asyncio.get_running_loop().time() * DAYS_A_SECOND)
        return instant(min(START + passed, LAST))

    async def until(self, at: datetime) -> None:
        """Wait for an instant of the company, if its time passes by itself."""
        while self.clocked and (self.now() or 0) < instant(at):
            await asyncio.sleep(0.05)

    def idle(self) -> bool:
        """Report whether the workers are idle, and have each other's watermarks."""
        workers = [self.workers[process] for process in self.awake()]
        processors = [processor for worker in workers for processor in worker.processors()]
        heard = all(one.heard_by(other) for one in processors for other in processors if one is not other)
        return self.owned() and heard and all(worker.idle() for worker in workers)

    # The input

    async def feed(self) -> None:
        """Write the events of a small company, a day now and then, and some unreadable records."""
        if self.on_disk:
            spawn(self._clean())
        arrivals = traffic(self.seed)
        erased = {self.dice.randrange(len(arrivals)) for _ in range(self.erasures)}
        merged = self.merges.places(len(arrivals))
        promised, dark = START, START + timedelta(days=self.dice.randrange(35, DAYS - 15))
        lost = self.dice.randrange(len(arrivals)) if self.loses_changelog else -1
        for place, arrival in enumerate(arrivals):
            while self.promising and promised + BEAT <= arrival.at - LATEST:
                promised += BEAT
                await self.until(promised + LATEST)  # on the hour, also when nothing else comes for days
                if not dark <= promised < dark + DARK:
                    self._promise("logins", promised, promised + LATEST)
            await self.until(arrival.at)
            if place == lost:
                await self._lose_changelog()
            self._write(arrival)
            self.lines.append(arrival.line())
            await self._change(arrival, merges=place in merged, erases=place in erased)
            if self.dice.random() < 0.02:
                self._spoil()
            if not self.clocked and self.dice.random() < 0.1:
                await asyncio.sleep(self.dice.random() * 0.2)
        await self.until(LAST)
        for topic in INPUTS:
            self._promise(topic.name, LAST, LAST)

    async def start(self) -> None:
        """Start a worker, unless none may run."""
        if not self.resting:
            await super().start()

    async def _lose_changelog(self) -> None:
        """Delete the changelog or its end, see workers refuse, and rebuild it with processes that may be killed."""
        await self._rest()
        whole = not self.transactions or self.dice.random() < 0.5
        for where, log in self.cluster.logs.items():
            if where.topic == CHANGELOG.name:
                # What the log cleaner has looked at was on every replica: only what is behind it can be lost alone.
                ends = [at for at, entry in enumerate(log, 1) if entry.marker and at >= self.cluster.cleaned[where]]
                self.cluster.lose(where, 0 if whole else self.dice.choice(ends or [0]))
        if whole and any(at for (group, _), at in self.cluster.committed.items() if group == "group"):
            await self._refuse()
        while not await self._rebuilt():
            self.note("the rebuild failed")
        self.resting = False
        self.start_soon()

    async def _refuse(self) -> None:
        """Start workers until one has refused, and not only died of something else."""
        until = asyncio.get_running_loop().time() + 60
        while not any("StateBehind" in what for what in self.history):
            check(asyncio.get_running_loop().time() < until, "a worker began without a changelog")
            if not self.processes:
                await super().start()
            await asyncio.sleep(0.1)
        await self._rest()

    async def _rest(self) -> None:
        """Stop all workers, and wait until the broker knows."""
        self.resting = True
        for process in list(self.processes):
            self.end(process)
        self.cluster.time_out()
        while any(group.members for group in self.cluster.groups.values()):
            await asyncio.sleep(0.1)

    async def _rebuilt(self) -> bool:
        """Rebuild the changelog; return whether that was completed."""
        client = Client(self.cluster, lambda _: None)
        if self.dice.random() < 0.5:
            asyncio.get_running_loop().call_later(self.dice.random() * 3, client.kill)
        work = asyncio.ensure_future(rebuild(SimBroker(self.settings, client)))
        await asyncio.wait([work], timeout=60)
        self.cluster.time_out()
        if not work.done():
            check(client.dead, "a rebuild does not come to an end")
            self.abandoned.append(work)
            return False
        error = work.exception()
        if error is not None and not isinstance(error, KafkaTimeoutError):
            raise error
        return error is None

    def _promise(self, topic: str, at: datetime, now: datetime) -> None:
        """Send heartbeats to every partition that nothing older follows."""
        beat = SourceHeartbeat(type="source.heartbeat", occurred_at=at, source="simulation")
        value = beat.model_dump_json(exclude_none=True).encode()
        for number in range(self.widths[topic]):
            self.write(TopicPartition(topic, number), Entry(None, value, timestamp=milliseconds(now)))

    def _write(self, arrival: Arrival) -> None:
        topic, key = TOPIC_OF[arrival.event["type"]], arrival.event["customer_id"].encode()
        number = self.partitioner(key, self.widths[topic])
        if self.dice.random() < self.strays:
            number = self.dice.randrange(self.widths[topic])
        self.write(TopicPartition(topic, number), Entry(key, arrival.line(), timestamp=milliseconds(arrival.at)))

    async def _erase(self, arrival: Arrival) -> None:
        """Erase a customer between its former and its later events: there is no order among topics."""
        name = arrival.event["customer_id"]
        if name in self.forgotten:
            return
        if self.aging:
            self._freeze_the_idlest()
        await self._stage()
        self.forgotten |= self.merges.ids_of(name)
        event = {
            "event_id": f"erasure-{name}",
            "type": "erasure.requested",
            "customer_id": name,
            "occurred_at": arrival.at.isoformat(),
        }
        # Of one millisecond, nobody could tell afterwards which came first: a rebuild goes by the records' times.
        self._write(Arrival(arrival.at + timedelta(milliseconds=1), event))
        await self._stage()

    async def _change(self, arrival: Arrival, *, merges: bool, erases: bool) -> None:
        """Merge or erase customers after an event, if it is the turn of that."""
        if merges:
            await self._merge(arrival)
        if erases:
            await self._erase(arrival)

    async def _merge(self, arrival: Arrival) -> None:
        """Merge two customers between their former and their later events, which still come under both ids."""
        await self._stage()
        old, into = self.merges.merge()
        if self.merges.ids_of(old) & self.forgotten:
            self.forgotten |= self.merges.ids_of(old)
        event = {"event_id": f"merge-{old}-{into}", "type": "customer.merged", "customer_id": old, "into": into}
        at = arrival.at + timedelta(milliseconds=2)
        merge = Arrival(at, event | {"occurred_at": at.isoformat()})
        self._write(merge)
        self.lines.append(merge.line())
        await self._stage()

    def _freeze_the_idlest(self) -> None:
        """Freeze a worker that others can do without, best one that only stands by."""
        awake = self.awake()
        if len(awake) > 1:
            self.note("freeze of the idlest")
            self.freeze(min(awake, key=lambda process: len(process.logs[1].units)))

    async def _stage(self) -> None:
        await self.finish()
        self.stages.append({where: len(log) for where, log in self.cluster.logs.items() if where.topic in self.widths})

    def _spoil(self) -> None:
        topic = self.dice.choice(INPUTS).name
        where = TopicPartition(topic, self.dice.randrange(self.widths[topic]))
        self.write(where, Entry(SPOILT.encode(), self.dice.choice(POISON), timestamp=milliseconds(START)))
        self.poison += 1

    # The result

    async def verify(self) -> None:
        """Compare the result with an undisturbed run, and the figures with the raw log."""
        self.check_positions()
        self.look_at_copies()
        check(not self.wrong_copies, f"copies {self.wrong_copies[:1]}")
        check(not any(disk.misused for disk in self.disks), f"a copy was {[disk.misused for disk in self.disks]}")
        left = self.left()
        quiet = await self._undisturbed()
        wanted = quiet.left()
        self._compare(left, wanted)
        check(wanted.accounted == wanted.came, f"{wanted.came} records came to a quiet run: {wanted.outcomes}")
        if self.transactions:
            check(left.accounted == left.came, f"{left.came} records came, and these outcomes: {left.outcomes}")
            twice = [ident for ident, number in left.ids().items() if number > 1]
            twice += [] if self.loses_changelog else left.cards_said_twice()  # a rebuild leaves them to be said again
            check(not twice, f"said twice: {[one for one in left.said if one['headers']['ce_id'] in twice]}")
            check(not left.unmatched_actions(), f"signals without their action: {left.unmatched_actions()}")
            check(left.dead == wanted.dead, f"{left.dead} dead letters, and {wanted.dead} of a quiet run")
            if SPOILT not in self.forgotten:
                check(left.dead == self.poison, f"{left.dead} dead letters of {self.poison}")
            receipts, wanted_receipts = self.receipts(), quiet.receipts()
            erased = sum("erased" in kind for kind, _ in receipts)
            check(erased == len(self.forgotten), f"{erased} receipts of {len(self.forgotten)}")
            check(receipts == wanted_receipts, f"receipts: {receipts}, and of a quiet run {wanted_receipts}")
        if not self.forgotten:
            left.inputs = self.lines
            try:
                assert_recomputed(left, *MONTHS)
            except AssertionError as wrong:
                raise Wrong(f"not what the raw log says: {wrong}") from wrong

    def look_at_copies(self) -> None:
        """Bring each copy, as it would be after a crash now, up to the end of the changelog; note differences."""
        for disk in self.disks:
            for number, content in disk.contents.items():
                where = TopicPartition(CHANGELOG.name, number)
                held = SimTable(content.copy(), Client(self.cluster, lambda _: None), self.seconds)
                local = LocalState(held, self.seconds)
                if local.outdated(self.cluster.stable_end(where)):
                    continue
                wanted = newest((one.key, one.value) for one in self.cluster.fetch(where, 0, 10**9)[0])
                if OWN_KEY not in wanted or log_of(wanted[OWN_KEY]) != (local.log() or log_of(wanted[OWN_KEY])):
                    continue  # of a changelog that was lost
                local.write([(one.key, one.value) for one in self.cluster.fetch(where, local.position, 10**9)[0]], 0)
                self.looked += 1
                found = dict(local.customers()) | local.own()
                if undated(found) != undated(wanted):
                    self.wrong_copies.append(f"of {number}: {differing_keys(found, wanted)}")

    def _compare(self, left: Left, wanted: Left) -> None:
        check(left.states.keys() == wanted.states.keys(), f"customers {left.states.keys() ^ wanted.states.keys()}")
        for name, state in wanted.states.items():
            mine, other = self.plain(left.states[name]), self.plain(state)
            differing = {key: (mine[key], other[key]) for key in other if mine[key] != other[key]}
            check(not differing, f"{name} differs from the quiet run: {differing}")
        if self.in_time and not self.merges:  # where events of a former id are a sign of life depends on when it went
            check(left.rhythms == wanted.rhythms, f"sources: {differing_keys(left.rhythms, wanted.rhythms)}")
        words, quiet_words = left.last_words(), wanted.last_words()
        if not self.transactions:
            # What a commit said that was cut short stays said, and nobody takes it back where time goes another way.
            words = {key: word for key, word in words.items() if key in quiet_words}
        words, quiet_words = (self._of_sure_signals(found) for found in (words, quiet_words))
        check(words == quiet_words, f"last words: {differing_keys(words, quiet_words)}")
        for known in (left.states, left.cards):
            former = known.keys() & self.merges.gone
            check(not former, f"kept under former ids: {former}")
        cards, quiet_cards = (one.cards_held(whole=self.in_order) for one in (left, wanted))
        cards, quiet_cards = (self._of_sure_cards(found) for found in (cards, quiet_cards))
        check(cards == quiet_cards, f"cards: {differing_keys(cards, quiet_cards)}")
        standings, quiet_standings = left.standings(), wanted.standings()
        both = standings.keys() & quiet_standings.keys()  # a signal that is over was said, or not: so has who a card
        stale = {name: (standings[name], quiet_standings[name]) for name in both}
        stale = {name: pair for name, pair in stale.items() if pair[0] != pair[1]}
        check(not stale, f"standings on cards: {stale}")
        check(not left.cards.keys() & self.forgotten, f"cards of the forgotten: {left.cards.keys() & self.forgotten}")
        if self.in_order:
            said, quiet_said = self._said_whatever_arrived(left), self._said_whatever_arrived(wanted)
            check(said == quiet_said, f"said: {list(said - quiet_said)}, and not {list(quiet_said - said)}")
            kept = {name: self._as_if_as_late(name, value, left) for name, value in wanted.kept.items()}
            check(left.kept == kept, f"bytes: {differing_keys(left.kept, kept)}")
        figures = {key: one[:2] for key, one in left.figures.items()}
        quiet_figures = {key: one[:2] for key, one in wanted.figures.items()}
        check(figures == quiet_figures, f"figures: {differing_keys(figures, quiet_figures)}")

    def _of_sure_signals(self, words: dict[Any, Any]) -> dict[Any, Any]:
        return {key: word for key, word in words.items() if not (self.merges and key[1] in FORGETFUL)}

    def _of_sure_cards(self, cards: dict[str, Any]) -> dict[str, Any]:
        if not self.merges:
            return cards
        return {name: [one for one in signals if one[0] not in FORGETFUL] for name, signals in cards.items()}

    def receipts(self) -> list[tuple[str, str]]:
        """Return the types and ids of the records on the audit topic."""
        headers = [dict(record.headers) for record in self.cluster.visible(AUDIT.name)]
        return sorted((one["ce_type"].decode(), one["ce_id"].decode()) for one in headers)

    def _said_whatever_arrived(self, left: Left) -> Counter[str]:
        """Return the statements that do not depend on what had arrived at an instant.

        Left out are actions for customers that choose what they want to hear; and by the clock on the wall, all but the
        first words about an episode of a signal that an event raises and that is over: whether time made it more severe
        before the event that ended it depends on which was first, that event or that time; and so do the signals that a
        loss finds open. The log tells time by the event itself.
        """
        choosy, over = self.choosy, {one["value"]["episode"] for one in left.said if self.clocked and is_over(one)}
        said = [
            one
            for one in left.said
            if (one["topic"] != ACTIONS.name or one["key"] not in choosy)
            and (one["value"].get("episode") not in over or one["value"].get("transition") == "raised")
        ]
        if self.clocked:
            said = [as_by_any_clock(one) for one in said]
        return Left(said=said).everything_said_of_whatever()

    def _as_if_as_late(self, name: str, value: bytes, left: Left) -> bytes:
        """Return a state of the quiet run with what the other one may have learned at another time."""
        other = left.kept.get(name)
        if other is None:
            return value
        if name in self.choosy:
            value = as_if_stopped(value, other)
        if name in self.choosy or self.clocked:  # as in `_said_whatever_arrived`
            value = as_if_recommended(value, other)
        value = as_if_in_turn(value, other)
        # By the clock on the wall a timer may be set earlier than needed: by an absence after an event that was read
        # before others. It fires early, changes nothing, and writes nothing.
        return with_due(value, due_of(other)) if self.clocked else as_if_rung(value, other)

    async def _undisturbed(self) -> "CompanyWorld":
        """Have one worker apply the same log, up to the same positions at each erasure."""
        quiet = CompanyWorld(self.seed, self.settings, transactions=True)
        quiet.on_disk = False
        quiet.keeps_offsets = not self.transactions
        await self.until(LAST)
        quiet.faults.clear()
        quiet.cluster.loses_batches = False
        quiet.forgotten, quiet.merges = self.forgotten, self.merges
        inputs = {where: log for where, log in self.cluster.logs.items() if where.topic in self.widths}
        ends = {where: len(log) for where, log in inputs.items()}
        for stage in (*self.stages, ends):
            for where, log in inputs.items():
                quiet.cluster.logs[where] += log[len(quiet.cluster.logs[where]) : stage[where]]
            await quiet.finish()
        return quiet

    def plain(self, customer: Customer) -> dict[str, Any]:
        """Return a state without the fields that may differ.

        Single records away from home come late, and in another order: what was known when a signal was raised is of
        the day. So are its evidence and the instant at which it was raised where records come months late: one that
        shows another reason for the same episode leaves the instant as it was. Of what late events bring to light, it
        depends on what was read when whether its action came too late, and whether an event or time brought it. Of
        merged customers all events of one id may come late.
        """
        row = plain(customer) | {"applied": customer.applied}
        row["open_episodes"] = {
            name: msgspec.structs.replace(one, stopped=False, found_by=b"")
            for name, one in row["open_episodes"].items()
        }
        if not self.in_time or self.merges:
            row["open_episodes"] = {
                name: msgspec.structs.replace(one, evidence=[]) for name, one in row["open_episodes"].items()
            }
        if not self.in_time or self.strays or self.merges:
            row["open_episodes"] = {
                name: msgspec.structs.replace(one, patience=0) for name, one in row["open_episodes"].items()
            }
        if self.merges:
            row["open_episodes"] = {
                key: one for key, one in row["open_episodes"].items() if name_of(key) not in FORGETFUL
            }
        return row

    def left(self) -> Left:
        """Return the contents of the brokers."""
        left = Left()
        left.came = sum(len(self.cluster.visible(topic.name)) for topic in INPUTS)
        changelog = self.cluster.visible(CHANGELOG.name)
        left.account(changelog)
        left.keep(changelog)
        for topic in (SIGNALS, ACTIONS, MOVEMENTS):
            said = [as_json(topic.name, record) for record in self.cluster.visible(topic.name)]
            left.said += [one for one in said if one["key"] not in self.forgotten and not of_forgotten(one)]
        for record in self.cluster.visible(HEALTH.name):
            left.take_card(as_json(HEALTH.name, record))
        for record in self.cluster.visible(UPDATES.name):
            value = json.loads(record.value)
            if value["edition"] != "provisional":
                left.figures[record.key.decode()] = (value["value"], value["components"], value["edition"])
        left.dead = len(self.cluster.visible(DEAD_LETTERS.name))
        return left


def traffic(seed: int) -> list[Arrival]:
    """Return the events of a small company, of all families, in order of arrival."""
    plain = Company(seed, START, DAYS, CUSTOMERS).history()
    return Traffic(seed, START, DAYS, CUSTOMERS).beside(plain, OTHERS)


def as_by_any_clock(one: dict[str, Any]) -> dict[str, Any]:
    """Return a statement without its id, which tells whether its event was late, and what a loss found open."""
    headers = {key: what for key, what in one["headers"].items() if key != "ce_id"}
    return one | {
        "headers": headers,
        "value": {key: what for key, what in one["value"].items() if key != "open_signals"},
    }


def is_over(said: Mapping[str, Any]) -> bool:
    """Report whether a statement clears an episode of a signal that an event raises."""
    value = said["value"]
    name = value.get("signal", value.get("opportunity"))
    return value.get("transition") == "cleared" and name in RAISED_BY_EVENTS


def of_forgotten(said: Mapping[str, Any]) -> bool:
    """Report whether a statement is of somebody who was forgotten, though it does not say of whom."""
    return bool(said["value"].get("cause") == "erased")


def differing_keys(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the keys on which two registers differ."""
    return {key: (one.get(key), other.get(key)) for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


def milliseconds(at: datetime) -> int:
    """Return an instant in milliseconds."""
    return int(at.timestamp() * 1_000)


def log_of(own: bytes) -> str:
    """Return the changelog's id in a partition's own record."""
    return read_own(own).log


def as_if_rung(value: bytes, other: bytes | None) -> bytes:
    """Return a state with the due instant of the other run, if either lies before the last event of the customer.

    Live, an event may be applied while other topics are behind, before a timer that is due before it. It leaves that
    timer in the state, which after a restart fires once more, and only checks again.
    """
    if other is None or min(due_of(value), due_of(other)) > decode(value).latest:
        return value
    return with_due(value, due_of(other))


def as_if_in_turn(value: bytes, other: bytes) -> bytes:
    """Return a state that knows the last event ids in the order of the other run: topics are not read in turn, live."""
    customer, recent = decode(value), decode(other).recent
    if known_ids(customer.recent) == known_ids(recent):
        customer.recent = recent
    return encode(customer)


def as_if_stopped(value: bytes, other: bytes) -> bytes:
    """Return a state whose open episodes have had their action stopped as those of the other run."""
    customer, stopped = decode(value), {name: one.stopped for name, one in decode(other).open_episodes.items()}
    customer.open_episodes = {
        name: msgspec.structs.replace(one, stopped=stopped.get(name, one.stopped))
        for name, one in customer.open_episodes.items()
    }
    return encode(customer)


def as_if_recommended(value: bytes, other: bytes) -> bytes:
    """Return a state with the messages that were recommended in the other run."""
    customer = decode(value)
    customer.open_as(CONTACTS, CONTACTS.seen(decode(other)) or Contacts())
    return encode(customer)


def undated(kept: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Return entries without the due instants of customers: only the disk knows about a later timer."""
    return {key: value if key.startswith(OWN_PREFIX) else with_due(value, 0) for key, value in kept.items()}
