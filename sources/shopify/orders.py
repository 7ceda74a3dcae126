"""Turns an order into a purchase, its refunds and its delivery. Every body about an order states all of them.

    pending, authorized ──► paid ──► partially_refunded ──► refunded
        nothing yet          │         each refund that was paid out, once
                             └ the purchase, at the time of the order

So an order that is told ten times is one purchase: its events have the ids and times of what they tell of.
"""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Final

from sources.amounts import FINEST_AMOUNT, plain
from sources.base import Fields, Translation
from sources.document import Node
from sources.shopify.envelope import WHOLE, Sent, id_of, ident, moment, skipped, told
from sources.shopify.money import Money, converted, money_of, price_of, rounded
from sources.shopify.options import ShopifyOptions
from sources.values import LONGEST_ID

PAID: Final = frozenset({"paid", "partially_refunded", "refunded"})
UNPAID: Final = frozenset({"pending", "authorized", "partially_paid", "voided", "expired", "unpaid"})
_UNDONE: Final = frozenset({"cancelled", "error", "failure"})
_LATE: Final = frozenset({"delayed", "failure"})
_OUTSTANDING: Final = "an outstanding total is decimal text, below 0 for what the customer is to get back"
_STATUS: Final = f"a financial_status is one of {', '.join(sorted(PAID | UNPAID))}"

Event = tuple[datetime, str, dict[str, object]]
"""An event of ours with the time and the id by which it is sorted."""


def order(sent: Sent, options: ShopifyOptions) -> Translation:
    """Return what an order says: that it was paid, what was refunded, that it arrived."""
    body = sent.body
    customer = body.at("customer")
    if not customer.is_known:
        return skipped("an order of a guest")
    customer_id, order_id = id_of(customer), id_of(body)
    test = {"synthetic": True} if body.is_true_at("test") else {}
    found: list[Event] = [*_paid(body, order_id, options), *_shipped(body, order_id)]
    if len(found) > 1:
        found.sort(key=lambda one: one[:2])
    events: list[Fields] = [told(customer_id, at, name, {**test, **fields}) for at, name, fields in found]
    why = "" if events else "an order that is neither paid nor delivered"
    return Translation(tuple(events), why)


def _paid(body: Node, order_id: str, options: ShopifyOptions) -> Iterator[Event]:
    """Yield the purchase and its refunds, if the order is paid."""
    status = body.at("financial_status").text(WHOLE).lower()
    if status not in PAID:
        if status not in UNPAID:
            raise body.at("financial_status").wrong(_STATUS, "another word")
        return
    total = money_of(body, "total_price", options)
    share = _share_without_tax(body, total, options)
    yield _purchase(body, order_id, total, share, options)
    for refund in body.at("refunds").each():
        for transaction in _payouts(refund):
            if transaction.word_at("status").lower() == "success":
                yield _refund(body, order_id, refund, transaction, total.currency, share)


def _purchase(body: Node, order_id: str, total: Money, share: Fraction, options: ShopifyOptions) -> Event:
    paid = _collected(body, total, options)
    amount = rounded(paid * share if share != 1 else paid, total.currency)
    fields: dict[str, object] = {
        "type": "purchase.completed",
        "order_id": order_id,
        "amount": plain(amount, FINEST_AMOUNT),
        "currency": total.currency,
        "items": list(items_of(body, options.money)),
    }
    if body.knows("total_discounts") or body.knows("total_discounts_set"):
        off = money_of(body, "total_discounts", options)
        if off.amount:
            fields["discount"] = plain(off.amount, FINEST_AMOUNT)
    code = next((one.word_at("code") for one in body.at("discount_codes").each()), "")
    if is_name(code):
        fields["coupon"] = code
    channel = body.word_at("source_name")
    if is_name(channel):
        fields["channel"] = channel
    return moment(body.at("processed_at"), body.at("created_at")), f"{order_id}:1", fields


def is_name(text: str) -> bool:
    """Report whether a text may be a name in an event: an address is a person's."""
    return 0 < len(text) <= LONGEST_ID and "@" not in text


def _share_without_tax(body: Node, total: Money, options: ShopifyOptions) -> Fraction:
    """Return the share of a total that is no tax. A total holds it, whether the prices of its lines do or not."""
    if options.tax == "kept" or not total.amount:
        return Fraction(1)
    tax = money_of(body, "total_tax", options).amount
    return max(total.amount - tax, Fraction()) / total.amount


