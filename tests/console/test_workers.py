"""Tests that the console finds out how far workers are: from their commits and the ends of topics."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio
from aiokafka import TopicPartition

from retention.calendar import moment
from streams.broker import Broker
from streams.console.api import PREFIX
from streams.console.app import App
from streams.console.documents import Workers
from streams.console.workers import AGAIN, WorkersWatch, ask
from streams.embedded import EmbeddedBroker
from streams.settings import Settings
from streams.topics import CHANGELOG
from tests.building import Log, at
from tests.console.test_whole import got, logs, read, with_console
from tests.running import on, send, worked_off


@pytest_asyncio.fixture
async def settings() -> AsyncIterator[Settings]:
    """Return settings with a broker that has topics, and no worker yet."""
    async with EmbeddedBroker() as broker:
        found = on(broker.address, topics__partitions="2")
        await Broker(found).create_topics()
        yield found


def of(found: Workers, topic: str) -> Any:
    return next(one for one in found.topics if one.topic == topic)


async def test_before_a_worker_has_run_nothing_is_known(settings: Settings) -> None:
    await send(settings, logs())

    found = await ask(Broker(settings))

    assert (found.known, found.partitions, found.unknown) == (False, 2, 2)
    assert (found.watermark, found.last_commit, found.lag, found.topics) == (None, None, None, [])


async def test_what_a_worker_has_committed_adds_up_to_what_it_has_read(settings: Settings) -> None:
    await send(settings, logs(), at(62))
    watermarks: list[int] = []
    await worked_off(
        settings, lambda one: watermarks.extend(unit.partition_state.watermark for unit in one.processors())
    )
    await send(settings, Log("c-later").login(63, 64, 65).lines())

    found = await ask(Broker(settings))

    assert (found.known, found.unknown, found.lag) == (True, 0, 3)
    assert sum(one.read for one in found.topics) == len(logs()) + 2 * len(found.topics) - 2  # but for rekeyed
    assert found.watermark == moment(min(watermarks))
    assert found.last_commit is not None
    logins = of(found, "logins")
    assert (logins.lag, logins.refused) == (3, 1)
    for one in found.topics:
        assert one.read + one.further == one.applied + one.repeated + one.refused + one.other
        assert one.read == one.passed, one.topic
        if one.partitions == 2 and one.topic != "rekeyed":
            assert one.newest == at(62)  # the heartbeat of each topic


class Retaining(Broker):
    """A broker of which retention has deleted all but the last two records of each partition."""

    async def bounds_by_fetch(self, where: list[TopicPartition]) -> tuple[dict[Any, int], dict[Any, int]]:
        begins, ends = await super().bounds_by_fetch(where)
        return {place: max(begin, ends[place] - 2) for place, begin in begins.items()}, ends


async def test_what_was_deleted_before_a_worker_has_read_it_waits_for_none(settings: Settings) -> None:
    await send(settings, Log("c-1").starts(1).lines())
    await worked_off(settings)
    await send(settings, Log("c-1").login(*range(2, 7)).lines())

    there, left = await ask(Broker(settings)), await ask(Retaining(settings))

    assert (of(there, "logins").lag, of(left, "logins").lag) == (5, 2)
    assert (there.lag, left.lag) == (5, 2)


async def test_a_source_that_is_silent_is_named_with_the_time_since_when(settings: Settings) -> None:
    """Sign-ins come each half hour for four days, then none for a day in which orders go on."""
    talk = Log("c-1").login(*(number / 48 for number in range(200)))
    others = [Log("c-1").add("purchase.completed", 5, order_id="o-1", amount="5.00", currency="EUR")]
    await send(settings, [*talk.lines(), *(line for one in others for line in one.lines())])
    await worked_off(settings)

    found = await ask(Broker(settings))

    silent = {one.topic: one for one in found.topics if one.silent_since is not None}
    assert silent.keys() == {"logins"}
    since = silent["logins"].silent_since
    assert since is not None
    assert timedelta() < since - at(199 / 48) < timedelta(hours=8)
    assert silent["logins"].silent_on == 1


async def test_the_page_and_the_interface_ask_the_broker_once_in_some_seconds_and_others_never(
    settings: Settings,
) -> None:
    await send(settings, logs(), at(62))
    await worked_off(settings)
    async with App(with_console(settings)) as app:
        await read(app)
        for path in ("/", "/retention", f"{PREFIX}/at-risk", "/metrics"):
            await got(app.url + path)
        assert app.workers.found == Workers()

        page = await got(f"{app.url}/pipeline")
        answer = (await got(f"{app.url}{PREFIX}/pipeline"))["workers"]

    assert (answer["known"], answer["lag"], answer["error"]) == (True, 0, None)
    assert "What workers read" in page
    assert "Nothing is counted twice" in page


async def test_an_answer_is_kept_for_a_moment_and_a_broker_that_is_away_is_not_asked(settings: Settings) -> None:
    clock, connected = [0.0], [False]
    watch = WorkersWatch(Broker(settings), lambda: connected[0], lambda: clock[0])

    await watch.fresh()
    assert watch.found == Workers()
    connected[0] = True
    await watch.fresh()
    first = watch.found
    assert first.partitions == 2
    await send(settings, logs())
    await worked_off(settings)
    await watch.fresh()
    assert watch.found is first
    clock[0] += AGAIN
    await watch.fresh()
    assert (watch.found.known, watch.found.lag) == (True, 0)


async def test_a_console_that_may_not_read_the_changelog_says_what_to_grant(settings: Settings) -> None:
    unseen = settings.model_copy(
        update={"topics": settings.topics.model_copy(update={"names": {CHANGELOG.name: "of-nobody-here"}})}
    )
    watch = WorkersWatch(Broker(unseen), lambda: True, lambda: 0.0)

    await watch.fresh()

    assert not watch.found.known
    assert "of-nobody-here" in (watch.found.error or "")
    assert "backstay topics acl" in (watch.found.error or "")
    json.dumps(watch.found.model_dump(mode="json"))
