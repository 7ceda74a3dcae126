"""Topic `customers`: attributes that a company assigns to its customers."""

from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, ConfigDict, WithJsonSchema, model_validator

from schemas import written
from schemas.base import Event, Text, Text128
from schemas.checks import attribute_value, with_usable_names
from schemas.family import Family
from schemas.written import Schema

AttributeValue = Annotated[Text | None, BeforeValidator(attribute_value), WithJsonSchema(written.ATTRIBUTE)]

_NAMES_ONE: Final[Schema] = {
    "required": ["attributes"],
    "properties": {"attributes": {"type": "object", "minProperties": 1}},
}


class CustomerUpdated(Event):
    """Attributes of a customer from `occurred_at` on; null takes one away, and those that are not named stay.

    A list, an object, and what is too large counts as null. At least one attribute is named.

    Only attributes that figures are split by are kept.
    """

    model_config = ConfigDict(json_schema_extra={"allOf": [_NAMES_ONE]})

    type: Literal["customer.updated"]
    attributes: Annotated[dict[Text128, AttributeValue], BeforeValidator(with_usable_names)] = {}

    @model_validator(mode="after")
    def names_an_attribute(self) -> Self:
        """Return the event; raise `ValueError` if it names no attribute, as one whose fields have other names."""
        if not self.attributes:
            raise ValueError('the event changes nothing: name attributes, as in "attributes": {"country": "ES"}')
        return self


CUSTOMERS: Final = Family("customers", (CustomerUpdated,))
