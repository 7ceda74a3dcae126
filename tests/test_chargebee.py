"""The source `chargebee`: facts C1 to C9 by their numbers, played through the product."""

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from schemas.families import TOPIC_OF
from sources.base import Foreign, Translation, Unreadable
from sources.chargebee import CHARGEBEE, READERS
from sources.chargebee.options import ChargebeeOptions
from tests.building import at
from tests.playing import DECODERS, Outcome, play

START = datetime(2026, 1, 5, tzinfo=UTC)
Json = dict[str, Any]


def seconds(day: float) -> int:
    return int(at(day, START).timestamp())


def subscription(**fields: Any) -> Json:
    return {
        "id": "sub-1",
        "billing_period": 1,
        "billing_period_unit": "month",
        "currency_code": "EUR",
        "current_term_end": seconds(31),
        "current_term_start": seconds(0),
        "customer_id": "c-1",
        "mrr": 4000,
        "object": "subscription",
        "status": "active",
        "subscription_items": [
            {
                "item_price_id": "gold-EUR-monthly",
                "item_type": "plan",
                "quantity": 1,
                "unit_price": 4000,
                "amount": 4000,
            }
        ],
        **fields,
    }


def event(kind: str, day: float, content: Json) -> bytes:
    whole = {"id": f"ev_{int(day * 100):06}{kind}", "occurred_at": seconds(day), "event_type": kind, "object": "event"}
    return json.dumps({**whole, "api_version": "v2", "content": content}).encode()


def of(kind: str, day: float, **fields: Any) -> bytes:
    return event(f"subscription_{kind}", day, {"subscription": subscription(**fields), "customer": {"id": "c-1"}})


def read(record: bytes, options: ChargebeeOptions | None = None) -> Translation:
    return CHARGEBEE.read(Foreign(record), options or ChargebeeOptions())


def told(*records: bytes, options: ChargebeeOptions | None = None) -> list[Json]:
    found = [dict(one) for record in records for one in read(record, options).events]
    for one in found:
        DECODERS[TOPIC_OF[str(one["type"])]].decode(json.dumps(one).encode())
    return found


def types(*records: bytes) -> list[str]:
    return [one["type"] for one in told(*records)]


def played(*records: bytes, until: float = 400) -> Outcome:
    return play([json.dumps(one).encode() for one in told(*records)], at(until, START))


def movements(*records: bytes, until: float = 400) -> list[tuple[Any, ...]]:
    found = played(*records, until=until).of_type("movement.made")
    return [(one.kind, Fraction(one.before), Fraction(one.after), (one.at - START).days) for one in found]


def churned(*records: bytes) -> list[tuple[str, str | None]]:
    return [(one.cause, one.reason) for one in played(*records).of_type("customer.churned")]


def raised(*records: bytes, until: float) -> list[tuple[str, int]]:
    found = played(*records, until=until).signals()
    return [(one.signal, (one.raised_at - START).days) for one in found if one.transition == "raised"]


def test_fact_c1_cancelled_is_the_end_and_scheduled_the_request() -> None:
    start = of("created", 0)
    asked = of("cancellation_scheduled", 10, status="non_renewing", cancelled_at=seconds(31))
    kept = of("scheduled_cancellation_removed", 20)
    gone = of("cancelled", 31, status="cancelled", cancelled_at=seconds(31), mrr=0)

    assert types(asked)[-1] == "cancellation.requested"
    assert movements(start, asked, gone) == [("new", 0, 40, 0), ("churn", 40, 0, 31)]
    assert movements(start, gone) == [("new", 0, 40, 0), ("churn", 40, 0, 31)]
    assert types(kept)[-1] == "cancellation.revoked"
    assert movements(start, asked, kept) == [("new", 0, 40, 0)]


