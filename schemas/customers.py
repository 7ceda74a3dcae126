"""Topic `customers`: what a company knows of its customers: attributes, where they came from, contacts with them."""

from typing import Annotated, Final, Literal, Self

from annotated_types import Ge, Le
from pydantic import AfterValidator, BeforeValidator, ConfigDict, WithJsonSchema, model_validator

from schemas import written
from schemas.base import Amount, Currency, CustomerId, Event, Id, Name, Text, Text128, any_word
from schemas.checks import attribute_value, birthday, with_usable_names
from schemas.family import Family
from schemas.written import Schema

AttributeValue = Annotated[Text | None, BeforeValidator(attribute_value), WithJsonSchema(written.ATTRIBUTE)]

Birthday = Annotated[str, AfterValidator(birthday), WithJsonSchema(written.BIRTHDAY)]
Count = Annotated[int, Ge(0), Le(10**12)]
NoteKind = Literal["call", "meeting", "email", "chat", "visit", "internal", "other"]

_NAMES_ONE: Final[Schema] = {
    "anyOf": [
        {"required": ["attributes"], "properties": {"attributes": {"type": "object", "minProperties": 1}}},
        {"required": ["birthday"], "properties": {"birthday": {"not": {"type": "null"}}}},
        {"required": ["points"], "properties": {"points": {"not": {"type": "null"}}}},
    ]
}


class CustomerUpdated(Event):
    """Attributes of a customer from `occurred_at` on; null takes one away, and those that are not named stay.

    A list, an object, and what is too large counts as null. At least one attribute is named, or the birthday: a month
    and a day; or the points that the customer has in a loyalty programme.

    Only attributes that figures are split by are kept, and no birthday: nothing reads it yet.
    """

    model_config = ConfigDict(json_schema_extra={"allOf": [_NAMES_ONE]})

    type: Literal["customer.updated"]
    attributes: Annotated[dict[Text128, AttributeValue], BeforeValidator(with_usable_names)] = {}
    birthday: Birthday | None = None
    points: Count | None = None
    next_tier_points: Count | None = None
    """How many points the next tier needs; without it there is none."""
    next_tier: Name | None = None

    @model_validator(mode="after")
    def names_an_attribute(self) -> Self:
        """Return the event; raise `ValueError` if it names no attribute, as one whose fields have other names."""
        if not self.attributes and self.birthday is None and self.points is None:
            raise ValueError('the event changes nothing: name attributes, as in "attributes": {"country": "ES"}')
        return self


class CustomerMerged(Event):
    """Two ids are one customer: from now on `customer_id` is another name of the customer `into`, which is another id.

    It joins all that is known of both, and nothing takes it back.
    """

    type: Literal["customer.merged"]
    into: CustomerId


class AcquisitionRecorded(Event):
    """A customer was won through a channel, by a campaign, at a cost."""

    type: Literal["acquisition.recorded"]
    channel: Name
    campaign: Name | None = None
    cost: Amount | None = None
    currency: Currency | None = None


class ReferralConverted(Event):
    """Another customer came because this one had recommended the company. `referred_id` is never stored."""

    type: Literal["referral.converted"]
    referred_id: Id | None = None


class NoteAdded(Event):
    """The company wrote down that it spoke to a customer, or something about it. `text` is never stored."""

    type: Literal["note.added"]
    kind: Annotated[NoteKind, any_word(NoteKind), WithJsonSchema(written.open_enumeration(NoteKind))] = "other"
    text: Text | None = None


CUSTOMERS: Final = Family(
    "customers",
    (CustomerUpdated, CustomerMerged, AcquisitionRecorded, ReferralConverted, NoteAdded),
    open_words=("kind",),
)
