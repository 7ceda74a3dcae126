"""The event-time watermark of one partition number: the instant up to which no more events are expected.

Rule: the mark of a lane is the time of its newest event less the allowed disorder, or that of its source's last
heartbeat. The watermark is the least mark of all lanes that may still deliver events. A lane of which everything is
applied holds nothing back; if these are all lanes, the wall clock moves time, if there is one.

    event time    11:40     11:50     12:00     12:10     12:20     12:30, which is now
    logins                       m---------n
    purchases                         m---------n
    tickets       m---------n                                      all applied

    n is the newest event, m the mark: n less a disorder of 10 minutes.

    the watermark                       11:55, the mark of the logins
    once all three are applied          12:20, now less the disorder; without a clock 12:00, the newest mark
    if another number reports 11:45     11:45: it reads for this number, too, and has come no further

Where records are sent home, a customer's events stand on partitions that other numbers read. Those numbers report their
marks on `rekeyed`, after the records they sent there: so no record within the disorder arrives after its time.

Reason: the passing of time raises absence signals and closes months. If it ran ahead of a slowly read lane, a customer
whose login is in the log would count as absent. If it waited for a topic that has no more events, no absence signal
would ever be raised.

In a backlog, time passes from step to step (`streams/backlog_order.py`): up to where the step begins, less
the disorder.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec

from agents.rekeyed import TOPIC as REKEYED
from retention.calendar import NEVER, SECOND, Instant
from streams.source_lanes import lanes_of, origin_of

SCATTERED_SHARE: Final = 20
"""A topic is scattered if more than one in this many of its records is misplaced. Fewer are late: nothing waits for
them."""
STEP: Final = 60 * SECOND
"""Microseconds of event time by which a mark has to advance before the other numbers are told."""


class News(msgspec.Struct, array_like=True):
    """The marks of the lanes that a number reads, by origin (`origin_of`); NEVER where nothing is to wait for.

    Records of the `scattered` topics are sent home.
    """

    marks: dict[str, Instant] = {}
    scattered: list[str] = []


class Watermarks:
    """The marks of all lanes that matter to one partition number. Topics go by the names of their families.

    `marks` has the own lanes under their names, and those of other numbers by origin, as reported. `promised` are the
    own lanes whose sources send heartbeats. A topic is `scattered` if its records are sent home.
    """

    def __init__(self, number: int, numbers: int, widths: Mapping[str, int], disorder: Instant) -> None:
        self.marks: dict[str, Instant] = {}
        self.promised: set[str] = set()
        self.scattered = {topic for topic, width in widths.items() if width % numbers}
        self.alone = False
        """Whether other numbers report no marks: a rebuild merges in what they read, in order."""
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
        """Restore the stored marks. Numbers that reported marks before will report more."""
        self.marks.update(marks)
        self.promised.update(promised)
        self.scattered.update(scattered)

    def promise(self, lane: str, at: Instant) -> None:
        """Note a heartbeat: its source sends no event older than `at` after it on an own lane."""
        self.marks[lane] = max(at, self.marks.get(lane, 0))
        self.promised.add(lane)

    def judge(self, topic: str, number: int, sent_home: int) -> None:
        """Mark a topic as scattered if too many of its records read so far were sent home."""
        if sent_home * SCATTERED_SHARE > number:
            self.scattered.add(topic)

    def reach(
        self, read: Collection[str], now: Instant | None, known: Collection[str] = (), begun: Instant = NEVER
    ) -> Instant:
        """Return the watermark: the instant up to which event time may pass.

        `read` are the own lanes of which everything is applied: they hold nothing back. If these are all, the wall
        clock moves time if there is one (`now`), else nothing does. Without a clock, a lane with heartbeats holds time
        back until the next heartbeat. Lanes that other numbers read for this one hold it back until those report.
        `known` are own lanes whose next record is not older than `begun`.

        In a backlog, records sent home hold nothing back unless their topic is scattered: single misplaced records are
        late, and records that were rejected elsewhere have no event time.
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
        """Return the origins of scattered topics that other numbers read: they have records for this number."""
        return (origin for topic in self.scattered for origin in self._others.get(topic, ()))

    def _released(self, lane: str, read: Collection[str], now: Instant | None, *, in_backlog: bool = False) -> bool:
        """Report whether a lane holds no time back."""
        if lane == REKEYED and (self.scattered or self.alone or in_backlog):
            return True  # the other numbers report their marks; single misplaced records of a backlog are late
        return lane in read and not (now is None and lane in self.promised)

    def look(self, read: Collection[str], now: Instant | None) -> None:
        """Prepare news for the other numbers if marks or scattered topics have changed enough."""
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
        """Report whether there is news for the other numbers."""
        return self._news is not None

    def take_news(self) -> bytes | None:
        """Return the news for the other numbers, once."""
        if self._news is None:
            return None
        self._told, self._news = self._news, None
        return msgspec.msgpack.encode(self._told)

    def heard_by(self, other: "Watermarks") -> bool:
        """Report whether another number has received the last news of this one."""
        told = self._told.marks if self._told is not None else {}
        return all(other.marks.get(origin) == mark for origin, mark in told.items())

    def hear(self, value: bytes) -> None:
        """Apply the news of another number."""
        news = msgspec.msgpack.decode(value, type=News)
        self.marks |= news.marks
        self.scattered.update(news.scattered)
