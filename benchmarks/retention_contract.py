"""The events of the retention job of the contest of peers, and what it keeps of a customer."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

Text = Annotated[str, msgspec.Meta(min_length=1)]
EventId = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]


class Event(msgspec.Struct, tag_field="type", gc=False):
    """What every event of the job carries."""

    event_id: EventId
    customer_id: Text
    occurred_at: datetime


class Login(Event, tag="login", gc=False):
    """Somebody signed in."""


class Purchase(Event, tag="purchase", gc=False):
    """Somebody bought something; the amount comes as a float, in major units."""

    amount: Annotated[float, msgspec.Meta(gt=0)]
    currency: Annotated[str, msgspec.Meta(min_length=3, max_length=3)]


class Ticket(Event, tag="ticket", gc=False):
    """Somebody asked for help."""

    ticket_id: str
    status: Literal["open", "pending", "closed"]


class Cancellation(Event, tag="cancellation", gc=False):
    """Somebody leaves."""

    plan: str
    mrr: Annotated[float, msgspec.Meta(ge=0)]


class Customer(msgspec.Struct, array_like=True, gc=False):
    """Daily buckets of 30 days, ascending, one behind the other: day, logins, purchases, cents, tickets."""

    newest: int = 0
    last: int = 0
    """Logins of the 7 days up to the newest."""
    before: int = 0
    """Logins of the 7 days before those."""
    declining: bool = False
    days: list[int] = []
    week: int = 0
    """How many of the numbers of `days`, from its end, are of the 7 days up to the newest."""
    fortnight: int = 0
    """The same for 14 days."""


decode_event: Final = msgspec.json.Decoder(Login | Purchase | Ticket | Cancellation).decode
decode_customer: Final = msgspec.msgpack.Decoder(Customer).decode
encode_customer: Final = msgspec.msgpack.Encoder().encode
