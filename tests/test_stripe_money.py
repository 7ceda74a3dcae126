"""The money of subscriptions of Stripe: facts 1 to 16 of the source, by their numbers, and discounts, 17 to 24."""

from fractions import Fraction

import pytest
from pydantic import ValidationError

from sources.base import Unreadable
from sources.stripe.options import StripeOptions
from sources.stripe.own_currency import OF_ANOTHER_CURRENCY
from sources.stripe.prices import TAX_INCLUDED
from streams.errors import BadSettings
from streams.setting_sources import read_settings
from tests.stripe_events import (
    NEW,
    OLD,
    Json,
    coupon,
    created,
    discount,
    event,
    in_old_shape,
    item,
    listed,
    movements,
    mrr,
    price,
    read,
    seconds,
    subscription,
    told,
    types,
    updated,
)


def costing(amount: int, currency: str) -> bytes:
    return created(0, subscription(item(price(amount, currency=currency)), currency=currency))


@pytest.mark.parametrize(
    ("currency", "amount", "paid"), [("eur", 2990, "29.90"), ("jpy", 5000, 5000), ("clp", 900, 900)]
)
def test_fact_01_an_amount_is_of_the_smallest_unit_that_the_currency_has(currency: str, amount: int, paid: str) -> None:
    assert mrr(costing(amount, currency)) == Fraction(paid)


@pytest.mark.parametrize("currency", ["isk", "ugx"])
def test_fact_02_currencies_that_lost_their_decimals_are_still_sent_as_hundredths(currency: str) -> None:
    assert mrr(costing(150_000, currency)) == 1500


def test_fact_03_ariary_are_sent_whole() -> None:
    assert mrr(costing(45_000, "mga")) == 45_000


@pytest.mark.parametrize(
    ("currency", "amount", "paid"), [("kwd", 12_500, "12.5"), ("huf", 99_900, 999), ("twd", 30_000, 300)]
)
def test_fact_04_dinars_are_thousandths_and_forints_hundredths(currency: str, amount: int, paid: str) -> None:
    assert mrr(costing(amount, currency)) == Fraction(paid)


OPTIONS: dict[str, Json] = {"eur": {"unit_amount": 1800, "unit_amount_decimal": "1800"}, "jpy": {"unit_amount": 2900}}
OPTIONS_SAID = {code: {"unit_amount": one["unit_amount"]} for code, one in OPTIONS.items()}


@pytest.mark.parametrize(("own", "paid"), [("eur", 18), ("jpy", 2900)])
def test_a_price_of_several_currencies_is_paid_in_that_of_its_subscription(own: str, paid: int) -> None:
    """The price keeps the currency and the amount that it was made with."""
    cost = price(2000, currency="usd")
    record = created(0, subscription(item(cost | {"currency_options": OPTIONS}), currency=own))
    bare = created(0, subscription(item(cost), currency=own))
    said = StripeOptions.model_validate({"prices": {"price_1": {"currency_options": OPTIONS_SAID}}})

    assert [(one["currency"], one["items"][0]["price"]) for one in told(record)] == [(own.upper(), str(paid))]
    assert told(bare, options=said)[0]["items"] == told(record)[0]["items"]


def test_a_price_of_another_currency_whose_options_are_not_known_counts_as_it_is_with_a_doubt() -> None:
    record = created(0, subscription(item(price(2000, currency="usd")), currency="eur"))

    assert [(one["currency"], one["items"][0]["price"]) for one in told(record)] == [("USD", "20")]
    assert read(record).skipped == OF_ANOTHER_CURRENCY


def test_tiers_tax_and_packages_are_those_of_the_currency_that_is_paid() -> None:
    tiers = {"tiers": [{"up_to": 5, "unit_amount": 1000}, {"up_to": None, "unit_amount": 500}]}
    mixed = price(
        None, currency="usd", billing_scheme="tiered", tiers_mode="graduated", currency_options={"eur": tiers}
    )
    packed = price(5000, currency="usd", transform_quantity={"divide_by": 10, "round": "up"}, id="price_2")
    packed["currency_options"] = {"eur": {"unit_amount": 4000, "tax_behavior": "inclusive"}}
    both = (item(mixed, quantity=8), item(packed, quantity=25))
    record = created(0, subscription(*both, currency="eur"))

    assert [one["price"] for one in told(record)[0]["items"]] == ["65", "40"]
    assert read(record).skipped == TAX_INCLUDED


