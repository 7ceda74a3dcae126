"""The watermark of one partition number: the instant up to which no more events are expected, so that time may pass.

Rule: the mark of a lane is its newest event less the disorder that is allowed, or what a heartbeat of its source
promises. The watermark is the least mark of all lanes that may still bring something. A lane of which everything is
applied holds nothing back; where that is all of them, the clock on the wall moves time, if there is one.

    event time    11:40     11:50     12:00     12:10     12:20     12:30, which is now
    logins                       m---------n
    purchases                         m---------n
    tickets       m---------n                                      all applied

    n is the newest event, m the mark: n less a disorder of 10 minutes.

    the watermark                       11:55, the mark of the logins
    once all three are applied          12:20, now less the disorder; without a clock 12:00, the newest mark
    if another number tells of 11:45    11:45: it reads for this number, too, and has come no further

Where records are sent home, a customer's events stand on partitions that other numbers read. Those tell how far they
have come, in `rekeyed` behind what they sent there: so no record within the disorder comes after its time.

Reason: the passing of time raises signals of absence, and closes months. If it ran ahead of a lane that is read slowly,
a customer would be called silent whose login is in the log. If it waited for a topic that has nothing more, no such
signal would ever be raised.

While there is a backlog, time passes from step to step (`streams/backlog_order.py`): up to where the step begins, less
the disorder.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec

from agents.rekeyed import TOPIC as REKEYED
from retention.calendar import NEVER, SECOND, Instant
from streams.lanes import lanes_of, origin_of

STRAY_SHARE: Final = 20
"""One record in so many away from home makes its topic a scattered one. Single strays are late: nobody waits."""
STEP: Final = 60 * SECOND
"""News is told when a lane has come further by this much event time."""


class News(msgspec.Struct, array_like=True):
    """How far a number has come on its lanes, by origin (`origin_of`); NEVER where there is nothing to wait for.

    Records of the `scattered` topics are sent home.
    """

    marks: dict[str, Instant] = {}
    scattered: list[str] = []


class Watermarks:
    """The lanes that matter to one number, and how far each has come. Topics are called as their families are.

    `marks` has its own lanes under their own names (`lane`), and those of others as they are told. `promised` are its
    own lanes whose writers say themselves how far they are. A topic is `scattered` if its records are sent home.
    """

    def __init__(self, number: int, numbers: int, widths: Mapping[str, int], disorder: Instant) -> None:
        self.marks: dict[str, Instant] = {}
        self.promised: set[str] = set()
        self.scattered = {topic for topic, width in widths.items() if width % numbers}
        self.alone = False
        """Whether nobody else tells anything: a rebuild brings what others read in order itself."""
        self._disorder = disorder
        self.own = lanes_of(widths, number, numbers)
        """The lanes that this number reads."""
        self._others = {
            topic: [origin_of(topic, p) for p in range(width) if p % numbers != number]
            for topic, width in widths.items()
        }
        self._told: News | None = None
        self._news: News | None = None

    def restore(self, marks: Mapping[str, Instant], promised: Collection[str], scattered: Collection[str]) -> None:
        """Put back what was kept. Who told something before will tell more."""
        self.marks.update(marks)
        self.promised.update(promised)
        self.scattered.update(scattered)

    def promise(self, lane: str, at: Instant) -> None:
        """Take a writer's word that nothing older than `at` follows on an own lane."""
        self.marks[lane] = max(at, self.marks.get(lane, 0))
        self.promised.add(lane)

    def judge(self, topic: str, number: int, strays: int) -> None:
        """Take note of how many records of a topic were read until now, and how many of them were sent home."""
        if strays * STRAY_SHARE > number:
            self.scattered.add(topic)

    def reach(
        self, read: Collection[str], now: Instant | None, known: Collection[str] = (), begun: Instant = NEVER
    ) -> Instant:
        """Return how far time may pass. `read` are the own lanes of which all is applied: they hold nothing back.

        When that is all of them, the wall clock moves time if there is one (`now`), and else nothing does. Without a
        clock, a lane whose writer promises holds time back until it promises more. What others read for this number
        always holds it back, until they tell. `known` are own lanes whose next record is not older than `begun`.

        In a backlog what was sent home holds nothing back unless its topic is scattered: single strays are late, and
        records that were refused elsewhere have no time.
        """
        most = begun - self._disorder if begun < NEVER else NEVER
        least = most if begun < NEVER else 0
        others = [] if self.alone else [self.marks.get(origin, 0) for origin in self._waited_for()]
        holding = [
            max(self.marks.get(lane, 0), least if lane in known else 0)
            for lane in self.own
            if not self._released(lane, read, now, in_backlog=begun < NEVER)
        ]
        if holding:
            return min(*holding, *others, most)
        seen = max((mark for mark in self.marks.values() if mark < NEVER), default=0)
        clock = now - self._disorder if now is not None else 0
        return min(max(seen, clock), *others, most)

    def _waited_for(self) -> Iterator[str]:
        """Return the origins that others read and that hold records for this number."""
        return (origin for topic in self.scattered for origin in self._others.get(topic, ()))

    def _released(self, lane: str, read: Collection[str], now: Instant | None, *, in_backlog: bool = False) -> bool:
        """Report whether a lane holds no time back."""
        if lane == REKEYED and (self.scattered or self.alone or in_backlog):
            return True  # what is told there says how far it has come; single strays of a backlog are late
        return lane in read and not (now is None and lane in self.promised)

    def look(self, read: Collection[str], now: Instant | None) -> None:
        """See whether there is news for the other numbers."""
        origins = {lane: origin_of(*tp) for lane, tp in self.own.items() if tp.topic in self.scattered}
        if not origins:
            return
        marks = {origin: self._come(lane, read, now) for lane, origin in origins.items()}
        news = News(marks, sorted(self.scattered))
        told = self._told or News()
        moved = any(mark // STEP != told.marks.get(origin, -1) // STEP for origin, mark in marks.items())
        if moved or news.scattered != told.scattered:
            self._news = news

    def _come(self, lane: str, read: Collection[str], now: Instant | None) -> Instant:
        mark = self.marks.get(lane, 0)
        if not self._released(lane, read, now):
            return mark
        return NEVER if now is None else max(mark, now - self._disorder)

    @property
    def has_news(self) -> bool:
        """Report whether there is anything that the other numbers wait for."""
        return self._news is not None

    def take_news(self) -> bytes | None:
        """Return the news for the other numbers, once."""
        if self._news is None:
            return None
        self._told, self._news = self._news, None
        return msgspec.msgpack.encode(self._told)

    def heard_by(self, other: "Watermarks") -> bool:
        """Report whether another number knows what this one has told last."""
        told = self._told.marks if self._told is not None else {}
        return all(other.marks.get(origin) == mark for origin, mark in told.items())

    def hear(self, value: bytes) -> None:
        """Take in what another number tells."""
        news = msgspec.msgpack.decode(value, type=News)
        self.marks |= news.marks
        self.scattered.update(news.scattered)
