"""Asks the broker how far workers are, while a visitor looks: their last commits, and the ends of what they read.

    customers-changelog   … │ states │ partition's own record ◄── the last one of each: positions, watermark, outcomes,
                                                                   silent sources, and when it was written
    input topics          │ begin ──────────────────────────►│ end        lag = end − position, or − begin if later

Rule: the broker is asked while a visitor looks, and at most once in some seconds. Of the changelog only the last
offsets are read, and only the partition's own record is decoded: no customer's state is. A console that may not read it
says so.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from retention.calendar import NEVER, moment
from streams.broker import Broker
from streams.console.documents import Workers, WorkersTopic
from streams.errors import StreamError, TopicsUnfit, explained
from streams.last_commits import Commit, newest_commits
from streams.record_outcomes import FURTHER, accounted
from streams.source_lanes import lane_name, lanes_of
from streams.topics import CHANGELOG

AGAIN: Final = 4.0
"""Seconds for which an answer is shown. A page looks again every ten."""
PATIENCE: Final = 5.0
"""Seconds to wait for the broker."""
_NAMED: Final = {"applied": ("applied", "late"), "repeated": ("duplicate", "replayed"), "refused": ("rejected",)}
"""The outcomes that are shown, and what workers call them; `other` are the rest."""
OF_SOURCES: Final = 2
"""The version of own records from which on sources stand in them only without transactions."""
_EPOCH: Final = datetime.fromtimestamp(0, UTC)


class WorkersWatch:
    """Keeps what is known of the workers, for as long as it is fresh. `clock` returns seconds."""

    def __init__(self, broker: Broker, is_connected: Callable[[], bool], clock: Callable[[], float]) -> None:
        self._broker, self._is_connected, self._clock = broker, is_connected, clock
        self._lock = asyncio.Lock()
        self._asked: float | None = None
        self.found = Workers()
        """The last answer."""

    async def fresh(self) -> None:
        """Ask the broker, unless that was done a moment ago, or it is away."""
        async with self._lock:
            now = self._clock()
            if not self._is_connected() or (self._asked is not None and now - self._asked < AGAIN):
                return
            self.found = await self._answer()
            self._asked = self._clock()

    async def _answer(self) -> Workers:
        try:
            async with asyncio.timeout(PATIENCE):
                return await ask(self._broker)
        except (KafkaError, OSError, StreamError) as error:  # a TimeoutError is an OSError
            return Workers(error=str(explained(error, self._broker.servers, "the console")))


async def ask(broker: Broker) -> Workers:
    """Return how far the workers are; raise what the client raises, and `TopicsUnfit` if the changelog is not seen."""
    families = {broker.topic(topic): topic.name for topic in reversed(broker.consumed)}
    widths, changelog = await broker.widths(), broker.topic(CHANGELOG)
    unseen = [name for name in (changelog, *reversed(families)) if not widths[name]]
    if unseen:
        raise TopicsUnfit(
            f"this user does not see {', '.join(unseen)}, which say how far workers are: grant what `backstay topics "
            "acl` prints for the console, or run `backstay topics create` if they are missing"
        )
    numbers, names = widths[changelog], {name: widths[name] for name in families}
    lanes = {number: lanes_of(names, number, numbers) for number in range(numbers)}
    commits = await newest_commits(broker, range(numbers))
    if not commits:
        return Workers(partitions=numbers, unknown=numbers)
    places = [tp for of in lanes.values() for tp in of.values()]
    begins, ends = await _bounds(broker, places, commits)
    read = _Read(commits, lanes, begins, ends, timedelta(microseconds=broker.settings.policy().disorder))
    topics = [read.topic(family, name, names[name]) for name, family in reversed(families.items())]
    return Workers(
        known=True,
        partitions=numbers,
        unknown=numbers - len(commits),
        lag=sum(one.lag for one in topics),
        watermark=_least(moment(one.own.watermark) for one in commits.values() if 0 < one.own.watermark < NEVER),
        last_commit=_least(_EPOCH + timedelta(milliseconds=one.stamp) for one in commits.values() if one.stamp > 0),
        topics=topics,
    )


async def _bounds(
    broker: Broker, places: list[TopicPartition], commits: Mapping[int, Commit]
) -> tuple[Mapping[TopicPartition, int], Mapping[TopicPartition, int]]:
    """Return the first and the end offsets of partitions.

    Only workers of the embedded broker, without transactions, store sources so.
    """
    if any(one.own.version >= OF_SOURCES and one.own.sources is not None for one in commits.values()):
        return await broker.bounds_by_fetch(places)
    return await broker.bounds(places)


class _Read(NamedTuple):
    """The commits of all numbers, the lanes of each, and their first and end offsets."""

    commits: Mapping[int, Commit]
    lanes: Mapping[int, Mapping[str, TopicPartition]]
    begins: Mapping[TopicPartition, int]
    ends: Mapping[TopicPartition, int]
    disorder: timedelta

    def topic(self, family: str, name: str, width: int) -> WorkersTopic:
        """Return what workers have done with a topic."""
        since = [one.own.silent[family] for one in self.commits.values() if family in one.own.silent]
        counted = Counter[str]()
        for one in self.commits.values():
            counted.update(one.own.outcomes.get(family, {}))
        shown = {key: sum(counted[word] for word in words) for key, words in _NAMED.items()}
        read, further = accounted(counted), counted[FURTHER]
        return WorkersTopic(
            topic=family,
            name=name,
            partitions=width,
            lag=sum(self._behind(name)),
            newest=max(self._newest(family, width), default=None),
            silent_since=_least(map(moment, since)),
            silent_on=len(since),
            passed=self._passed(name),
            read=read,
            further=further,
            other=read + further - sum(shown.values()),
            **shown,
        )

    def _behind(self, name: str) -> Iterable[int]:
        """Yield the records of each partition of a topic that are not committed; all there are of one never read."""
        for number, lanes in self.lanes.items():
            own = self.commits[number].own if number in self.commits else None
            for lane, place in lanes.items():
                if place.topic == name:
                    position = own.positions.get(lane, 0) if own is not None else 0
                    # What retention has deleted waits for nobody.
                    yield max(0, self.ends[place] - max(position, self.begins[place]))

    def _passed(self, name: str) -> int:
        """Return the offsets of a topic that are committed."""
        return sum(
            one.own.positions.get(lane, 0)
            for number, one in self.commits.items()
            for lane, place in self.lanes[number].items()
            if place.topic == name
        )

    def _newest(self, family: str, width: int) -> Iterable[datetime]:
        """Yield the newest event or heartbeat of each partition of a topic."""
        for number, one in self.commits.items():
            for partition in range(number, width, len(self.lanes)):
                lane = lane_name(family, partition, number)
                mark = one.own.watermarks.get(lane, 0)
                if 0 < mark < NEVER:
                    yield moment(mark) + (timedelta() if lane in one.own.promised else self.disorder)


def _least(found: Iterable[datetime]) -> datetime | None:
    return min(found, default=None)
