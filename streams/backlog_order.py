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

A lane (one partition of a topic) that has records which are not fetched yet is waited for: its next one may be the
oldest of all. Here `x` waits until `s1` has come, although a small topic is fetched long before a large one.

Reason: what a customer did stands in several topics. If each were read at its own speed, a small topic would be done
while a large one has months to go: a cancellation would end a subscription that nobody knows of yet, and outputs would
depend on what happened to be fetched first. In this order they follow from the records alone, whatever dies when.

Exceptions: at the end of the log no lane waits, because nothing is unread. A lane that has records and gives none for a
minute is passed over. Live, a record that is later than lateness allows is applied when it comes. Records of `exact`
lanes (requests to be forgotten) stand at their very instant: behind all that happened up to it, before all that
happened later (docs/decisions/0023, 0032).
"""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Protocol

from aiokafka.structs import ConsumerRecord

from retention.calendar import HOUR, NEVER, Instant
from streams.batch import Batch

STEP: Final = 6 * HOUR
"""Of event time. Topics take turns once in so long, in the order in which they are listed: the shorter, the smaller the
batches (docs/decisions/0023)."""
LONGEST: Final = 60.0
"""Seconds that a lane is waited for which has records and gives none. One that gives is waited for, however long it
takes to work off what it gives. A broker that dies is replaced within ten by default, and whoever hears nothing for 45
has lost its partitions: what they read after that begins at the last commit, in order."""
LOOK: Final = 1.0
"""Seconds that count between two looks at the lanes, at most: a worker that was stopped, or busy, asked nobody."""

AS_ONE: Final = 5_000
"""Records of a step that stay together in one commit: what they say of one customer is said once, wherever a worker
dies (docs/decisions/0030). The more, the longer a commit waits, and the more is done again after a death."""

AT_ONCE: Final = 0.05
"""Seconds of work before the network is looked at again: heartbeats and the web page share this loop. 20 ms cost a
tenth of a worker's CPU (docs/decisions/0023)."""


class Stepping(Protocol):
    """An agent that can stop before a record, and go on there."""

    def until(self, records: Sequence[ConsumerRecord], start: int, owner: Any, end: Instant) -> tuple[int, Instant]:  # noqa: ANN401 - any owner
        """Apply records from a place on, up to the first event of `end` or later; return its place and instant.

        Where there is none, these are the number of records, and NEVER.
        """


