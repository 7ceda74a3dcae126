"""The result of a check of `backstay doctor`, and how one is written down."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from streams.broker import Broker


class Found(NamedTuple):
    """The result of a check, in a sentence; `warns` if a worker would start, but an operator should look at it."""

    says: str
    warns: bool = False


class Check(NamedTuple):
    """One line of the register. The checks behind one that `others_need` are skipped if it fails."""

    name: str
    ask: Callable[[Broker], Awaitable[Found]]
    others_need: bool = False


def joined(parts: list[Found], otherwise: str) -> Found:
    """Return several results as one, those that warn first."""
    ordered = sorted(parts, key=lambda one: not one.warns)
    return Found("; ".join(one.says for one in ordered) or otherwise, any(one.warns for one in parts))
