"""The whole app on the embedded broker: replays, poison, restarts, the page, the command line."""

import asyncio
import csv
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiokafka import TopicPartition
from aiokafka.partitioner import murmur2

from retention.calendar import instant
from retention.state.codec import VERSION
from streams.app import Worker, build
from streams.broker import Broker
from streams.checks import CHECKS, examined
from streams.embedded import EmbeddedBroker
from streams.errors import BrokerUnreachable, NewerState, StateBehind, TopicsUnfit
from streams.replay import replay
from streams.settings import Settings
from streams.topics import AUDIT, CHANGELOG, DEAD_LETTERS, SIGNALS, UPDATES
from streams.unit_of_work import UnitOfWork
from streams.web.server import Web
from tests.building import Log, at, line
from tests.conftest import example, example_names, shared
from tests.expecting import assert_figures
from tests.running import kept, on, said, send, worked_off

LATENESS_AND_DISORDER = timedelta(hours=48, minutes=10)


@pytest_asyncio.fixture
async def settings() -> AsyncIterator[Settings]:
    """Return settings with a broker of the test's own; time goes by the log."""
    async with EmbeddedBroker() as broker:
        yield on(broker.address)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Replay every worked stream through the app, side by side; give the folders of the results.

    Each has a broker of its own: a client asks for all topics of its broker, which takes most of the time if it has
    those of 25 streams.
    """

    async def one(name: str, folder: Path, gate: asyncio.Semaphore) -> None:
        lines, expected = example(name)
        folder.mkdir()
        (folder / "log.jsonl").write_bytes(b"\n".join(lines) + b"\n")
        until = instant(datetime.fromisoformat(expected["period"][1]) + LATENESS_AND_DISORDER)
        async with gate, EmbeddedBroker() as broker:
            await replay(folder / "log.jsonl", folder, on(broker.address, prefix=f"{name}."), until)

    async def every(folders: dict[str, Path]) -> None:
        gate = asyncio.Semaphore(4)
        await asyncio.gather(*(one(name, folder, gate) for name, folder in folders.items()))

    root = tmp_path_factory.mktemp("replayed")
    folders = {name: root / name for name in example_names()}
    asyncio.run(every(folders))
    return folders


@pytest.mark.parametrize("name", example_names())
def test_replay_brings_a_worked_stream_to_its_figures(name: str, replayed: dict[str, Path]) -> None:
    _, expected = example(name)
    updates = [json.loads(one) for one in (replayed[name] / "metric-updates.jsonl").read_text().splitlines()]
    latest = {update["key"]: update["value"] for update in updates}

    def find(metric: str) -> Any:
        return latest[f"{metric}|{expected['basis']}|{expected['currency']}|month|{expected['period'][0][:10]}|all"]

    assert_figures(expected["expected"], find)
    assert find("crr")["edition"] == "final"
    assert json.loads((replayed[name] / "summary.json").read_text())["rejected"] == {}


def updates_in(folder: Path) -> dict[str, Any]:
    """Return the last update of every key that a replay wrote."""
    lines = (folder / "metric-updates.jsonl").read_text().splitlines()
    return {one["key"]: one["value"] for one in map(json.loads, lines)}


async def test_cdnow_replays_to_every_published_month(settings: Settings, tmp_path: Path) -> None:
    log, months = shared("data/cdnow_sample.jsonl.gz"), shared("data/cdnow_sample.monthly.csv").read_text()

    await replay(log, tmp_path, settings, instant(datetime(1998, 7, 4, tzinfo=UTC)))

    found = updates_in(tmp_path)
    for month in csv.DictReader(months.splitlines()):
        update = found[f"crr|purchase||month|{month['month']}-01|all"]
        assert [update["components"][name] for name in ("S", "E", "N")] == [int(month[n]) for n in ("S", "E", "N")]
        assert (round(float(update["value"]) * 100, 6), update["edition"]) == (float(month["crr_percent"]), "final")


async def test_the_mrr_playbook_replays_to_every_month(settings: Settings, tmp_path: Path) -> None:
    log, months = shared("data/mrr_playbook.jsonl"), shared("data/mrr_playbook.monthly.csv").read_text()

    await replay(log, tmp_path, settings, instant(datetime(2020, 3, 4, tzinfo=UTC)))

    found = updates_in(tmp_path)
    for month in csv.DictReader(months.splitlines()):
        key = f"subscription|USD|month|{month['month']}-01|all"
        counts, money = found[f"crr|{key}"]["components"], found[f"ndr|{key}"]["components"]
        assert [counts[n] for n in ("S", "E", "N", "lost")] == [int(month[n]) for n in ("S", "E", "N", "churned")]
        assert [money["mrr_start"], money["mrr_end"]] == [month["mrr_start"], month["mrr_end"]]
        assert found[f"arr|{key}"]["value"] == month["arr_end"]
        kinds = ("new", "reactivation", "expansion", "contraction", "churn")
        assert [money["period_view"][kind] for kind in kinds] == [month[f"{kind}_mrr"] for kind in kinds]
        for name in ("crr", "ndr", "grr"):
            value = found[f"{name}|{key}"]["value"]
            assert (value and round(float(value) * 100, 6)) == (float(month[name]) if month[name] else None)


async def test_poison_becomes_dead_letters_and_the_stream_goes_on(settings: Settings, tmp_path: Path) -> None:
    good = Log().starts(0).login(1, 2).lines()
    log = tmp_path / "log.jsonl"
    bad = [
        b"{",
        b'{"type": 5}',
        b"\xff\xfe",
        json.dumps({"type": "rate.dreamt"}).encode(),
        line(Log().login(3).events[0] | {"customer_id": "a@b.example"}),
    ]
    absurd = line(Log().login(1).events[0] | {"event_id": "x", "occurred_at": "2199-01-01T00:00:00Z"})
    log.write_bytes(b"\n".join([*bad, *good, good[-1], absurd]) + b"\n")

    summary = await replay(log, tmp_path, settings, instant(at(40)))

    assert summary["rejected"] == {"contract": 2, "future": 1, "not_json": 2, "unknown_type": 1}
    assert (summary["applied"], summary["duplicate"], summary["customers"]) == (3, 1, 1)
    assert summary["read"] == summary["applied"] + summary["duplicate"] + sum(summary["rejected"].values())
    letters = [json.loads(one) for one in (tmp_path / "dead-letters.jsonl").read_text().splitlines()]
    letter = next(one for one in letters if one["headers"]["x-dead-letter-reason"] == "unknown_type")
    assert letter["value"] == {"type": "rate.dreamt"}
    assert letter["headers"]["x-dead-letter-topic"] == "logins"
    assert summary["as_of"] == "2024-02-10T00:00:00Z"


async def test_new_words_and_money_in_items_are_read_and_what_is_no_money_is_put_aside(
    settings: Settings, tmp_path: Path
) -> None:
    terms: dict[str, Any] = {"mrr": None, "interval": "month"}
    kept = Log("keep").starts(0, mrr="100", status="sold").ends(20, cause="tired", reason="not_used")
    half = Log("half").starts(0, **terms, items=[{"price": "40"}], discounts=[{"percent": 12.5, "duration": "forever"}])
    bad = Log("bad").starts(1, **terms, items=[{"price": "abc"}]).starts(2, mrr=None, plan="pro")
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(kept.lines() + half.lines() + bad.lines()) + b"\n")

    summary = await replay(tmp_path / "log.jsonl", tmp_path, settings, instant(at(40)))

    assert (summary["applied"], summary["rejected"]) == (3, {"contract": 2})
    assert summary["read_as_other"] == {"cancellations.cause": 1, "cancellations.reason": 1, "subscriptions.status": 1}
    assert updates_in(tmp_path)["mrr|subscription|EUR|month|2024-01-01|all"]["value"] == "35.00"


async def test_a_refund_that_turns_out_to_be_in_another_currency_becomes_a_dead_letter(
    settings: Settings, tmp_path: Path
) -> None:
    log = Log().refunds(3, "o", amount="5.00", currency="USD").buys(2, "o").refunds(4, "o", currency="JPY")
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(log.lines()) + b"\n")

    summary = await replay(tmp_path / "log.jsonl", tmp_path, settings, instant(at(40)))

    assert (summary["read"], summary["applied"], summary["rejected"]) == (3, 1, {"contract": 2})
    letters = [json.loads(one) for one in (tmp_path / "dead-letters.jsonl").read_text().splitlines()]
    assert [one["value"]["event_id"] for one in letters] == ["c-1-e00001", "c-1-e00003"]
    assert letters[0]["value"] == log.events[0]
    assert letters[0]["headers"]["x-dead-letter-error"].startswith("currency: a refund in USD of an order in EUR")


async def test_of_a_file_in_which_nothing_is_an_event_no_time_passes(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"when,who\n{}\n")

    summary = await replay(log, tmp_path, settings)

    assert summary["rejected"] == {"contract": 1, "not_json": 1}
    assert summary["as_of"] is None


async def test_a_worker_leaves_nothing_in_the_folder_it_runs_in(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await Broker(settings).create_topics()
    await send(settings, Log().login(1).lines())

    await worked_off(settings)

    assert list(tmp_path.iterdir()) == []


async def send_to(settings: Settings, number: int, events: list[dict[str, Any]]) -> None:
    """Send logins to one partition, of any customer, under a meaningless key."""
    producer = Broker(settings).producer()
    await producer.start()
    for event in events:
        await producer.send_and_wait("logins", value=line(event), key=b"another", partition=number)
    await producer.stop()


async def test_records_away_from_home_are_sent_there_and_count_once(settings: Settings) -> None:
    await Broker(settings).create_topics()
    for number in range(4):
        await send_to(settings, number, [Log("c-7").login(1).events[0] | {"event_id": f"e-{number}"}])
    await send_to(settings, 0, [{"type": "login.succeeded", "customer_id": "c-7", "event_id": "e-9"}])

    worker = await worked_off(settings)
    again = await worked_off(settings)

    outcomes = worker.gauges.outcomes()
    assert (outcomes["logins", "rekeyed"], outcomes["logins", "applied"]) == (3, 4)
    assert worker.gauges.refusals() == {"contract": 1}
    assert not again.gauges.outcomes()
    states = await kept(settings)
    assert states["c-7"].logins[1::2] == [4]


async def test_a_record_that_is_sent_home_twice_counts_once(settings: Settings) -> None:
    """Without transactions, a crash between sending home and committing sends home again."""
    broker = Broker(settings)
    await broker.create_topics()
    event = Log("c-7").login(1).events[0]
    home = (murmur2(b"c-7") & 0x7FFFFFFF) % 4
    headers = [("x-origin-topic", b"logins"), ("x-origin-partition", b"9"), ("x-origin-offset", b"5")]
    producer = broker.producer()
    await producer.start()
    for _ in range(2):
        await producer.send_and_wait("rekeyed", value=line(event), key=b"c-7", partition=home, headers=headers)
    await producer.stop()

    worker = await worked_off(settings)

    assert worker.gauges.outcomes() == {("logins", "applied"): 1, ("logins", "replayed"): 1}


async def test_a_forgotten_customer_leaves_sums_and_a_receipt_and_does_not_come_back(settings: Settings) -> None:
    await Broker(settings).create_topics()
    others = [one for n in range(3) for one in Log(f"c-{n}").starts(0, "30").lines()]
    mine = Log("gone").starts(0, "30").login(1, 2, 3, 4, 5).add("cancellation.requested", 6)
    await send(settings, others + mine.lines(), until=at(8))
    await worked_off(settings)
    await send(settings, [line(Log("gone").add("erasure.requested", 10).events[0] | {"event_id": "please"})], at(20))
    before = len(await said(settings, SIGNALS))
    await worked_off(settings)
    late = Log("gone").login(11).starts(12, "99").lines()
    future = line(Log("gone").login(1).events[0] | {"occurred_at": "2999-01-01T00:00:00Z"})
    await send(settings, [*late, mine.lines()[0], future], until=at(70))

    worker = await worked_off(settings)

    outcomes = worker.gauges.outcomes()
    assert (outcomes["logins", "forgotten"], outcomes["subscriptions", "forgotten"]) == (2, 2)
    assert not worker.gauges.refusals()
    assert sorted(await kept(settings)) == ["c-0", "c-1", "c-2"]
    later = (await said(settings, SIGNALS))[before:] + await said(settings, DEAD_LETTERS)
    assert not [one for one in later if "gone" in json.dumps(one)]
    (receipt,) = await said(settings, AUDIT)
    assert receipt["value"]["request"] == "please"
    assert receipt["value"]["was_known"]
    assert "gone" not in json.dumps(receipt)
    figures = {one["key"]: one["value"]["components"] for one in await said(settings, UPDATES)}
    crr = figures["crr|subscription|EUR|month|2024-02-01|all"]
    assert (crr["S"], crr["E"], crr["lost"]) == (3, 3, 0)
    january = figures["ndr|subscription|EUR|month|2024-01-01|all"]
    assert (january["mrr_end"], january["event_view"]["churn"]) == ("90.00", "30.00")


async def test_a_restart_goes_on_where_the_last_worker_stopped(settings: Settings) -> None:
    await Broker(settings).create_topics()
    lines = Log().starts(0).login(0, 1, 2, 3, 4).lines()
    await send(settings, lines[:4])
    await worked_off(settings)

    await send(settings, lines[4:] + lines[:4], until=at(35))
    worker = await worked_off(settings)

    assert worker.gauges.outcomes()["logins", "duplicate"] == 3
    signals = [(s["value"]["signal"], s["value"]["transition"]) for s in await said(settings, SIGNALS)]
    assert signals == [("no-login", "raised"), ("no-login", "escalated")]


async def test_a_restart_shows_the_figures_of_before_with_no_event_at_all(settings: Settings) -> None:
    await Broker(settings).create_topics()
    log = [event for number in range(4) for event in Log(f"c-{number}").starts(3).events]
    await send(settings, [line(event) for event in log], until=at(70))

    for _ in range(2):
        async with await build(settings) as worker:
            await asyncio.wait_for(worker.until_idle(), 60)
            assert _crr(worker) == 1


async def test_a_worker_whose_figures_lack_what_a_partition_has_sent_is_not_idle(settings: Settings) -> None:
    """The last fetch may not have brought it yet: figures read then would be those of before, or none."""
    await Broker(settings).create_topics()
    await send(settings, Log().starts(3).lines(), until=at(70))
    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_idle(), 60)
        assert worker.idle()

        worker.processors()[0].sent_watermark += 1

        assert not worker.idle()


async def test_time_fires_after_a_restart_with_no_event_at_all(settings: Settings) -> None:
    await Broker(settings).create_topics()
    await send(settings, Log().login(0, 1, 2, 3, 4).lines(), until=at(5))
    await worked_off(settings)
    assert await said(settings, SIGNALS) == []

    await send(settings, [], until=at(12.5))
    await worked_off(settings)

    assert [s["value"]["signal"] for s in await said(settings, SIGNALS)] == ["no-login"]


async def test_time_that_takes_many_goes_keeps_up_with_the_commits(settings: Settings) -> None:
    """Read from a backlog, time stayed behind: one go a commit, and a second from one commit to the next."""
    await Broker(settings).create_topics()
    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_idle(), 30)
        log, goes, commits = worker.customers, Counter[int](), 0
        commit = log.commit

        def pass_some(unit: UnitOfWork) -> bool:
            goes[unit.number] += 1
            return goes[unit.number] < 100

        async def counted() -> None:
            nonlocal commits
            commits += 1
            await commit()

        log.on_tick, log.commit = pass_some, counted  # type: ignore[method-assign] # a hundred goes of time to pass
        while min(goes[number] for number in log.units) < 100:
            await asyncio.sleep(0.01)

    assert commits < 50


async def test_a_worker_that_leaves_while_its_partitions_are_taken_lets_its_copies_go_once(
    settings: Settings, tmp_path: Path
) -> None:
    pytest.importorskip("rocksdict")
    await Broker(settings).create_topics()
    await send(settings, Log().starts(0).lines(), until=at(5))
    own = settings.model_copy(update={"state": settings.state.model_copy(update={"dir": tmp_path / "state"})})

    async with await build(own) as worker:
        await asyncio.wait_for(worker.until_idle(), 30)
        log = worker.customers
        await asyncio.gather(log.on_partitions_revoked(set(log.consumer.assignment())), log.on_stop())

    assert not log.failed


async def test_a_worker_refuses_a_changelog_that_is_behind_the_offsets(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    await send(settings, Log().starts(0).lines(), until=at(5))
    await worked_off(settings)
    admin = await broker.admin()
    await admin.delete_topics([broker.topic(CHANGELOG)])
    await admin.close()
    await broker.create_topics()

    with pytest.raises(StateBehind, match="is behind the committed offsets"):
        await worked_off(settings)


class Growing:
    """A partition to which others write more between two fetches than one fetch returns."""

    def __init__(self) -> None:
        self.at, self.end = 0, 0

    def assign(self, _places: list[TopicPartition]) -> None: ...

    async def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 0)

    def seek(self, _place: TopicPartition, offset: int) -> None:
        self.at = offset

    async def getmany(self, **_options: int) -> dict[TopicPartition, list[int]]:
        assert self.at < 1_000, "it is read without end"
        self.at, self.end = self.at + 4, self.end + 10
        return {TopicPartition("audit", 0): list(range(self.at - 4, self.at))}

    def highwater(self, _place: TopicPartition) -> int:
        return self.end

    async def position(self, _place: TopicPartition) -> int:
        return self.at


async def test_a_partition_is_read_to_where_it_ended_at_first_however_fast_others_write() -> None:
    class GrowingBroker(Broker):
        @asynccontextmanager
        async def reader(self) -> AsyncIterator[Any]:
            yield Growing()

    read = GrowingBroker(Settings()).read("audit", 0)

    assert [offset async for records in read for offset in records] == list(range(12))


async def test_a_worker_refuses_a_state_that_a_newer_build_has_written(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    await send(settings, Log("c-1").starts(0).lines(), until=at(5))
    await worked_off(settings)
    changelog = broker.topic(CHANGELOG)
    written = [
        record
        for number in range(await broker.partitions())
        async for records in broker.read(changelog, number)
        for record in records
        if record.key == b"c-1"
    ]
    producer = broker.producer()
    await producer.start()
    last = written[-1]
    newer = bytes([VERSION + 1]) + last.value[1:]
    await producer.send_and_wait(changelog, newer, key=last.key, partition=last.partition)
    await producer.stop()

    await send(settings, Log("c-1").login(6).lines(), until=at(7))
    with pytest.raises(
        NewerState, match=rf"state version {VERSION + 1}.*start that build again, or .* `backstay rebuild`"
    ):
        await worked_off(settings)


async def test_missing_topics_are_named_with_what_to_run(settings: Settings) -> None:
    with pytest.raises(TopicsUnfit, match="backstay topics create"):
        await build(settings)


async def test_two_deployments_in_one_group_are_told_to_be_of_two(settings: Settings) -> None:
    other = settings.model_copy(update={"topics": settings.topics.model_copy(update={"prefix": "other."})})
    for each in (settings, other):
        await Broker(each).create_topics()

    async with await build(settings) as one, await build(other) as another:
        done, _ = await asyncio.wait((one.failure, another.failure), timeout=60, return_when=asyncio.FIRST_COMPLETED)

    assert [type(each.exception()) for each in done] == [TopicsUnfit]
    assert "give each a kafka.group of its own" in str(done.pop().exception())


async def test_two_workers_share_the_partitions_and_one_shows_the_figures(settings: Settings) -> None:
    await Broker(settings).create_topics()
    customers = [Log(f"c-{n}").starts(3) for n in range(20)]
    async with await build(settings) as one, await build(settings) as other:
        await asyncio.wait_for(_shared(one, other), 30)
        await send(settings, [line for log in customers for line in log.lines()], until=at(70))
        await asyncio.wait_for(asyncio.gather(*(w.until_idle(alone=False) for w in (one, other))), 60)

        kept = [sum(len(processor.store) for processor in worker.processors()) for worker in (one, other)]
        assert sum(kept) == 20
        assert all(kept)
        showing = [worker for worker in (one, other) if _crr(worker) is not None]
        assert len(showing) == 1
        assert _crr(showing[0]) == 1.0


async def _shared(one: Worker, other: Worker) -> None:
    while {len(one.processors()), len(other.processors())} != {2} or not (one.ready and other.ready):
        await asyncio.sleep(0.05)


def _crr(worker: Worker) -> float | None:
    labels = {"basis": "subscription", "period": "month", "segment": "all", "currency": "EUR", "edition": "final"}
    return worker.gauges.registry.get_sample_value("backstay_customer_retention_ratio", labels)


async def test_the_web_side_shows_health_metrics_and_the_page(settings: Settings) -> None:
    await Broker(settings).create_topics()
    await send(settings, Log().starts(3).ends(40).lines(), until=at(70))
    async with await build(settings) as worker, aiohttp.ClientSession() as http:
        web = Web(settings.web, worker)
        await web.start()
        await asyncio.wait_for(worker.until_idle(), 30)

        async def get(path: str) -> tuple[int, str]:
            async with http.get(f"{web.url}{path}") as answer:
                return answer.status, await answer.text()

        assert (await get("/healthz"))[0] == (await get("/readyz"))[0] == 200
        _, metrics = await get("/metrics")
        wanted = (
            'backstay_customer_retention_ratio{basis="subscription",currency="EUR",deployment="local",edition="final",'
        )
        wanted += 'period="month",segment="all"} 0.0'
        assert wanted in metrics
        assert "c-1" not in metrics
        _, state = await get("/state")
        assert json.loads(state)["figures"][-1]["customers"] == 0
        assert json.loads(state)["idle"]
        assert "<title>Backstay</title>" in (await get("/"))[1]
        assert (await get("/table/"))[0] == (await get("/router/"))[0] == 404
        await web.stop()


async def test_doctor_says_what_the_embedded_broker_cannot_tell_and_goes_on(settings: Settings) -> None:
    await Broker(settings).create_topics()

    found = await examined(Broker(settings))

    positions = next(one for one in found if one.name == "positions")
    assert positions.says.startswith("not known: the broker at 127.0.0.1")
    assert (positions.warns, positions.code) == (True, 0)
    assert [one.name for one in found] == [check.name for check in CHECKS]
    assert not any(one.code for one in found), found


async def test_who_asks_the_embedded_broker_for_positions_gets_a_sentence(settings: Settings) -> None:
    with pytest.raises(BrokerUnreachable, match="The embedded broker of `backstay demo` does so"):
        await Broker(settings).committed("some-group")
