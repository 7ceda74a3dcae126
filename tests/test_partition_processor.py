"""A partition's processor comes back from its changelog to what it was, timers included."""

from random import Random

import pytest
from aiokafka import TopicPartition

from agents.reading import Reading
from retention.state.codec import due_of
from schemas.families import FAMILIES
from streams.differences import newest
from streams.gauges import Gauges
from streams.partition_processor import PartitionProcessor
from streams.records import LogRecord
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.topics import CHANGELOG
from tests.building import Log
from tests.simulation.clients import Client, SimBroker
from tests.simulation.cluster import Cluster, Entry

LOGINS = Reading(next(family for family in FAMILIES if family.topic == "logins"))
NEVER_LATE = 4_102_444_800_000
"""In 2100, in milliseconds: no event is ahead of its record."""


class Processor:
    """A processor that alone owns everything, on a log in memory."""

    def __init__(self, settings: Settings, cluster: Cluster) -> None:
        self.cluster, self.broker = cluster, SimBroker(settings, Client(cluster, lambda _: None))
        self.processor = PartitionProcessor(0, 1, settings, self.broker, Gauges(), atomic=True)
        self.changelog = self.broker.topic(CHANGELOG)
        self.offset = 0
        cluster.create(self.broker.topic_named("reference"), 1)

    def read(self, log: Log) -> None:
        for line in log.lines():
            LOGINS([LogRecord("logins", 0, self.offset, NEVER_LATE, b"", line, ())], self.processor)
            self.offset += 1

    def pass_time(self) -> None:
        assert not self.processor.advance(list(self.processor.watermarks.own), None)

    def commit(self) -> dict[bytes, bytes | None]:
        """Return what is written to the changelog."""
        return {one.key: one.value for one in self.processor.detach({}) if one.topic == self.changelog and one.key}


async def test_what_had_rung_before_a_restart_rings_before_anything_is_read() -> None:
    """A customer that a timer does not change is not written: the changelog has the instant that fired."""
    settings, cluster = read_settings(overrides={"time.clock": "log", "web.enabled": "false"}), Cluster(Random(1), 1)
    before = Processor(settings, cluster)
    cluster.create(before.changelog, 1)
    kept: dict[bytes, bytes | None] = {}
    before.read(Log("c-1").login(0, 1, 2, 3, 4))
    kept |= before.commit()
    before.read(Log("c-2").login(11))
    before.pass_time()
    kept |= before.commit()
    after = Processor(settings, cluster)
    cluster.append(TopicPartition(after.changelog, 0), [Entry(key, value) for key, value in kept.items()])
    await after.processor.restore(after.broker, {})

    assert before.processor.store.due("c-1") == after.processor.store.due("c-1")
    for one in (before, after):
        one.read(Log("c-1").login(9))
    written = [newest([*kept.items(), *one.commit().items()])[b"c-1"] for one in (before, after)]
    assert written[0] == written[1]


@pytest.mark.parametrize("commits_before_it_rings", [False, True])
async def test_what_is_written_does_not_depend_on_when_it_is_committed(*, commits_before_it_rings: bool) -> None:
    """A timer of the customer fires between an event and its commit, and changes nothing."""
    processor = Processor(read_settings(overrides={"time.clock": "log"}), Cluster(Random(1), 1))
    processor.read(Log("c-1").login(0, 1, 2, 3, 4))
    due = processor.processor.store.due("c-1")
    written = processor.commit() if commits_before_it_rings else {}
    processor.read(Log("c-2").login(11))
    processor.pass_time()
    written |= processor.commit()

    assert processor.processor.store.due("c-1") > due
    assert due_of(written[b"c-1"] or b"") == due


def test_outputs_are_announced_before_they_are_committed() -> None:
    """Nobody waits for what a login changes. A dead letter is an output, and so is a signal that a timer raises."""
    processor = Processor(read_settings(overrides={"time.clock": "log"}), Cluster(Random(1), 1))
    announced = list[bool]()
    processor.read(Log("c-1").login(*range(20)))
    announced.append(processor.processor.has_outputs())
    processor.commit()
    LOGINS([LogRecord("logins", 0, 20, NEVER_LATE, b"", b"{", ())], processor.processor)
    announced.append(processor.processor.has_outputs())
    processor.commit()
    announced.append(processor.processor.has_outputs())
    processor.read(Log("c-2").login(60))
    processor.pass_time()
    announced.append(processor.processor.has_outputs())

    assert announced == [False, True, False, True]


def test_a_watermark_for_other_partitions_is_announced_as_an_output() -> None:
    """Time of the others waits for it, where a topic has records of customers that are kept elsewhere."""
    processor = Processor(read_settings(overrides={"time.clock": "log"}), Cluster(Random(1), 1))
    processor.processor.watermarks.scattered.add("logins")
    processor.read(Log("c-1").login(0))
    before = processor.processor.has_outputs()
    processor.pass_time()

    assert (before, processor.processor.has_outputs()) == (False, True)
    processor.commit()
    assert not processor.processor.has_outputs()
