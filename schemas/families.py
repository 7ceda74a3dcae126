"""The register of inbound families: one topic each, and what is known but not read yet."""

from typing import Final, NamedTuple

from pydantic import BaseModel

from schemas.cancellations import CancellationEffective, CancellationRequested, CancellationRevoked
from schemas.catalogue import CATALOGUE
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
    """A topic and the event types that are read from it.

    Of the fields in `open_words` a word that the contract does not know is read as `other`.
    """

    topic: str
    contracts: tuple[type[BaseModel], ...]
    open_words: tuple[str, ...] = ()


def type_of(contract: type[BaseModel]) -> str:
    """Give the event type that a contract is for.

    >>> type_of(LoginSucceeded)
    'login.succeeded'
    """
    literal: tuple[str] = contract.model_fields["type"].annotation.__args__  # type: ignore[union-attr]
    return literal[0]


LOGINS: Final = Family("logins", (LoginSucceeded, LoginFailed))
PURCHASES: Final = Family("purchases", (PurchaseCompleted, PurchaseRefunded, PurchaseDelivered, PurchaseDelayed))
TICKETS: Final = Family(
    "tickets",
    (TicketOpened, TicketReplied, TicketEscalated, TicketReopened, TicketSolved),
    open_words=("author", "priority"),
)
CANCELLATIONS: Final = Family(
    "cancellations",
    (CancellationRequested, CancellationRevoked, CancellationEffective),
    open_words=("cause", "reason"),
)
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
    open_words=("cause", "duration", "reason", "status"),
)

PRIVACY: Final = Family("privacy", (ErasureRequested,))

FAMILIES: Final = (LOGINS, PURCHASES, TICKETS, CANCELLATIONS, SUBSCRIPTIONS, PRIVACY)
"""Every family that is read. What is done about its events is said in `retention/features/`."""

TOPIC_OF: Final = {type_of(contract): family.topic for family in FAMILIES for contract in family.contracts}
"""Topic by event type."""

UNSUPPORTED: Final = frozenset(kind for kinds in CATALOGUE.values() for kind in kinds) - TOPIC_OF.keys()
"""Event types of the catalogue that this version does not read: they become dead letters `unsupported`."""
