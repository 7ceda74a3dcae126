"""Defines the settings of the source `segment`."""

from typing import Literal

from pydantic import Field

from sources.tracking_options import TrackingOptions


class SegmentOptions(TrackingOptions):
    """The meaning of a company's own names."""

    customer: Literal["user", "group"] = Field(
        "user", description="who a customer is: the person (userId), or the account (groupId)"
    )
