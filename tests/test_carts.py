"""Carts: what is kept of them, in whatever order it comes."""

from typing import Any

import pytest

from retention.calendar import instant
from retention.engine.partition_state import PartitionState
from retention.errors import Rejected
from retention.features.base import DUPLICATE
from retention.features.carts.carts import ABANDONED, EMPTIED, FAILED, MAX_STEPS, UPDATED
from retention.features.carts.facets import CARTS
from retention.features.carts.section import CARTS as SECTION
from retention.features.carts.section import carts_seen
from retention.policy import Policy
from retention.state.codec import decode, encode
from retention.state.customer import Customer
from schemas.decoding import Refused
from tests.building import Log, at
from tests.playing import DECODERS, Shelf


def cart(log: Log, day: float, kind: str = "cart.updated", name: str = "k-1", **fields: Any) -> Log:
    return log.add(kind, day, cart_id=name, **fields)


def item(quantity: int = 1, price: str | None = None) -> dict[str, Any]:
    return {"sku": "s-1", "quantity": quantity} | ({"price": price} if price is not None else {})


def played(log: Log) -> tuple[Customer, list[Any]]:
    """Return a customer after a log, and what each event changed."""
    partition_state = PartitionState(Policy(), Shelf())
    events = [DECODERS["carts"].decode(line) for line in log.lines()]
    facets = [partition_state.observe(event, instant(event.occurred_at), "carts", None) for event in events]
    found = partition_state.customers.find("c-1")
    assert found is not None
    return decode(encode(found)), facets


def kept(log: Log) -> list[tuple[str, int, int, str]]:
    return [(step.kind, step.pieces, step.value, step.currency) for step in carts_seen(played(log)[0])]


def test_of_a_cart_the_number_of_pieces_and_their_value_are_kept() -> None:
    log = cart(Log(), 1, items=[item(2), item()], value="82.50", currency="EUR")
    cart(log, 2, items=[item(2, "41"), item(1, "0.5")], currency="EUR")
    cart(log, 3, items=[item(2, "41"), item()], currency="EUR")
    cart(log, 4, items=[item(price="41")])
    cart(log, 5, value=82, currency="JPY")

    assert kept(log) == [
        (UPDATED, 3, 8250, "EUR"),
        (UPDATED, 3, 8250, "EUR"),
        (UPDATED, 3, 0, ""),
        (UPDATED, 1, 0, ""),
        (UPDATED, 0, 82, "JPY"),
    ]


def test_a_cart_without_pieces_and_value_is_empty() -> None:
    log = cart(cart(cart(Log(), 1), 2, items=[]), 3, items=[item(0)], value="0", currency="EUR")

    assert kept(log) == [(EMPTIED, 0, 0, "")] * 3


def test_a_cart_that_is_given_up_or_not_paid_is_a_step_of_it() -> None:
    log = cart(cart(Log(), 1, "checkout.failed"), 2, "cart.abandoned")
    cart(log, 3, "cart.abandoned", items=[item(4)])

    assert kept(log) == [(FAILED, 0, 0, ""), (ABANDONED, 0, 0, ""), (ABANDONED, 4, 0, "")]


def test_a_value_without_a_currency_is_refused() -> None:
    with pytest.raises(Refused, match="`currency` is missing"):
        played(cart(Log(), 1, items=[item()], value="8"))


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"value": "8.50", "currency": "JPY"}, "JPY has 0 decimals"),
        ({"items": [item(1, "8.505")], "currency": "EUR"}, "EUR has 2 decimals"),
        ({"items": [item(10**9, "999999999999")], "currency": "EUR"}, "more than 19 digits"),
    ],
)
def test_a_value_that_cannot_be_written_is_refused_and_nothing_is_kept(fields: dict[str, Any], fault: str) -> None:
    partition_state = PartitionState(Policy(), Shelf())
    event = DECODERS["carts"].decode(cart(Log(), 1, **fields).lines()[0])

    with pytest.raises(Rejected, match=fault):
        partition_state.observe(event, instant(at(1)), "carts", None)

    assert partition_state.customers.find("c-1") is None


def test_the_highest_value_is_written_and_read() -> None:
    log = cart(Log(), 1, value=10**15, currency="CLF")

    assert kept(log) == [(UPDATED, 0, 10**19, "CLF")]


def test_steps_of_one_instant_stand_in_the_order_of_their_ids_and_a_second_delivery_changes_nothing() -> None:
    log = cart(cart(Log(), 1, items=[item()]), 1)
    twice = Log()
    twice.events = [*log.events[::-1], *log.events]

    customer, facets = played(twice)

    assert facets == [CARTS, CARTS, DUPLICATE, DUPLICATE]
    assert customer.part(SECTION.id) == played(log)[0].part(SECTION.id)
    assert [step.kind for step in carts_seen(customer)] == [UPDATED, EMPTIED]


def test_the_newest_steps_are_kept_whichever_come_first() -> None:
    log = Log()
    for number in range(MAX_STEPS * 2):
        cart(log, number, name=f"k-{number % 3}", items=[item(number + 1)])
    backwards = Log()
    backwards.events = log.events[::-1]

    first, second = played(log)[0], played(backwards)[0]

    assert [step.pieces for step in carts_seen(first)] == [*range(MAX_STEPS + 1, MAX_STEPS * 2 + 1)]
    assert carts_seen(second) == carts_seen(first)
    assert first.dropped == second.dropped == MAX_STEPS


def test_nothing_of_what_is_in_a_cart_is_kept() -> None:
    hidden = "SeCrEt"
    contents = [{"sku": hidden, "category": hidden, "name": hidden}]

    assert hidden.encode() not in encode(played(cart(Log(), 1, name=hidden, items=contents, coupon=hidden))[0])
