"""Defines the settings of the source `posthog`."""

from typing import Final

from pydantic import Field, field_validator

from sources.analytics_options import AliasOptions
from sources.tracking_options import Words

_KINDS: Final = frozenset({"nps", "csat", "ces", "exit", "other"})


class PostHogOptions(AliasOptions):
    """The meaning of a company's own events, surveys and ids."""

    surveys: Words = Field({}, description='kinds of surveys by their ids, as in "0191c…" = "nps"; others are left out')
    without_profile: bool = Field(
        False,
        description="whether events with $process_person_profile = false are of the customer they name; by default "
        "they are a visitor's",
    )

    @field_validator("surveys")
    @classmethod
    def _known_kinds(cls, value: dict[str, str]) -> dict[str, str]:
        for name, kind in value.items():
            if kind not in _KINDS:
                raise ValueError(f"{name}: {kind!r} is no kind of survey; there are {', '.join(sorted(_KINDS))}")
        return value
