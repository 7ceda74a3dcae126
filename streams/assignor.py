"""Assigns partitions to workers by number, the same for every topic: all events of a customer meet on one worker."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

from streams.errors import TopicsUnfit


class Member(msgspec.Struct):
    """The report of a member about itself: the numbers that it owns, and those of which it has a copy."""

    owned: list[int] = []
    copies: list[int] = []


class Given(msgspec.Struct):
    """The answer to a member: its partitions, the numbers to stand by for, and the width of each topic.

    Members learn of new partitions at different times. All go by what the leader knew when it assigned them.
    """

    standing: list[int] = []
    widths: dict[str, int] = {}


class ByNumber(AbstractPartitionAssignor):
    """Shares partition numbers evenly; members keep theirs, so that little state has to move.

    `standbys` is the number of members besides the owner that keep a copy of each number; `copies` returns the numbers
    of which this member has a copy.
    """

    name = "backstay-by-number"
    _VERSION: Final = 0

    def __init__(self, numbers: int, standbys: int = 0, copies: Callable[[], Sequence[int]] = lambda: ()) -> None:
        self.numbers, self.standbys, self.copies = numbers, standbys, copies
        self.owned: list[int] = []
        self.standing: list[int] = []
        self.widths: dict[str, int] = {}
        self.on_unfit: Callable[[TopicsUnfit], None] = lambda _: None
        """Called if members cannot be assigned anything: the client tells only whoever waits for an assignment then."""

    def metadata(self, topics: set[str]) -> ConsumerProtocolMemberMetadata:
        """Return what this member subscribes to, what it owns, and what it has copies of."""
        said = msgspec.json.encode(Member(self.owned, list(self.copies())))
        return ConsumerProtocolMemberMetadata(self._VERSION, sorted(topics), said)

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Store the numbers that this member was given, those to stand by for, and the widths of the topics."""
        self.owned = sorted({partition % self.numbers for _, given in assignment.assignment for partition in given})
        given = msgspec.json.decode(assignment.user_data or b"{}", type=Given)
        self.standing, self.widths = given.standing, given.widths

    def take_all(self, widths: Mapping[str, int]) -> None:
        """Store that this member owns every number, without a group, and the widths of the topics."""
        self.owned, self.standing, self.widths = list(range(self.numbers)), [], dict(widths)

    def assign(
        self, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Return the assignment of each member; raise `TopicsUnfit` if members read different topics."""
        topics = sorted({topic for member in members.values() for topic in member.subscription})
        if any(sorted(member.subscription) != topics for member in members.values()):
            unfit = TopicsUnfit(
                "processes of one kafka.group read different topics. If they are of two deployments, give each a "
                "kafka.group of its own; if the topics have changed, stop all of them, then start the new ones"
            )
            self.on_unfit(unfit)
            raise unfit
        said = {name: msgspec.json.decode(member.user_data, type=Member) for name, member in members.items()}
        plan = share_out(range(self.numbers), said)
        standing = stand_by(plan, said, self.standbys)
        widths = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in topics}
        return {
            name: ConsumerProtocolMemberAssignment(
                self._VERSION,
                list(self._lanes(cluster, topics, numbers)),
                msgspec.json.encode(Given(standing[name], widths)),
            )
            for name, numbers in plan.items()
        }

    def _lanes(
        self, cluster: ClusterMetadata, topics: Iterable[str], numbers: Container[int]
    ) -> Iterator[tuple[str, list[int]]]:
        """Yield each topic with its partitions that these numbers read."""
        for topic in topics:
            partitions = cluster.partitions_for_topic(topic) or ()
            yield topic, sorted(p for p in partitions if p % self.numbers in numbers)


def share_out(numbers: Iterable[int], members: Mapping[str, Member]) -> dict[str, list[int]]:
    """Return the numbers of each member: evenly shared, kept by their owners, else given first to a member with a copy.

    >>> share_out(range(4), {"a": Member([0, 1, 2, 3]), "b": Member()})
    {'a': [0, 1], 'b': [2, 3]}
    >>> share_out(range(4), {"a": Member([0, 1]), "b": Member(copies=[3]), "c": Member(copies=[2])})
    {'a': [0, 1], 'b': [3], 'c': [2]}
    """
    free = set(numbers)
    base, extra = divmod(len(free), len(members))
    plan: dict[str, list[int]] = {}
    for name, member in sorted(members.items()):
        kept = [number for number in member.owned if number in free][: base + (extra > 0)]
        extra -= len(kept) > base
        free -= set(kept)
        plan[name] = kept
    for number in sorted(free, key=lambda number: (not any(number in m.copies for m in members.values()), number)):
        open_to = [name for name in plan if len(plan[name]) < base] or [
            name for name in plan if len(plan[name]) == base
        ]
        taker = min(open_to, key=lambda name: (number not in members[name].copies, len(plan[name]), name))
        plan[taker].append(number)
    return plan


def stand_by(plan: Mapping[str, list[int]], members: Mapping[str, Member], standbys: int) -> dict[str, list[int]]:
    """Return the numbers that each member stands by for: `standbys` members each, evenly, first those with a copy.

    >>> stand_by({"a": [0, 1], "b": [2], "c": [3]}, {"a": Member(), "b": Member(copies=[3]), "c": Member()}, 1)
    {'a': [2], 'b': [0, 3], 'c': [1]}
    """
    standing: dict[str, list[int]] = {name: [] for name in plan}
    owners = sorted((number, name) for name, numbers in plan.items() for number in numbers)
    for _ in range(min(standbys, len(plan) - 1)):
        for number, owner in owners:
            others = [name for name in plan if name != owner and number not in standing[name]]
            taker = min(others, key=lambda name: (number not in members[name].copies, len(standing[name]), name))
            standing[taker].append(number)
    return {name: sorted(numbers) for name, numbers in standing.items()}
