"""Topic `tickets`: what customers ask support, and what comes of it."""

from typing import Literal

from schemas.base import Event, Name, Text


class TicketOpened(Event):
    """A customer asked for help. `text` is never stored."""

    type: Literal["ticket.opened"]
    ticket_id: Name
    topic: Name = "other"
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    text: Text | None = None


class TicketReplied(Event):
    """Someone answered."""

    type: Literal["ticket.replied"]
    ticket_id: Name
    author: Literal["agent", "bot", "customer"] = "agent"
    automatic: bool = False


class TicketEscalated(Event):
    """The ticket went to a higher level of support."""

    type: Literal["ticket.escalated"]
    ticket_id: Name


class TicketReopened(Event):
    """A solved ticket was not solved after all."""

    type: Literal["ticket.reopened"]
    ticket_id: Name


class TicketSolved(Event):
    """Support regards the ticket as done."""

    type: Literal["ticket.solved"]
    ticket_id: Name
