"""The topics of a partition number are read as one log; a lane without records is not waited for."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import DAY, NEVER, Instant
from streams import backlog_order
from streams.backlog_order import AT_ONCE, LONGEST, STEP, BacklogOrder, Stepping
from streams.batch import Batch

LATENESS = 2 * DAY
REFUSED = -1.0
"""In place of a time: a record that is no event."""


class Lanes:
    """Lanes with records of these times (in steps), of which nothing was fetched, and a clock that a test sets."""

    def __init__(self, *exact: str, **times: Sequence[float]) -> None:
        self.now, self.takes = 0.0, 0.0
        """The clock, and for how long an agent works on whatever it is given."""
        self.live, self.exact = False, exact
        self.left = {lane: deque(of_lane) for lane, of_lane in times.items()}
        self.waiting = dict.fromkeys(times, 0)
        self.applied: list[tuple[str, float]] = []
        self.passed: list[int] = []
        self.begun: list[int] = []
        """In which step each of these was applied."""
        self.backlog = self.begin()
        self.fetched: dict[str, list[float]] = {lane: [] for lane in times}

    def begin(self) -> BacklogOrder:
        ranks = {lane: rank for rank, lane in enumerate(self.left)}
        seconds, live = (lambda: self.now), (lambda _: self.live)
        return BacklogOrder(ranks, self.unread, self.apply, self.pass_time, seconds, LATENESS, live, self.exact)

    def restart(self) -> None:
        """Lose what waits, and read it again, from where everything was applied."""
        for lane, number in self.waiting.items():
            again = self.fetched[lane][len(self.fetched[lane]) - number :]
            self.left[lane].extendleft(reversed(again))
            del self.fetched[lane][len(self.fetched[lane]) - number :]
        self.waiting = dict.fromkeys(self.waiting, 0)
        self.backlog = self.begin()
        if self.passed:
            self.backlog.resume(self.passed[-1] * STEP)

    def unread(self, lane: str) -> bool:
        return bool(self.left[lane]) or self.waiting[lane] > 0

    def apply(self, batch: Batch, agent: Stepping, place: int, end: Instant, most: int) -> tuple[int, Instant]:
        reached, at = agent.until(batch.records[: place + most], place, batch.lane, end)
        self.now += self.takes
        self.waiting[batch.lane] -= reached - place
        self.begun += [self.backlog.begun()] * (reached - place)
        return reached, at

    def until(self, records: Any, start: int, owner: Any, end: Instant) -> tuple[int, Instant]:
        """Work as an agent does."""
        for place in range(start, len(records)):
            at = round(records[place] * STEP)
            if records[place] != REFUSED and at >= end:
                return place, at
            self.applied.append((owner, records[place]))
        return len(records), NEVER

    def pass_time(self) -> bool:
        self.passed.append(self.backlog.begun() // STEP)
        return False

    def fetch(self, lane: str, number: int = 100) -> None:
        left = self.left[lane]
        times = [left.popleft() for _ in range(min(number, len(left)))]
        self.waiting[lane] += len(times)
        self.fetched[lane] += times
        records: Any = times  # a record is when it happened, in steps
        self.backlog.take(Batch(lane, lane, records, 0, len(times)), cast("Stepping", self))

    def times(self) -> list[float]:
        return [at for _, at in self.applied]


def test_a_cancellation_waits_for_the_subscription_that_it_ends() -> None:
    lanes = Lanes(subscriptions=[1, 30], cancellations=[20])
    lanes.fetch("cancellations")
    assert not lanes.backlog.run_ready()

    lanes.fetch("subscriptions")
    lanes.backlog.run_ready()

    assert lanes.applied == [("subscriptions", 1), ("cancellations", 20), ("subscriptions", 30)]


def test_of_the_same_step_the_first_in_the_list_goes_first() -> None:
    lanes = Lanes(subscriptions=[1.9], cancellations=[1.1])
    lanes.fetch("cancellations")
    lanes.fetch("subscriptions")
    lanes.backlog.run_ready()

    assert lanes.applied == [("subscriptions", 1.9), ("cancellations", 1.1)]


def test_a_request_to_be_forgotten_stands_where_it_was_made() -> None:
    lanes = Lanes("privacy", privacy=[1.5], subscriptions=[1.2, 1.5, 1.9], logins=[1.1, 1.6])
    for lane in ("privacy", "subscriptions", "logins"):
        lanes.fetch(lane)
    lanes.backlog.run_ready()

    assert lanes.times() == [1.2, 1.5, 1.1, 1.5, 1.9, 1.6]
    assert lanes.applied[3] == ("privacy", 1.5)


def test_nobody_waits_for_a_lane_that_is_read_to_its_end() -> None:
    lanes = Lanes(logins=[], cancellations=[5])
    lanes.fetch("cancellations")
    lanes.backlog.run_ready()

    assert lanes.times() == [5]


def test_nobody_waits_for_ever_for_a_lane_whose_broker_is_away() -> None:
    lanes = Lanes(logins=[1], cancellations=[5])
    lanes.fetch("cancellations")

    for second in range(round(LONGEST)):
        lanes.now = second
        lanes.backlog.run_ready()
        assert lanes.times() == []
    lanes.now = LONGEST
    lanes.backlog.run_ready()
    assert lanes.times() == [5]


def test_a_worker_that_was_stopped_has_not_waited() -> None:
    lanes = Lanes(logins=[1], cancellations=[5])
    lanes.fetch("cancellations")

    for hour in range(30):
        lanes.now = hour * 3_600
        lanes.backlog.run_ready()

    assert lanes.times() == []


def test_a_lane_that_gives_is_waited_for_however_long_it_takes() -> None:
    """A customer is erased only after its events are read (`cancellations` stands for the requests)."""
    lanes = Lanes(logins=[1] * 1_000, cancellations=[5, 6])
    lanes.fetch("cancellations")

    for second in range(0, 10_000, 10):
        assert set(lanes.times()) <= {1}
        lanes.now = second
        lanes.fetch("logins", 1)
        lanes.backlog.run_ready()

    assert lanes.times() == [*[1] * 1_000, 5, 6]


def test_a_lane_that_others_work_off_is_waited_for_as_long_as_they_do() -> None:
    lanes = Lanes(rekeyed=[1], logins=[5])
    lanes.fetch("logins")

    for second in range(300):
        lanes.now = second
        lanes.backlog.gave("rekeyed")
        lanes.backlog.run_ready()

    assert lanes.times() == []


def test_what_comes_later_than_is_waited_for_holds_nobody_up() -> None:
    """A history that is filled in: the days go on beside it."""
    lanes = Lanes(logins=[100, 101, 102], purchases=[1, 2, 3, 4])
    lanes.live = True
    lanes.left["purchases"].clear()
    lanes.fetch("logins", 1)
    lanes.backlog.run_ready()
    lanes.left["purchases"].extend([1, 2, 3, 4])

    lanes.fetch("purchases", 2)
    lanes.backlog.run_ready()
    lanes.fetch("logins", 2)
    lanes.backlog.run_ready()

    assert lanes.times() == [100, 1, 2, 101, 102]


def test_what_is_no_event_is_worked_off_at_once() -> None:
    lanes = Lanes(logins=[], cancellations=[REFUSED, REFUSED, 5])
    lanes.left["logins"].append(3)
    lanes.fetch("cancellations")
    lanes.backlog.run_ready()

    assert lanes.times() == [REFUSED, REFUSED]


def test_time_passes_before_what_a_step_brings() -> None:
    lanes = Lanes(logins=[1, 2, 3, 9], cancellations=[2, 8])
    for lane in ("logins", "cancellations"):
        lanes.fetch(lane)
    lanes.backlog.run_ready()

    assert lanes.passed == [1, 2, 3, 8, 9]


def test_what_is_read_by_others_at_once_is_waited_for() -> None:
    lanes = Lanes(rekeyed=[1], logins=[5])
    lanes.fetch("logins")
    lanes.backlog.run_ready()
    assert lanes.times() == []

    lanes.left["rekeyed"].clear()  # its own agent has it
    lanes.backlog.run_ready()
    assert lanes.times() == [5]


def test_what_takes_long_is_done_piece_by_piece() -> None:
    """Heartbeats share the loop that this runs in."""
    lanes = Lanes(logins=[1, 2, 3], cancellations=[1, 2, 3])
    lanes.fetch("logins")
    lanes.fetch("cancellations")
    lanes.takes = AT_ONCE

    pieces = 0
    while pieces == 0 or lanes.backlog.busy:
        before = len(lanes.applied)
        lanes.backlog.run_ready()
        assert len(lanes.applied) <= before + 1
        pieces += 1

    assert lanes.times() == [1, 1, 2, 2, 3, 3]


steps = st.lists(st.floats(0, 30) | st.just(REFUSED), max_size=25)
Times = Mapping[str, Sequence[float]]


def merged(times: Times) -> list[tuple[str, float]]:
    """Return the records, and their expected order: the least of the next ones, by step and lane, and so on."""
    left, found = {lane: deque(of_lane) for lane, of_lane in times.items()}, []
    ranks = {lane: rank for rank, lane in enumerate(times)}

    def refused() -> Iterator[str]:
        return (lane for lane, of_lane in left.items() if of_lane and of_lane[0] == REFUSED)

    while any(left.values()):
        lane = next(refused(), None) or min(
            (lane for lane in left if left[lane]), key=lambda lane: (left[lane][0] // 1, ranks[lane])
        )
        found.append((lane, left[lane].popleft()))
    return [one for one in found if one[1] != REFUSED]


@given(
    st.fixed_dictionaries({"a": steps.map(sorted), "b": steps.map(sorted), "c": steps}),
    st.integers(),
    st.sampled_from([0, AT_ONCE / 2, AT_ONCE, 10 * LONGEST]),
    st.sampled_from([0, LONGEST / 10, 10 * LONGEST]),
)
def test_whatever_is_fetched_when_and_however_slowly_it_is_applied_the_order_is_the_same(
    times: Times, seed: int, takes: float, sleeps: float
) -> None:
    """Also of what comes much later than lateness allows (`c`), and where a worker is stopped again and again."""
    lanes, dice = Lanes(**times), Random(seed)
    lanes.takes = takes
    for _ in range(1_000):
        lanes.now += sleeps * dice.random()
        lane = dice.choice("abc")
        if lanes.left[lane]:
            lanes.fetch(lane, dice.randrange(1, 10))
        if dice.random() < 0.5:
            lanes.backlog.run_ready()

    assert [one for one in lanes.applied if one[1] != REFUSED] == merged(times)
    assert len(lanes.applied) == sum(map(len, times.values()))
    assert lanes.passed == sorted(set(lanes.passed))


nearly = st.lists(st.floats(0, 30), max_size=25).map(lambda found: sorted(found, key=lambda at: at // 3))


@given(st.fixed_dictionaries({"a": nearly, "b": nearly, "c": nearly}), st.integers())
def test_wherever_it_starts_again_the_order_is_the_same(times: Times, seed: int) -> None:
    """Also where records of a lane are out of order by more than a step."""
    whole, lanes, dice = Lanes(**times), Lanes(**times), Random(seed)
    for lane in times:
        whole.fetch(lane)
    whole.backlog.run_ready()

    for _ in range(1_000):
        lane = dice.choice("abc")
        if lanes.left[lane]:
            lanes.fetch(lane, dice.randrange(1, 10))
        if dice.random() < 0.5:
            lanes.backlog.run_ready()
        if dice.random() < 0.1:
            lanes.restart()

    assert lanes.applied == whole.applied
    assert lanes.passed == whole.passed


@given(st.fixed_dictionaries({"a": nearly, "b": nearly, "c": nearly}), st.integers(), st.sampled_from([0, AT_ONCE / 2]))
def test_a_commit_cuts_a_step_nowhere_but_in_equal_pieces(times: Times, seed: int, takes: float) -> None:
    """However records were fetched: what one commit says once must not depend on that."""
    lanes, dice, committed = Lanes(**times), Random(seed), [0]
    lanes.takes = takes
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(backlog_order, "AS_ONE", PIECE)
        for _ in range(2_000):
            lane = dice.choice("abc")
            if lanes.left[lane]:
                lanes.fetch(lane, dice.randrange(1, 10))
            lanes.backlog.stops = lanes.backlog.stops or dice.random() < 0.3
            lanes.backlog.run_ready()
            if lanes.backlog.stops and lanes.backlog.is_whole():
                committed.append(len(lanes.applied))
                lanes.backlog.stops = False

    assert len(lanes.applied) == sum(map(len, times.values()))
    assert set(committed) <= {0, len(lanes.applied), *cuts(lanes.begun)}


PIECE = 4


def cuts(begun: Sequence[int]) -> Iterator[int]:
    """Return where a commit may be, from the step in which each record was applied."""
    since = 0
    for place in range(1, len(begun)):
        if begun[place] != begun[place - 1]:
            since = place
        if (place - since) % PIECE == 0:
            yield place


@given(
    st.fixed_dictionaries({"exact": steps, "b": steps, "c": steps}),
    st.integers(),
    st.sampled_from([0, AT_ONCE, 10 * LONGEST]),
)
def test_what_is_exact_comes_behind_what_happened_before_it(times: Times, seed: int, takes: float) -> None:
    """Also where records are out of order: then behind those of which the first that is left happened before it."""
    lanes, dice = Lanes("exact", **times), Random(seed)
    lanes.takes = takes
    for _ in range(1_000):
        lane = dice.choice(list(times))
        if lanes.left[lane]:
            lanes.fetch(lane, dice.randrange(1, 10))
        if dice.random() < 0.5:
            lanes.backlog.run_ready()

    whole = Lanes("exact", **times)
    for lane in times:
        whole.fetch(lane)
    whole.backlog.run_ready()
    events = [one for one in lanes.applied if one[1] != REFUSED]
    assert events == [one for one in whole.applied if one[1] != REFUSED]
    for place, (lane, at) in enumerate(events):
        if lane == "exact":
            heads = dict(reversed(events[place + 1 :]))
            assert all(heads.get(other, at + 1) > at for other in ("b", "c"))
