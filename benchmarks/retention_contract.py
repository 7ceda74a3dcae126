"""The events of the retention job of the contest of peers, and the stored form of a customer."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

Text = Annotated[str, msgspec.Meta(min_length=1)]
EventId = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]


class Event(msgspec.Struct, tag_field="type", gc=False):
    """The fields of every event of the job."""

    event_id: EventId
    customer_id: Text
    occurred_at: datetime


class Login(Event, tag="login", gc=False):
    """A person signed in."""


class Purchase(Event, tag="purchase", gc=False):
    """A customer bought something; the amount is a float, in major units."""

    amount: Annotated[float, msgspec.Meta(gt=0)]
    currency: Annotated[str, msgspec.Meta(min_length=3, max_length=3)]


class Ticket(Event, tag="ticket", gc=False):
    """A customer asked for help."""

    ticket_id: str
    status: Literal["open", "pending", "closed"]


class Cancellation(Event, tag="cancellation", gc=False):
    """A customer leaves."""

    plan: str
    mrr: Annotated[float, msgspec.Meta(ge=0)]


Saved = tuple[int, int, int, int, bool, int, int, list[int]]
"""The contents of a changelog record: the fields of `Customer` in their order, without the key."""


decode_event: Final = msgspec.json.Decoder(Login | Purchase | Ticket | Cancellation).decode
decode_customer: Final = msgspec.msgpack.Decoder(Saved).decode
encode_customer: Final = msgspec.msgpack.Encoder().encode