class Lane:
    """One lane of these: what was fetched of it and is not applied."""

    def __init__(self, name: str, rank: int, *, exact: bool) -> None:
        self.name, self.rank, self.exact = name, rank, exact
        self.waiting: deque[tuple[Batch, Stepping]] = deque()
        self.place = 0
        """How many records of the first batch are applied."""
        self.head: Instant | None = None
        """When the next one happened, if that is known."""
        self.late = False
        """Whether its last record came, live, later than lateness allows: nobody waits for the next."""
        self.silent = 0.0
        """For how many seconds it was waited for and gave nothing."""

    def turn(self) -> tuple[int, int]:
        """Return the place of its next record in the order of all: its step, and the rank of its topic."""
        return (_head_of(self) // STEP, self.rank)


class BacklogOrder:
    """The lanes of one partition number that are read together.

    `ranks` says which comes first of what happened within the same step; lanes that `take` is never given are worked
    off by others, and waited for. `unread` tells whether a lane has records that are not applied, as far as anybody
    knows; `apply` lets an agent work on a part of a batch, of so many records at most; `pass_time` lets time pass up to
    the step that begins, and tells whether there is more to pass; `clock` gives seconds; `lateness` is in microseconds;
    `is_live` tells of the newest event whether it is of today: then the days go on beside a history that is filled in.
    Records of `exact` lanes are applied behind all that happened up to their instant, and before all that happened
    later.
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
        """Whether there is more to do than was done at once."""
        self.stops = False
        """Whether to go no further than to the next place where a commit may be."""
        self._together = 0
        """Records that were applied since the last such place."""
        self._looked = clock()
        self._begun: Instant = -NEVER
        self._passing = False
        self._come: Instant = -NEVER
        """The newest event that was let through."""

    def resume(self, come: Instant) -> None:
        """Go on where time has come to: what is older than its step flows on as it would have."""
        self._begun = come // STEP * STEP

    def take(self, batch: Batch, agent: Stepping) -> None:
        """Take in a batch, behind those of its lane that wait."""
        lane = self.lanes[batch.lane]
        lane.waiting.append((batch, agent))
        lane.silent = 0.0

    def let_go(self) -> None:
        """Drop what waits: the partition is not ours any more."""
        for lane in self.lanes.values():
            lane.waiting.clear()
        self.busy = self._passing = False

    def gave(self, name: str) -> None:
        """Take note that others have worked off something of a lane."""
        if name in self.lanes:
            self.lanes[name].silent = 0.0

    def go(self) -> bool:
        """Apply the records whose turn it is, for a while; report whether any were. Stays `busy` if more are left."""
        went, until = False, self._clock() + AT_ONCE
        self.busy = True
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
        """Report whether a commit may be here: it cuts no step of a backlog in two, but for a long one in equal pieces.

        So what a commit says once is of the log, and not of when it was made. Live, nobody waits.
        """
        return not self._together or self._is_live(self._come) or not any(map(self._unread, self.lanes))

    def _is_passing(self) -> bool:
        """Let time pass before what is read next, a go at a time; report whether there is more to pass."""
        if self._passing:
            self._passing = self._pass_time()
        return self._passing

    def begun(self) -> Instant:
        """Return the instant before which all that is known of is applied; NEVER if nothing is left to apply.

        While there is a backlog time passes from step to step, whatever is fetched or committed when: so what it tells
        is of the log alone.
        """
        return self._begun if any(map(self._unread, self.lanes)) else NEVER

    def known(self) -> list[str]:
        """Return the lanes whose next record is known not to be older than that."""
        return [lane.name for lane in self.lanes.values() if lane.waiting and not lane.late]

    def _next(self) -> tuple[Lane, Instant] | None:
        """Return the lane whose turn it is, and up to when; None if all wait, nothing is left, or time has to pass."""
        lanes, asked_for = self.lanes.values(), self._asked_for()
        for lane in lanes:
            self._look(lane)
            if lane.waiting and lane.late:
                return lane, self._come - self._lateness
            if lane.exact and self._is_waited_for(lane, asked_for):
                return None  # what is no event of the others would be worked off before it is known what is asked here
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
        """Return for how long lanes were asked since the last look."""
        before, self._looked = self._looked, self._clock()
        return min(self._looked - before, LOOK)

    def _look(self, lane: Lane) -> None:
        """See when the next record of a lane happened: what is no event has no time, and is worked off."""
        while lane.waiting and lane.head is None:
            self._run(lane, -NEVER)
        if lane.head is not None:
            lane.late = lane.head < self._come - self._lateness and self._is_live(self._come)

    def _is_waited_for(self, lane: Lane, asked_for: float) -> bool:
        """Report whether a lane has records that are not here, and gives them."""
        if lane.waiting:
            return False
        if lane.late or not self._unread(lane.name):
            lane.silent = 0.0
            return False
        lane.silent += asked_for
        return lane.silent < LONGEST

    def _run(self, lane: Lane, end: Instant) -> None:
        """Apply what a lane has of before an instant, as far as it was fetched."""
        while lane.waiting:
            batch, agent = lane.waiting[0]
            if lane.head is not None:
                self._come = max(self._come, lane.head)
            most = AS_ONE - self._together
            found = self._apply(batch, agent, lane.place, end, most)
            if found is None:  # the partition is not ours any more
                lane.waiting.clear()
                return
            went, (lane.place, at) = found[0] - lane.place, found
            if end > -NEVER:  # what is no event is worked off as it comes, and is of no step
                self._together = (self._together + went) % AS_ONE
            if lane.place < len(batch.records):
                lane.head = at if at < NEVER else None
                return
            lane.head = None
            lane.waiting.popleft()
            lane.place = 0


def _first_of(ready: list[Lane]) -> tuple[Lane, Instant]:
    """Return whose turn it is of these lanes, and up to which instant it has it."""
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
    """Return up to which instant a lane goes before another one."""
    step = _head_of(other) // STEP
    return (step + (lane.rank < other.rank)) * STEP
