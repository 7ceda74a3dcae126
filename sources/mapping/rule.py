"""Defines the rules of `[sources.mapping]`: each makes an event of ours of the records that it takes.

What a rule names is held against the contract of its type when the settings are read, so that a misspelt field, type,
unit or word is an error then, and no dead letter later.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from schemas.families import CONTRACTS, TOPIC_OF
from sources.instants import zone_of
from sources.mapping.contract import OUTSIDE, fields_of, wrong_with
from sources.mapping.conversion import DECIMALS_OF, SMALLEST
from sources.mapping.instants import EPOCHS
from sources.mapping.paths import compiled, no_such
from sources.mapping.written import MARKS, ORDERS

UNITS: Final = (*DECIMALS_OF, *EPOCHS)
_WITH_MONEY: Final = frozenset({"amount", "price", "object"})
Constant = str | bool | int


def _one_or_several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _usable_path(path: str) -> str:
    compiled(path)
    return path


def _known_zone(zone: str) -> str:
    zone_of(zone)
    return zone


def _one_of(what: str, known: tuple[str, ...]) -> Callable[[str], str]:
    def require(value: str) -> str:
        if value not in known:
            raise ValueError(no_such(what, value, list(known)))
        return value

    return require


Path = Annotated[str, AfterValidator(_usable_path)]
"""A path in a record, in JMESPath."""
Zone = Annotated[str, AfterValidator(_known_zone)]
Order = Annotated[str, AfterValidator(_one_of("order of dates", ORDERS))]
"""Which part of a date such as 01/03/2026 comes first."""
Mark = Annotated[str, AfterValidator(_one_of("decimal mark", tuple(MARKS)))]
"""The sign before the decimals of an amount that is text."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Times(_Part):
    """The unit and the zone of times, where a rule does not say them itself."""

    unit: Annotated[str, AfterValidator(_one_of("unit of times", EPOCHS))] | None = Field(
        None, description=f"unit of times that are numbers: {', '.join(EPOCHS)}"
    )
    zone: Zone | None = Field(None, description="IANA zone of times without an offset, as Europe/Madrid")
    local: bool = Field(
        default=False, description="whether to ignore a Z after a time, which Debezium writes, and to use times.zone"
    )

    dates: Order | None = Field(None, description=f"order of dates such as 01/03/2026: {' or '.join(ORDERS)}")

    @model_validator(mode="after")
    def _local_somewhere(self) -> Self:
        if self.local and self.zone is None:
            raise ValueError("local needs the zone whose clock it was")
        return self


class Amounts(_Part):
    """The form of amounts that are text, where a rule does not say it itself."""

    decimal: Mark | None = Field(
        None, description="decimal mark of amounts such as 1.299,00: comma or point; unset: 1299.00 and no groups"
    )


class Chosen(_Part):
    """The origin of a field: a path in the record, or a constant. A text alone is a path."""

    path: Path | None = Field(None, description="where the value stands in the record, in JMESPath")
    value: Constant | None = Field(None, description="a constant, in place of a path")
    unit: Annotated[str, AfterValidator(_one_of("unit", UNITS))] | None = Field(
        None, description=f"unit of an amount or of a time: {', '.join(UNITS)}"
    )
    zone: Zone | None = Field(None, description="IANA zone of a time without an offset")
    local: bool | None = Field(None, description="whether a Z behind the time says nothing: the zone counts")
    dates: Order | None = Field(None, description="order of a date such as 01/03/2026")
    decimal: Mark | None = Field(None, description="decimal mark of an amount such as 1.299,00")
    scale: int | None = Field(
        None, ge=0, le=38, description="decimals of a number in base64, as Kafka Connect writes one without its schema"
    )
    words: dict[str, Constant] = Field({}, description="words of ours by those of the record")
    pseudonym: bool = Field(default=False, description="whether the value becomes a pseudonym, as e-mail addresses do")

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, value: object) -> object:
        if isinstance(value, str):
            return {"path": value}
        if not isinstance(value, dict | Chosen):
            raise ValueError('is a path in quotes, as in "user.id", or { value = … } for a constant')  # noqa: TRY004 - pydantic reports a ValueError
        return value

    @field_validator("value", mode="before")
    @classmethod
    def _no_float(cls, value: object) -> object:
        if isinstance(value, float):
            raise ValueError('is a number with decimals: write it as text, such as "29.90"')  # noqa: TRY004 - as above
        return value

    @model_validator(mode="after")
    def _path_or_constant(self) -> Self:
        if (self.path is None) == (self.value is None):
            raise ValueError("needs either a path or a value")
        beside = (self.words, self.unit, self.zone, self.pseudonym, self.local, self.dates, self.decimal)
        if self.value is not None and (any(beside) or self.scale is not None):
            raise ValueError("is a constant: write the value as it is to be, and leave the rest out")
        return self


