"""Reads what all webhooks of Shopify have: a topic, which only a header names, and ids.

A topic whose header is missing follows from the shape of the body, where that is unambiguous. Every body about an order
is read alike, whatever its topic: it states the whole order.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from sources.base import Foreign, Translation
from sources.delivery import BESIDE, Delivery, delivered
from sources.document import Node
from sources.instants import of_text, written
from sources.values import LONGEST_ID

NAME: Final = "shopify"
WHOLE: Final = "send the body of the webhook with all its fields"
ID: Final = "an id is a whole number, or a text such as gid://shopify/Order/1"
TOPIC: Final = "shopify-topic"
SENT: Final = "shopify-triggered-at"
EVENTS: Final = "events"
"""Stands for the topic of a delivery of Shopify's Events, whose body is what a query of the company asks for."""
_UNKNOWN: Final = (
    "the topic stands in the header X-Shopify-Topic, and this body does not show it: keep the headers beside the body, "
    'as {"headers": {…}, "body": {…}}'
)
_LIST: Final = "a list of Shopify's API is many records: send one record for each member"
_ID: Final = re.compile(r"(?:gid://shopify/[A-Za-z]{1,64}/)?([0-9]{1,32})", re.ASCII)
_LARGEST_ID: Final = 10**32
_SORTED: Final = msgspec.json.Encoder(order="sorted", decimal_format="number")

SHAPES: Final = (
    (("orders_to_redact",), "customers/redact"),
    (("orders_requested",), "customers/data_request"),
    (("data_request",), "customers/data_request"),
    (("admin_graphql_api_customer_kept_id",), "customers/merge"),
    (("refund_line_items", "order_id"), "refunds/create"),
    (("order_edit",), "orders/edited"),
    (("financial_status", "line_items"), "orders/updated"),
    (("email_marketing_consent", "customer_id"), "customers_email_marketing_consent/update"),
    (("sms_marketing_consent", "phone"), "customers_marketing_consent/update"),
    (("abandoned_checkout_url", "line_items"), "checkouts/update"),
    (("default_address", "verified_email"), "customers/update"),
    (("addresses", "verified_email"), "customers/update"),
    (("subscription_contract_id", "ready"), "subscription_billing_attempts/success"),
    (("billing_policy", "origin_order_id"), "subscription_contracts/update"),
    (("shipment_status", "order_id"), "fulfillments/update"),
    (("line_items", "token"), "carts/update"),
)
"""The fields by which a body shows its topic, in the order in which they are looked for."""
_LISTS: Final = ("orders", "customers", "refunds", "checkouts")


class Sent(NamedTuple):
    """A webhook of Shopify."""

    topic: str
    body: Node
    delivery: Delivery

    @property
    def at(self) -> datetime:
        """Return when it was sent; raise `Unreadable` if neither a header nor the record says it."""
        return self.delivery.triggered(SENT)

    def digest(self) -> str:
        """Return an id that is the same for the same body, of whatever delivery."""
        try:
            text = _SORTED.encode([self.topic, self.body.value])
        except (UnicodeEncodeError, ValueError, RecursionError):
            raise self.body.wrong("send UTF-8 JSON", "no text that can be written again") from None
        return hashlib.sha256(text).hexdigest()[:32]

    def id(self) -> str:
        """Return the id of the delivery, the same when it is repeated; without that header, a digest of the body.

        It is not `X-Shopify-Event-Id`: all that one action causes has the same.
        """
        said = self.delivery.header("shopify-webhook-id").word()
        return said if 0 < len(said) <= LONGEST_ID and said.isprintable() else self.digest()


def sent(foreign: Foreign, value: bytes) -> Sent:
    """Return the webhook of a record; raise `Unreadable` for anything else."""
    delivery = delivered(foreign, value, NAME)
    body, said = delivery.body, delivery.header(TOPIC, BESIDE)
    if not body.is_object:
        raise body.wrong("send one body of a webhook a record")
    if body.has("action") and body.has("handle") and body.has("fields_changed", "query_variables"):
        return Sent(EVENTS, body, delivery)
    if said.word():
        return Sent(said.word().strip().lower(), body, delivery)
    shape = next((topic for fields, topic in SHAPES if all(body.has(one) for one in fields)), "")
    if shape:
        return Sent(shape, body, delivery)
    for name in _LISTS:
        if isinstance(body.at(name).value, list):
            raise body.at(name).wrong(_LIST)
    raise said.wrong(_UNKNOWN)


def ident(node: Node) -> str:
    """Return an id as its digits; raise `Unreadable` for what is none.

    >>> ident(Node("gid://shopify/Customer/706405506930370084", (), NAME)), ident(Node(191167, (), NAME))
    ('706405506930370084', '191167')
    """
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool):
        if 0 <= value < _LARGEST_ID:
            return str(value)
        value = ""
    found = _ID.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise node.wrong(ID, "text that is no id" if node.word() else "")
    return found[1]


def id_of(thing: Node) -> str:
    """Return the id of an order, a customer or a refund: by its text if it has one.

    What has passed through JavaScript has the number rounded beyond 2^53, and the text as it was.
    """
    return ident(thing.at("admin_graphql_api_id" if thing.word_at("admin_graphql_api_id") else "id"))


def plain_id(text: str | None, number: int | None) -> str | None:
    """Return an id as `id_of` does; None for what is none.

    >>> plain_id("gid://shopify/Order/12", 13), plain_id(None, 13), plain_id("12th", 13)
    ('12', '13', None)
    """
    if text:
        found = _ID.fullmatch(text)
        return found[1] if found is not None else None
    return str(number) if number is not None and 0 <= number < _LARGEST_ID else None


def moment(*nodes: Node) -> datetime:
    """Return the first of these times that is known; raise `Unreadable` for one that is none."""
    for one in nodes:
        if one.is_known:
            return of_text(one)
    return of_text(nodes[0])


def told(customer_id: str, at: datetime, ident: str, body: Mapping[str, object]) -> dict[str, object]:
    """Return one event of ours."""
    return {"event_id": ident, "customer_id": customer_id, "occurred_at": written(at), "source": NAME, **body}


def skipped(why: str) -> Translation:
    """Return a translation without events, and why."""
    return Translation((), why)
