"""Defines the settings that every source of tracked events has: a company's own names, attributes, the currency."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Annotated, Final, Literal

import msgspec
from pydantic import BeforeValidator, Field, SecretStr, field_validator

from schemas.currencies import DECIMALS
from schemas.families import TOPIC_OF
from sources.base import Options

TRACKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "signed in": "login.succeeded",
        "order completed": "purchase.completed",
        "order refunded": "purchase.refunded",
        "cart viewed": "cart.updated",
        "product reviewed": "review.posted",
        "email delivered": "message.delivered",
        "email opened": "message.opened",
        "email link clicked": "message.clicked",
        "email bounced": "message.bounced",
        "email marked as spam": "message.complained",
        "unsubscribed": "message.unsubscribed",
    }
)
"""What the names of Segment's public specifications mean (e-commerce, B2B SaaS, email), in lower case.

Other systems get events under these names from Segment and from those who follow it.
"""
NOT_BY_TRACK: Final = frozenset({"customer.updated", "customer.merged"})
"""Types that follow from traits and from merges, and not from the name of an event."""


def plain(name: str) -> str:
    """Return the name of an event without what does not matter: case and `_`.

    >>> plain("Signed_In")
    'signed in'
    """
    return name.strip().casefold().replace("_", " ")


def _words(value: object) -> object:
    """Read a table of words as shells write it: JSON."""
    return msgspec.json.decode(value) if isinstance(value, str) and value.lstrip().startswith("{") else value


def _names(value: object) -> object:
    """Read a list as shells write it: a,b or as JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return msgspec.json.decode(value)
    return tuple(filter(None, map(str.strip, value.split(","))))


Words = Annotated[dict[str, str], BeforeValidator(_words)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


class TrackingOptions(Options):
    """The meaning of a company's own names."""

    tracks: Words = Field(
        {},
        description='event types of tracks by their names, as in "Plan Upgraded" = "milestone.reached"; '
        '"" leaves one out that has a type by default',
    )
    others: Literal["", "feature.used"] = Field("", description="event type of all other tracks; empty: left out")
    pages: Literal["", "content.viewed", "feature.used"] = Field(
        "", description="event type of views of pages and screens; empty: left out"
    )
    attributes: Names = Field((), description="traits that become attributes of the customer; no others are read")
    currency: str | None = Field(None, description="currency of amounts without one")
    pseudonym_key: SecretStr | None = Field(
        None, description="secret key by which e-mail addresses become pseudonyms; unset: privacy.pseudonym_key"
    )

    @field_validator("tracks")
    @classmethod
    def _read_types(cls, value: dict[str, str]) -> dict[str, str]:
        known = sorted(TOPIC_OF.keys() - NOT_BY_TRACK)
        for name, kind in value.items():
            if kind and kind not in known:
                near = get_close_matches(kind, known, n=1)
                meant = f"; did you mean {near[0]!r}?" if near else ""
                raise ValueError(f"{name}: {kind!r} is no event type that a track can have{meant}")
        return {plain(name): kind for name, kind in value.items()}

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, value: str | None) -> str | None:
        if value is not None and value.upper() not in DECIMALS:
            raise ValueError(f"{value!r} is no ISO 4217 currency code, such as EUR")
        return value.upper() if value is not None else None

    def topics(self, tracks: Mapping[str, str], further: Iterable[str] = ()) -> frozenset[str]:
        """Return the topics of the events that may follow: from tracks by their default types, and further types."""
        kinds = {*(dict(tracks) | self.tracks).values(), self.others, self.pages, *NOT_BY_TRACK, *further}
        return frozenset(TOPIC_OF[kind] for kind in kinds if kind)
