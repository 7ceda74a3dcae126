"""Writes the output topics to files: valid UTF-8 JSON lines, whatever a producer has sent."""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiokafka.structs import ConsumerRecord

from streams.broker import Broker
from streams.read_ahead import in_order
from streams.topics import HEALTH, Topic

_UNSAFE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Half characters, which no encoding has, and characters that some readers take for the end of a line."""

AHEAD: Final = 32
"""Partitions of which the first batch is read before their turn: each is a connection, and at most a mebibyte."""


def json_line(document: object, indent: int | None = None) -> str:
    r"""Return a document as JSON that any reader can read: on one line, unless it is indented.

    >>> json_line({"note": "Ñandú \ud800"})
    '{"note": "Ñandú \\ud800"}'
    """
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(document, ensure_ascii=False, indent=indent))


class Result(NamedTuple):
    """An output topic, the file that its records are written to, and who wants to see each as well."""

    topic: Topic
    file: Path
    seen: Callable[[dict[str, Any]], None] | None = None


async def write_topics(broker: Broker, results: Sequence[Result]) -> None:
    """Write the records of topics, one JSON object a line, in order of partition and offset; pass each to `seen`.

    Of the cards of customers the last one of each is written, in order of their ids, as the log cleaner leaves them.
    """
    widths = await broker.widths()
    names = [broker.topic(result.topic) for result in results]
    places = [(of, number) for of, name in enumerate(names) for number in range(widths[name])]
    read = in_order([broker.read(names[of], number) for of, number in places], AHEAD)
    with ExitStack() as files:
        sinks = [files.enter_context(_sink(result)) for result in results]
        async with aclosing(read):
            async for place, records in read:
                sinks[places[place][0]](records)


@contextmanager
def _sink(result: Result) -> Iterator[Callable[[Iterable[ConsumerRecord]], None]]:
    """Open the file of a result; yield what takes its records."""
    last = dict[bytes, ConsumerRecord]()

    def write(records: Iterable[ConsumerRecord]) -> None:
        for record in records:
            line = as_json(result.topic.name, record)
            if result.seen is not None:
                result.seen(line)
            stream.write(json_line(line) + "\n")

    def keep(records: Iterable[ConsumerRecord]) -> None:
        last.update((record.key, record) for record in records)

    with result.file.open("w", encoding="utf-8", newline="\n") as stream:
        yield keep if result.topic is HEALTH else write
        write(record for _, record in sorted(last.items()) if record.value is not None)


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