def test_fact_c2_an_end_that_is_set_to_come_does_not_date_the_event() -> None:
    gone = of("cancelled", 31, status="cancelled", cancelled_at=seconds(45))
    backdated = of("canceled_with_backdating", 31, status="cancelled", cancelled_at=seconds(20))

    assert told(gone)[0]["occurred_at"] == "2026-02-05T00:00:00Z"
    assert told(backdated)[0]["occurred_at"] == "2026-01-25T00:00:00Z"
    assert told(of("cancellation_scheduled", 10, cancelled_at=seconds(45)))[0]["term_end"] == "2026-02-19T00:00:00Z"


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        ({"cancel_reason": "not_paid"}, ("involuntary", "other")),
        ({"cancel_reason": "no_card"}, ("involuntary", "other")),
        ({"cancel_reason": "fraud_review_failed"}, ("involuntary", "other")),
        ({"cancel_reason": "non_compliant_eu_customer"}, ("involuntary", "other")),
        ({}, ("voluntary", "other")),
        ({"cancel_reason_code": "Too Expensive"}, ("voluntary", "other")),
    ],
)
def test_fact_c3_a_reason_of_chargebee_is_no_wish_of_the_customer(fields: Json, lost: tuple[str, str]) -> None:
    assert churned(of("created", 0), of("cancelled", 31, status="cancelled", **fields)) == [lost]


def test_fact_c3_the_settings_read_the_codes_of_the_company() -> None:
    options = ChargebeeOptions(reasons={"Too Expensive": "price"})
    gone = of("cancelled", 31, status="cancelled", cancel_reason_code="Too Expensive")

    assert told(gone, options=options)[0]["reason"] == "price"


def test_fact_c4_one_that_is_created_with_its_end_is_active_until_then() -> None:
    start = of("created", 0, status="non_renewing")
    longer = of("created", 0, status="non_renewing", remaining_billing_cycles=2)

    assert types(start) == ["subscription.started", "cancellation.requested"]
    assert movements(start) == [("new", 0, 40, 0), ("churn", 40, 0, 31)]
    assert movements(longer)[-1] == ("churn", 40, 0, 90)


@pytest.mark.parametrize("kind", ["activated", "renewed", "items_renewed", "resumed", "changed", "trial_extended"])
def test_fact_c4_every_event_of_one_that_is_to_end_states_the_request(kind: str) -> None:
    start = of("created", 0, remaining_billing_cycles=1)
    last = of(kind, 31, status="non_renewing", current_term_end=seconds(59), remaining_billing_cycles=0)

    assert movements(start, last) == [("new", 0, 40, 0), ("churn", 40, 0, 59)]
    assert raised(start, last, until=40) == [("cancellation-requested", 31)]


def test_fact_c4_a_request_that_is_told_again_changes_nothing() -> None:
    start = of("created", 0)
    asked = of("cancellation_scheduled", 10, status="non_renewing", cancelled_at=seconds(31))
    again = [of("changed", day, status="non_renewing", cancelled_at=seconds(31)) for day in (10, 12, 14)]

    assert movements(start, asked, *again) == movements(start, asked)
    assert churned(start, asked, *again) == churned(start, asked)
    assert raised(start, asked, *again, until=20) == [("cancellation-requested", 10)]


def test_fact_c4_a_date_beyond_this_term_outlives_changes_and_renewals() -> None:
    start = of("created", 0)
    asked = of("cancellation_scheduled", 10, cancelled_at=seconds(90))
    dearer = of("changed", 12, cancelled_at=seconds(90), mrr=5000)
    renewal = of("renewed", 31, cancelled_at=seconds(90), mrr=5000, current_term_end=seconds(59))

    assert movements(start, asked, dearer, renewal)[1:] == [("expansion", 40, 50, 12), ("churn", 50, 0, 90)]


