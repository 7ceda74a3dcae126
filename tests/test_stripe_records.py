"""Records of Stripe: facts 46 to 56 of the source, by their numbers, and what of payments and customers is read."""

import json
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.families import TOPIC_OF
from sources.base import Foreign, Unreadable
from sources.stripe import NOT_USED, READERS, STRIPE
from sources.stripe.options import StripeOptions
from tests.stripe_events import (
    NEW,
    OLD,
    Json,
    coupon,
    created,
    deleted,
    discount,
    event,
    in_old_shape,
    item,
    listed,
    movements,
    mrr,
    played,
    price,
    read,
    seconds,
    subscription,
    told,
    types,
    updated,
)


def dearer(day: float, amount: int, before: int, **more: Any) -> bytes:
    return updated(day, subscription(item(price(amount))), {"items": listed(item(price(before)))}, **more)


LIFE = [
    created(0, subscription()),
    dearer(27, 6000, 4000),
    dearer(40, 9000, 6000),
    updated(50, subscription(item(price(9000)), cancel_at=seconds(60)), {"cancel_at": None}),
    deleted(60),
]
MOVED = [("new", 0, 40, 0), ("expansion", 40, 60, 27), ("expansion", 60, 90, 40), ("churn", 90, 0, 60)]


@pytest.mark.parametrize("order", [*permutations(range(5))][::17])
def test_fact_46_any_order_makes_the_same_end(order: tuple[int, ...]) -> None:
    outcome = played([LIFE[place] for place in order], 400)

    figures = {key: one[1] for key, one in outcome.finals().items() if key.startswith("mrr|")}
    assert len(figures) > 3
    assert figures == {key: one[1] for key, one in played(LIFE, 400).finals().items() if key.startswith("mrr|")}


def test_fact_46_records_may_come_twice_and_twins_change_nothing() -> None:
    twins = [dearer(27, 6000, 4000, ident="evt_twin"), *LIFE]

    assert movements(*LIFE, *LIFE) == MOVED
    assert movements(*LIFE, *twins) == MOVED


def test_fact_47_an_upgrade_has_the_time_of_its_event() -> None:
    (changed,) = told(LIFE[1])

    assert changed["occurred_at"] == "2026-02-01T00:00:00Z"
    assert movements(*LIFE)[1] == ("expansion", 40, 60, 27)


def test_fact_48_every_event_has_an_id_of_its_own_and_a_place_in_it() -> None:
    ids = [one["event_id"] for one in told(*LIFE, LIFE[2])]

    assert len(set(ids)) == len(ids) - 1
    assert {one.rpartition(":")[0] for one in ids} == {json.loads(one)["id"] for one in LIFE}


def renewal(former: Json, **fields: Any) -> bytes:
    return updated(31, subscription(item(day=31, end=59, **fields)), former)


def test_fact_49_a_renewal_lists_items_and_changes_no_money() -> None:
    only_periods = {
        "items": listed({"id": "si_1", "current_period_end": seconds(31), "current_period_start": seconds(0)})
    }
    whole = {"items": listed(item())}

    for former in (only_periods, whole):
        (renewed,) = told(renewal(former))
        assert (renewed["type"], renewed["term_end"]) == ("subscription.renewed", "2026-03-05T00:00:00Z")
        assert movements(created(0, subscription()), renewal(former)) == [("new", 0, 40, 0)]


def test_fact_49_a_renewal_in_the_old_shape() -> None:
    now = in_old_shape(subscription(item(day=31, end=59)))
    former = {"current_period_start": seconds(0), "current_period_end": seconds(31), "latest_invoice": "in_1"}

    assert types(updated(31, now, former, version=OLD)) == ["subscription.renewed"]


def test_fact_49_a_renewal_may_bring_another_price() -> None:
    record = updated(31, subscription(item(price(6000), day=31, end=59)), {"items": listed(item())})

    assert types(record) == ["subscription.changed", "subscription.renewed"]
    assert movements(created(0, subscription()), record)[-1] == ("expansion", 40, 60, 31)


