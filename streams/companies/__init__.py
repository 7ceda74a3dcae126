"""The register of simulated companies. A new kind is one file beside this and one line below."""

from typing import Final

from streams.companies.b2b import B2B
from streams.companies.base import Kind
from streams.companies.saas import SAAS
from streams.companies.shop import SHOP

KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in (SAAS, SHOP, B2B)}
"""By name, as `backstay simulate --kind` takes it."""
