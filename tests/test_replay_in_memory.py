"""A replay in memory writes what one on a broker writes, byte by byte, and the same each time."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from retention.calendar import instant
from sources import SOURCE_OF
from streams.companies import KINDS
from streams.companies.base import Company
from streams.embedded import EmbeddedBroker
from streams.home import home_of
from streams.replay import replay
from streams.replay_in_memory import replay_in_memory
from streams.replayed import OUTPUT_FILES
from streams.topics import HEALTH, MOVEMENTS, SIGNALS, UPDATES
from tests.building import Log, at, line
from tests.running import on

START = datetime(2025, 1, 1, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "sources"
PACED = {OUTPUT_FILES[UPDATES.name], "summary.json"}
"""Files that tell how fast a broker was: figures are published twice a second."""


def spoilt(lines: list[bytes]) -> list[bytes]:
    """Return a log with lines that nobody can read, duplicates, late events, and requests to be erased or merged."""
    _, two, three, *_ = sorted({json.loads(one)["customer_id"] for one in lines})
    at = json.loads(lines[-1])["occurred_at"]
    added: list[bytes] = [
        *lines[10:20],
        b'{"type": "login.succeeded"',
        b'{"type": "login.succeeded", "customer_id": "c-1", "note": NaN}',
        b'{"type": "login.succeeded", "customer_id": 17, "occurred_at": "2025-02-01T00:00:00Z", "event_id": 4}',
        b"\xff\xfe not text",
        b"[1, 2]",
        line({"event_id": "y", "type": "no.such", "customer_id": three, "occurred_at": at}),
        line({"event_id": "f", "type": "login.succeeded", "customer_id": three, "occurred_at": "2999-01-01T00:00:00Z"}),
        line({"event_id": "m", "type": "customer.merged", "customer_id": "nobody", "into": two, "occurred_at": at}),
        line({"event_id": "x", "type": "erasure.requested", "customer_id": "unknown", "occurred_at": at}),
        line({"event_id": "z", "type": "login.succeeded", "customer_id": "unknown", "occurred_at": at}),
    ]
    place = len(lines) // 2
    return [*lines[: place - 40], *lines[place:], *added, *lines[place - 40 : place]]


def figures(out: Path) -> dict[str, Any]:
    """Return the last value of each figure: in which edition it is depends on when it was published."""
    updates = [json.loads(one) for one in (out / OUTPUT_FILES[UPDATES.name]).read_text().splitlines()]
    return {one["key"]: (one["value"]["value"], one["value"]["components"]) for one in updates}


def others(out: Path) -> dict[str, bytes]:
    """Return the files that do not depend on the pace; of a rejected record, without when it was read."""
    return {
        file.name: b"\n".join(map(timeless, file.read_bytes().splitlines()))
        for file in out.iterdir()
        if file.name not in PACED
    }


def movements(out: Path) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Return the last word about each movement: kind, and MRR before and after. A correction replaces what it names."""
    said = [json.loads(one)["value"] for one in (out / OUTPUT_FILES[MOVEMENTS.name]).read_text().splitlines()]
    return {(one["customer_id"], one["at"]): (one["kind"], one["before"], one["after"]) for one in said}


def timeless(text: bytes) -> bytes:
    if b"x-dead-letter-timestamp" not in text:
        return text
    record = json.loads(text)
    record["headers"].pop("x-dead-letter-timestamp")
    return line(record)


def summary(out: Path) -> dict[str, Any]:
    """Return what the summary says, without the pace."""
    found: dict[str, Any] = json.loads((out / "summary.json").read_text())
    for month in found["months"]:
        month.pop("edition")
    found.pop("seconds")
    return found


@pytest.mark.parametrize("kind", KINDS)
async def test_it_writes_what_a_replay_on_a_broker_writes(kind: str, tmp_path: Path) -> None:
    lines = [arrival.line() for arrival in Company(KINDS[kind], 7, START, 120, 30).history()]
    (tmp_path / "log").write_bytes(b"\n".join(spoilt(lines)))
    until = instant(datetime(2025, 6, 20, tzinfo=UTC))

    async with EmbeddedBroker() as broker:
        await replay(tmp_path / "log", tmp_path / "broker", on(broker.address), until)
    for out in ("memory", "again"):
        await replay_in_memory(tmp_path / "log", tmp_path / out, on("nowhere:1"), until)

    assert others(tmp_path / "memory") == others(tmp_path / "broker")
    assert figures(tmp_path / "memory") == figures(tmp_path / "broker")
    assert summary(tmp_path / "memory") == summary(tmp_path / "broker")
    assert summary(tmp_path / "memory")["rejected"]
    assert (tmp_path / "memory" / OUTPUT_FILES[UPDATES.name]).read_bytes() == (
        tmp_path / "again" / OUTPUT_FILES[UPDATES.name]
    ).read_bytes()


