"""The source `events`: events of Backstay's own contract that come in an envelope, or in bytes of a schema.

What opens them stands in front of every source (`sources/envelopes`), so here a record is an event already; only its
decimals, which the contract wants as text, are numbers of a schema.
"""

import re
from decimal import Decimal
from typing import Any, Final

from schemas.cloud_events import plain_line
from schemas.families import FAMILIES, TOPIC_OF
from sources.base import Foreign, Options, Source, Translation, Unreadable
from sources.values import checked, document

NAME: Final = "events"
_TYPES: Final = "send events of the catalogue, each with its type (docs/events.md); other records are for a mapping"


def read(foreign: Foreign, _: Options) -> Translation:
    """Return the event that a record is."""
    value = foreign.value
    fields = document(NAME, plain_line(value) if value is not None else None)
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in TOPIC_OF:
        raise Unreadable(NAME, "type", "missing" if kind is None else "no type of the catalogue", _TYPES)
    event = {name: _exact(one) for name, one in fields.items() if one is not None}
    if isinstance(event.get("event_id"), int):
        event["event_id"] = str(event["event_id"])
    return Translation((checked(NAME, event, lambda name: name if name in event else None),))


def _exact(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a value with its decimals as text."""
    if isinstance(value, Decimal):
        return format(value, "f") if _USUAL.fullmatch(str(value)) else value
    if isinstance(value, dict):
        return {name: _exact(one) for name, one in value.items()}
    return [_exact(one) for one in value] if isinstance(value, list) else value


_USUAL: Final = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?(E[+-][0-9]{1,2})?")


EVENTS: Final = Source(
    NAME,
    "events of Backstay's own contract, in an envelope or in Avro, Protobuf or JSON Schema of a registry",
    ("1",),
    ("Backstay: docs/events.md",),
    Options,
    read,
    lambda _: frozenset(family.topic for family in FAMILIES),
)
