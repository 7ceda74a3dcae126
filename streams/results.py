"""Writes the output topics to files: valid UTF-8 JSON lines, whatever a producer has sent."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aiokafka.structs import ConsumerRecord

from streams.broker import Broker
from streams.topics import HEALTH, Topic

_UNSAFE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Half characters, which no encoding has, and characters that some readers take for the end of a line."""


def json_line(document: object) -> str:
    r"""Return a document as one line of JSON that any reader can read.

    >>> json_line({"note": "Ñandú \ud800"})
    '{"note": "Ñandú \\ud800"}'
    """
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(document, ensure_ascii=False))


async def write_topic(
    broker: Broker, topic: Topic, file: Path, seen: Callable[[dict[str, Any]], None] | None = None
) -> None:
    """Write the records of a topic, one JSON object a line, in order of partition and offset; pass each to `seen`.

    Of the cards of customers the last one of each is written, in order of their ids, as the log cleaner leaves them.
    """
    if topic is HEALTH:
        await _write_last(broker, topic, file)
        return
    name = broker.topic(topic)
    widths = await broker.widths()
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        for number in range(widths[name]):
            async for records in broker.read(name, number):
                for record in records:
                    line = as_json(topic.name, record)
                    if seen is not None:
                        seen(line)
                    stream.write(json_line(line) + "\n")


async def _write_last(broker: Broker, topic: Topic, file: Path) -> None:
    name, last = broker.topic(topic), dict[bytes, ConsumerRecord]()
    for number in range((await broker.widths())[name]):
        async for records in broker.read(name, number):
            last |= {record.key: record for record in records}
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        for _, record in sorted(last.items()):
            if record.value is not None:
                stream.write(json_line(as_json(topic.name, record)) + "\n")


def as_json(topic: str, record: ConsumerRecord) -> dict[str, Any]:
    """Return a record in the form of `events.md`. A value that is no JSON becomes text, or base64."""
    return {
        "topic": topic,
        "key": record.key.decode(errors="replace") if record.key is not None else None,
        "headers": {name: value.decode(errors="replace") for name, value in record.headers},
        "value": _value(record.value),
    }


def _value(value: bytes | None) -> Any:  # noqa: ANN401 - any JSON
    if value is None:
        return None
    try:
        return json.loads(value, parse_constant=_refuse, parse_float=_number)
    except (ValueError, RecursionError):
        try:
            return {"text": value.decode()}
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are no JSON, though Python reads and writes them


def _number(text: str) -> float:
    found = float(text)
    if found in {float("inf"), float("-inf")}:
        raise ValueError(text)
    return found
