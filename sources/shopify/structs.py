"""The fields of an order as most orders have them: what is of another kind, or says more, is no usual order.

Of a field that makes an order another one only its presence matters (`msgspec.Raw`): it is not read.
"""

import msgspec
from msgspec import UNSET, Raw, UnsetType

from sources.structs import Part
from sources.usual.structs import Bare


class Amount(Part):
    """An amount in one currency."""

    amount: str
    currency_code: str


class Both(Part):
    """An amount in the currency of the shop, and in that of the customer."""

    shop_money: Amount | None = None
    presentment_money: Raw | UnsetType = UNSET
    """JSON, as `presented` reads it: most settings do not ask for it."""


class Customer(Part):
    """The customer of an order."""

    id: int | None = None
    admin_graphql_api_id: str | None = None


class Line(Part):
    """A line of an order."""

    sku: str | None = None
    quantity: int | None = None
    price: str | None = None
    price_set: Both | None = None


class Code(Part):
    """A code that was used for an order."""

    code: str | None = None


class Order(Bare):
    """The body of a webhook about an order."""

    customer: Customer
    financial_status: str
    total_price_set: Both
    id: int | None = None
    admin_graphql_api_id: str | None = None
    test: bool | None = None
    created_at: str | None = None
    processed_at: str | None = None
    source_name: str | None = None
    discount_codes: list[Code] | None = None
    line_items: list[Line] | None = None
    current_total_price: Raw | UnsetType = UNSET
    current_total_price_set: Both | None = None
    total_discounts: Raw | UnsetType = UNSET
    total_discounts_set: Both | None = None
    total_outstanding: str | None = None
    refunds: list[Raw] | None = None
    fulfillments: list[Raw] | None = None
    action: Raw | UnsetType = UNSET
    body: Raw | UnsetType = UNSET
    payload: Raw | UnsetType = UNSET
    detail: Raw | UnsetType = UNSET


class Delivered(Bare):
    """A webhook with its headers beside its body."""

    headers: dict[str, str]
    body: Order
    detail: Raw | UnsetType = UNSET


presented = msgspec.json.Decoder(Amount | None).decode
whole = msgspec.json.Decoder(Delivered).decode
alone = msgspec.json.Decoder(Order).decode