def test_fact_49_a_new_period_before_the_old_one_ended_is_no_renewal() -> None:
    yearly = subscription(item(price(48_000, "year"), day=10, end=375))

    assert types(updated(10, yearly, {"items": listed(item())})) == ["subscription.changed"]
    assert movements(created(0, subscription()), updated(10, yearly, {"items": listed(item())})) == [("new", 0, 40, 0)]


def test_fact_50_test_mode_is_synthetic() -> None:
    assert all(one["synthetic"] is True for one in told(created(0, subscription(), livemode=False)))
    assert movements(created(0, subscription(), livemode=False)) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"customer": {"id": "cus_1", "object": "customer", "email": "someone@example.org"}},
        {"customer": {"id": "cus_1", "object": "customer", "deleted": True}},
        {"customer": None, "customer_account": "cus_1"},
    ],
)
def test_fact_51_a_customer_may_be_an_object_or_an_account(fields: Json) -> None:
    assert {one["customer_id"] for one in told(created(0, subscription(**fields)))} == {"cus_1"}


def test_fact_51_an_object_of_no_customer_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"stripe: data.object.customer is null"):
        read(created(0, subscription(customer=None)))


def test_fact_52_one_topic_may_hold_several_versions() -> None:
    old = created(0, in_old_shape(subscription()) | {"discount": discount(coupon(percent_off=25))}, version=OLD)
    new = updated(10, subscription(item(price(8000)), discounts=["di_1"]), {"items": listed(item())}, version=NEW)

    assert movements(old, new) == [("new", 0, 30, 0), ("expansion", 30, 60, 10)]
    assert mrr(created(0, subscription(), version="")) == mrr(created(0, in_old_shape(subscription()), version=""))


def invoice(**fields: Any) -> Json:
    of_subscription = {"type": "subscription_details", "subscription_details": {"subscription": "sub_1"}}
    amounts = {"amount_due": 4000, "amount_paid": 4000, "amount_remaining": 0, "total": 4000}
    whole = {"id": "in_1", "object": "invoice", "currency": "eur", "customer": "cus_1", "parent": of_subscription}
    return {**whole, **amounts, "attempt_count": 1, "next_payment_attempt": None, **fields}


@pytest.mark.parametrize("where", [{}, {"parent": None, "subscription": "sub_1"}])
def test_fact_53_an_invoice_of_a_subscription_is_a_payment(where: Json) -> None:
    (paid,) = told(event("invoice.paid", 3, invoice(**where)))

    assert (paid["type"], paid["subscription_id"], paid["amount"]) == ("payment.succeeded", "sub_1", "40")


def test_fact_53_an_invoice_of_no_subscription_is_an_order() -> None:
    (order,) = told(event("invoice.paid", 3, invoice(parent=None)))

    assert (order["type"], order["order_id"], order["amount"]) == ("purchase.completed", "in_1", "40")


def test_fact_53_no_charge_is_an_order() -> None:
    charge = {"id": "ch_1", "object": "charge", "amount": 4000, "currency": "eur", "customer": "cus_1"}

    for kind in ("charge.succeeded", "payment_intent.succeeded"):
        found = read(event(kind, 3, charge))
        assert (found.events, "does not say whether" in found.skipped) == ((), True)


def checkout(**fields: Any) -> bytes:
    session = {"id": "cs_1", "object": "checkout.session", "customer": "cus_1", "currency": "eur", "mode": "payment"}
    paid = {"amount_total": 5900, "payment_status": "paid", "payment_intent": "pi_1", "invoice": None}
    return event("checkout.session.completed", 1, {**session, **paid, **fields})


