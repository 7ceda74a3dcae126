"""The source `zendesk`: events of Zendesk's webhooks, and tickets and ratings as its API returns them."""

import re
from collections.abc import Callable
from typing import Final, cast

from sources.base import Foreign, Options, Source, Translation
from sources.document import is_nothing
from sources.values import lawful, pseudonymised
from sources.zendesk import ratings, tickets
from sources.zendesk.envelope import NAME, RATING, SURVEY, TICKET, Happened, customer_of, happened, skipped
from sources.zendesk.options import ZendeskOptions

_PLAIN_KIND: Final = re.compile(r"[a-z_]{1,64}\.[a-z_]{1,64}")

READERS: Final[dict[str, Callable[[Happened, tickets.Whose, ZendeskOptions], Translation]]] = {
    TICKET: tickets.exported,
    RATING: ratings.rated,
    SURVEY: ratings.answered,
    "ticket.created": tickets.opened,
    "ticket.status_changed": tickets.changed,
    "ticket.priority_changed": tickets.prioritised,
    "ticket.group_assignment_changed": tickets.assigned,
    "ticket.comment_added": tickets.commented,
    "ticket.merged": tickets.finished,
    "ticket.soft_deleted": tickets.finished,
    "ticket.permanently_deleted": tickets.finished,
    "ticket.marked_as_spam": tickets.finished,
    "ticket.csat_received": ratings.received,
}

NOT_USED: Final = {
    "ticket.custom_status_changed": "ticket.status_changed says what it means",
    "ticket.csat_requested": "the answer is",
    "ticket.undeleted": "what opens a ticket again is its status",
    "ticket.comment_made_private": "a reply was a reply",
    "user.merged": "send customer.merged, if customers are requesters",
    "user.deleted": "it is no wish to be forgotten: send erasure.requested",
    "messaging_ticket.message_added": "a message names no requester",
}
"""Why well-known events are not used. Of others only their type is counted."""

FAMILIES: Final = frozenset({"tickets", "feedback"})
"""The topics of our events that follow."""


def read(record: Foreign, options: Options) -> Translation:
    """Return our events of one event of Zendesk; raise `Unreadable` for what would be a wrong figure."""
    if record.value is None or is_nothing(record.value):
        return skipped("a record without a value")
    event, chosen = happened(record, record.value), cast("ZendeskOptions", options)
    reader = READERS.get(event.kind)
    if reader is None:
        why = f": {NOT_USED[event.kind]}" if event.kind in NOT_USED else ""
        return skipped(f"{event.kind if _PLAIN_KIND.fullmatch(event.kind) else 'an unknown type'} is not used{why}")
    whose = customer_of(event.ticket, chosen)
    if not whose and event.kind not in {RATING, SURVEY}:
        return skipped(f"a ticket without {chosen.customer}")
    return lawful(NAME, pseudonymised(NAME, reader(event, whose, chosen), chosen.pseudonym_key))


ZENDESK: Final = Source(
    name=NAME,
    help="Events of Zendesk's webhooks and event bus: tickets, replies and ratings; tickets and ratings of its API.",
    versions=("event version 2022-11-06", "Ticketing API v2"),
    documented=(
        "Zendesk: Webhook event types",
        "Zendesk: Ticket events (webhooks)",
        "Zendesk: Ticket events (Amazon EventBridge, integration services)",
        "Zendesk: Tickets, Satisfaction ratings, CSAT survey responses (Ticketing API)",
    ),
    options=ZendeskOptions,
    read=read,
    families=lambda _: FAMILIES,
)
