"""One event of every type of every family, in which all that could tell who somebody is bears a mark of its customer.

They are the golden events, so a new type is among them from the beginning.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from retention.features import REGISTER
from schemas.families import FAMILIES
from schemas.family import type_of
from tests.building import at, text

GOLDEN: Final = Path(__file__).parent / "golden"
OTHERWISE: Final = ("subscription.", "cancellation.", "erasure.", "customer.merged", "rate.", "plan.", "incident.")
"""What decides whether somebody is a customer, and who: a test writes these itself."""
TYPES: Final = sorted(
    name
    for family in FAMILIES
    for name in map(type_of, family.contracts)
    if name in REGISTER.entries and not name.startswith(OTHERWISE)
)
ALIKE: Final = frozenset({"customer_id", "event_id", "type", "channel", "kind", "language"})
"""Fields that a test fills in itself, or whose words mean something."""
MARKED: Final = frozenset(
    {
        *("source", "user_id", "text", "feature", "milestone", "next_milestone", "topic", "place", "campaign"),
        *("payment_id", "invoice_id", "card_id", "feedback_id", "message_id", "cart_id", "order_id", "ticket_id"),
        *("sku", "category", "coupon", "recommendation_id", "episode", "action", "experiment", "arm", "referred_id"),
    }
)
"""Fields of a producer's own words: names, ids of things, texts."""
WRITTEN: Final = {"text": "I am {mark}, and this is terrible."}
WITH_A_TEXT: Final = {"ticket.opened": {"text": "", "language": "en"}}
"""Optional fields that the golden event of a type does without."""


def marked(name: str, day: float) -> list[dict[str, Any]]:
    """Return the events of a customer, one an hour from a day on, each with the customer's name all over it."""
    return [
        _marked(kind, name) | {"event_id": f"{name}-{kind}", "occurred_at": text(at(day) + timedelta(hours=place))}
        for place, kind in enumerate(TYPES)
    ]


def _marked(kind: str, name: str) -> dict[str, Any]:
    golden = json.loads((GOLDEN / f"{kind}.v1.json").read_text()) | WITH_A_TEXT.get(kind, {})
    found: dict[str, Any] = _with_mark(golden, name)
    return found | {"customer_id": name, "type": kind}


def _with_mark(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_with_mark(one, name) for one in value]
    if not isinstance(value, dict):
        return value
    return {field: _field(field, one, name) for field, one in value.items()}


def _field(field: str, value: Any, name: str) -> Any:
    if field == "attributes":
        return {"country": f"land-of-{name}"} | value
    if field in MARKED:
        return WRITTEN.get(field, "{mark}").format(mark=f"{field[:4]} of {name}")
    return _with_mark(value, name)