def test_fact_53_a_checkout_that_is_paid_is_an_order_unless_an_invoice_says_so() -> None:
    (order,) = told(checkout())

    assert (order["order_id"], order["amount"], order["currency"]) == ("pi_1", "59", "EUR")
    for fields in ({"invoice": "in_1"}, {"mode": "subscription"}, {"payment_status": "unpaid"}, {"customer": None}):
        assert types(checkout(**fields)) == []


def refund(day: float, so_far: int, before: int | None, *, whole: bool = False, ident: str = "") -> bytes:
    charge = {"id": "ch_1", "object": "charge", "amount": 5900, "amount_refunded": so_far, "currency": "eur"}
    named = {"customer": "cus_1", "payment_intent": "pi_1", "refunded": whole}
    previous = {"amount_refunded": before, "refunded": False} if before is not None else None
    return event("charge.refunded", day, {**charge, **named}, previous, ident)


def test_fact_54_a_refund_is_the_difference_to_what_was_refunded_before() -> None:
    assert [one["amount"] for one in told(refund(2, 3000, 0), refund(3, 5500, 3000))] == ["30", "25"]


def lost_value(*records: bytes) -> list[str]:
    (lost,) = [one for one in played(records, 200).of_type("customer.churned") if one.basis == "purchase"]
    return [value.amount for value in lost.value_lost]


def test_fact_54_twins_of_a_refund_refund_once() -> None:
    twin = refund(2, 3000, 0, ident="evt_twin")

    assert lost_value(checkout(), refund(2, 3000, 0)) == ["29.00"]
    assert lost_value(checkout(), refund(2, 3000, 0), twin) == ["29.00"]
    assert lost_value(checkout(), refund(2, 3000, 0), refund(3, 5500, 3000)) == ["4.00"]


def test_fact_54_of_a_part_without_what_was_before_it_is_not_known_how_much_is_new() -> None:
    with pytest.raises(Unreadable, match=r"previous_attributes.amount_refunded is missing"):
        read(refund(3, 5500, None))
    assert "amount" not in told(refund(3, 5900, None, whole=True))[0]


def test_fact_54_of_a_part_without_what_was_before_it_each_refund_that_is_listed_counts_once() -> None:
    def listing(day: float, *found: tuple[str, float, int, str]) -> bytes:
        whole = json.loads(refund(day, sum(cents for _, _, cents, status in found if status != "failed"), None))
        data = [
            {"id": name, "object": "refund", "amount": cents, "created": seconds(on), "status": status}
            for name, on, cents, status in found
        ]
        whole["data"]["object"]["refunds"] = {"object": "list", "data": data, "has_more": False}
        return json.dumps(whole).encode()

    first, tried = ("re_1", 2.0, 3000, "succeeded"), ("re_0", 1.0, 900, "failed")
    one, both = listing(2, first, tried), listing(3, ("re_2", 3.0, 2500, "succeeded"), first, tried)

    assert [(e["event_id"], e["amount"]) for e in told(one, both)] == [("re_1", "30"), ("re_1", "30"), ("re_2", "25")]
    assert lost_value(checkout(), both, one, both) == ["4.00"]
    cut = json.loads(both)
    cut["data"]["object"]["refunds"]["data"].pop()
    cut["data"]["object"]["refunds"]["data"].pop()
    with pytest.raises(Unreadable, match=r"previous_attributes.amount_refunded is missing"):
        read(json.dumps(cut).encode())


def test_fact_46_an_invoice_that_two_types_of_event_tell_of_is_paid_once() -> None:
    invoice = {"id": "in_1", "object": "invoice", "customer": "cus_1", "currency": "eur", "total": 2900}
    paid, said = (event(f"invoice.{kind}", 3, invoice) for kind in ("paid", "payment_succeeded"))
    failed = invoice | {"attempt_count": 2, "subscription": "sub_1"}
    twins = [event("invoice.payment_failed", 2, failed, ident=f"evt_{name}") for name in "ab"]

    assert [one["event_id"] for one in told(paid, said)] == ["in_1:paid", "in_1:paid"]
    assert [one["event_id"] for one in told(*twins)] == ["in_1:failed:2", "in_1:failed:2"]


