"""Turns a customer of Stripe into attributes: those that the settings name, with their paths."""

from decimal import Decimal
from typing import Final

from sources.base import Translation
from sources.document import Node
from sources.stripe.envelope import Happened, skipped, told
from sources.stripe.options import StripeOptions

_WHOLE: Final = "send the event of Stripe as it came"


def created(event: Happened, options: StripeOptions) -> Translation:
    """Return the attributes that a new customer has."""
    found = {name: _plain(one) for name, one in _attributes(event.object, options).items()}
    return _told(event, {name: value for name, value in found.items() if value is not None})


def updated(event: Happened, options: StripeOptions) -> Translation:
    """Return the attributes that an update names, null for those that it takes away."""
    changed = {name for name, path in options.attributes.items() if event.previous.has(path.split(".")[0])}
    found = {name: _plain(one) for name, one in _attributes(event.object, options).items() if name in changed}
    return _told(event, found)


def deleted(event: Happened, options: StripeOptions) -> Translation:
    """Return nothing: its subscriptions end by events of their own, and it is no wish to be forgotten."""
    return skipped("customer.deleted is not used: its subscriptions end by events of their own; it erases nothing")


def _plain(node: Node) -> object:
    """Return an attribute as plain JSON; None for a list, an object and what is absent."""
    if isinstance(node.value, Decimal):
        return str(node.value)
    return node.value if isinstance(node.value, str | int) else None


def _attributes(customer: Node, options: StripeOptions) -> dict[str, Node]:
    return {name: customer.at(*path.split(".")) for name, path in options.attributes.items()}


def _told(event: Happened, attributes: dict[str, object]) -> Translation:
    if not attributes:
        return skipped("a customer without an attribute that the settings name")
    body = {"type": "customer.updated", "attributes": attributes}
    return told(event, event.object.at("id").text(_WHOLE), body)
