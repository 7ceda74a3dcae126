"""Who owns which partition: by number, the same for every topic, so that a customer's events meet in one place."""

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Final

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

from streams.errors import TopicsUnfit


class ByNumber(AbstractPartitionAssignor):
    """Share out partition numbers evenly; members keep what they have, so that states move as little as possible."""

    name = "backstay-by-number"
    _VERSION: Final = 0

    def __init__(self, numbers: int) -> None:
        self.numbers = numbers
        self.owned: list[int] = []

    def metadata(self, topics: set[str]) -> ConsumerProtocolMemberMetadata:
        """Say what this member subscribes to and what it owns."""
        return ConsumerProtocolMemberMetadata(self._VERSION, sorted(topics), json.dumps(self.owned).encode())

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Remember what this member was given."""
        self.owned = sorted({partition % self.numbers for _, given in assignment.assignment for partition in given})

    def assign(
        self, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Decide who gets what; raise `TopicsUnfit` if members do not match."""
        topics = sorted({topic for member in members.values() for topic in member.subscription})
        if any(sorted(member.subscription) != topics for member in members.values()):
            raise TopicsUnfit("workers of one group read different topics: stop all of them, then start the new ones")
        plan = share_out(frozenset(range(self.numbers)), {name: json.loads(m.user_data) for name, m in members.items()})
        return {
            name: ConsumerProtocolMemberAssignment(self._VERSION, list(self._lanes(cluster, topics, numbers)), b"")
            for name, numbers in plan.items()
        }

    def _lanes(
        self, cluster: ClusterMetadata, topics: Iterable[str], numbers: Container[int]
    ) -> Iterator[tuple[str, list[int]]]:
        """Give the partitions of each topic that these numbers read."""
        for topic in topics:
            partitions = cluster.partitions_for_topic(topic) or ()
            yield topic, sorted(p for p in partitions if p % self.numbers in numbers)


def share_out(numbers: frozenset[int], owned: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """Share numbers evenly among members that keep what they own.

    >>> share_out(frozenset(range(4)), {"a": [0, 1, 2, 3], "b": []})
    {'a': [0, 1], 'b': [2, 3]}
    """
    free = set(numbers)
    base, extra = divmod(len(free), len(owned))
    plan: dict[str, list[int]] = {}
    for member, before in sorted(owned.items()):
        kept = [number for number in before if number in free][: base + (extra > 0)]
        extra -= len(kept) > base
        free -= set(kept)
        plan[member] = kept
    for number in sorted(free):
        min(plan.values(), key=len).append(number)
    return plan
