"""The partitions of a company in memory, each the home of some ids: what they send each other travels when a test says.

The processors are the product's own; a broker is not there. A partition that restarts comes back from its changelog.
"""

from collections import Counter
from datetime import datetime
from random import Random
from typing import Any

from aiokafka import TopicPartition

from agents.reading import Reading
from agents.rekeyed import Rekeyed
from retention.calendar import DAY, Instant, instant
from retention.engine import partials
from retention.engine.editions import Books
from retention.state.codec import decode
from retention.state.customer import Customer
from retention.statements import Statement
from schemas.families import TOPIC_OF
from schemas.outbound import MetricUpdate
from streams.differences import newest
from streams.home import home_of
from streams.listener import Listener
from streams.outgoing import Headers, Outgoing
from streams.partition_processor import PartitionProcessor
from streams.partition_record import OWN_PREFIX
from streams.readers import readings_of
from streams.records import LogRecord
from streams.setting_sources import read_settings
from streams.topics import CHANGELOG, DEAD_LETTERS, PARTIALS, REKEYED
from tests.building import line
from tests.playing import Outcome
from tests.simulation.clients import Client, SimBroker
from tests.simulation.cluster import Cluster, Entry

FACTS = "reference"
NEVER_LATE = 4_102_444_800_000
"""In 2100, in milliseconds: no event is ahead of its record."""


