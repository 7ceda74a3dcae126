"""Topic `messages`: messages to customers, and what customers do with them."""

from typing import Annotated, Final, Literal

from pydantic import WithJsonSchema

from schemas.base import Event, Id, Name, any_word
from schemas.family import Family
from schemas.written import open_enumeration

MessageChannel = Literal["email", "sms", "push", "in_app", "other"]


class Message(Event):
    """The fields of every event of a message. `channel` is the one by which it was sent."""

    channel: Annotated[MessageChannel, any_word(MessageChannel), WithJsonSchema(open_enumeration(MessageChannel))] = (
        "email"
    )
    campaign: Name | None = None


class MessageDelivered(Message):
    """A message reached its customer: the server, the provider or the device accepted it."""

    type: Literal["message.delivered"]
    message_id: Id


class MessageOpened(Message):
    """A message was opened: by a person, or (`machine`) by a privacy proxy that opens all of them."""

    type: Literal["message.opened"]
    message_id: Id
    machine: bool = False


class MessageClicked(Message):
    """A customer followed a link of a message, or answered it."""

    type: Literal["message.clicked"]
    message_id: Id


class MessageBounced(Message):
    """A message could not be delivered."""

    type: Literal["message.bounced"]
    message_id: Id


class MessageUnsubscribed(Message):
    """A customer wants no more messages by a channel."""

    type: Literal["message.unsubscribed"]
    message_id: Id | None = None


class MessageComplained(Message):
    """A customer reported a message as spam."""

    type: Literal["message.complained"]
    message_id: Id | None = None


MESSAGES: Final = Family(
    "messages",
    (MessageDelivered, MessageOpened, MessageClicked, MessageBounced, MessageUnsubscribed, MessageComplained),
    open_words=("channel",),
)
