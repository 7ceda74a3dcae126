"""Events before the horizon: those of one subscription count all or not at all, whenever they arrive."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.features.subscriptions.opening import MAX_ENDED
from retention.features.subscriptions.section import timeline_seen
from tests.building import START, Log, at, line
from tests.playing import Outcome, Run, play
from tests.test_years import event_of

NOW = 1_300
"""The day on which what is old comes: the horizon lies some 480 to 510 days before it."""
OLD = 700
"""What happened before this day is older than the balance of a customer whose events came in their time."""
Event = dict[str, Any]


def who_stays(name: str = "c-1") -> Log:
    """Return a known customer: a subscription from the first week on, renewed every month."""
    log = Log(name).starts(5)
    for day in range(35, NOW + 1, 30):
        log.add("subscription.renewed", day, subscription_id="s-1")
    return log


def mrr_of_late_months(outcome: Outcome) -> dict[str, str]:
    """Return what customers pay in the months that were not sealed when the old events came."""
    months = {key: one.value for key, one in outcome.updates.items() if key.startswith("mrr|subscription|EUR|month|")}
    return {key: value or "" for key, value in months.items() if key.split("|")[4] >= "2026-09"}


def played(*events: Event) -> Outcome:
    return play([line(event) for event in events], at(NOW + 70), run=Run(batch=1))


def late(known: Log, *events: Event) -> Outcome:
    """Play a customer's history in its time, and then other events, in this order."""
    return played(*known.events, *events, *Log("later").login(NOW + 40).events)


def test_currencies_are_kept_in_one_order_in_every_process() -> None:
    """States of one log are the same bytes, whatever the hash seed of the process that wrote them."""
    log, currencies = Log("c-1"), ["CHF", "EUR", "GBP", "JPY", "PLN", "SEK", "USD"]
    for place, currency in enumerate(reversed(currencies)):
        log.starts(5, "1000", name=f"s-{place}", currency=currency)
    log.login(NOW, NOW + 50)

    (partition_state,) = played(*log.events).partition_states
    customer = partition_state.customers.find("c-1")

    assert customer is not None
    assert list(timeline_seen(customer).opening.first) == ["", *currencies]


ENDED = Log("c-1").add("login.failed", 0).starts(100, "50", name="s-0").ends(300, name="s-0").events[1:]


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0, 1), (1, 0, 1, 0), (0, 0, 1), (1, 1, 0)])
def test_what_began_and_ended_before_anything_unsealed_leaves_nothing(order: tuple[int, ...]) -> None:
    outcome = late(who_stays(), *(renamed(ENDED[place], place) for place in order))

    assert set(mrr_of_late_months(outcome).values()) == {"10.00"}


def renamed(event: Event, place: int) -> Event:
    return event | {"event_id": f"old-{place}"}


def test_an_old_start_and_its_old_changes_count_together() -> None:
    start = renamed(ENDED[0], 0)
    change = start | {"event_id": "old-1", "type": "subscription.changed", "occurred_at": "2024-08-01T00:00:00Z"}
    change["mrr"] = "70"

    for events in ((start, change), (change, start)):
        assert set(mrr_of_late_months(late(who_stays(), *events)).values()) == {"80.00"}


def test_what_came_before_its_start_counts_when_that_comes_late() -> None:
    """A pause that was kept for a start, and is older than the horizon when the start comes."""
    paused = Log("c-1").pauses(300, name="s-0").events[0] | {"event_id": "paused"}
    known = who_stays()
    known.events.insert(10, paused)

    assert set(mrr_of_late_months(late(known, renamed(ENDED[0], 0))).values()) == {"10.00"}


def test_an_old_end_of_what_stands_is_news() -> None:
    end = Log("c-1").ends(400).events[0] | {"event_id": "old"}

    assert set(mrr_of_late_months(late(who_stays(), end)).values()) == {"0.00"}