class Homes:
    """Some partitions, their logs, and the aggregator's books."""

    def __init__(self, partitions: int, *, atomic: bool = True, **overrides: str) -> None:
        said = {"time.clock": "log", "web.enabled": "false"} | {k.replace("__", "."): v for k, v in overrides.items()}
        self.settings, self.number, self.atomic = read_settings(overrides=said), partitions, atomic
        self.cluster = Cluster(Random(1), partitions)
        self.broker = SimBroker(self.settings, Client(self.cluster, lambda _: None))
        self.cluster.create(FACTS, partitions)
        self.readers: dict[str, Reading] = readings_of(self.broker)
        self.processors = [self._processor(number) for number in range(partitions)]
        self.changelogs: list[dict[bytes, bytes | None]] = [{} for _ in range(partitions)]
        self.offsets: Counter[tuple[str, int]] = Counter()
        self.rekeyed: list[list[LogRecord]] = [[] for _ in range(partitions)]
        self.read_to = [0] * partitions
        self.books = Books(self.settings.policy(), partitions)
        self.statements: list[Statement] = []
        self.sent: list[Outgoing] = []
        self.updates: dict[str, MetricUpdate] = {}
        self.newest: Instant = 0
        self.time = [0] * partitions

    def _processor(self, number: int) -> PartitionProcessor:
        return PartitionProcessor(number, self.number, self.settings, self.broker, Listener(), atomic=self.atomic)

    def home(self, name: str) -> int:
        return home_of(name.encode(), self.number)

    def read(self, event: dict[str, Any], number: int | None = None) -> None:
        """Have a partition read an event: the home of its customer, unless another one is named."""
        name: str | None = event.get("customer_id")
        where, topic = self.home(name or "") if number is None else number, TOPIC_OF[event["type"]]
        offset = self.offsets[topic, where]
        self.offsets[topic, where] += 1
        record = LogRecord(
            topic, where, offset, NEVER_LATE, name.encode() if name is not None else None, line(event), ()
        )
        if topic == FACTS:  # a partition that restarts reads ahead there
            self.cluster.append(TopicPartition(FACTS, where), [Entry(record.key, record.value, timestamp=NEVER_LATE)])
        self.readers[topic]([record], self.processors[where])
        self.newest = max(self.newest, instant(datetime.fromisoformat(event["occurred_at"])))

    def read_foreign(self, topic: str, value: bytes, partition: int, headers: Headers = ()) -> None:
        """Have a record of a source's topic read by the number that reads its partition."""
        offset = self.offsets[topic, partition]
        self.offsets[topic, partition] += 1
        record = LogRecord(topic, partition, offset, NEVER_LATE, b"any key", value, headers)
        self.readers[topic]([record], self.processors[partition % self.number])

    def commit(self, number: int) -> None:
        """Commit what a partition has applied: what it sends stands in the others' logs from now on."""
        processor = self.processors[number]
        taken = processor.detach({})
        self.statements += processor._statements
        changelog, rekeyed, sums = (self.broker.topic(topic) for topic in (CHANGELOG, REKEYED, PARTIALS))
        for one in taken:
            if one.topic == changelog:
                self.changelogs[number].pop(one.key, None)  # a compaction leaves the newest record where it is
                self.changelogs[number][one.key] = one.value
            elif one.topic == rekeyed:
                target = self.rekeyed[number if one.partition is None else one.partition]
                headers = list(one.headers)
                target.append(LogRecord("rekeyed", 0, len(target), NEVER_LATE, one.key, one.value, headers))
            elif one.topic == sums and one.value is not None:
                partials.take(self.books, one.value)
        self.sent += taken

    def deliver(self, number: int, most: int = 10**9) -> bool:
        """Have a partition read what others have sent it; report whether there was anything."""
        begin = self.read_to[number]
        records = self.rekeyed[number][begin : begin + most]
        self.read_to[number] += len(records)
        Rekeyed(self.readers)(records, self.processors[number])
        return bool(records)

    def pass_time(self, number: int, until: Instant) -> None:
        self.time[number] = max(until, self.time[number])
        self.processors[number].partition_state.advance(self.time[number])

    async def restart(self, number: int) -> None:
        """Commit, and let another worker take over."""
        self.commit(number)
        await self.reopen(number)

    async def reopen(self, number: int) -> None:
        """Let another worker take over from the last commit."""
        self.processors[number].closed()
        changelog = self.broker.topic(CHANGELOG)
        self.cluster.create(changelog, self.number)
        entries = [Entry(key, value) for key, value in self.changelogs[number].items()]
        self.cluster.append(TopicPartition(changelog, number), entries)
        self.processors[number] = self._processor(number)
        await self.processors[number].restore(self.broker, {})
        self.processors[number].partition_state.advance(self.time[number])

    async def go_on(self, random: Random, *, restarts: bool) -> None:
        """Have any partitions commit, read what others have sent, pass time, or restart."""
        for number in range(self.number):
            if random.random() < 0.2:
                self.commit(number)
            if random.random() < 0.2:
                self.deliver(number, random.choice((1, 1_000)))
            if random.random() < 0.1:
                self.pass_time(number, self.newest - self.settings.policy().disorder)
            if restarts and random.random() < 0.05:
                await self.restart(number)

    def settle(self) -> None:
        """Commit and deliver until nothing is on its way."""
        going = True
        while going:
            for number in range(self.number):
                self.commit(number)
            going = sum(self.deliver(number) for number in range(self.number)) > 0

    def publish(self) -> None:
        for statement in self.books.publish():
            if isinstance(statement.body, MetricUpdate):
                self.updates[statement.key] = statement.body

    def end(self, until: Instant) -> None:
        """Settle, and pass time to an instant."""
        self.settle()
        mark = min(self.time)
        while mark < until:
            mark = min(until, mark + 20 * DAY) if mark else max(self.newest - 2 * DAY, 1)
            for number in range(self.number):
                self.pass_time(number, mark)
            self.settle()
        self.publish()

    def states(self) -> dict[str, Customer]:
        """Return the states in the changelogs."""
        return {
            key.decode(): decode(value)
            for changelog in self.changelogs
            for key, value in newest(changelog.items()).items()
            if not key.startswith(OWN_PREFIX)
        }

    def dead_letters(self) -> list[str]:
        """Return the reasons of the dead letters, in order."""
        topic = self.broker.topic(DEAD_LETTERS)
        headers = [dict(one.headers) for one in self.sent if one.topic == topic]
        return [(one["x-dead-letter-reason"] or b"").decode() for one in headers]

    def counted(self, topic: str, outcome: str) -> int:
        """Return how many records of a topic had an outcome, over all partitions."""
        return sum(one.outcomes.kept.get(topic, {}).get(outcome, 0) for one in self.processors)

    def outcome(self) -> Outcome:
        """Return the result, as if the log had been played without partitions."""
        states = [processor.partition_state for processor in self.processors]
        return Outcome(self.books, states, self.statements, self.updates)

    def bytes_of(self, name: str) -> list[bytes]:
        """Return every entry of the changelogs that contains an id."""
        text = name.encode()
        entries = [(key, value) for log in self.changelogs for key, value in log.items() if value is not None]
        return [key for key, value in entries if text in key or text in value]
