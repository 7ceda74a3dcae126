"""Topic `outcomes`: what became of the actions that were recommended, and the experiments that customers are in."""

from typing import Final, Literal, Self

from pydantic import ConfigDict, model_validator

from schemas.base import Event, Id, Text128
from schemas.family import Family
from schemas.written import Schema

_GIVEN: Final[Schema] = {"not": {"type": "null"}}


def _given(*names: str) -> Schema:
    """Return the schema of a record in which these fields are present."""
    return {"required": [*names], "properties": dict.fromkeys(names, _GIVEN)}


class _Outcome(Event):
    """An outcome of an action: of a recommendation by its `ce_id`, or of an action for an episode of a signal."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_given("recommendation_id"), _given("action", "episode")]})

    recommendation_id: Id | None = None
    action: Text128 | None = None
    episode: Id | None = None

    @model_validator(mode="after")
    def names_its_action(self) -> Self:
        """Return the outcome; raise `ValueError` if it does not name the recommendation that it is of."""
        if self.recommendation_id is None and (self.action is None or self.episode is None):
            raise ValueError("an outcome needs the `recommendation_id`, or both the `action` and the `episode`")
        return self


class ActionDelivered(_Outcome):
    """A message was delivered to a customer, or a person's task was done."""

    type: Literal["action.delivered"]
    automated: bool | None = None
    """Whether no person had a part in it; by default as the action is registered."""


class ActionConverted(_Outcome):
    """A customer did what the action was to bring about."""

    type: Literal["action.converted"]


class ActionDismissed(_Outcome):
    """An action was not carried out, or the customer has turned it down."""

    type: Literal["action.dismissed"]


class ExperimentExposed(Event):
    """A customer was exposed to one arm of an experiment."""

    type: Literal["experiment.exposed"]
    experiment: Text128
    arm: Text128


OUTCOMES: Final = Family("outcomes", (ActionDelivered, ActionConverted, ActionDismissed, ExperimentExposed))
