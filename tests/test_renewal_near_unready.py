"""The signal `renewal-near-unready`: the end of a long term, and who was in touch before it."""

from typing import Any

import pytest

from tests.building import Log, at, in_order, text
from tests.playing import Outcome, Run, in_turn_with_time, play


def told(outcome: Outcome) -> list[tuple[Any, ...]]:
    """Return transition, severity, cause and day of the statements about the signal."""
    return [
        (s.transition, s.severity, s.cause, ((s.cleared_at or s.raised_at) - at(0)).days)
        for s in outcome.signals("renewal-near-unready")
    ]


def yearly(until: float = 200, **fields: Any) -> Log:
    return Log().starts(0, term_end=text(at(until)), **fields)


def contact(log: Log, *days: float, kind: str = "call") -> Log:
    for day in days:
        log.add("note.added", day, kind=kind)
    return log


#  day   0         100       110           131             200
#        started   contact   90 days left  30 days silent  the term ends
#                                          [---------------)


def test_a_term_that_ends_soon_without_a_contact_for_thirty_days_is_unready() -> None:
    outcome = play(contact(yearly(), 100).lines(), at(140))

    assert told(outcome) == [("raised", "low", None, 131)]
    said = outcome.signals()[0]
    assert said.explanation.en == "Renews in 69 days (on 19 July 2024); no contact for 31 days"
    assert said.observed == {"term_ends": "2024-07-19", "days_left": 69, "days_without_contact": 31}


def test_a_silence_that_began_long_before_counts_from_when_the_end_is_near() -> None:
    assert told(play(contact(yearly(), 20).lines(), at(115)))[0][0::3] == ("raised", 110)


def test_a_contact_ends_it() -> None:
    outcome = play(contact(yearly(), 100, 135.5).lines(), at(140))

    assert [one[0::2] for one in told(outcome)] == [("raised", None), ("cleared", "recovered")]


@pytest.mark.parametrize("ahead", [1, 100])
def test_a_contact_on_the_day_on_which_it_begins_ends_it_as_a_recovery(ahead: int) -> None:
    outcome = play(contact(yearly(), 100, 131.5).lines(), at(140), run=Run(batch=ahead))

    assert [one[0::2] for one in told(outcome)] == [("raised", None), ("cleared", "recovered")]


def test_a_note_about_no_contact_is_none() -> None:
    assert told(play(contact(contact(yearly(), 100), 120, kind="internal").lines(), at(132)))[0][0::3] == (
        "raised",
        131,
    )


def test_a_customer_that_no_contact_was_ever_recorded_with_is_not_unready_for_want_of_one() -> None:
    assert told(play(yearly().lines(), at(199))) == []


def test_no_contact_stays_low_and_is_medium_once_logins_are_missed_too() -> None:
    log = contact(yearly(), 100).login(120)

    low, medium = play(log.lines(), at(199)).signals()

    assert (low.severity, medium.severity, medium.transition) == ("low", "medium", "escalated")
    assert medium.explanation.en == "Renews in 49 days (on 19 July 2024); no login for 31 days"
    assert told(play(contact(yearly(), 100).login(*range(199)).lines(), at(199))) == [("raised", "low", None, 131)]
    assert told(play(log.add("note.added", 140, kind="call").lines(), at(199)))[-1][:2] == ("raised", "medium")


def test_a_customer_that_does_not_sign_in_any_more_is_unready() -> None:
    outcome = play(yearly().login(90).lines(), at(140))

    assert told(outcome) == [("raised", "medium", None, 121)]
    assert (
        outcome.signals()[0].explanation.it
        == "Si rinnova tra 79 giorni (il 19 luglio 2024); nessun accesso da 31 giorni"
    )


def test_the_end_of_a_short_term_is_not_looked_at() -> None:
    log = contact(Log().starts(0, term_end=text(at(30))), 1)
    for month in range(1, 8):
        log.add("subscription.renewed", 30 * month, subscription_id="s-1", term_end=text(at(30 * month + 30)))

    assert told(play(log.lines(), at(240))) == []


def test_a_renewal_ends_it() -> None:
    log = contact(yearly(), 100).add("subscription.renewed", 150, subscription_id="s-1", term_end=text(at(400)))

    assert told(play(log.lines(), at(160)))[-1][0::2] == ("cleared", "recovered")


def test_it_is_over_with_the_term() -> None:
    assert told(play(contact(yearly(), 100).lines(), at(205)))[-1][0::3] == ("cleared", 200)


def test_the_end_of_the_subscription_ends_it() -> None:
    assert told(play(contact(yearly(), 100).ends(150).lines(), at(160)))[-1][0::2] == ("cleared", "churned")


@pytest.mark.parametrize("restart", [None, 1])
def test_it_says_the_same_however_far_is_read_ahead(restart: int | None) -> None:
    log = in_order(contact(yearly(), 20, 115, 160).login(5, 60, 170))
    whole = play(log.lines(), at(205), run=Run(batch=100))

    one_by_one = play(log.lines(), at(205), run=Run(batch=1, restart_every=restart))

    assert told(whole) == told(one_by_one)
    assert [one[0] for one in told(whole)].count("raised") >= 2


def test_a_term_that_only_a_renewal_states_is_looked_at() -> None:
    """A renewal moves no subscription and no figure, but the end of its term."""
    log = contact(Log().starts(0, term_end=text(at(30))), 5)
    log.add("subscription.renewed", 30, subscription_id="s-1", term_end=text(at(395)))

    said = [one for one in in_turn_with_time(log, 0, 380) if one.signal == "renewal-near-unready"]

    assert [(one.transition, one.raised_at) for one in said][:1] == [("raised", at(305))]
