"""Topic `customers`: attributes that a company assigns to its customers."""

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, WithJsonSchema

from schemas import written
from schemas.base import Event, Text, Text128
from schemas.checks import attribute_value
from schemas.family import Family

AttributeValue = Annotated[Text | None, BeforeValidator(attribute_value), WithJsonSchema(written.ATTRIBUTE)]


class CustomerUpdated(Event):
    """Attributes of a customer from `occurred_at` on; null takes one away, and those that are not named stay.

    A list or an object counts as null.

    Only attributes that figures are split by are kept.
    """

    type: Literal["customer.updated"]
    attributes: dict[Text128, AttributeValue] = {}


CUSTOMERS: Final = Family("customers", (CustomerUpdated,))