def test_fact_54_refunds_may_be_read_from_their_own_events() -> None:
    one = {
        "id": "re_1",
        "object": "refund",
        "amount": 2500,
        "currency": "eur",
        "customer": "cus_1",
        "status": "succeeded",
    }
    record, options = (
        event("refund.created", 3, {**one, "payment_intent": "pi_1"}),
        StripeOptions(refunds="refund.created"),
    )

    assert types(record) == []
    assert [(e["event_id"], e["amount"]) for e in told(record, options=options)] == [("re_1", "25")]
    assert types(refund(2, 3000, 0), options=options) == []
    assert types(event("refund.created", 3, one | {"status": "failed"}), options=options) == []


def test_fact_55_a_thin_event_holds_nothing_to_read() -> None:
    thin = {"id": "evt_1", "object": "v2.core.event", "type": "v1.customer.subscription.updated", "created": 1}
    record = json.dumps(thin | {"related_object": {"id": "sub_1", "type": "subscription"}}).encode()

    with pytest.raises(Unreadable, match=r"data.object is missing: it names an object and holds none"):
        read(record)


def test_fact_56_terms_and_renewal_come_before_the_request_of_the_same_update() -> None:
    before = {"items": listed(item()), "cancel_at_period_end": False}
    record = updated(31, subscription(item(price(6000), day=31, end=59), cancel_at_period_end=True), before)

    assert types(record) == ["subscription.changed", "cancellation.requested"]
    assert [one["event_id"][-2:] for one in told(record)] == [":1", ":2"]
    assert movements(created(0, subscription()), record)[1:] == [("expansion", 40, 60, 31), ("churn", 60, 0, 59)]


def test_a_subscription_needs_little_to_be_read() -> None:
    cost = {"unit_amount": 4000, "recurring": {"interval": "month"}}
    little = {
        "id": "sub_1",
        "customer": "cus_1",
        "currency": "eur",
        "status": "active",
        "items": {"data": [{"price": cost}]},
    }
    dearer_price = {"data": [{"price": cost | {"unit_amount": 6000}, "quantity": 1}]}
    more = {**little, "items": dearer_price, "cancel_at_period_end": True}
    log = [
        created(0, little),
        updated(10, more, {"items": little["items"], "cancel_at_period_end": False}),
        event("customer.subscription.deleted", 40, {"id": "sub_1", "customer": "cus_1", "status": "canceled"}),
    ]

    assert movements(*log) == [("new", 0, 40, 0), ("expansion", 40, 60, 10), ("churn", 60, 0, 40)]


def test_an_old_plan_needs_little_to_be_read() -> None:
    little = {"id": "sub_1", "customer": "cus_1", "status": "active", "quantity": 2}
    plan = {"amount": 1000, "currency": "eur", "interval": "month"}

    assert mrr(created(0, {**little, "plan": plan})) == 20
    assert mrr(created(0, {**little, "items": {"data": [{"plan": plan}]}})) == 20


# Subscriptions as they stand


def standing(**fields: Any) -> bytes:
    return json.dumps(subscription(**fields)).encode()


def test_a_subscription_as_it_stands_counts_from_its_start_and_is_a_doubt() -> None:
    found = read(standing())

    assert movements(standing()) == [("new", 0, 40, 0)]
    assert "as it stands" in found.skipped
    assert all(one["backfill"] is True for one in found.events)
    assert told(standing())[0]["event_id"] == "0:sub_1:1"


