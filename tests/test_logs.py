"""The log of an outage: a line of each kind in half a minute, with its count."""

import asyncio
import json
import logging
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from aiokafka.producer.message_accumulator import MessageAccumulator

from streams.logs import ForPeople, JsonLines, OncePerHalfMinute


def written(name: str, texts: list[tuple[float, str, int]]) -> list[str]:
    """Log messages of a library at instants; give the texts that come through."""
    chosen, form = OncePerHalfMinute(), JsonLines()
    lines: list[str] = []
    for at, text, number in texts:
        record = logging.LogRecord(name, logging.ERROR, "", 0, text, (number,), None)
        record.created = at
        if chosen.filter(record):
            lines.append(json.loads(form.format(record))["text"])
    return lines


def test_a_library_says_the_same_once_in_half_a_minute_and_how_often() -> None:
    flood = [(at / 10, "node %d is gone", at) for at in range(1, 700)]

    assert written("aiokafka.client", flood) == [
        "node 1 is gone",
        "node 301 is gone (299 more like this were left out)",
        "node 601 is gone (299 more like this were left out)",
    ]


def test_what_was_not_written_is_counted() -> None:
    chosen = OncePerHalfMinute()
    for second in range(3):
        record = logging.LogRecord("aiokafka", logging.ERROR, "", 0, "gone", (), None)
        record.created = second
        chosen.filter(record)

    assert chosen.suppressed == 2


def test_what_passes_by_itself_is_written_only_if_it_does_not() -> None:
    text = "Group Coordinator Request failed: %s"

    assert written("aiokafka.consumer.group_coordinator", [(0, text, 1), (1, text, 2), (60, text, 3)]) == []
    assert written("aiokafka.consumer.group_coordinator", [(at, text, at) for at in range(8)]) == [text % 5]
    assert written("asyncio", [(0, "Unclosed AIOKafkaConnection %d", 1)]) == []


class _OneLeader:
    """A cluster in which one broker leads everything."""

    def leader_for_partition(self, _: TopicPartition) -> int:
        return 0


async def test_a_batch_that_was_put_back_and_fails_is_reported_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    where, waiting = TopicPartition("orders", 0), MessageAccumulator(_OneLeader(), 16_384, 0, 30)
    sent = await waiting.add_message(where, b"c-1", b"{}", timeout=1)
    batch = waiting.drain_by_nodes(ignore_nodes=())[0][0][where]
    waiting.reenqueue(batch)
    batch.failure(exception=KafkaConnectionError("gone"))
    with pytest.raises(KafkaConnectionError):
        await batch.wait_drain()
    await asyncio.sleep(0.01)

    assert isinstance(sent.exception(), KafkaConnectionError)
    assert [record.name for record in caplog.records] == ["asyncio"]
    assert not OncePerHalfMinute().filter(caplog.records[0])


def test_another_callback_that_fails_is_logged() -> None:
    assert written("asyncio", [(0, "Exception in callback Worker.tick %d", 1)]) == [
        "Exception in callback Worker.tick 1"
    ]


def test_other_messages_and_our_own_are_not_held_back() -> None:
    assert len(written("aiokafka", [(1, "a %d", 1), (1, "b %d", 1), (1, "a %d", 2)])) == 2
    assert len(written("backstay", [(1, "a %d", 1), (1, "a %d", 1)])) == 2


def test_control_characters_are_escaped() -> None:
    record = logging.LogRecord("backstay", logging.INFO, "", 0, "one\ntwo\x1b[31m", (), None)

    assert "\n" not in JsonLines().format(record)


def error_of(error: Exception) -> str:
    """Return the log line of an error that a library logs."""
    try:
        raise error
    except type(error) as caught:
        trace = (type(caught), caught, caught.__traceback__)
        record = logging.LogRecord("aiokafka", logging.ERROR, "", 0, "gone", (), trace)
    return str(json.loads(JsonLines().format(record))["error"])


def test_of_an_outage_is_written_what_it_was_and_not_where_it_was_noticed() -> None:
    assert error_of(KafkaConnectionError("node 1")) == "KafkaConnectionError('node 1')"
    assert error_of(ConnectionResetError(104, "by peer")) == "ConnectionResetError(104, 'by peer')"


def test_of_a_bug_is_written_where_it_is() -> None:
    assert "Traceback" in error_of(ZeroDivisionError("a bug"))


def test_on_a_terminal_an_error_is_a_sentence_as_other_commands_print_it() -> None:
    said = {
        level: ForPeople().format(logging.LogRecord("backstay", level, "", 0, "gone\x1b[2J", (), None))
        for level in (logging.INFO, logging.ERROR)
    }

    assert said[logging.ERROR] == "backstay: gone\\x1b[2J"
    assert said[logging.INFO].endswith(" gone\\x1b[2J")
    assert "{" not in said[logging.INFO]


@pytest.mark.parametrize("command", ["worker", "webhooks run"])
def test_a_broker_that_does_not_answer_is_one_sentence_on_a_terminal(command: str) -> None:
    settings = {
        "BACKSTAY_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "BACKSTAY_WEBHOOKS__CRM__URL": "https://hooks.example/x",
        "BACKSTAY_WEBHOOKS__CRM__SECRETS": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }
    ours, theirs = pty.openpty()
    program = [str(Path(sys.executable).with_name("backstay")), *command.split()]

    done = subprocess.run(
        program, stdout=subprocess.DEVNULL, stderr=theirs, timeout=120, check=False, env=os.environ | settings
    )

    os.close(theirs)
    said = os.read(ours, 10_000).decode().splitlines()
    os.close(ours)
    assert done.returncode == 3
    assert said == ["backstay: no Kafka broker answers at 127.0.0.1:1: start one, or set kafka.bootstrap_servers"]
