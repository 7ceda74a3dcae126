"""Turns a checkout into a cart. Carts themselves name no customer."""

from sources.amounts import FINEST_AMOUNT, plain
from sources.base import Translation
from sources.shopify.envelope import WHOLE, Sent, id_of, moment, skipped, told
from sources.shopify.money import amount_of, currency_of
from sources.shopify.options import ShopifyOptions
from sources.shopify.orders import items_of


def checkout(sent: Sent, options: ShopifyOptions) -> Translation:
    """Return the contents of a checkout that is not completed, in the currency of the shop."""
    body = sent.body
    if not body.knows("customer"):
        return skipped("a checkout of a guest")
    if body.knows("completed_at"):
        return skipped("a checkout that is completed: its order says so")
    cart = body.at("cart_token") if body.knows("cart_token") else body.at("token")
    fields: dict[str, object] = {
        "type": "cart.updated",
        "cart_id": cart.text(WHOLE),
        "items": list(items_of(body, "shop")),
    }
    if body.knows("total_price"):
        fields["value"] = plain(amount_of(body.at("total_price")), FINEST_AMOUNT)
        fields["currency"] = currency_of(body.at("currency"))
    at = moment(body.at("updated_at"), body.at("created_at"))
    return Translation((told(id_of(body.at("customer")), at, sent.id(), fields),))
