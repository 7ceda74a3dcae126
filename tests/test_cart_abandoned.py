"""`cart-abandoned`: since when a cart is one, what ends it, and that reading ahead changes nothing."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import instant
from retention.policy import Policy, SignalPolicy
from retention.signals.cart_abandoned import CART_ABANDONED
from tests.building import Log, at, line
from tests.playing import Outcome, Run, play
from tests.quiet import require_quiet

HOUR = 1 / 24
TUNED = Policy()
TWO = [{"sku": "s-1", "quantity": 2}]


def cart(log: Log, hours: float, kind: str = "cart.updated", name: str = "k-1", **fields: Any) -> Log:
    """Add an event of a cart, so many hours after the start of day 1."""
    filled = {"items": TWO} if kind == "cart.updated" else {}
    return log.add(kind, 1 + hours * HOUR, cart_id=name, **(filled | fields))


def buys(log: Log, hours: float, name: str = "o-1") -> Log:
    return log.buys(1 + hours * HOUR, name)


def told(outcome: Outcome) -> list[tuple[str, float]]:
    """Return transition and hour of the statements about the signal."""
    found = outcome.signals("cart-abandoned")
    return [(s.transition, ((s.cleared_at or s.raised_at) - at(1)) / timedelta(hours=1)) for s in found]


def days_on(log: Log, days: float = 2, **run: Any) -> Outcome:
    return play(log.lines(), at(1 + days), run=Run(**run))


def test_a_cart_is_abandoned_four_hours_after_its_last_change() -> None:
    log = cart(cart(Log(), 0), 3, items=[{"sku": "s-1", "price": "41.00", "quantity": 2}], currency="EUR")

    outcome = days_on(log)

    (signal,) = outcome.signals("cart-abandoned")
    assert told(outcome) == [("raised", 7)]
    assert (signal.severity, signal.since, signal.evidence) == ("low", at(1).date(), ["c-1-e00002"])
    assert signal.observed == {"items": 2, "value": "82.00 EUR"}
    assert signal.explanation.en == "2 items left in the cart, 82.00 EUR"
    assert signal.explanation.es == "Dejó 2 artículos en el carrito, 82,00 EUR"
    assert signal.explanation.it == "2 articoli nel carrello, 82,00 EUR"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"items": [{"sku": "s-1"}]}, "1 item left in the cart"),
        ({"items": [], "value": "9", "currency": "EUR"}, "A cart of 9.00 EUR was left"),
    ],
)
def test_what_is_not_known_of_a_cart_is_not_said(fields: dict[str, Any], text: str) -> None:
    assert days_on(cart(Log(), 0, **fields)).signals("cart-abandoned")[0].explanation.en == text


@pytest.mark.parametrize("end", ["an order", "emptied"])
def test_an_order_ends_it_and_so_does_emptying_the_cart(end: str) -> None:
    log = cart(Log(), 0)
    log = buys(log, 9) if end == "an order" else cart(log, 9, items=[])

    outcome = days_on(log)

    assert told(outcome) == [("raised", 4), ("cleared", 9)]
    assert outcome.signals("cart-abandoned")[-1].cause == "recovered"


@pytest.mark.parametrize("hours", [3.9, 4])
def test_an_order_within_four_hours_leaves_nothing_to_say(hours: float) -> None:
    assert told(days_on(buys(cart(Log(), 0), hours))) == []


def test_a_change_after_it_was_abandoned_is_no_second_reason_to_remind() -> None:
    outcome = days_on(cart(cart(Log(), 0), 9, items=[{"sku": "s-1"}]))

    assert told(outcome) == [("raised", 4)]
    assert [s.type for s in outcome.statements if s.type.startswith("action.")] == ["action.recommended"]


def test_an_order_ends_all_carts_and_what_is_put_into_one_later_begins_anew() -> None:
    log = buys(cart(cart(Log(), 0), 1, name="k-2"), 6)
    cart(log, 7, name="k-2")

    assert told(days_on(log)) == [("raised", 4), ("cleared", 6), ("raised", 11)]


def test_a_cart_in_its_own_instant_with_the_order_is_bought() -> None:
    log = buys(cart(Log(), 0), 0)

    assert told(days_on(log)) == []


def test_an_order_before_the_cart_was_filled_ends_nothing() -> None:
    log = cart(buys(Log(), 0), 1)

    assert told(days_on(log)) == [("raised", 5)]


def test_two_failed_payments_are_enough_at_once() -> None:
    log = cart(cart(cart(Log(), 0), 1, "checkout.failed"), 2, "checkout.failed")

    outcome = days_on(log)

    (signal,) = outcome.signals("cart-abandoned")
    assert told(outcome) == [("raised", 2)]
    assert signal.explanation.en == "Payment failed 2 times at checkout"
    assert signal.evidence == ["c-1-e00002", "c-1-e00003"]
    assert signal.observed == {"items": 2, "failed_payments": 2}


def test_failures_before_an_order_do_not_count_with_those_after_it() -> None:
    log = buys(cart(cart(Log(), 0), 1, "checkout.failed"), 2)
    cart(cart(log, 3), 3.5, "checkout.failed")

    assert told(days_on(log)) == [("raised", 7.5)]


def test_a_shop_may_say_itself_that_a_cart_is_abandoned() -> None:
    outcome = days_on(cart(cart(Log(), 0), 1, "cart.abandoned"))

    assert told(outcome) == [("raised", 1)]
    assert told(days_on(cart(Log(), 1, "cart.abandoned"))) == [("raised", 1)]


def test_a_cart_is_forgotten_after_two_weeks_and_may_be_abandoned_again() -> None:
    log = cart(cart(Log(), 0), 24 * 20)

    outcome = days_on(log, 30)

    assert told(outcome) == [("raised", 4), ("cleared", 24 * 14), ("raised", 24 * 20 + 4)]
    assert {s.severity for s in outcome.signals("cart-abandoned")} == {"low"}


def test_thresholds_are_settings() -> None:
    tuned = SignalPolicy(thresholds=(("idle_hours", 0.5), ("failed_payments", 1), ("forget_days", 1)))
    policy = Policy(signals={"cart-abandoned": tuned})
    log = cart(Log(), 0)
    failed = cart(cart(Log(), 0), 0.25, "checkout.failed")

    assert told(play(log.lines(), at(4), policy)) == [("raised", 0.5), ("cleared", 24)]
    (signal, *_) = play(failed.lines(), at(1.9), policy).signals("cart-abandoned")
    assert signal.explanation.en == "Payment failed once at checkout"


def test_an_order_that_comes_late_shows_that_there_was_nothing_to_remind_of() -> None:
    log = cart(Log(), 0).login(1 + 9 * HOUR)
    buys(log, 3)

    outcome = days_on(log, batch=1)

    assert [(s.transition, s.cause) for s in outcome.signals("cart-abandoned")] == [
        ("raised", None),
        ("cleared", "late_evidence"),
    ]


@pytest.mark.parametrize("run", [Run(batch=1), Run(batch=1, restart_every=1), Run(batch=1_000)])
def test_what_was_read_ahead_hides_nothing_that_came_before_it(run: Run) -> None:
    """Two carts in a day, and the order in between, are known before the first timer fires."""
    log = cart(buys(cart(Log(), 0), 5), 5.5, name="k-2")

    assert told(play(log.lines(), at(3), run=run)) == [("raised", 4), ("cleared", 5), ("raised", 9.5)]


def drawn(seed: int) -> list[dict[str, Any]]:
    """Draw what two customers do with three carts in a week, in order of time."""
    random, events = Random(seed), []
    for number in range(random.randrange(1, 24)):
        log = Log(f"c-{random.randrange(2)}")
        hours, name = random.randrange(24 * 7) + random.choice((0, 0.5)), f"k-{random.randrange(3)}"
        kind = random.choice(("cart.updated", "cart.updated", "cart.abandoned", "checkout.failed", "order"))
        if kind == "order":
            buys(log, hours, f"o-{number}")
        else:
            cart(log, hours, kind, name, **({"items": random.choice(([], TWO))} if kind == "cart.updated" else {}))
        events.append(log.events[0] | {"event_id": f"e-{number:02d}"})
    return sorted(events, key=lambda event: (event["occurred_at"], event["event_id"]))


def spells(events: list[dict[str, Any]], until: float) -> list[tuple[float, float]]:
    """Return from the log alone when one customer has an abandoned cart, in hours: those of all carts, joined."""
    whole: list[tuple[float, float]] = []
    for start, end in sorted(found for name in ("k-0", "k-1", "k-2") for found in of_cart(events, name, until)):
        if whole and start < whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def of_cart(events: list[dict[str, Any]], name: str, until: float) -> list[tuple[float, float]]:
    """Follow one cart in steps of half an hour."""
    found: list[tuple[float, float]] = []
    for hour in (number / 2 for number in range(int(until * 2))):
        if is_abandoned(events, name, hour):
            start = found.pop()[0] if found and found[-1][1] == hour else hour
            found.append((start, hour + 0.5))
    return found


def is_abandoned(events: list[dict[str, Any]], name: str, hour: float) -> bool:
    """Follow one cart through the log up to an hour. An order is the last of its instant: it buys what is in it."""
    failures, left = 0, False
    filled, last = False, 0.0
    for event in sorted(events, key=lambda event: (event["occurred_at"], "order_id" in event, event["event_id"])):
        then = hours_of(event)
        if then > hour:
            break
        left = left or (filled and then - last >= 4)
        if ends(event, name):
            filled, failures, left = False, 0, False
        elif event.get("cart_id") == name:
            filled, last = True, then
            failures += event["type"] == "checkout.failed"
            left = left or failures >= 2 or event["type"] == "cart.abandoned"
    return filled and (left or hour - last >= 4)


def ends(event: dict[str, Any], name: str) -> bool:
    """Report whether it is an order, or empties the cart."""
    emptied = event["type"] == "cart.updated" and not event["items"]
    return event["type"] == "purchase.completed" or (emptied and event["cart_id"] == name)


def hours_of(event: dict[str, Any]) -> float:
    return (datetime.fromisoformat(event["occurred_at"]) - at(1)) / timedelta(hours=1)


RUNS = st.sampled_from([Run(batch=1), Run(batch=3, restart_every=1), Run(batch=1_000)])


@given(st.integers(0, 2**32), RUNS)
def test_however_a_log_is_read_it_is_said_as_the_log_alone_shows(seed: int, run: Run) -> None:
    """Of a day there is one episode: where a second cart is left on it, the first may be said to go on."""
    events = drawn(seed)

    outcome = play(map(line, events), at(10), run=run)

    for name in ("c-0", "c-1"):
        own = [event for event in events if event["customer_id"] == name]
        said = [s for s in outcome.signals("cart-abandoned") if s.customer_id == name and s.transition == "raised"]
        raised, wanted = [hours_between(s.raised_at) for s in said], [start for start, _ in spells(own, 24 * 9)]
        assert {*raised} <= {*wanted}
        assert raised[:1] == wanted[:1]
        assert all(any(0 <= start - one < 28 for one in raised) for start in wanted), (raised, wanted)
        assert (name in {one[0] for one in outcome.open_signals()}) == any(
            end == 24 * 9 for _, end in spells(own, 24 * 9)
        )


def hours_between(moment: datetime) -> float:
    return (moment - at(1)) / timedelta(hours=1)


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_in_whatever_order_a_week_comes_the_same_is_open(seed: int, other: int) -> None:
    events = drawn(seed)
    shuffled = events.copy()
    Random(other).shuffle(shuffled)

    plain = play(map(line, events), at(10), run=Run(batch=1))
    mixed = play(map(line, [*shuffled, *shuffled[:3]]), at(10), run=Run(batch=2, restart_every=2))

    assert mixed.open_signals() == plain.open_signals()


def test_the_timer_of_a_customer_without_a_cart_is_that_of_its_orders() -> None:
    (partition_state,) = play(Log().buys(1, "o-1").lines(), at(2)).partition_states

    ((_, customer),) = partition_state.customers.every()  # type: ignore[attr-defined]
    assert customer.due == customer.purchase_lapse == instant(at(91))


@given(st.integers(0, 2**32), st.integers(0, 12), st.integers(0, 60))
def test_it_has_nothing_to_say_while_it_is_quiet(seed: int, day: int, days: int) -> None:
    """Skipping a check must not skip an episode: before `quiet_until` there is none, if no other event comes."""
    (partition_state,) = play(map(line, drawn(seed)), at(10), TUNED).partition_states
    for name, customer in partition_state.customers.every():  # type: ignore[attr-defined]
        since = max(instant(at(day)), customer.latest + 1)
        require_quiet(CART_ABANDONED, CART_ABANDONED.tuned(TUNED), (name, customer), TUNED, since, days)


def test_while_no_order_of_anybody_is_heard_of_no_cart_is_called_abandoned() -> None:
    """The topic of orders breaks off on day 30: who fills a cart after that may have bought."""
    other = Log("c-other")
    for number in range(30 * 24 * 2):
        other.buys(number / 48, f"o-{number}")
    own = Log().add("cart.updated", 30.2, cart_id="k-1", items=TWO)
    watching = Log("c-else").login(*(number / 4 for number in range(33 * 4)))
    events = sorted((*other.events, *own.events, *watching.events), key=lambda event: event["occurred_at"])

    silent = play(map(line, events), at(33), run=Run(batch=20))
    again = [line(other.buys(32.2 + number / 48, f"o2-{number}").events[-1]) for number in range(48)]
    heard = play([*map(line, events), *again], at(34), run=Run(batch=20))

    assert silent.signals("cart-abandoned") == []
    assert told(play(own.lines(), at(33))) == [("raised", 29.2 * 24 + 4)]
    assert [s.raised_at for s in heard.signals("cart-abandoned")] == [at(32) + timedelta(hours=4 + 4.75)]
