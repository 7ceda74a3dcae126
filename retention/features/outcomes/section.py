"""The section `outcomes`: outcomes of actions, and exposures to experiments. Its body is an array of MessagePack."""

from typing import Final

import msgspec

from retention.features.outcomes import outcomes
from retention.features.outcomes.outcomes import Outcomes
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Outcomes).decode


def _new() -> Outcomes:
    return Outcomes()


def _encoded(one: Outcomes) -> bytes:
    if not one.outcomes and not one.exposures:
        return b""
    return _encode(Outcomes(one.outcomes, dict(sorted(one.exposures.items()))))


def _prune(customer: Customer, horizon: Horizon) -> None:
    kept = outcomes_of(customer)
    kept.outcomes = [one for one in kept.outcomes if one.at >= horizon.at]
    kept.exposures = {name: one for name, one in kept.exposures.items() if one.at >= horizon.at}


def _bound(one: Outcomes, _policy: Policy) -> int:
    return outcomes.bound(one)


def _join(one: Outcomes, other: Outcomes, _policy: Policy) -> tuple[Outcomes, int]:
    found = outcomes.joined(one, other)
    return found, outcomes.bound(found)


OUTCOMES: Final[Section[Outcomes]] = Section(
    ident=10,
    name="outcomes",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)

_NOTHING: Final = Outcomes()
"""Shared by all customers without any: read only, never changed."""


def outcomes_of(customer: Customer) -> Outcomes:
    """Return the outcomes of a customer, to change them."""
    return OUTCOMES.of(customer)


def outcomes_seen(customer: Customer) -> Outcomes:
    """Return the outcomes of a customer, to read only."""
    found = OUTCOMES.seen(customer)
    return found if found is not None else _NOTHING
