"""Facts of the company with workers on a broker: four partitions, a restart, a rebuild, and a replay."""

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from retention.calendar import instant
from retention.engine.partition_state import PartitionState
from retention.reference import Fact, Facts
from retention.statements import Statement
from schemas.outbound import ChurnSignal
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.in_process import Watcher, applied
from streams.rebuild import rebuild
from streams.reference import Reference
from streams.replay import replay
from streams.settings import Settings, StateSettings
from streams.topics import CHANGELOG
from tests.building import Log, at, line, uses
from tests.running import on, send, worked_off
from tests.test_merges_on_a_broker import PARTITIONS, Asked
from tests.test_reference import all_of, fact, rate, resolved, started, stated_in_utc

MET = "errors-met"
CUSTOMERS = [one for number in range(6) for one in Log(f"c-{number}").starts(0).login(1, 2, 3).lines()]
FACTS = [
    rate(1, "1.08", "r-1"),
    rate(1, "1.09", "r-2"),
    fact("plan.published", 2, "p-1", plan="pro", currency="EUR", mrr="29"),
    started(3, ident="s-1"),
    started(3, ident="s-1"),
]


@pytest.fixture
async def settings() -> AsyncIterator[Settings]:
    async with EmbeddedBroker() as broker:
        yield on(broker.address)


async def stored(settings: Settings) -> list[list[Fact]]:
    """Return the facts in the changelog of each partition."""
    broker, found = Broker(settings), list[list[Fact]]()
    for number in range(PARTITIONS):
        values = dict[bytes, bytes]()
        async for records in broker.read(broker.topic(CHANGELOG), number):
            values |= {record.key: record.value or b"" for record in records}
        reference = Reference()
        reference.restore(values)
        found.append(all_of(reference.facts))
    return found


async def test_facts_reach_every_partition_and_survive_a_restart_and_a_rebuild(settings: Settings) -> None:
    broker = Asked(settings)
    await broker.create_topics()
    await send(settings, [*CUSTOMERS, *map(line, FACTS)], until=at(20))
    worker = await worked_off(settings)
    counted = worker.gauges.outcomes()
    assert (counted["reference", "applied"], counted["reference", "duplicate"]) == (4, 1)
    assert await stored(settings) == [all_of(Facts(map(stated_in_utc, FACTS)))] * PARTITIONS

    more = [*FACTS, resolved(9)]
    await send(settings, [line(resolved(9))], until=at(30))
    await worked_off(settings)
    wanted = [all_of(Facts(map(stated_in_utc, more)))] * PARTITIONS
    assert await stored(settings) == wanted

    assert await rebuild(broker) == 6
    assert await stored(settings) == wanted
    await broker.recreate(CHANGELOG, PARTITIONS)
    assert await rebuild(broker) == 6  # from the inputs alone
    assert await stored(settings) == wanted

    await send(settings, [line(rate(31, "1.2", "r-9"))], until=at(40))
    await worked_off(settings)
    assert await stored(settings) == [all_of(Facts(map(stated_in_utc, [*more, rate(31, "1.2", "r-9")])))] * PARTITIONS


async def test_a_worker_that_goes_on_from_its_copy_on_disk_knows_them(settings: Settings, tmp_path: Path) -> None:
    on_disk = settings.model_copy(update={"state": StateSettings(dir=tmp_path / "state")})
    await Broker(settings).create_topics()
    await send(settings, [*CUSTOMERS, *map(line, FACTS)], until=at(20))
    await worked_off(on_disk)
    await send(settings, [line(resolved(9))], until=at(30))

    known: list[list[Fact]] = []
    await worked_off(on_disk, lambda worker: known.extend(all_of(one.reference.facts) for one in worker.processors()))

    assert known == [all_of(Facts(map(stated_in_utc, [*FACTS, resolved(9)])))] * PARTITIONS


async def test_a_replay_reads_facts_and_so_does_a_log_without_a_broker(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    refused = line(started(4, customer_id="c-1"))
    log.write_bytes(b"\n".join([*CUSTOMERS, *map(line, FACTS), refused]) + b"\n")

    summary = await replay(log, tmp_path, settings, instant(at(40)))
    run = applied([log], settings, Watcher(), instant(at(40)))

    events = len(CUSTOMERS) + len(FACTS)
    assert (summary["applied"], summary["duplicate"], summary["rejected"]) == (events - 1, 1, {"contract": 1})
    assert (run.account.applied, run.account.duplicate, run.account.rejected) == (events - 1, 1, {"contract": 1})
    assert all_of(run.state.facts) == all_of(Facts(map(stated_in_utc, FACTS)))


def met() -> list[bytes]:
    """Return what ten customers do for half a year, each with an error inside an incident, and the incidents."""
    events: list[dict[str, Any]] = []
    for number in range(10):
        day = 10 + 15 * number
        log = uses(180, ["export"], Log(f"c-{number}")).add("error.occurred", day + 0.5, feature="export")
        facts = [
            started(day + 0.4, f"inc-{number}", f"s-{number}"),
            resolved(day + 0.6, f"inc-{number}", f"e-{number}"),
        ]
        events += [*log.events, *facts]
    return [line(event) for event in sorted(events, key=lambda event: event["occurred_at"])]


async def test_a_history_on_several_partitions_says_of_incidents_what_it_says_on_one(
    settings: Settings, tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"\n".join(met()) + b"\n")
    said: list[tuple[str, str, str]] = []

    class Said(Watcher):
        def said(self, statements: Sequence[Statement], state: PartitionState) -> None:
            signals = [one for one in statements if one.type.startswith("churn_signal.")]
            said.extend((one.key, one.type, one.id) for one in signals if cast("ChurnSignal", one.body).signal == MET)

    applied([log], settings, Said(), instant(at(200)))
    await replay(log, tmp_path, settings, instant(at(200)))

    lines = [json.loads(text) for text in (tmp_path / "churn-signals.jsonl").read_text().splitlines()]
    replayed = [one for one in lines if one["value"].get("signal") == MET]
    raised = {name for name, kind, _ in said if kind == "churn_signal.raised"}
    assert raised == {f"c-{number}" for number in range(10)}
    assert sorted(one["headers"]["ce_id"] for one in replayed) == sorted(ident for *_, ident in said)
