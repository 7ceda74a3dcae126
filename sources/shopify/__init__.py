"""The source `shopify`: webhooks of Shopify, with their headers or without."""

import re
from collections.abc import Callable
from typing import Final, cast

from sources.base import Foreign, Options, Source, Translation
from sources.document import is_nothing
from sources.shopify import customers
from sources.shopify.checkouts import checkout
from sources.shopify.envelope import EVENTS, NAME, Sent, sent, skipped
from sources.shopify.options import ShopifyOptions
from sources.shopify.orders import order
from sources.shopify.usual import purchase
from sources.values import lawful

_PLAIN_TOPIC: Final = re.compile(r"[a-z_]{1,64}[/.][a-z_]{1,64}")

READERS: Final[dict[str, Callable[[Sent, ShopifyOptions], Translation]]] = {
    "orders/create": order,
    "orders/paid": order,
    "orders/updated": order,
    "orders/cancelled": order,
    "orders/fulfilled": order,
    "orders/partially_fulfilled": order,
    "customers/create": customers.updated,
    "customers/update": customers.updated,
    "customers/enable": customers.updated,
    "customers/disable": customers.updated,
    "customers/merge": customers.merged,
    "customers/redact": customers.redacted,
    "customers/data_request": customers.asked,
    "customers_email_marketing_consent/update": customers.by_email,
    "customers_marketing_consent/update": customers.by_sms,
    "checkouts/create": checkout,
    "checkouts/update": checkout,
}

NOT_USED: Final = {
    EVENTS: "a delivery of Shopify's Events holds what your own query asks for: subscribe to webhooks, or map it",
    "refunds/create": "a refund names no customer; orders/updated holds it",
    "fulfillments/create": "a parcel names no customer; orders/updated holds it",
    "fulfillments/update": "a parcel names no customer; orders/updated holds it",
    "fulfillment_events/create": "a parcel names no customer; orders/updated holds it",
    "order_transactions/create": "a payment names no customer; orders/updated tells of it",
    "tender_transactions/create": "a payment names no customer; orders/updated tells of it",
    "disputes/create": "a dispute names no customer",
    "disputes/update": "a dispute names no customer",
    "orders/edited": "an edit names no customer; orders/updated holds what the order is now",
    "orders/delete": "only an order that was cancelled or is a test can be deleted; it names no customer",
    "customers/delete": "it is no wish to be forgotten: customers/redact is",
    "shop/redact": "it is about the whole shop: delete what is stored of it yourself",
    "carts/create": "a cart names no customer; checkouts do",
    "carts/update": "a cart names no customer; checkouts do",
    "checkouts/delete": "it names no customer",
    "subscription_contracts/create": "a contract names no price; the orders that it makes are purchases",
    "subscription_contracts/update": "a contract names no price; the orders that it makes are purchases",
    "subscription_contracts/activate": "a contract names no price; the orders that it makes are purchases",
    "subscription_contracts/pause": "a contract names no price; the orders that it makes are purchases",
    "subscription_contracts/cancel": "a contract names no price; the orders that it makes are purchases",
    "subscription_contracts/expire": "a contract names no price; the orders that it makes are purchases",
    "subscription_contracts/fail": "a contract names no price; the orders that it makes are purchases",
    "subscription_billing_attempts/success": "it names no customer; its order is a purchase",
    "subscription_billing_attempts/failure": "it names no customer",
    "subscription_billing_attempts/challenged": "it names no customer",
}
"""Why well-known topics are not used. Of others only the topic is counted."""
_BY_CONSTANT: Final = {re.sub("[/.]", "_", topic): topic for topic in (*READERS, *NOT_USED)}
"""Topics by the names of constants, as SDKs have them: ORDERS_CREATE."""

FAMILIES: Final = frozenset({"purchases", "customers", "privacy", "carts"})
"""The topics of our events that follow."""


def read(record: Foreign, options: Options) -> Translation:
    """Return our events of one webhook of Shopify; raise `Unreadable` for what would be a wrong figure."""
    if record.value is None or is_nothing(record.value):
        return skipped("a record without a value")
    found = sent(record, record.value)
    topic = _BY_CONSTANT.get(found.topic, found.topic)
    reader = READERS.get(topic)
    if reader is not None:
        found = found if found.topic == topic else found._replace(topic=topic)
        return lawful(NAME, reader(found, cast("ShopifyOptions", options)))
    if topic in NOT_USED:
        return skipped(f"{topic} is not used: {NOT_USED[topic]}")
    return skipped(f"{topic if _PLAIN_TOPIC.fullmatch(topic) else 'an unknown topic'} is not used")


SHOPIFY: Final = Source(
    name=NAME,
    help="Webhooks of Shopify: orders with refunds and parcels, customers, consent, checkouts, privacy requests.",
    versions=("2024-10 to 2026-10, by shape",),
    documented=(
        "Shopify: Webhook payload reference 2026-07",
        "Shopify: Webhooks delivery structure; Events delivery structure",
        "Shopify: REST Admin API, Order, Refund and Transaction",
        "Shopify: Privacy law compliance",
        "Shopify developer changelog: New customer's webhook and changes to existing customer's webhooks payload",
    ),
    options=ShopifyOptions,
    read=read,
    families=lambda _: FAMILIES,
    usual=purchase,
)
