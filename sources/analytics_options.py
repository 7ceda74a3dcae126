"""Defines the settings that every source of product analytics has, besides those of tracked events."""

from pydantic import Field, field_validator

from sources.instants import zone_of
from sources.tracking_options import Names, TrackingOptions
from sources.values import LONGEST_ID


class AnalyticsOptions(TrackingOptions):
    """The settings of a source of product analytics."""

    group: str = Field(
        "",
        max_length=LONGEST_ID,
        description="type of group whose groups are the customers, as in company; empty: customers are persons",
    )
    experiments: Names = Field((), description="flags of experiments: exposures to them are read, to others not")
    zone: str = Field("UTC", description="zone of times that do not say theirs")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        zone_of(value)
        return value


class AliasOptions(AnalyticsOptions):
    """The settings of a source with aliases, besides those of all."""

    aliases: bool = Field(
        False, description="whether an alias joins two customers; by default it is left out, as it may be a visitor's"
    )