def test_one_as_it_stands_tells_of_its_trial_its_request_and_its_end() -> None:
    trial = {"trial_start": seconds(0), "trial_end": seconds(14)}

    assert movements(standing(**trial)) == [("new", 0, 40, 14)]
    assert movements(standing(**trial, status="trialing")) == []
    asked = standing(cancel_at=seconds(31), canceled_at=seconds(9))
    assert movements(asked) == [("new", 0, 40, 0), ("churn", 40, 0, 31)]
    assert movements(standing(status="canceled", ended_at=seconds(50)))[-1] == ("churn", 40, 0, 50)
    assert movements(standing(**trial, status="canceled", ended_at=seconds(14))) == []
    assert movements(standing(status="past_due"))[-1] == ("churn", 40, 0, 30)
    free = {"trial_start": seconds(100), "trial_end": seconds(130), "status": "trialing"}
    assert movements(standing(**free))[1:] == [("pause", 40, 0, 100), ("resume", 0, 40, 130)]


def test_one_as_it_stands_that_is_paused_is_so_since_its_period_began() -> None:
    pause = {"behavior": "void", "resumes_at": seconds(60)}
    since = {"paused": {"subscription": {"type": "pause_requested"}, "transitioned_at": seconds(40)}}
    begun = {"start_date": seconds(0), "items": listed(item(day=31, end=59))}

    assert movements(standing(**begun, pause_collection=pause))[1:] == [("pause", 40, 0, 31), ("resume", 0, 40, 60)]
    assert movements(standing(**begun, status="paused", status_details=since), until=90)[1:] == [("pause", 40, 0, 40)]


def test_one_as_it_stands_that_is_paused_in_its_first_period_was_a_customer() -> None:
    resting = {"pause_collection": {"behavior": "void", "resumes_at": seconds(60)}}
    trial = {"trial_start": seconds(0), "trial_end": seconds(14)}

    assert [one[:3] for one in movements(standing(**resting))] == [("new", 0, 40), ("pause", 40, 0), ("resume", 0, 40)]
    assert movements(standing(**resting, **trial, status="trialing")) == []


def test_one_as_it_stands_gives_way_to_the_event_of_its_start() -> None:
    now = standing(items=listed(item(price(9000))))

    assert movements(now, *LIFE) == movements(*LIFE, now) == MOVED


def test_one_as_it_stands_that_never_began_or_is_unpaid_is_counted() -> None:
    for status in ("incomplete", "incomplete_expired", "unpaid"):
        assert (types(standing(status=status)), read(standing(status=status)).skipped != "") == ([], True)


# What else is read


def test_a_failed_payment_names_invoice_subscription_attempt_and_the_next_one() -> None:
    failed = invoice(amount_paid=0, amount_remaining=4000, attempt_count=2, next_payment_attempt=seconds(6))

    (found,) = told(event("invoice.payment_failed", 3, failed))

    assert (found["type"], found["invoice_id"], found["subscription_id"]) == ("payment.failed", "in_1", "sub_1")
    assert (found["attempt"], found["next_attempt_at"], found["reason"]) == (2, "2026-01-11T00:00:00Z", "other")


def test_why_a_payment_failed_is_read_where_the_payment_stands_in_the_invoice() -> None:
    intent = {"id": "pi_1", "last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds"}}

    assert told(event("invoice.payment_failed", 3, invoice(payment_intent=intent)))[0]["reason"] == "insufficient_funds"


def test_an_invoice_of_nothing_is_no_payment() -> None:
    assert types(event("invoice.paid", 3, invoice(amount_paid=0, total=0))) == []


def test_an_invoice_that_credit_has_paid_settles_what_failed() -> None:
    (paid,) = told(event("invoice.paid", 3, invoice(amount_paid=0)))

    assert (paid["type"], paid["amount"]) == ("payment.succeeded", "0")


def test_a_card_that_expires_is_read() -> None:
    card = {"id": "card_1", "object": "card", "customer": "cus_1", "exp_month": 3, "exp_year": 2026}

    assert told(event("customer.source.expiring", 3, card))[0]["expires"] == "2026-03"


def customer(**fields: Any) -> Json:
    return {"id": "cus_1", "object": "customer", "address": {"country": "ES"}, "metadata": {"tier": "gold"}, **fields}


