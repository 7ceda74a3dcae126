"""The source `shopify`: facts S1 to S25 of docs/sources/shopify.md by their numbers, played through the product."""

import json
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.policy import Policy
from schemas.families import TOPIC_OF
from sources.base import Foreign, Translation, Unreadable
from sources.shopify import NOT_USED, READERS, SHOPIFY
from sources.shopify.envelope import SHAPES
from sources.shopify.options import ShopifyOptions
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from tests.building import at
from tests.playing import DECODERS, Outcome, play
from tests.running import kept, on, worked_off
from tests.test_commands import backstay

START = datetime(2026, 1, 5, tzinfo=UTC)
RECORD_TIME = 1_772_352_000_000
Json = dict[str, Any]
BIG = 9_007_199_254_740_993
"""2^53 + 1, which no double holds."""


def text(day: float) -> str:
    """Return a time as a shop five hours west of Greenwich writes it."""
    west = at(day, START).timestamp() - 5 * 3600
    return datetime.fromtimestamp(west, UTC).strftime("%Y-%m-%dT%H:%M:%S-05:00")


def both(amount: str, paid: str | None = None, currency: str = "EUR", own: str = "") -> Json:
    return {
        "shop_money": {"amount": amount, "currency_code": currency},
        "presentment_money": {"amount": paid or amount, "currency_code": own or currency},
    }


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def customer(number: int = 71, **fields: Any) -> Json:
    return {"id": number, "admin_graphql_api_id": gid("Customer", number), "email": "ada@shop.example", **fields}


def order(day: float, total: str = "100.00", *, number: int = 501, **fields: Any) -> Json:
    return {
        "id": number,
        "admin_graphql_api_id": gid("Order", number),
        "created_at": text(day),
        "processed_at": text(day),
        "updated_at": text(day + 0.01),
        "cancelled_at": None,
        "financial_status": "paid",
        "fulfillment_status": None,
        "currency": "EUR",
        "presentment_currency": "EUR",
        "total_price": total,
        "total_price_set": both(total),
        "current_total_price": total,
        "test": False,
        "line_items": [{"id": 1, "sku": "TEA", "quantity": 2, "price": "50.00"}],
        "fulfillments": [],
        "refunds": [],
        "customer": customer(),
        **fields,
    }


def paid_out(number: int, amount: str, day: float, **fields: Any) -> Json:
    return {
        "id": number,
        "kind": "refund",
        "status": "success",
        "amount": amount,
        "currency": "EUR",
        "created_at": text(day),
        "processed_at": text(day),
        **fields,
    }


def refund(number: int, day: float, *transactions: Json, **fields: Any) -> Json:
    lines = [{"id": 9, "quantity": 1, "line_item_id": 1, "subtotal": 50.0, "total_tax": 0.0}]
    return {
        "id": number,
        "order_id": 501,
        "created_at": text(day),
        "processed_at": text(day),
        "refund_line_items": lines,
        "order_adjustments": [],
        "transactions": list(transactions),
        **fields,
    }


def headed(topic: str, body: Any, **headers: str) -> bytes:
    return json.dumps({"headers": {"X-Shopify-Topic": topic, **headers}, "body": body}).encode()


def read(body: Any, *, timestamp: int = RECORD_TIME, headers: Any = (), **options: Any) -> Translation:
    value = body if isinstance(body, bytes) else json.dumps(body).encode()
    return SHOPIFY.read(Foreign(value, headers, None, timestamp), ShopifyOptions.model_validate(options))


def told(*bodies: Any, **options: Any) -> list[Json]:
    found = [dict(one) for body in bodies for one in read(body, **options).events]
    for one in found:
        DECODERS[TOPIC_OF[str(one["type"])]].decode(json.dumps(one).encode())
    return found


def amounts(*bodies: Any, **options: Any) -> list[tuple[str, str, str]]:
    return [
        (one["type"].partition(".")[2], one["amount"], one["currency"])
        for one in told(*bodies, **options)
        if "amount" in one
    ]


def played(*bodies: Any, until: float = 90, **options: Any) -> Outcome:
    return play(
        [json.dumps(one).encode() for one in told(*bodies, **options)], at(until, START), Policy(basis="purchase")
    )


def crr(outcome: Outcome, month: str) -> tuple[str | None, ...]:
    found = outcome.update(f"crr|purchase||month|{month}|all")
    return found.value, found.numerator, found.denominator


