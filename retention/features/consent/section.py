"""The section `consent`: the choices of a customer. Its body is a map of MessagePack, by purpose and channel, sorted.

Customers that have chosen nothing have none.
"""

from typing import Final

import msgspec

from retention.features.consent import choices
from retention.features.consent.choices import Choices, folded
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Choices).decode


def _new() -> Choices:
    return {}


def _encoded(one: Choices) -> bytes:
    return _encode({key: one[key] for key in sorted(one) if one[key]}) if any(one.values()) else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    kept = choices_of(customer)
    for key, made in kept.items():
        kept[key] = folded(made, horizon.at)


def _bound(one: Choices, _policy: Policy) -> int:
    return choices.bound(one)


def _join(one: Choices, other: Choices, _policy: Policy) -> tuple[Choices, int]:
    found = choices.joined(one, other)
    return found, choices.bound(found)


CONSENT: Final[Section[Choices]] = Section(
    ident=11,
    name="consent",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def choices_of(customer: Customer) -> Choices:
    """Return the choices of a customer, to change them."""
    return CONSENT.of(customer)


def choices_seen(customer: Customer) -> Choices:
    """Return the choices of a customer, to read only."""
    return CONSENT.seen(customer) or {}
