"""Laws over records of both billing sources: bent in any place, they make events of the contract, or a named fault."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.decoding import Refused
from schemas.families import TOPIC_OF
from sources.base import Foreign, Source, Unreadable
from sources.chargebee import CHARGEBEE
from sources.stripe import STRIPE
from tests import test_chargebee as of_chargebee
from tests.playing import DECODERS
from tests.stripe_events import coupon, created, deleted, discount, event, item, price, subscription, updated
from tests.test_stripe_records import LIFE, checkout, customer, invoice, refund

_WHOLE = subscription(
    item(price(None, unit_amount_decimal="12.5", transform_quantity={"divide_by": 5, "round": "up"}), quantity=12),
    item(
        price(None, billing_scheme="tiered", tiers_mode="volume", tiers=[{"up_to": None, "unit_amount": 5}]), id="si_2"
    ),
    discounts=[discount(coupon(percent_off=25.5, duration="repeating", duration_in_months=3), end=90)],
    default_tax_rates=[{"inclusive": True, "percentage": 21}],
    pause_collection={"behavior": "void", "resumes_at": 1_772_000_000},
    cancel_at=1_773_000_000,
)
RECORDS = {
    STRIPE.name: [
        *LIFE,
        created(0, _WHOLE),
        updated(9, _WHOLE, {"items": {"data": [item()]}, "discounts": [], "pause_collection": None, "cancel_at": None}),
        deleted(31),
        event("customer.discount.created", 3, discount(coupon(amount_off=500, currency="eur"))),
        event("invoice.paid", 3, invoice()),
        event("invoice.payment_failed", 3, invoice(next_payment_attempt=1_772_000_000)),
        checkout(),
        refund(4, 3000, 0),
        event("customer.created", 0, customer()),
        json.dumps(_WHOLE).encode(),
        json.dumps(subscription(status="canceled", ended_at=1_772_000_000, trial_end=1_768_000_000)).encode(),
    ],
    CHARGEBEE.name: [
        of_chargebee.of("created", 0, status="non_renewing", remaining_billing_cycles=2),
        of_chargebee.of("created", 0, mrr=None),
        of_chargebee.of("renewed", 31, mrr=6000),
        of_chargebee.of("paused", 10, status="paused", resume_date=1_772_000_000),
        of_chargebee.of("cancelled", 31, status="cancelled", cancelled_at=1_772_000_000),
        of_chargebee.paid("payment_failed", subscription_id="sub-1"),
    ],
}
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e300,
    10**30,
    0.5,
    "",
    "x" * 300,
    "1e9",
    "\u0000",
    [],
    [None],
    {},
    {"id": "y"},
    [[]],
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from places(member, (*path, name))


def bent(record: bytes, path: tuple[Any, ...], odd: object) -> bytes:
    whole = json.loads(record)
    if not path:
        return json.dumps(odd).encode()
    holder = whole
    for name in path[:-1]:
        holder = holder[name]
    if odd is Ellipsis:
        del holder[path[-1]]
    else:
        holder[path[-1]] = odd
    return json.dumps(whole).encode()


def check(fault: Unreadable | Refused) -> None:
    """Check that a fault names its place; what a contract refuses is such as an id of 300 characters."""
    if isinstance(fault, Unreadable):
        assert fault.path
        assert fault.kind
        assert len(str(fault)) < 600
    else:
        assert fault.reason == "contract"


def read(source: Source, record: bytes) -> None:
    """Read a record: it makes what the contract decides on, or a fault that names a path."""
    try:
        found = source.read(Foreign(record), source.options())
    except Unreadable as fault:
        check(fault)
        return
    assert found.events or found.skipped
    for one in found.events:
        try:
            DECODERS[TOPIC_OF[str(one["type"])]].decode(json.dumps(dict(one)).encode())
        except Refused as refusal:
            check(refusal)


@pytest.mark.parametrize("source", [STRIPE, CHARGEBEE], ids=lambda source: source.name)
def test_a_record_that_is_bent_anywhere_makes_no_other_error(source: Source) -> None:
    draw = random.Random(7)

    for record in RECORDS[source.name]:
        read(source, record)
        for path in places(json.loads(record)):
            for odd in (..., *draw.sample(ODD, 6)):
                if path or odd is not ...:
                    read(source, bent(record, path, odd))


@pytest.mark.parametrize("source", [STRIPE, CHARGEBEE], ids=lambda source: source.name)
def test_a_record_makes_the_same_events_each_time(source: Source) -> None:
    for record in RECORDS[source.name]:
        first = source.read(Foreign(record), source.options())
        assert source.read(Foreign(record, headers=[("x", b"y")], key=b"k", timestamp=5), source.options()) == first
        ids = [one["event_id"] for one in first.events]
        assert ids == sorted(set(map(str, ids)))


@pytest.mark.parametrize("source", [STRIPE, CHARGEBEE], ids=lambda source: source.name)
def test_no_amount_is_a_binary_number(source: Source) -> None:
    def floats(value: object) -> Iterator[object]:
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for member in members:
            yield from floats(member)
        if isinstance(value, float):
            yield value

    for record in RECORDS[source.name]:
        assert not [one for body in source.read(Foreign(record), source.options()).events for one in floats(dict(body))]
