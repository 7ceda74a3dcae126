"""The register of inbound families: one topic each, and what is known but not read yet."""

from typing import Final, NamedTuple

from pydantic import BaseModel

from schemas.cancellations import CancellationEffective, CancellationRequested, CancellationRevoked
from schemas.logins import LoginFailed, LoginSucceeded
from schemas.privacy import ErasureRequested
from schemas.purchases import PurchaseCompleted, PurchaseDelayed, PurchaseDelivered, PurchaseRefunded
from schemas.subscriptions import (
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionPaused,
    SubscriptionRenewed,
    SubscriptionResumed,
    SubscriptionStarted,
)
from schemas.tickets import TicketEscalated, TicketOpened, TicketReopened, TicketReplied, TicketSolved


class Family(NamedTuple):
    """A topic and the event types that are read from it."""

    topic: str
    contracts: tuple[type[BaseModel], ...]


def type_of(contract: type[BaseModel]) -> str:
    """Give the event type that a contract is for.

    >>> type_of(LoginSucceeded)
    'login.succeeded'
    """
    literal: tuple[str] = contract.model_fields["type"].annotation.__args__  # type: ignore[union-attr]
    return literal[0]


LOGINS: Final = Family("logins", (LoginSucceeded, LoginFailed))
PURCHASES: Final = Family("purchases", (PurchaseCompleted, PurchaseRefunded, PurchaseDelivered, PurchaseDelayed))
TICKETS: Final = Family("tickets", (TicketOpened, TicketReplied, TicketEscalated, TicketReopened, TicketSolved))
CANCELLATIONS: Final = Family("cancellations", (CancellationRequested, CancellationRevoked, CancellationEffective))
SUBSCRIPTIONS: Final = Family(
    "subscriptions",
    (
        SubscriptionStarted,
        SubscriptionChanged,
        SubscriptionPaused,
        SubscriptionResumed,
        SubscriptionRenewed,
        SubscriptionEnded,
    ),
)

PRIVACY: Final = Family("privacy", (ErasureRequested,))

FAMILIES: Final = (LOGINS, PURCHASES, TICKETS, CANCELLATIONS, SUBSCRIPTIONS, PRIVACY)
"""Every family that is read. A family's place is its index in a customer's applied offsets: append only."""

TOPIC_OF: Final = {type_of(contract): family.topic for family in FAMILIES for contract in family.contracts}
"""Topic by event type."""

OPEN_WORDS: Final = {
    "cancellations": ("cause", "reason"),
    "subscriptions": ("cause", "duration", "reason", "status"),
    "tickets": ("author", "priority"),
}
"""Fields, by topic, of which a word that the contract does not know is read as `other`."""

UNSUPPORTED: Final = frozenset(
    [
        "payment.failed",
        "payment.succeeded",
        "card.expiring",
        "price.announced",
        "feature.used",
        "session.ended",
        "error.occurred",
        "milestone.reached",
        "seats.changed",
        "content.viewed",
        "community.posted",
        "survey.answered",
        "review.posted",
        "feedback.submitted",
        "feedback.answered",
        "feedback.shipped",
        "message.delivered",
        "message.opened",
        "message.clicked",
        "message.bounced",
        "message.unsubscribed",
        "message.complained",
        "cart.updated",
        "cart.abandoned",
        "checkout.failed",
        "customer.updated",
        "customer.merged",
        "acquisition.recorded",
        "referral.converted",
        "note.added",
        "consent.changed",
        "access.requested",
        "action.delivered",
        "action.converted",
        "action.dismissed",
        "experiment.exposed",
        "rate.published",
        "plan.published",
        "incident.started",
        "incident.resolved",
    ]
)
"""Event types of the catalogue that this version does not read: they become dead letters `unsupported`."""
