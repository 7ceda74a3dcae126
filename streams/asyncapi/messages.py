"""The messages of the document: what a record of each type has as key, headers and value."""

from typing import Any, Final

from pydantic import BaseModel

from schemas.base import SourceHeartbeat
from schemas.families import CONTRACTS, FAMILIES
from schemas.family import type_of
from schemas.outbound import CONTRACT_OF
from sources.base import Source
from streams.asyncapi.examples import examples
from streams.contracts import identity_of
from streams.dead_letters import PREFIX, REASONS
from streams.outbox import TYPE_PREFIX
from streams.topics import AUDIT, DEAD_LETTERS, HEALTH, OUTPUTS, TOPIC_OF_TYPE, UPDATES

HEARTBEAT: Final = "source.heartbeat"
LETTER: Final = "dead-letter"
REMOVED: Final = "customer.health.removed"
MESSAGES: Final[dict[str, tuple[str, ...]]] = {
    **{family.topic: (*map(type_of, family.contracts), HEARTBEAT) for family in FAMILIES},
    **{topic.name: tuple(kind for kind, of in TOPIC_OF_TYPE.items() if of is topic) for topic in OUTPUTS},
    HEALTH.name: ("customer.health", REMOVED),
    DEAD_LETTERS.name: (LETTER,),
}
"""The messages of each topic, inputs and outputs."""

BINDING: Final = "0.5.0"
_CUSTOMER: Final = "The id of the customer, as UTF-8."
_KEYS: Final = {
    UPDATES.name: "What the figure is about, as UTF-8: metric, period, basis, segment and currency.",
    AUDIT.name: "The pseudonym of the customer; of dead letters, their topic and partition; of what was done in the "
    "console, by whom.",
    DEAD_LETTERS.name: "The key of the record that could not be used, untouched; empty if it had none.",
    "reference": "Anything, or none: a fact is of no customer.",
}
_TEXT: Final = {"type": "string"}


def contracts_of_messages() -> dict[str, type[BaseModel]]:
    """Return the contract of each message that has one."""
    return {**CONTRACTS, HEARTBEAT: SourceHeartbeat, **CONTRACT_OF}


def message(name: str, topic: str, deployment: str, payload: dict[str, Any] | None) -> dict[str, Any]:
    """Return a message of a topic. `payload` is a reference to its contract."""
    known = examples().get(name)
    contract = contracts_of_messages().get(name)
    return {
        "name": name,
        "title": name,
        "summary": _summary(name, contract),
        **_envelope(name, deployment),
        "payload": _letter_payload() if name == LETTER else {"type": "null"} if payload is None else payload,
        "bindings": {
            "kafka": {"key": {**_TEXT, "description": _KEYS.get(topic, _CUSTOMER)}, "bindingVersion": BINDING}
        },
        **({"examples": [known.as_json()]} if known is not None else {}),
        **({"x-schema-id": _schema_id(name, contract)} if contract is not None else {}),
    }


def foreign_name(source: str) -> str:
    """Return the name of the message of a source: its records are of another system, and have no contract here.

    >>> foreign_name("stripe")
    'foreign.stripe'
    """
    return f"foreign.{source}"


def foreign_message(source: Source) -> dict[str, Any]:
    """Return the message of a source's topic: what it reads, and the page that says what becomes of it."""
    name = foreign_name(source.name)
    return {
        "name": name,
        "title": name,
        "summary": f"A record of another system, as it came: {source.help.rstrip('.')}.",
        "description": "Documented by: " + "; ".join(source.documented) + ". Versions: " + ", ".join(source.versions),
        "x-page": page_of(source.name),
        "payload": {},
        "bindings": {"kafka": {"bindingVersion": BINDING}},
    }


def page_of(source: str) -> str:
    """Return where the documentation of a source lies, from the top of the repository.

    >>> page_of("mapping.shop.orders")
    'docs/sources/mapping.md'
    """
    kind = source.partition(".")[0]
    return f"docs/sources/{'envelopes' if kind == 'events' else kind}.md"


def _schema_id(name: str, contract: type[BaseModel]) -> str:
    return identity_of(contract.__name__ if name in CONTRACT_OF else name)


def _summary(name: str, contract: type[BaseModel] | None) -> str:
    if name == LETTER:
        return "A record that could not be used, as it was read, and why. It is no CloudEvent."
    if name == REMOVED:
        return (
            "No value: the customer was forgotten, or goes on under another id. Delete what you keep of its key. "
            "A key that begins with a zero byte is of no customer: ignore it."
        )
    return " ".join(((contract.__doc__ if contract is not None else None) or name).split("\n\n")[0].split())


def _envelope(name: str, deployment: str) -> dict[str, Any]:
    if name in CONTRACT_OF:
        return {"contentType": "application/json", "headers": cloud_event(name, deployment)}
    if name == LETTER:
        return {"contentType": "application/octet-stream", "headers": _letter_headers()}
    return {"contentType": "application/json"}


def cloud_event(kind: str, deployment: str) -> dict[str, Any]:
    """Return the schema of the headers of an output: CloudEvents 1.0 for Kafka, binary mode."""
    properties = {
        "ce_specversion": {**_TEXT, "const": "1.0"},
        "ce_id": {**_TEXT, "format": "uuid", "description": "The same for each repetition: drop ids you have seen."},
        "ce_source": {**_TEXT, "format": "uri-reference", "const": f"/backstay/{deployment}"},
        "ce_type": {**_TEXT, "const": f"{TYPE_PREFIX}{kind}.v1"},
        "ce_time": {**_TEXT, "format": "date-time", "description": "Event time, not the time of sending."},
        "ce_subject": {**_TEXT, "description": "What it is about, such as `customer/` and the key."},
        "ce_causationid": {**_TEXT, "description": "The event, or the output, that this one follows from."},
        "content-type": {**_TEXT, "const": "application/json"},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _letter_headers() -> dict[str, Any]:
    words = {
        "topic": "The topic of the record.",
        "partition": "Its partition.",
        "offset": "Its offset.",
        "reason": "Why it could not be used: "
        + ", ".join(f"`{reason}`" for reason in REASONS)
        + "; there may be more.",
        "error": "What is wrong with it, in words.",
        "timestamp": "Its timestamp, in milliseconds.",
        "worker-version": "The version of the worker that refused it.",
    }
    properties = {PREFIX + name: {**_TEXT, "description": text} for name, text in words.items()}
    about = "Besides them, all headers of the record as they were."
    return {"type": "object", "description": about, "properties": properties, "required": list(properties)}


def _letter_payload() -> dict[str, Any]:
    return {"description": "The bytes of the record, whatever they are; shortened if they are many."}
