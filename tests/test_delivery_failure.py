"""The signal `delivery-failure`, and what is stored of deliveries."""

from itertools import permutations

import pytest

from retention.features.deliveries.deliveries import MAX_ARRIVALS, MAX_TROUBLES
from retention.features.deliveries.section import DELIVERIES, deliveries_seen
from tests.building import Log, at, line
from tests.playing import Outcome, Run, play


def told(outcome: Outcome) -> list[tuple[str, str, str | None, str]]:
    """Return transition, severity, cause and day of the statements about the signal."""
    return [
        (s.transition, s.severity, s.cause, f"{(s.cleared_at or s.raised_at):%m-%d}")
        for s in outcome.signals("delivery-failure")
    ]


def delayed(day: float, order: str = "o-1", log: Log | None = None) -> Log:
    return (log or Log()).add("purchase.delayed", day, order_id=order)


def arrives(log: Log, day: float, order: str = "o-1") -> Log:
    return log.add("purchase.delivered", day, order_id=order)


#  day   5          7                      20
#        delayed    raised                 another order arrives
#                   [----------------------)


def test_an_order_that_has_not_come_two_days_after_its_delay_was_announced_is_a_failure() -> None:
    outcome = play(arrives(delayed(5), 20, "o-2").lines(), at(25))

    assert told(outcome) == [("raised", "low", None, "01-08"), ("cleared", "low", "recovered", "01-21")]
    said = outcome.signals()[0].explanation
    assert said.en == "An order was announced as delayed on 6 January 2024, and none has arrived on time since"


def test_an_order_that_comes_within_the_two_days_is_none() -> None:
    assert told(play(arrives(delayed(5), 6.9).lines(), at(25))) == []


def test_the_arrival_of_the_late_order_itself_makes_nothing_good() -> None:
    assert [one[0] for one in told(play(arrives(delayed(5), 9).lines(), at(15)))] == ["raised"]


def test_a_delay_that_is_announced_again_is_one() -> None:
    assert [one[0::3] for one in told(play(delayed(6, log=delayed(5)).lines(), at(15)))] == [("raised", "01-08")]


@pytest.mark.parametrize(("other", "days", "raised"), [("o-2", 20, True), ("o-2", 61, False), ("o-1", 20, False)])
def test_two_orders_that_are_paid_back_within_sixty_days_are_a_failure(other: str, days: int, raised: bool) -> None:
    log = Log().buys(1, "o-1", "50").buys(2, "o-2", "50").refunds(5, "o-1", amount="10", currency="EUR")
    log.refunds(5 + days, other, amount="10", currency="EUR")

    outcome = play(log.lines(), at(70))

    assert bool(told(outcome)) is raised
    if raised:
        assert outcome.signals()[0].explanation.es == "2 pedidos reembolsados en 60 días"


def test_a_refund_of_nothing_is_none() -> None:
    log = Log().buys(1, "o-1").buys(2, "o-2").refunds(5, "o-1").refunds(6, "o-2", amount="0", currency="EUR")

    assert told(play(log.lines(), at(10))) == []


def test_another_failure_makes_it_more_severe() -> None:
    outcome = play(delayed(6, "o-2", delayed(5)).lines(), at(15))

    assert [one[:2] for one in told(outcome)] == [("raised", "low"), ("escalated", "medium")]


def test_it_is_over_thirty_days_after_the_last_failure() -> None:
    assert told(play(delayed(5).lines(), at(60)))[-1][0::3] == ("cleared", "02-07")


def test_it_says_the_same_in_whatever_order_events_come() -> None:
    log = arrives(delayed(7, "o-2", delayed(5)), 12, "o-3").refunds(13, "o-3")
    states, said = set(), set()

    for events in permutations(log.events):
        outcome = play([line(event) for event in [*events, events[0]]], at(13), run=Run(batch=1, restart_every=1))
        (customer,) = (one for _, one in outcome.partition_states[0].customers.every())  # type: ignore[attr-defined]
        states.add(customer.part(DELIVERIES.id))
        said |= {tuple(outcome.open_signals())}

    assert (len(states), said) == (1, {()})


def test_the_newest_are_kept_in_whatever_order_they_come() -> None:
    log = Log()
    for number in range(MAX_TROUBLES + 3):
        arrives(delayed(number, f"o-{number}", log), number + 0.5, f"o-{number}")

    for lines in (log.lines(), log.lines()[::-1]):
        outcome = play(lines, at(20))
        (customer,) = (one for _, one in outcome.partition_states[0].customers.every())  # type: ignore[attr-defined]
        kept = deliveries_seen(customer)
        assert (len(kept.troubles), len(kept.arrivals), customer.dropped) == (MAX_TROUBLES, MAX_ARRIVALS, 3)


def test_a_refund_is_counted_once_and_still_counts_for_the_figures() -> None:
    log = Log().buys(1, "o-1").refunds(5, "o-1")

    outcome = play([*log.lines(), log.lines()[-1]], at(10))

    assert outcome.counts == {"applied": 2, "duplicate": 1}
    assert [fact.type for fact in outcome.statements if fact.type == "customer.churned"] == ["customer.churned"]
