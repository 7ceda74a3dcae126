"""The settings `[sources.shopify]`."""

from typing import Literal

from sources.base import Options


class ShopifyOptions(Options):
    """Settings of the source `shopify`."""

    money: Literal["shop", "presentment"] = "shop"
    """The currency of amounts: that of the shop, or the one in which the customer paid."""
    tax: Literal["kept", "taken_out"] = "kept"
    """Whether the amount of an order holds its tax, as the customer paid it."""
    attributes: dict[str, str] = {"country": "default_address.country_code"}
    """Attributes of a customer, each with its path in Shopify's customer. No others are read, and none with an `@`."""
