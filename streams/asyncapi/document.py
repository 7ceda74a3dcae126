"""The AsyncAPI document of a deployment: its topics by the names that they have there, messages and operations."""

import json
from typing import Any, Final

from agents.foreign import topic_of
from streams.about import version
from streams.asyncapi.components import schemas_of
from streams.asyncapi.messages import (
    BINDING,
    MESSAGES,
    contracts_of_messages,
    foreign_message,
    foreign_name,
    message,
    page_of,
)
from streams.settings import Settings
from streams.topic_names import name_of
from streams.topics import INPUTS, OUTPUTS, Topic

_ABOUT: Final = (
    "Backstay reads what customers of a company do, and writes who is about to leave, why, what to do about it, and "
    "the figures of retention. Outputs are CloudEvents 1.0 for Kafka in binary mode, but for `dead-letters`; inputs "
    "may be, and need not. A record may come twice, with the same `ce_id`. Ignore what you do not know. "
    "All examples are synthetic."
)
_NUMBERS: Final = frozenset({"retention.ms", "delete.retention.ms", "max.message.bytes"})
"""What the Kafka binding has as numbers; it knows no others of ours but `cleanup.policy`."""


def document(settings: Settings) -> dict[str, Any]:
    """Return the AsyncAPI document of a deployment."""
    references, schemas = schemas_of(list(dict.fromkeys(contracts_of_messages().values())))
    payloads = {name: references[contract] for name, contract in contracts_of_messages().items()}
    homes: dict[str, str] = {}
    for topic, names in MESSAGES.items():
        for name in names:
            homes.setdefault(name, topic)
    foreign, readers = settings.sources.topics(), settings.readers()
    return {
        "asyncapi": "3.0.0",
        "id": f"urn:backstay:deployment:{settings.deployment}",
        "info": {
            "title": "Backstay",
            "version": version(),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": servers(settings),
        "channels": {
            **{topic.name: channel(topic, settings) for topic in (*INPUTS, *OUTPUTS)},
            **{topic_of(name): foreign_channel(name, topic) for name, topic in foreign.items()},
        },
        "operations": {
            **{f"receive-{topic_of(name)}": foreign_operation(name, settings) for name in foreign},
            **{f"receive-{topic.name}": operation("receive", topic, settings) for topic in INPUTS},
            **{f"send-{topic.name}": operation("send", topic, settings) for topic in OUTPUTS},
        },
        "components": {
            "messages": {
                **{
                    name: message(name, topic, settings.deployment, payloads.get(name)) for name, topic in homes.items()
                },
                **{foreign_name(name): foreign_message(readers[name][0]) for name in foreign},
            },
            "schemas": schemas,
        },
    }


def servers(settings: Settings) -> dict[str, Any]:
    """Return the brokers, by number."""
    protocol = "kafka" if settings.kafka.security == "plaintext" else "kafka-secure"
    hosts = settings.kafka.bootstrap_servers.split(",")
    return {f"broker-{n}": {"host": host.strip(), "protocol": protocol} for n, host in enumerate(hosts, 1)}


def channel(topic: Topic, settings: Settings) -> dict[str, Any]:
    """Return a topic: its name on the broker, its messages, and how it is created there."""
    name = name_of(topic, settings.topics)
    return {
        "address": name,
        "title": topic.name,
        "description": topic.purpose[:1].upper() + topic.purpose[1:] + ".",
        "messages": {one: {"$ref": f"#/components/messages/{one}"} for one in MESSAGES[topic.name]},
        "bindings": {
            "kafka": {
                "topic": name,
                "partitions": settings.topics.partitions if topic.of_customers else 1,
                "replicas": settings.topics.replication,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": BINDING,
            }
        },
    }


def foreign_channel(source: str, topic: str) -> dict[str, Any]:
    """Return the topic of a source. It is the company's own: how it is made is not said here."""
    name = foreign_name(source)
    return {
        "address": topic,
        "title": topic_of(source),
        "description": f"Records that are read by the source {source}: {page_of(source)}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"kafka": {"topic": topic, "bindingVersion": BINDING}},
    }


def foreign_operation(source: str, settings: Settings) -> dict[str, Any]:
    """Return that Backstay reads the topic of a source."""
    place, name = topic_of(source), foreign_name(source)
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{place}"},
        "title": f"Receive records of the source {source}",
        "messages": [{"$ref": f"#/channels/{place}/messages/{name}"}],
        "bindings": {
            "kafka": {"groupId": {"type": "string", "const": settings.kafka.group}, "bindingVersion": BINDING}
        },
    }


def _configuration(topic: Topic) -> dict[str, Any]:
    numbers = {name: int(said) for name, said in topic.config.items() if name in _NUMBERS}
    return {"cleanup.policy": [topic.config.get("cleanup.policy", "delete")], **numbers}


def operation(action: str, topic: Topic, settings: Settings) -> dict[str, Any]:
    """Return what Backstay does with a topic."""
    group = {"groupId": {"type": "string", "const": settings.kafka.group}} if action == "receive" else {}
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "title": f"{action.capitalize()} {topic.purpose}",
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{one}"} for one in MESSAGES[topic.name]],
        "bindings": {"kafka": {**group, "bindingVersion": BINDING}},
    }


def as_json(found: dict[str, Any]) -> str:
    """Return a document as JSON."""
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"
