"""The topic `customer-health` on the embedded broker: restarts, erasure, and what a replay writes."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from retention.calendar import instant
from streams.access import acls
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.replay import replay
from streams.settings import Settings
from streams.topics import CHANGELOG, HEALTH, OUTPUTS
from tests.building import Log, at, in_order, line
from tests.running import on, said, send, worked_off


@pytest_asyncio.fixture
async def settings() -> AsyncIterator[Settings]:
    """Return settings with a broker of the test's own; time goes by the log."""
    async with EmbeddedBroker() as broker:
        yield on(broker.address)


def leaving(name: str) -> Log:
    return Log(name).starts(0, "30").login(1, 2, 3, 4, 5).add("cancellation.requested", 6)


def about(records: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return sorted((one["key"], one["value"] and one["value"]["as_of"]) for one in records)


async def test_a_restart_writes_no_card_again_and_goes_on_with_the_next_day(settings: Settings) -> None:
    await Broker(settings).create_topics()
    await send(settings, leaving("c-1").lines() + Log("c-2").starts(0).lines(), until=at(8.5))
    await worked_off(settings)
    before = await said(settings, HEALTH)

    await worked_off(settings)
    again = await said(settings, HEALTH)
    await send(settings, [], until=at(9.5))
    await worked_off(settings)
    after = await said(settings, HEALTH)

    assert before[-1]["headers"]["ce_type"] == "io.backstay.customer.health.v1"
    assert {one["key"] for one in before} == {"c-1"}  # and nothing that makes a segment roll: nobody was forgotten
    assert (before[-1]["value"]["as_of"], before[-1]["value"]["band"]) == ("2024-01-09T00:00:00Z", "high")
    assert again == before
    assert about(after[len(before) :]) == [("c-1", "2024-01-10T00:00:00Z")]


async def test_of_a_forgotten_customer_a_tombstone_is_written_and_no_card_after_it(settings: Settings) -> None:
    await Broker(settings).create_topics()
    await send(settings, leaving("gone").lines() + leaving("c-1").lines(), until=at(8.5))
    await worked_off(settings)

    await send(settings, [line(Log("gone").add("erasure.requested", 10).events[0] | {"event_id": "please"})], at(20))
    await worked_off(settings)
    await send(settings, leaving("gone").lines(), until=at(22))
    await worked_off(settings)

    cards = await said(settings, HEALTH)
    mine = [one["value"] for one in cards if one["key"] == "gone"]
    assert (len(mine) > 1, mine.index(None)) == (True, len(mine) - 1)
    rolled = [one["value"] for one in cards if one["key"] == "\0roll"]
    assert (len(rolled) > 1, set(rolled)) == (True, {None})  # on the partition of the forgotten, so that it is cleaned
    assert max(about([one for one in cards if one["key"] == "c-1"]))[1] == "2024-01-22T00:00:00Z"


async def test_a_replay_writes_the_last_card_of_each_customer_and_none_of_the_forgotten(
    settings: Settings, tmp_path: Path
) -> None:
    over = Log("over").starts(0).add("cancellation.requested", 6).add("cancellation.revoked", 7)
    gone = leaving("gone").add("erasure.requested", 10)
    logs = in_order(Log())
    for log in (over, gone, leaving("c-1"), Log("calm").starts(0)):
        logs.events += log.events
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(in_order(logs).lines()) + b"\n")

    await replay(tmp_path / "log.jsonl", tmp_path / "out", settings, instant(at(30.5)))

    cards = [json.loads(one) for one in (tmp_path / "out/customer-health.jsonl").read_text().splitlines()]
    assert about(cards) == [("c-1", "2024-01-31T00:00:00Z"), ("over", "2024-01-08T00:00:00Z")]
    assert [one["value"]["band"] for one in cards] == ["high", "low"]


def test_the_topic_is_compacted_as_the_changelog_is_and_workers_may_write_it() -> None:
    broker = Broker(on("127.0.0.1:1", prefix="x."))

    assert HEALTH in OUTPUTS
    assert HEALTH.of_customers
    assert HEALTH.config == CHANGELOG.config
    writing = next(one for one in acls(broker, "User:w") if "Write" in one and "x.customer-health" in one)
    assert "Read" not in writing
