"""Defines the settings of the source `amplitude`."""

from typing import Literal

from pydantic import Field

from sources.analytics_options import AnalyticsOptions


class AmplitudeOptions(AnalyticsOptions):
    """The meaning of a company's own events and groups."""

    revenues: Literal["order", "each"] = Field(
        "order",
        description="what counts of several revenue events of one order_id without $productId: the first, or each",
    )