class Rule(_Part):
    """One event of ours, and the records that it is made of."""

    topic: str | None = Field(
        None, pattern=r"^[A-Za-z0-9._-]{1,249}$", description="topic of its records; unset: that of the mapping"
    )
    when: Path | None = Field(None, description="JMESPath: records of which it is true are taken; unset: all are")
    type: str = Field(description="event type of the catalogue, as purchase.completed")
    event_id: Annotated[tuple[Path, ...], BeforeValidator(_one_or_several)] = Field(
        (), description="path of what makes the event itself, or several; unset: a digest of the record"
    )
    customer_id: Chosen | None = Field(None, description="path of the customer's id")
    occurred_at: Chosen = Field(description="path of when it happened")
    fields: dict[str, Chosen] = Field({}, description="the fields of the event, each with its path")

    @model_validator(mode="before")
    @classmethod
    def _fields_stand_in_fields(cls, given: object) -> object:
        """Raise an error for a field of the event that stands beside `fields`: as a setting it is unknown."""
        contract = CONTRACTS.get(str(given.get("type"))) if isinstance(given, dict) else None
        if contract is not None and isinstance(given, dict):
            names = [name for name in given if name in fields_of(contract) and name not in cls.model_fields]
            if names:
                raise ValueError(f"{names[0]}: is a field of {given['type']}: write fields.{names[0]} = …")
        return given

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        if value not in TOPIC_OF:
            raise ValueError(no_such("event type", value, sorted(TOPIC_OF)).partition(" There are")[0].rstrip("."))
        return value

    @model_validator(mode="after")
    def _of_its_contract(self) -> Self:
        known = fields_of(CONTRACTS[self.type])
        own = [name for name in known if name not in OUTSIDE]
        for name in self.fields:
            if name in OUTSIDE:
                raise ValueError(f"fields.{name}: stands beside `fields`: write {name} = …")
            if name not in known:
                raise ValueError(f"fields.{name}: {no_such(f'field of {self.type}', name, own)}")
        self._require(known.keys() & {"customer_id"} if known["customer_id"].is_required else set())
        outside = {"customer_id": self.customer_id, "occurred_at": self.occurred_at}
        for name, chosen in {**outside, **self.fields}.items():
            if chosen is not None:
                self._require_fit(name, known[name].kind, chosen)
        missing = [name for name in own if known[name].is_required and name not in self.fields]
        if missing:
            raise ValueError(f"fields.{missing[0]} is missing: {self.type} needs {', '.join(missing)}")
        return self

    def _require(self, needed: Iterable[str]) -> None:
        if "customer_id" in needed and self.customer_id is None:
            raise ValueError(f"customer_id is missing: {self.type} is about a customer")
        if "customer_id" not in needed and self.customer_id is not None:
            raise ValueError(f"customer_id: {self.type} is a fact of the whole company: leave it out")

    def _require_fit(self, name: str, kind: str, chosen: Chosen) -> None:
        """Raise an error for a unit, a zone or a word that a field cannot have."""
        place = name if name in OUTSIDE else f"fields.{name}"
        if chosen.unit in DECIMALS_OF and kind not in _WITH_MONEY:
            raise ValueError(f"{place}.unit: {name} is no amount: leave {chosen.unit!r} out")
        if chosen.scale is not None and kind not in {"amount", "price"}:
            raise ValueError(f"{place}.scale: {name} is no amount: leave it out")
        if chosen.decimal is not None and kind not in _WITH_MONEY:
            raise ValueError(f"{place}.decimal: {name} is no amount: leave it out")
        if chosen.dates is not None and kind != "time":
            raise ValueError(f"{place}.dates: {name} is no time: leave it out")
        if (chosen.unit in EPOCHS or chosen.zone is not None or chosen.local) and kind != "time":
            raise ValueError(f"{place}: is no time: leave the unit and the zone out")
        if chosen.unit == SMALLEST and "currency" not in self.fields:
            raise ValueError(f"{place}.unit: the smallest unit is that of a currency: write fields.currency, too")
        if chosen.pseudonym and kind not in {"id", "customer", "word"}:
            raise ValueError(f"{place}.pseudonym: {name} is no id")
        said: list[tuple[str, Any]] = [(f'words."{word}"', meant) for word, meant in chosen.words.items()]
        for part, value in [*said, *([("value", chosen.value)] if chosen.value is not None else [])]:
            wrong = wrong_with(self.type, name, value)
            if wrong:
                raise ValueError(f"{place}.{part}: {wrong}")
