"""A topic that carries several families: one decoder for all their types; each event goes to its family's agent."""

from collections.abc import Sequence
from typing import Final

import msgspec

from agents.processor import Processor
from agents.reading import Reading
from agents.record import Record
from retention.calendar import Instant
from schemas.base import Event
from schemas.decoding import Decoder
from schemas.family import Family, type_of


class _Typed(msgspec.Struct):
    """The only field that is read of a rejected record."""

    type: str = ""


_type_in: Final = msgspec.json.Decoder(_Typed).decode


class Shared(Reading):
    """Reads a topic for several agents. Records of no family are counted with the family of the first agent."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        super().__init__(readings[0].decoder.family)
        contracts = tuple(contract for one in readings for contract in one.decoder.family.contracts)
        self.decoder = Decoder(Family(self.topic, contracts))
        self._of = {type_of(contract): one for one in readings for contract in one.decoder.family.contracts}

    def apply(self, event: Event, at: Instant, record: Record, processor: Processor) -> None:
        """Apply one event by the agent of its family."""
        self._of[event.type].apply(event, at, record, processor)

    def family_of(self, event: Event) -> str:
        """Return the name of an event's family."""
        return self._of[event.type].topic

    def blamed(self, record: Record) -> str:
        """Return the family that the `type` of a rejected record belongs to, or else that of the first agent."""
        said = next((text for name, text in reversed(record.headers) if name == "ce_type"), None)
        try:
            kind = said.decode() if said is not None else _type_in(record.value or b"").type
        except (msgspec.DecodeError, ValueError, RecursionError):
            return self.topic
        return self._of[kind].topic if kind in self._of else self.topic
