"""The example of a subscriber: each thing is said once, whatever comes twice, and whenever it is ended."""

import asyncio
import contextlib
import json
import runpy
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from aiokafka.structs import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from streams.asyncapi.examples import Example
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.records import LogRecord
from streams.settings import Settings
from streams.topics import ACTIONS, SIGNALS
from tests.building import at, text
from tests.outputs import ever_written, headers_of, played, records_of
from tests.running import on

EXAMPLE = Path(__file__).resolve().parents[1] / "examples/notifier/notifier.py"
NOTIFIER = runpy.run_path(str(EXAMPLE))
BEFORE = at(0)
"""Nothing of the company has expired then."""
LONG_AFTER = at(900)
HASTY = {"session_timeout_ms": 2_000, "heartbeat_interval_ms": 500}
"""The embedded broker has a group wait for half of a session."""
Records = list[Any]


class Ended(Exception):
    """The notifier was ended while it said something."""


class Listener:
    """A notifier with a file, whose clock stands, and that is ended at some of the things that it says."""

    def __init__(self, folder: Path, ends: Iterable[int] = (), now: datetime = BEFORE) -> None:
        self.file, self.now, self.ends = folder / "notifier.db", now, set(ends)
        self.said: list[str] = []
        self.begin()

    def begin(self) -> None:
        self.store = sqlite3.connect(self.file, isolation_level=None).executescript(NOTIFIER["TABLES"]).connection

    def time(self) -> datetime:
        return self.now

    def say(self, ident: str, _: str) -> None:
        self.said.append(ident)
        if len(self.said) in self.ends:
            raise Ended

    def hear(self, records: Records) -> None:
        """Hear a batch; begin anew where it is ended, with the same batch, as its position has not moved."""
        while True:
            try:
                NOTIFIER["hear"](self.store, records, self.say, self.time)
            except Ended:
                self.begin()
            else:
                break


def record_of(one: Example) -> LogRecord:
    headers = [(name, value.encode()) for name, value in one.headers.items()]
    return LogRecord("actions", 0, 0, 0, (one.key or "").encode(), json.dumps(one.payload).encode(), headers)


def must_be_said(records: Records) -> set[str]:
    """Return the ids of what nothing takes back: of each episode and action the last."""
    last: dict[tuple[str, str], str] = {}
    erased = set()
    for record in records:
        said, headers = json.loads(record.value), headers_of(record)
        kind, what = headers["ce_type"], (said.get("episode"), said.get("action", "alarm"))
        if kind.endswith(("withdrawn.v1", "churn_signal.cleared.v1")):
            last.pop(what, None)
            erased |= {what} if said["cause"] == "erased" else set()
        elif kind.endswith("recommended.v1") or (".churn_signal." in kind and said["severity"] in {"high", "critical"}):
            last[what] = headers["ce_id"]
    return {ident for what, ident in last.items() if what not in erased}


def may_be_said(records: Records) -> set[str]:
    kinds = ("action.recommended.v1", "churn_signal.raised.v1", "churn_signal.escalated.v1")
    return {headers_of(one)["ce_id"] for one in records if headers_of(one)["ce_type"].endswith(kinds)}


STORED = [record_of(one) for one in ever_written().values()]


def orders(records: Records) -> st.SearchStrategy[list[Records]]:
    """Draw batches in which each record comes, and some come again later."""
    again = st.lists(st.tuples(st.integers(0, len(records) - 1), st.integers(1, 30)), max_size=20)

    def batches(drawn: tuple[list[tuple[int, int]], int]) -> list[Records]:
        doubled = [(place, one) for place, one in enumerate(records)]
        doubled += [(place + later, records[place]) for place, later in drawn[0]]
        every = [one for _, one in sorted(doubled, key=lambda pair: pair[0])]
        return [every[n : n + drawn[1]] for n in range(0, len(every), drawn[1])]

    return st.tuples(again, st.integers(1, 40)).map(batches)


@given(st.data(), st.sets(st.integers(1, 12), max_size=4))
def test_each_thing_is_said_once_but_those_it_was_ended_at(data: st.DataObject, ends: set[int]) -> None:
    batches = data.draw(orders(STORED))
    with TemporaryDirectory() as folder:
        listener = Listener(Path(folder), ends)

        for batch in batches:
            listener.hear(batch)

    counted = Counter(listener.said)
    assert must_be_said(STORED) <= set(counted) <= may_be_said(STORED)
    assert sum(counted.values()) - len(counted) <= len(ends)


def test_what_has_expired_is_not_said(tmp_path: Path) -> None:
    listener = Listener(tmp_path, now=LONG_AFTER)

    listener.hear(STORED)

    assert listener.said == []


def of_erased(example: Example) -> Example:
    """Return the withdrawal of a recommendation whose customer was erased."""
    body = example.payload
    payload = {"action": body["action"], "customer_id": None, "signal": body["signal"], "episode": body["episode"]}
    headers = example.headers | {"ce_type": "io.backstay.action.withdrawn.v1", "ce_id": "of-erased"}
    more = {"withdrawn_at": text(at(90)), "cause": "erased"}
    return Example("action.withdrawn", body["episode"], headers, payload | more)


