"""The section `payments`: attempts, cards and announced prices. Its body is an array of MessagePack."""

from typing import Final

import msgspec

from retention.features.payments.payments import Payments, bound_payments, bound_statements, drop_before, joined
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Payments).decode


def _new() -> Payments:
    return Payments()


def _encoded(one: Payments) -> bytes:
    return b"" if one.is_empty() else _encode(one)


def _prune(customer: Customer, horizon: Horizon) -> None:
    kept = payments_of(customer)
    drop_before(kept, horizon.at)
    kept.cards = [one for one in kept.cards if one.at >= horizon.at]
    kept.prices = [one for one in kept.prices if one.at >= horizon.at]


def _bound(one: Payments, _policy: Policy) -> int:
    return bound_payments(one) + bound_statements(one)


def _join(one: Payments, other: Payments, policy: Policy) -> tuple[Payments, int]:
    found = joined(one, other)
    return found, _bound(found, policy)


PAYMENTS: Final[Section[Payments]] = Section(
    ident=5,
    name="payments",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)

_NOTHING: Final = Payments()
"""Shared by all customers without any: read only, never changed."""


def payments_of(customer: Customer) -> Payments:
    """Return the payments of a customer, to change them."""
    return PAYMENTS.of(customer)


def payments_seen(customer: Customer) -> Payments:
    """Return the payments of a customer, to read only."""
    found = PAYMENTS.seen(customer)
    return found if found is not None else _NOTHING
