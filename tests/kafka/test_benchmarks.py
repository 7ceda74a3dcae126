"""The benchmarks that need a broker run, on little, and account for every record."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka.admin import NewTopic

from benchmarks.throughput import compact, kept
from benchmarks.whole_product import WIDTH
from retention.calendar import DAY, HOUR, rfc3339
from streams.broker import Broker
from streams.settings import Settings
from streams.topics import CHANGELOG
from tests.kafka.broker import ROOT, ApacheKafka

pytestmark = pytest.mark.kafka

EVENTS: Final = 400
BEGUN: Final = 20_000 * DAY


def run(name: str, *arguments: str, **environment: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    ran = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=240
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def of_the_contest(place: int) -> dict[str, Any]:
    """Return an event as the harness in `../shared/peers` writes it."""
    kinds: list[dict[str, Any]] = [
        {"type": "login", "session_id": f"s-{place}"},
        {"type": "purchase", "amount": 10.5, "currency": "EUR", "order_id": f"o-{place}"},
        {"type": "ticket", "ticket_id": f"t-{place}", "status": "open", "priority": "high"},
        {"type": "cancellation", "plan": "basic", "mrr": 9.9, "reason": "competitor"},
    ]
    common = {"customer_id": f"cust-{place % 20}", "occurred_at": rfc3339(BEGUN + place * HOUR), "source": "shop"}
    return {"event_id": str(uuid.UUID(int=place)), **common, **kinds[place % 7 % 4]}


async def written(settings: Settings, *topics: str) -> None:
    """Create the contest's topics, and write its log to the first of them."""
    broker = Broker(settings)
    admin = await broker.admin()
    await admin.create_topics([NewTopic(topic, WIDTH, 1) for topic in topics])
    await admin.close()
    producer = broker.producer()
    await producer.start()
    for place in range(EVENTS):
        event = of_the_contest(place)
        key = event["customer_id"].encode()
        await producer.send(topics[0], value=json.dumps(event).encode(), key=key)
    await producer.stop()


def in_the_harness(settings: Settings, name: str, result: Path) -> dict[str, Any]:
    """Run a contestant as the harness does; give what it wrote down."""
    environment = {
        "BOOT": settings.kafka.bootstrap_servers,
        "IN": f"{settings.kafka.group}-events",
        "OUT": f"{settings.kafka.group}-signals",
        "GROUP": f"{settings.kafka.group}-{name}",
        "N": str(EVENTS),
        "STATE_DIR": str(result.parent),
        "RESULT": str(result),
    }
    run(name, **environment)
    found: dict[str, Any] = json.loads(result.read_text())
    return found


async def test_both_contestants_work_off_the_contests_log(settings: Settings, tmp_path: Path) -> None:
    await written(settings, f"{settings.kafka.group}-events", f"{settings.kafka.group}-signals")

    for name in ("retention_job", "whole_product"):
        found = in_the_harness(settings, name, tmp_path / f"{name}.json")

        assert found["cnt"] == EVENTS
        assert found["t1"] > found["t0"]
        assert found["c1"] > found["c0"]


def test_throughput_is_measured_with_stock_faust_and_the_recovery(kafka: ApacheKafka) -> None:
    rows = run("throughput", "--events", "2000", "--customers", "100", "--stock", "200")

    assert {row["what"] for row in rows} >= {"backstay", "stock faust"}
    _, as_left, compacted = (row for row in rows if row["what"] == "recovery")
    assert as_left["customers"] == compacted["customers"] == 100
    assert as_left["changelog_records"] >= compacted["changelog_records"] > 100  # equal if one commit took all events


async def test_a_changelog_is_reduced_to_the_newest_record_of_each_key(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    producer = broker.producer()
    await producer.start()
    for value in (b"older", b"newer"):
        await producer.send_and_wait(broker.topic(CHANGELOG), value, b"ada", 0)
    for kept_or_gone in (b"here", None):
        await producer.send_and_wait(broker.topic(CHANGELOG), kept_or_gone, b"bob", 1)
    await producer.stop()

    written, newest = await kept(broker)
    await compact(broker, newest)

    assert (written, newest[:2]) == (4, [{b"ada": b"newer"}, {}])
    assert await kept(broker) == (1, newest)


def test_a_worker_reads_the_same_events_in_our_contract_and_as_records_of_a_source(kafka: ApacheKafka) -> None:
    *_, start, _, _, _, _, row = run("sources_on_kafka", "mapping", "--records", "400", "--rounds", "1")

    assert start["what"] == "start"
    assert (row["source"], row["records"], row["events"]) == ("mapping", 400, 400)
    assert set(row["cpu_seconds"]) == {"ours", "ours_anywhere", "at_home", "anywhere"}
    assert row["times_both_anywhere"] > 0


def test_latency_is_measured(kafka: ApacheKafka) -> None:
    (row,) = run("latency", "--rates", "200", "--seconds", "2", "--customers", "50")

    assert row["signals"] > 0
    assert 0 < row["p50_ms"] <= row["p99_ms"] <= row["max_ms"]


def test_memory_is_measured_while_a_worker_joins_and_leaves(kafka: ApacheKafka) -> None:
    rounds = run("rebalances", "--rounds", "2", "--rate", "50", "--customers", "20", "--stay", "0.2")

    assert [one["rounds"] for one in rounds] == [1, 2]
    assert all(one["resident_mb"] > 0 for one in rounds)
