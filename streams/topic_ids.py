"""The ids of topics: Kafka gives each topic one, so that a topic that was deleted and created again is recognised.

The Kafka client asks for metadata in a version that does not have the ids yet, so the request is declared here.
"""

from collections.abc import Collection
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

_METADATA: Final = 3
_VERSION: Final = 10
"""The first version with topic ids; Kafka has had it since 2.8."""
_ANY: Final = (0, 0)
"""The two halves of the id of a topic that is requested by its name."""


class _Answer(Response):
    API_KEY = _METADATA
    API_VERSION = _VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString("utf-8")),
                ("id_high", Int64),
                ("id_low", Int64),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("authorized_operations", Int32),
        ("tags", TaggedFields),
    )


class _Question(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = _METADATA
    API_VERSION = _VERSION
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("id_high", Int64), ("id_low", Int64), ("name", CompactString("utf-8")), ("tags", TaggedFields)
            ),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _Ask(Request[_Question]):
    API_KEY = _METADATA

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def build(self, request_struct_class: type[_Question]) -> _Question:
        named: list[Any] = [(*_ANY, name, {}) for name in sorted(self._names)]
        return request_struct_class(named, False, False, False, {})


async def topic_ids(admin: AIOKafkaAdminClient, names: Collection[str]) -> dict[str, str]:
    """Return the ids of topics as hexadecimal text; topics and brokers without ids are left out."""
    try:
        answer: Any = await admin._send_request(_Ask(names))  # noqa: SLF001 - it has no method for a request of ours
    except (NotImplementedError, IncompatibleBrokerVersion):
        return {}
    found = {name: (high, low) for _, name, high, low, *_ in answer.topics}
    return {
        name: f"{high % 2**64:016x}{low % 2**64:016x}" for name, (high, low) in found.items() if (high, low) != _ANY
    }
