"""One seed, one story: events arrive; workers join, freeze and die wherever they wait.

At the end the result is compared with the input; `tell` raises `Wrong` if it differs.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Literal, cast

from aiokafka import TopicPartition

from streams.channels import Delivery
from streams.partition_log import PartitionLog
from streams.settings import Settings
from tests.simulation.clients import Client, SimConsumer
from tests.simulation.cluster import Cluster, Entry, Transaction
from tests.simulation.loop import spawn

PARTITIONS: Final = 2

Fault = Literal["kill", "freeze", "leave", "join"]
Agent = Callable[[Sequence[Any], Any], None]


SETTLED: Final = 3
"""Times in a row that no work is left before a worker is taken to have finished."""


class Wrong(AssertionError):
    """Raised when the result does not match the input."""


@dataclass(eq=False)
class Process:
    """A worker of the simulation: the project's partition logs on simulated clients."""

    client: Client
    logs: list[PartitionLog] = field(default_factory=list)
    listeners: list["asyncio.Task[None]"] = field(default_factory=list)
    failure: BaseException | None = None

    def idle(self) -> bool:
        """Report whether everything of its own is applied and committed."""
        return all(
            log.ready and len(unit.read()) == len(unit.lanes) and unit.settled
            for log in self.logs
            for unit in log.units.values()
        )