def test_attributes_of_a_customer_are_those_that_the_settings_name() -> None:
    options = StripeOptions(attributes={"country": "address.country", "tier": "metadata.tier"})
    moved = event("customer.updated", 3, customer(address=None), {"address": {"country": "ES"}})

    assert told(event("customer.created", 0, customer()))[0]["attributes"] == {"country": "ES"}
    assert told(event("customer.created", 0, customer()), options=options)[0]["attributes"] == {
        "country": "ES",
        "tier": "gold",
    }
    assert told(moved, options=options)[0]["attributes"] == {"country": None}
    assert types(event("customer.updated", 3, customer(), {"email": "a"})) == []


def test_a_repeating_discount_told_alone_ends_when_stripe_says() -> None:
    off = coupon(duration="repeating", duration_in_months=3, percent_off=50)
    start = created(0, subscription(discounts=["di_1"]))
    begun = event("customer.discount.created", 0, discount(off, end=90))

    assert movements(start, begun) == [("new", 0, 20, 0), ("expansion", 20, 40, 90)]
    assert read(begun).skipped == ""


@pytest.mark.parametrize("options", [StripeOptions(), StripeOptions(interval="month")])
def test_an_amount_off_some_months_told_alone_is_taken_off_each_invoice(options: StripeOptions) -> None:
    off = coupon(duration="repeating", duration_in_months=3, amount_off=1000, currency="eur")
    start = created(0, subscription(discounts=["di_1"]))
    begun = event("customer.discount.created", 0, discount(off, end=90))

    assert movements(start, begun, options=options) == [("new", 0, 30, 0), ("expansion", 30, 40, 90)]


@pytest.mark.parametrize(("months", "end", "paid"), [(3, 90, 10), (12, 365, 10), (24, 730, 5)])
def test_fact_20_a_discount_told_alone_counts_by_the_billing_period_of_its_subscription(
    months: int, end: float, paid: int
) -> None:
    half = coupon(duration="repeating", duration_in_months=months, percent_off=50)
    start = created(0, subscription(item(price(12_000, "year")), discounts=["di_1"]))
    begun = event("customer.discount.created", 0, discount(half, end=end))

    assert movements(start, begun)[0] == ("new", 0, paid, 0)


def test_fact_21_an_amount_off_told_alone_is_of_each_invoice_of_a_yearly_plan() -> None:
    off = coupon(duration="repeating", duration_in_months=24, amount_off=1200, currency="eur")
    start = created(0, subscription(item(price(12_000, "year")), discounts=["di_1"]))
    begun = event("customer.discount.created", 0, discount(off, end=730))

    assert movements(start, begun, until=800) == [("new", 0, 9, 0), ("expansion", 9, 10, 730)]


def test_fact_22_a_discount_told_again_in_its_last_month_ends_when_stripe_says() -> None:
    half = coupon(duration="repeating", duration_in_months=3, percent_off=50)
    start = created(0, subscription(discounts=["di_1"]))
    begun, again = (
        event(f"customer.discount.{name}", day, discount(half, end=90))
        for name, day in (("created", 0), ("updated", 80))
    )

    assert movements(start, begun, again) == [("new", 0, 20, 0), ("expansion", 20, 40, 90)]


def test_fact_22_a_discount_that_stays_beside_a_new_one_ends_when_stripe_says() -> None:
    half = discount(coupon(duration="repeating", duration_in_months=3, percent_off=50), end=90)
    start = created(0, subscription(discounts=[half]))
    more = updated(
        80, subscription(discounts=[half, discount(coupon(percent_off=25), id="di_2")]), {"discounts": [half]}
    )

    assert movements(start, more) == [("new", 0, 20, 0), ("contraction", 20, 15, 80), ("expansion", 15, 30, 90)]


