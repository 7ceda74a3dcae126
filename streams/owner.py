"""Whoever applies the records of a partition number, as its unit of work sees it."""

from collections.abc import Mapping
from typing import Protocol

from streams.broker import Broker
from streams.errors import Lost
from streams.outgoing import Outgoing


class Owner(Protocol):
    """Who applies the records of a partition number: the customers of it, or the figures."""

    logs: dict[str, str]
    """The ids of the topics that the positions are in, as far as they are kept and known."""

    async def restore(self, broker: Broker, committed: Mapping[str, int | None]) -> Mapping[str, int]:
        """Come back to the committed state; return the offset at which each lane goes on."""

    def detach(self, applied: Mapping[str, int]) -> list[Outgoing]:
        """Return everything to be written with these positions, in one consistent snapshot. Never awaits."""

    def committed(self, ends: Mapping[str, int]) -> None:
        """Take note that what was detached is written; `ends` are the positions behind it, by topic."""

    def has_work(self) -> bool:
        """Report whether there is anything to write besides positions."""

    def closed(self) -> None:
        """Take note that the partition is gone."""


class Gone:
    """The owner of a partition that is not here any more: a unit that is closed lets go of the states it had.

    The agent of a quiet topic refers to the unit of its last batch until the next one comes.
    """

    def __init__(self) -> None:
        self.logs: dict[str, str] = {}

    async def restore(self, broker: Broker, committed: Mapping[str, int | None]) -> Mapping[str, int]:
        """Raise `Lost`: a unit is opened once."""
        raise Lost("a partition that was given up is not restored by the same unit")

    def detach(self, applied: Mapping[str, int]) -> list[Outgoing]:
        """Return nothing."""
        return []

    def committed(self, ends: Mapping[str, int]) -> None:
        """Do nothing."""

    def has_work(self) -> bool:
        """Return that there is nothing to write."""
        return False

    def closed(self) -> None:
        """Do nothing: it was said before."""