@pytest.mark.parametrize(("mode", "paid"), [("graduated", "65"), ("volume", "40")])
def test_the_settings_may_hold_the_tiers_of_another_currency(mode: str, paid: str) -> None:
    tiers = [{"up_to": 5, "unit_amount": 1000}, {"unit_amount": "500"}]
    said = {"tiers_mode": mode, "currency_options": {"eur": {"tiers": tiers}}}
    bare = item(price(None, currency="usd", billing_scheme="tiered"), quantity=8)
    options = StripeOptions.model_validate({"prices": {"price_1": said}})

    found = told(created(0, subscription(bare, currency="eur")), options=options)

    assert [(one["currency"], one["items"][0]["price"]) for one in found] == [("EUR", paid)]


def test_usage_needs_no_amount_in_the_currency_of_its_subscription() -> None:
    usage = price(None, currency="usd", id="price_2", recurring={"interval": "month", "usage_type": "metered"})
    seat = price(2000, currency="usd", currency_options=OPTIONS)

    record = created(0, subscription(item(seat), item(usage), currency="eur"))

    assert mrr(record) == 18
    assert read(record).skipped == ""


@pytest.mark.parametrize("said", [{}, {"tiers": [{}]}, {"currency_options": {"eur": {}}}, {"tiers_mode": "volume"}])
def test_a_setting_of_a_price_from_which_nothing_follows_is_refused(said: object) -> None:
    with pytest.raises(ValidationError):
        StripeOptions.model_validate({"prices": {"price_1": said}})


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        (
            "currency_options.EUR.unit_amount",
            "1800",
            "a currency is written in lower case here, as Stripe does: write eur",
        ),
        ("currency_options.euro.unit_amount", "1800", "write three letters, as eur"),
        ("currency_options.eur.unit_amount", "x", "'x' is no number: write a number"),
        ("currency_options.eur.unit_amount", "18,5", "'18,5' is no number: write a number"),
        ("currency_options.eur.unit_amount", "1" * 31, "has too many digits: at most 30 are read"),
        ("currency_options.eur.unit_amount", "nan", "'nan' is no finite number: write one$"),
    ],
)
def test_a_setting_of_a_price_that_is_written_wrongly_is_refused_with_what_to_write(
    setting: str, value: str, says: str
) -> None:
    with pytest.raises(BadSettings, match=says):
        read_settings(overrides={f"sources.stripe.prices.price_1.{setting}": value})


def test_a_currency_of_which_stripe_says_nothing_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"items.data\[0\].price.currency is a currency of which"):
        read(costing(100, "iqd"))


def test_fact_05_fractions_of_a_cent_are_in_the_decimal() -> None:
    exact = price(None, unit_amount_decimal="0.125")

    assert mrr(created(0, subscription(item(exact, quantity=8000)))) == 10
    assert told(created(0, subscription(item(exact))))[0]["items"][0]["price"] == "0.00125"


def test_fact_05_the_decimal_says_it_exactly_where_both_are_there() -> None:
    assert mrr(created(0, subscription(item(price(13, unit_amount_decimal="12.5"), quantity=800)))) == 100


def test_fact_05_a_price_without_any_amount_is_no_price_of_nothing() -> None:
    with pytest.raises(Unreadable, match=r"stripe: data.object.items.data\[0\].price.unit_amount is null"):
        read(created(0, subscription(item(price(None)))))


@pytest.mark.parametrize(("quantity", "paid"), [(3, 120), (1, 40), (0, 0)])
def test_fact_06_a_quantity_multiplies_and_nought_is_nought(quantity: int, paid: int) -> None:
    assert mrr(created(0, subscription(item(quantity=quantity)))) == paid