def test_an_old_end_of_an_earlier_life_ends_nothing() -> None:
    log = Log("c-1").starts(5).ends(100).starts(200)
    for day in range(230, NOW + 1, 30):
        log.add("subscription.renewed", day, subscription_id="s-1")
    again, other = log.events[1], log.events[1] | {"event_id": "old", "occurred_at": "2024-05-01T00:00:00Z"}

    assert set(mrr_of_late_months(late(log, again, other)).values()) == {"10.00"}


def test_who_left_before_the_horizon_is_not_brought_back_by_its_own_start() -> None:
    """Its end may be long in coming, or not come at all: it is known that it left."""
    log = Log("c-1").starts(5).ends(100).login(*range(110, NOW, 30))

    assert set(mrr_of_late_months(late(who_stays("c-2"), *log.events, log.events[0])).values()) == {"10.00"}


def test_a_life_that_is_over_makes_a_later_one_a_return_whichever_way_it_came() -> None:
    for order in ((0, 1), (1, 0)):
        known = Log("c-1").starts(5, "0").login(*range(10, NOW, 30))
        events = [renamed(ENDED[place], place) for place in order]
        anew = Log("c-1").starts(NOW + 10, name="s-9").events[0] | {"event_id": "anew"}

        outcome = late(known, *events, anew)

        crr = outcome.update("crr|subscription||month|2027-08-01|all").components
        assert (crr["new"], crr["returned"]) == (0, 1), order


def test_of_very_many_that_left_the_newest_ends_are_remembered() -> None:
    log = Log("c-1")
    for number in range(MAX_ENDED + 40):
        log.starts(number * 4, name=f"s-{number}").ends(number * 4 + 2, name=f"s-{number}")
    log.login(*range(600, NOW, 30))

    outcome = late(who_stays("c-2"), *log.events, *log.events[100:])

    assert set(mrr_of_late_months(outcome).values()) == {"10.00"}


@st.composite
def old_lives(draw: st.DrawFn) -> list[Event]:
    """Draw what became of one subscription, before anything that is not settled."""
    dice, log, day = Random(draw(st.integers(0, 2**32))), Log("c-1").add("login.failed", 0), 20.0
    log.starts(day, "50", name="s-0")
    for _ in range(dice.randrange(6)):
        day += dice.uniform(1, 80)
        match dice.choice(("changed", "paused", "resumed", "renewed")):
            case "changed":
                log.changes(day, name="s-0", mrr=dice.choice(("20", "70")))
            case kind:
                log.add(f"subscription.{kind}", day, subscription_id="s-0")
    if dice.random() < 0.5:
        log.ends(day + 10, name="s-0")
    return [event | {"event_id": f"old-{place}"} for place, event in enumerate(log.events[1:])]


@given(old_lives(), st.integers(0, 2**32))
def test_an_old_life_counts_as_if_it_had_come_in_its_time_in_whatever_order_it_comes(
    life: list[Event], seed: int
) -> None:
    dice, known = Random(seed), who_stays()
    arriving = [event for event in life for _ in range(dice.choice((1, 1, 2)))]
    dice.shuffle(arriving)

    in_time = played(
        *sorted([*known.events, *life], key=lambda event: event["occurred_at"]), *Log("later").login(NOW + 40).events
    )

    assert mrr_of_late_months(late(known, *arriving)) == mrr_of_late_months(in_time)


@given(st.integers(0, 2**32), st.sampled_from((1, 7, 1_000)))
def test_a_history_of_years_that_is_delivered_again_changes_nothing(seed: int, batch: int) -> None:
    dice = Random(seed)
    events = sorted((event_of(dice, n) for n in range(dice.randrange(1, 120))), key=lambda e: e["occurred_at"])
    again = dice.sample(events, len(events)) if dice.random() < 0.5 else events
    end, run = START + timedelta(days=366 * 4 + 70), Run(partitions=3, batch=batch)

    once = play([line(event) for event in events], end, run=run)
    twice = play([line(event) for event in [*events, *again]], end, run=run)

    assert twice.finals().keys() == once.finals().keys()
    assert {k: v[:2] for k, v in twice.finals().items()} == {k: v[:2] for k, v in once.finals().items()}
