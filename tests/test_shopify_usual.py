"""A usual order of Shopify is read by the fields that it needs, and means what the reader of all orders makes of it."""

import json
from collections.abc import Sequence
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.base import Foreign, Translation, Unreadable
from sources.shopify import READERS
from sources.shopify.envelope import NAME, sent
from sources.shopify.options import ShopifyOptions
from sources.shopify.orders import order as read_by_all
from sources.shopify.usual import purchase
from sources.values import lawful
from tests.test_shopify import both, customer, order
from tests.test_sources import changed, paths

Json = dict[str, Any]
Headers = Sequence[tuple[str, bytes | None]]
SAID: Final = [("X-Shopify-Topic", b"orders/paid")]
OPTIONS: Final = (ShopifyOptions(), ShopifyOptions(money="presentment"))
LINE: Final = {"id": 1, "sku": " TEA ", "quantity": 2, "price": "50.00", "price_set": both("50.00", "55.10", own="USD")}
FULL: Final = order(
    1,
    total_price_set=both("100.00", "110.20", own="USD"),
    current_total_price_set=both("100.00", "110.20", own="USD"),
    total_discounts="5.50",
    total_discounts_set=both("5.50", "6.00", own="USD"),
    total_outstanding="0.00",
    total_tax="0.00",
    discount_codes=[{"code": "SUMMER", "amount": "5.50"}],
    source_name="web",
    line_items=[LINE, {**LINE, "sku": "CUP", "quantity": 1}],
)
ODD: Final[tuple[object, ...]] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2**70,
        10**21,
        10**32,
        "",
        " ",
        "0",
        "0.00",
        "1.10",
        "100.00",
        "100.001",
        "0100",
        "-1",
    ),
    *("1e2", "paid", "PAID", "refunded", "EUR", "eur", "JPY", "XXX", "SUMMER", "a@x.example", "ü", "\x7f", "x" * 129),
    *(
        "gid://shopify/Order/12",
        "12",
        "12th",
        "2026-01-05T00:00:00Z",
        "2026-01-05T01:00:00.1234567+01:00",
        "2026-01-05",
    ),
    *("1.", ".5", "1.2.3", "1.x0", "1.٣", "+1", " 1", "1_0", "00", "1234567890", "1.1234567891"),
    *([], {}, [{}], [None], {"amount": "1.00", "currency_code": "EUR"}, both("1.00"), {"shop_money": None}),
)


def by_all(record: Foreign, options: ShopifyOptions) -> Translation | None:
    """Return what the reader of all orders makes of a record; None if it refuses it."""
    try:
        found = sent(record, record.value or b"")
        assert READERS[found.topic] is read_by_all
        return lawful(NAME, read_by_all(found, options))
    except Unreadable:
        return None


def require_same(body: object, headers: Headers, *, beside: bool) -> bool:
    """Hold what is read of a usual order against the reader of all orders; report whether it was a usual one."""
    was_usual = False
    for options in OPTIONS:
        whole = {"headers": {name: (said or b"").decode() for name, said in headers}, "body": body}
        record = Foreign(json.dumps(whole if beside else body).encode(), () if beside else headers)
        try:
            found = purchase(record, options)
        except Unreadable:
            assert by_all(record, options) is None
            continue
        was_usual = was_usual or found is not None
        assert found is None or found == by_all(record, options)
    return was_usual


def test_any_value_in_an_order_means_the_same_by_both_readers() -> None:
    assert require_same(FULL, SAID, beside=True)
    assert require_same(FULL, SAID, beside=False)
    for number, path in enumerate(paths(FULL)):
        for value in ODD:
            require_same(changed(FULL, path, value), SAID, beside=bool(number % 2))
        if path:
            require_same(changed(FULL, path, None, gone=True), SAID, beside=bool(number % 2))


AMOUNTS = st.sampled_from(["0.00", "0.5", "5", "19.90", "100.00", "7.123456789", "1.005", "999999999.99"])
ORDERS = st.fixed_dictionaries(
    {
        "total_price_set": st.builds(both, AMOUNTS, AMOUNTS, st.sampled_from(["EUR", "JPY", "KWD", "usd"])),
        "customer": st.builds(customer, st.integers(0, 2**64)),
    },
    optional={
        "current_total_price_set": st.builds(both, AMOUNTS, AMOUNTS),
        "total_discounts_set": st.builds(both, AMOUNTS, AMOUNTS),
        "total_outstanding": AMOUNTS,
        "line_items": st.lists(st.fixed_dictionaries({"sku": st.text(max_size=3), "price": AMOUNTS}), max_size=3),
        "financial_status": st.sampled_from(["paid", "pending", "partially_refunded"]),
        "source_name": st.text(max_size=3),
    },
)


@given(fields=ORDERS, beside=st.booleans())
def test_drawn_orders_mean_the_same_by_both_readers(fields: Json, beside: bool) -> None:
    require_same(order(1, **fields), SAID, beside=beside)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("X-Shopify-Topic", b"customers/update")],
        [("X-Shopify-Topic", b"orders/paid"), ("x-shopify-topic", None)],
        [("shopify-topic", b"orders/paid")],
    ],
)
def test_without_the_usual_header_of_orders_the_reader_of_all_decides(headers: Headers) -> None:
    assert purchase(Foreign(json.dumps(FULL).encode(), headers), ShopifyOptions()) is None


def test_an_order_without_its_tax_is_for_the_reader_of_all() -> None:
    assert purchase(Foreign(json.dumps(FULL).encode(), SAID), ShopifyOptions()) is not None
    assert purchase(Foreign(json.dumps(FULL).encode(), SAID), ShopifyOptions(tax="taken_out")) is None


def test_a_word_beside_the_body_that_another_bridge_writes_leaves_it_to_the_reader_of_all() -> None:
    for name in ("detail", "payload", "body", "action"):
        record = Foreign(json.dumps({**FULL, name: {"x": 1}}).encode(), SAID)
        assert purchase(record, ShopifyOptions()) is None
