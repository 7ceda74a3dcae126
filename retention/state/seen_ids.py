"""The ids of a customer's last countable events: a duplicate counts once."""

from typing import Final

from retention.identity import digest
from retention.state.customer import Customer

MAX_RECENT: Final = 256
RECENT_BYTES: Final = 7
"""Bytes of a digest. Among 256 of them, one new id in 10¹⁴ would be taken for a known one."""


def saw(customer: Customer, event_id: str) -> bool:
    """Store the id of a countable event; return whether it was among the last ones already."""
    seen, recent = digest(event_id)[:RECENT_BYTES], customer.recent
    at = recent.find(seen)
    while at % RECENT_BYTES and at >= 0:  # a match across two digests is none
        at = recent.find(seen, at + 1)
    if at >= 0:
        return True
    if len(recent) >= MAX_RECENT * RECENT_BYTES:
        recent = recent[-(MAX_RECENT - 1) * RECENT_BYTES :]
    customer.recent = recent + seen
    return False
