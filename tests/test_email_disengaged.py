"""`email-disengaged`: who has ignored e-mails for how long, and what ends it."""

from datetime import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import instant
from retention.policy import Policy, SignalPolicy
from retention.signals.email_disengaged import EMAIL_DISENGAGED
from tests.building import Log, at, line
from tests.playing import Outcome, Run, play
from tests.quiet import require_quiet

TUNED = Policy()
WEEKLY = tuple(range(3, 60, 7))
"""Nine days of e-mails within two months after day 0."""


def mails(*days: float, log: Log | None = None, kind: str = "delivered", **fields: Any) -> Log:
    log = log if log is not None else Log()
    for day in days:
        log.add(f"message.{kind}", day, message_id=f"m-{day}", **fields)
    return log


def clicks(*days: float, log: Log | None = None, **fields: Any) -> Log:
    return mails(*days, log=log, kind="clicked", **fields)


def told(outcome: Outcome) -> list[tuple[str, str, int]]:
    """Return transition, severity and day since the start of the statements about the signal."""
    found = outcome.signals("email-disengaged")
    return [(s.transition, s.severity, ((s.cleared_at or s.raised_at) - at(0)).days) for s in found]


def test_two_months_of_ignored_emails_raise_it_by_time_alone() -> None:
    outcome = play(mails(*WEEKLY, log=clicks(0)).lines(), at(70))

    (signal,) = outcome.signals("email-disengaged")
    assert told(outcome) == [("raised", "low", 61)]
    assert signal.observed == {"messages_without_click": 9, "days_since_last": 61}
    assert signal.explanation.en == "9 e-mails without a click or an opening since 1 January 2024"
    assert signal.explanation.es == "9 correos sin un clic ni una apertura desde el 1 de enero de 2024"
    assert signal.explanation.it == "9 e-mail senza un clic né un'apertura dal 1º gennaio 2024"
    assert signal.since == at(0).date()


def test_seven_emails_are_too_few_and_an_eighth_makes_them_enough_on_the_day_after() -> None:
    few = mails(*WEEKLY[2:], log=clicks(0))

    assert told(play(few.lines(), at(150))) == []
    assert told(play(mails(62.5, log=mails(*WEEKLY[2:], log=clicks(0))).lines(), at(70))) == [("raised", "low", 63)]


def test_emails_of_more_than_two_months_ago_do_not_count() -> None:
    log = mails(1, 2, 3, 4, 80, 81, 82, 83, log=clicks(0))

    assert told(play(log.lines(), at(119))) == []


def test_who_has_never_clicked_has_lost_nothing() -> None:
    opens = mails(0, kind="opened")

    assert told(play(mails(*WEEKLY).lines(), at(150))) == []
    assert told(play(mails(*WEEKLY, log=opens).lines(), at(150))) == []


def test_a_click_of_long_before_is_nothing_that_was_lost_now() -> None:
    log = mails(0, kind="opened", log=clicks(-70))

    assert told(play(mails(*WEEKLY, log=log).lines(), at(150))) == []
    assert told(play(mails(*WEEKLY, log=mails(0, kind="opened", log=clicks(-50))).lines(), at(70))) == [
        ("raised", "low", 61)
    ]


@pytest.mark.parametrize(("machine", "days"), [(True, [61]), (False, [])])
def test_an_opening_counts_if_a_person_made_it(machine: bool, days: list[int]) -> None:
    log = mails(30, kind="opened", log=clicks(0), machine=machine)

    assert [day for _, _, day in told(play(mails(*WEEKLY, log=log).lines(), at(70)))] == days


@pytest.mark.parametrize("kind", ["clicked", "opened"])
def test_it_is_over_with_a_click_or_an_opening(kind: str) -> None:
    log = mails(70.5, kind=kind, log=mails(*WEEKLY, log=clicks(0)))

    outcome = play(log.lines(), at(75))

    assert [(transition, day) for transition, _, day in told(outcome)] == [("raised", 61), ("cleared", 70)]
    assert outcome.signals("email-disengaged")[-1].cause == "recovered"


def test_messages_by_other_channels_are_none() -> None:
    log = mails(*WEEKLY, log=clicks(0, channel="push"), channel="push")

    assert told(play(log.lines(), at(150))) == []


def test_it_becomes_more_severe_when_it_has_lasted_for_a_month() -> None:
    outcome = play(mails(*WEEKLY, log=clicks(0)).lines(), at(100))

    assert told(outcome)[1:] == [("escalated", "medium", 61)]


def test_thresholds_are_settings() -> None:
    tuned = SignalPolicy(severity="low", thresholds=(("days", 10), ("messages", 2)))
    policy = Policy(signals={"email-disengaged": tuned})

    assert told(play(mails(3, 5, log=clicks(0)).lines(), at(13), policy)) == [("raised", "low", 11)]


