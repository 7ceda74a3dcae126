"""Folds the events of the family `messages` into a customer: days of e-mails are counted."""

from retention import day_counts
from retention.calendar import Instant
from retention.features.base import NOTHING, Facet
from retention.features.messages.facets import ENGAGED, MAILED
from retention.features.messages.section import CLICKED, DELIVERED, OPENED, messages_of
from retention.policy import Policy
from retention.state.customer import Customer
from schemas.messages import MessageClicked, MessageDelivered, MessageOpened


def delivered(customer: Customer, event: MessageDelivered, at: Instant, policy: Policy) -> Facet:
    """Count an e-mail on its local day."""
    return _count(customer, DELIVERED, at, policy, MAILED) if event.channel == "email" else NOTHING


def opened(customer: Customer, event: MessageOpened, at: Instant, policy: Policy) -> Facet:
    """Count the opening of an e-mail, unless a machine opened it."""
    by_a_person = event.channel == "email" and not event.machine
    return _count(customer, OPENED, at, policy, ENGAGED) if by_a_person else NOTHING


def clicked(customer: Customer, event: MessageClicked, at: Instant, policy: Policy) -> Facet:
    """Count a click in an e-mail."""
    return _count(customer, CLICKED, at, policy, ENGAGED) if event.channel == "email" else NOTHING


def _count(customer: Customer, what: str, at: Instant, policy: Policy, facet: Facet) -> Facet:
    day_counts.add(messages_of(customer).setdefault(what, []), policy.calendar.day(at))
    return facet
