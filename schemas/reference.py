"""Topic `reference`: facts of the whole company. They name no customer, and every partition knows all of them."""

from typing import Annotated, ClassVar, Final, Literal, Self

from annotated_types import Ge, Le
from pydantic import AfterValidator, BeforeValidator, ConfigDict, WithJsonSchema, model_validator

from schemas import written
from schemas.base import Amount, Contract, Currency, Id, Instant, Name, Price, any_word
from schemas.checks import exact_rate, no_float, of_nobody, whole_day
from schemas.family import Family
from schemas.written import Schema, open_enumeration

MAX_FEATURES: Final = 20
"""Features that one `incident.started` may name."""
Rate = Annotated[str | int, BeforeValidator(no_float), AfterValidator(exact_rate), WithJsonSchema(written.RATE)]
Day = Annotated[str, AfterValidator(whole_day), WithJsonSchema(written.DAY)]
NoCustomer = Annotated[None, BeforeValidator(of_nobody), WithJsonSchema(written.NO_CUSTOMER)]
Interval = Literal["day", "week", "month", "quarter", "year"]
IntervalCount = Annotated[int, Ge(1), Le(120)]
Severity = Literal["low", "medium", "high", "critical", "other"]
_GIVEN: Final[Schema] = {"not": {"type": "null"}}


def _given(*names: str) -> Schema:
    """Return the schema of a record in which these fields are present."""
    return {"required": [*names], "properties": dict.fromkeys(names, _GIVEN)}


class CompanyFact(Contract):
    """The fields of every fact of the company. One that names a customer is refused: nothing would erase it."""

    unknown_words: ClassVar[tuple[str, ...]] = ()

    type: str
    event_id: Id
    customer_id: NoCustomer = None
    occurred_at: Instant
    source: Name | None = None
    synthetic: bool = False
    backfill: bool = False


class RatePublished(CompanyFact):
    """From a day on, one unit of the currency `base` is worth `rate` units of `quote`.

    The day is `effective_on`, or else that of `occurred_at`. Of several for one day, the latest published counts.
    """

    type: Literal["rate.published"]
    base: Currency
    quote: Currency
    rate: Rate
    effective_on: Day | None = None


class PlanPublished(CompanyFact):
    """From a day on, a plan costs `mrr` a month in a currency, or `price` for every `interval_count` intervals."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_given("mrr"), _given("price", "interval")]})

    type: Literal["plan.published"]
    plan: Name
    currency: Currency
    mrr: Amount | None = None
    price: Price | None = None
    interval: Interval | None = None
    interval_count: IntervalCount = 1
    effective_on: Day | None = None

    @model_validator(mode="after")
    def says_what_it_costs(self) -> Self:
        """Return the plan; raise `ValueError` if no price a month follows from it."""
        if self.mrr is None and (self.price is None or self.interval is None):
            raise ValueError("a plan needs `mrr`, or both `price` and `interval`")
        return self


class Concerned(Contract):
    """The customers that an incident concerns: those with a value of an attribute, named as in figures by segment."""

    by: Name
    value: Name


class IncidentStarted(CompanyFact):
    """Something does not work from `occurred_at` on: for customers of a segment or all, in some features or all.

    Several of one incident add up: each says of some more customers or features since when they are concerned.
    """

    model_config = ConfigDict(json_schema_extra={"allOf": [{"properties": {"features": {"maxItems": MAX_FEATURES}}}]})

    type: Literal["incident.started"]
    incident_id: Id
    segment: Concerned | None = None
    features: list[Name] = []
    severity: Annotated[Severity, any_word(Severity), WithJsonSchema(open_enumeration(Severity))] = "other"

    @model_validator(mode="after")
    def names_few_features(self) -> Self:
        """Return the incident; raise `ValueError` if it names more features than are stored."""
        if len(self.features) > MAX_FEATURES:
            raise ValueError(f"features: at most {MAX_FEATURES}; name none if all are concerned")
        return self


class IncidentResolved(CompanyFact):
    """An incident is over, for all whom it concerned. Another `incident.started` of it begins it anew."""

    type: Literal["incident.resolved"]
    incident_id: Id


REFERENCE: Final = Family(
    "reference", (RatePublished, PlanPublished, IncidentStarted, IncidentResolved), open_words=("severity",)
)
