"""`backstay load`: a history is marked, keyed and stamped, and goes on where it was interrupted."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agents.record import HISTORY_ENDS
from retention.calendar import instant
from streams import loading
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.errors import BadLog, BadSettings, TopicsUnfit
from streams.home import home_of
from streams.listener import Listener
from streams.loading import Loaded, Loader, Survey, as_backfill, check_topics, standing_still, warnings
from streams.partition_processor import PartitionProcessor
from streams.records import LogRecord
from streams.settings import Settings
from streams.topics import INPUTS, SIGNALS
from tests.building import Log, at, line
from tests.running import on, said, send, worked_off
from tests.test_commands import backstay


@pytest_asyncio.fixture
async def settings() -> AsyncIterator[Settings]:
    async with EmbeddedBroker() as broker:
        settings = on(broker.address)
        await Broker(settings).create_topics()
        yield settings


async def load(settings: Settings, file: Path, stop: asyncio.Event | None = None, rate: float = 1e6) -> Loaded:
    def progress(done: int, _total: int) -> None:
        if stop is not None and done:
            stop.set()

    broker = Broker(settings)
    survey = Survey(broker, await broker.input_widths())
    survey.take(file)
    return await Loader(broker, rate, stop or asyncio.Event(), None, progress).load(file, survey)


async def on_topics(settings: Settings) -> list[Any]:
    broker = Broker(settings)
    found = []
    widths = await broker.input_widths()
    for topic in INPUTS:
        for number in range(widths[topic.name]):
            async for records in broker.read(broker.topic(topic), number):
                found += [(topic.name, widths[topic.name], record) for record in records]
    return found


def tracked() -> list[bytes]:
    """Return two logins as Segment has them."""
    call = {"type": "track", "event": "Signed In", "userId": "c-1"}
    days = ((f"m-{day}", f"2026-03-0{day}T09:30:00.000Z") for day in (1, 2))
    return [line(call | {"messageId": ident, "timestamp": when}) for ident, when in days]


def by_source(settings: Settings) -> Settings:
    return on(settings.kafka.bootstrap_servers, sources__log="segment")


def a_history(tmp_path: Path, lines: list[bytes]) -> Path:
    file = tmp_path / "history.jsonl"
    file.write_bytes(b"\n".join(lines))
    return file


async def test_events_are_marked_keyed_by_customer_and_stamped_with_the_present(
    settings: Settings, tmp_path: Path
) -> None:
    log = Log().starts(3).login(5).buys(6, "o-1").asks(7, "t-1")
    begun = time.time() * 1_000

    loaded = await load(settings, a_history(tmp_path, log.lines()))

    assert (loaded.sent, loaded.ended, loaded.rejected) == (4, True, {})
    found = await on_topics(settings)
    assert sorted(name for name, *_ in found) == ["logins", "purchases", "subscriptions", "tickets"]
    for _, width, record in found:
        event = json.loads(record.value)
        assert event.pop("backfill") is True
        assert event in log.events
        assert record.key == b"c-1"
        assert record.partition == home_of(b"c-1", width)
        assert record.timestamp >= begun - 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"a":1.10}', b'{"backfill":true,"a":1.10}'),
        (b' {\n "a":1}', b'{"backfill":true,\n "a":1}'),
        (b'{"a":1,"backfill":true}', b'{"a":1,"backfill":true}'),
        (b'{"backfill":false,"a":"\xc3\xa9"}', b'{"backfill": true, "a": "\xc3\xa9"}'),
    ],
)
def test_nothing_but_the_mark_is_changed(before: bytes, after: bytes) -> None:
    assert as_backfill(before) == after


async def test_what_was_interrupted_goes_on_and_sends_nothing_twice(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "PIECE", 3)
    log = Log().login(*range(1, 11))
    file = a_history(tmp_path, log.lines())

    first = await load(settings, file, asyncio.Event())
    second = await load(settings, file)
    third = await load(settings, file)

    assert (first.sent, first.ended) == (3, False)
    assert (second.sent, second.ended, second.resumed_at) == (7, True, 3)
    assert (third.sent, third.ended, third.resumed_at) == (0, True, 10)
    ids = [json.loads(record.value)["event_id"] for *_, record in await on_topics(settings)]
    assert sorted(ids) == sorted(event["event_id"] for event in log.events)


async def test_the_note_of_another_file_is_not_believed(settings: Settings, tmp_path: Path) -> None:
    await load(settings, a_history(tmp_path, Log().login(1).lines()))

    with pytest.raises(BadLog, match="the progress of another load"):
        await load(settings, a_history(tmp_path, Log().login(1, 2).lines()))


async def test_a_file_of_which_nothing_was_sent_is_loaded_anew_by_its_source(
    settings: Settings, tmp_path: Path
) -> None:
    """As after a first try without `--source`: its note may not say that all is sent."""
    file = a_history(tmp_path, tracked())

    first = await load(settings, file)
    again = await load(settings, file)
    read = await load(by_source(settings), file)
    ended = await load(by_source(settings), file)

    for refused in (first, again):
        assert (refused.sent, refused.ended, refused.resumed_at) == (0, True, 0)
        assert refused.rejected == {"unknown_type": 2}
    assert (read.sent, read.ended, read.resumed_at) == (2, True, 0)
    assert (ended.sent, ended.ended, ended.resumed_at) == (0, True, 2)


@pytest.mark.parametrize("otherwise", [{}, {"sources__log": "segment", "sources__segment__customer": "group"}])
async def test_the_note_of_a_file_that_was_read_otherwise_is_not_believed(
    settings: Settings, tmp_path: Path, otherwise: dict[str, str]
) -> None:
    """Of a record other events may follow, so their number is no place in the file."""
    file = a_history(tmp_path, tracked())
    await load(by_source(settings), file)

    with pytest.raises(BadLog, match="read by another source or by other settings of it"):
        await load(on(settings.kafka.bootstrap_servers, **otherwise), file)


async def test_notes_of_earlier_builds_are_believed(settings: Settings, tmp_path: Path) -> None:
    file = a_history(tmp_path, Log().login(1, 2, 3).lines())
    await load(settings, file)
    note = tmp_path / "history.jsonl.loading"
    found = json.loads(note.read_text(encoding="utf-8"))
    note.write_text(
        json.dumps({name: found[name] for name in ("size", "begins", "target")} | {"done": 2, "ended": False})
    )

    loaded = await load(settings, file)

    assert (loaded.sent, loaded.resumed_at, loaded.ended) == (1, 2, True)


async def test_where_no_note_can_be_written_nothing_is_sent(settings: Settings, tmp_path: Path) -> None:
    file = a_history(tmp_path, Log().login(1).lines())
    (tmp_path / "history.jsonl.loading.new").mkdir()

    with pytest.raises(BadSettings, match="cannot write"):
        await load(settings, file)

    assert await on_topics(settings) == []


async def test_what_every_worker_would_refuse_is_not_sent_but_named(settings: Settings, tmp_path: Path) -> None:
    good = Log().login(1).events[0]
    bad = [
        b"{",
        line(good | {"customer_id": "a@b.example"}),
        line({"type": "source.heartbeat", "occurred_at": "2024-01-01T00:00:00Z"}),
        line(good | {"occurred_at": "2199-01-01T00:00:00Z"}),
        b"x" * 1_048_577,
        line(good | {"note": "x" * (1_048_570 - len(line(good | {"note": ""})))}),
        line(good).replace(b'"c-1"', b'"c-\xf1"'),
    ]

    loaded = await load(settings, a_history(tmp_path, [*bad, line(good)]))

    assert loaded.rejected == {"contract": 1, "future": 1, "heartbeat": 1, "not_json": 2, "too_large": 2}
    assert [one.place for one in loaded.errors.first("too_large")] == [5, 6]
    assert (loaded.sent, len(await on_topics(settings))) == (1, 1)


async def test_no_more_is_sent_in_a_second_than_is_allowed(settings: Settings, tmp_path: Path) -> None:
    file = a_history(tmp_path, Log().login(*range(1, 61)).lines())
    begun = time.monotonic()

    await load(settings, file, rate=40)

    assert time.monotonic() - begun > 60 / 40 - 0.3


async def test_topics_that_are_missing_are_named(tmp_path: Path) -> None:
    async with EmbeddedBroker() as broker:
        with pytest.raises(TopicsUnfit, match="backstay topics create"):
            await check_topics(Broker(on(broker.address)))

        file = a_history(tmp_path, Log().login(1).lines())
        arguments = ("load", str(file), "--set", f"kafka.bootstrap_servers={broker.address}")
        done = await asyncio.to_thread(backstay, *arguments)

    assert done.returncode == TopicsUnfit.exit_code
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"cleanup.policy": "compact,delete"}, "is compacted"),
        ({"retention.ms": "3600000"}, "for 1 hours"),
    ],
)
async def test_a_topic_that_would_lose_the_history_is_refused(
    settings: Settings, config: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def configs(_broker: Broker, names: list[str]) -> dict[str, dict[str, str]]:
        return {names[0]: config}

    monkeypatch.setattr(Broker, "configs", configs)

    with pytest.raises(TopicsUnfit, match=says):
        await check_topics(Broker(settings))


WARNED = {
    "nothing": ({}, 0, []),
    "workers that run": ({}, 2, ["workers of the group 'backstay' are running (2)", "horizon (16 months)"]),
    "too few bytes": ({"retention.bytes": "2000"}, 0, ["one of them gets ", "Set retention.bytes to -1"]),
    "enough bytes": ({"retention.bytes": "1000000"}, 0, []),
    "too short a time for the rate": ({"retention.ms": "5000"}, 0, ["the load takes", "or a higher --rate"]),
}


@pytest.mark.parametrize(("config", "members", "says"), WARNED.values(), ids=WARNED)
async def test_what_keeps_a_history_from_counting_is_warned_of(
    config: dict[str, str], members: int, says: list[str], settings: Settings, tmp_path: Path
) -> None:
    class Asked(Broker):
        async def configs(self, names: list[str]) -> dict[str, dict[str, str]]:
            return {names[0]: config}

        async def members(self, _group: str) -> int:
            return members

    broker = Asked(settings)
    survey = Survey(broker, await broker.input_widths())
    file = a_history(tmp_path, [*Log().login(*range(1, 31)).lines(), b"{"])
    survey.take(file)

    found = " ".join(await warnings(broker, survey, rate=1))

    assert survey.events == {file: 31}
    assert bool(found) == bool(says)
    assert [one for one in says if one not in found] == []


async def test_a_loaded_history_raises_no_alarm_about_the_past(settings: Settings, tmp_path: Path) -> None:
    """Ten customers came each day, were away for three weeks, and came again: without the mark that is ten alarms."""
    logs = [Log(f"c-{number}").starts(1).login(*range(1, 30), *range(50, 80)) for number in range(10)]
    logs += [Log(f"always-{number}").starts(1).login(*range(1, 80)) for number in range(20)]
    lines = sorted((text for log in logs for text in log.lines()), key=lambda text: json.loads(text)["occurred_at"])
    bare = on(settings.kafka.bootstrap_servers, prefix="bare.")
    await Broker(bare).create_topics()

    loaded = await load(settings, a_history(tmp_path, lines))
    await send(bare, lines)

    assert loaded.sent == len(lines)
    for where, alarms in ((settings, 0), (bare, 10)):
        worker = await worked_off(where)
        raised = [one["value"] for one in await said(where, SIGNALS) if ".raised." in one["headers"]["ce_type"]]
        assert [one["signal"] for one in raised] == ["no-login"] * alarms
        assert worker.gauges.refusals() == {}


async def test_a_small_history_raises_no_alarm_however_its_partitions_were_silent(
    settings: Settings, tmp_path: Path
) -> None:
    """Each partition has one customer, who was away for three weeks: by its own newest event, history was over."""
    names = [next(name for n in range(99) if home_of((name := f"c-{n}").encode(), 4) == place) for place in range(4)]
    logs = [Log(name).starts(1).login(*range(1, 30), *range(50, 80)) for name in names]
    logs.append(Log(names[0]).add("ticket.opened", 90, ticket_id="t-1", event_id="the-newest"))

    lines = [text for log in logs for text in log.lines()]
    bare = on(settings.kafka.bootstrap_servers, prefix="bare.")
    await Broker(bare).create_topics()
    ends: list[set[int]] = []

    await load(settings, a_history(tmp_path, lines))
    await send(bare, list(map(as_backfill, lines)))
    for where in (settings, bare):
        await worked_off(
            where, lambda one: ends.append({d.partition_state.sources.quiet_until for d in one.processors()})
        )

    assert ends == [{instant(at(91))}, {instant(at(80)), instant(at(91))}]
    raised = [
        {one["key"] for one in await said(where, SIGNALS) if ".raised." in one["headers"]["ce_type"]}
        for where in (settings, bare)
    ]
    assert raised == [set(), set(names)]


@pytest.mark.parametrize(("days", "is_told"), [(0, True), (0.9, True), (1, True), (1.1, False), (-0.003, True)])
def test_a_history_that_ends_less_than_a_day_ago_is_told_from_when_on_signals_are_raised(
    days: float, is_told: bool
) -> None:
    said_of_it = standing_still(on("127.0.0.1:1", time__clock="wall"), instant(at(80)), instant(at(80 + days)))

    assert len(said_of_it) == is_told
    assert all("signals from 2024-03-22T00:10:00Z on, those of live events too" in one for one in said_of_it)


async def test_without_a_clock_the_signals_that_a_history_ends_with_wait_for_an_event_after_it(
    settings: Settings, tmp_path: Path
) -> None:
    """A customer was away for the last month of the history; the next event moves time behind it, or a clock."""
    lines = [*Log("away").starts(1).login(*range(1, 50)).lines(), *Log("c-1").starts(1).login(*range(1, 80)).lines()]
    walled = on(settings.kafka.bootstrap_servers, prefix="walled.", time__clock="wall")
    await Broker(walled).create_topics()
    survey = Survey(Broker(settings), await Broker(settings).input_widths())
    file = a_history(tmp_path, lines)
    survey.take(file)

    for where in (settings, walled):
        await load(where, file)
        (tmp_path / "history.jsonl.loading").unlink()
        await worked_off(where)
    waiting, by_clock = await raised_in(settings), await raised_in(walled)
    await send(settings, [], until=at(82))
    await worked_off(settings)

    long_after = instant(at(500))
    assert "2024-03-21T00:10:00Z or after" in "".join(standing_still(settings, survey.newest, long_after))
    assert standing_still(walled, survey.newest, long_after) == []
    assert waiting == set()
    assert "away" in by_clock
    assert "away" in await raised_in(settings)


async def raised_in(settings: Settings) -> set[str]:
    """Return the customers about whom a signal was raised."""
    return {one["key"] for one in await said(settings, SIGNALS) if ".raised." in one["headers"]["ce_type"]}


@pytest.mark.parametrize("end", [None, b"", b"x", b"-1", b"9" * 5_000])
async def test_an_end_of_history_that_is_none_moves_nothing(settings: Settings, end: bytes | None) -> None:
    processor = PartitionProcessor(0, 4, settings, Broker(settings), Listener())
    processor.latest = instant(at(5))
    (text,) = Log().login(1).lines()

    processor._note_end_of_history(LogRecord("logins", 0, 0, 0, None, text, ((HISTORY_ENDS, end),)))

    assert processor.partition_state.sources.quiet_until == (instant(at(6)) if end and end.isdigit() else 0)


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    """It would be waited for, and no signal would end that."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    done = backstay("load", str(pipe))

    assert done.returncode == 2
    assert f"{pipe} is a pipe, which can be read once" in done.stderr


async def test_a_history_is_no_longer_looked_through_when_it_is_stopped(settings: Settings, tmp_path: Path) -> None:
    file = a_history(tmp_path, Log().login(*range(1, 11)).lines())
    broker, asked = Broker(settings), iter([False, False, False, True])
    survey = Survey(broker, await broker.input_widths())

    survey.take(file, lambda: next(asked))

    assert survey.events[file] == 3


async def test_the_command_says_what_it_sent(settings: Settings, tmp_path: Path) -> None:
    file = a_history(tmp_path, [*Log().login(1, 2).lines(), b"{"])
    arguments = ("load", str(file), "--set", f"kafka.bootstrap_servers={settings.kafka.bootstrap_servers}")

    first = await asyncio.to_thread(backstay, *arguments)
    second = await asyncio.to_thread(backstay, *arguments)

    assert first.returncode == second.returncode == 0, first.stderr
    assert "2 events sent, 1 rejected; the whole file is read" in first.stderr
    assert "not sent, not_json: 1. Remedy: correct the file at the place that is named" in first.stderr
    assert "  line 3: " in first.stderr
    assert "all of its 3 events were sent before, or rejected" in second.stderr
