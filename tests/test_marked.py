"""Erasure over all families: a customer that has done everything leaves no byte of it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from schemas.families import FAMILIES, TOPIC_OF
from schemas.family import type_of
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.settings import Settings
from streams.topics import ACTIONS, AUDIT, CHANGELOG, DEAD_LETTERS, HEALTH, MOVEMENTS, PARTIALS, SIGNALS, UPDATES
from tests.building import Log, at, line
from tests.marked import MARKED, OTHERWISE, TYPES, marked
from tests.playing import DECODERS
from tests.running import on, send, worked_off

COMPACTED = (HEALTH, UPDATES, PARTIALS, CHANGELOG)
SAID = (SIGNALS, ACTIONS, MOVEMENTS, DEAD_LETTERS, AUDIT)
COMPACTED_NAMES = {topic.name for topic in COMPACTED}
ALL = (*SAID, *COMPACTED)
NAME = "somebody-to-be-forgotten"


@pytest_asyncio.fixture
async def settings() -> AsyncIterator[Settings]:
    """Return settings with a broker of the test's own; time goes by the log."""
    async with EmbeddedBroker() as broker:
        yield on(broker.address, segments__country__values="land-of-others")


Records = dict[tuple[str, int, int], bytes]
"""All bytes of records, by topic, partition and offset."""


async def written(settings: Settings) -> Records:
    """Return the records of all outputs; of compacted topics, the last one of each key, unless it is a tombstone."""
    broker, found = Broker(settings), Records()
    widths = await broker.widths()
    for topic, number in [(one, number) for one in ALL for number in range(widths[broker.topic(one)])]:
        places = dict[bytes, tuple[str, int, int]]()
        async for records in broker.read(broker.topic(topic), number):
            for record in records:
                place = (topic.name, number, record.offset)
                if topic in COMPACTED:
                    found.pop(places.pop(record.key, place), None)
                    places[record.key] = place
                if record.value is not None:
                    found[place] = b"%r %r %r" % (record.key, record.value, record.headers)
    return found


def naming(records: Records, name: str) -> set[str]:
    """Return the topics on which somebody stands."""
    return {topic for (topic, _, _), whole in records.items() if name.encode() in whole}


def leaving(name: str) -> list[bytes]:
    log = Log(name).starts(0, "30").login(1, 2, 3, 4, 5)
    asks = log.add("cancellation.requested", 10).lines()[-1:]
    return [*log.lines()[:-1], *map(line, marked(name, 6)), *asks]


@pytest.mark.parametrize("kind", TYPES)
def test_every_marked_event_is_one_that_can_be_used(kind: str) -> None:
    [event] = [one for one in marked(NAME, 6) if one["type"] == kind]

    assert DECODERS[TOPIC_OF[kind]].decode(line(event)).customer_id == NAME


def test_every_type_that_is_read_is_marked_or_written_by_a_test() -> None:
    kinds = {type_of(contract) for family in FAMILIES for contract in family.contracts}

    assert {kind for kind in kinds if not kind.startswith(OTHERWISE)} == set(TYPES)
    names = {name for family in FAMILIES for contract in family.contracts for name in contract.model_fields}
    assert MARKED - {"sku", "category"} <= names


async def test_a_forgotten_customer_that_has_done_everything_leaves_no_byte(settings: Settings) -> None:
    await Broker(settings).create_topics()
    await send(settings, [*leaving(NAME), *leaving("stays")], until=at(14))
    await worked_off(settings)
    told = await written(settings)

    request = Log(NAME).add("erasure.requested", 15).events[0] | {"event_id": "please"}
    await send(settings, [line(request)], until=at(18))
    await worked_off(settings)
    before = await written(settings)
    await send(settings, leaving(NAME), until=at(20))
    await worked_off(settings)
    after = await written(settings)

    assert naming(told, NAME) == {topic.name for topic in (*SAID, HEALTH, CHANGELOG)} - {"dead-letters"}
    assert not [place for place in after if place[0] == "dead-letters"]
    since = {place: whole for place, whole in after.items() if place[0] in COMPACTED_NAMES or place not in before}
    assert naming(since, NAME) == set()
    assert naming(since, "stays") >= {"customer-health", "customers-changelog"}
