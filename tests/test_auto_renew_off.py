"""The signal `auto-renew-off`, and what is stored of what events say about renewals."""

from itertools import permutations
from typing import Any

import pytest

from retention.features.subscriptions.renewals import MAX_STATEMENTS
from retention.features.subscriptions.renewals_section import RENEWALS, renewals_seen
from retention.state.codec import decode, encode
from tests.building import Log, at, line, text
from tests.playing import Outcome, Run, play


def told(outcome: Outcome) -> list[tuple[Any, ...]]:
    """Return transition, severity, cause and day of the statements about the signal."""
    return [
        (s.transition, s.severity, s.cause, f"{(s.cleared_at or s.raised_at):%m-%d}")
        for s in outcome.signals("auto-renew-off")
    ]


#  day    0        10            14
#         started  off           on
#                  [-------------)


def test_a_renewal_that_is_switched_off_is_open_until_it_is_on_again() -> None:
    log = Log().starts(0, term_end=text(at(90))).changes(10, auto_renew=False).changes(14, auto_renew=True)

    outcome = play(log.lines(), at(30))

    assert told(outcome) == [("raised", "high", None, "01-11"), ("cleared", "high", "recovered", "01-15")]
    explanation = outcome.signals()[0].explanation
    assert explanation.en == "Auto-renewal switched off on 11 January 2024; the term ends on 31 March 2024"
    assert outcome.signals()[0].observed == {"switched_off": "2024-01-11", "term_ends": "2024-03-31"}
    assert outcome.signals()[0].evidence == ["c-1-e00002"]


def test_it_counts_beside_a_price_that_cannot_be_used() -> None:
    items = [{"price": "12.50", "quantity": 3}]  # by an interval that no event states

    outcome = play(Log().starts(0).changes(10, items=items, auto_renew=False).lines(), at(30))

    assert told(outcome)[0] == ("raised", "high", None, "01-11")
    assert outcome.counts == {"applied": 2}


def test_without_a_known_term_only_the_switch_is_named() -> None:
    outcome = play(Log().starts(0).changes(10, auto_renew=False).lines(), at(12))

    assert outcome.signals()[0].explanation.it == "Rinnovo automatico disattivato l'11 gennaio 2024"


def test_it_takes_effect_with_the_end_of_the_subscription() -> None:
    log = Log().starts(0).starts(0, name="s-2").changes(10, auto_renew=False).ends(12)

    assert told(play(log.lines(), at(30))) == [
        ("raised", "high", None, "01-11"),
        ("cleared", "high", "took_effect", "01-13"),
    ]


def test_a_renewal_by_hand_leaves_it_off() -> None:
    log = Log().starts(0).changes(10, auto_renew=False).add("subscription.renewed", 12, subscription_id="s-1")

    assert told(play(log.lines(), at(15))) == [("raised", "high", None, "01-11")]


@pytest.mark.parametrize("instant_of_terms", [0, 0.5])
def test_a_subscription_that_was_sold_without_renewal_has_nothing_switched_off(instant_of_terms: float) -> None:
    log = Log().starts(0, auto_renew=False).changes(instant_of_terms, auto_renew=False, plan="gold")
    log.changes(20, auto_renew=False, plan="lead")

    assert told(play(log.lines(), at(30))) == []


def test_it_may_be_switched_off_after_it_was_switched_on() -> None:
    log = Log().starts(0, auto_renew=False).changes(5, auto_renew=True).changes(20, auto_renew=False)

    assert told(play(log.lines(), at(22))) == [("raised", "high", None, "01-21")]


def test_the_later_of_two_statements_of_one_instant_counts() -> None:
    log = Log().starts(0).changes(10, auto_renew=False).changes(10, auto_renew=True)

    assert told(play(log.lines(), at(30))) == []


def test_what_was_said_of_a_subscription_that_began_again_is_over() -> None:
    log = Log().starts(0).changes(10, auto_renew=False).ends(12).starts(20)

    outcome = play(log.lines(), at(30))

    assert [s[0] for s in told(outcome)] == ["raised", "cleared"]


def test_what_is_said_of_a_subscription_that_has_not_started_says_nothing() -> None:
    assert told(play(Log().changes(10, auto_renew=False).starts(12).lines(), at(30))) == []


def test_two_subscriptions_are_one_episode_that_ends_with_the_last() -> None:
    log = Log().starts(0).starts(0, name="s-2").changes(10, auto_renew=False).changes(11, "s-2", auto_renew=False)
    log.changes(12, auto_renew=True).changes(14, "s-2", auto_renew=True)

    assert [s[0::3] for s in told(play(log.lines(), at(30)))] == [("raised", "01-11"), ("cleared", "01-15")]


def test_it_says_the_same_in_whatever_order_events_come_and_however_often() -> None:
    log = Log().starts(0).changes(10, auto_renew=False).changes(11, auto_renew=False).changes(12, auto_renew=True)
    log.changes(13, auto_renew=False)
    states, open_at_end = set(), set()

    for events in permutations(log.events):
        outcome = play([line(event) for event in [*events, events[0]]], at(30), run=Run(batch=1, restart_every=1))
        customer = outcome.partition_states[0].customers.find("c-1")
        assert customer is not None
        states.add(customer.part(RENEWALS.id))
        open_at_end |= {tuple(outcome.open_signals())}

    assert len(states) == len(open_at_end) == 1
    assert [one[:2] for one in next(iter(open_at_end))] == [("c-1", "auto-renew-off")]


def test_a_switch_from_before_the_horizon_still_holds_for_a_subscription_that_runs() -> None:
    log = Log().starts(0).changes(1, auto_renew=False).changes(2, auto_renew=False, plan="lead").login(700, 702)

    outcome = play(log.lines(), at(703), run=Run(batch=1))

    assert told(outcome)[-1][0] != "cleared"
    (customer,) = (one for _, one in outcome.partition_states[0].customers.every())  # type: ignore[attr-defined]
    assert [(stated.at, stated.on) for stated in renewals_seen(customer)] == [(1_704_153_600_000_000, False)]


def test_what_is_about_an_ended_subscription_is_dropped_with_the_horizon() -> None:
    log = Log().starts(0).changes(1, auto_renew=False).ends(5).login(700, 702)

    outcome = play(log.lines(), at(703), run=Run(batch=1))

    (customer,) = (one for _, one in outcome.partition_states[0].customers.every())  # type: ignore[attr-defined]
    assert decode(encode(customer)).part(RENEWALS.id) is None


def test_of_many_statements_the_newest_are_kept() -> None:
    log = Log().starts(0)
    for number in range(MAX_STATEMENTS + 5):
        log.changes(1 + number / 100, auto_renew=bool(number % 2))

    outcome = play(log.lines(), at(3))

    (customer,) = (one for _, one in outcome.partition_states[0].customers.every())  # type: ignore[attr-defined]
    assert len(renewals_seen(customer)) == MAX_STATEMENTS
    assert customer.dropped == 5