@pytest.mark.parametrize(
    ("rounds", "quantity", "paid"), [("up", 101, 150), ("down", 101, 100), ("up", 25, 50), ("up", 0, 0)]
)
def test_fact_07_packages_are_counted_whole(rounds: str, quantity: int, paid: int) -> None:
    packed = price(5000, transform_quantity={"divide_by": 50, "round": rounds})

    assert mrr(created(0, subscription(item(packed, quantity=quantity)))) == paid


TIERS = [
    {"up_to": 10, "unit_amount": 500, "unit_amount_decimal": "500", "flat_amount": 1000, "flat_amount_decimal": "1000"},
    {"up_to": None, "unit_amount": 300, "unit_amount_decimal": "300", "flat_amount": None, "flat_amount_decimal": None},
]


def in_tiers(mode: str, tiers: object = TIERS, quantity: int = 25) -> bytes:
    found = price(None, billing_scheme="tiered", tiers_mode=mode, tiers=tiers)
    return created(0, subscription(item(found, quantity=quantity)))


@pytest.mark.parametrize(
    ("mode", "quantity", "paid"),
    [
        ("graduated", 25, 10 + 50 + 45),
        ("graduated", 10, 60),
        ("volume", 25, 75),
        ("volume", 10, 60),
        ("graduated", 0, 0),
    ],
)
def test_fact_08_tiers_add_up_or_price_all_alike(mode: str, quantity: int, paid: int) -> None:
    assert mrr(in_tiers(mode, quantity=quantity)) == paid


def test_fact_09_tiers_that_are_left_out_make_a_dead_letter_that_names_them() -> None:
    bare = price(None, billing_scheme="tiered", tiers_mode="graduated")

    with pytest.raises(Unreadable) as found:
        read(created(0, subscription(item(bare))))

    assert found.value.path == "data.object.items.data[0].price.tiers"
    assert (found.value.kind, "sources.stripe.prices" in found.value.remedy) == ("missing", True)


def test_fact_09_the_settings_may_hold_the_tiers() -> None:
    tiers = [{"up_to": 10, "unit_amount": 500, "flat_amount": 1000}, {"unit_amount": "300"}]
    options = StripeOptions.model_validate({"prices": {"price_1": {"tiers_mode": "graduated", "tiers": tiers}}})
    bare = price(None, billing_scheme="tiered", tiers_mode="graduated")

    assert mrr(created(0, subscription(item(bare, quantity=25))), options=options) == 105


def test_fact_09_a_change_that_is_not_of_money_needs_no_tiers() -> None:
    bare = subscription(item(price(None, billing_scheme="tiered")), cancel_at_period_end=True)

    assert types(updated(3, bare, {"cancel_at_period_end": False}))[-1] == "cancellation.requested"


@pytest.mark.parametrize(
    "recurring", [{"usage_type": "metered"}, {"usage_type": "metered", "meter": "mtr_1"}, {"meter": "mtr_1"}]
)
def test_fact_10_usage_is_no_recurring_revenue(recurring: dict[str, str]) -> None:
    usage = price(700, recurring={"interval": "month", "interval_count": 1, **recurring})
    metered = item(usage, id="si_2")
    metered.pop("quantity")

    assert mrr(created(0, subscription(item(), metered))) == 40
    assert mrr(created(0, subscription(metered))) == 0


def test_fact_11_items_of_one_subscription_may_differ_in_interval() -> None:
    yearly = item(price(10_000, "year"), id="si_2", end=365)

    assert mrr(created(0, subscription(item(), yearly))) == Fraction("48.33")


