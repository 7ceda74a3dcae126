"""The facet that consents and opt-outs change."""

from typing import Final

from retention.features.base import Facet

CONSENT: Final = Facet("consent")