@pytest.mark.parametrize("idents", [("evt_a", "evt_b"), ("evt_b", "evt_a")])
def test_a_discount_that_replaces_another_stands_whatever_their_ids(idents: tuple[str, str]) -> None:
    start = created(0, subscription(discounts=["di_1"]))
    first = event("customer.discount.created", 0, discount(coupon(percent_off=50)))
    gone = event("customer.discount.deleted", 10, discount(coupon(percent_off=50)), ident=idents[0])
    second = event("customer.discount.created", 10, discount(coupon(percent_off=25)), ident=idents[1])

    assert movements(start, first, gone, second) == [("new", 0, 20, 0), ("expansion", 20, 30, 10)]


def test_a_status_of_a_later_version_counts_as_active_at_the_start() -> None:
    assert mrr(created(0, subscription(status="a_new_one"))) == 40


def test_updates_without_previous_attributes_are_read_and_counted() -> None:
    bare = event("customer.subscription.updated", 10, subscription(item(price(6000))))

    assert movements(created(0, subscription()), bare)[-1] == ("expansion", 40, 60, 10)
    assert "previous_attributes" in read(bare).skipped


def test_a_discount_that_has_ended_is_none_of_a_subscription_that_begins_again() -> None:
    off = discount(coupon(duration="repeating", duration_in_months=2, percent_off=50), end=59)
    lost = updated(50, subscription(discounts=[off], status="unpaid"), {"status": "past_due"})
    paid = updated(70, subscription(discounts=[off]), {"status": "unpaid"})

    assert movements(created(0, subscription(discounts=[off])), lost, paid)[-1] == ("reactivation", 0, 40, 70)


def test_a_free_month_may_be_made_longer() -> None:
    free = subscription(status="trialing", trial_start=seconds(100), trial_end=seconds(130))
    given = updated(100, free, {"status": "active", "trial_end": None, "trial_start": None})
    longer = updated(110, free | {"trial_end": seconds(150)}, {"trial_end": seconds(130)})

    assert movements(created(0, subscription()), given, longer)[1:] == [("pause", 40, 0, 100), ("resume", 0, 40, 150)]


def test_an_event_in_the_envelope_of_a_bus_is_read() -> None:
    inner = json.loads(created(0, subscription()))

    assert types(json.dumps({"id": "x", "detail-type": "customer.subscription.created", "detail": inner}).encode()) == [
        "subscription.started"
    ]


@pytest.mark.parametrize("value", [None, b"", b"null"])
def test_a_record_without_a_value_is_counted(value: bytes | None) -> None:
    assert STRIPE.read(Foreign(value), StripeOptions()).skipped == "a record without a value"


@pytest.mark.parametrize(
    ("value", "path", "kind"),
    [
        (b"{", "the value", "no JSON"),
        (b"[]", "type", "missing"),
        (b'{"id": "sub_1", "object": "subscription", "type": "x"}', "object", "text"),
        (b'{"id": "evt_1", "object": "event", "type": "x", "created": "now", "data": {"object": {}}}', "created", ""),
        (
            b'{"id": "evt_1", "object": "event", "type": "x", "created": 1772317800000, "data": {"object": {}}}',
            "created",
            "",
        ),
        (b'{"id": 7, "object": "event", "type": "x", "created": 1, "data": {"object": {}}}', "id", "a whole number"),
        (
            b'{"id": "evt_1", "object": "event", "type": "x", "created": 1e999999, "data": {"object": {}}}',
            "created",
            "",
        ),
    ],
)
def test_what_is_no_event_of_stripe_is_refused_by_path_and_kind(value: bytes, path: str, kind: str) -> None:
    with pytest.raises(Unreadable) as found:
        read(value)

    assert found.value.path == path
    assert not kind or found.value.kind == kind


def test_a_list_of_the_api_is_refused_with_what_to_send() -> None:
    with pytest.raises(Unreadable, match="one record for each member of `data`"):
        read(json.dumps(listed(subscription())).encode())


