"""Folds consents and opt-outs into a customer: each is a choice, about a purpose and a channel."""

from typing import Final

from retention.calendar import Instant
from retention.errors import Rejected
from retention.features.base import DUPLICATE, NOTHING, Facet, event_id
from retention.features.consent.choices import (
    COMPLAINED,
    CONTACT,
    GRANTED,
    MARKETING,
    UNSUBSCRIBED,
    WITHDRAWN,
    Choice,
    ChoiceKind,
    PurposeKey,
    is_superseded,
    key_of,
    order_of,
)
from retention.features.consent.facets import CONSENT
from retention.features.consent.section import CONSENT as SECTION
from retention.features.consent.section import choices_of, choices_seen
from retention.identity import packed
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.seen_ids import saw
from schemas.base import Event
from schemas.messages import MessageComplained, MessageUnsubscribed
from schemas.privacy import ConsentChanged

_PURPOSES: Final[dict[str, PurposeKey]] = {"marketing": MARKETING, "contact": CONTACT}
_CHOICES: Final = frozenset({"consent.changed", "message.unsubscribed", "message.complained"})


def changed(customer: Customer, event: ConsentChanged, at: Instant, policy: Policy) -> Facet:
    """Store a consent to messages or contact, or its withdrawal; of other purposes nothing is stored."""
    purpose = _PURPOSES.get(event.purpose)
    if purpose is None:
        return DUPLICATE if saw(customer, event_id(event)) else NOTHING
    kind: ChoiceKind = GRANTED if event.granted else WITHDRAWN
    return _choose(customer, key_of(purpose, event.channel), Choice(at, packed(event.event_id), kind), policy)


def unsubscribed(customer: Customer, event: MessageUnsubscribed, at: Instant, policy: Policy) -> Facet:
    """Store that a customer wants no more messages by a channel."""
    choice = Choice(at, packed(event.event_id), UNSUBSCRIBED)
    return _choose(customer, key_of(MARKETING, event.channel), choice, policy)


def complained(customer: Customer, event: MessageComplained, at: Instant, policy: Policy) -> Facet:
    """Store that a customer reported a message of a channel as spam."""
    choice = Choice(at, packed(event.event_id), COMPLAINED)
    return _choose(customer, key_of(MARKETING, event.channel), choice, policy)


def _choose(customer: Customer, key: str, choice: Choice, policy: Policy) -> Facet:
    before = choices_seen(customer).get(key, [])
    if any(one.event_id == choice.event_id and one.kind == choice.kind for one in before):
        return DUPLICATE
    if is_superseded(before, choice.at):
        raise Rejected("too_late", "older than the horizon, and a newer choice about this purpose and channel is known")
    kept = choices_of(customer)
    kept[key] = sorted([*before, choice], key=order_of)
    customer.dropped += SECTION.bound(kept, policy)
    return CONSENT


def accepts_old(_customer: Customer | None, event: Event, _at: Instant) -> bool:
    """Return True for a choice: it holds until the next one, and the fold decides which old ones count."""
    return event.type in _CHOICES