@pytest.mark.parametrize(
    ("interval", "every", "per_month"),
    [
        ("day", 1, Fraction(365, 12)),
        ("week", 2, Fraction(52, 24)),
        ("month", 3, Fraction(1, 3)),
        ("year", 2, Fraction(1, 24)),
        ("week", 156, Fraction(52, 12 * 156)),
    ],
)
def test_fact_12_every_interval_is_read_and_nothing_cut(interval: str, every: int, per_month: Fraction) -> None:
    (start,) = told(created(0, subscription(item(price(1000, interval, every)), item(price(1000, interval, every)))))

    (moved,) = movements(created(0, subscription(item(price(1_000, interval, every), quantity=3))), until=1)
    assert abs(moved[2] - 30 * per_month) <= Fraction(1, 200)  # rounded once, on output
    assert [one["price"] for one in start["items"]] == (["5", "5"] if every == 156 else ["10", "10"])


@pytest.mark.parametrize("where", ["default_tax_rates", "tax_rates"])
def test_fact_13_tax_that_is_included_is_taken_out(where: str) -> None:
    rates = [{"id": "txr_1", "object": "tax_rate", "inclusive": True, "percentage": 21}]
    gross = price(12_100, tax_behavior="inclusive")
    found = (
        subscription(item(gross, tax_rates=rates))
        if where == "tax_rates"
        else subscription(item(gross), default_tax_rates=rates)
    )

    assert mrr(created(0, found)) == 100


def test_fact_13_tax_that_is_added_is_none_of_it() -> None:
    rates = [{"id": "txr_1", "object": "tax_rate", "inclusive": False, "percentage": 21.5}]

    assert mrr(created(0, subscription(default_tax_rates=rates))) == 40


def test_fact_13_automatic_tax_is_kept_and_counted() -> None:
    found = subscription(item(price(12_100, tax_behavior="inclusive")), automatic_tax={"enabled": True})

    assert mrr(created(0, found)) == 121
    assert "its rate is not in the event" in read(created(0, found)).skipped


def test_fact_13_a_net_price_without_end_is_rounded_far_behind_the_cent() -> None:
    rates = [{"id": "txr_1", "object": "tax_rate", "inclusive": True, "percentage": 22}]

    assert mrr(created(0, subscription(item(price(1999), quantity=700), default_tax_rates=rates))) == Fraction(
        "11469.67"
    )


def invoice(**fields: object) -> dict[str, object]:
    return {
        "id": "in_1",
        "object": "invoice",
        "amount_due": 2000,
        "amount_paid": 2000,
        "amount_remaining": 0,
        "attempt_count": 1,
        "currency": "eur",
        "customer": "cus_1",
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_1"}},
        "total": 2000,
        **fields,
    }


def test_fact_14_lines_of_an_invoice_are_never_recurring_revenue() -> None:
    line = {"amount": 4500, "parent": {"subscription_item_details": {"proration": True}}}
    paid = event("invoice.paid", 3, invoice(lines=listed(line, line | {"amount": -2500})))

    assert movements(created(0, subscription()), paid) == [("new", 0, 40, 0)]
    assert types(paid) == ["payment.succeeded"]


def test_fact_15_a_plan_is_read_where_there_is_no_price() -> None:
    plan = {"id": "gold", "object": "plan", "amount": 9600, "currency": "eur", "interval": "year", "interval_count": 1}
    of_items = item()
    del of_items["price"]
    of_items["plan"] = plan
    oldest = in_old_shape(subscription(of_items))
    del oldest["items"]

    assert mrr(created(0, in_old_shape(subscription(of_items)), version="2018-02-28")) == 8
    assert mrr(created(0, {**oldest, "plan": plan, "quantity": 3}, version="2013-08-13")) == 24
    assert told(created(0, in_old_shape(subscription(of_items))))[0]["plan"] == "gold"


def test_fact_16_a_list_of_items_that_is_cut_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"items.has_more is true: the list of items is cut"):
        read(created(0, subscription() | {"items": listed(item(), has_more=True)}))


# Discounts


def test_an_item_that_is_marked_as_deleted_is_no_longer_paid() -> None:
    whole = subscription(item(), item(price(1000), id="si_2"))
    was = listed(item(end=31), item(price(1000), id="si_2"))
    less = subscription(item(), item(price(1000), id="si_2", deleted=True))

    assert movements(created(0, whole), updated(10, less, {"items": was}))[-1] == ("contraction", 50, 40, 10)