def _collected(body: Node, total: Money, options: ShopifyOptions) -> Fraction:
    """Return what was paid for an order, before refunds.

    What was taken off before it was paid is in the total, and no money came back: then it is what the order is worth
    now and what was refunded. What was taken off afterwards is owed to the customer until it is refunded, and says so
    by an outstanding total below 0.
    """
    if not body.knows("current_total_price") and not body.knows("current_total_price_set"):
        return total.amount
    refunds = [list(_payouts(refund)) for refund in body.at("refunds").each()]
    if refunds and all(refunds):
        return total.amount
    back = sum((converted(body, one, total.currency) for of_one in refunds for one in of_one), Fraction())
    now = money_of(body, "current_total_price", options).amount
    return min(total.amount, now + back + _owed(body, total, options))


def _owed(body: Node, total: Money, options: ShopifyOptions) -> Fraction:
    """Return what is to be paid back of an order that was changed, in the currency of its total."""
    said = body.at("total_outstanding")
    outstanding = Fraction(said.decimal(_OUTSTANDING)) if said.is_known else Fraction()
    if outstanding >= 0:
        return Fraction()
    of_shop = money_of(body, "total_price", options.model_copy(update={"money": "shop"})).amount
    return rounded(-outstanding * total.amount / of_shop, total.currency) if of_shop else Fraction()


def _payouts(refund: Node) -> Iterator[Node]:
    """Yield the transactions of a refund by which money goes back, whether they have succeeded or not."""
    for one in refund.at("transactions").each():
        if one.word_at("kind").lower() == "refund":
            yield one


def _refund(body: Node, order_id: str, refund: Node, transaction: Node, currency: str, share: Fraction) -> Event:
    amount = rounded(converted(body, transaction, currency) * share, currency)
    fields: dict[str, object] = {
        "type": "purchase.refunded",
        "order_id": order_id,
        "amount": plain(amount, FINEST_AMOUNT),
        "currency": currency,
    }
    if transaction.is_true_at("test"):
        fields["synthetic"] = True
    times = (transaction.at("processed_at"), transaction.at("created_at"), refund.at("processed_at"))
    return moment(*times, refund.at("created_at")), f"{order_id}:2:{id_of(transaction)}", fields


def items_of(body: Node, money: str) -> Iterator[dict[str, object]]:
    """Yield the lines of an order or of a checkout, prices in the chosen currency."""
    chosen = f"{money}_money"
    for line in body.at("line_items").each():
        name = line.word_at("sku").strip()
        if not name or len(name) > LONGEST_ID or not name.isprintable():
            known = next((line.at(one) for one in ("variant_id", "product_id", "id") if line.knows(one)), None)
            if known is None:
                continue
            name = ident(known)
        item: dict[str, object] = {"sku": name}
        quantity = line.at("quantity")
        if quantity.is_known:
            item["quantity"] = quantity.whole("a quantity is a whole number")
        price = line.at("price_set", chosen, "amount")
        if not price.is_known and money == "shop":
            price = line.at("price")
        if price.is_known:
            item["price"] = price_of(price)
        yield item


def _shipped(body: Node, order_id: str) -> Iterator[Event]:
    """Yield that an order arrived, once all its parcels have, and each parcel that will not arrive when promised."""
    if not body.has("fulfillments"):
        return
    parcels = [one for one in body.at("fulfillments").each() if one.word_at("status").lower() not in _UNDONE]
    states = [one.word_at("shipment_status").lower() for one in parcels]
    for parcel, state in zip(parcels, states, strict=True):
        if state in _LATE:
            fields: dict[str, object] = {"type": "purchase.delayed", "order_id": order_id}
            yield _known(parcel), f"{order_id}:3:{id_of(parcel)}", fields
    if parcels and set(states) == {"delivered"} and body.word_at("fulfillment_status").lower() == "fulfilled":
        fields = {"type": "purchase.delivered", "order_id": order_id}
        yield max(map(_known, parcels)), f"{order_id}:4", fields


def _known(parcel: Node) -> datetime:
    return moment(parcel.at("updated_at"), parcel.at("created_at"))