def replayed(folder: Path, *records: bytes | Json) -> tuple[Json, Json]:
    """Replay a file of webhooks on the basis of purchases: its summary, and CRR's components by month."""
    lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in records]
    (folder / "log.jsonl").write_bytes(b"\n".join(lines))
    basis = ("--set", "metrics.basis=purchase", "--set", "metrics.purchase_window_days=40")
    where = ("replay", str(folder / "log.jsonl"), "--source", "shopify", "--out", str(folder / "out"))

    done = backstay(*where, *basis, "--until", "2026-04-01T00:00:00Z")

    assert done.returncode == 0, done.stderr
    updates = [json.loads(one)["value"] for one in (folder / "out/metric-updates.jsonl").read_text().splitlines()]
    rates = [one for one in updates if (one["metric"], one["segment"]["by"]) == ("crr", "all")]
    return json.loads((folder / "out/summary.json").read_text()), {
        one["period"]["start"]: one["components"] for one in rates if one["period"]["kind"] == "month"
    }


def test_fact_s1_topic_and_ids_stand_in_headers_of_any_case_with_or_without_x() -> None:
    body = {"customer_id": 71, "email_marketing_consent": {"state": "subscribed", "consent_updated_at": text(3)}}
    topic = "customers_email_marketing_consent/update"
    names = ("X-Shopify-", "x-shopify-", "shopify-", "Shopify-")

    beside = [
        json.dumps({"headers": {f"{name}Topic": [topic], f"{name}Webhook-Id": "w-1"}, "body": json.dumps(body)})
        for name in names
    ]
    own = [[(f"{name}Topic", topic.encode()), (f"{name}Webhook-Id", b"w-1")] for name in names]

    found = [read(one.encode()).events for one in beside] + [read(body, headers=one).events for one in own]
    assert {one[0]["event_id"] for one in found} == {"w-1"}
    assert {one[0]["type"] for one in found} == {"consent.changed"}
    bridged = [("topic", b"shop.shopify"), ("X-Shopify-Topic", topic.encode())]
    assert read(order(3), headers=bridged[:1]).events  # a bridge's own name of the topic is none of Shopify's
    assert read(body, headers=bridged).events
    bus = {"detail": {"metadata": {"X-Shopify-Topic": topic}, "payload": body}}
    assert told(bus)[0]["type"] == "consent.changed"
    assert told({"topic": "ORDERS_PAID", "payload": order(3)})[0]["type"] == "purchase.completed"


def test_fact_s2_ids_beyond_two_to_the_53_are_exact_and_the_text_wins_over_a_rounded_number() -> None:
    exact = order(1, number=BIG, customer={"id": BIG})
    through_javascript = order(1, number=BIG - 1, admin_graphql_api_id=gid("Order", BIG))
    through_javascript["customer"] = {"id": BIG - 1, "admin_graphql_api_id": gid("Customer", BIG)}

    for one in told(exact, through_javascript):
        assert (one["order_id"], one["customer_id"]) == (str(BIG), str(BIG))
    with pytest.raises(Unreadable, match=r"customer\.id is a number with decimals"):
        read(order(1, customer={"id": 1.5}))


def test_fact_s3_numbers_and_texts_name_one_customer(tmp_path: Path) -> None:
    merge = {
        "admin_graphql_api_customer_kept_id": gid("Customer", 72),
        "admin_graphql_api_customer_deleted_id": gid("Customer", 71),
        "status": "completed",
    }
    first, second = order(1, customer=customer(71)), order(30, number=502, customer=customer(72))
    joined = headed("customers/merge", merge, **{"X-Shopify-Triggered-At": text(31)})

    (tmp_path / "apart").mkdir()
    one, two = replayed(tmp_path, first, second, joined)[1], replayed(tmp_path / "apart", first, second)[1]

    assert (one["2026-03-01"]["S"], one["2026-02-01"]["new"], two["2026-02-01"]["new"]) == (1, 0, 1)
    assert [one["customer_id"] for one in told(headed("customers/merge", merge))] == ["71"]
    failed = read(headed("customers/merge", {**merge, "status": "failed"}))
    assert (failed.events, failed.skipped) == ((), "a merge of customers that is not completed")


