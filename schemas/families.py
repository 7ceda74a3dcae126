"""The register of inbound families, one topic each, and the event types that are known but not read."""

from typing import Final

from schemas.cancellations import CANCELLATIONS
from schemas.carts import CARTS
from schemas.catalogue import CATALOGUE
from schemas.customers import CUSTOMERS
from schemas.family import type_of
from schemas.feedback import FEEDBACK
from schemas.logins import LOGINS
from schemas.messages import MESSAGES
from schemas.outcomes import OUTCOMES
from schemas.payments import PAYMENTS
from schemas.privacy import PRIVACY
from schemas.purchases import PURCHASES
from schemas.reference import REFERENCE
from schemas.subscriptions import SUBSCRIPTIONS
from schemas.tickets import TICKETS
from schemas.usage import USAGE

FAMILIES: Final = (
    LOGINS,
    PURCHASES,
    TICKETS,
    CANCELLATIONS,
    SUBSCRIPTIONS,
    PRIVACY,
    CUSTOMERS,
    FEEDBACK,
    MESSAGES,
    USAGE,
    CARTS,
    PAYMENTS,
    OUTCOMES,
    REFERENCE,
)
"""Every family that is read. `retention/features/` applies their events."""

CONTRACTS: Final = {type_of(contract): contract for family in FAMILIES for contract in family.contracts}
"""Contract by event type."""

TOPIC_OF: Final = {type_of(contract): family.topic for family in FAMILIES for contract in family.contracts}
"""Topic by event type."""

UNSUPPORTED: Final = frozenset({kind for kinds in CATALOGUE.values() for kind in kinds} - TOPIC_OF.keys())
"""Event types of the catalogue that this version does not read: they become dead letters `unsupported`."""
