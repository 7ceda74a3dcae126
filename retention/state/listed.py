"""Builds the sections whose value is a list of facts in order of time. Their body is a list of MessagePack."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from retention.calendar import Instant
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

Fact = TypeVar("Fact")


def listed(
    ident: int,
    name: str,
    kind: Any,  # noqa: ANN401 - a type, as list[Step]
    prune: Callable[[list[Fact], Instant], None],
    bound: Callable[[list[Fact]], int],
    joined: Callable[[list[Fact], list[Fact]], list[Fact]],
) -> Section[list[Fact]]:
    """Return a section of facts of one `kind` of list.

    `prune` drops what lies before an instant, `bound` what is too much, and returns how many; `joined` puts the facts
    of two customers together.
    """
    encode, decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(kind).decode

    def encoded(facts: list[Fact]) -> bytes:
        return encode(facts) if facts else b""

    def prune_facts(customer: Customer, horizon: Horizon) -> None:
        prune(section.of(customer), horizon.at)

    def bound_facts(facts: list[Fact], _policy: Policy) -> int:
        return bound(facts)

    def join(facts: list[Fact], others: list[Fact], _policy: Policy) -> tuple[list[Fact], int]:
        found = joined(facts, others)
        return found, bound(found)

    section: Section[list[Fact]] = Section(
        ident=ident,
        name=name,
        version=1,
        new=list[Fact],
        encode=encoded,
        decode=decode,
        prune=prune_facts,
        bound=bound_facts,
        join=join,
    )
    return section
