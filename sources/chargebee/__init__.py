"""The source `chargebee`: events of Chargebee's webhooks."""

import re
from typing import Final, cast

from sources.base import Foreign, Options, Source, Translation
from sources.chargebee import payments, subscriptions
from sources.chargebee.envelope import NAME, Reader, happened
from sources.chargebee.options import ChargebeeOptions
from sources.document import is_nothing
from sources.values import lawful, pseudonymised

_PLAIN_TYPE: Final = re.compile(r"[a-z0-9_]{1,64}")

READERS: Final[dict[str, Reader]] = {
    "subscription_created": subscriptions.begun,
    "subscription_created_with_backdating": subscriptions.begun,
    "subscription_started": subscriptions.begun,
    "subscription_reactivated": subscriptions.begun,
    "subscription_reactivated_with_backdating": subscriptions.begun,
    "subscription_activated": subscriptions.continued,
    "subscription_activated_with_backdating": subscriptions.continued,
    "subscription_changed": subscriptions.changed,
    "subscription_changed_with_backdating": subscriptions.changed,
    "subscription_trial_extended": subscriptions.continued,
    "mrr_updated": subscriptions.continued,
    "subscription_renewed": subscriptions.renewed,
    "subscription_items_renewed": subscriptions.renewed,
    "subscription_paused": subscriptions.paused,
    "subscription_resumption_scheduled": subscriptions.paused,
    "subscription_scheduled_resumption_removed": subscriptions.paused,
    "subscription_resumed": subscriptions.resumed,
    "subscription_cancellation_scheduled": subscriptions.requested,
    "subscription_scheduled_cancellation_removed": subscriptions.revoked,
    "subscription_cancelled": subscriptions.ended,
    "subscription_canceled_with_backdating": subscriptions.ended,
    "subscription_deleted": subscriptions.deleted,
    "payment_succeeded": payments.succeeded,
    "payment_failed": payments.failed,
    "payment_refunded": payments.refunded,
    "card_expiry_reminder": payments.card_expiring,
}


FAMILIES: Final = frozenset({"subscriptions", "cancellations", "payments", "purchases"})
"""The topics of our events that follow."""


def read(record: Foreign, options: Options) -> Translation:
    """Return our events of one event of Chargebee; raise `Unreadable` for what would be a wrong figure."""
    if record.value is None or is_nothing(record.value):
        return Translation((), "a record without a value")
    event = happened(record.value)
    reader = READERS.get(event.type)
    if reader is not None:
        chosen = cast("ChargebeeOptions", options)
        return lawful(NAME, pseudonymised(NAME, reader(event, chosen), chosen.pseudonym_key))
    return Translation((), f"{event.type if _PLAIN_TYPE.fullmatch(event.type) else 'an unknown type'} is not used")


CHARGEBEE: Final = Source(
    name=NAME,
    help="Events of Chargebee's webhooks: subscriptions, payments and cards.",
    versions=("v2",),
    documented=(
        "Chargebee API: Events",
        "Chargebee API: Subscriptions",
        "Chargebee API: Currencies",
    ),
    options=ChargebeeOptions,
    read=read,
    families=lambda _: FAMILIES,
)
