"""The facet that the feature `loyalty` changes."""

from typing import Final

from retention.features.base import Facet

LOYALTY: Final = Facet("loyalty")
