"""However far ahead of event time or late events are read, a signal says the same, and no two episodes share an id.

event time    |      1         2         3 …       each statement at its instant
read          |  e   e    e                        by time alone, 10 minutes ahead, a day ahead, or all at first
"""

from copy import deepcopy
from typing import Any, NamedTuple

import pytest

from retention.calendar import DAY, SECOND, Instant, instant
from retention.engine.partition_state import PartitionState
from retention.policy import Policy
from retention.signals import SIGNALS
from retention.signals.base import Signal
from schemas.families import TOPIC_OF
from tests.building import Log, at, in_order, line, text
from tests.playing import DECODERS, Shelf, play
from tests.test_signals import STORIES, policy_of

MINUTES = 1 / 24 / 60
AHEAD = [0.0, 10 * MINUTES, 1.0, 400.0]
"""Days by which event time lags behind what is read."""

Told = list[tuple[float, str, str, str | None]]


class Case(NamedTuple):
    """A log, and what one signal says about it: day, transition, severity, cause."""

    signal: str
    log: Log
    told: Told


def said(log: Log, signal: str, ahead: float, until: float = 200) -> list[Any]:
    """Return the statements of a signal, as they come if event time lags so many days behind what is read."""
    state, found = PartitionState(Policy(), Shelf()), list[Any]()
    now: list[Instant] = [instant(at(0)) - 100 * DAY]

    def pass_to(then: Instant) -> None:
        while now[0] < then:
            now[0] = min(then, now[0] + DAY)
            state.advance(now[0])
            found.extend(state.take_statements())

    for offset, event in enumerate(in_order(log).events):
        topic = TOPIC_OF[event["type"]]
        read = DECODERS[topic].decode(line(event))
        happened = instant(read.occurred_at)
        pass_to(max(now[0], happened - int(ahead * DAY) - 1))
        state.observe(read, happened, topic, offset)
    pass_to(instant(at(until)))
    return [one for one in found if one.type.startswith("churn_signal.") and one.body.signal == signal]


def carts(*steps: tuple[float, str]) -> Log:
    log = Log()
    for day, what in steps:
        if what == "order":
            log.buys(day, f"o-{day}")
        else:
            log.add("cart.abandoned", day, cart_id=what)
    return log


def seats(*steps: tuple[float, int, int]) -> Log:
    log = Log()
    for day, paid, active in steps:
        log.add("seats.changed", day, paid=paid, active=active)
    return log


def mailed(clicked: float, looked: float) -> Log:
    log = Log().add("message.clicked", clicked, message_id="c")
    for number in range(9):
        log.add("message.delivered", 1 + 5 * number, message_id=f"m{number}")
    return log.add("message.opened", looked, message_id="m8")


def posts(*days: float) -> Log:
    log = Log()
    for day in days:
        log.add("community.posted", day)
    return log


CASES = {
    "two carts within the disorder of a worker": Case(
        "cart-abandoned",
        carts((1, "k-1"), (1 + 3 * MINUTES, "order"), (1 + 6 * MINUTES, "k-2")),
        [(1, "raised", "low", None), (1.0021, "cleared", "low", "recovered"), (1.0042, "raised", "low", None)],
    ),
    "two carts in one day": Case(
        "cart-abandoned",
        carts((1, "k-1"), (1.2, "order"), (1.5, "k-2")),
        [(1, "raised", "low", None), (1.2, "cleared", "low", "recovered"), (1.5, "raised", "low", None)],
    ),
    "a fall of seats that recovers, and seats that are few since the same statement": Case(
        "seat-underuse",
        seats((31, 10, 5), (45, 20, 1), (50, 20, 9)),
        [(45, "raised", "low", None), (50, "cleared", "low", "recovered"), (59, "raised", "low", None)],
    ),
    "two complaints of one day": Case(
        "feedback-unanswered",
        Log()
        .add("feedback.submitted", 0, kind="complaint", topic="t", feedback_id="a")
        .add("feedback.submitted", 0.3, kind="complaint", topic="t", feedback_id="b")
        .add("feedback.answered", 2.2, feedback_id="a"),
        [(2, "raised", "low", None), (2.2, "cleared", "low", "recovered"), (2.3, "raised", "low", None)],
    ),
    "a step that is overdue, and a slow start on the same day": Case(
        "onboarding-stalled",
        Log()
        .starts(0)
        .login(0.1, 30)
        .add("milestone.reached", 0.2, milestone="a", next_milestone="b", next_due_at=text(at(0.5)))
        .add("milestone.reached", 5, milestone="b"),
        [(3.5, "raised", "low", None), (5, "cleared", "low", "recovered"), (7, "raised", "low", None)],
    ),
    "a visit that drops the beginning of a customer": Case(
        "community-silence",
        posts(8, 56.99, 60, 62.25, 63.25, 129.5),
        [(122, "raised", "low", None), (129, "cleared", "low", "recovered")],
    ),
    "an opening on the day on which ignored e-mails are said": Case(
        "email-disengaged",
        mailed(0.3, 61.003),
        [(61, "raised", "low", None), (61, "cleared", "low", "recovered")],
    ),
    "an opening on the day on which it becomes more severe": Case(
        "email-disengaged",
        mailed(0.3, 91.4),
        [(61, "raised", "low", None), (91, "escalated", "medium", None), (91, "cleared", "medium", "recovered")],
    ),
}


