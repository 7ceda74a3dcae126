"""Merges with workers on a broker: two customers at home on different partitions, restarts, and a rebuild."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import TopicPartition

from retention.calendar import instant
from retention.contacts import CONTACTS, Contacts
from retention.features.consent.choices import may_be_sent
from retention.features.consent.section import choices_seen
from retention.identity import packed
from retention.merging import Merge, Merges
from retention.risk.section import drop
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.home import home_of
from streams.merging import MERGED_PREFIX, MergedIds
from streams.rebuild import rebuild
from streams.settings import Settings
from streams.topics import ACTIONS, AUDIT, CHANGELOG, HEALTH, SIGNALS, UPDATES
from tests.building import Log, at, line
from tests.running import kept, on, said, send, worked_off
from tests.test_merged_partitions import merge

PARTITIONS = 4
OLD, KEPT, THIRD = "c-4", "c-0", "c-1"


@pytest.fixture
async def settings() -> AsyncIterator[Settings]:
    async with EmbeddedBroker() as broker:
        yield on(broker.address)


def test_the_customers_of_these_tests_are_at_home_on_different_partitions() -> None:
    assert len({home_of(name.encode(), PARTITIONS) for name in (OLD, KEPT, THIRD)}) == 3


class Asked(Broker):
    """A broker that tells of its groups what the embedded one cannot: nobody is there, and how far they had read."""

    async def members(self, _group: str) -> int:
        return 0

    async def committed(self, group: str) -> dict[TopicPartition, int]:
        consumer = self.consumer("asking", group_id=group)
        await consumer.start()
        where = [TopicPartition(name, n) for name, width in (await self.widths()).items() for n in range(width or 0)]
        found = {tp: await consumer.committed(tp) for tp in where}
        await consumer.stop()
        return {tp: offset for tp, offset in found.items() if offset is not None}


def two() -> list[bytes]:
    """Return the events of two ids, each of which pays."""
    old = Log(OLD).starts(0, "30", "s-old").login(1, 2, 3).buys(4, "o-1")
    new = Log(KEPT).starts(5, "10", "s-new").login(2, 6).asks(7, "t-1").add("cancellation.requested", 8)
    return [*old.lines(), *new.lines()]


def test_a_share_that_has_come_is_known_until_its_customer_is_erased() -> None:
    ids = MergedIds()
    ids.learn("b", [Merge(instant(at(1)), packed("m-1"), "a", "b")])

    assert [ids.takes("b", "a", number) for number in (0, 0, 1, 0)] == [False, True, False, True]

    kept = MergedIds()
    for key, value in ids.detach():
        kept.restore(key, value or b"")
    kept.learn("b", [Merge(instant(at(2)), packed("m-2"), "c", "b")])

    assert [kept.takes("b", "a", 1), kept.takes("b", "c", 0)] == [True, False]

    kept.forget("b")

    assert kept.takes("b", "a", 2)


async def merges_kept(settings: Settings) -> dict[str, Merges]:
    """Return the merges that partitions store, by id."""
    broker, found = Broker(settings), dict[bytes, bytes | None]()
    for number in range(PARTITIONS):
        async for records in broker.read(broker.topic(CHANGELOG), number):
            found |= {record.key: record.value for record in records if record.key.startswith(MERGED_PREFIX)}
    ids = MergedIds()
    for key, value in found.items():
        if value is not None:
            ids.restore(key, value)
    names = [key.removeprefix(MERGED_PREFIX).decode() for key, value in found.items() if value is not None]
    return {name: ids.merges(name) for name in names}


async def figures(settings: Settings) -> dict[str, Any]:
    return {one["key"]: one["value"] for one in await said(settings, UPDATES)}


async def test_two_customers_on_two_partitions_become_one_and_stay_so_after_a_restart(settings: Settings) -> None:
    await Broker(settings).create_topics()
    await send(settings, two(), until=at(20))
    await worked_off(settings)
    await send(settings, [line(merge(OLD, KEPT, 15))], until=at(70))
    await worked_off(settings)
    late = Log(OLD).login(1, 2, 3, 4).lines()  # three of them are known
    await send(settings, late, until=at(71))

    worker = await worked_off(settings)

    states = await kept(settings)
    assert list(states) == [KEPT]
    assert sum(states[KEPT].logins[1::2]) == 6
    outcomes = worker.gauges.outcomes()
    assert (outcomes["logins", "duplicate"], outcomes["logins", "applied"]) == (3, 1)
    crr = (await figures(settings))["crr|subscription|EUR|month|2024-02-01|all"]
    assert (crr["components"]["S"], crr["components"]["E"]) == (1, 1)
    mrr = (await figures(settings))["mrr|subscription|EUR|month|2024-02-01|all"]
    assert mrr["value"] == "40.00"
    churned = [one for one in await said(settings, SIGNALS) if "customer.churned" in one["headers"]["ce_type"]]
    assert churned == []


async def test_the_card_of_the_id_that_goes_is_deleted_and_the_kept_one_has_that_of_both(settings: Settings) -> None:
    await Broker(settings).create_topics()
    leaving = [Log(name).add("cancellation.requested", 8).lines()[0] for name in (OLD, KEPT)]
    await send(settings, [*two(), *leaving], until=at(14.5))
    await worked_off(settings)
    before = {one["key"]: one["value"] for one in await said(settings, HEALTH)}

    await send(settings, [line(merge(OLD, KEPT, 14))], until=at(14.6))
    await worked_off(settings)

    cards = await said(settings, HEALTH)
    after = {one["key"]: one["value"] for one in cards}
    mrr = {name: before[name]["mrr"][0]["amount"] for name in (OLD, KEPT)}
    assert mrr == {OLD: "30.00", KEPT: "10.00"}
    assert after[OLD] is None
    assert after[KEPT]["mrr"][0]["amount"] == "40.00"
    assert after[KEPT]["customer_id"] == KEPT
    assert len({one["headers"]["ce_id"] for one in cards if one["value"]}) == len(
        [one for one in cards if one["value"]]
    )
    said_last = {
        (one["key"], one["value"]["signal"]): one["headers"]["ce_type"] for one in await said(settings, ACTIONS)
    }
    assert {kind for (name, _), kind in said_last.items() if name == OLD} == {"io.backstay.action.withdrawn.v1"}
    assert "io.backstay.action.recommended.v1" in {kind for (name, _), kind in said_last.items() if name == KEPT}


async def test_what_either_id_has_refused_stops_the_messages_to_the_kept_one(settings: Settings) -> None:
    """On two partitions, and whatever the kept id had wanted before."""
    await Broker(settings).create_topics()
    refusing = Log(OLD).add("message.unsubscribed", 9, channel="email")
    wanting = Log(KEPT).starts(0).login(*range(1, 12))
    wanting.add("consent.changed", 7, purpose="marketing", granted=True)
    await send(settings, [*refusing.lines(), *wanting.lines(), line(merge(OLD, KEPT, 12))], until=at(13))
    await worked_off(settings)
    await send(settings, [], until=at(60))

    await worked_off(settings)

    (state,) = (await kept(settings)).values()
    assert may_be_sent(choices_seen(state), "push", instant(at(20)), unasked=True)
    assert not may_be_sent(choices_seen(state), "email", instant(at(20)), unasked=True)
    recommended = [
        one["value"] for one in await said(settings, ACTIONS) if one["headers"]["ce_type"].endswith("recommended.v1")
    ]
    assert recommended
    assert [one for one in recommended if "email" in one["channels"]] == []


async def test_a_rebuild_keeps_merged_customers_together(settings: Settings) -> None:
    broker = Asked(settings)
    await broker.create_topics()
    chain = [merge(OLD, KEPT, 15), merge(KEPT, THIRD, 16, "m-2")]
    await send(settings, [*two(), *map(line, chain), *Log(OLD).login(17).lines()], until=at(70))
    await worked_off(settings)
    before, merges = await kept(settings), await merges_kept(settings)
    assert list(before) == [THIRD]
    assert len(merges) == 3
    shown = await figures(settings)
    await broker.recreate(CHANGELOG, PARTITIONS)

    assert await rebuild(broker) == 1

    after = await kept(settings)
    assert list(after) == [THIRD]
    assert (after[THIRD].logins, after[THIRD].woke) == (before[THIRD].logins, before[THIRD].woke)
    for states in (before, after):
        drop(states[THIRD])  # a rebuild leaves all cards waiting
        states[THIRD].open_as(CONTACTS, Contacts())  # and takes messages for recommended that came too late to be
    assert after[THIRD].put_sections_away() == before[THIRD].put_sections_away()
    assert await merges_kept(settings) == merges
    known, new = Log(OLD).login(17, 18).events
    await send(settings, [line(known), line(new | {"event_id": "e-new"})], until=at(71))
    await worked_off(settings)
    assert sum((await kept(settings))[THIRD].logins[1::2]) == sum(before[THIRD].logins[1::2]) + 1
    now = await figures(settings)
    assert {key: one["value"] for key, one in now.items() if one["edition"] != "provisional"}.items() >= {
        key: one["value"] for key, one in shown.items() if one["edition"] != "provisional"
    }.items()


async def test_an_erasure_under_the_old_id_forgets_the_customer_and_a_rebuild_finds_nobody(settings: Settings) -> None:
    broker = Asked(settings)
    await broker.create_topics()
    await send(settings, [*two(), line(merge(OLD, KEPT, 15))], until=at(20))
    await worked_off(settings)
    await send(settings, Log(OLD).add("erasure.requested", 18).lines(), until=at(30))
    await worked_off(settings)
    await send(settings, [*Log(KEPT).login(19).lines(), *Log(OLD).login(19).lines()], until=at(40))

    worker = await worked_off(settings)

    assert await kept(settings) == {}
    assert worker.gauges.outcomes()["logins", "forgotten"] == 2
    assert len([one for one in await said(settings, AUDIT) if one["value"]["was_known"]]) == 2
    assert await merges_kept(settings) == {}
    await broker.recreate(CHANGELOG, PARTITIONS)

    assert await rebuild(broker) == 0
    await send(settings, [*Log(KEPT).login(41).lines(), *Log(OLD).login(41).lines()], until=at(50))
    assert (await worked_off(settings)).gauges.outcomes()["logins", "forgotten"] == 2
