"""The answers of endpoints, and what follows from each."""

import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, Literal

from retention.calendar import SECOND, Instant, instant

Verdict = Literal["delivered", "again", "gone"]
_MOST_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of an endpoint to one try: a status, or, without one, what went wrong."""

    status: int = 0
    error: str = ""
    wish: Instant | None = None
    """For how long the endpoint asked to be left alone."""
    text: str = ""
    """The beginning of the body: shown by `backstay webhooks test`, and never stored."""
    took: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """Return what follows: only 2xx accepts a delivery; 410 ends the deliveries to an endpoint."""
        if HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES:
            return "delivered"
        return "gone" if self.status == HTTPStatus.GONE else "again"

    @property
    def says(self) -> str:
        """Return the answer in words."""
        if not self.status:
            return self.error
        if HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST:
            return f"{self.status}: redirects are not followed; set the address that it leads to as url"
        return str(self.status)


def wished(header: str | None, now: Instant) -> Instant | None:
    """Return for how long a Retry-After asks to wait, as seconds or as a date; None if it says neither.

    >>> wished("120", 0), wished("Thu, 01 Jan 1970 00:01:00 GMT", 0), wished("soon", 0)
    (120000000, 60000000, None)
    """
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]+", text):
        return int(text[:_MOST_DIGITS] if len(text) <= _MOST_DIGITS else "9" * _MOST_DIGITS) * SECOND
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return max(0, instant(found if found.tzinfo is not None else found.replace(tzinfo=UTC)) - now)