@pytest.mark.parametrize("ahead", AHEAD)
@pytest.mark.parametrize("name", CASES)
def test_what_is_read_ahead_changes_nothing(name: str, ahead: float) -> None:
    signal, log, told = CASES[name]

    found = said(log, signal, ahead)

    days = [(one.at - instant(at(0))) / DAY for one in found]
    shown = [
        (round(day, 4), one.body.transition, one.body.severity, one.body.cause)
        for day, one in zip(days, found, strict=True)
    ]
    assert shown[: len(told)] == told
    raised = [one.body.episode for one in found if one.body.transition == "raised"]
    assert len(raised) == len(set(raised))


@pytest.mark.parametrize("ahead", AHEAD)
def test_how_long_a_main_user_is_away_does_not_depend_on_whether_its_return_is_known(ahead: float) -> None:
    log = Log()
    for day in range(35):
        log.add("feature.used", day, feature="a", user_id="u-2", count=2)
        if day < 30:
            log.add("feature.used", day, feature="a", user_id="u-1", count=5)
    log.add("feature.used", 61.5, feature="a", user_id="u-1")

    found = said(log, "champion-gone", ahead, until=70)

    days = [one.body.observed.get("days_without_main_user") for one in found]
    assert days == [14, 28, None]


def said_if_late(signal: Signal, late: int, reached: Instant) -> list[tuple[int, str, str]]:
    """Return what a signal says about its story if event time has reached an instant before one of its last events.

    Each statement has its second: what was found late ends at the instant that event time has reached.
    """
    state, found = PartitionState(policy_of(signal), Shelf()), list[Any]()
    events = in_order(deepcopy(STORIES[signal.name])).events
    for offset, event in enumerate(events):
        topic = TOPIC_OF[event["type"]]
        read = DECODERS[topic].decode(line(event))
        if offset == len(events) - late:
            state.advance(reached)
        state.observe(read, instant(read.occurred_at), topic, offset)
        found += state.take_statements()
    while state.watermark < instant(at(60)):
        state.advance(min(instant(at(60)), max(state.watermark, instant(at(-1))) + DAY))
        found += state.take_statements()
    told = [one for one in found if one.type.startswith("churn_signal.") and one.body.signal == signal.name]
    return [(round(one.at / SECOND), one.body.transition, one.body.severity) for one in told]


@pytest.mark.parametrize("late", [1, 2, 5])
@pytest.mark.parametrize("signal", [one for one in SIGNALS if not one.is_opportunity], ids=lambda one: one.name)
def test_an_event_read_at_the_instant_of_a_raising_is_like_one_read_just_before(signal: Signal, late: int) -> None:
    outcome = play(STORIES[signal.name].lines(), at(60), policy_of(signal))
    raised = [instant(one.raised_at) for one in outcome.signals(signal.name) if one.transition == "raised"]

    assert raised
    for moment in raised[:3]:
        assert said_if_late(signal, late, moment) == said_if_late(signal, late, moment - 1)


def said_in_slices(log: Log, fired: int) -> list[tuple[str, str, int, str]]:
    """Return the signals if the last event is read once so many timers have fired, a second ahead of its time."""
    state, found = PartitionState(Policy(), Shelf()), list[Any]()
    *events, last = in_order(log).events
    for event in events:
        read = DECODERS[TOPIC_OF[event["type"]]].decode(line(event))
        state.observe(read, instant(read.occurred_at), TOPIC_OF[event["type"]], None)
    read = DECODERS[TOPIC_OF[last["type"]]].decode(line(last))
    happened = instant(read.occurred_at)
    state.advance(happened - SECOND, limit=fired)
    state.observe(read, happened, TOPIC_OF[last["type"]], None)
    state.advance(instant(at(90)))
    found += state.take_statements()
    told = [one for one in found if one.type.startswith("churn_signal.")]
    return sorted((one.body.signal, one.body.transition, one.at, one.body.severity) for one in told)


def test_an_event_read_between_two_timers_changes_nothing() -> None:
    log = Log().starts(0, status="past_due").login(0.5, 12).asks(19, "t-1").starts(58)

    whole = said_in_slices(log, 1_000)

    assert {"payment-failing", "support-stuck"} <= {signal for signal, *_ in whole}
    assert [said_in_slices(log, fired) for fired in range(1, 60)] == [whole] * 59
