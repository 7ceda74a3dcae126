"""Reads what all events of Zendesk have: webhooks, with ids as text, and a cloud's event bus, with ids as numbers."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sources.base import Foreign, Translation
from sources.delivery import delivered
from sources.document import Node
from sources.instants import of_text, written
from sources.zendesk.options import ZendeskOptions

NAME: Final = "zendesk"
WHOLE: Final = "send the body of the webhook as it came"
PREFIXES: Final = ("zen:event-type:", "zen:event-type/")
"""Zendesk's own list of types writes some of them with a slash."""
SYSTEM: Final = "-1"
"""The author of what Zendesk itself writes."""
TICKET: Final = "ticket"
RATING: Final = "satisfaction_rating"
SURVEY: Final = "survey_response"
_ID: Final = "an id is a whole number, as text or as a number"
_KIND: Final = "a record is an event of Zendesk's webhooks, or a ticket or a rating as its API returns it"
_LIST: Final = "a list of Zendesk's API is many records: send one record for each member"
_DIGITS: Final = re.compile(r"-?[0-9]{1,32}", re.ASCII)
_LISTS: Final = ("tickets", "satisfaction_ratings", "survey_responses", "ticket_events", "audits", "users")
_ON_A_BUS: Final = {
    "comment_created": "ticket.comment_added",
    "marked_as_spam": "ticket.marked_as_spam",
}
"""Names of the event bus that differ by more than their spelling."""


class Happened(NamedTuple):
    """An event of Zendesk, or an object of its API, which has the kind of the object and no event."""

    kind: str
    id: str
    at: datetime
    ticket: Node
    event: Node


def happened(foreign: Foreign, value: bytes) -> Happened:
    """Return the event of a record; raise `Unreadable` for anything else."""
    body = delivered(foreign, value, NAME).body
    if not body.is_object:
        raise body.wrong(_KIND)
    for holder in (body.at("detail", "ticket_event"), body.at("input", "ticket_event")):
        if holder.is_object:
            return _on_a_bus(body, holder)
    kind = body.word_at("type")
    if kind.startswith(PREFIXES):
        ident = body.at("id").text(WHOLE)
        return Happened(kind[len(PREFIXES[0]) :], ident, of_text(body.at("time")), body.at("detail"), body.at("event"))
    return _exported(body)


def _on_a_bus(body: Node, event: Node) -> Happened:
    meta = event.at("meta")
    said = "_".join(event.at("type").text(WHOLE).lower().split())
    kind = _ON_A_BUS.get(said, f"ticket.{said.removeprefix('ticket_')}")
    ident = body.word_at("id") or f"{meta.at('ref').text(WHOLE)}:{id_or_none(meta.at('sequence', 'position'))}"
    return Happened(kind, ident, of_text(meta.at("occurred_at")), event.at("ticket"), event)


def _exported(body: Node) -> Happened:
    """Return an object of the API as if it were an event of its creation."""
    for name in (TICKET, RATING, SURVEY):
        if body.at(name).is_object and not body.has("requester_id", "responder_id"):
            body = body.at(name)
    nothing = body.at("-")
    if body.has("score") and body.has("ticket_id"):
        given = body.at("updated_at")  # it is created when it is asked for
        return Happened(RATING, "", of_text(given if given.is_known else body.at("created_at")), body, nothing)
    if body.has("answers") and body.has("responder_id"):
        return Happened(SURVEY, "", of_text(_asked_at(body)), body, nothing)
    if body.has("requester_id") and body.has("status"):
        return Happened(TICKET, "", of_text(body.at("created_at")), body, nothing)
    for name in _LISTS:
        if isinstance(body.at(name).value, list):
            raise body.at(name).wrong(_LIST)
    raise body.at("type").wrong(_KIND, "no event type of Zendesk" if body.knows("type") else "")


def _asked_at(survey: Node) -> Node:
    """Return when a survey was answered: its answers say it."""
    times = [one.at(name) for one in survey.at("answers").each() for name in ("updated_at", "created_at")]
    return next((one for one in times if one.is_known), survey.at("answers").at("updated_at"))


def id_or_none(node: Node) -> str:
    """Return an id as text; empty for none, which Zendesk writes as null, as "" or as "0".

    >>> [id_or_none(Node(one, (), NAME)) for one in ("6596848315901", 6596848315901, "0", 0, "", None)]
    ['6596848315901', '6596848315901', '', '', '', '']
    """
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**32 else "?"
    if not node.is_known or value in ("", "0"):  # a list has no hash
        return ""
    if not isinstance(value, str) or not _DIGITS.fullmatch(value):
        raise node.wrong(_ID, "text that is no id" if isinstance(value, str) else "")
    return value


def id_of(node: Node) -> str:
    """Return an id; raise `Unreadable` for none."""
    found = id_or_none(node)
    if not found:
        raise node.wrong(_ID, "no id")
    return found


def customer_of(ticket: Node, options: ZendeskOptions) -> Mapping[str, str]:
    """Return the customer of a ticket, and the person where that is another one; nothing if it names none."""
    if options.customer == "external_id":
        known = ticket.at("external_id")
        return {"customer_id": known.text(WHOLE)} if known.is_known and known.value != "" else {}
    found = id_or_none(ticket.at(options.customer))
    person = id_or_none(ticket.at("requester_id")) if found and options.customer == "organization_id" else ""
    return ({"customer_id": found} if found else {}) | ({"user_id": person} if person else {})


def told(whose: Mapping[str, object], at: datetime, ident: str, body: Mapping[str, object]) -> dict[str, object]:
    """Return one event of ours."""
    return {"event_id": ident, "occurred_at": written(at), "source": NAME, **whose, **body}


def skipped(why: str) -> Translation:
    """Return a translation without events, and why."""
    return Translation((), why)
