"""Topic `tickets`: support requests of customers, and how they go on."""

from typing import Annotated, Final, Literal

from pydantic import WithJsonSchema

from schemas.base import Confidence, Event, Id, Name, Sentiment, Text, any_word
from schemas.family import Family
from schemas.written import open_enumeration

Priority = Literal["low", "normal", "high", "urgent", "other"]
Author = Literal["agent", "bot", "customer", "other"]


class TicketOpened(Event):
    """A customer asked for help. `text` is never stored.

    Without a topic, or without the sentiment that a service of the company has found in it, the text itself is read.
    """

    type: Literal["ticket.opened"]
    ticket_id: Id
    topic: Name = "other"
    priority: Annotated[Priority, any_word(Priority), WithJsonSchema(open_enumeration(Priority))] = "normal"
    text: Text | None = None
    language: Name | None = None
    sentiment: Sentiment | None = None
    confidence: Confidence = 1


class TicketReplied(Event):
    """The customer or the support replied to a ticket."""

    type: Literal["ticket.replied"]
    ticket_id: Id
    author: Annotated[Author, any_word(Author), WithJsonSchema(open_enumeration(Author))] = "agent"
    automatic: bool = False


class TicketEscalated(Event):
    """A ticket went to a higher level of support."""

    type: Literal["ticket.escalated"]
    ticket_id: Id


class TicketReopened(Event):
    """A solved ticket was opened again."""

    type: Literal["ticket.reopened"]
    ticket_id: Id


class TicketSolved(Event):
    """Support marked a ticket as solved."""

    type: Literal["ticket.solved"]
    ticket_id: Id


TICKETS: Final = Family(
    "tickets",
    (TicketOpened, TicketReplied, TicketEscalated, TicketReopened, TicketSolved),
    open_words=("author", "priority"),
)
