"""Signals of use: laws over drawn logs of use, and worked cases of each."""

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import DAY, instant
from retention.liveness import Sources
from retention.policy import Policy
from retention.signals import SIGNALS
from retention.signals.base import View
from retention.signals.usage_surge import _troubles, _written
from tests.building import START, Log, at, fails, line, text, uses
from tests.playing import Outcome, Run, in_turn_with_time, play, rising
from tests.quiet import require_quiet
from tests.test_laws import overtaken, runs

POLICY = Policy(zone="Europe/Madrid")
DAYS = 130
UNTIL = START + timedelta(days=DAYS + 40)
NAMES = {"onboarding-stalled", "key-feature-stopped", "feature-breadth-drop", "errors-met", "usage-surge"}
NAMES |= {"seat-underuse", "community-silence", "champion-gone"}
OURS = [signal for signal in SIGNALS if signal.name in NAMES]

Event = dict[str, Any]


def told(outcome: Outcome, name: str) -> list[tuple[str, str, str]]:
    """Return what was said of a signal: what happened, how severe it is, on which day after the start."""
    said = [(one.body, one.at) for one in outcome.statements if one.type.startswith("churn_signal.")]
    found: list[tuple[Any, int]] = [(body, when) for body, when in said if body.signal == name]  # type: ignore[attr-defined]
    return [(body.transition, body.severity, f"{(when - instant(START)) // DAY}") for body, when in found]


