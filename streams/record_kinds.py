"""Names the kind of a record, as it does itself: what stands in the rows of a check.

Rule: only words that name a kind are taken, and shown as labels: the rest of a record may be about a person.
"""

import json
from typing import Final

from schemas.visible import label
from sources.base import Foreign
from sources.encodings.framing import framed

UNTYPED: Final = "a record without type"


def kind_of(came: Foreign) -> str:
    """Return the kind of a record as its headers name it, or as it does itself.

    >>> kind_of(Foreign(b"{}", [("ce_type", b"login.succeeded")])), kind_of(Foreign(None))
    ('login.succeeded', 'no value')
    """
    named = [text for name, text in came.headers if text and (name == "ce_type" or name.lower().endswith("-topic"))]
    if named:
        return " ".join(dict.fromkeys(label(text.decode(errors="replace")) for text in named))
    if came.value is None:
        return "no value"
    found = framed(came.value, came.headers, is_key=False)
    if found is None:
        return kind_of_record(came.value)
    return f"bytes of schema {found.ident}" if isinstance(found.ident, int) else "bytes of a schema"


def kind_of_record(text: bytes) -> str:
    """Return the kind of a record as it names it itself: its type and the name of its event, or a webhook's topic.

    >>> kind_of_record(b'{"type": "track", "event": "Signed In"}'), kind_of_record(b"[]")
    ('track Signed In', 'no JSON object')
    >>> kind_of_record(b'{"headers": {"X-Shopify-Topic": "orders/paid"}, "body": {"id": 1}}')
    'orders/paid'
    >>> kind_of_record(b'{"type": "track", "event": "Invite sent to ana@shop.example"}')
    'track another name'
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return "no JSON object"
    if not isinstance(document, dict):
        return "no JSON object"
    if isinstance(inner := document.get("event"), dict):  # a webhook has the event beside its person
        document = {**document, "event": inner.get("event")}
    named = [document.get(name) for name in ("type", "event_type", "topic", "event", "kind")]
    headers, body = document.get("headers"), document.get("body")
    if isinstance(headers, dict):
        named += [value for name, value in headers.items() if name.lower().endswith("-topic")]
        named += [body.get("type")] if isinstance(body, dict) else []
    named = [one for one in named if isinstance(one, str) and one] or [document.get("object")]
    return " ".join(dict.fromkeys(label(one) for one in named if isinstance(one, str))) or UNTYPED
