"""Backlog order: the topics of one partition number are read as one log, in steps of event time, however far behind.

Rule: event time is cut into steps of six hours. Everything of one step is applied before anything of the next one.
Within a step the topics take turns in the order in which their features say (`ReadOrder`): first what begins something,
last what ends it. Before a step begins, time passes up to it, less the disorder that is allowed.

    hour            0     2     4     6     8     10    12
                    |  step 0         |  step 1         |
    subscriptions   |  s1             |              s2 |      listed first
    logins          |        a     b  |  c              |
    cancellations   |           x     |     y           |      listed last

    applied         s1  a  b  x  (time passes to hour 6, less the disorder)  s2  c  y

A lane (one partition of a topic) with records that are not fetched yet is waited for: its next record may be the oldest
of all. Here `x` waits until `s1` is fetched, although a small topic is fetched long before a large one.

Reason: the events of a customer stand in several topics. If each topic were read at its own speed, a small one would be
done while a large one has months to go: a cancellation would end a subscription whose start is not read yet, and
outputs would depend on what happened to be fetched first. In this order they depend on the records alone, also after
crashes.

Exceptions: at the end of the log no lane waits, because nothing is unread. A lane that has unread records and delivers
none for a minute is passed over. Live, a record that is later than lateness allows is applied when it arrives. Records
of `exact` lanes (erasure requests) are applied at their very instant: after all events up to it, before all later ones
(docs/decisions/0023, 0032).
"""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Protocol

from aiokafka.structs import ConsumerRecord

from retention.calendar import HOUR, NEVER, Instant
from streams.batch import Batch

STEP: Final = 6 * HOUR
"""Length of a step in event time. Topics take turns once a step, in the order in which they are listed: the shorter the
step, the smaller the batches (docs/decisions/0023)."""
LONGEST: Final = 60.0
"""Seconds to wait for a lane that has unread records and delivers none. A lane that delivers is waited for without
limit. A dead broker is replaced within ten seconds by default, and a worker without contact for 45 has lost its
partitions: their next owner begins at the last commit, in order."""
LOOK: Final = 1.0
"""Most seconds of waiting that are counted between two looks at the lanes: a stopped or busy worker did not ask for
records meanwhile."""

AS_ONE: Final = 5_000
"""Records of a step that stay together in one commit, so that outputs about a customer are the same wherever a worker
dies (docs/decisions/0030). The more, the longer a commit waits, and the more is repeated after a crash."""

AT_ONCE: Final = 0.05
"""Seconds of work before control returns to the event loop, which heartbeats and the web page share. 20 ms cost a tenth
of a worker's CPU (docs/decisions/0023)."""


class Stepping(Protocol):
    """An agent that can stop before a record, and continue there later."""

    def until(self, records: Sequence[ConsumerRecord], start: int, owner: Any, end: Instant) -> tuple[int, Instant]:  # noqa: ANN401 - any owner
        """Apply records from index `start`, up to the first event at `end` or later; return its index and instant.

        If there is no such event, return the number of records, and NEVER.
        """