def test_fact_c4_a_change_of_one_that_runs_on_takes_the_request_back() -> None:
    start, kept = of("created", 0, status="non_renewing"), of("changed", 20)

    assert types(kept) == ["subscription.changed", "cancellation.revoked"]
    assert movements(start, kept) == [("new", 0, 40, 0)]
    assert played(start, kept, until=40).signals()[-1].transition == "cleared"
    assert movements(of("created", 0), kept) == [("new", 0, 40, 0)]
    assert played(of("created", 0), kept, until=40).signals() == []


def test_fact_c5_the_future_is_nothing_and_a_trial_stays_one_after_it_started() -> None:
    later = of("created", 0, status="future", current_term_end=None)
    trial = of("started", 10, status="in_trial", trial_end=seconds(24), current_term_end=None)
    paid = of("activated", 24)

    assert read(later).skipped == "a subscription that has not begun"
    assert movements(later, trial) == []
    assert movements(later, trial, paid) == [("new", 0, 40, 24)]
    assert movements(trial, of("cancelled", 24, status="cancelled")) == []


def test_fact_c6_what_is_lost_is_what_stood_before() -> None:
    rest = of("paused", 10, status="paused", mrr=0, resume_date=seconds(40))
    gone = of("cancelled", 31, status="cancelled", mrr=0)
    back = of("resumed", 40, mrr=5000)

    assert movements(of("created", 0), gone)[-1] == ("churn", 40, 0, 31)
    assert movements(of("created", 0), rest)[1:] == [("pause", 40, 0, 10), ("resume", 0, 40, 40)]
    assert movements(of("created", 0), rest, back)[1:] == [("pause", 40, 0, 10), ("resume", 0, 50, 40)]
    assert types(of("changed", 12, status="paused", mrr=0)) == []


@pytest.mark.parametrize(
    ("currency", "paid"), [("EUR", "40"), ("jpy", "4000"), ("KWD", "40"), ("XAF", "4000"), ("CLP", "4000")]
)
def test_fact_c7_amounts_are_read_by_chargebees_rule(currency: str, paid: str) -> None:
    found = read(of("created", 0, currency_code=currency))

    assert found.events[0]["mrr"] == paid
    assert bool(found.skipped) == (currency == "CLP")


def test_fact_c8_a_record_that_is_removed_loses_nobody_a_second_time() -> None:
    gone = of("cancelled", 31, status="cancelled")
    removed = of("deleted", 90, status="cancelled", deleted=True)

    assert types(removed) == []
    assert movements(of("created", 0), gone, removed) == [("new", 0, 40, 0), ("churn", 40, 0, 31)]
    assert movements(of("created", 0), of("deleted", 20, deleted=True))[-1] == ("churn", 40, 0, 20)


def test_fact_c9_a_renewal_may_bring_another_price() -> None:
    same = of("renewed", 31, current_term_end=seconds(59))
    dearer = of("renewed", 31, current_term_end=seconds(59), mrr=6000)

    assert types(dearer) == ["subscription.changed", "subscription.renewed"]
    assert movements(of("created", 0), same) == [("new", 0, 40, 0)]
    assert movements(of("created", 0), dearer)[-1] == ("expansion", 40, 60, 31)


def test_one_that_was_cancelled_and_comes_back_is_a_reactivation() -> None:
    gone = of("cancelled", 31, status="cancelled")

    assert movements(of("created", 0), gone, of("reactivated", 60))[-1] == ("reactivation", 0, 40, 60)


def test_one_that_pauses_and_is_cancelled_meanwhile_is_lost_once() -> None:
    rest = of("paused", 31, status="paused", mrr=0)
    gone = of("cancelled", 45, status="cancelled", mrr=0)

    assert movements(of("created", 0), rest, gone) == [("new", 0, 40, 0), ("pause", 40, 0, 31)]
    assert churned(of("created", 0), rest, gone) == [("voluntary", "other")]
    assert movements(gone, rest, of("created", 0)) == [("new", 0, 40, 0), ("pause", 40, 0, 31)]


