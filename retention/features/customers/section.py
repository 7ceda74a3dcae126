"""The section `customers`: the profile. Its body is a map of MessagePack, by attribute, in alphabetical order."""

from typing import Final

import msgspec

from retention.features.customers import profile
from retention.features.customers.profile import Profile, folded
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Profile).decode


def _new() -> Profile:
    return {}


def _encoded(one: Profile) -> bytes:
    return _encode({name: one[name] for name in sorted(one) if one[name]}) if any(one.values()) else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    """Drop attributes that no figure is split by; of others, keep the value at the horizon and later ones."""
    kept, wanted = profile_of(customer), dict(horizon.policy.segments)
    for name, changes in list(kept.items()):
        if name in wanted:
            kept[name] = folded(changes, horizon.at)
        else:
            del kept[name]


def _bound(one: Profile, _policy: Policy) -> int:
    return profile.bound(one)


def _join(one: Profile, other: Profile, _policy: Policy) -> tuple[Profile, int]:
    found = profile.joined(one, other)
    return found, profile.bound(found)


CUSTOMERS: Final[Section[Profile]] = Section(
    ident=4,
    name="customers",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def profile_of(customer: Customer) -> Profile:
    """Return the profile of a customer, to change it."""
    return CUSTOMERS.of(customer)


def profile_seen(customer: Customer) -> Profile:
    """Return the profile of a customer, to read only."""
    return CUSTOMERS.seen(customer) or {}
