"""Lanes are read side by side in time; nobody waits for one that has nothing, or gives nothing."""

from collections import deque
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streams.in_step import LONGEST, PATIENCE, STEP_MS, InStep, steps
from streams.records import LogRecord


class Lanes:
    """Lanes with records of these times (in steps), of which nothing was fetched, and a clock that a test sets."""

    def __init__(self, **times: list[float]) -> None:
        self.now = 0.0
        self.left = {lane: deque(steps(records(*of_lane), 3)) for lane, of_lane in times.items()}
        self.waiting: dict[str, deque[list[LogRecord]]] = {lane: deque() for lane in times}
        self.in_step = InStep(times, lambda lane: bool(self.left[lane]), lambda: self.now)

    def fetch(self, lane: str) -> None:
        batch = self.left[lane].popleft()
        self.in_step.fetched(lane, batch)
        self.waiting[lane].append(list(batch))

    def apply(self, lane: str) -> list[LogRecord]:
        self.in_step.applied(lane)
        return self.waiting[lane].popleft()

    def may_go(self, lane: str) -> bool:
        return bool(self.waiting[lane]) and self.in_step.may_go(lane, self.waiting[lane][0])


def records(*times: float) -> list[LogRecord]:
    return [LogRecord("t", 0, n, int(at * STEP_MS), None, None, ()) for n, at in enumerate(times)]


def test_a_lane_that_is_ahead_waits_for_one_that_has_more_to_read() -> None:
    lanes = Lanes(cancellations=[5], logins=[1, 3, 6])
    lanes.fetch("cancellations")
    assert not lanes.may_go("cancellations")

    went = []
    for _ in range(3):
        lanes.fetch("logins")
        assert lanes.may_go("logins")
        lanes.apply("logins")
        went.append(lanes.may_go("cancellations"))

    assert went == [False, False, True]


def test_nobody_waits_for_a_lane_that_is_read_to_its_end() -> None:
    lanes = Lanes(cancellations=[5], logins=[])
    lanes.fetch("cancellations")

    assert lanes.may_go("cancellations")


def test_nobody_waits_long_for_a_lane_whose_broker_is_away() -> None:
    lanes = Lanes(cancellations=[5], logins=[1])
    lanes.fetch("cancellations")

    assert not lanes.may_go("cancellations")
    lanes.now = PATIENCE
    assert lanes.may_go("cancellations")


def test_nobody_waits_for_ever_for_a_lane_whose_clock_is_wrong() -> None:
    lanes = Lanes(cancellations=[5, 6], logins=[1, 1, 1, 1, 1, 1, 1])
    lanes.fetch("cancellations")

    for second in range(int(LONGEST)):
        lanes.now = second
        assert not lanes.may_go("cancellations")
        if not lanes.waiting["logins"]:
            lanes.fetch("logins")
    lanes.now = LONGEST
    assert lanes.may_go("cancellations")
    assert not lanes.may_go("cancellations")


def test_what_is_not_kept_in_step_goes_at_once() -> None:
    lanes = Lanes(logins=[1])

    lanes.in_step.fetched("privacy", records(9))
    assert lanes.in_step.may_go("privacy", records(9))
    lanes.in_step.applied("privacy")


times = st.lists(st.floats(0, 30), max_size=25).map(sorted)


@given(times, times, times, st.integers())
def test_everything_is_applied_and_no_lane_runs_ahead_by_more_than_a_step(
    a: list[float], b: list[float], c: list[float], seed: int
) -> None:
    lanes, dice = Lanes(a=a, b=b, c=c), Random(seed)
    applied = 0
    for _ in range(2_000):
        lane = dice.choice("abc")
        if lanes.left[lane] and dice.random() < 0.5:
            lanes.fetch(lane)
        elif lanes.may_go(lane):
            begins = lanes.waiting[lane][0][0].timestamp
            applied += len(lanes.apply(lane))
            for other in {*"abc"} - {lane}:
                behind = [*lanes.waiting[other], *lanes.left[other]]
                assert not behind or behind[0][0].timestamp >= begins - STEP_MS

    assert applied == len(a) + len(b) + len(c)


@given(st.lists(st.floats(0, 30)), st.integers(1, 5))
def test_batches_are_the_records_in_their_order_and_span_no_more_than_a_step(times: list[float], most: int) -> None:
    cut = list(steps(records(*times), most))

    assert [one for batch in cut for one in batch] == records(*times)
    assert all(1 <= len(batch) <= most for batch in cut)
    assert all(batch[-1].timestamp <= batch[0].timestamp + STEP_MS for batch in cut)