def test_fact_s4_times_keep_the_offset_of_the_shop() -> None:
    assert told(order(1))[0]["occurred_at"] == "2026-01-06T00:00:00Z"
    late = {"X-Shopify-Triggered-At": "2026-01-06T10:00:00.123456789Z"}
    redact = headed("customers/redact", {"customer": {"id": 71}, "orders_to_redact": []}, **late)
    assert told(redact)[0]["occurred_at"] == "2026-01-06T10:00:00.123456Z"
    with pytest.raises(Unreadable, match="processed_at is text that is no time with an offset"):
        read(order(1, processed_at="2026-01-06T10:00:00"))


def test_fact_s5_an_order_that_five_topics_tell_of_is_one_purchase() -> None:
    bodies = [
        order(1, financial_status="pending"),
        order(1),
        order(1, updated_at=text(3)),
        order(1, fulfillment_status="partial", updated_at=text(4)),
        order(1, fulfillment_status="fulfilled", updated_at=text(5)),
    ]
    topics = ("create", "paid", "updated", "partially_fulfilled", "fulfilled")
    records = [headed(f"orders/{topic}", one) for topic, one in zip(topics, bodies, strict=True)]

    assert len({json.dumps(one) for one in told(*records)}) == 1
    assert crr(played(*records, *records), "2026-02-01") == ("1.0000000000", "1", "1")


@pytest.mark.parametrize("status", ["pending", "authorized", "partially_paid", "voided", "expired", "unpaid"])
def test_fact_s6_an_order_counts_once_it_is_paid_at_the_time_of_the_order(status: str) -> None:
    before, after = order(1, financial_status=status), order(1, updated_at=text(12))

    assert read(before).skipped == "an order that is neither paid nor delivered"
    assert told(before, after)[0]["occurred_at"] == "2026-01-06T00:00:00Z"
    with pytest.raises(Unreadable, match="financial_status is another word: a financial_status is one of authorized"):
        read(order(1, financial_status="settled"))


def test_fact_s7_what_is_cancelled_before_it_is_paid_is_nothing_and_afterwards_a_refund() -> None:
    gone: Json = {"cancelled_at": text(2), "cancel_reason": "customer"}

    assert amounts(order(1, financial_status="voided", **gone)) == []
    back = refund(801, 2, paid_out(901, "100.00", 2))
    cancelled = order(1, financial_status="refunded", current_total_price="0.00", refunds=[back], **gone)
    assert amounts(cancelled) == [("completed", "100", "EUR"), ("refunded", "100", "EUR")]
    assert crr(played(cancelled, until=60), "2026-02-01") == (None, "0", "0")


def test_fact_s8_a_refund_is_taken_off_once() -> None:
    """`current_total_price` has it off already."""
    back = refund(801, 4, paid_out(901, "30.00", 4))
    later = order(1, financial_status="partially_refunded", current_total_price="70.00", refunds=[back])

    assert amounts(later) == [("completed", "100", "EUR"), ("refunded", "30", "EUR")]
    assert told(order(1))[0]["amount"] == told(later)[0]["amount"]


def test_fact_s9_what_was_taken_off_before_it_was_paid_was_never_paid() -> None:
    removed = refund(801, 1.5)
    edited = order(1, current_total_price="70.00", refunds=[removed])
    and_back = refund(802, 4, paid_out(901, "20.00", 4))

    assert amounts(edited) == [("completed", "70", "EUR")]
    assert amounts(order(1, current_total_price="70.00")) == [("completed", "70", "EUR")]
    both_of_them = order(1, current_total_price="50.00", refunds=[removed, and_back])
    assert amounts(both_of_them) == [("completed", "70", "EUR"), ("refunded", "20", "EUR")]
    without = order(1)
    del without["current_total_price"]
    assert amounts(without) == [("completed", "100", "EUR")]


def test_fact_s26_what_is_still_to_be_paid_back_was_paid() -> None:
    """An export may come between the edit of a paid order and its refund."""
    removed = refund(801, 3)
    owed = order(1, current_total_price="70.00", refunds=[removed], total_outstanding="-30.00")
    back = refund(802, 4, paid_out(901, "30.00", 4))
    repaid = order(1, current_total_price="70.00", refunds=[removed, back], total_outstanding="0.00")
    partly = refund(802, 4, paid_out(901, "10.00", 4))
    in_part = order(1, current_total_price="70.00", refunds=[removed, partly], total_outstanding="-20.00")

    assert amounts(owed) == [("completed", "100", "EUR")]
    assert amounts(repaid) == [("completed", "100", "EUR"), ("refunded", "30", "EUR")]
    assert amounts(in_part) == [("completed", "100", "EUR"), ("refunded", "10", "EUR")]
    assert amounts(order(1, total_outstanding="15.00")) == [("completed", "100", "EUR")]


