"""Turns customers, their consent and their requests into ours. Names and addresses of persons stay behind."""

from decimal import Decimal
from typing import Final

from sources.base import Translation
from sources.document import Node
from sources.instants import of_text
from sources.shopify.envelope import WHOLE, Sent, id_of, ident, skipped, told
from sources.shopify.options import ShopifyOptions

_GONE: Final = "it names no id of a customer: erase the customer by its id"
_GRANTED: Final = {"subscribed": True, "not_subscribed": False, "unsubscribed": False}


def updated(sent: Sent, options: ShopifyOptions) -> Translation:
    """Return the attributes of a customer that the settings name."""
    found = {name: _plain(sent.body.at(*path.split("."))) for name, path in options.attributes.items()}
    known = {name: node for name, node in found.items() if sent.body.has(options.attributes[name].split(".")[0])}
    if not known:
        return skipped("a customer without an attribute that the settings name (sources.shopify.attributes)")
    when = sent.body.at("updated_at")
    at = of_text(when) if when.is_known else sent.at
    body = {"type": "customer.updated", "attributes": known}
    return Translation((told(id_of(sent.body), at, sent.id(), body),))


def _plain(node: Node) -> object:
    """Return an attribute as plain JSON; None for what none can be: an address is a person's."""
    if isinstance(node.value, Decimal):
        return str(node.value)
    if isinstance(node.value, str) and "@" in node.value:
        return None
    return node.value if isinstance(node.value, str | int) else None


def merged(sent: Sent, options: ShopifyOptions) -> Translation:
    """Return that two customers are one, once that is done."""
    if sent.body.at("status").text(WHOLE).lower() != "completed":
        return skipped("a merge of customers that is not completed")
    kept = ident(sent.body.at("admin_graphql_api_customer_kept_id"))
    gone = ident(sent.body.at("admin_graphql_api_customer_deleted_id"))
    if kept == gone:
        return skipped("a merge of a customer with itself")
    return Translation((told(gone, sent.at, f"{gone}:into:{kept}", {"type": "customer.merged", "into": kept}),))


def redacted(sent: Sent, options: ShopifyOptions) -> Translation:
    """Return that a customer is to be erased."""
    return Translation((told(_person(sent), sent.at, f"{sent.digest()}:redact", {"type": "erasure.requested"}),))


def asked(sent: Sent, options: ShopifyOptions) -> Translation:
    """Return that a customer wants to know what is stored."""
    return Translation((told(_person(sent), sent.at, f"{sent.digest()}:access", {"type": "access.requested"}),))


def _person(sent: Sent) -> str:
    customer = sent.body.at("customer")
    if not customer.knows("id"):
        raise customer.at("id").wrong(_GONE)
    return ident(customer.at("id"))


def by_email(sent: Sent, options: ShopifyOptions) -> Translation:
    """Return whether a customer consents to marketing by e-mail."""
    return _consent(sent, ident(sent.body.at("customer_id")), "email_marketing_consent", "email")


def by_sms(sent: Sent, options: ShopifyOptions) -> Translation:
    """Return whether a customer consents to marketing by text message."""
    return _consent(sent, id_of(sent.body), "sms_marketing_consent", "sms")


def _consent(sent: Sent, customer_id: str, name: str, channel: str) -> Translation:
    consent = sent.body.at(name)
    granted = _GRANTED.get(consent.word_at("state").lower())
    if granted is None:
        return skipped("a consent that is neither given nor refused")
    when = consent.at("consent_updated_at")
    body = {"type": "consent.changed", "purpose": "marketing", "granted": granted, "channel": channel}
    return Translation((told(customer_id, of_text(when) if when.is_known else sent.at, sent.id(), body),))
