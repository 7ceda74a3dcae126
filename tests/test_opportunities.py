"""Opportunities: they use the machinery of signals, and are no signs of leaving. The laws go over all of them."""

from collections import Counter
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retention.actions.offer_seats import OFFER_SEATS
from retention.calendar import instant
from retention.policy import Policy, SignalPolicy
from retention.signals import OPPORTUNITIES, RISKS, SIGNALS, name_of
from retention.signals.base import Signal
from retention.signals.seats_nearly_full import SEATS_NEARLY_FULL
from retention.state.customer import is_opportunity
from retention.statements import Statement
from streams.errors import BadSettings
from streams.gauges import Gauges
from streams.past import Past
from streams.setting_sources import read_settings
from tests.building import Log, at, text
from tests.playing import Outcome, Run, play
from tests.test_cards import runs
from tests.test_laws import POLICY, UNTIL, Event, lines, log_of, logs
from tests.test_signals import STORIES, policy_of

NAMES = {one.name for one in OPPORTUNITIES}


def without(policy: Policy) -> Policy:
    """Return a policy by which no opportunity is raised."""
    return replace(
        policy, signals=policy.signals | {one.name: replace(one.default, enabled=False) for one in OPPORTUNITIES}
    )


def unlimited(policy: Policy) -> Policy:
    """Return a policy by which any number of messages is recommended: one about an opportunity holds others, too."""
    return replace(policy, message_gap=0, messages_in_30_days=0)


def is_about_one(statement: Statement) -> bool:
    """Report whether a statement is that of an opportunity, or of its action."""
    body: Any = statement.body
    return statement.type.startswith("opportunity.") or getattr(body, "signal", "") in NAMES


def others(outcome: Outcome) -> list[tuple[str, str, Any]]:
    """Return everything else that is said, with all fields of cards and losses."""
    return [(one.type, one.id, one.body) for one in outcome.statements if not is_about_one(one)]


def together(*logs_of_one: Log) -> list[bytes]:
    """Return the events of several logs of one customer in order of time, under ids of their own."""
    found = [
        event | {"event_id": f"{event['event_id']}-{number}"}
        for number, log in enumerate(logs_of_one)
        for event in log.events
    ]
    log = Log()
    log.events = sorted(found, key=lambda event: event["occurred_at"])
    return log.lines()


def test_the_register_has_signals_and_opportunities_and_nothing_else() -> None:
    assert (*RISKS, *OPPORTUNITIES) == SIGNALS  # opportunities come last: what is wrong is asked first
    assert OPPORTUNITIES
    assert {one.key for one in SIGNALS if is_opportunity(one.key)} == {one.key for one in OPPORTUNITIES}