@pytest.mark.parametrize("status", ["pending", "failure", "error"])
def test_fact_s10_only_a_transaction_that_succeeded_pays_back(status: str) -> None:
    tried = refund(801, 4, paid_out(901, "30.00", 4, status=status))
    before = order(1, current_total_price="70.00", refunds=[tried])
    done = refund(801, 4, paid_out(901, "30.00", 4), paid_out(902, "9.00", 4, kind="void"))
    again = refund(803, 9, paid_out(903, "5.50", 9))
    after = order(1, current_total_price="64.50", refunds=[done, again])

    assert amounts(before) == [("completed", "100", "EUR")]
    found = told(before, after, after)
    assert {one["event_id"] for one in found} == {"501:1", "501:2:901", "501:2:903"}
    assert [one["amount"] for one in told(after)] == ["100", "30", "5.5"]  # what lines were worth is no money


CENTS = st.integers(0, 5_000)
REFUNDS = st.lists(st.tuples(CENTS, st.sampled_from(["success", "pending", "failure"])), max_size=5)


@given(paid=st.integers(25_000, 40_000), removed=st.none() | CENTS, refunds=REFUNDS, rate=st.integers(1, 400))
def test_whatever_became_of_an_order_its_money_is_what_came_and_went(
    paid: int, removed: int | None, refunds: list[tuple[int, str]], rate: int
) -> None:
    """An order states itself anew after each refund. What it has said is never taken back, and the sum is right.

    The customer pays in a currency of which `rate` hundredths are one of the shop's. `removed` was taken off before.
    """

    def written(cents: int, of: int = 100) -> str:
        return f"{cents * of // 10_000}.{cents * of // 100 % 100:02}" + (f"{cents * of % 100:02}" if of != 100 else "")

    total, said = paid + (removed or 0), [[refund(800, 1.5)] if removed is not None else []]
    for number, (cents, state) in enumerate(refunds):
        one = paid_out(900 + number, written(cents, rate), 3 + number, currency="USD", status=state)
        said.append([*said[-1], refund(801 + number, 3 + number, one)])
    events: list[list[Json]] = []
    for number, known in enumerate(said):
        current = paid - sum(cents for cents, _ in refunds[:number])
        amounts_of: Json = {"total_price_set": both(written(total), written(total, rate), own="USD")}
        events.append(told(order(1, written(total), current_total_price=written(current), refunds=known, **amounts_of)))

    for before, after in pairwise(events):
        assert [one for one in before if one not in after] == []
    came = [Fraction(one["amount"]) for one in events[-1] if one["type"] == "purchase.completed"]
    went = [Fraction(one["amount"]) for one in events[-1] if one["type"] == "purchase.refunded"]
    assert came == [Fraction(paid, 100)]
    assert sum(went) == Fraction(sum(cents for cents, state in refunds if state == "success"), 100)


def test_fact_s11_a_refund_and_a_parcel_name_no_customer_their_order_does() -> None:
    for body in (refund(801, 4, paid_out(901, "30.00", 4)), {"order_id": 501, "shipment_status": "delivered", "id": 3}):
        found = read(body)
        assert found.events == ()
        assert found.skipped.endswith("names no customer; orders/updated holds it")


