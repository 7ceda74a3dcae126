"""The register of features: one line a family of events. A new one is a folder beside this and one line below."""

from typing import Final

from retention.features.base import Feature
from retention.features.cancellations.feature import CANCELLATIONS
from retention.features.carts.feature import CARTS
from retention.features.consent.feature import CONSENT, OPT_OUTS
from retention.features.customers.feature import CUSTOMERS
from retention.features.deliveries.feature import DELIVERIES
from retention.features.feedback.feature import FEEDBACK, TICKET_TEXTS
from retention.features.logins.feature import LOGINS
from retention.features.loyalty.feature import LOYALTY
from retention.features.messages.feature import MESSAGES
from retention.features.outcomes.feature import OUTCOMES
from retention.features.payments.feature import PAYMENTS
from retention.features.privacy.feature import PRIVACY
from retention.features.purchases.feature import PURCHASES
from retention.features.reference.feature import REFERENCE
from retention.features.register import Register
from retention.features.relations.feature import RELATIONS
from retention.features.subscriptions.feature import SUBSCRIPTIONS
from retention.features.tickets.feature import TICKETS
from retention.features.usage.feature import USAGE
from retention.features.wishes.feature import WISHES

FEATURES: Final[tuple[Feature, ...]] = (
    LOGINS,
    PURCHASES,
    DELIVERIES,
    TICKETS,
    CANCELLATIONS,
    SUBSCRIPTIONS,
    PRIVACY,
    CUSTOMERS,
    LOYALTY,
    RELATIONS,
    FEEDBACK,
    WISHES,
    TICKET_TEXTS,
    MESSAGES,
    CONSENT,
    OPT_OUTS,
    USAGE,
    CARTS,
    PAYMENTS,
    OUTCOMES,
    REFERENCE,
)

REGISTER: Final = Register(FEATURES)
"""Everything derived from it."""
