"""Each signal's own story, and the laws that every member of the register must pass."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any, cast

import msgspec
import pytest

from retention import day_counts
from retention.calendar import HOUR, NEVER, SECOND, Instant, instant
from retention.engine.pace import MOST_HASTY
from retention.features import REGISTER
from retention.features.base import Facet
from retention.features.logins.facets import LOGINS
from retention.liveness import Sources
from retention.measures import MEASURES
from retention.policy import Policy, SignalPolicy
from retention.signals import SIGNALS
from retention.signals.base import Signal, Stretch, Trigger, View, never_quiet
from retention.state.customer import Customer, newcomer
from retention.wording import LANGUAGES, Text
from schemas.encoding import to_json
from schemas.outbound import ChurnSignal, Opportunity
from tests.building import START, Log, at, fails, in_order, line, text, uses
from tests.playing import DECODERS, Outcome, Run, play, rising


def told(outcome: Outcome, signal: str) -> list[tuple[str, str, str]]:
    """Return transition, severity and day of the statements about a signal."""
    return [(s.transition, s.severity, f"{(s.cleared_at or s.raised_at):%m-%d}") for s in outcome.signals(signal)]


#  no-login
#  day   0 1 2 3 4 . . . . . . . 12 13
#        l l l l l                        gaps of 1 day → limit 7
#                  [ 1 2 … 7 8 )          raised on the start of the 8th day without a login


def test_no_login_is_raised_by_time_alone_on_the_day_after_the_longest_usual_gap() -> None:
    log = Log().login(0, 1, 2, 3, 4)

    outcome = play(log.lines(), at(12.5))

    assert told(outcome, "no-login") == [("raised", "low", "01-13")]
    signal = outcome.signals("no-login")[0]
    assert signal.observed == {"days_without_login": 8}
    assert signal.baseline == {"usual_gap_p90_days": 1}
    assert signal.explanation.en == "8 days without a login; nine gaps in ten are 1 day or shorter"
    assert signal.since == at(4).date()


def test_no_login_waits_as_long_as_this_customer_usually_takes() -> None:
    log = Log().login(0, 9, 18, 27, 36)

    assert told(play(log.lines(), at(45.9)), "no-login") == []
    assert told(play(log.lines(), at(46.1)), "no-login") == [("raised", "low", "02-16")]


def test_no_login_needs_a_history_of_its_own() -> None:
    assert told(play(Log().login(0, 1, 2, 3).lines(), at(60)), "no-login") == []


def test_a_login_ends_the_silence_at_once() -> None:
    outcome = play(Log().login(0, 1, 2, 3, 4, 15.5).lines(), at(16))

    assert told(outcome, "no-login") == [("raised", "low", "01-13"), ("cleared", "low", "01-16")]
    assert outcome.signals("no-login")[-1].cause == "recovered"
    assert outcome.open_signals() == set()


def test_a_silence_becomes_more_severe_when_no_holiday_explains_it() -> None:
    log = Log().login(0, 1, 2, 3, 4)

    assert told(play(log.lines(), at(32.9)), "no-login") == [("raised", "low", "01-13")]
    assert told(play(log.lines(), at(33.1)), "no-login") == [
        ("raised", "low", "01-13"),
        ("escalated", "medium", "01-13"),
    ]


def test_a_silence_of_a_rare_visitor_becomes_more_severe_later() -> None:
    """At 9 days in 65 one silence in a thousand has 50 days: 51 after the last login."""
    log = Log().login(*range(0, 65, 8))

    (*_, dated) = [s.at for s in play(log.lines(), at(120)).statements if s.type == "churn_signal.escalated"]
    assert dated == instant(at(64 + 51))


def test_a_silence_that_is_over_by_then_never_becomes_more_severe() -> None:
    outcome = play(Log().login(0, 1, 2, 3, 4, 32, 33).lines(), at(34))

    assert told(outcome, "no-login") == [("raised", "low", "01-13"), ("cleared", "low", "02-02")]


@pytest.mark.parametrize("restart", [None, 1])
def test_days_without_data_do_not_make_a_silence_last(restart: int | None) -> None:
    """Nothing was heard of anybody on 15 whole days of it; the others signed in each day but those."""
    pulse = [half / 2 for half in range(100) if not 10 <= half / 2 < 25.5]
    events = [*Log().login(0, 1, 2, 3, 4).events, *Log("c-2").login(*pulse).events]
    ordered = sorted(events, key=lambda event: event["occurred_at"])

    outcome = play(map(line, ordered), at(49), run=Run(restart_every=restart))

    (raised, escalated) = (s for s in outcome.signals("no-login") if s.customer_id == "c-1")
    assert (raised.severity, escalated.severity) == ("low", "medium")
    assert escalated.observed == {"days_without_login": 29}


def test_an_escalation_is_dated_when_it_became_true() -> None:
    outcome = play(Log().login(0, 1, 2, 3, 4).lines(), at(34))

    dated = [(s.type, s.at) for s in outcome.statements if s.type.startswith("churn_signal.")]
    assert dated == [("churn_signal.raised", instant(at(12))), ("churn_signal.escalated", instant(at(33)))]


def test_a_login_that_comes_late_clears_what_it_refutes() -> None:
    log = Log().login(0, 1, 2, 3, 4).add("purchase.completed", 13.5, order_id="o", amount="1", currency="EUR")
    log.login(11)

    outcome = play(log.lines(), at(14), run=Run(batch=6))

    assert [(s.transition, s.cause) for s in outcome.signals("no-login")] == [
        ("raised", None),
        ("cleared", "late_evidence"),
    ]


def test_a_day_turns_in_the_zone_of_the_company() -> None:
    log = Log().login(0, 1, 2, 3, 4.0)

    madrid = play(log.lines(), at(12.5), Policy(zone="Europe/Madrid"))

    assert madrid.signals("no-login")[0].raised_at == at(12) - timedelta(hours=1)


def test_no_login_stays_quiet_for_two_weeks_after_a_recovery() -> None:
    log = Log().login(0, 1, 2, 3, 4, 15)

    outcome = play(log.lines(), at(40))

    days = [f"{s.raised_at:%m-%d}" for s in outcome.signals("no-login") if s.transition == "raised"]
    assert days == ["01-13", "01-30"]


#  repeated-ticket


def test_a_third_ticket_on_one_topic_raises_one_signal() -> None:
    log = Log().asks(1, "t1").asks(2, "t2").asks(3, "t3").asks(4, "t4").asks(5, "x", topic="export")

    outcome = play(log.lines(), at(6))

    assert told(outcome, "repeated-ticket") == [("raised", "medium", "01-04")]
    assert outcome.signals()[0].evidence == ["c-1-e00001", "c-1-e00002", "c-1-e00003"]
    assert outcome.signals()[0].explanation.en == "3 tickets on billing in 30 days"


def test_tickets_that_lie_a_month_apart_are_no_repetition() -> None:
    log = Log().asks(1, "t1").asks(20, "t2").asks(40, "t3")

    assert told(play(log.lines(), at(50)), "repeated-ticket") == []


def test_two_tickets_are_enough_if_one_was_reopened() -> None:
    log = Log().asks(1, "t1").solves(2, "t1").asks(3, "t2").add("ticket.reopened", 4, ticket_id="t1")

    outcome = play(log.lines(), at(5))

    assert told(outcome, "repeated-ticket") == [("raised", "medium", "01-05")]
    assert "reopened" in outcome.signals()[0].explanation.en


def test_an_episode_that_late_evidence_brings_back_ends_under_another_id() -> None:
    """A reader that knows each id once would else believe for ever that it is open."""
    log = Log().asks(1, "a").asks(2, "b").asks(3, "c").solves(4, "a").solves(4.1, "b").solves(4.2, "c")
    log.login(20).add("ticket.reopened", 16, ticket_id="c").login(20.1).solves(21, "c").login(40)

    outcome = play(log.lines(), at(40), run=Run(batch=1))

    assert told(outcome, "repeated-ticket") == [
        ("raised", "medium", "01-04"),
        ("escalated", "high", "01-04"),
        ("cleared", "high", "01-18"),
        ("raised", "high", "01-04"),
        ("cleared", "high", "01-31"),
    ]
    ids = [statement.id for statement in outcome.statements]
    assert len(ids) == len(set(ids))


def test_repeated_tickets_are_over_when_all_are_solved_and_two_weeks_are_quiet() -> None:
    log = Log().asks(1, "t1").asks(2, "t2").asks(3, "t3")
    for ticket in ("t1", "t2", "t3"):
        log.solves(5, ticket)

    outcome = play(log.lines(), at(17.5))

    assert told(outcome, "repeated-ticket")[-1] == ("cleared", "high", "01-18")


def test_trouble_that_a_late_solution_has_ended_is_cleared_before_the_next_one_is_raised() -> None:
    """Two quiet weeks have passed by what is known, but not by event time, when new tickets come."""
    log = Log().asks(1, "a").asks(2, "b").asks(3, "c")
    log.asks(17.0007, "d").asks(17.0014, "e").asks(17.0021, "f").solves(10, "a").solves(10, "b").solves(10, "c")

    outcome = play(log.lines() + Log("c-2").login(*range(18, 40)).lines(), at(40), run=Run(batch=1))

    assert told(outcome, "repeated-ticket") == [
        ("raised", "medium", "01-04"),
        ("escalated", "high", "01-04"),
        ("cleared", "high", "01-18"),
        ("raised", "medium", "01-18"),
        ("escalated", "high", "01-18"),
    ]


def test_an_unsolved_ticket_keeps_the_trouble_open() -> None:
    log = Log().asks(1, "t1").asks(2, "t2").asks(3, "t3").solves(5, "t1").solves(5, "t2")

    assert len(play(log.lines(), at(60)).open_signals()) == 1


#  cancellation-requested


def test_a_request_says_when_service_ends_and_why() -> None:
    log = Log().starts(0, term_end="2024-01-31T00:00:00Z")
    log.add("cancellation.requested", 10, subscription_id="s-1", reason="price")

    signal = play(log.lines(), at(11)).signals("cancellation-requested")[0]

    assert signal.observed == {"reason": "price", "at_period_end": 1, "term_ends": "2024-01-31"}
    assert signal.explanation.en == "Cancellation set for 31 January 2024: price"
    assert signal.explanation.es == "Cancelación prevista para el 31 de enero de 2024: precio"
    assert signal.explanation.it == "Disdetta prevista per il 31 gennaio 2024: prezzo"
    assert signal.severity == "high"


#  day   0      10          30                  45                60           request of s-1 or of all, said again
#        starts requested   s-1 renewed, to 90  requested again   escalated    when time makes it more severe
@pytest.mark.parametrize(
    ("named", "events", "says"),
    [
        ("s-1", {}, "Cancelación prevista para el 30 de marzo de 2024: precio"),
        ("s-1", {30: "subscription.renewed"}, "Cancelación solicitada, pero con una renovación posterior: precio"),
        (
            "s-1",
            {30: "subscription.renewed", 45: "cancellation.requested"},
            "Cancelación prevista para el 9 de mayo de 2024: precio",
        ),
        (None, {30: "subscription.renewed"}, "Cancelación prevista para el 30 de marzo de 2024: precio"),
        (None, {}, "Cancelación prevista para el 30 de marzo de 2024: precio"),
        ("s-9", {}, "Cancelación solicitada para el final del periodo: precio"),
        ("s-9", {30: "subscription.renewed"}, "Cancelación solicitada, pero con una renovación posterior: precio"),
    ],
)
def test_the_end_that_a_request_names_is_the_one_that_a_later_renewal_leaves(
    named: str | None, events: dict[int, str], says: str
) -> None:
    log = Log().starts(0, term_end=text(at(89))).starts(0, name="s-2", term_end=text(at(89)))
    log.add("cancellation.requested", 10, subscription_id=named, reason="price")
    for on, kind in events.items():
        ends = {"term_end": text(at(129))} if kind == "subscription.renewed" else {"reason": "price"}
        log.add(kind, on, subscription_id=named or "s-1", **ends)
    late = {"cancellation-requested": SignalPolicy(severity="medium", escalate_after_days=50)}

    signal = play(log.lines(), at(70), Policy(signals=late)).signals("cancellation-requested")[-1]

    assert (signal.transition, signal.explanation.es) == ("escalated", says)
    assert ("term_ends" in signal.observed) is ("prevista" in says)


def test_a_request_for_all_names_no_day_once_only_a_renewed_subscription_is_left() -> None:
    log = Log().starts(0, term_end=text(at(40))).starts(0, name="s-2", term_end=text(at(40)))
    log.add("cancellation.requested", 10)
    log.add("subscription.renewed", 30, subscription_id="s-1", term_end=text(at(129)))
    late = {"cancellation-requested": SignalPolicy(severity="medium", escalate_after_days=50)}

    raised, escalated = play(log.lines(), at(70), Policy(signals=late)).signals("cancellation-requested")

    assert raised.explanation.en.startswith("Cancellation set for 10 February 2024")
    assert escalated.explanation.en.startswith("Cancellation requested, but renewed since")


def test_a_revoked_request_is_cleared() -> None:
    log = Log().starts(0).add("cancellation.requested", 10, subscription_id="s-1")
    log.add("cancellation.revoked", 12, subscription_id="s-1")

    outcome = play(log.lines(), at(13))

    assert [(s.transition, s.cause) for s in outcome.signals()] == [("raised", None), ("cleared", "recovered")]


def test_a_request_that_takes_effect_is_closed_as_such() -> None:
    log = Log().starts(0).add("cancellation.requested", 10, subscription_id="s-1", reason="price")
    log.ends(31, cause="voluntary", reason="price")

    outcome = play(log.lines(), at(40))

    assert outcome.signals()[-1].cause == "took_effect"
    lost = outcome.of_type("customer.churned")[0]
    assert (lost.cause, lost.reason) == ("voluntary", "price")
    assert [(v.amount, v.currency) for v in lost.value_lost] == [("10.00", "EUR")]
    assert [s.signal for s in lost.open_signals] == ["cancellation-requested"]


@pytest.mark.parametrize("batch", [1, 50])
def test_a_loss_that_comes_to_light_late_names_no_signal_that_was_raised_after_it(batch: int) -> None:
    """The only order is refunded on day 6; that is read when `no-login` is open, which began on day 12."""
    log = Log().login(0, 1, 2, 3, 4).buys(5, "o-1").asks(20, "t-1").refunds(6, "o-1")

    outcome = play(log.lines(), at(34), run=Run(batch=batch))

    (lost,) = outcome.of_type("customer.churned")
    assert (lost.at, lost.open_signals) == (at(6), [])
    assert [s.transition for s in outcome.signals("no-login")] == ["raised", "escalated"]


def test_a_loss_that_comes_to_light_late_names_the_signal_that_was_open_at_its_instant() -> None:
    log = Log().login(0, 1, 2, 3, 4).buys(5, "o-1").asks(20, "t-1").refunds(12, "o-1")

    (lost,) = play(log.lines(), at(30), run=Run(batch=1)).of_type("customer.churned")

    assert [(s.signal, s.raised_at) for s in lost.open_signals] == [("no-login", at(12))]


def test_evidence_that_is_read_ahead_of_time_does_not_count_before_its_time() -> None:
    """All of it is read before event time has come to day 2, the first one at which time raises one of them."""
    log = Log().add("feedback.submitted", 0, kind="complaint").add("feedback.submitted", 14, kind="complaint")
    log.add("survey.answered", 0, kind="nps", score=2).add("survey.answered", 20, kind="nps", score=3)
    log.add("payment.failed", 0, invoice_id="i").add("payment.failed", 6, invoice_id="i")

    outcome = play(log.lines(), at(21), rising("detractor", "feedback-unanswered"))

    found = {
        name: [(s.transition, s.evidence) for s in outcome.signals(name)][:2]
        for name in ("feedback-unanswered", "detractor", "payment-failing")
    }
    assert found == {
        "feedback-unanswered": [
            ("raised", ["c-1-e00001", "c-1-e00003"]),
            ("escalated", ["c-1-e00001", "c-1-e00003"]),
        ],
        "detractor": [("raised", ["c-1-e00003"]), ("escalated", ["c-1-e00003"])],
        "payment-failing": [("raised", ["c-1-e00005"]), ("escalated", ["c-1-e00005"])],
    }


def test_which_of_two_episodes_was_raised_first_shows_nowhere_in_what_is_kept() -> None:
    """An opt-out is known at once, and a silence when event time has come to it."""
    silent, others = Log().login(0, 1, 2, 3, 4), Log("c-2").login(20)
    opted_out = Log().add("message.unsubscribed", 5, event_id="out")

    kept = []
    for lines in (
        silent.lines() + opted_out.lines() + others.lines(),
        silent.lines() + others.lines() + opted_out.lines(),
    ):
        (state,) = play(lines, at(21), run=Run(batch=1)).partition_states
        customer = state.customers.find("c-1")
        assert customer is not None
        kept.append(list(customer.open_episodes))

    assert kept == [["l", "opted-out"]] * 2


def test_a_login_at_the_instant_of_a_change_of_plan_sets_the_timer_of_its_absence() -> None:
    """It is read before event time has come to its day, and is spoken of with the change."""
    started, others = Log().starts(0), Log("c-2").login(14)
    log = (
        Log()
        .add("subscription.resumed", 14, subscription_id="s-1", event_id="a")
        .add("login.succeeded", 14, event_id="b")
    )

    outcome = play(started.lines() + others.lines() + log.lines(), at(60), run=Run(batch=2))

    assert told(outcome, "onboarding-stalled")[:1] == [("raised", "medium", "01-22")]


def test_who_pays_again_before_the_rest_ends_has_not_left() -> None:
    """The discount that left nothing to pay ends on day 60; the end of the other subscription is read on day 59."""
    log = Log().starts(0, "100", "s-0")
    log.starts(0, None, "s-1", items=[{"price": "30"}], interval="month", discounts=[{"percent": 100, "periods": 2}])
    log.login(58).ends(61, "s-0")

    outcome = play(log.lines(), at(100), run=Run(batch=1))

    assert [(s.transition, s.cause) for s in outcome.signals("price-shock")] == [
        ("raised", None),
        ("cleared", "lapsed"),
    ]
    ids = [statement.id for statement in outcome.statements]
    assert len(ids) == len(set(ids))


#  downgrade


def test_a_fall_of_a_fifth_is_a_downgrade() -> None:
    outcome = play(Log().starts(0, "100").changes(10, mrr="80").lines(), at(11))

    signal = outcome.signals("downgrade")[0]
    assert signal.explanation.en == "MRR fell 20 %, from 100.00 to 80.00 EUR"
    assert (signal.observed["mrr"], signal.baseline["mrr"]) == ("80.00", "100.00")


def test_a_small_fall_is_none_until_it_happens_again() -> None:
    log = Log().starts(0, "100").changes(10, mrr="90").changes(50, mrr="85")

    assert told(play(log.lines(), at(51)), "downgrade") == [("raised", "medium", "02-20")]


def test_an_expansion_back_ends_a_downgrade() -> None:
    log = Log().starts(0, "100").changes(10, mrr="50").changes(12, mrr="100")

    assert [s.transition for s in play(log.lines(), at(13)).signals("downgrade")] == ["raised", "cleared"]


#  paused


def test_a_pause_becomes_more_severe_before_its_end() -> None:
    log = Log().starts(0).pauses(10, until="2024-03-11T00:00:00Z")

    outcome = play(log.lines(), at(69))

    assert [(s.transition, s.severity) for s in outcome.signals("paused")] == [
        ("raised", "low"),
        ("escalated", "medium"),
        ("escalated", "high"),
    ]
    assert outcome.signals("paused")[0].explanation.en == "Paused until 11 March 2024"


def test_a_pause_ends_with_its_resumption() -> None:
    outcome = play(Log().starts(0).pauses(10).resumes(12).lines(), at(13))

    assert [(s.transition, s.cause) for s in outcome.signals("paused")] == [("raised", None), ("cleared", "recovered")]


def test_a_pause_that_late_evidence_brings_up_again_is_told_under_another_id() -> None:
    log = Log().starts(0).pauses(5).ends(4).starts(4.5).ends(4.7).starts(4.8)

    outcome = play(log.lines(), at(21), run=Run(batch=1))

    transitions = [s.transition for s in outcome.signals("paused")]
    ids = [s.id for s in outcome.statements if s.type.startswith("churn_signal.")]
    assert transitions[:5] == ["raised", "cleared", "raised", "cleared", "raised"]
    assert len(ids) == len(set(ids))


#  who has left


def test_who_has_left_raises_nothing() -> None:
    log = Log().starts(0).login(0, 1, 2, 3, 4).ends(6)

    outcome = play(log.lines(), at(60))

    assert outcome.signals() == []
    assert [f.basis for f in outcome.of_type("customer.churned")] == ["subscription"]


def test_who_comes_back_is_a_fact_of_its_own() -> None:
    log = Log().starts(0).ends(10).starts(40, name="s-2")

    outcome = play(log.lines(), at(50))

    assert len(outcome.of_type("customer.churned")) == len(outcome.of_type("customer.returned")) == 1


def test_a_pause_of_more_than_ninety_days_loses_the_customer_but_no_money_twice() -> None:
    outcome = play(Log().starts(0).pauses(10).lines(), at(120))

    lost = outcome.of_type("customer.churned")
    assert [(f.basis, f.at) for f in lost] == [("subscription", at(100))]
    assert [m.kind for m in outcome.of_type("movement.made")] == ["new", "pause"]


def test_an_order_that_comes_late_takes_a_loss_back() -> None:
    log = Log().buys(0, "o1").add("login.succeeded", 95).buys(94, "o2")
    log.buys(60, "o3")

    outcome = play(log.lines(), at(96), run=Run(batch=3))

    facts = [s for s in outcome.statements if s.type.startswith("customer.")]
    assert [(s.type, getattr(s.body, "cause", "")) for s in facts][-1][1] == "late_evidence"


#  the register


def ignored(*days: float) -> Log:
    """Return the log of a customer that has clicked once, and in none of the e-mails since."""
    log = Log().add("message.clicked", -60, message_id="m")
    for day in days:
        log.add("message.delivered", day, message_id=f"m{day}")
    return log


def bought(*amounts: int) -> Log:
    """Return the log of a customer that orders once in six days."""
    log = Log(start=START - timedelta(days=40))
    for place, amount in enumerate(amounts):
        log.buys(6 * place, f"o-{place}", f"{amount}")
    return log


STORIES = {
    "no-login": Log().login(0, 1, 2, 3, 4),
    "purchase-overdue": Log(start=START - timedelta(days=40)).buys(10, "o-1").buys(20, "o-2").buys(30, "o-3"),
    "single-purchase": Log(start=START - timedelta(days=40)).buys(10, "o-1"),
    "repeated-ticket": Log().asks(1, "t1").asks(2, "t2").asks(3, "t3"),
    "support-stuck": Log().add("ticket.opened", 5, ticket_id="t-1", topic="billing", priority="high"),
    "cancellation-requested": Log().starts(0).add("cancellation.requested", 10, subscription_id="s-1"),
    "auto-renew-off": Log().starts(0, term_end=text(at(90))).changes(10, auto_renew=False),
    "downgrade": Log().starts(0, "100").changes(10, mrr="50"),
    "payment-failing": Log().add("payment.failed", 20, payment_id="p").add("payment.failed", 21, payment_id="p"),
    "price-shock": Log().add("price.announced", 5, effective_at=text(at(40)), percent=12),
    "card-expiring": Log().add("card.expiring", 5, expires="2024-01"),
    "renewal-near-unready": Log().starts(-120, term_end=text(at(60))).add("note.added", -40, kind="call"),
    "paused": Log().starts(0).pauses(10),
    "onboarding-stalled": Log().starts(0).login(0),
    "champion-gone": in_order(
        uses(
            34,
            ["export"] * 3,
            uses(80, ["export"], Log(start=START - timedelta(days=45)), user_id="u-2"),
            user_id="u-1",
        )
    ),
    "errors-met": in_order(fails(10, 42, "export", uses(42, ["export", "import", "search"]))),
    "usage-surge": in_order(
        fails(
            30, 60, "export", uses(32, ["export"] * 9, uses(35, ["export"], Log(start=START - timedelta(days=15))), 28)
        )
    ),
    "seat-underuse": Log().add("seats.changed", 1, paid=50, active=21),
    "community-silence": Log(start=START - timedelta(days=20))
    .add("community.posted", 0)
    .add("community.posted", 4)
    .add("community.posted", 8)
    .add("community.posted", 12)
    .add("community.posted", 16),
    "detractor": Log().add("survey.answered", 2, kind="nps", score=8).add("survey.answered", 5, kind="nps", score=4),
    "poor-support-score": Log().add("survey.answered", 5, kind="csat", score=1, ticket_id="81"),
    "delivery-failure": Log().buys(3, "o-1").add("purchase.delayed", 5, order_id="o-1"),
    "negative-sentiment": Log().add("review.posted", 5, rating="1.5", place="g2"),
    "feedback-unanswered": Log().add("feedback.submitted", 5, kind="complaint", topic="billing"),
    "key-feature-stopped": uses(15, ["export"]),
    "feature-breadth-drop": uses(
        22, ["export"], uses(28, ["export", "import", "search", "report"], Log(start=START - timedelta(days=40))), 28
    ),
    "opted-out": Log().add("message.unsubscribed", 10),
    "email-disengaged": ignored(*range(-50, -10, 5)),
    "seats-nearly-full": Log().add("seats.changed", 1, paid=50, active=46),
    "login-frequency-drop": Log(start=START - timedelta(days=150)).login(*range(150), 154, 161, 168, 175),
    "order-value-drop": bought(60, 60, 60, 60, 60, 60, 35, 30, 25),
    "promoter": Log().add("survey.answered", 5, kind="nps", score=9),
    "anniversary": Log().starts(-340).login(20),
    "milestone": Log().add("milestone.reached", 28, milestone="import"),
    "returned": Log().starts(-90).ends(-30).starts(10, name="s-2"),
    "tier-near": Log().add("customer.updated", 5, points=460, next_tier_points=500, next_tier="gold"),
    "gift-buyer": Log()
    .add("purchase.completed", 3, order_id="o-1", amount="10", currency="EUR", gift=True)
    .add("purchase.completed", 9, order_id="o-2", amount="10", currency="EUR", gift=True),
    "wish-shipped": Log().add("feedback.shipped", 20, feedback_id="f-1"),
    "cart-abandoned": Log().add("cart.updated", 10, cart_id="k-1", items=[{"sku": "s", "quantity": 2}]),
}
"""A log in which each signal is open at the end. A new signal without a story fails the first law."""


def policy_of(signal: Signal) -> Policy:
    """Return the policy of a company to which a signal applies, and which has switched it on."""
    on = {} if signal.default.enabled else {signal.name: replace(signal.default, enabled=True)}
    return Policy(basis=signal.of_basis or "subscription", signals=on)


def test_every_signal_has_a_story() -> None:
    assert set(STORIES) == {signal.name for signal in SIGNALS}


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.name)
def test_every_signal_explains_itself_in_every_language_with_numbers_from_its_evidence(signal: Signal) -> None:
    said = play(STORIES[signal.name].lines(), at(30), policy_of(signal)).about(signal.name)[0]

    texts = msgspec.structs.asdict(cast("Any", said.explanation))
    assert set(texts) == set(LANGUAGES)
    assert len(set(texts.values())) == len(LANGUAGES)
    assert all(texts.values())
    assert "{" not in "".join(texts.values())


WITH_DECIMALS = {
    "cart-abandoned": Log().add("cart.updated", 10, cart_id="k-1", value="36.10", currency="EUR"),
    "price-shock": Log().starts(
        -45,
        mrr=None,
        items=[{"price": "30"}],
        interval="month",
        discounts=[{"percent": 50, "duration": "repeating", "periods": 3}],
    ),
}
"""Logs of signals of whose texts only some have amounts."""


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.name)
def test_decimals_are_written_as_each_language_writes_them(signal: Signal) -> None:
    stories = [STORIES[signal.name], *([WITH_DECIMALS[signal.name]] if signal.name in WITH_DECIMALS else [])]
    for story in stories:
        for said in play(story.lines(), at(30), policy_of(signal)).about(signal.name):
            found = said.explanation
            decimals = [one.replace(".", ",") for one in DECIMAL.findall(found.en)]
            assert [DECIMAL.findall(text) for text in (found.es, found.it)] == [decimals, decimals], found


def test_some_texts_have_decimals() -> None:
    stories = {**STORIES, **WITH_DECIMALS}
    outcomes = {s.name: play(stories[s.name].lines(), at(30), policy_of(s)).about(s.name)[0] for s in SIGNALS}

    with_decimals = {name for name, said in outcomes.items() if DECIMAL.search(said.explanation.en)}

    assert with_decimals == {"cart-abandoned", "downgrade", "negative-sentiment", "order-value-drop", "price-shock"}


DECIMAL = re.compile(r"[0-9]+[.,][0-9]+")


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.name)
def test_every_signal_is_said_as_its_contract_says_it(signal: Signal) -> None:
    """The fast stand-in of a contract is read by the contract, and written by it to the same bytes."""
    log = deepcopy(STORIES[signal.name]).add("cancellation.effective", 35)

    said = play(log.lines(), at(60), policy_of(signal)).about()

    read = [
        (Opportunity if hasattr(one, "opportunity") else ChurnSignal).model_validate_json(to_json(one)) for one in said
    ]
    assert {one.transition for one in read} >= {"raised"}
    assert [one.model_dump_json().encode() for one in read] == [to_json(one) for one in said]


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.name)
def test_signals_that_are_switched_off_set_no_timer(signal: Signal) -> None:
    off = {one.name: replace(one.default, enabled=False) for one in SIGNALS}
    policy = replace(policy_of(signal), signals=off)

    outcome = play(STORIES[signal.name].lines(), at(30), policy)

    (partition_state,) = outcome.partition_states
    for name in partition_state.customers.names():
        customer = partition_state.customers.look(name)
        steps = [one.next_step(customer, policy, 1) for one in MEASURES]
        assert customer.due == NEVER or min(steps) < NEVER
    assert not outcome.about()


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.name)
def test_every_signal_can_be_switched_off(signal: Signal) -> None:
    policy = replace(policy_of(signal), signals={signal.name: replace(signal.default, enabled=False)})

    assert play(STORIES[signal.name].lines(), at(30), policy).about(signal.name) == []


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.name)
def test_every_signal_is_silent_for_a_customer_that_nothing_is_known_of(signal: Signal) -> None:
    log = Log().add("ticket.replied", 1, ticket_id="t")

    assert play(log.lines(), at(300)).about(signal.name) == []


@cache
def left_by_stories() -> list[tuple[str, Customer]]:
    """Return the customers that each story leaves after 30 days, to read only."""
    played = [play(log.lines(), at(30)).partition_states[0] for log in STORIES.values()]
    return [one for partition_state in played for one in partition_state.customers.every()]  # type: ignore[attr-defined]


def without(customer: Customer, sections: set[int]) -> Customer:
    """Return a customer that lacks some sections and has all others, and the core."""
    lacking = newcomer()
    lacking.logins, lacking.latest, lacking.first_order = customer.logins, customer.latest, customer.first_order
    for section in REGISTER.sections:
        part = customer.part(section.id)
        if part and section.id not in sections:
            lacking.replace_part(section.id, part)
    return lacking


@pytest.mark.parametrize("signal", [one for one in SIGNALS if one.needs], ids=lambda s: s.name)
def test_a_signal_holds_for_no_customer_without_the_sections_that_it_needs(signal: Signal) -> None:
    """The engine does not ask it about such a customer: of each story, all other sections and the core are there."""
    policy, needed = Policy(), {section.id for section in signal.needs}
    for name, customer in left_by_stories():
        lacking = without(customer, needed)

        assert not signal.concerns(lacking)
        for moment in (at(10), at(30), at(200)):
            now = instant(moment)
            view = View(name, lacking, policy, signal.tuned(policy), now, now, Sources())
            assert next(iter(signal.stretches(view)), None) is None
            assert signal.quiet_until is never_quiet or signal.quiet_until(view) == NEVER


@pytest.mark.parametrize("facet", [one for one in REGISTER.facets if one.section], ids=lambda facet: facet.name)
def test_the_days_of_a_facet_are_kept_in_the_section_that_it_names(facet: Facet) -> None:
    """The engine does not look for them at a customer without it."""
    assert facet.days is not None
    assert facet.section is not None
    with_days = 0
    for _, customer in left_by_stories():
        with_days += bool(facet.days(customer))
        assert not facet.days(without(customer, {facet.section.id}))
    assert with_days or facet.name == "contacts"  # which no signal reads so far


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.name)
def test_every_signal_has_every_template_in_every_language(signal: Signal) -> None:
    assert all(set(texts) == set(LANGUAGES) for texts in signal.texts.values())
    assert signal.is_opportunity or 0 < signal.weight < 1


@pytest.mark.parametrize("text", ["{days:,}", "{days!r}", "{days.real}", "{0}", "{}"])
def test_a_place_in_a_text_is_a_name_and_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="has a name only"):
        Text(text)


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.name)
def test_every_signal_survives_a_restart_at_any_moment(signal: Signal) -> None:
    log = STORIES[signal.name]

    policy = policy_of(signal)
    plain, restarted = (
        play(log.lines(), at(40), policy),
        play(log.lines(), at(40), policy, Run(batch=1, restart_every=1)),
    )

    assert restarted.open_signals() == plain.open_signals()
    said, said_plainly = (  # cards are written when everything is read, so how often depends on the batches
        [one.id for one in outcome.statements if one.type != "customer.health"] for outcome in (restarted, plain)
    )
    assert said == said_plainly


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.name)
def test_of_a_customer_that_stays_decoded_each_signal_says_the_same(signal: Signal) -> None:
    log, policy = STORIES[signal.name], policy_of(signal)

    warm = play(log.lines(), at(130), policy, Run(batch=1, warm=True))
    restarted = play(log.lines(), at(130), policy, Run(batch=1, restart_every=1))

    assert warm.open_signals() == restarted.open_signals()
    said, said_by_all = (
        [one.id for one in outcome.statements if one.type != "customer.health"] for outcome in (warm, restarted)
    )
    assert said == said_by_all


def test_a_new_signal_is_one_file_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.recipes.first_order import FIRST_ORDER

    monkeypatch.setattr("retention.engine.episodes.SIGNALS", (*SIGNALS, FIRST_ORDER))

    log = Log().buys(3, "o1").buys(7, "o2").login(8)
    outcome = play(log.lines(), at(10), run=Run(batch=1))

    first, second = outcome.signals()
    assert first.explanation.en == "First order: 10.00 EUR"
    assert (second.transition, second.cleared_at) == ("cleared", at(7))


@pytest.mark.parametrize("batch", [1, 100])
@pytest.mark.parametrize("others", [SIGNALS, ()])
def test_a_new_signal_that_time_raises_needs_nothing_more(
    monkeypatch: pytest.MonkeyPatch, others: tuple[Signal, ...], batch: int
) -> None:
    from tests.recipes.no_second_order import NO_SECOND_ORDER

    monkeypatch.setattr("retention.engine.episodes.SIGNALS", (*others, NO_SECOND_ORDER))

    outcome = play(Log().buys(0, "o1").login(1, 33.5).buys(50.5, "o2").lines(), at(75), run=Run(batch=batch))

    dated = [(s.transition, s.cleared_at or s.raised_at) for s in outcome.signals("no-second-order")]
    assert dated == [("raised", at(30)), ("escalated", at(30)), ("cleared", at(50.5))]


@pytest.mark.parametrize("facet", [LOGINS, Facet("nothing that is counted by days")])
def test_a_signal_of_an_absence_reads_what_it_waits_for_and_its_days_are_known(facet: Facet) -> None:
    from tests.recipes.no_second_order import NO_SECOND_ORDER

    reads = NO_SECOND_ORDER.reads if facet is LOGINS else NO_SECOND_ORDER.reads | {facet}

    with pytest.raises(ValueError, match=f"no-second-order waits for {facet.name}"):
        replace(NO_SECOND_ORDER, reads=reads, absence_of=facet)


@pytest.mark.parametrize("patience", [-1, 0])
@pytest.mark.timeout(60)
def test_time_goes_on_past_a_signal_that_asks_for_the_instant_at_which_it_is_asked(
    monkeypatch: pytest.MonkeyPatch, patience: int
) -> None:
    """A timer that fires is set again for a later instant, or the worker would fire it for ever."""
    from tests.recipes.no_second_order import NO_SECOND_ORDER

    hasty = replace(
        NO_SECOND_ORDER,
        reads=NO_SECOND_ORDER.reads | {LOGINS},
        absence_of=LOGINS,
        patience_days=lambda _: patience,
        quiet_until=lambda view: view.as_of,
    )
    monkeypatch.setattr("retention.engine.episodes.SIGNALS", (hasty,))

    outcome = play(Log().buys(0, "o1").login(1, 20, 33.5).lines(), at(75))

    assert outcome.partition_states[0].watermark > instant(at(70))


HASTY: dict[str, dict[str, Any]] = {
    "the look": {"quiet_until": lambda view: view.as_of + 1},
    "a minute": {"quiet_until": lambda view: view.as_of + 61 * SECOND},
    "half an hour": {"stretches": lambda view: iter([lasting(view.as_of + HOUR // 2, NEVER)])},
    "the start": {"stretches": lambda view: iter([lasting(view.as_of + 1, NEVER)])},
    "the end": {"stretches": lambda view: iter([lasting(1, view.as_of + 1)])},
    "the rise": {"stretches": lambda view: iter([lasting(1, NEVER, view.as_of + 1)])},
}


def lasting(start: Instant, end: Instant, *harsher: Instant) -> Stretch:
    return Stretch(start, end, start, {}, {}, lambda _: {"days": 30}, harsher=harsher)


@pytest.mark.parametrize("trigger", ["on_time", "on_event"])
@pytest.mark.parametrize("rule", HASTY.values(), ids=HASTY)
@pytest.mark.timeout(60)
def test_time_goes_on_past_a_signal_that_always_asks_for_the_next_microsecond(
    monkeypatch: pytest.MonkeyPatch, rule: dict[str, Any], trigger: Trigger
) -> None:
    """A later instant alone is not enough: the worker would fire 86 billion timers for each day."""
    from tests.recipes.no_second_order import NO_SECOND_ORDER

    asked = list[Instant]()

    def noted(answer: Callable[[View], Any]) -> Callable[[View], Any]:
        def noting(view: View) -> Any:
            asked.append(view.as_of)
            return answer(view)

        return noting

    changed: dict[str, Any] = {name: noted(answer) for name, answer in rule.items()}
    hasty = replace(NO_SECOND_ORDER, trigger=trigger, **changed)
    monkeypatch.setattr("retention.engine.episodes.SIGNALS", (hasty, *SIGNALS))
    log = Log().login(0, 1, 2, 3, 4).buys(2, "o1").buys(50.5, "o2").login(74)

    outcome = play(log.lines(), at(75), run=Run(batch=1))

    partition_state = outcome.partition_states[0]
    assert partition_state.watermark > instant(at(70))
    assert len(asked) < 4 * partition_state.policy.calendar.day(instant(at(75))) + 4 * MOST_HASTY
    assert told(outcome, "no-login")[0] == ("raised", "low", "01-13")  # others are not kept from speaking


@pytest.mark.parametrize("trigger", ["on_time", "on_event"])
@pytest.mark.parametrize("rule", ["stretches", "quiet_until"])
def test_a_signal_that_raises_an_error_is_not_asked_once_it_is_switched_off(
    monkeypatch: pytest.MonkeyPatch, rule: str, trigger: Trigger
) -> None:
    """Its error ends the worker: what other signals say would otherwise be committed without it."""
    from tests.recipes.no_second_order import NO_SECOND_ORDER

    def fault(_view: View) -> Any:
        raise ZeroDivisionError

    broken = replace(NO_SECOND_ORDER, trigger=trigger, **cast("dict[str, Any]", {rule: fault}))
    monkeypatch.setattr("retention.engine.episodes.SIGNALS", (*SIGNALS, broken))
    lines = Log().buys(0, "o1").login(0, 1, 2, 3, 4).lines()

    off = play(lines, at(75), Policy(signals={broken.name: replace(broken.default, enabled=False)}))

    assert told(off, "no-login")
    with pytest.raises(ZeroDivisionError):
        play(lines, at(75))


def wavering(view: View) -> Iterator[Stretch]:
    """Yield a condition of day 10 to day 12 that seems to go on after each second day with a login."""
    days = day_counts.days(day_counts.before(view.customer.logins, view.calendar.day(view.as_of - 1) + 1))
    yield lasting(instant(at(10)), instant(at(12)) if len(days) % 2 == 0 else NEVER)


@pytest.mark.parametrize("trigger", ["on_time", "on_event"])
def test_what_ends_again_at_the_same_instant_has_another_id_whatever_a_rule_does(
    monkeypatch: pytest.MonkeyPatch, trigger: Trigger
) -> None:
    from tests.recipes.no_second_order import NO_SECOND_ORDER

    rule = replace(NO_SECOND_ORDER, trigger=trigger, stretches=wavering, reads=frozenset({LOGINS}), needs=())
    monkeypatch.setattr("retention.engine.episodes.SIGNALS", (rule,))
    ends = 0
    for seed in range(60):
        random = Random(seed)
        days = sorted(random.uniform(8, 24) for _ in range(10))
        lines = Log().login(0, *sorted(days, key=lambda day: day + random.choice((0, 0, 6)) * random.random())).lines()

        outcome = play(lines, at(30), run=Run(batch=random.choice((1, 3))))

        ends = max(ends, sum(one.transition == "cleared" and one.cleared_at == at(12) for one in outcome.signals()))
        ids = [statement.id for statement in outcome.statements]
        assert len(ids) == len(set(ids)), seed
    assert ends > 1


def test_what_is_open_is_over_at_the_instant_at_which_time_alone_ends_the_customer() -> None:
    """Nothing comes after the pause: its limit of 90 days is all that ends it."""
    outcome = play(Log().starts(1, "30").pauses(10).lines(), at(101))

    *_, last = outcome.signals("paused")
    assert (last.transition, last.cause, last.cleared_at) == ("cleared", "churned", at(100))
    assert not outcome.open_signals()


@pytest.mark.parametrize("batch", [1, 100])
def test_time_says_all_that_it_has_to_say_before_an_event_that_came_ahead_of_it_ends_an_episode(batch: int) -> None:
    outcome = play(Log().login(1, 2, 3, 4, 5, 40).lines(), at(60), run=Run(batch=batch))

    told = [(signal.transition, signal.severity) for signal in outcome.signals("no-login")]
    assert told[:3] == [("raised", "low"), ("escalated", "medium"), ("cleared", "medium")]


@pytest.mark.parametrize("batch", [1, 100])
def test_a_login_on_the_day_on_which_a_silence_becomes_more_severe_comes_after_that(batch: int) -> None:
    outcome = play(Log().login(1, 2, 3, 4, 5, 34.5).lines(), at(39), run=Run(batch=batch))

    told = [(signal.transition, signal.severity) for signal in outcome.signals("no-login")]
    assert told == [("raised", "low"), ("escalated", "medium"), ("cleared", "medium")]


def test_an_event_that_is_read_at_the_instant_at_which_time_speaks_changes_no_id() -> None:
    """Event time may stand at that very instant: what is due then has not been said."""
    lines = Log().login(1, 2, 3, 4, 5, 34.5).lines()
    by_time = play(lines[:-1], at(35))
    partition_state = play(lines[:-1], at(34)).partition_states[0]
    login = DECODERS["logins"].decode(lines[-1])

    partition_state.observe(login, instant(at(34.5)), "logins", None)

    (told, *_) = partition_state.take_statements()
    (wanted,) = (s for s in by_time.statements if s.type == "churn_signal.escalated")
    assert (told.type, told.id, told.cause) == (wanted.type, wanted.id, wanted.cause)


@pytest.mark.parametrize("batch", [1, 100])
def test_a_silence_is_over_because_it_ended_however_many_others_are_known_by_then(batch: int) -> None:
    """A backlog is read ahead of its time: what came after the episode is known when the clock raises it."""
    daily = [*range(1, 16), *range(25, 31), *range(50, 55), *range(80, 86)]

    outcome = play(Log().login(*daily).lines(), at(91), run=Run(batch=batch))

    over = [(signal.cause, signal.cleared_at) for signal in outcome.signals("no-login") if signal.cleared_at]
    assert over == [("recovered", at(day)) for day in (25, 50, 80)]


def test_a_rise_in_severity_says_how_long_it_is_by_then() -> None:
    outcome = play(Log().login(1, 2, 3, 4, 5).lines(), at(40))

    told = [(s.transition, s.observed["days_without_login"], s.explanation.en) for s in outcome.signals("no-login")]
    usual = "without a login; nine gaps in ten are 1 day or shorter"
    assert told == [("raised", 8, f"8 days {usual}"), ("escalated", 29, f"29 days {usual}")]


def test_a_silence_that_is_told_late_because_of_a_cooldown_says_how_long_it_is_by_then() -> None:
    (*_, told) = play(Log().login(1, 2, 3, 4, 5, 14).lines(), at(29)).signals("no-login")

    assert (told.transition, told.raised_at, told.observed) == ("raised", at(28), {"days_without_login": 14})


def test_a_rise_in_severity_counts_the_tickets_since() -> None:
    log = Log().asks(1, "t-1").asks(2, "t-2").asks(3, "t-3").asks(5, "t-4").asks(6, "t-5", "export").asks(11, "t-6")

    raised, escalated = play(log.lines(), at(12)).signals("repeated-ticket")

    assert (raised.observed["tickets"], escalated.observed["tickets"]) == (3, 4)
    assert escalated.explanation.en == "4 tickets on billing in 30 days"


def test_a_rise_in_severity_says_what_is_paid_by_then() -> None:
    log = Log().starts(0, "100").changes(1, mrr="70").changes(3, mrr="60").pauses(4).changes(20, mrr="50")

    raised, escalated = play(log.lines(), at(12)).signals("downgrade")

    assert (raised.observed["mrr"], raised.observed["fall_percent"]) == ("70.00", 30)
    assert (escalated.observed["mrr"], escalated.observed["fall_percent"]) == ("60.00", 40)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Madrid"])
def test_a_login_ends_a_silence_at_its_own_time(zone: str) -> None:
    events = (
        Log().login(1, 2, 3, 4, 5).events + Log("c-2").login(15.4).events + Log().login(*range(6), 15.43).events[6:]
    )

    outcome = play(map(line, events), at(16), Policy(zone=zone), Run(batch=1))

    (*_, over) = outcome.signals("no-login")
    assert (over.transition, over.cause, over.cleared_at) == ("cleared", "recovered", at(15.43))


@pytest.mark.parametrize("restart", [None, 1])
def test_it_does_where_time_has_more_to_say_first(restart: int | None) -> None:
    """It is read before event time comes to the instant at which the episode becomes more severe."""
    events = (
        Log().login(1, 2, 3, 4, 5).events + Log("c-2").login(33.99).events + Log().login(*range(6), 34.5).events[6:]
    )

    outcome = play(map(line, events), at(35), run=Run(batch=1, restart_every=restart))

    told = [(s.transition, s.cleared_at) for s in outcome.signals("no-login")]
    assert told == [("raised", None), ("escalated", None), ("cleared", at(34.5))]


def test_a_subscription_that_time_ends_beside_another_is_a_downgrade_at_that_instant() -> None:
    log = Log().starts(1, "30").starts(2, "20", "s-2", status="past_due")

    outcome = play(log.lines(), at(33))

    (signal,) = outcome.signals("downgrade")
    assert (signal.raised_at, signal.observed["fall_percent"]) == (at(32), 40)


@pytest.mark.parametrize("other", [Log(), Log().starts(0, name="s-2")], ids=["none", "another"])
@pytest.mark.parametrize("named", [{}, {"subscription_id": "unknown"}], ids=["all", "one"])
def test_a_request_about_a_subscription_that_was_never_seen_is_told(other: Log, named: dict[str, str]) -> None:
    """A history may begin after the subscription did."""
    log = Log()
    log.events = [*other.events, *Log("c-1").login(1).add("cancellation.requested", 5, **named).events]
    renewed = deepcopy(log).add("subscription.renewed", 4, **({"subscription_id": "unknown"} | named))
    ended = deepcopy(log).ends(4, name=named.get("subscription_id"))

    for number, one in enumerate((log, renewed)):
        assert told(play(_numbered(one), at(10)), "cancellation-requested") == [("raised", "high", "01-06")], number
    if named:
        assert told(play(_numbered(ended), at(10)), "cancellation-requested") == []


def _numbered(log: Log) -> list[bytes]:
    events = sorted(log.events, key=lambda event: event["occurred_at"])
    return [line(event | {"event_id": f"e-{number}"}) for number, event in enumerate(events)]
