"""The owner of a partition number: it applies the records of a unit of work."""

from collections.abc import Mapping
from typing import Protocol

from streams.broker import Broker
from streams.errors import Lost
from streams.outgoing import Outgoing


class Owner(Protocol):
    """Applies the records of a partition number: of its customers, or of the figures."""

    logs: dict[str, str]
    """The ids of the topics that the positions belong to, as far as they are stored and known."""

    async def restore(self, broker: Broker, committed: Mapping[str, int | None]) -> Mapping[str, int]:
        """Restore the committed state; return the offset from which each lane continues."""

    def detach(self, applied: Mapping[str, int]) -> list[Outgoing]:
        """Return everything to be written with these positions, in one consistent snapshot. Never awaits."""

    def committed(self, ends: Mapping[str, int]) -> None:
        """Note that what was detached is written; `ends` are the positions behind it, by topic."""

    def has_work(self) -> bool:
        """Report whether there is anything to commit besides positions."""

    def has_outputs(self) -> bool:
        """Report whether records wait that others act upon, so that they are to be committed soon."""

    def closed(self) -> None:
        """Note that the partition is no longer owned."""


class Gone:
    """Replaces the owner of a closed unit, so that its states are freed.

    The agent of a quiet topic keeps a reference to the unit of its last batch until the next one comes.
    """

    def __init__(self) -> None:
        self.logs: dict[str, str] = {}

    async def restore(self, broker: Broker, committed: Mapping[str, int | None]) -> Mapping[str, int]:
        """Raise `Lost`: a unit is opened only once."""
        raise Lost("a partition that was given up is not restored by the same unit")

    def detach(self, applied: Mapping[str, int]) -> list[Outgoing]:
        """Return nothing."""
        return []

    def committed(self, ends: Mapping[str, int]) -> None:
        """Do nothing."""

    def has_work(self) -> bool:
        """Return False: there is nothing to write."""
        return False

    def has_outputs(self) -> bool:
        """Return False: nothing is sent."""
        return False

    def closed(self) -> None:
        """Do nothing: the unit is closed already."""
