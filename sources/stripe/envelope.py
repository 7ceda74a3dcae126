"""Reads what all events of Stripe have: their id, type and time, the object, and what of it was another before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sources.base import Fields, Translation
from sources.document import Node, parsed
from sources.instants import moment, written

NAME: Final = "stripe"
_SUBSCRIPTION: Final = "subscription"
_THIN: Final = "it names an object and holds none: let Stripe send snapshot events, or expand it before the topic"
_LIST: Final = "a list of Stripe's API is many records: send one record for each member of `data`"
_OBJECT: Final = "send the body of the webhook, which has the object inside; of objects alone subscriptions are read"
_WHOLE: Final = "a record is an event of Stripe as its webhooks send it"
_CUSTOMER: Final = "only events of a customer are read: the object names none"


class Happened(NamedTuple):
    """An event of Stripe. `previous` holds the former values of what changed, and is absent in all but updates."""

    id: str
    type: str
    at: datetime
    is_test: bool
    version: str
    object: Node
    previous: Node


def happened(value: bytes) -> Happened:
    """Return the event of a record; raise `Unreadable` for anything else, as for an event that holds no object."""
    event = parsed(value, NAME)
    if event.word_at("detail", "object") == "event":  # as a bus of the cloud hands it on
        event = event.at("detail")
    if event.word_at("object") == _SUBSCRIPTION and not event.at("type").is_there:
        return _snapshot(event)
    if event.word_at("object") == "list":
        raise event.at("object").wrong(_LIST, "a list")
    if event.word_at("object") not in {"", "event"} and not event.at("type").is_there:
        raise event.at("object").wrong(_OBJECT, "an object of Stripe's API, and not an event")
    kind = event.at("type").text(_WHOLE)
    found = event.at("data", "object")
    is_event = event.word_at("object") == "event" or not event.knows("object")  # some relays leave it out
    if not is_event or not found.is_object:
        if event.at("related_object").is_there or kind.startswith(("v1.", "v2.")):
            raise found.wrong(_THIN)
        if not is_event:
            raise event.at("object").wrong(_WHOLE)
        raise (found if event.at("data").is_object else event.at("data")).wrong(_WHOLE)
    return Happened(
        event.at("id").text(_WHOLE),
        kind,
        moment(event.at("created")),
        event.at("livemode").value is False,
        event.word_at("api_version"),
        found,
        event.at("data", "previous_attributes"),
    )


def _snapshot(found: Node) -> Happened:
    """Return a subscription as it stands, from an export, as if it were an event of its start."""
    start = found.at("start_date") if found.knows("start_date") else found.at("created")
    ident = f"0:{found.at('id').text(_WHOLE)}"
    return Happened(ident, _SUBSCRIPTION, moment(start), found.at("livemode").value is False, "", found, found.at("-"))


def customer_of(found: Node) -> str:
    """Return the id of the customer of an object, or of its account; raise `Unreadable` if it names neither."""
    ident = found.at("customer").ident() or found.at("customer_account").ident()
    if not ident:
        raise found.at("customer").wrong(_CUSTOMER)
    return ident


def told(event: Happened, customer_id: str, *bodies: Mapping[str, object]) -> Translation:
    """Return our events of one event of Stripe, numbered in the order in which they are applied."""
    return Translation(tuple(_one(event, customer_id, number, body) for number, body in enumerate(bodies, 1)))


def _one(event: Happened, customer_id: str, number: int, body: Mapping[str, object]) -> Fields:
    common = {
        "event_id": f"{event.id}:{number}",
        "customer_id": customer_id,
        "occurred_at": written(event.at),
    }
    return {**common, **({"synthetic": True} if event.is_test else {}), **body}


def doubted(found: Translation, doubts: tuple[str, ...]) -> Translation:
    """Return a translation with the doubts about its events, which are counted as what is skipped is."""
    return Translation(found.events, "; ".join(doubts))


def skipped(why: str) -> Translation:
    """Return a translation without events, and why."""
    return Translation((), why)