TEN_PERCENT = coupon(percent_off=25)


def test_fact_17_a_discount_is_read_in_both_shapes() -> None:
    old = in_old_shape(subscription()) | {"discount": discount(TEN_PERCENT)}

    assert mrr(created(0, old, version=OLD)) == 30
    assert mrr(created(0, subscription(discounts=[discount(TEN_PERCENT)]))) == 30


def test_fact_17_a_discount_named_by_its_id_is_counted_and_read_from_its_own_event() -> None:
    start = created(0, subscription(discounts=["di_1"]))
    begun = event("customer.discount.created", 0, discount(TEN_PERCENT))

    assert read(start).skipped == "a discount named by its id: it is read from customer.discount.created"
    assert mrr(start, begun) == 30
    assert mrr(begun, start) == 30


def test_fact_17_one_named_by_its_id_before_the_first_payment_holds_from_then_on() -> None:
    start = created(0, subscription(discounts=["di_1"], status="incomplete"))
    begun = event("customer.discount.created", 0, discount(TEN_PERCENT))
    paid = updated(0.5, subscription(discounts=["di_1"]), {"status": "incomplete"})

    assert movements(start, begun, paid) == [("new", 0, 30, 0.5)]
    assert movements(paid, begun, start) == [("new", 0, 30, 0.5)]
    assert "told before" not in read(paid).skipped


def test_fact_17_one_whose_event_is_a_second_older_than_its_subscription_holds() -> None:
    begun = event("customer.discount.created", 0, discount(TEN_PERCENT))
    start = created(1 / 86_400, subscription(discounts=["di_1"]))

    assert [one[:3] for one in movements(begun, start)] == [("new", 0, 30)]


def test_fact_17_one_named_by_its_id_at_a_return_was_told_before() -> None:
    start = created(0, subscription(discounts=["di_1"]))
    begun = event("customer.discount.created", 0, discount(TEN_PERCENT))
    unpaid = updated(0.2, subscription(discounts=["di_1"], status="unpaid"), {"status": "past_due"})
    paid = updated(0.5, subscription(discounts=["di_1"]), {"status": "unpaid"})
    whole = updated(0.5, subscription(discounts=[discount(TEN_PERCENT)]), {"status": "unpaid"})

    assert "told before" in read(paid).skipped
    assert "told before" not in read(whole).skipped
    assert mrr(start, begun, unpaid, paid) == 40
    assert mrr(start, begun, unpaid, whole) == 30


def test_fact_17_several_named_by_their_ids_are_a_doubt_of_its_own() -> None:
    assert "replaces the one before" in read(created(0, subscription(discounts=["di_1", "di_2"]))).skipped


def test_fact_17_both_an_object_and_a_list_of_its_id_are_one_discount() -> None:
    both = in_old_shape(subscription()) | {"discount": discount(TEN_PERCENT), "discounts": ["di_1"]}

    assert mrr(created(0, both, version="2024-09-30")) == 30


def test_fact_17_the_events_of_a_discount_are_left_out_where_subscriptions_hold_it() -> None:
    assert (
        "of its subscription hold"
        in read(event("customer.discount.created", 0, discount(TEN_PERCENT), version=OLD)).skipped
    )
    assert (
        "of its subscription hold"
        in read(event("customer.discount.deleted", 0, discount(TEN_PERCENT), version=OLD)).skipped
    )


def test_fact_18_a_coupon_that_is_only_named_is_described_in_the_settings_or_refused() -> None:
    begun = event("customer.discount.created", 0, discount("SUMMER"), version="2025-09-30.clover")
    start = created(0, subscription(discounts=["di_1"]))
    options = StripeOptions.model_validate({"coupons": {"SUMMER": {"percent_off": 25, "duration": "forever"}}})

    with pytest.raises(Unreadable, match=r"data.object.source.coupon is text: .* sources.stripe.coupons"):
        read(begun)
    assert mrr(start, begun, options=options) == 30
    assert mrr(created(0, subscription(discounts=[discount("SUMMER")])), options=options) == 30
    with pytest.raises(Unreadable, match=r"sources.stripe.coupons"):
        read(created(0, subscription(discounts=[discount("SUMMER")])))