@pytest.mark.parametrize("change", [{"weight": 0.1}, {"half_life_days": 7}, {"default": SignalPolicy()}])
def test_an_opportunity_has_no_weight_and_no_severity_of_its_own(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is an opportunity"):
        replace(SEATS_NEARLY_FULL, **change)


@pytest.mark.parametrize("opportunity", OPPORTUNITIES, ids=lambda one: one.name)
def test_an_opportunity_changes_no_risk_no_card_and_no_count_of_signals(opportunity: Signal) -> None:
    """Beside a customer that stays away and then leaves, and by itself."""
    trouble = Log().starts(-40).login(0, 1, 2, 3, 4).asks(6, "a").asks(7, "b").asks(8, "c").ends(60)
    for log in (STORIES[opportunity.name].lines(), together(STORIES[opportunity.name], trouble)):
        policy = unlimited(policy_of(opportunity))
        outcome, plain = play(log, at(70), policy), play(log, at(70), without(policy))

        assert outcome.about(opportunity.name)
        assert others(outcome) == others(plain)
        (state,), (plain_state,) = outcome.partition_states, plain.partition_states
        assert +state.episodes.open == +plain_state.episodes.open
        assert not NAMES & {name for name, _ in state.episodes.open}


@example(log_of(588_766, 75), Run(batch=3))  # a customer that had left was back by an event that was read ahead of time
@given(logs(), runs)
def test_nothing_else_that_is_said_depends_on_opportunities(events: list[Event], run: Run) -> None:
    """Their timers bring nothing to light that would not be said without them."""
    policy = unlimited(POLICY)
    outcome, plain = play(lines(events), UNTIL, policy, run), play(lines(events), UNTIL, without(policy), run)

    assert others(outcome) == others(plain)


@given(logs(), runs)
def test_no_card_no_loss_and_no_count_of_drawn_logs_knows_an_opportunity(events: list[Event], run: Run) -> None:
    outcome = play(lines(events), UNTIL, POLICY, run)

    named = {one.signal for card in outcome.of_type("customer.health") for one in card.open_signals}
    named |= {one.signal for lost in outcome.of_type("customer.churned") for one in lost.open_signals}
    assert not NAMES & named
    for state in outcome.partition_states:
        customers = [customer for _, customer in state.customers.every()]  # type: ignore[attr-defined]
        kept = Counter(
            (name_of(key), one.severity)
            for customer in customers
            for key, one in customer.open_episodes.items()
            if name_of(key) not in NAMES
        )
        assert +state.episodes.open == kept


@given(logs(), st.sampled_from((1, 17, 1_000)))
def test_an_opportunity_is_no_alarm_and_no_signal_that_is_counted(events: list[Event], batch: int) -> None:
    outcome = play(lines(events), UNTIL, POLICY, Run(batch=batch))
    gauges, past = Gauges(), Past(POLICY)

    gauges.said([one for one in outcome.statements if is_about_one(one)])
    past.said([one for one in outcome.statements if is_about_one(one)], outcome.partition_states[0])

    counted = {sample.labels["signal"] for metric in gauges.signals.collect() for sample in metric.samples}
    assert not counted
    assert not past.signals
    assert not past.bands
    said = sum(one.type.startswith("opportunity.") for one in outcome.statements)
    found = chain.from_iterable(metric.samples for metric in gauges.opportunities.collect())
    assert sum(sample.value for sample in found if sample.name.endswith("_total")) == said


@pytest.mark.parametrize("opportunity", OPPORTUNITIES, ids=lambda one: one.name)
def test_an_opportunity_never_becomes_more_severe(opportunity: Signal) -> None:
    hasty = replace(opportunity.default, escalate_after_days=1)
    policy = replace(policy_of(opportunity), signals={opportunity.name: hasty})

    outcome = play(STORIES[opportunity.name].lines(), at(60), policy)

    assert {one.transition for one in outcome.about(opportunity.name)} <= {"raised", "cleared"}
    assert outcome.about(opportunity.name)[0].transition == "raised"


@pytest.mark.parametrize("name", ["severity", "escalate_after_days"])
def test_a_severity_of_an_opportunity_is_an_error_that_says_so(name: str) -> None:
    value = "high" if name == "severity" else "3"

    with pytest.raises(BadSettings, match="is an opportunity, which has no severity"):
        read_settings(overrides={f"signals.seats-nearly-full.{name}": value})


# Held while there is trouble

GRAVE: dict[str, Log] = {
    "it has asked to leave": Log().starts(-9, term_end=text(at(90))).add("cancellation.requested", 0),
    "it does not renew": Log().starts(-9, term_end=text(at(90))).changes(0, auto_renew=False),
    "a payment has failed": Log().add("payment.failed", 0, payment_id="p"),
    "a ticket is stuck": Log().asks(-5, "t"),
    "an urgent ticket is open": Log().add("ticket.opened", 0.5, ticket_id="t", topic="x", priority="urgent"),
    "a ticket was escalated": Log().asks(0.4, "t").add("ticket.escalated", 0.5, ticket_id="t"),
}
FULL = Log().add("seats.changed", 1, paid=50, active=46)


def actions(outcome: Outcome) -> list[tuple[str, str]]:
    said: list[tuple[str, Any]] = [(one.type, one.body) for one in outcome.statements]
    return [(kind, getattr(body, "gate", "")) for kind, body in said if getattr(body, "action", "") == OFFER_SEATS.name]


@pytest.mark.parametrize("log", GRAVE.values(), ids=GRAVE)
def test_nobody_is_asked_for_more_while_it_has_a_grave_trouble(log: Log) -> None:
    outcome = play(together(log, FULL), at(5))

    assert [one.transition for one in outcome.about("seats-nearly-full")] == ["raised"]
    assert actions(outcome) == [("action.suppressed", "trouble")]


@pytest.mark.parametrize("log", GRAVE.values(), ids=GRAVE)
def test_a_signal_that_is_switched_off_holds_opportunities_all_the_same(log: Log) -> None:
    off = {one.name: replace(one.default, enabled=False) for one in SIGNALS if one.stops_promotion}

    assert actions(play(together(log, FULL), at(5), Policy(signals=off))) == [("action.suppressed", "trouble")]


@pytest.mark.parametrize(
    "log",
    [
        Log(),
        Log().asks(0.5, "t"),
        Log().add("ticket.opened", 0.2, ticket_id="t", topic="x", priority="urgent").solves(0.5, "t"),
        Log().add("payment.failed", -3, payment_id="p").add("payment.succeeded", 0, payment_id="p"),
        Log().add("payment.failed", 2, payment_id="p"),
    ],
    ids=["nothing", "a usual ticket", "solved", "paid", "failed later"],
)
def test_a_trouble_that_is_small_over_or_still_to_come_holds_nothing(log: Log) -> None:
    assert actions(play(together(log, FULL), at(5)))[0] == ("action.recommended", "")


# seats-nearly-full
#  active of 50   44   46   42   39
#                      [---------)


def test_seats_are_nearly_full_until_enough_are_free_again() -> None:
    log = Log()
    for day, active in enumerate((44, 46, 42, 39)):
        log.add("seats.changed", day, paid=50, active=active)

    said = play(log.lines(), at(9)).about("seats-nearly-full")

    assert [(one.transition, one.cause) for one in said] == [("raised", None), ("cleared", "recovered")]
    assert (said[0].raised_at, said[1].cleared_at) == (at(1), at(3))
    assert said[0].observed == {"active_seats": 46, "paid_seats": 50}
    assert (said[0].explanation.en, said[1].explanation.en) == ("46 of 50 seats in use", "No longer the case")


def test_a_small_account_is_not_asked_for_more_seats() -> None:
    assert not play(Log().add("seats.changed", 1, paid=4, active=4).lines(), at(5)).about("seats-nearly-full")


def test_what_is_said_of_an_opportunity_is_dated_and_caused_as_that_of_a_signal() -> None:
    raised, recommended = play(FULL.lines(), at(5)).statements

    assert (raised.type, raised.at, raised.cause) == ("opportunity.raised", instant(at(1)), "c-1-e00001")
    body: Any = recommended.body
    assert (recommended.type, recommended.cause) == ("action.recommended", raised.id)
    assert (body.signal, body.episode, body.severity) == ("seats-nearly-full", raised.body.episode, "low")  # type: ignore[attr-defined]
