"""The bodies that are sent: JSON below 20 kB. What does not fit is left out by name, and never cut."""

import json
from collections.abc import Callable
from typing import Any, Final

from retention.calendar import rfc3339
from streams.webhook_settings import EndpointSettings
from streams.webhooks.output import Output
from streams.webhooks.templates import TEMPLATES

LARGEST: Final = 20_000
"""Most bytes of a body: Standard Webhooks asks for less than 20 kB."""
NAMELESS: Final = ("evidence", "causes")
"""Fields with ids of events, which a producer may have made of the id of a customer."""


def body_of(endpoint: EndpointSettings, output: Output, pseudonym: Callable[[str], str]) -> str:
    """Return the body of an output for an endpoint."""
    data = _for(endpoint, output.data, pseudonym)
    template = TEMPLATES.get(endpoint.format)
    if template is not None:
        return fitted_message(template(output.type, data, endpoint.language))
    return _fitted(output, data)


def test_body(endpoint: EndpointSettings, output: Output) -> str:
    """Return the body of a test event."""
    return body_of(endpoint, output, lambda name: name)


def _for(endpoint: EndpointSettings, data: dict[str, Any], pseudonym: Callable[[str], str]) -> dict[str, Any]:
    """Return the content of an output with what the endpoint may know of its customer."""
    if endpoint.customer_ids == "id" or "customer_id" not in data:
        return data
    said = {name: value for name, value in data.items() if name not in NAMELESS}
    name = data["customer_id"]
    is_named = isinstance(name, str) and endpoint.customer_ids == "pseudonym"
    return said | {"customer_id": pseudonym(name) if is_named else None}


def _fitted(output: Output, data: dict[str, Any]) -> str:
    """Return type, time and content; the largest fields are left out, one after the other, until it fits."""
    left, out = dict(data), list[str]()
    while len(text := _written(output, left, out)) > LARGEST and left:
        largest = max(left, key=lambda name: len(_json(left[name])))
        del left[largest]
        out.append(largest)
    return text.decode()


def _written(output: Output, data: dict[str, Any], out: list[str]) -> bytes:
    document: dict[str, Any] = {"type": output.type, "timestamp": rfc3339(output.at), "data": data}
    if out:
        document["reduced"] = {
            "left_out": sorted(out),
            "complete_in": {"topic": output.topic, "partition": output.partition, "offset": output.offset},
        }
    return _json(document)


def fitted_message(message: dict[str, Any]) -> str:
    """Return a message to read as JSON. Templates bound each of their texts, so it always fits."""
    return _json(message).decode()


def _json(value: Any) -> bytes:  # noqa: ANN401 - of any shape
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