def test_fact_18_a_coupon_itself_says_where_to_describe_it() -> None:
    assert "sources.stripe.coupons" in read(event("coupon.created", 0, TEN_PERCENT)).skipped


def test_fact_18_a_discount_that_is_taken_off_leaves_the_list_price() -> None:
    start = created(0, subscription(discounts=["di_1"]))
    begun = event("customer.discount.created", 0, discount(TEN_PERCENT))
    gone = event("customer.discount.deleted", 50, discount(TEN_PERCENT))

    assert movements(start, begun, gone)[-1] == ("expansion", 30, 40, 50)


def test_fact_19_a_percentage_may_have_decimals() -> None:
    assert mrr(created(0, subscription(discounts=[discount(coupon(percent_off=25.5))]))) == Fraction("29.8")


def lasting(months: int, interval: str = "month", days: int = 90, **fields: object) -> bytes:
    off = coupon(duration="repeating", duration_in_months=months, **(fields or {"percent_off": 50}))
    return created(0, subscription(item(price(4000, interval)), discounts=[discount(off, end=days)]))


def test_fact_20_once_does_not_count_and_three_months_of_a_yearly_plan_are_once() -> None:
    assert mrr(created(0, subscription(discounts=[discount(coupon(percent_off=50, duration="once"))]))) == 40
    assert mrr(lasting(3)) == 20
    assert mrr(lasting(1, days=31)) == 40
    assert movements(lasting(3, "year"), until=800) == [("new", 0, Fraction("3.33"), 0)]
    assert [one[:3] for one in movements(lasting(24, "year", 730), until=800)] == [
        ("new", 0, Fraction("1.67")),
        ("expansion", Fraction("1.67"), Fraction("3.33")),
    ]


def test_fact_21_an_amount_is_taken_off_each_invoice() -> None:
    off = discount(coupon(amount_off=1200, currency="eur"))

    assert mrr(created(0, subscription(item(price(12_000, "year")), discounts=[off]))) == 9
    assert mrr(created(0, subscription(discounts=[off]))) == 28


def test_fact_21_an_amount_of_another_currency_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"coupon.currency is another currency"):
        read(created(0, subscription(discounts=[discount(coupon(amount_off=1200, currency="usd"))])))


def test_fact_22_a_discount_ends_by_time_alone() -> None:
    assert movements(lasting(3)) == [("new", 0, 20, 0), ("expansion", 20, 40, 90)]


def test_fact_22_an_update_of_something_else_does_not_begin_it_again() -> None:
    off = coupon(duration="repeating", duration_in_months=3, percent_off=50)
    dearer = subscription(item(price(6000)), discounts=[discount(off, end=90)])
    upgrade = updated(40, dearer, {"items": listed(item())})

    assert movements(lasting(3), upgrade) == [
        ("new", 0, 20, 0),
        ("expansion", 20, 30, 40),
        ("expansion", 30, 60, 90),
    ]


def test_fact_22_one_that_came_later_ends_when_stripe_says() -> None:
    off = coupon(duration="repeating", duration_in_months=3, percent_off=50)
    given = updated(10, subscription(discounts=[discount(off, day=10, end=100)]), {"discounts": []})

    assert movements(created(0, subscription()), given) == [
        ("new", 0, 40, 0),
        ("contraction", 40, 20, 10),
        ("expansion", 20, 40, 100),
    ]


def test_fact_23_a_coupon_of_an_item_comes_before_that_of_the_subscription() -> None:
    half = discount(coupon(percent_off=50))
    with_own = item(discounts=[half])

    assert mrr(created(0, subscription(with_own))) == 20
    assert mrr(created(0, subscription(with_own, item(id="si_2"), discounts=[discount(TEN_PERCENT)]))) == 45
    amount = discount(coupon(amount_off=500, currency="eur"))
    assert mrr(created(0, subscription(discounts=[half, amount]))) == 15
    assert mrr(created(0, subscription(discounts=[amount, half]))) == Fraction("17.5")