LATE = b"\n".join(
    Log()
    .starts(0, "40")
    .changes(27, mrr="60")
    .add("subscription.renewed", 55, subscription_id="s-1")
    .changes(1, mrr="32")
    .lines()
)
"""A change behind what happened weeks later: whether it corrects a movement depends on where a commit falls."""


@pytest.mark.parametrize(
    ("log", "source"),
    [(LATE, None), *(((SAMPLES / f"{one}.jsonl").read_bytes(), one) for one in ("stripe", "chargebee"))],
)
async def test_what_a_late_event_corrects_adds_up_as_on_a_broker(
    log: bytes, source: str | None, tmp_path: Path
) -> None:
    (tmp_path / "log").write_bytes(log)
    chosen = {"sources__log": source} if source else {}

    async with EmbeddedBroker() as broker:
        await replay(tmp_path / "log", tmp_path / "broker", on(broker.address, **chosen))
    await replay_in_memory(tmp_path / "log", tmp_path / "memory", on("nowhere:1", **chosen))

    assert movements(tmp_path / "memory") == movements(tmp_path / "broker")
    assert movements(tmp_path / "memory")
    assert figures(tmp_path / "memory") == figures(tmp_path / "broker")
    for file in (OUTPUT_FILES[SIGNALS.name], OUTPUT_FILES[HEALTH.name]):
        assert (tmp_path / "memory" / file).read_bytes() == (tmp_path / "broker" / file).read_bytes()


async def test_what_was_said_of_a_customer_before_it_was_erased_stays_in_the_results(tmp_path: Path) -> None:
    lines = [arrival.line() for arrival in Company(KINDS["saas"], 7, START, 90, 20).history()]
    name = json.loads(lines[0])["customer_id"]
    at = json.loads(lines[-1])["occurred_at"]
    lines.append(line({"event_id": "x", "type": "erasure.requested", "customer_id": name, "occurred_at": at}))
    (tmp_path / "log").write_bytes(b"\n".join(lines))

    for out in ("one", "two"):
        await replay_in_memory(tmp_path / "log", tmp_path / out, on("nowhere:1"))

    movements = (tmp_path / "one" / OUTPUT_FILES[MOVEMENTS.name]).read_text()
    assert f'"key": "{name}"' in movements
    assert name not in (tmp_path / "one" / OUTPUT_FILES[HEALTH.name]).read_text()
    for file in OUTPUT_FILES.values():
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


async def test_what_goes_to_another_partition_arrives_within_a_step_of_event_time(tmp_path: Path) -> None:
    others = [one for number in range(20) for one in Log(f"other-{number}").login(*range(41)).events]
    there = Log("c-2").login(*range(21)).events
    gone = Log("c-1").login(1).add("customer.merged", 20.5, into="c-2").login(22, 28.5, 35, 40).events
    lines = sorted([*others, *there, *gone], key=lambda one: one["occurred_at"])
    (tmp_path / "log").write_bytes(b"\n".join(map(line, lines)))

    summary = await replay_in_memory(tmp_path / "log", tmp_path / "out", on("nowhere:1"), instant(at(40)))

    assert home_of(b"c-1", 4) != home_of(b"c-2", 4)
    assert summary["applied"] == len(lines)
    assert (tmp_path / "out" / OUTPUT_FILES[SIGNALS.name]).read_text() == ""


@pytest.mark.parametrize("source", SOURCE_OF)
async def test_each_line_of_a_source_has_its_outcome(source: str, tmp_path: Path) -> None:
    settings = on("nowhere:1", sources__log=source)

    found = await replay_in_memory(SAMPLES / f"{source}.jsonl", tmp_path / "out", settings)

    outcomes = ("applied", "duplicate", "left_out", "after_until", "of_erased_customers", "heartbeats")
    assert sum(found[outcome] for outcome in outcomes) + sum(found["rejected"].values()) == found["read"]
    assert found["heartbeats"] >= 0
    assert found["read"] or found["skipped"]


async def test_a_thousand_partitions_need_no_thousand_files(tmp_path: Path) -> None:
    lines = [arrival.line() for arrival in Company(KINDS["saas"], 7, START, 20, 10).history()]
    (tmp_path / "log").write_bytes(b"\n".join(lines))
    wide = on("nowhere:1", topics__partitions="300")

    summary = await replay_in_memory(tmp_path / "log", tmp_path / "out", wide)

    assert summary["applied"] == len({json.loads(one)["event_id"] for one in lines})