def test_a_time_with_an_exponent_is_the_same_time() -> None:
    record = created(0, subscription()).replace(b'"created": 1767571200, "data"', b'"created": 17675712e2, "data"')

    assert told(record)[0]["occurred_at"] == "2026-01-05T00:00:00Z"


def test_no_error_holds_a_value() -> None:
    mail = "someone@example.org"
    wrong: list[Json] = [
        {"customer": [mail]},
        {"currency": mail, "items": listed(item(price(currency=mail)))},
        {"items": listed(item(price(mail)))},  # type: ignore[arg-type]
        {"items": listed(item(quantity=mail))},
        {"status": [mail]},
    ]

    for fields in wrong:
        with pytest.raises(Unreadable) as found:
            read(created(0, subscription(**fields)))
        assert mail not in str(found.value)


def test_every_type_is_read_or_skipped_with_a_word_and_none_is_both() -> None:
    assert READERS.keys().isdisjoint(NOT_USED)
    for kind in NOT_USED:
        assert read(event(kind, 0, {"id": "x"})).skipped.startswith(kind)
    assert read(event("some.thing_new", 0, {"id": "x"})).skipped == "some.thing_new is not used"
    assert read(event("Some Thing", 0, {"id": "x"})).skipped == "an unknown type is not used"


def test_settings_that_are_wrong_are_refused() -> None:
    faults: list[Json] = [{"cupons": {}}, {"coupons": {"A": {"duration": "forever"}}}, {"interval": "fortnight"}]

    for wrong in faults:
        with pytest.raises(ValidationError):
            StripeOptions.model_validate(wrong)
    assert StripeOptions.model_validate({"coupons": {"A": {"percent_off": 25.5, "duration": "once"}}})


def test_every_event_is_of_a_topic_of_ours() -> None:
    assert {TOPIC_OF[one["type"]] for one in told(*LIFE)} == {"subscriptions", "cancellations"}


def test_times_are_in_utc() -> None:
    assert datetime.fromisoformat(told(LIFE[0])[0]["occurred_at"]) == datetime(2026, 1, 5, tzinfo=UTC)


def without(record: bytes, *names: str) -> bytes:
    """Return a record without some of the fields of its envelope."""
    return json.dumps({name: value for name, value in json.loads(record).items() if name not in names}).encode()


def test_what_is_not_needed_may_be_missing_from_the_envelope() -> None:
    short = [without(record, "object", "api_version", "livemode", "request", "pending_webhooks") for record in LIFE]

    assert movements(*short) == MOVED


def test_an_object_of_another_kind_is_no_event() -> None:
    charge = json.dumps({"id": "ch_1", "object": "charge", "type": "x", "created": seconds(1), "data": {"object": {}}})

    with pytest.raises(Unreadable, match="object is text"):
        read(charge.encode())


@pytest.mark.parametrize(
    ("amounts", "paid"),
    [({}, None), ({"amount_paid": 4000}, "40"), ({"total": 4000}, "40"), ({"total": 4000, "amount_paid": 0}, "0")],
)
def test_an_invoice_of_a_subscription_settles_its_debt_whatever_it_says_of_money(
    amounts: Json, paid: str | None
) -> None:
    invoice = {"id": "in_1", "customer": "cus_1", "subscription": "sub_1", "currency": "eur", **amounts}

    (one,) = told(event("invoice.paid", 3, invoice))
    assert (one["type"], one["subscription_id"], one.get("amount")) == ("payment.succeeded", "sub_1", paid)


def test_an_order_is_what_was_paid_where_no_total_is_said() -> None:
    invoice = {"id": "in_1", "customer": "cus_1", "currency": "eur"}

    assert told(event("invoice.paid", 3, invoice | {"amount_paid": 900}))[0]["amount"] == "9"
    with pytest.raises(Unreadable, match="total is missing"):
        read(event("invoice.paid", 3, invoice))