def test_fact_23_a_coupon_of_an_item_that_repeats_ends_by_time() -> None:
    half = discount(coupon(duration="repeating", duration_in_months=3, percent_off=50), end=90)

    assert movements(created(0, subscription(item(discounts=[half], quantity=2), item(id="si_2")))) == [
        ("new", 0, 80, 0),
        ("expansion", 80, 120, 90),
    ]


def test_fact_23_the_coupon_of_a_customer_counts_where_the_subscription_has_none() -> None:
    customer = {"id": "cus_1", "object": "customer", "discount": discount(coupon(percent_off=50), subscription=None)}

    assert mrr(created(0, subscription(customer=customer))) == 20
    assert mrr(created(0, subscription(customer=customer, discounts=[discount(TEN_PERCENT)]))) == 30


@pytest.mark.parametrize("version", [OLD, NEW])
def test_fact_23_a_discount_of_a_customer_alone_is_a_dead_letter(version: str) -> None:
    with pytest.raises(Unreadable, match=r"data.object.subscription is null: .* put its coupon on the subscription"):
        read(event("customer.discount.created", 0, discount(TEN_PERCENT, subscription=None), version=version))


def test_a_discount_of_one_payment_is_counted_and_no_dead_letter() -> None:
    once = coupon(percent_off=50, duration="once")
    found = [
        discount(once, subscription=None),
        discount(TEN_PERCENT, subscription=None, checkout_session="cs_1"),
        discount(TEN_PERCENT, subscription=None, invoice="in_1"),
    ]

    for one in found:
        for kind in ("customer.discount.created", "customer.discount.deleted"):
            assert read(event(kind, 0, one)).skipped == "a discount of a single payment"


def test_a_discount_of_one_payment_that_is_used_up_leaves_the_others() -> None:
    start = created(0, subscription(discounts=["di_1"]))
    begun = event("customer.discount.created", 0, discount(TEN_PERCENT))
    used = event("customer.discount.deleted", 5, discount(coupon(percent_off=50, duration="once"), id="di_2"))

    assert movements(start, begun, used) == [("new", 0, 30, 0)]


def test_the_end_of_a_discount_that_was_not_read_is_counted() -> None:
    for fields in ({"subscription": None}, {"subscription_item": "si_1"}):
        gone = event("customer.discount.deleted", 5, discount(TEN_PERCENT, **fields))
        assert read(gone).skipped == "the end of a discount that was not read"


def test_fact_23_a_coupon_for_some_products_lowers_those() -> None:
    other = item(price(6000, id="price_2", product="prod_2"), id="si_2")
    half = discount(coupon(percent_off=50, applies_to={"products": ["prod_2"]}))

    assert mrr(created(0, subscription(item(), other, discounts=[half]))) == 70


def test_fact_23_the_settings_may_say_for_which_products_a_coupon_is() -> None:
    other = item(price(6000, id="price_2", product="prod_2"), id="si_2")
    half = {"percent_off": 50, "duration": "forever", "products": ["prod_2"]}
    options = StripeOptions.model_validate({"coupons": {"HALF": half}})

    assert mrr(created(0, subscription(item(), other, discounts=[discount("HALF")])), options=options) == 70
    with pytest.raises(Unreadable, match="a subscription without its items: a coupon for some products"):
        read(event("customer.discount.created", 0, discount("HALF")), options)


def test_fact_24_the_time_of_a_coupon_runs_on_in_a_pause() -> None:
    off = coupon(duration="repeating", duration_in_months=3, percent_off=50)
    whole = subscription(discounts=[discount(off, end=90)])
    pause = {"behavior": "void", "resumes_at": seconds(60)}

    paused = updated(30, whole | {"pause_collection": pause}, {"pause_collection": None})

    assert movements(lasting(3), paused) == [
        ("new", 0, 20, 0),
        ("pause", 20, 0, 30),
        ("resume", 0, 20, 60),
        ("expansion", 20, 40, 90),
    ]
