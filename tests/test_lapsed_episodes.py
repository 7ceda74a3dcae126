"""An episode that nothing ends but time is no longer watched: nothing is back to normal."""

import pytest

from retention.policy import Policy
from schemas.outbound import ChurnSignal
from tests.building import Log, at, text
from tests.playing import play
from tests.test_signals import STORIES

FORGOTTEN = {
    "cart-abandoned": 14,
    "card-expiring": 56,
    "community-silence": 77,
    "key-feature-stopped": 77,
    "onboarding-stalled": 90,
    "feature-breadth-drop": 28,
    "negative-sentiment": 30,
    "support-stuck": 29,
    "delivery-failure": 30,
    "payment-failing": 30,
    "purchase-overdue": 119,
    "single-purchase": 136,
}
"""Days since the beginning of each episode of its story."""
ORDERING = Policy(basis="purchase", purchase_window_days=300)
"""Where orders make a customer for longer than the signals about them last."""


def last_of(name: str, log: Log, policy: Policy | None = None) -> ChurnSignal:
    return play(log.lines(), at(200), policy).signals(name)[-1]


@pytest.mark.parametrize("name", FORGOTTEN)
def test_what_only_time_ends_is_no_longer_watched(name: str) -> None:
    last = last_of(name, STORIES[name], ORDERING if "purchase" in name else None)

    days = FORGOTTEN[name]
    assert (last.transition, last.cause) == ("cleared", "lapsed")
    assert last.explanation.en == f"No longer watched: {days} days have passed"
    assert last.explanation.es == f"Ya no se sigue: han pasado {days} días"
    assert last.explanation.it == f"Non più seguito: sono passati {days} giorni"


def test_what_an_event_ends_is_back_to_normal() -> None:
    log = Log().add("cart.updated", 10, cart_id="k-1", items=[{"sku": "s", "quantity": 2}]).buys(12, "o-1")

    last = last_of("cart-abandoned", log)

    assert (last.cause, last.explanation.en) == ("recovered", "Back to normal")


def test_a_pause_that_time_ends_is_back_to_normal() -> None:
    log = Log().starts(0).pauses(10, until=text(at(40)))

    assert last_of("paused", log).cause == "recovered"


def test_an_action_is_withdrawn_with_the_same_cause() -> None:
    outcome = play(STORIES["cart-abandoned"].lines(), at(60))

    (withdrawn,) = outcome.of_type("action.withdrawn")
    assert withdrawn.cause == "lapsed"


#  grace of 30 days
#  day   0          10          15                      40             120
#        started    past due    paused: it is a customer until 105     active again
#                   [payment-failing ──────────────────)  nothing was paid by then


def subscribed() -> Log:
    return Log().starts(0)


def two() -> Log:
    """Return a log of a customer with two subscriptions."""
    return subscribed().starts(1, name="s-2")


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        (subscribed().changes(10, status="past_due").pauses(15), "lapsed"),
        (subscribed().changes(10, status="past_due").pauses(15).changes(20, status="active"), "recovered"),
        (subscribed().changes(10, status="past_due").pauses(15).changes(40, status="active"), "recovered"),
        (subscribed().changes(10, status="past_due"), "churned"),
        (subscribed().add("payment.failed", 10, payment_id="p").pauses(15), "lapsed"),
        (
            subscribed().add("payment.failed", 10, payment_id="p").add("payment.succeeded", 20, payment_id="p"),
            "recovered",
        ),
        (
            subscribed().add("payment.failed", 10, payment_id="p").add("payment.succeeded", 40, payment_id="p"),
            "recovered",
        ),
        (two().changes(10, status="past_due").ends(20), "lapsed"),
        (two().changes(10, status="past_due").ends(20, "s-2"), "churned"),
        (two().changes(10, status="past_due").changes(15, status="active").ends(20), "recovered"),
        (two().changes(10, status="past_due").add("payment.succeeded", 15, payment_id="p").ends(20), "recovered"),
        (two().add("payment.failed", 10, payment_id="p", subscription_id="s-1").ends(20), "lapsed"),
        (subscribed().changes(10, status="past_due").ends(20), "churned"),
    ],
)
def test_a_debt_is_recovered_only_if_it_is_paid(log: Log, cause: str) -> None:
    assert last_of("payment-failing", log).cause == cause