def test_the_withdrawal_of_an_erased_customer_may_come_first(tmp_path: Path) -> None:
    recommended = next(one for one in ever_written().values() if one.message == "action.recommended")
    listener = Listener(tmp_path)

    listener.hear([record_of(of_erased(recommended))])
    listener.hear([record_of(recommended)])

    assert listener.said == []
    assert listener.store.execute("SELECT * FROM waiting").fetchall() == []


def test_what_has_no_value_or_is_no_cloudevent_is_passed_over(tmp_path: Path) -> None:
    listener = Listener(tmp_path)

    listener.hear([LogRecord("actions", 0, 0, 0, b"c-1", None, ()), LogRecord("actions", 0, 1, 0, b"c-1", b"{}", ())])
    listener.hear([record_of(Example("new", "c-1", {"ce_id": "i", "ce_source": "/", "ce_type": "x.v9"}, {"a": 1}))])

    assert listener.said == []


def test_ids_that_are_too_old_to_come_again_are_forgotten(tmp_path: Path) -> None:
    listener = Listener(tmp_path)
    listener.hear(STORED)

    listener.now = BEFORE + timedelta(days=32)
    listener.hear([])

    assert listener.store.execute("SELECT count(*) FROM seen").fetchone() == (0,)


async def test_on_a_broker_it_says_each_thing_once_though_all_comes_twice_and_it_is_ended(tmp_path: Path) -> None:
    async with played() as settings:
        records = [record async for record in records_of(settings, SIGNALS, ACTIONS)]
        await send_again(settings, records)
        listener = Listener(tmp_path, {1, 3})

        while True:
            servers = settings.kafka.bootstrap_servers
            task = asyncio.create_task(NOTIFIER["listen"](servers, listener.file, listener.say, listener.time, **HASTY))
            done = await until(task, lambda: is_through(listener, records))
            if done:
                break
            listener.begin()

    counted = Counter(listener.said)
    assert must_be_said(records) <= set(counted) <= may_be_said(records)
    assert sum(counted.values()) - len(counted) <= 2
    assert not listener.ends - set(range(len(listener.said) + 1))


async def send_again(settings: Settings, records: list[ConsumerRecord]) -> None:
    """Send records a second time, to where they are: as a worker that begins again does without transactions."""
    producer = Broker(settings).producer()
    await producer.start()
    for one in records:
        await producer.send_and_wait(one.topic, one.value, one.key, one.partition, headers=list(one.headers))
    await producer.stop()


def is_through(listener: Listener, records: list[ConsumerRecord]) -> bool:
    store = listener.store
    ids = {ident for (ident,) in store.execute("SELECT id FROM seen")}
    waits = store.execute("SELECT count(*) FROM waiting").fetchone()
    return ids >= {headers_of(one)["ce_id"] for one in records} and waits == (0,)


async def until(task: "asyncio.Task[None]", holds: Any) -> bool:
    """Wait until something holds, and end the task; report whether it held before the task ended by itself."""
    async with asyncio.timeout(60):
        while not task.done() and not holds():
            await asyncio.sleep(0.05)
    found = not task.done()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Ended):
        await task
    return found


def test_it_has_as_many_lines_as_is_said_of_it() -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 60
    assert "in 60 lines" in (EXAMPLE.parent / "README.md").read_text()


@pytest.mark.parametrize(("broker", "file"), [("127.0.0.1:1", "notifier.db"), ("127.0.0.1:1", "nowhere/notifier.db")])
def test_without_a_broker_or_a_file_it_says_so_and_ends(broker: str, file: str, tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLE), broker, str(tmp_path / file)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 1
    assert f"notifier: cannot read from the broker {broker}, or keep" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Unclosed" not in done.stderr


async def test_the_script_says_what_is_of_use_now(tmp_path: Path) -> None:
    stored = next(one for one in ever_written().values() if one.message == "action.recommended")
    soon = text(datetime.now(UTC) + timedelta(hours=1))
    fresh = record_of(stored._replace(payload=stored.payload | {"expires_at": soon}))
    async with EmbeddedBroker() as broker:
        settings = on(broker.address)
        await Broker(settings).create_topics()
        producer = Broker(settings).producer()
        await producer.start()
        for _ in range(2):
            await producer.send_and_wait("actions", fresh.value, fresh.key, headers=list(fresh.headers))
        await producer.stop()
        command = [sys.executable, str(EXAMPLE), broker.address, str(tmp_path / "notifier.db")]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        process.kill()
        rest = await process.stdout.read()
        await process.wait()

    assert line.decode().split(" ", 1)[0] == stored.headers["ce_id"]
    assert "dunning for c-0007: Payment failed 3 times" in line.decode()
    assert rest == b""
