"""The stories with workers that only count: the simplest owner that shows every mistake of the partition log."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import faust
import msgspec
from aiokafka import TopicPartition

from streams.broker import Broker
from streams.outgoing import Outgoing
from streams.partition_log import PartitionLog
from streams.settings import Settings
from tests.simulation.clients import SimBroker
from tests.simulation.cluster import Entry
from tests.simulation.world import PARTITIONS, Agent, Process, World, Wrong, check

WIDTHS: Final = {"purchases": 2, "tickets": 4}
INPUTS: Final = tuple(WIDTHS)
CHANGELOG: Final = "changelog"
OUTPUT: Final = "said"
CUSTOMERS: Final = 6
OWN_KEY: Final = b"\x00partition"


class Ledger:
    """The owner of a partition number here: it counts, publishes each count once, and stores its position.

    Simple on purpose: every event is one output, and every output says how many came before. A lost, doubled or
    reordered event shows.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.counts: Counter[bytes] = Counter()
        self.dirty: set[bytes] = set()
        self.said: list[Outgoing] = []
        self.logs: dict[str, str] = {}

    def take(self, records: Sequence[Any]) -> None:
        """Apply records, as an agent does."""
        for record in records:
            self.counts[record.key] += 1
            self.dirty.add(record.key)
            text = f"{record.topic}-{record.partition}-{record.offset} is {self.counts[record.key]}"
            self.said.append(Outgoing(OUTPUT, record.key, text.encode()))

    async def restore(self, broker: Broker, committed: Mapping[str, int | None]) -> Mapping[str, int]:
        positions: dict[str, int] = {}
        async for records in broker.read(CHANGELOG, self.number):
            for record in records:
                if record.key == OWN_KEY:
                    positions = msgspec.json.decode(record.value, type=dict[str, int])
                else:
                    self.counts[record.key] = int(record.value)
        behind = [topic for topic, offset in committed.items() if (offset or 0) > positions.get(topic, 0)]
        if behind:
            raise Wrong(f"the changelog is behind the positions of {behind}")
        return positions

    def detach(self, applied: Mapping[str, int]) -> list[Outgoing]:
        outgoing, self.said = self.said, []
        outgoing += [Outgoing(CHANGELOG, key, str(self.counts[key]).encode()) for key in sorted(self.dirty)]
        self.dirty.clear()
        return [*outgoing, Outgoing(CHANGELOG, OWN_KEY, msgspec.json.encode(dict(applied)))]

    def committed(self, _ends: Mapping[str, int]) -> None:
        """Do nothing: there is no listener."""

    def has_work(self) -> bool:
        return bool(self.said or self.dirty)

    def has_outputs(self) -> bool:
        return bool(self.said)

    def closed(self) -> None:
        """Do nothing: nothing outlives the partition."""


class LedgerWorld(World):
    """Workers that count."""

    widths = WIDTHS
    outputs = {CHANGELOG: PARTITIONS, OUTPUT: PARTITIONS}
    owners = PARTITIONS
    stretch = 350

    def __init__(self, seed: int, app: faust.App, settings: Settings, *, transactions: bool, events: int) -> None:
        super().__init__(seed, settings, transactions=transactions)
        self.app, self.events = app, events

    def hire(self, process: Process) -> list[tuple[PartitionLog, Mapping[str, Agent]]]:
        """Return one log, and ledgers."""
        log = PartitionLog(
            self.app,
            SimBroker(self.settings, process.client),
            "group",
            INPUTS,
            PARTITIONS,
            Ledger,
            changelogs=frozenset({CHANGELOG}),
            transactions=self.transactions,
            on_failure=lambda error: self.failed(process, error),
            max_batch=7,
        )
        return [(log, dict.fromkeys(INPUTS, _take))]

    async def feed(self) -> None:
        """Write events."""
        for number in range(self.events):
            key = f"c-{self.dice.randrange(CUSTOMERS)}"
            topic = self.dice.choice(INPUTS)
            where = TopicPartition(topic, int(key[2:]) % WIDTHS[topic])
            self.write(where, Entry(key.encode(), str(number).encode()))
            if self.dice.random() < 0.5:
                await asyncio.sleep(self.dice.random() * 0.2)

    async def verify(self) -> None:
        """Raise `Wrong` unless every event counts once, in state and outputs, and every position is at the end."""
        came = Counter(record.key for topic in INPUTS for record in self.cluster.visible(topic))
        left: Counter[bytes] = Counter()
        for unit in (unit for process in self.processes for log in process.logs for unit in log.units.values()):
            left.update(unit.owner.counts)  # type: ignore[attr-defined] # a ledger
        check(left == came, f"counted {dict(left)}, came {dict(came)}")
        said = [record.value.decode().split(" is ") for record in self.cluster.visible(OUTPUT)]
        ids = Counter(ident for ident, _ in said)
        inputs = {
            f"{record.topic}-{record.partition}-{record.offset}"
            for topic in INPUTS
            for record in self.cluster.visible(topic)
        }
        check(ids.keys() == inputs, f"said {sorted(ids.keys() ^ inputs)} too much or not at all")
        if self.transactions:
            check(max(ids.values(), default=1) == 1, f"said twice: {[i for i, n in ids.items() if n > 1]}")
            for key in came:
                order = [int(r.value.decode().split(" is ")[1]) for r in self.cluster.visible(OUTPUT) if r.key == key]
                check(order == [*range(1, came[key] + 1)], f"{key!r} was told {order}")
        self.check_positions()


def _take(records: Sequence[Any], ledger: Ledger) -> None:
    ledger.take(records)