def test_one_that_counts_its_last_cycles_ends_after_them_whatever_comes_between() -> None:
    start = of("created", 0, remaining_billing_cycles=2)
    dearer = of("changed", 10, remaining_billing_cycles=2, mrr=6000)
    second = of("renewed", 31, remaining_billing_cycles=1, current_term_end=seconds(59), mrr=6000)
    last = of("renewed", 59, status="non_renewing", current_term_end=seconds(90), cancelled_at=seconds(90), mrr=6000)

    expected = [("new", 0, 40, 0), ("expansion", 40, 60, 10), ("churn", 60, 0, 90)]
    assert movements(start, dearer, second, last) == expected
    assert movements(last, second, dearer, start) == expected


def test_without_mrr_the_items_are_read_and_that_is_counted() -> None:
    items = [
        {"item_price_id": "gold", "item_type": "plan", "quantity": 3, "unit_price": 12_000, "amount": 36_000},
        {"item_price_id": "setup", "item_type": "charge", "amount": 9_900},
        {"item_price_id": "calls", "item_type": "addon", "metered_quantity": "12", "unit_price": 10},
        {"item_price_id": "seats", "item_type": "addon", "quantity": 2, "unit_price": 600, "billing_period": 1}
        | {"billing_period_unit": "month"},
    ]
    start = of("created", 0, mrr=None, billing_period_unit="year", subscription_items=items)

    assert movements(start, until=1) == [("new", 0, 30 + 12, 0)]
    assert "without coupons" in read(start).skipped


def test_the_old_catalogue_has_a_plan_and_addons() -> None:
    old = {
        "plan_id": "gold",
        "plan_quantity": 2,
        "plan_unit_price": 1500,
        "addons": [{"id": "x", "quantity": 1, "unit_price": 500}],
    }
    start = of("created", 0, mrr=None, subscription_items=None, **old)

    assert movements(start, until=1) == [("new", 0, 35, 0)]
    assert told(start)[0]["plan"] == "gold"


def test_a_subscription_that_says_no_price_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"chargebee: content.subscription.mrr is null"):
        read(of("created", 0, mrr=None, subscription_items=None))


def paid(kind: str, **invoice: Any) -> bytes:
    transaction = {"id": "txn-1", "customer_id": "c-1", "currency_code": "EUR", "amount": 4000}
    return event(kind, 3, {"transaction": transaction, "invoice": {"id": "inv-1", **invoice}})


def test_payments_are_of_a_subscription_or_orders() -> None:
    (ours,) = told(paid("payment_succeeded", subscription_id="sub-1", recurring=True))
    (order,) = told(paid("payment_succeeded", recurring=False))
    (failed,) = told(paid("payment_failed", subscription_id="sub-1"))

    assert (ours["type"], ours["subscription_id"], ours["amount"]) == ("payment.succeeded", "sub-1", "40")
    assert (order["type"], order["order_id"]) == ("purchase.completed", "inv-1")
    assert (failed["type"], failed["invoice_id"], failed["payment_id"]) == ("payment.failed", "inv-1", "txn-1")


def refund(amount: int, ident: str, status: str = "success", **invoice: Any) -> bytes:
    transaction = {"id": ident, "customer_id": "c-1", "currency_code": "EUR", "amount": amount, "status": status}
    return event("payment_refunded", 3, {"transaction": transaction, "invoice": {"id": "inv-1", **invoice}})


def test_refunds_of_an_order_are_what_each_transaction_pays_back() -> None:
    order = paid("payment_succeeded", recurring=False)
    parts = [refund(1500, "txn-2", recurring=False), refund(2500, "txn-3", recurring=False)]

    found = told(order, *parts)

    assert [(one["type"], one["order_id"], one["amount"]) for one in found] == [
        ("purchase.completed", "inv-1", "40"),
        ("purchase.refunded", "inv-1", "15"),
        ("purchase.refunded", "inv-1", "25"),
    ]
    assert told(refund(1500, "txn-2", subscription_id="sub-1", recurring=True)) == []
    assert told(refund(1500, "txn-2", "failure", recurring=False)) == []


