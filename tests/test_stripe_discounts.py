"""Laws of discounts that stand in a subscription of Stripe itself: what they take off follows its items."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stripe_events import (
    NEW,
    OLD,
    Json,
    coupon,
    created,
    discount,
    in_old_shape,
    item,
    listed,
    movements,
    price,
    subscription,
    updated,
)

PRODUCTS = ("prod_1", "prod_2")
HALF_OFF = {"percent_off": 50, "duration": "repeating"}
RATE = {"id": "txr_1", "object": "tax_rate", "inclusive": True, "percentage": 21.0}

amounts = st.integers(0, 20).map(lambda number: number * 500)
items_of = st.builds(
    lambda product, amount, interval, quantity: item(
        price(amount, interval, product=product, id=f"price_{product}_{amount}"), id=f"si_{product}", quantity=quantity
    ),
    amount=amounts,
    interval=st.sampled_from(["month", "year"]),
    quantity=st.integers(1, 3),
    product=st.just(PRODUCTS[0]),
)
coupons = st.builds(
    lambda off, months, products: coupon(
        **off,
        **({"duration": "forever"} if months is None else {"duration": "repeating", "duration_in_months": months}),
        **({"applies_to": {"products": list(products)}} if products else {}),
    ),
    off=st.one_of(
        st.integers(1, 100).map(lambda share: {"percent_off": share}),
        st.integers(1, 40).map(lambda number: {"amount_off": number * 100, "currency": "eur"}),
    ),
    months=st.sampled_from([None, 3, 12, 24]),
    products=st.sampled_from([(), PRODUCTS[:1]]),
)


@st.composite
def several_items(draw: st.DrawFn) -> list[Json]:
    """Draw one item or two, each of a product of its own."""
    one, other = draw(items_of), draw(items_of)
    return [one, other | {"id": "si_2", "price": other["price"] | {"product": PRODUCTS[1]}}][: draw(st.integers(1, 2))]


def whole(items: list[Json], off: Json, version: str, **fields: Any) -> Json:
    """Return a subscription with one discount in its record."""
    months = off["duration_in_months"]
    found = discount(off, 0, months * 30.5 if months else None)
    new = subscription(*items, discounts=[found], **fields)
    return in_old_shape(new) | {"discount": found} if version == OLD else new


@pytest.mark.parametrize("version", [OLD, NEW])
@settings(max_examples=60, deadline=None)
@given(was=several_items(), now=several_items(), off=coupons)
def test_a_changed_subscription_costs_what_one_that_begins_so_would(
    version: str, was: list[Json], now: list[Json], off: Json
) -> None:
    start = created(0, whole(was, off, version), version=version)
    change = updated(10, whole(now, off, version), {"items": listed(*was)}, version=version)
    so_begun = created(10, whole(now, off, version), version=version)

    assert amounts_from(10, start, change) == amounts_from(10, so_begun)


def amounts_from(day: float, *records: bytes) -> list[tuple[Any, Any]]:
    """Return what is paid from a day on: day and amount of each change."""
    found = [(max(at, day), after) for _, _, after, at in movements(*records, until=800)]
    kept = [
        one for place, one in enumerate(found) if one[0] > day or place + 1 == len(found) or found[place + 1][0] > day
    ]
    before = [0, *(after for _, after in kept)]
    return [one for one, last in zip(kept, before, strict=False) if one[1] != last]


def test_a_coupon_of_some_products_follows_their_seats() -> None:
    off = coupon(**HALF_OFF, duration_in_months=12, applies_to={"products": ["prod_2"]})
    add_on = item(price(1000, product="prod_2", id="price_2"), id="si_2")
    start = created(0, whole([item(), add_on], off, NEW))
    more = updated(10, whole([item(), add_on | {"quantity": 3}], off, NEW), {"items": listed(item(), add_on)})
    less = updated(20, whole([item()], off, NEW), {"items": listed(item(), add_on | {"quantity": 3})})

    assert movements(start, more, less)[:3] == [
        ("new", 0, 45, 0),
        ("expansion", 45, 55, 10),
        ("contraction", 55, 40, 20),
    ]


def test_a_coupon_of_three_months_ends_with_a_yearly_plan_and_begins_with_a_monthly_one() -> None:
    off, yearly = coupon(**HALF_OFF, duration_in_months=3), item(price(48_000, "year"))
    start = created(0, whole([item()], off, NEW))
    longer = updated(10, whole([yearly], off, NEW), {"items": listed(item())})
    shorter = updated(20, whole([item()], off, NEW), {"items": listed(yearly)})

    assert movements(start, longer, shorter)[:3] == [
        ("new", 0, 20, 0),
        ("expansion", 20, 40, 10),
        ("contraction", 40, 20, 20),
    ]


def test_an_amount_off_is_less_by_the_tax_that_prices_include_at_that_time() -> None:
    off = coupon(amount_off=1210, currency="eur")
    start = created(0, whole([item(price(12_100))], off, NEW, default_tax_rates=[RATE]))
    free = updated(10, whole([item(price(12_100))], off, NEW), {"default_tax_rates": [RATE]})

    assert [(before, after) for _, before, after, _ in movements(start, free)] == [(0, 90), (90, pytest.approx(108.9))]