def test_fact_s12_a_transaction_is_in_the_currency_that_the_customer_paid_in() -> None:
    """100 EUR were paid as 109 USD, and 54.50 USD came back: 50 EUR."""
    fields: Json = {
        "presentment_currency": "USD",
        "total_price_set": both("100.00", "109.00", own="USD"),
        "current_total_price": "50.00",
        "current_total_price_set": both("50.00", "54.50", own="USD"),
    }
    in_dollars = order(1, refunds=[refund(801, 4, paid_out(901, "54.50", 4, currency="USD"))], **fields)
    unnamed = order(1, refunds=[refund(801, 4, paid_out(901, "54.50", 4, currency=None))], **fields)
    all_of_it = order(1, refunds=[refund(801, 4, paid_out(901, "109.00", 4, currency="USD"))], **fields)

    euros = [("completed", "100", "EUR"), ("refunded", "50", "EUR")]
    assert amounts(in_dollars) == amounts(unnamed) == euros
    assert amounts(all_of_it)[1] == ("refunded", "100", "EUR")
    assert amounts(in_dollars, money="presentment") == [("completed", "109", "USD"), ("refunded", "54.5", "USD")]
    other = order(1, refunds=[refund(801, 4, paid_out(901, "54.50", 4, currency="GBP"))], **fields)
    with pytest.raises(Unreadable, match=r"refunds\[0\]\.transactions\[0\]\.currency is another currency"):
        read(other)


def test_fact_s13_amounts_are_major_units_with_the_decimals_of_their_currency() -> None:
    yen = order(1, "1500", currency="JPY", presentment_currency="JPY", total_price_set=both("1500", currency="JPY"))
    dinars = order(
        1, "12.500", currency="KWD", presentment_currency="KWD", total_price_set=both("12.500", currency="KWD")
    )
    without_sets = order(1, "19.90")
    del without_sets["total_price_set"]

    assert amounts(yen, dinars, without_sets) == [
        ("completed", "1500", "JPY"),
        ("completed", "12.5", "KWD"),
        ("completed", "19.9", "EUR"),
    ]


def test_fact_s14_test_orders_count_for_nothing(tmp_path: Path) -> None:
    trial = order(1, test=True)

    summary, rates = replayed(tmp_path, trial, order(2, number=502, customer=customer(72)))

    assert told(trial)[0]["synthetic"] is True
    assert (summary["applied"], rates["2026-02-01"]["S"]) == (1, 1)


def test_fact_s15_an_order_of_a_guest_is_skipped() -> None:
    without = order(1)
    del without["customer"]

    assert read(order(1, customer=None)).skipped == read(without).skipped == "an order of a guest"


@pytest.mark.parametrize("included", [True, False])
def test_fact_s16_a_total_holds_its_tax_whether_prices_of_lines_do_or_not(included: bool) -> None:
    back = refund(801, 4, paid_out(901, "60.50", 4))
    body = order(1, "121.00", total_tax="21.00", taxes_included=included, current_total_price="60.50", refunds=[back])

    assert amounts(body) == [("completed", "121", "EUR"), ("refunded", "60.5", "EUR")]
    assert amounts(body, tax="taken_out") == [("completed", "100", "EUR"), ("refunded", "50", "EUR")]


def test_fact_s17_requests_about_data_name_a_customer_and_no_time(tmp_path: Path) -> None:
    who = {"shop_id": 1, "shop_domain": "tea.example", "customer": {"id": 71, "email": "ada@shop.example"}}
    redact, asks = {**who, "orders_to_redact": [501]}, {**who, "data_request": {"id": 9}}

    assert [(one["type"], one["customer_id"]) for one in told(redact, asks)] == [
        ("erasure.requested", "71"),
        ("access.requested", "71"),
    ]
    assert told(redact)[0]["occurred_at"] == "2026-03-01T08:00:00Z"  # that of its record
    with pytest.raises(Unreadable, match="the header shopify-triggered-at is missing: the body has no time"):
        read(redact, timestamp=0)
    with pytest.raises(Unreadable, match=r"customer\.id is missing: it names no id of a customer"):
        read({**redact, "customer": {"email": "ada@shop.example"}})
    erased = replayed(tmp_path, order(1), headed("customers/redact", redact, **{"X-Shopify-Triggered-At": text(3)}))
    assert erased[0]["customers"] == 0


def test_fact_s18_to_delete_a_customer_is_no_wish_to_be_forgotten() -> None:
    gone = {"id": 71, "tax_exemptions": [], "admin_graphql_api_id": gid("Customer", 71)}

    found = read(headed("customers/delete", gone))

    assert (found.events, "customers/redact is" in found.skipped) == ((), True)


