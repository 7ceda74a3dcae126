"""Holds what the sections of the settings share: their base class, and the types of their values."""

import json
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_settings import NoDecode

TOPIC_NAME: Final = "[A-Za-z0-9._-]"
"""A character that Kafka allows in a topic's name."""
MOST_DAYS: Final = 3_650
"""Upper bound of settings in days: ten years, twice the longest horizon."""
DAY_SECONDS: Final = 86_400
LONGEST_SECONDS: Final = 5 * 366 * DAY_SECONDS
"""Upper bound of settings that say how late events are: the longest horizon."""


def listed(value: object) -> object:
    """Read a list as the environment and `--set` write it: a,b or as JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError(f'{value} is not a list: write a,b or ["a","b"]') from error
    found = tuple(filter(None, map(str.strip, value.split(","))))
    for one in found:
        if one[0] in "[{\"'":  # JSON, or quotes that no shell has taken away
            raise ValueError(f'{value} is not a list of plain values: write a,b or ["a","b"]')
    return found


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)]
"""A list of names, as TOML, the environment or `--set` write it."""


class Section(BaseModel):
    """A part of the settings. An unknown name is an error, because it would be ignored otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")
