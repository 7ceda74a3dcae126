"""One delivery: an output for one endpoint, and what has become of it; a record of `webhook-deliveries`.

The record holds the body as it is sent, so that each try sends the same bytes, until nothing more is to be sent: then
it is an id, and what came of it, without anything about a customer. Of a signal and of a recommendation it keeps a
digest of the episode, by which the end of what was delivered is recognised. A dead one keeps its body, to be sent
again.
"""

from hashlib import blake2b
from typing import Final, Literal

import msgspec

from retention.calendar import NEVER, Instant
from streams.webhooks.output import ENDED_BY

State = Literal["pending", "delivered", "dead", "withdrawn", "expired"]
REPLAY: Final = b"?"
"""First byte of the key of an order to send a delivery again."""
SWITCH: Final = b"!"
"""First byte of the key of an endpoint that is switched off or on."""


class Delivery(msgspec.Struct, gc=False, omit_defaults=True):
    """An output for one endpoint."""

    endpoint: str
    id: str
    """The id of the output, by which receivers recognise one that comes twice."""
    type: str
    at: Instant
    """The time of the output."""
    seq: int
    """Its place among those of its partition."""
    state: State = "pending"
    due: Instant = 0
    """The instant of the next try."""
    tries: int = 0
    until: Instant = NEVER
    """The instant after which it is of no use."""
    customer: str = ""
    episode: str = ""
    action: str = ""
    body: str = ""
    status: int = 0
    """The last status that the endpoint answered; 0 without an answer."""
    why: str = ""
    """The last error."""
    answered: Instant = 0
    topic: str = ""
    partition: int = -1
    offset: int = -1
    """Where the output stands."""
    by: str = ""
    """The operator who has it sent again."""
    end: str = ""
    """Once nothing more is to be sent: what recognises its end (`end_of`)."""

    @property
    def key(self) -> bytes:
        """Return the key of its record."""
        return key_of(self.endpoint, self.id)

    def bare(self, state: State) -> "Delivery":
        """Return what is kept of a delivery of which nothing more is to be sent: nothing about its customer."""
        return Delivery(
            endpoint=self.endpoint,
            id=self.id,
            type=self.type,
            at=self.at,
            seq=self.seq,
            state=state,
            until=self.until if self.type in ENDED_BY else NEVER,
            end=self.end or end_of(ENDED_BY.get(self.type), self.episode, self.action),
            tries=self.tries,
            status=self.status,
            why=self.why,
            answered=self.answered,
            topic=self.topic,
            partition=self.partition,
            offset=self.offset,
        )


def end_of(kind: str | None, episode: str, action: str) -> str:
    """Return a digest that an end has in common with what it ends; empty for what nothing ends.

    An episode follows from its customer, and after an erasure nothing of a customer may be left.
    """
    if kind is None:
        return ""
    return blake2b(f"{kind}|{episode}|{action}".encode(), digest_size=12).hexdigest()


class Switch(msgspec.Struct, gc=False, omit_defaults=True, frozen=True):
    """An endpoint that was switched off or on. On every partition, so that each owner of one finds it."""

    endpoint: str
    at: Instant
    disabled: bool
    why: str = ""
    by: str = ""

    @property
    def key(self) -> bytes:
        """Return the key of its record."""
        return SWITCH + self.endpoint.encode()


def key_of(endpoint: str, ident: str) -> bytes:
    """Return the key of the record of a delivery.

    >>> key_of("crm", "id-1")
    b'crm|id-1'
    """
    return f"{endpoint}|{ident}".encode()


_encoder, _delivery, _switch = msgspec.json.Encoder(), msgspec.json.Decoder(Delivery), msgspec.json.Decoder(Switch)


def encoded(found: Delivery | Switch) -> bytes:
    """Return the value of a record."""
    return _encoder.encode(found)


def delivery_of(value: bytes) -> Delivery | None:
    """Return the delivery that a record holds; None if it holds none."""
    try:
        return _delivery.decode(value)
    except (msgspec.DecodeError, ValueError):
        return None


def switch_of(value: bytes) -> Switch | None:
    """Return the switch that a record holds; None if it holds none."""
    try:
        return _switch.decode(value)
    except (msgspec.DecodeError, ValueError):
        return None
