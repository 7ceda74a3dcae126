"""Joins the states of two customers that are one: what is left is what the events of both together would have left."""

from typing import Final

from retention.contacts import CONTACTS
from retention.errors import UnknownVersion
from retention.features.register import Register
from retention.losses import LOSSES
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.seen_ids import MAX_RECENT, RECENT_BYTES

_MOST_RECENT: Final = MAX_RECENT * RECENT_BYTES


def join(customer: Customer, other: Customer, register: Register, policy: Policy) -> None:
    """Add to a customer all that is kept of another one. Open episodes and offsets of the other are not taken over.

    Nor is the instant up to which it was settled: time may have passed further where it was kept.

    Raise `UnknownVersion` if both have a section that only another build knows.
    """
    known = 0
    for section in (*register.sections, CONTACTS, LOSSES):
        known |= section.bit
        if section.is_kept(other):
            value, dropped = section.join(section.of(customer), section.of(other), policy)
            customer.open_as(section, value)
            customer.dropped += dropped
    theirs = other.others(known)
    for ident in theirs.keys() & customer.others(known).keys():
        raise UnknownVersion(f"section {ident}, which only a newer program can join: both customers have it")
    for ident, part in theirs.items():
        customer.replace_part(ident, part)
    for join_core in register.joins:
        join_core(customer, other, policy)
    customer.latest = max(customer.latest, other.latest)
    customer.oldest = min(customer.oldest, other.oldest)
    customer.dropped += other.dropped
    customer.recent = _recent_of_both(other.recent, customer.recent)


def _recent_of_both(older: bytes, newer: bytes) -> bytes:
    """Return the digests of the last events of two customers, each once."""
    both = older + newer
    digests = [both[place : place + RECENT_BYTES] for place in range(0, len(both), RECENT_BYTES)]
    return b"".join(dict.fromkeys(digests))[-_MOST_RECENT:]