def after(log: Log, day: float, policy: Policy | None = None) -> Outcome:
    """Play a log in order of time up to a day."""
    return play(map(line, sorted(log.events, key=lambda event: event["occurred_at"])), at(day), policy)


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Draw the use of two customers, in order of time: each stays for a while, and then does less or nothing."""
    random = Random(draw(st.integers(0, 2**32)))
    events: list[Event] = []
    for customer in ("c-1", "c-2"):
        log = Log(customer)
        if random.random() < 0.8:
            log.starts(random.choice((0, random.randrange(40))), name=f"{customer}-s")
        for _ in range(random.randrange(4)):
            _phase(random, log)
        if random.random() < 0.3:
            log.ends(random.randrange(DAYS), name=None)
        events += log.events
    return sorted(events, key=lambda event: (event["occurred_at"], event["event_id"]))


def _phase(random: Random, log: Log) -> None:
    """Add some weeks of use: how often, of how many features, by how many users, and what else happens."""
    begins, length, often = random.randrange(DAYS), random.choice((3, 20, 60)), random.choice((0.15, 0.5, 0.9))
    features, users = random.choice((1, 3, 6)), random.choice((0, 1, 3))
    for day in range(begins, min(DAYS, begins + length)):
        if random.random() > often:
            continue
        kind = random.choice(
            (*("feature.used",) * 6, "login.succeeded", "session.ended", "error.occurred", "community.posted")
            if random.random() < 0.9
            else ("milestone.reached", "seats.changed", "ticket.opened")
        )
        _add(random, log, kind, day + random.choice((0, random.random())), features, users)


def _add(random: Random, log: Log, kind: str, day: float, features: int, users: int) -> None:
    named = {"feature": f"f-{random.randrange(features)}", "count": random.choice((1, 3, 30))}
    match kind:
        case "feature.used":
            for _ in range(random.choice((1, 1, 2))):
                by = {"user_id": f"u-{random.randrange(users)}"} if users else {}
                log.add(kind, day, **(named | by | {"feature": f"f-{random.randrange(features)}"}))
        case "error.occurred":
            log.add(kind, day, **named)
        case "milestone.reached":
            due = {"next_due_at": text(at(day + random.randrange(30)))} if random.random() < 0.7 else {}
            log.add(kind, day, milestone=random.choice(("import", "report")), next_milestone="report", **due)
        case "seats.changed":
            active = {"active": random.randrange(11)} if random.random() < 0.7 else {}
            log.add(kind, day, paid=random.choice((4, 10)), **active)
        case "ticket.opened":
            log.asks(day, f"{log.customer}-t{len(log.events)}")
        case _:
            log.add(kind, day)


@given(logs(), st.integers(0, 1_000), runs)
def test_order_batches_partitions_and_restarts_change_no_open_signal(events: list[Event], seed: int, run: Any) -> None:
    plain = play(map(line, events), UNTIL, POLICY)

    other = play(map(line, overtaken(events, timedelta(hours=47), seed)), UNTIL, POLICY, run)

    assert other.open_signals() == plain.open_signals()


@given(logs(), st.integers(0, DAYS + 30), st.integers(0, 60))
def test_a_signal_of_use_has_nothing_to_say_while_it_is_quiet(events: list[Event], day: int, days: int) -> None:
    (partition_state,) = play(map(line, events), UNTIL, POLICY).partition_states
    for name, customer in partition_state.customers.every():  # type: ignore[attr-defined]
        since = max(instant(START) + day * DAY, customer.latest + 1)
        for signal in OURS:
            require_quiet(signal, signal.tuned(POLICY), (name, customer), POLICY, since, days)


@given(logs())
def test_every_stretch_begins_before_it_ends_and_they_come_newest_first(events: list[Event]) -> None:
    (partition_state,) = play(map(line, events), UNTIL, POLICY).partition_states
    for name, customer in partition_state.customers.every():  # type: ignore[attr-defined]
        for signal in OURS:
            now = instant(UNTIL)
            found = list(signal.stretches(View(name, customer, POLICY, signal.tuned(POLICY), now, now, Sources())))
            assert all(one.start <= one.end for one in found), signal.name
            assert all(later.start >= one.end for later, one in pairwise(found)), signal.name


# onboarding-stalled


def test_a_customer_that_hardly_begins_is_low_after_a_week_and_medium_after_three() -> None:
    outcome = after(Log().starts(0).login(0), 30)

    assert told(outcome, "onboarding-stalled") == [("raised", "low", "7"), ("escalated", "medium", "21")]
    first, second = outcome.signals("onboarding-stalled")
    assert first.explanation.en == "A slow start: used on 1 of the first 7 days"
    assert second.observed == {"days_of_use": 1, "of_days": 21}
    assert second.explanation.es == "Un comienzo lento: lo ha usado 1 de los primeros 21 días"
    assert first.recommended_action == "guided-session"


@pytest.mark.parametrize(
    ("days", "raised", "says"),
    [
        ((0, 9, 10), "7", "used on 1 of the first 7 days"),
        ((5, 9, 10), "12", "used on 1 of the first 7 days"),
        ((10, 11, 12), "17", "used on 0 of the first 7 days"),
        ((0, 3, 20, 30), "21", "used on 3 of the first 21 days"),
        ((16, 17, 22, 40), "23", "used on 2 of the first 21 days"),
    ],
)
def test_the_text_has_the_numbers_of_the_days_that_were_judged(days: tuple[int, ...], raised: str, says: str) -> None:
    first, *_ = after(Log().starts(0).login(*days), 60).signals("onboarding-stalled")

    assert (f"{(first.raised_at - START).days}", first.explanation.en) == (raised, f"A slow start: {says}")


@given(logs())
def test_no_text_is_of_other_days_than_the_rule(events: list[Event]) -> None:
    outcome = play(map(line, events), UNTIL, POLICY)

    for one in outcome.signals("onboarding-stalled"):
        if one.transition != "cleared" and "of_days" in one.observed:
            assert int(one.observed["days_of_use"]) < {7: 2, 21: 4}[int(one.observed["of_days"])]


def test_a_customer_that_comes_back_in_the_first_week_and_then_no_more_is_found_after_three() -> None:
    log = Log().starts(0).add("feature.used", 0, feature="export").add("session.ended", 3)

    assert told(after(log, 25), "onboarding-stalled") == [("raised", "medium", "21")]


@pytest.mark.parametrize("days", [(0, 3, 9, 20), (0, 1, 2, 3)])
def test_four_days_of_use_in_three_weeks_are_enough(days: tuple[int, ...]) -> None:
    assert told(after(Log().starts(0).login(*days), 60), "onboarding-stalled") == []


def test_days_of_a_trial_before_the_subscription_count() -> None:
    assert told(after(Log().login(1, 3, 6, 9).starts(10), 60), "onboarding-stalled") == []


def test_the_fourth_day_of_use_ends_it() -> None:
    log = Log().starts(0).login(0, 30, 31, 33.5)

    *_, last = told(after(log, 60), "onboarding-stalled")

    assert last == ("cleared", "medium", "33")


def test_a_milestone_ends_it() -> None:
    log = Log().starts(0).login(0).add("milestone.reached", 24.5, milestone="import")

    *_, last = told(after(log, 60), "onboarding-stalled")

    assert last == ("cleared", "medium", "24")


def test_a_customer_of_whom_no_use_is_known_at_all_is_not_judged() -> None:
    """Its use may not be sent."""
    assert told(after(Log().starts(0).asks(1, "t-1"), 60), "onboarding-stalled") == []


def test_a_customer_that_was_there_before_its_use_was_sent_is_not_new() -> None:
    log = Log().starts(0).login(200)

    assert told(after(log, 260), "onboarding-stalled") == []


def test_it_ends_when_the_customer_is_no_longer_new() -> None:
    *_, last = after(Log().starts(0).login(0), 100).signals("onboarding-stalled")

    assert (last.transition, last.cleared_at) == ("cleared", at(90))


def plan(day: float, due: float, name: str = "import") -> Log:
    return (
        Log()
        .starts(0)
        .login(*range(30))
        .add("milestone.reached", day, milestone="kick-off", next_milestone=name, next_due_at=text(at(due)))
    )


def test_a_planned_step_that_is_not_reached_is_overdue_after_three_days() -> None:
    outcome = after(plan(1, 10), 80)

    assert told(outcome, "onboarding-stalled") == [("raised", "low", "13")]
    (said,) = outcome.signals("onboarding-stalled")
    assert said.explanation.en == "Step import overdue by 3 days"
    assert said.explanation.it == "Il passo import è in ritardo di 3 giorni"


@pytest.mark.parametrize(
    ("steps", "last"),
    [
        ([], ("raised", "medium", "21")),
        ([(2, "profile"), (5, "profile")], ("raised", "medium", "21")),
        ([(2, "profile"), (20.9, "project")], ("raised", "low", "21")),
        ([(2, "profile"), (21.5, "project")], ("cleared", "medium", "21")),
    ],
)
def test_a_customer_that_comes_seldom_and_takes_its_steps_has_begun(
    steps: list[tuple[float, str]], last: tuple[str, str, str]
) -> None:
    log = Log().starts(0).login(0, 3)
    for day, name in steps:
        log.add("milestone.reached", day, milestone=name)

    assert told(after(log, 60), "onboarding-stalled")[-1] == last


def test_an_overdue_step_is_more_severe_for_a_customer_that_is_hardly_there() -> None:
    plans = {"next_milestone": "import", "next_due_at": text(at(10))}

    outcome = after(Log().starts(0).login(0, 3).add("milestone.reached", 1, milestone="kick-off", **plans), 60)

    assert told(outcome, "onboarding-stalled") == [("raised", "low", "13"), ("escalated", "medium", "21")]


def test_an_overdue_step_of_a_customer_that_came_after_all_stays_low() -> None:
    plans = {"next_milestone": "import", "next_due_at": text(at(40))}
    log = Log().starts(0).login(0, 3, 24, 25, 26).add("milestone.reached", 1, milestone="kick-off", **plans)

    assert told(after(log, 60), "onboarding-stalled") == [
        ("raised", "medium", "21"),
        ("cleared", "medium", "25"),
        ("raised", "low", "43"),
    ]


@pytest.mark.parametrize(("day", "cleared"), [(5, False), (12, False), (15, True)])
def test_reaching_the_step_ends_it_or_keeps_it_from_being_said(day: float, cleared: bool) -> None:
    log = plan(1, 10).add("milestone.reached", day, milestone="import")

    said = told(after(log, 30), "onboarding-stalled")

    assert said == ([("raised", "low", "13"), ("cleared", "low", "15")] if cleared else [])


def test_another_plan_moves_the_date() -> None:
    log = plan(1, 10)
    log.add("milestone.reached", 12, milestone="call", next_milestone="import", next_due_at=text(at(40)))

    assert told(after(log, 42), "onboarding-stalled") == []


# key-feature-stopped


def test_a_feature_used_every_day_is_missed_after_two_weeks() -> None:
    outcome = after(uses(28, ["export"], uses(60, ["search"])), 60)

    assert told(outcome, "key-feature-stopped") == [("raised", "low", "42")]
    (first,) = outcome.signals("key-feature-stopped")
    assert first.observed == {"feature": "export", "days_without_use": 14, "days_of_use_before": 28}
    assert first.explanation.en == (
        "Stopped using export: 14 days without it, last on 28 January 2024; on 28 of the 28 days before that"
    )


def test_a_feature_used_once_a_week_may_rest_for_longer() -> None:
    log = uses(80, ["search"]).add("feature.used", 0, feature="export").add("feature.used", 7, feature="export")
    log.add("feature.used", 14, feature="export").add("feature.used", 21, feature="export")

    # At 4 days in 22, one silence in 300 has 32 days.
    assert told(after(log, 60), "key-feature-stopped")[0] == ("raised", "low", "54")


def test_one_day_of_use_does_not_end_it_and_two_do() -> None:
    log = uses(28, ["export"], uses(47, ["search"])).add("feature.used", 44, feature="export")

    assert told(after(log, 48), "key-feature-stopped") == [("raised", "low", "42")]
    log.add("feature.used", 46, feature="export")
    assert told(after(log, 48), "key-feature-stopped")[-1] == ("cleared", "low", "46")


def test_a_feature_of_a_few_days_is_not_a_key_one() -> None:
    log = uses(10, ["export"], uses(90, ["search"]))

    assert told(after(log, 90), "key-feature-stopped") == []


def test_after_eleven_weeks_it_is_no_longer_missed() -> None:
    outcome = after(uses(28, ["export"], uses(130, ["search"])), 130)

    assert told(outcome, "key-feature-stopped")[-1] == ("cleared", "low", "104")


def test_the_one_of_several_features_that_is_still_missed_is_named() -> None:
    log = uses(28, ["export"], uses(30, ["import"], uses(60, ["search"])))
    log.add("feature.used", 45, feature="export").add("feature.used", 46, feature="export")

    first, second = after(log, 52, rising("key-feature-stopped")).signals("key-feature-stopped")

    assert (first.observed["feature"], second.observed["feature"]) == ("export", "import")
    assert (first.transition, second.transition) == ("raised", "escalated")


def test_days_on_which_nothing_of_anybody_came_do_not_count() -> None:
    """Both stop on day 28, when the source fails; it comes back on day 35."""
    others = [
        Log("c-2").add("feature.used", hour / 24, feature="search", event_id=f"other-{hour}").events[0]
        for hour in [*range(28 * 24), *range(35 * 24, 60 * 24)]
    ]
    mine = uses(28, ["export"]).events

    def raised(events: list[Event]) -> list[str]:
        arriving = sorted(events, key=lambda event: event["occurred_at"])
        outcome = play(map(line, arriving), at(60), run=Run(batch=20))
        told_of = [one for one in outcome.signals("key-feature-stopped") if one.customer_id == "c-1"]
        assert all(one.data_gaps for one in told_of) == (len(events) > len(mine))
        return [f"{(one.raised_at - START).days}" for one in told_of if one.transition == "raised"]

    assert raised(mine) == ["42"]
    assert raised(mine + others) == ["49"]


# feature-breadth-drop

WIDE = ["export", "import", "search", "report", "share"]


def test_few_of_the_usual_features_in_four_weeks_are_a_drop() -> None:
    outcome = after(uses(60, ["export", "search"], uses(30, WIDE)), 62)

    assert told(outcome, "feature-breadth-drop") == [("raised", "low", "58")]
    (said,) = outcome.signals("feature-breadth-drop")
    assert said.observed == {"features": 2, "missing": "import, report, share"}
    assert said.explanation.it == (
        "Ha usato 2 funzioni in 28 giorni, 5 nei 28 precedenti; mancano: import, report, share"
    )


def test_it_ends_when_most_are_used_again_or_after_four_weeks() -> None:
    log = uses(90, ["export", "search"], uses(30, WIDE))

    assert told(after(log, 90), "feature-breadth-drop")[-1] == ("cleared", "low", "86")
    log.add("feature.used", 60, feature="import").add("feature.used", 61, feature="share")
    assert told(after(log, 90), "feature-breadth-drop")[-1] == ("cleared", "low", "62")


def test_features_that_were_tried_once_are_not_lost() -> None:
    """Three features of one day each are missing in 28 days by chance one time in twenty."""
    log = uses(70, ["export", "search"])
    for feature in ("import", "report", "share"):
        log.add("feature.used", 10, feature=feature)

    assert told(after(log, 70), "feature-breadth-drop") == []


# errors-met


def test_one_failure_in_twenty_uses_of_a_week_is_much() -> None:
    log = fails(30, 33, "export", uses(60, ["export", "import", "search"]))

    # Three days with an error each: 3 of 21 uses on day 33, and 4 days later three days without one are over.
    assert told(after(log, 60), "errors-met") == [("raised", "low", "32"), ("cleared", "low", "36")]


def test_it_says_how_many_and_with_what() -> None:
    log = fails(30, 33, "export", uses(60, ["export", "import", "search"])).add("error.occurred", 31)

    (said, _) = after(log, 60).signals("errors-met")

    assert said.observed == {"errors": 3, "uses": 21, "feature": "export"}
    assert said.explanation.en == "3 errors in 21 uses within 7 days, 2 of them with export"


def test_errors_whose_feature_is_unknown_are_counted_all_the_same() -> None:
    log = uses(40, ["export", "import", "search"])
    log.add("error.occurred", 30, count=3)

    (said, *_) = after(log, 34).signals("errors-met")

    assert said.explanation.it == "3 errori su 21 utilizzi in 7 giorni"


def test_few_errors_or_few_uses_are_no_reason() -> None:
    few_errors, few_uses = uses(60, ["export"] * 9), uses(60, ["export"])
    for day in range(30, 33):
        few_errors.add("error.occurred", day)
        few_uses.add("error.occurred", day)

    assert told(after(few_errors, 60), "errors-met") == []
    assert told(after(few_uses, 60), "errors-met") == []


def test_errors_of_a_morning_are_judged_with_the_uses_of_the_whole_day() -> None:
    """Ten errors come first, and then a thousand uses."""
    log = Log()
    for number in range(10):
        log.add("error.occurred", 3 + number / 100, feature="export")
    for number in range(60):
        log.add("feature.used", 3.2 + number / 100, feature="export", count=20)

    assert told(play(log.lines(), at(10), run=Run(batch=1)), "errors-met") == []


# usage-surge


def test_a_fourth_feature_that_is_missing_is_counted() -> None:
    outcome = after(uses(60, ["export"], uses(30, [*WIDE])), 62)

    (said,) = outcome.signals("feature-breadth-drop")
    assert said.explanation.en.endswith("missing: import, report, search and 1 more")
    assert said.explanation.es.endswith("faltan: import, report, search y 1 más")


@pytest.mark.parametrize(
    ("errors", "tickets", "text"),
    [(2, 0, "2 errors"), (0, 1, "1 ticket"), (1, 3, "1 error and 3 tickets"), (0, 0, "")],
)
def test_a_surge_names_the_troubles_that_there_were(errors: int, tickets: int, text: str) -> None:
    assert _troubles(errors, tickets, "en") == text


def test_a_surge_of_more_than_ten_times_has_no_decimals() -> None:
    assert [_written(Fraction(times)) for times in ("3.54", "9.96", "366")] == ["3.5", "9.9", "366"]


def test_much_more_use_than_usual_with_errors_is_a_surge_until_a_calm_week() -> None:
    log = fails(36, 44, "export", uses(7, ["export"] * 6, uses(90, ["export"]), since=35))

    outcome = after(log, 90)

    assert told(outcome, "usage-surge") == [("raised", "low", "38"), ("cleared", "low", "55")]
    first, *_ = outcome.signals("usage-surge")
    assert first.observed == {"uses": 25, "errors": 2, "tickets": 0}
    assert first.explanation.en == "Usage 3.5 × normal in 7 days, with 2 errors"


def test_a_ticket_is_trouble_and_more_use_alone_is_none() -> None:
    log = uses(42, ["export"] * 6, uses(60, ["export"]), since=35)

    assert told(after(log, 60), "usage-surge") == []
    assert told(after(log.asks(41.5, "t-1"), 60), "usage-surge")[0] == ("raised", "low", "42")


def test_a_customer_of_bursts_surprises_with_none() -> None:
    log = fails(36, 40, "export", uses(90, ["export"]))
    for day in (10, 35):
        log.add("feature.used", day, feature="export", count=60)

    assert told(after(log, 90), "usage-surge") == []


# seat-underuse


def seats(*said: tuple[float, int, int]) -> Log:
    log = Log()
    for day, paid, active in said:
        log.add("seats.changed", day, paid=paid, active=active)
    return log


def test_fewer_than_half_of_the_seats_for_two_weeks_are_few_until_most_are_used_for_two_weeks() -> None:
    log = seats((1, 50, 21), (8, 50, 24), (40, 50, 35), (60, 50, 34))

    outcome = after(log, 70)

    assert told(outcome, "seat-underuse") == [
        ("raised", "low", "15"),
        ("cleared", "low", "54"),
    ]
    first, *_ = outcome.signals("seat-underuse")
    assert (first.explanation.en, first.observed) == ("24 of 50 seats active", {"active_seats": 24, "paid_seats": 50})


@pytest.mark.parametrize("said", [((1, 50, 21), (10, 50, 26)), ((1, 4, 1),), ((1, 50, 25),)])
def test_seats_that_are_used_again_or_few_in_all_are_no_reason(said: tuple[tuple[float, int, int], ...]) -> None:
    assert told(after(seats(*said), 60), "seat-underuse") == []


def test_a_fall_by_a_fifth_within_a_month_is_said_at_once() -> None:
    outcome = after(seats((1, 50, 48), (20, 50, 38), (30, 50, 44)), 60)

    assert told(outcome, "seat-underuse") == [("raised", "low", "20"), ("cleared", "low", "30")]
    assert outcome.signals("seat-underuse")[0].explanation.es == (
        "38 de 50 licencias activas, 48 en los 30 días anteriores"
    )


def test_a_fall_is_the_usual_number_after_two_months() -> None:
    assert told(after(seats((1, 50, 48), (20, 50, 38)), 100), "seat-underuse")[-1] == ("cleared", "low", "80")


def test_of_paid_seats_alone_nothing_is_said() -> None:
    assert told(after(Log().add("seats.changed", 1, paid=50), 60), "seat-underuse") == []


# community-silence


def test_a_member_who_came_every_other_day_is_missed_after_four_weeks_until_it_comes_back() -> None:
    log = Log()
    for day in (*range(0, 28, 2), 70.5):
        log.add("community.posted", day)

    outcome = after(log, 80)

    assert told(outcome, "community-silence") == [("raised", "low", "55"), ("cleared", "low", "70")]
    assert outcome.signals("community-silence")[0].explanation.en == (
        "Silent in the community for 28 days, last there on 27 January 2024"
    )


def test_a_member_of_a_few_visits_is_missed_later() -> None:
    log = Log()
    for day in (0, 9, 18, 27):
        log.add("community.posted", day)

    assert told(after(log, 90), "community-silence")[0] == ("raised", "low", "68")  # 4 days in 28: one in 300 has 40


def test_three_visits_are_too_few() -> None:
    log = Log().add("community.posted", 0).add("community.posted", 5).add("community.posted", 9)

    assert told(after(log, 90), "community-silence") == []


# champion-gone


def account(until: int, others: int, *later: float) -> Log:
    """Return the use of an account whose main user is there on the days 3 to 30: whole weeks, which begin on day 3."""
    log = uses(28, ["export"] * 5, since=3, user_id="u-1")
    uses(until - 3, ["export"] * others, log, since=3, user_id="u-2")
    for day in later:
        log.add("feature.used", day, feature="export", user_id="u-1")
    return log


def test_a_main_user_is_missed_after_two_whole_weeks() -> None:
    outcome = after(account(60, 3), 60)

    assert told(outcome, "champion-gone") == [("raised", "low", "45"), ("escalated", "medium", "59")]
    first, second = outcome.signals("champion-gone")
    assert first.observed == {"days_without_main_user": 14, "share_percent": 62}
    assert (
        second.explanation.en
        == "The main user has been inactive for at least 28 days; 62 % of the use before was theirs"
    )
    assert "u-1" not in repr(outcome.statements)


@pytest.mark.parametrize(("day", "cleared"), [(44, False), (50, True)])
def test_it_ends_when_the_user_is_back(day: float, cleared: bool) -> None:
    said = told(after(account(55, 3, day), 55), "champion-gone")

    assert said == ([("raised", "low", "45"), ("cleared", "low", "50")] if cleared else [])


def test_it_ends_when_another_user_makes_as_much() -> None:
    """Of 252 uses in four weeks, 40 % are 101; the other one makes 112 in the four weeks after."""
    assert told(after(account(70, 4), 70), "champion-gone")[-1] == ("cleared", "low", "59")


def test_it_ends_after_ten_weeks() -> None:
    assert told(after(account(140, 3), 140), "champion-gone")[-1] == ("cleared", "medium", "101")


@pytest.mark.parametrize("others", [0, 8])
def test_who_was_alone_or_one_of_several_is_no_main_user(others: int) -> None:
    assert told(after(account(60, others), 60), "champion-gone") == []


USED_BY_TURNS = {
    "u-1": {51: 1, 52.1: 4, 53: 13, 54.1: 1, 60: 6, 87.04: 1, 87.3: 3, 87.8: 1, 92: 3, 99: 1},
    "u-2": {52: 1, 54: 1, 60.1: 6, 65: 8, 66: 5, 67: 3},
}
"""Uses of two users by day. Whole weeks begin on day 3: the first one is back as the other one is missed."""


@pytest.mark.parametrize("batch", [1, 3, 50])
def test_a_main_user_that_is_back_on_further_days_of_a_week_is_not_missed_again(batch: int) -> None:
    log = Log()
    for day, user, number in sorted((day, user, n) for user, days in USED_BY_TURNS.items() for day, n in days.items()):
        log.add("feature.used", day, feature="export", count=number, user_id=user)

    outcome = play(log.lines(), at(120), run=Run(batch=batch))

    assert told(outcome, "champion-gone") == [
        ("raised", "low", "80"),
        ("cleared", "low", "87"),
        ("raised", "low", "87"),
        ("escalated", "medium", "101"),
    ]
    ids = [one.id for one in outcome.statements]
    assert len(ids) == len(set(ids))


def test_days_on_which_the_source_was_silent_are_not_free_of_errors() -> None:
    """The source fails after the third day with an error, and comes back a week later."""
    mine = fails(30, 33, "export", uses(20, ["export"] * 3, uses(33, ["export"] * 3), since=40)).events
    others = [
        Log("c-2").add("session.ended", hour / 24, event_id=f"other-{hour}").events[0]
        for hour in [*range(33 * 24), *range(40 * 24, 60 * 24)]
    ]
    arriving = sorted([*mine, *others], key=lambda event: event["occurred_at"])

    heard, cut = (
        play(map(line, events), at(60), run=Run(batch=20))
        for events in (sorted(mine, key=lambda event: event["occurred_at"]), arriving)
    )

    assert told(heard, "errors-met")[-1] == ("cleared", "low", "36")
    assert told(cut, "errors-met")[-1] == ("cleared", "low", "43")


@pytest.mark.parametrize("ahead", [0.0, 1.0, 6.0])
def test_errors_that_come_again_are_said_again_however_far_is_read_ahead(ahead: float) -> None:
    """The errors of the second episode may be known when time ends the first, but not that they are many."""
    log = Log()
    for day, count in ((22, 5), (26, 60), (35.5, 60), (48.25, 5), (50, 60), (51.25, 60), (55.99, 20), (56.99, 60)):
        log.add("feature.used", day, feature="a", count=count)
    for day, count, feature in ((47, 2, "a"), (49.9, 1, "b"), (52, 2, "b"), (53, 2, "b"), (57.99, 1, "b")):
        log.add("error.occurred", day, feature=feature, count=count)
    log.events.sort(key=lambda event: event["occurred_at"])

    said = [one.transition for one in in_turn_with_time(log, ahead, 90) if one.signal == "errors-met"]

    assert said == ["raised", "cleared"] * 2


@pytest.mark.parametrize("ahead", [0.0, 1.5, 2.0])
def test_a_start_that_events_read_ahead_hide_is_noticed_when_time_reaches_it(ahead: float) -> None:
    """Read ahead, the fourth use ends the slow start, and the step seems overdue already: its start needs a timer."""
    log = Log().starts(0)
    for day in (2, 4, 14):
        log.add("feature.used", day, feature="a")
    log.add("milestone.reached", 19, milestone="import", next_milestone="report", next_due_at=text(at(18.25)))
    log.add("feature.used", 21.9, feature="a")

    said = [one for one in in_turn_with_time(log, ahead, 23) if one.signal == "onboarding-stalled"]

    assert [(one.transition, one.raised_at) for one in said] == [
        ("raised", at(21)),
        ("cleared", at(21)),
        ("raised", at(21.25)),
    ]


@pytest.mark.parametrize("ahead", [0.0, 10 / 1_440, 1.0])
def test_a_visit_on_the_very_day_on_which_a_silence_begins_ends_it(ahead: float) -> None:
    log = Log()
    for day in (0.0, 1.0, 2.0, 3.0, 32.5):
        log.add("community.posted", day)

    said = [one for one in in_turn_with_time(log, ahead, 60) if one.signal == "community-silence"]

    assert [(one.transition, one.cause) for one in said] == [("raised", None), ("cleared", "recovered")]


def test_an_episode_goes_on_when_the_feature_that_it_began_with_is_used_again_after_months() -> None:
    """Then the days before it stopped are no longer kept; another feature is missed since, and the episode lasts."""
    log = Log().add("feature.used", 0, feature="export").add("feature.used", 2, feature="export")
    log.add("feature.used", 2, feature="search").add("feature.used", 12, feature="search")
    log.add("feature.used", 15, feature="export").add("feature.used", 25, feature="search")
    again = Log().add("feature.used", 100, feature="export", event_id="again")
    others = Log("c-2").login(97), Log("c-2").login(101, 102, 110)

    lines = log.lines() + others[0].lines() + again.lines() + others[1].lines()
    outcome = play(lines, at(130), rising("key-feature-stopped"), Run(batch=1))

    told = [(s.transition, s.cause, s.raised_at) for s in outcome.signals("key-feature-stopped")]
    assert told == [("raised", None, at(47)), ("escalated", None, at(47)), ("cleared", "lapsed", at(47))]
    assert outcome.signals("key-feature-stopped")[-1].cleared_at == at(102)