class Lane:
    """One lane (a partition of a topic): its batches that are fetched and not applied yet."""

    def __init__(self, name: str, rank: int, *, exact: bool) -> None:
        self.name, self.rank, self.exact = name, rank, exact
        self.waiting: deque[tuple[Batch, Stepping]] = deque()
        self.place = 0
        """Number of records of the first batch that are applied."""
        self.head: Instant | None = None
        """Event time of the next record; None if unknown."""
        self.late = False
        """Whether its next record, read live, is older than lateness allows: other lanes do not wait for it."""
        self.silent = 0.0
        """Seconds that were spent waiting for it without a record."""
        self.unread: bool | None = None
        """Whether it has records that are not fetched; None if that has not been asked since the last fetch."""

    def turn(self) -> tuple[int, int]:
        """Return the sort key of its next record: the step, and the rank of the lane."""
        return (_head_of(self) // STEP, self.rank)


class BacklogOrder:
    """The lanes of one partition number that are read in one order.

    `ranks` orders the lanes within a step; lanes that never get a batch by `take` are applied elsewhere, and waited
    for. `unread` reports whether a lane has records that are not applied, as far as is known. `apply` has an agent
    apply a part of a batch, of at most so many records. `pass_time` passes event time up to the step that begins, and
    reports whether more is to pass. `clock` returns seconds; `lateness` is in microseconds. `is_live` reports whether
    an event time is close to now: then records are not held back for a history that is loaded beside them. Records of
    `exact` lanes are applied after all events up to their instant, and before all later ones.
    """

    def __init__(
        self,
        ranks: Mapping[str, int],
        unread: Callable[[str], bool],
        apply: Callable[[Batch, Stepping, int, Instant, int], tuple[int, Instant] | None],
        pass_time: Callable[[], bool],
        clock: Callable[[], float],
        lateness: int,
        is_live: Callable[[Instant], bool],
        exact: Collection[str] = (),
    ) -> None:
        in_turn = sorted(ranks, key=lambda name: (ranks[name], name))
        self.lanes = {name: Lane(name, place, exact=name in exact) for place, name in enumerate(in_turn)}
        self._unread, self._apply, self._pass_time = unread, apply, pass_time
        self._clock, self._lateness, self._is_live = clock, lateness, is_live
        self.busy = False
        """Whether records that are ready are left for the next call of `run_ready`."""
        self.stops = False
        """Whether to stop at the next place where a commit is allowed."""
        self._together = 0
        """Records applied since the last such place."""
        self._looked = clock()
        self._begun: Instant = -NEVER
        self._passing = False
        self._come: Instant = -NEVER
        """Event time of the newest record applied."""

    def resume(self, come: Instant) -> None:
        """Continue at the step of event time `come`: older records are applied without waiting for a step to begin."""
        self._begun = come // STEP * STEP

    def take(self, batch: Batch, agent: Stepping) -> None:
        """Queue a batch behind those of its lane that wait."""
        lane = self.lanes[batch.lane]
        lane.waiting.append((batch, agent))
        lane.silent = 0.0

    def let_go(self) -> None:
        """Drop the waiting batches: the partition was taken away."""
        for lane in self.lanes.values():
            lane.waiting.clear()
        self.busy = self._passing = False

    def gave(self, name: str) -> None:
        """Note that records of a lane were applied outside of this order, so that its waiting time starts anew."""
        if name in self.lanes:
            self.lanes[name].silent = 0.0

    def run_ready(self) -> bool:
        """Apply records in order for `AT_ONCE` seconds; report whether any were. Sets `busy` if more are ready."""
        went, until = False, self._clock() + AT_ONCE
        self.busy = True
        for lane in self.lanes.values():  # asked once a call, not at each step: nothing is fetched meanwhile
            lane.unread = None
        while not (self.stops and self.is_whole()) and not self._is_passing() and self._clock() < until:
            found = self._next()
            if found is not None:
                self._run(*found)
                went = True
            elif not self._passing:
                self.busy = False
                break
        self.busy = self.busy and not (self.stops and self.is_whole())
        return went

    def is_whole(self) -> bool:
        """Report whether a commit is allowed here: not within a step of a backlog, except after every `AS_ONE` records.

        So the outputs of a commit depend on the log alone, and not on when it was made. Live, any place will do.
        """
        return not self._together or self._is_live(self._come) or not any(map(self._unread, self.lanes))

    def _is_passing(self) -> bool:
        """Pass event time up to the next step, a piece at a time; report whether more is to pass."""
        if self._passing:
            self._passing = self._pass_time()
        return self._passing

    def begun(self) -> Instant:
        """Return the start of the current step, before which all known records are applied; NEVER if none are left.

        In a backlog, event time passes from step to step, whatever is fetched or committed when: so the signals that it
        raises depend on the log alone.
        """
        return self._begun if any(map(self._unread, self.lanes)) else NEVER

    def known(self) -> list[str]:
        """Return the lanes whose next record is known, and not older than `begun`."""
        return [lane.name for lane in self.lanes.values() if lane.waiting and not lane.late]

    def _next(self) -> tuple[Lane, Instant] | None:
        """Return the lane whose turn it is, and up to which instant.

        None if a lane is waited for, no records are left, or event time has to pass first.
        """
        lanes, asked_for = self.lanes.values(), self._asked_for()
        for lane in lanes:
            self._look(lane)
            if lane.waiting and lane.late:
                return lane, self._come - self._lateness
            if lane.exact and self._is_waited_for(lane, asked_for):
                return None  # others' records that are no events must wait until the requests here are known
        waited_for = [lane for lane in lanes if self._is_waited_for(lane, asked_for)]
        if waited_for:
            return None  # its next record may be the oldest of all
        ready = [lane for lane in lanes if lane.waiting]
        if not ready:
            return None
        first, end = _first_of(ready)
        begins = first.turn()[0] * STEP
        if begins > self._begun:
            self._begun, self._passing, self._together = begins, True, 0
            return None
        return first, min(end, self._begun + STEP)

    def _asked_for(self) -> float:
        """Return the seconds since the last look, at most `LOOK`."""
        before, self._looked = self._looked, self._clock()
        return min(self._looked - before, LOOK)

    def _look(self, lane: Lane) -> None:
        """Find the event time of a lane's next record. Records that are no events have none: apply them on the way."""
        while lane.waiting and lane.head is None:
            self._run(lane, -NEVER)
        if lane.head is not None:
            lane.late = lane.head < self._come - self._lateness and self._is_live(self._come)

    def _is_waited_for(self, lane: Lane, asked_for: float) -> bool:
        """Report whether a lane has records that are not fetched yet, and has not been silent for too long."""
        if lane.waiting:
            return False
        if lane.unread is None:
            lane.unread = self._unread(lane.name)
        if lane.late or not lane.unread:
            lane.silent = 0.0
            return False
        lane.silent += asked_for
        return lane.silent < LONGEST

    def _run(self, lane: Lane, end: Instant) -> None:
        """Apply the fetched records of a lane that are older than `end`."""
        while lane.waiting:
            batch, agent = lane.waiting[0]
            if lane.head is not None:
                self._come = max(self._come, lane.head)
            most = AS_ONE - self._together
            found = self._apply(batch, agent, lane.place, end, most)
            if found is None:  # the partition was taken away
                lane.waiting.clear()
                return
            went, (lane.place, at) = found[0] - lane.place, found
            if end > -NEVER:  # records that are no events belong to no step
                self._together = (self._together + went) % AS_ONE
            if lane.place < len(batch.records):
                lane.head = at if at < NEVER else None
                return
            lane.head = lane.unread = None
            lane.waiting.popleft()
            lane.place = 0


def _first_of(ready: list[Lane]) -> tuple[Lane, Instant]:
    """Return the lane whose turn it is, and up to which instant."""
    exact = min((lane for lane in ready if lane.exact), key=_head_of, default=None)
    if exact is None:
        return _first_in_step(ready)
    before = [lane for lane in ready if not lane.exact and _head_of(lane) <= _head_of(exact)]
    if not before:
        others = (_head_of(lane) for lane in ready if lane is not exact)
        return exact, max(_head_of(exact) + 1, min(others, default=NEVER))
    first, end = _first_in_step(before)
    return first, min(end, _head_of(exact) + 1)


def _first_in_step(ready: list[Lane]) -> tuple[Lane, Instant]:
    first = min(ready, key=Lane.turn)
    return first, min((_up_to(first, lane) for lane in ready if lane is not first), default=NEVER)


def _head_of(lane: Lane) -> Instant:
    return lane.head or 0


def _up_to(lane: Lane, other: Lane) -> Instant:
    """Return the instant up to which one lane goes before another."""
    step = _head_of(other) // STEP
    return (step + (lane.rank < other.rank)) * STEP
