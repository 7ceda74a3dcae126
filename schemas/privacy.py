"""Topic `privacy`: requests of customers about their data, and what they consent to."""

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, WithJsonSchema

from schemas.base import Event, any_word
from schemas.checks import named
from schemas.family import Family
from schemas.written import open_enumeration

Purpose = Literal["marketing", "contact", "analytics", "other"]
ContactChannel = Literal["email", "sms", "push", "in_app", "phone", "other"]


class ErasureRequested(Event):
    """A customer is to be erased. From then on no data of the customer is stored, sent or counted."""

    type: Literal["erasure.requested"]


class ConsentChanged(Event):
    """A customer has consented to a purpose, or withdrawn its consent.

    `marketing` is about messages, `contact` about any contact, by people too. `channel` is the one that the consent is
    about; without it, it is about all.
    """

    type: Literal["consent.changed"]
    purpose: Annotated[
        Purpose, any_word(Purpose), BeforeValidator(named), WithJsonSchema(open_enumeration(Purpose, least=1))
    ]
    granted: bool
    channel: (
        Annotated[ContactChannel, any_word(ContactChannel), WithJsonSchema(open_enumeration(ContactChannel))] | None
    ) = None


class AccessRequested(Event):
    """A customer wants to know what is stored of it."""

    type: Literal["access.requested"]


PRIVACY: Final = Family(
    "privacy", (ErasureRequested, ConsentChanged, AccessRequested), open_words=("channel", "purpose")
)