class World(ABC):
    """Everything that happens under one seed, whatever the workers do."""

    widths: Mapping[str, int]
    """The topics that workers read, and how many partitions each has."""
    outputs: Mapping[str, int]
    """The others."""
    owners: int
    """The number of partition numbers to own, over all groups."""
    stretch: int
    """The awaits among which faults are drawn."""
    frozen_for = 3.0
    """Most seconds for which a worker is frozen."""
    linger = 2.0
    """Most seconds that the story continues after everything is written."""

    def __init__(self, seed: int, settings: Settings, *, transactions: bool) -> None:
        self.dice = Random(seed)
        self.settings, self.transactions = settings, transactions
        self.cluster = Cluster(self.dice, PARTITIONS)
        self.cluster.transactions = transactions
        for topic, width in (*self.widths.items(), *self.outputs.items()):
            self.cluster.create(topic, width)
        self.processes: list[Process] = []
        self.awaits = 0
        self.history: list[str] = []
        self.faults = self._faults()

    def _faults(self) -> dict[int, Fault]:
        """Draw the fault of each await. Without transactions no process may outlive its session."""
        kinds: tuple[Fault, ...] = ("kill", "freeze", "freeze", "leave", "join")
        if not self.transactions:
            kinds = ("kill", "kill", "leave", "join")
        draw = self.dice
        return {draw.randrange(5, self.stretch): draw.choice(kinds) for _ in range(draw.randrange(2, 9))}

    # The workers of a world

    @abstractmethod
    def hire(self, process: Process) -> list[tuple[PartitionLog, Mapping[str, Agent]]]:
        """Return the parts of a worker: its logs, and the agent of each of their topics."""

    @abstractmethod
    async def feed(self) -> None:
        """Write the input."""

    @abstractmethod
    async def verify(self) -> None:
        """Raise `Wrong` unless the result matches the input."""

    # The faults of workers

    def on_await(self, client: Client) -> None:
        """Apply the fault of this await, if there is one, to the process that awaits."""
        self.awaits += 1
        kind = self.faults.pop(self.awaits, None)
        process = next((p for p in self.processes if p.client is client), None)
        if kind is None or process is None or client.dead:
            return
        self.note(f"{kind} at await {self.awaits}")
        match kind:
            case "kill":
                self.end(process)
                self.start_soon()
            case "freeze":
                self.freeze(process)
                if len(self.processes) < 2:
                    self.start_soon()
            case "leave":
                spawn(self.stop(process))
                self.start_soon()
            case "join":
                if len(self.processes) < 3:
                    self.start_soon()

    def note(self, what: str) -> None:
        """Note an event of the story, to be printed if the seed fails."""
        self.history.append(f"{asyncio.get_running_loop().time():7.3f} {what}")

    def freeze(self, process: Process) -> None:
        """Stop a process as SIGSTOP does, for a while."""
        process.client.freeze()
        asyncio.get_running_loop().call_later(self.dice.random() * self.frozen_for, self.thaw, process.client)

    def thaw(self, client: Client) -> None:
        """Continue a frozen process; others may have gone on without it."""
        client.thaw()
        process = next((p for p in self.processes if p.client is client), None)
        for log in process.logs if process is not None else ():
            cast("SimConsumer", log.consumer).noticed()

    def start_soon(self) -> None:
        """Start a worker in a moment."""
        asyncio.get_running_loop().call_later(self.dice.random() * 0.5, lambda: spawn(self.start()))

    async def start(self) -> None:
        """Start a worker: its partition logs, and a listener for each topic."""
        process = Process(Client(self.cluster, self.on_await))
        self.processes.append(process)
        for log, agents in self.hire(process):
            process.logs.append(log)
            for topic, channel in log.channels.items():
                listening = self._listen(aiter(channel), agents[topic], log, process)
                process.listeners.append(asyncio.ensure_future(listening))
        await asyncio.gather(*(log.start() for log in process.logs))

    async def _listen(self, stream: Any, agent: Agent, log: PartitionLog, process: Process) -> None:
        """Run an agent of the worker when its turn comes."""
        async for delivery in stream:
            one: Delivery = delivery
            if self.dice.random() < 0.3:
                await asyncio.sleep(self.dice.random() * 0.1)
            await process.client.alive()
            try:
                one.unit.take(one.batch, agent)
            except Exception as error:  # noqa: BLE001 - as in the worker: any error ends it
                log.fail(error)

    def failed(self, process: Process, error: BaseException) -> None:
        """End a worker that gave up, and start another."""
        process.failure = error
        if isinstance(error, Wrong):
            raise error
        self.note(f"gave up: {type(error).__name__}: {error}")
        if process in self.processes:
            self.end(process)
            self.start_soon()

    def end(self, process: Process) -> None:
        """Kill a worker."""
        process.client.kill()
        for log in process.logs:
            log.failed = True  # its loops end; whatever of it is under way waits for ever
        self.processes.remove(process)

    async def stop(self, process: Process) -> None:
        """Stop a worker as SIGTERM does; afterwards it is gone in any case."""
        with contextlib.suppress(Exception):
            await self.wind_up(process)
        if process in self.processes:
            self.end(process)

    async def wind_up(self, process: Process) -> None:
        """Do what a worker does before it leaves."""
        for log in process.logs:
            await asyncio.wait_for(log.stop(), 5)

    def write(self, where: TopicPartition, entry: Entry) -> None:
        """Write a record as producers do, some in transactions, some of which are aborted first.

        So positions are not counts of records.
        """
        if self.dice.random() < 0.3:
            aborted = Transaction("aborted")
            lost = Entry(entry.key, entry.value, entry.headers, entry.timestamp, aborted)
            self.cluster.append(where, [lost, Entry(None, None, transaction=aborted, marker=True)])
        if self.dice.random() < 0.3:
            entry.transaction = Transaction("committed")
        self.cluster.append(where, [entry])
        if entry.transaction is not None:
            self.cluster.append(where, [Entry(None, None, transaction=entry.transaction, marker=True)])

    # The story

    async def tell(self) -> None:
        """Play it, let the last worker finish, and compare the result with the input."""
        for _ in range(self.dice.randrange(1, 4)):
            self.start_soon()
        await self.feed()
        await asyncio.sleep(self.dice.random() * self.linger)
        self.faults.clear()
        for process in list(self.processes):
            process.client.thaw()
            self.end(process)
        await self.finish()
        await self.verify()

    async def finish(self) -> None:
        """Let one undisturbed worker do the rest."""
        until = asyncio.get_running_loop().time() + 60
        seen = 0
        while True:
            seen = seen + 1 if self.idle() else 0
            if seen == SETTLED:
                return  # at once: another worker may join, and take partitions away, while one waits
            if not self.processes:
                await self.start()
            if asyncio.get_running_loop().time() > until:
                raise Wrong("a worker that nobody disturbs does not come to an end")
            await asyncio.sleep(0.1)

    def idle(self) -> bool:
        """Report whether every partition has an owner, and all is applied and committed."""
        return self.owned() and all(process.idle() for process in self.awake())

    def awake(self) -> list[Process]:
        """Return the processes that are not frozen: partitions of frozen ones go to others."""
        return [process for process in self.processes if process.client.awake.is_set()]

    def owned(self) -> bool:
        """Report whether every partition has an owner."""
        return sum(len(log.units) for process in self.awake() for log in process.logs) == self.owners

    def check_positions(self) -> None:
        """Raise `Wrong` if a transaction is open, or a position not at the end."""
        for where, log in self.cluster.logs.items():
            check(self.cluster.stable_end(where) == len(log), f"{where} has an open transaction")
            if where.topic in self.widths and log:
                at = self.cluster.committed.get(("group", where))
                check(at == len(log), f"{where}: committed {at} of {len(log)}")


def check(holds: bool, otherwise: str) -> None:
    """Raise `Wrong` with the text unless it holds."""
    if not holds:
        raise Wrong(otherwise)


def told(seed: int, world: World) -> str:
    """Return the story of a seed as text."""
    return f"seed {seed}\n" + "\n".join(world.history)
