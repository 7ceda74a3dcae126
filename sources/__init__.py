"""Turns records of other systems into events of the catalogue: pure functions, one file or folder a source."""

from typing import Final

from sources.amplitude import AMPLITUDE
from sources.base import Source
from sources.chargebee import CHARGEBEE
from sources.events import EVENTS
from sources.mapping import MAPPING
from sources.mixpanel import MIXPANEL
from sources.posthog import POSTHOG
from sources.segment import SEGMENT
from sources.shopify import SHOPIFY
from sources.stripe import STRIPE
from sources.zendesk import ZENDESK

SOURCES: Final[tuple[Source, ...]] = (
    *(STRIPE, CHARGEBEE, SHOPIFY, ZENDESK),
    *(SEGMENT, POSTHOG, AMPLITUDE, MIXPANEL),
    *(MAPPING, EVENTS),
)
"""Every source, in the order in which docs list them. `tests/test_sources.py` holds each to the laws."""

SOURCE_OF: Final = {source.name: source for source in SOURCES}
"""The sources by their names."""