def test_an_order_that_is_paid_in_parts_counts_once_with_all_of_them() -> None:
    first = paid("payment_succeeded", recurring=False, status="payment_due", amount_paid=4000)
    last = paid("payment_succeeded", recurring=False, status="paid", amount_paid=9000)

    assert [(one["type"], one["amount"]) for one in told(first, last)] == [("purchase.completed", "90")]


def of_version(version: int, ident: str, kind: str, day: float, **fields: Any) -> bytes:
    record = json.loads(of(kind, day, resource_version=version, **fields))
    return json.dumps(record | {"id": ident}).encode()


@given(st.permutations(["ev_1", "ev_a", "ev_B", "ev_zz"]), st.permutations(range(4)))
def test_changes_of_one_second_are_applied_by_the_version_of_the_subscription(
    idents: list[str], order: list[int]
) -> None:
    """Ids of Chargebee are drawn, its times are in seconds, and webhooks arrive in any order."""
    records = [
        of_version(1_767_571_200_001, idents[0], "created", 0),
        of_version(1_767_571_200_470, idents[1], "cancellation_scheduled", 0, status="non_renewing"),
        of_version(1_767_571_200_900, idents[2], "changed", 0, mrr=9000),
        of_version(1_767_571_200_999, idents[3], "changed", 0, mrr=3000),
    ]

    assert movements(*(records[place] for place in order))[-1][2:] == (30, 0)
    assert [one["type"] for one in told(records[3])] == ["subscription.changed", "cancellation.revoked"]


def test_mrr_that_changes_without_a_change_of_the_subscription_is_read() -> None:
    """As when a coupon ends."""
    assert movements(of("created", 0, mrr=3000), event("mrr_updated", 31, {"subscription": subscription()})) == [
        ("new", 0, 30, 0),
        ("expansion", 30, 40, 31),
    ]
    assert told(event("mrr_updated", 31, {"subscription": subscription(status="cancelled", mrr=0)})) == []


def test_a_card_that_expires_is_read() -> None:
    card = {"customer_id": "c-1", "payment_source_id": "pm-1", "expiry_month": 3, "expiry_year": 2026}

    assert told(event("card_expiry_reminder", 3, {"card": card}))[0]["expires"] == "2026-03"


def test_a_customer_id_that_is_an_address_becomes_a_pseudonym_by_the_key() -> None:
    address, options = "ana@shop.example", ChargebeeOptions(pseudonym_key=SecretStr("secret"))
    records = [of("created", 0, customer_id=address), of("changed", 9, customer_id=address, status="non_renewing")]
    names = {one["customer_id"] for one in told(*records, options=options)}

    assert len(names) == 1
    assert names.pop().startswith("p-")
    assert told(of("created", 0), options=options) == told(of("created", 0))
    with pytest.raises(Unreadable, match=r"an e-mail address: set sources\.chargebee\.pseudonym_key") as found:
        read(records[0])
    assert address not in str(found.value)


def test_events_of_a_test_site_are_synthetic() -> None:
    assert told(of("created", 0), options=ChargebeeOptions(test_site=True))[0]["synthetic"] is True


def test_what_is_no_event_of_chargebee_is_refused_and_what_is_not_used_is_counted() -> None:
    with pytest.raises(Unreadable, match="content is missing"):
        read(b'{"id": "x"}')
    assert CHARGEBEE.read(Foreign(b"null"), ChargebeeOptions()).skipped == "a record without a value"
    assert read(event("plan_created", 0, {})).skipped == "plan_created is not used"
    assert read(event("Plan Created", 0, {})).skipped == "an unknown type is not used"


def test_every_reader_refuses_an_empty_object_by_its_path() -> None:
    for kind in READERS:
        with pytest.raises(Unreadable, match=r"chargebee: content\."):
            read(event(kind, 0, {"subscription": {}, "transaction": {}, "card": {}}))