def test_days_on_which_nothing_was_heard_of_messages_do_not_count() -> None:
    """Between day 30 and 35 no message of anybody is reported: a click may be missing, so five days more are waited."""
    other = Log("c-other")
    for number in range(8 * 70):
        if not 30 * 8 <= number < 35 * 8:
            other.add("message.delivered", number / 8, message_id="m", channel="sms")
    events = sorted([*mails(*WEEKLY, log=clicks(0)).events, *other.events], key=lambda event: event["occurred_at"])

    outcome = play(map(line, events), at(69), run=Run(batch=20))

    ((transition, _, day),) = told(outcome)
    (signal,) = outcome.signals("email-disengaged")
    assert (transition, day) == ("raised", 61 + len(range(30, 35)))
    assert signal.data_gaps == ["messages 2024-01-31/2024-02-04"]


@pytest.mark.parametrize("run", [Run(batch=1), Run(batch=1, restart_every=1), Run(batch=1_000)])
def test_it_is_said_once_for_each_time_however_the_log_is_read(run: Run) -> None:
    log = clicks(100, log=mails(*WEEKLY, log=clicks(0)))
    mails(*(102 + day for day in WEEKLY), log=log)

    assert [(transition, day) for transition, _, day in told(play(log.lines(), at(170), run=run))] == [
        ("raised", 61),
        ("escalated", 61),
        ("cleared", 100),
        ("raised", 161),
    ]


def drawn(seed: int) -> list[dict[str, Any]]:
    """Draw what became of e-mails to one customer over a year; some days have many, some weeks none."""
    random, events, day = Random(seed), [], 0
    for number in range(random.randrange(1, 60)):
        day = min(390, day + random.choice((0, 1, 2, 4, 9, random.randrange(1, 50))))
        kind = random.choice(("delivered",) * 7 + ("opened", "clicked", "opened"))
        fields: dict[str, Any] = {"machine": random.random() < 0.5} if kind == "opened" else {}
        log = mails(day + random.random() * 0.9, kind=kind, **fields)
        events.append(log.events[0] | {"event_id": f"e-{number:02d}"})
    return sorted(events, key=lambda event: event["occurred_at"])


def first_days(events: list[dict[str, Any]], until: int) -> list[int]:
    """Return from the log alone on which days it begins: in the morning, of what happened until the evening before."""
    by_kind: dict[str, list[int]] = {"delivered": [], "opened": [], "clicked": []}
    for event in events:
        if not event.get("machine"):
            by_kind[event["type"].split(".")[1]].append(day_of(event))
    found, held = [], False
    engaged = by_kind["opened"] + by_kind["clicked"]
    for day in range(until):
        if day - 1 in engaged:
            held = False
        recent = range(day - 60, day)
        holds = sum(one in recent for one in by_kind["delivered"]) >= 8 and not any(one in recent for one in engaged)
        clicked = any(one in range(day - 120, day - 60) for one in by_kind["clicked"])
        if not held and holds and clicked and day not in engaged:  # a click on that very day ends it at once
            held = True
            found.append(day)
    return found


def day_of(event: dict[str, Any]) -> int:
    return (datetime.fromisoformat(event["occurred_at"]) - at(0)).days


@given(st.integers(0, 2**32), st.sampled_from([Run(batch=1), Run(batch=5, restart_every=1), Run(batch=1_000)]))
def test_it_begins_when_the_log_alone_shows_it(seed: int, run: Run) -> None:
    events, until = drawn(seed), 400
    untuned = SignalPolicy(severity="low", thresholds=(("days", 60), ("messages", 8)))

    outcome = play(map(line, events), at(until - 0.5), Policy(signals={"email-disengaged": untuned}), run)

    raised = [(s.raised_at - at(0)).days for s in outcome.signals("email-disengaged") if s.transition == "raised"]
    assert raised == first_days(events, until)


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_in_whatever_order_they_come_the_same_is_open(seed: int, other: int) -> None:
    events = drawn(seed)
    shuffled = events.copy()
    Random(other).shuffle(shuffled)

    plain = play(map(line, events), at(400), run=Run(batch=1))
    mixed = play(map(line, [*shuffled, *shuffled[:3]]), at(400), run=Run(batch=2, restart_every=2))

    assert mixed.open_signals() == plain.open_signals()


@given(st.integers(0, 2**32), st.integers(0, 420), st.integers(0, 60))
def test_it_has_nothing_to_say_while_it_is_quiet(seed: int, day: int, days: int) -> None:
    """Skipping a check must not skip an episode: before `quiet_until` there is none, if no other event comes."""
    (partition_state,) = play(map(line, drawn(seed)), at(400), TUNED).partition_states
    for name, customer in partition_state.customers.every():  # type: ignore[attr-defined]
        since = max(instant(at(day)), customer.latest + 1)
        require_quiet(EMAIL_DISENGAGED, EMAIL_DISENGAGED.tuned(TUNED), (name, customer), TUNED, since, days)
