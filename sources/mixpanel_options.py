"""Defines the settings of the source `mixpanel`."""

from pydantic import Field

from sources.analytics_options import AliasOptions


class MixpanelOptions(AliasOptions):
    """The meaning of a company's own events, groups and times."""

    zone: str = Field("UTC", description="time zone of a project created before 2023: its exports use that zone")