def test_fact_s19_names_and_addresses_of_persons_stay_behind() -> None:
    samples = (Path(__file__).parent / "sources" / "shopify.jsonl").read_text().splitlines()
    everywhere = {"mail": "email", "name": "first_name", "city": "default_address.zip"}

    said = json.dumps([dict(one) for line in samples for one in read(line.encode()).events])

    assert not any(word in said for word in ("ada@", "Ada", "Example", "28001"))
    assert told(
        customer(updated_at=text(2), verified_email=True, addresses=[], first_name="Ada"), attributes=everywhere
    )[0]["attributes"] == {"mail": None, "name": "Ada"}  # only those that the settings name, and no address at all


def test_fact_s20_a_checkout_is_a_cart_until_it_is_completed_and_a_cart_names_nobody() -> None:
    checkout = {
        "token": "ck-1",
        "cart_token": "cart-1",
        "updated_at": text(2),
        "completed_at": None,
        "currency": "EUR",
        "total_price": "46.20",
        "abandoned_checkout_url": "https://tea.example/r",
        "line_items": [{"sku": None, "variant_id": BIG, "quantity": 1, "price": "46.20"}],
        "customer": customer(),
    }

    found = told(checkout)[0]

    assert (found["type"], found["cart_id"], found["value"], found["items"][0]["sku"]) == (
        "cart.updated",
        "cart-1",
        "46.2",
        str(BIG),
    )
    assert read({**checkout, "completed_at": text(3)}).events == ()
    assert read({**checkout, "customer": None}).skipped == "a checkout of a guest"
    cart = {"id": "c", "token": "c", "line_items": [], "updated_at": text(2)}
    assert read(cart).skipped == "carts/update is not used: a cart names no customer; checkouts do"


def test_fact_s21_an_order_has_arrived_when_all_its_parcels_have() -> None:
    def parcel(number: int, state: str | None, day: float, status: str = "success") -> Json:
        return {"id": number, "status": status, "shipment_status": state, "updated_at": text(day)}

    def kinds(*parcels: Json, status: str = "fulfilled") -> list[tuple[str, str]]:
        found = told(order(1, fulfillments=list(parcels), fulfillment_status=status))
        return [(one["type"], one["occurred_at"][:10]) for one in found[1:]]

    assert kinds(parcel(1, "delivered", 3), parcel(2, "in_transit", 4)) == []
    assert kinds(parcel(1, "delivered", 3), status="partial") == []
    assert kinds(parcel(1, "delivered", 3), parcel(2, "delivered", 5)) == [("purchase.delivered", "2026-01-10")]
    assert kinds(parcel(1, "delivered", 3), parcel(2, None, 5, "cancelled")) == [("purchase.delivered", "2026-01-08")]
    assert kinds(parcel(1, "failure", 6)) == [("purchase.delayed", "2026-01-11")]
    assert kinds(parcel(1, None, 6)) == []


def test_fact_s22_a_contract_of_a_subscription_names_no_price() -> None:
    contract = {
        "id": 5,
        "admin_graphql_api_id": gid("SubscriptionContract", 5),
        "billing_policy": {"interval": "month", "interval_count": 1},
        "currency_code": "EUR",
        "customer_id": 71,
        "status": "active",
        "origin_order_id": 501,
    }

    assert read(contract).skipped.endswith("a contract names no price; the orders that it makes are purchases")
    assert crr(played(order(1), order(31, number=502), order(61, number=503)), "2026-03-01")[0] == "1.0000000000"


def test_fact_s23_without_headers_the_same_body_has_the_same_id() -> None:
    profile = customer(updated_at=text(2), verified_email=True, default_address={"country_code": "ES"})
    turned = dict(reversed(profile.items()))

    assert told(profile)[0]["event_id"] == told(turned)[0]["event_id"]
    assert told(profile)[0]["event_id"] != told({**profile, "default_address": {"country_code": "IT"}})[0]["event_id"]
    twice = headed("customers/update", profile, **{"X-Shopify-Webhook-Id": "w-1", "X-Shopify-Event-Id": "e-1"})
    of_one_action = headed("customers/update", profile, **{"X-Shopify-Event-Id": "e-1"})
    assert [one["event_id"] for one in told(twice, of_one_action)] == ["w-1", told(profile)[0]["event_id"]]
    assert told(headed("orders/paid", order(1), **{"X-Shopify-Webhook-Id": "w-1"}))[0]["event_id"] == "501:1"


