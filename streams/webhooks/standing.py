"""The segments of customers, as their cards say, for filters by segment; nothing is held if no endpoint has one."""

import json
import sys
from collections.abc import Iterable, Mapping

from streams.webhook_settings import EndpointSettings


class Standing:
    """The attributes that endpoints filter by, of each customer that has a card."""

    def __init__(self, endpoints: Iterable[EndpointSettings]) -> None:
        self.wanted = frozenset(by for endpoint in endpoints for by in endpoint.segments)
        self._of: dict[str, Mapping[str, str]] = {}
        self._shared: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}

    def take(self, key: bytes | None, card: bytes | None) -> None:
        """Take a card; without one the customer is known no more."""
        if not self.wanted or key is None:
            return
        name = key.decode(errors="replace")
        if card is None:
            self._of.pop(name, None)
            return
        try:
            segments = json.loads(card)["segments"]
            found = tuple((sys.intern(by), str(segments[by])) for by in sorted(self.wanted) if by in segments)
        except (ValueError, KeyError, TypeError):
            return
        self._of[name] = self._shared.setdefault(found, dict(found))

    def of(self, customer: str) -> Mapping[str, str] | None:
        """Return the segments of a customer; None if they are not known."""
        return self._of.get(customer)
