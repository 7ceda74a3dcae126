"""A consumer group of the simulation: its members, and their partitions."""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from typing import Protocol

from aiokafka import TopicPartition

from streams.assignor import ByNumber, Member, stand_by

SESSION = 1.0
"""Seconds without a sign of life after which a member of a group is taken for dead."""
REBALANCE = 2.0
"""Seconds that a rebalance waits for a member to give up its partitions."""


class Participant(Protocol):
    """A consumer, as its group sees it."""

    assignor: ByNumber | None

    def silent_since(self, now: float) -> float:
        """Return the seconds since the last sign of life of its process."""

    def wanted(self) -> list[TopicPartition]:
        """Return every partition of its topics."""

    def said(self) -> Member:
        """Return the numbers that it owns, and those of which it has a copy."""

    async def give_up(self) -> None:
        """Take note that everything is revoked."""

    def take(self, wheres: set[TopicPartition], generation: int, standing: Sequence[int]) -> None:
        """Accept partitions for a generation, and those to stand by for."""


class Group:
    """Shares partitions among its members: a generation at a time, in between every member gives up all."""

    def __init__(self, name: str, dice: Random, numbers: int) -> None:
        self.name, self.dice, self.numbers = name, dice, numbers
        self.members: list[Participant] = []
        self.generation = 0
        self.changed = asyncio.Event()
        self.task = asyncio.ensure_future(self._coordinate())

    def join(self, member: Participant) -> None:
        """Add a member, once: one that was frozen while joining asks again."""
        if member not in self.members:
            self.members.append(member)
        self.changed.set()

    def leave(self, member: Participant) -> None:
        """Remove a member that leaves, or that gave no sign of life."""
        if member in self.members:
            self.members.remove(member)
            self.changed.set()

    async def _coordinate(self) -> None:
        while True:
            while not self.changed.is_set():
                await asyncio.sleep(0.1)
                self._drop_the_lost()
            await asyncio.sleep(self.dice.random() * 0.05)
            self.changed.clear()
            await self._rebalance()

    def _drop_the_lost(self) -> None:
        now = asyncio.get_running_loop().time()
        for member in [member for member in self.members if member.silent_since(now) > SESSION]:
            self.leave(member)

    async def _rebalance(self) -> None:
        giving_up = {member: asyncio.ensure_future(member.give_up()) for member in self.members}
        if giving_up:
            await asyncio.wait(giving_up.values(), timeout=REBALANCE)
        for member, task in giving_up.items():
            if not task.done():
                self.leave(member)  # it takes part again when it comes round
        self.changed.clear()
        self.generation += 1  # until here the former one may still commit its positions
        members = list(self.members)
        self.dice.shuffle(members)
        owners = {
            number: members[number % len(members)]
            for number in sorted({where.partition % self.numbers for m in members for where in m.wanted()})
        }
        standing = self._standing(members, owners)
        for member in members:
            ours = {where for where in member.wanted() if owners[where.partition % self.numbers] is member}
            member.take(ours, self.generation, standing[member])

    def _standing(self, members: list[Participant], owners: Mapping[int, Participant]) -> dict[Participant, list[int]]:
        """Return the partitions that each member stands by for, as the assignor of the leader decides."""
        names = {str(place): member for place, member in enumerate(members)}
        plan = {name: [n for n, owner in owners.items() if owner is member] for name, member in names.items()}
        said = {name: member.said() for name, member in names.items()}
        standbys = max((member.assignor.standbys for member in members if member.assignor is not None), default=0)
        return {names[name]: numbers for name, numbers in stand_by(plan, said, standbys).items()}
