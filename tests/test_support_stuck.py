"""The signal `support-stuck`: tickets that are open too long, and what is stored of their priority."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import DAY, HOUR, Instant, instant
from retention.features.tickets.feature import TICKETS as FEATURE
from retention.features.tickets.section import TICKETS, tickets_seen
from retention.liveness import Sources
from retention.policy import Policy
from retention.signals.base import View
from retention.signals.support_stuck import SUPPORT_STUCK
from retention.state.customer import Customer, newcomer
from tests.building import Log, at, in_order, line
from tests.playing import DECODERS, Outcome, Run, play


def told(outcome: Outcome) -> list[tuple[str, str, str | None, str]]:
    """Return transition, severity, cause and time of the statements about the signal."""
    return [
        (s.transition, s.severity, s.cause, f"{(s.cleared_at or s.raised_at):%m-%d %H}")
        for s in outcome.signals("support-stuck")
    ]


def opened(day: float, ticket: str = "t-1", priority: str = "normal", log: Log | None = None) -> Log:
    return (log or Log()).add("ticket.opened", day, ticket_id=ticket, topic="billing", priority=priority)


#  hours     0          24         72             7 days
#  high      opened     low        medium         high (a week after it was raised)


def test_a_ticket_of_high_priority_is_stuck_after_its_target_and_clearly_so_after_three_days() -> None:
    outcome = play(opened(1, priority="high").lines(), at(9.5))

    assert told(outcome) == [
        ("raised", "low", None, "01-03 00"),
        ("escalated", "medium", None, "01-03 00"),
        ("escalated", "high", None, "01-03 00"),
    ]
    texts = [s.explanation.en for s in outcome.signals()]
    assert texts[0] == "A ticket on billing has been open for 24 h; target 24 h"
    assert texts[1] == "A ticket on billing has been open for 72 h; target 24 h"


@pytest.mark.parametrize(("priority", "since"), [("urgent", "01-02 08"), ("high", "01-03 00"), ("low", "01-05 00")])
def test_each_priority_has_its_target(priority: str, since: str) -> None:
    assert told(play(opened(1, priority=priority).lines(), at(4.1)))[0][3] == since


def test_a_ticket_that_is_solved_within_its_target_is_never_stuck() -> None:
    log = opened(1, priority="high").solves(1.9, "t-1")

    assert told(play(log.lines(), at(20))) == []


def test_a_solution_ends_it_at_its_instant() -> None:
    outcome = play(opened(1).solves(5.5, "t-1").lines(), at(20))

    assert told(outcome) == [("raised", "low", None, "01-05 00"), ("cleared", "low", "recovered", "01-06 12")]


@pytest.mark.parametrize(("priority", "hours"), [("normal", 120), ("high", 72), ("urgent", 72)])
def test_a_wait_is_grave_when_it_lasts(priority: str, hours: int) -> None:
    by = at(1 + hours / 24)
    before, after = (play(opened(1, priority=priority).lines(), by + timedelta(minutes=minutes)) for minutes in (-1, 1))

    assert [one[:2] for one in told(before)] == [("raised", "low")]
    assert [one[:2] for one in told(after)] == [("raised", "low"), ("escalated", "medium")]


def test_a_second_escalation_is_enough() -> None:
    log = opened(1).add("ticket.escalated", 1.25, ticket_id="t-1").add("ticket.escalated", 1.5, ticket_id="t-1")

    (signal,) = play(log.lines(), at(2)).signals("support-stuck")

    assert (signal.severity, signal.raised_at) == ("medium", at(1.5))
    assert signal.explanation.en == "A ticket on billing was escalated 2 times and has been open for 12 h"
    assert signal.evidence == ["c-1-e00001", "c-1-e00002", "c-1-e00003"]


def test_a_ticket_that_is_opened_again_waits_anew() -> None:
    log = opened(1).solves(3, "t-1").add("ticket.reopened", 10, ticket_id="t-1")

    assert told(play(log.lines(), at(12.9))) == []
    assert told(play(log.lines(), at(13.1))) == [("raised", "low", None, "01-14 00")]


def test_a_solution_of_one_ticket_leaves_the_other_one_stuck() -> None:
    log = opened(2, "t-2", log=opened(1)).solves(6, "t-1").solves(7, "t-2")

    assert told(play(log.lines(), at(10))) == [
        ("raised", "low", None, "01-05 00"),
        ("cleared", "low", "recovered", "01-08 00"),
    ]


def test_what_was_solved_in_time_makes_nothing_more_severe() -> None:
    """The first one is past its target and solved before 72 hours; the other one has waited for a day."""
    log = opened(2, "t-2", "high", opened(1, priority="high")).solves(3.5, "t-1")

    assert [one[:2] for one in told(play(log.lines(), at(4.9)))] == [("raised", "low")]


def test_a_ticket_of_which_nothing_is_heard_is_no_longer_watched_after_thirty_days() -> None:
    outcome = play(opened(1).lines(), at(50))

    assert told(outcome)[-1][0::3] == ("cleared", "02-01 00")


def test_an_escalation_after_that_is_another_wait() -> None:
    log = opened(1).add("ticket.escalated", 20, ticket_id="t-1").add("ticket.escalated", 60, ticket_id="t-1")

    days = [one[0::3] for one in told(play(log.lines(), at(61)))]

    assert days == [
        ("raised", "01-05 00"),
        *[("escalated", "01-05 00")] * 2,
        ("cleared", "02-20 00"),
        ("raised", "03-01 00"),
    ]


def test_it_says_the_same_in_whatever_order_events_come() -> None:
    log = opened(1, priority="high").add("ticket.escalated", 2, ticket_id="t-1").solves(6, "t-1")
    log.add("ticket.opened", 7, ticket_id="t-1", topic="export", priority="urgent")
    states, said = set(), set()

    for events in permutations(log.events):
        outcome = play([line(event) for event in [*events, events[0]]], at(7), run=Run(batch=1, restart_every=1))
        (customer,) = (one for _, one in outcome.partition_states[0].customers.every())  # type: ignore[attr-defined]
        states.add(customer.part(TICKETS.id))
        said |= {tuple(outcome.open_signals())}

    assert (len(states), said) == (1, {()})


def test_the_first_opening_says_the_topic_and_the_priority_whatever_comes_first() -> None:
    log = opened(3, priority="urgent")
    log.add("ticket.opened", 2, ticket_id="t-1", topic="export", priority="low")

    outcome = play(log.lines(), at(4))

    (customer,) = (one for _, one in outcome.partition_states[0].customers.every())  # type: ignore[attr-defined]
    assert [(ticket.topic, ticket.priority) for ticket in tickets_seen(customer).values()] == [("export", "")]


def test_an_escalation_that_is_read_ahead_is_no_reason_for_what_was_before() -> None:
    log = opened(1, priority="high").add("ticket.escalated", 3, ticket_id="t-1")

    raised, escalated = play(log.lines(), at(5)).signals("support-stuck")

    assert (raised.raised_at, raised.evidence) == (at(2), ["c-1-e00001"])
    assert escalated.evidence == ["c-1-e00001", "c-1-e00002"]


@pytest.mark.parametrize("ahead", [1, 4, 100])
def test_a_solution_that_is_read_ahead_hides_nothing(ahead: int) -> None:
    """A second ticket is stuck, too, and both are solved before event time comes to it."""
    log = opened(8, "t-2", "high", opened(1)).solves(5, "t-1").solves(12, "t-2")

    outcome = play(in_order(log).lines(), at(20), run=Run(batch=ahead))

    assert [one[0::3] for one in told(outcome)] == [
        ("raised", "01-05 00"),
        ("cleared", "01-06 00"),
        ("raised", "01-10 00"),
        ("escalated", "01-10 00"),
        ("cleared", "01-13 00"),
    ]


steps = st.tuples(
    st.sampled_from(["opened", "solved", "reopened", "escalated"]), st.sampled_from("abc"), st.integers(0, 60)
)


def says(customer: Customer, as_of: Instant) -> tuple[Instant, list[tuple[object, ...]]]:
    """Return what the signal says about a customer as of an instant."""
    policy = Policy()
    view = View("c-1", customer, policy, SUPPORT_STUCK.tuned(policy), as_of, as_of, Sources())
    found: list[tuple[object, ...]] = [
        (one.start, one.end, one.harsher, one.evidence, one.as_of(as_of).observed)
        for one in SUPPORT_STUCK.stretches(view)
    ]
    return SUPPORT_STUCK.quiet_until(view), found


@given(st.lists(steps, max_size=12), st.integers(0, 90))
def test_whoever_was_asked_about_before_is_judged_as_one_who_was_not(
    told: list[tuple[str, str, int]], day: int
) -> None:
    """Events come in any order. What was derived from the tickets before each of them is gone after it."""
    policy, asked, other = Policy(), newcomer(), newcomer()
    log = Log()
    for kind, ticket, days in told:
        log.add(f"ticket.{kind}", days, ticket_id=ticket, topic="billing")
    for event in map(DECODERS["tickets"].decode, log.lines()):
        happened = instant(event.occurred_at)
        for customer in (asked, other):
            FEATURE.cases[event.type].fold(customer, event, happened, policy)
        says(asked, instant(at(day)) - HOUR)

    assert says(asked, instant(at(day))) == says(other, instant(at(day)))
    assert says(asked, instant(at(day)) + 40 * DAY) == says(other, instant(at(day)) + 40 * DAY)
