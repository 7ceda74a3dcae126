"""Reads what all events of Chargebee have, and amounts by its own rule of decimals."""

from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Final, NamedTuple

from schemas.currencies import DECIMALS
from sources.base import Fields, Translation
from sources.chargebee.options import ChargebeeOptions
from sources.document import Node, parsed
from sources.instants import moment, written

NAME: Final = "chargebee"
WHOLE: Final = "send the body of the webhook as it came"
_CURRENCY: Final = "a currency is a code such as EUR"
_WITHOUT_DECIMALS: Final = frozenset({"JPY", "KRW", "XAF", "XOF"})
"""The currencies that Chargebee names as such."""
_LONGEST_VERSION: Final = 10**15
UNNAMED: Final = "a currency without decimals that Chargebee does not name as such: its amounts are read whole"


class Happened(NamedTuple):
    """An event of Chargebee."""

    id: str
    type: str
    at: datetime
    content: Node
    version: str = ""
    """When the subscription of the event took its present state, in milliseconds: events of one second follow it."""


Reader = Callable[[Happened, ChargebeeOptions], Translation]


def happened(value: bytes) -> Happened:
    """Return the event of a record; raise `Unreadable` for anything else."""
    event = parsed(value, NAME)
    event = event.at("event") if event.knows("event", "event_type") else event
    content = event.at("content")
    if not content.is_object:
        raise content.wrong(WHOLE)
    kind, ident = event.at("event_type").text(WHOLE), event.at("id").text(WHOLE)
    return Happened(ident, kind, moment(event.at("occurred_at")), content, _version(content))


def _version(content: Node) -> str:
    """Return the version of the subscription, so that versions sort as text as they do as numbers."""
    version = content.at("subscription", "resource_version").value
    return f"{version:015}" if type(version) is int and 0 <= version < _LONGEST_VERSION else ""


def told(
    event: Happened, customer_id: str, options: ChargebeeOptions, *bodies: Mapping[str, object], doubts: tuple[str, ...]
) -> Translation:
    """Return our events of one event of Chargebee, numbered in the order in which they are applied.

    Chargebee's times are in seconds, and its ids in no order: of one second the version of the subscription decides.
    """
    common: Fields = {"customer_id": customer_id, "occurred_at": written(event.at)}
    test = {"synthetic": True} if options.test_site else {}
    ident = f"{event.version}:{event.id}" if event.version else event.id
    events = tuple({"event_id": f"{ident}:{number}", **common, **test, **body} for number, body in enumerate(bodies, 1))
    return Translation(events, "; ".join(doubts))


def currency_of(node: Node) -> tuple[str, tuple[str, ...]]:
    """Return a currency, and the doubt about its amounts."""
    code = node.text(_CURRENCY).upper()
    if code not in DECIMALS:
        raise node.wrong(_CURRENCY, "no currency")
    return code, () if DECIMALS[code] or code in _WITHOUT_DECIMALS else (UNNAMED,)


def major(node: Node, currency: str) -> Fraction:
    """Return an amount in major units: whole in a currency without decimals, hundredths in any other one.

    So are those that have three: Chargebee reads no more than two.
    """
    amount = Fraction(node.decimal("an amount is a whole number"))
    if amount < 0:
        raise node.wrong("an amount is a whole number from 0 on", "a number below 0")
    return amount if not DECIMALS[currency] else amount / 100