def test_fact_s24_a_topic_follows_from_the_body_where_only_one_has_its_shape() -> None:
    assert {topic for _, topic in SHAPES} <= READERS.keys() | NOT_USED.keys()
    with pytest.raises(Unreadable, match="the header shopify-topic is missing: the topic stands in the header"):
        read({"id": 71})
    with pytest.raises(Unreadable, match="orders is a list: a list of Shopify's API is many records"):
        read({"orders": [order(1)]})
    assert read(headed("products/update", {"id": 1})).skipped == "products/update is not used"
    assert read(headed("Something Else 7", {"id": 1})).skipped == "an unknown topic is not used"


def test_fact_s25_the_body_of_an_event_is_what_a_query_of_the_company_asks_for() -> None:
    body = {"topic": "Order", "action": "update", "handle": "paid", "fields_changed": {"updated": []}, "data": {}}
    headers = [("shopify-topic", b"Order"), ("shopify-webhook-id", b"w-1")]

    assert read(body).skipped == read(body, headers=headers).skipped
    assert read(body).skipped.startswith("events is not used: a delivery of Shopify's Events holds what your own query")


def test_consent_to_marketing_is_of_a_channel() -> None:
    texts = {"id": 71, "phone": None, "sms_marketing_consent": {"state": "not_subscribed", "consent_updated_at": None}}
    unsure = {"customer_id": 71, "email_marketing_consent": {"state": "pending"}}

    found = told(texts)[0]

    assert (found["channel"], found["granted"], found["customer_id"]) == ("sms", False, "71")
    assert read(unsure).skipped == "a consent that is neither given nor refused"


def test_a_file_of_orders_is_replayed_on_the_basis_of_purchases(tmp_path: Path) -> None:
    back = refund(801, 20, paid_out(901, "100.00", 20))
    gone: Json = {"refunds": [back], "financial_status": "refunded", "current_total_price": "0.00"}
    log = [
        order(1),
        order(2, number=502, customer=customer(72)),
        order(3, number=503, customer=customer(73), **gone),
        order(33, number=504),
    ]

    summary, rates = replayed(tmp_path, *log)

    assert (summary["customers"], summary["rejected"]) == (3, {})
    assert (rates["2026-02-01"]["S"], rates["2026-03-01"]["S"]) == (2, 1)  # who had all the money back is no customer


def test_check_names_topics_and_takes_no_order_that_is_told_again_for_a_log_out_of_order(tmp_path: Path) -> None:
    log = [headed("orders/paid", order(day, number=500 + day)) for day in range(1, 9)]
    log += [headed("orders/updated", order(day, number=500 + day, updated_at=text(30))) for day in range(1, 9)]
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(log))

    done = backstay("check", str(tmp_path / "log.jsonl"), "--source", "shopify", "--json")

    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert {row["record"] for row in found["read_as"]} == {"orders/paid", "orders/updated"}
    assert not [doubt for doubt in found["doubts"] if "older than one before" in doubt]


async def test_a_worker_reads_bodies_with_the_headers_of_their_records() -> None:
    """A purchase, then a wish to be forgotten whose topic and time stand in headers alone."""
    redact = json.dumps({"customer": {"id": 71}, "shop_id": 1}).encode()
    sent_at = [("x-shopify-topic", b"customers/redact"), ("x-shopify-triggered-at", text(5).encode())]
    records = [
        (json.dumps(order(1)).encode(), [("X-Shopify-Topic", b"orders/paid"), ("topic", b"shop")]),
        (json.dumps(order(2, number=502, customer=customer(72))).encode(), []),
        (redact, sent_at),
        (json.dumps(order(1)).encode(), []),
    ]
    async with EmbeddedBroker() as broker:
        settings = on(broker.address, "shop-", sources__shopify__topic="webhooks", metrics__basis="purchase")
        cluster = Broker(settings)
        await cluster.create_topics()
        producer = cluster.producer()
        await producer.start()
        for partition, (value, headers) in enumerate(records):
            await producer.send_and_wait(
                cluster.topic_named("sources.shopify"), value, None, partition % 2, None, headers
            )
        for partition in range(await cluster.partitions()):
            beat = json.dumps({"type": "source.heartbeat", "occurred_at": text(9)}).encode()
            await producer.send_and_wait(cluster.topic_named("sources.shopify"), beat, None, partition)
        await producer.stop()

        await worked_off(settings)

        assert set(await kept(settings)) == {"72"}
