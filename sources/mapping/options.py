"""The settings `[sources.mapping]`: the rules, how times are written, and the key for pseudonyms."""

from functools import cached_property
from typing import Annotated, Self

import msgspec
from pydantic import BeforeValidator, Field, SecretStr, model_validator

from schemas.families import CONTRACTS
from sources.base import Options
from sources.mapping.contract import fields_of
from sources.mapping.instants import DAYS
from sources.mapping.ready import Ready, Usual, made_ready
from sources.mapping.rule import Amounts, Rule, Times


def _parsed(value: object) -> object:
    """Read what shells write: JSON."""
    return msgspec.json.decode(value) if isinstance(value, str) and value.lstrip().startswith(("[", "{")) else value


class MappingOptions(Options):
    """The meaning of a company's own records."""

    events: Annotated[tuple[Rule, ...], BeforeValidator(_parsed)] = Field(
        (), description="the rules: a record becomes an event by each rule that takes it"
    )
    times: Times = Field(Times(), description="how times are written, where a rule does not say it")
    amounts: Amounts = Field(Amounts(), description="how amounts are written, where a rule does not say it")
    pseudonym_key: SecretStr | None = Field(
        None, description="secret key by which personal identifiers become pseudonyms; unset: privacy.pseudonym_key"
    )

    @model_validator(mode="after")
    def _has_rules(self) -> Self:
        if getattr(self, "topic", None) is not None and all(rule.topic is not None for rule in self.events):
            raise ValueError("a topic without rules: write [[sources.mapping.events]] for each kind of event")
        return self

    @model_validator(mode="after")
    def _clocks_have_zones(self) -> Self:
        """Raise an error for a clock time, or a day, whose zone is nowhere said."""
        for number, rule in enumerate(self.events):
            known = fields_of(CONTRACTS[rule.type])
            for name, chosen in {"occurred_at": rule.occurred_at, **rule.fields}.items():
                is_local = self.times.local if chosen.local is None else chosen.local
                is_clock = is_local or (chosen.unit or self.times.unit) == DAYS
                if known[name].kind == "time" and chosen.path and is_clock and not (chosen.zone or self.times.zone):
                    place = name if name == "occurred_at" else f"fields.{name}"
                    raise ValueError(f'events.{number}.{place}: say whose clock it is: zone = "Europe/Madrid"')
        return self

    @property
    def rules_of(self) -> str | None:
        """Return the topic whose rules read records; None for that of the mapping itself, and for files."""
        return None

    @cached_property
    def ready(self) -> tuple[Ready, ...]:
        """Return the rules with everything compiled, once for all records."""
        key = self.pseudonym_key.get_secret_value() if self.pseudonym_key is not None else None
        rules = enumerate(self.events)
        usual = Usual(self.times, self.amounts)
        return tuple(made_ready(number, rule, usual, key) for number, rule in rules if rule.topic == self.rules_of)

    def apart(self) -> dict[str, "MappingOptions"]:
        """Return the topics that rules name, each with the options that read its records."""
        topics = dict.fromkeys(rule.topic for rule in self.events if rule.topic is not None)
        return {
            topic: OfTopic.model_construct(
                events=self.events,
                times=self.times,
                amounts=self.amounts,
                pseudonym_key=self.pseudonym_key,
                only=topic,
            )
            for topic in topics
        }


class OfTopic(MappingOptions):
    """The options of a mapping as the records of one further topic are read by them."""

    only: str

    @property
    def rules_of(self) -> str | None:
        """Return the topic whose rules read records."""
        return self.only
