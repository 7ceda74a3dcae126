"""Turns outputs into records: the only module that knows their form on the wire. Every record has a key.

CloudEvents 1.0 for Kafka, binary mode: attributes are headers, the value is the plain JSON of the contract.
"""

from typing import Final

from retention.calendar import rfc3339
from retention.statements import Statement
from schemas.encoding import to_json
from streams.broker import Broker
from streams.outgoing import Outgoing
from streams.topics import TOPIC_OF_TYPE, UPDATES

TYPE_PREFIX: Final = "io.backstay."
TYPE_VERSION: Final = ".v1"
_SPEC: Final = ("ce_specversion", b"1.0")
_JSON: Final = ("content-type", b"application/json")
_SUBJECTS: Final = {
    "metric.updated": "metric",
    "dead_letters.retried": "dead-letters",
    "dead_letters.dropped": "dead-letters",
    "console.looked": "console",
    "console.reported": "console",
}
"""What outputs are about that are not about a customer."""


def kind_of(said: bytes | None) -> str:
    """Return the type of an output by its header `ce_type`; empty if it is none of ours.

    Of a version that this build does not write the version stays: it is another type, which no reader here knows.

    >>> kind_of(b"io.backstay.churn_signal.raised.v1"), kind_of(b"io.backstay.churn_signal.raised.v2"), kind_of(None)
    ('churn_signal.raised', 'churn_signal.raised.v2', '')
    """
    text = (said or b"").decode("utf-8", "replace")
    return text.removeprefix(TYPE_PREFIX).removesuffix(TYPE_VERSION) if text.startswith(TYPE_PREFIX) else ""


class Outbox:
    """Turns statements into records."""

    def __init__(self, broker: Broker) -> None:
        self._names = {kind: broker.topic(topic) for kind, topic in TOPIC_OF_TYPE.items()}
        self._single = {broker.topic(UPDATES)}
        self._source = ("ce_source", f"/backstay/{broker.settings.deployment}".encode())
        self._at, self._time = 0, rfc3339(0).encode()
        """The instant of the last record, and how it is written: an action has that of its signal."""
        self._types = {kind: ("ce_type", f"{TYPE_PREFIX}{kind}{TYPE_VERSION}".encode()) for kind in TOPIC_OF_TYPE}

    def record(self, statement: Statement) -> Outgoing:
        """Return the record of one output."""
        topic = self._names[statement.type]
        value = to_json(statement.body)
        partition = 0 if topic in self._single else None
        return Outgoing(topic, statement.key.encode(), value, self._headers(statement), partition)

    def _headers(self, statement: Statement) -> list[tuple[str, bytes]]:
        if statement.at != self._at:
            self._at, self._time = statement.at, rfc3339(statement.at).encode()
        subject = _SUBJECTS.get(statement.type, "customer")
        return [
            _SPEC,
            ("ce_id", statement.id.encode()),
            self._source,
            self._types[statement.type],
            ("ce_time", self._time),
            ("ce_subject", f"{subject}/{statement.key}".encode()),
            ("ce_causationid", statement.cause.encode()),
            _JSON,
        ]
