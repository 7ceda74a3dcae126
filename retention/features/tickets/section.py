"""The section `tickets`: a customer's tickets. Its body is a map of MessagePack, by the digest of the ticket."""

from typing import Final

import msgspec

from retention.features.tickets import tickets
from retention.features.tickets.tickets import Tickets, bound_tickets
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Tickets).decode


def _new() -> Tickets:
    return {}


def _encoded(one: Tickets) -> bytes:
    return _encode(one) if one else b""


def _with_priorities(body: bytes) -> bytes:
    """Return the body of version 1 as one of version 2, in which tickets have a priority: none is known of old ones."""
    return _encode(_decode(body))


def _prune(customer: Customer, horizon: Horizon) -> None:
    tickets.prune(tickets_of(customer), horizon.at)


def _bound(one: Tickets, _policy: Policy) -> int:
    return bound_tickets(one)


def _join(one: Tickets, other: Tickets, _policy: Policy) -> tuple[Tickets, int]:
    return one, tickets.join(one, other)


TICKETS: Final[Section[Tickets]] = Section(
    ident=3,
    name="tickets",
    version=2,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    upgrades=(_with_priorities,),
    join=_join,
)


def tickets_of(customer: Customer) -> Tickets:
    """Return the tickets of a customer, to change them."""
    return TICKETS.of(customer)


def tickets_seen(customer: Customer) -> Tickets:
    """Return the tickets of a customer, to read only."""
    found = TICKETS.seen(customer)
    return found if found is not None else {}
