"""Folds of the feature `relations`: acquisitions, referrals, notes. No text and no id of another customer is kept."""

from typing import Final

from retention import day_counts
from retention.calendar import Instant
from retention.errors import Rejected
from retention.features.base import DUPLICATE, NOTHING, Facet, type_and_id
from retention.features.relations.facets import ACQUISITION, CONTACTS, REFERRALS
from retention.features.relations.relations import Acquisition, kept_name, order_of
from retention.features.relations.section import RELATIONS, relations_of, relations_seen
from retention.identity import packed
from retention.money import minor_units
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.seen_ids import saw
from schemas.base import Event
from schemas.customers import AcquisitionRecorded, NoteAdded, ReferralConverted

NO_CONTACT: Final = frozenset({"internal", "other"})
"""Kinds of notes that are about no contact with the customer."""


def acquired(customer: Customer, event: AcquisitionRecorded, at: Instant, _policy: Policy) -> Facet:
    """Keep how the customer was won: the first acquisition that is known."""
    cost, currency = _cost(event)
    if saw(customer, type_and_id(event)):
        return DUPLICATE
    campaign = kept_name(event.campaign or "")
    found = Acquisition(at, packed(event.event_id), kept_name(event.channel), campaign, cost, currency)
    if not _is_first(customer, found):
        return NOTHING
    relations_of(customer).acquisition = [found]
    return ACQUISITION


def _is_first(customer: Customer, found: Acquisition) -> bool:
    known = relations_seen(customer).acquisition
    return not known or order_of(found) < order_of(known[0])


def _cost(event: AcquisitionRecorded) -> tuple[int, str]:
    """Return the cost in minor units of its currency; raise `Rejected` for one without the other."""
    if event.cost is None:
        return 0, ""
    if event.currency is None:
        raise Rejected("contract", "currency: missing: a cost has one")
    return minor_units(event.cost, event.currency), event.currency


def referred(customer: Customer, _event: ReferralConverted, at: Instant, policy: Policy) -> Facet:
    """Count a customer that this one has brought, by day."""
    relations = relations_of(customer)
    day_counts.add(relations.referrals, policy.calendar.day(at))
    customer.dropped += RELATIONS.bound(relations, policy)
    return REFERRALS


def noted(customer: Customer, event: NoteAdded, at: Instant, policy: Policy) -> Facet:
    """Count a contact with the customer, by day; of a note about none nothing is kept."""
    if event.kind in NO_CONTACT:
        return NOTHING
    relations = relations_of(customer)
    day_counts.add(relations.contacts, policy.calendar.day(at))
    customer.dropped += RELATIONS.bound(relations, policy)
    return CONTACTS


def accepts_old(_customer: Customer | None, event: Event, _at: Instant) -> bool:
    """Report whether an event from before the horizon still matters: how a customer was won does."""
    return event.type == "acquisition.recorded"
