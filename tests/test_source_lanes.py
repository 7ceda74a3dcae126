"""Topics of other widths, and other partitioners: records are sent home, and no watermark runs ahead of them."""

import asyncio
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import msgspec
import pytest
from aiokafka.admin import NewTopic
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import DAY, HOUR, NEVER, instant
from retention.engine.partition_state import WATCHED
from retention.liveness import SLOT
from streams.app import build
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.errors import TopicsUnfit
from streams.home import home_of
from streams.player import Player
from streams.settings import Settings
from streams.source_lanes import by_number, lanes_of
from streams.topics import UPDATES
from streams.watermarks import News, Watermarks
from tests.kafka.oracle import left_by, plain
from tests.plain_company import Company
from tests.running import on, said, worked_off

DISORDER = HOUR


@given(st.integers(1, 5), st.dictionaries(st.sampled_from("abc"), st.integers(1, 12), min_size=1))
def test_every_partition_of_every_topic_is_read_by_one_number(numbers: int, widths: dict[str, int]) -> None:
    read = [tp for number in range(numbers) for tp in lanes_of(widths, number, numbers).values()]

    assert sorted(read) == sorted({(topic, p) for topic, width in widths.items() for p in range(width)})
    assert all(by_number(read, numbers).get(n, {}) == lanes_of(widths, n, numbers) for n in range(numbers))


class Came(NamedTuple):
    """A record of the model: when it happened, and whose it is."""

    at: int
    home: int


@dataclass
class Unit:
    """A number of the model, with what it has not read yet: its own lanes, and what is sent to it."""

    number: int
    marks: Watermarks
    lanes: dict[str, list[Came]]
    mail: list[Came | bytes] = field(default_factory=list)
    reached: int = 0

    def late(self, at: int) -> bool:
        return at < self.reached


def model(numbers: int, widths: Mapping[str, int], records: list[tuple[str, int, Came]]) -> list[Unit]:
    units = [Unit(number, Watermarks(number, numbers, widths, DISORDER), {}) for number in range(numbers)]
    for unit in units:
        unit.lanes = {lane: [] for lane in unit.marks.own}
    for topic, partition, came in records:
        number = partition % numbers
        units[number].lanes[topic if partition == number else f"{topic}|{partition}"].append(came)
    return units


def read_one(unit: Unit, units: list[Unit], lane: str) -> bool:
    """Read the next record of a lane; give whether it came behind the time of its home."""
    came = unit.lanes[lane].pop(0)
    if came.home != unit.number:
        units[came.home].mail.append(came)
        return False
    unit.marks.marks[lane] = max(came.at - DISORDER, unit.marks.marks.get(lane, 0))
    return unit.late(came.at)


def tick(unit: Unit, units: list[Unit]) -> None:
    read = [lane for lane, waiting in unit.lanes.items() if not waiting]
    unit.marks.look(read, None)
    unit.reached = max(unit.reached, unit.marks.reach(read, None))
    news = unit.marks.take_news()
    if news is not None:
        for other in units:
            if other is not unit:
                other.mail.append(news)


@given(st.integers(2, 4), st.data(), st.integers(0, 2**32))
def test_time_waits_for_what_others_read(numbers: int, data: st.DataObject, seed: int) -> None:
    """Records out of order by less than the disorder are never late, wherever they are read."""
    width = st.integers(1, 7).filter(lambda width: width % numbers)
    widths = data.draw(st.dictionaries(st.sampled_from(("logins", "orders")), width, min_size=1))
    draw = Random(seed)
    records = []
    for step in range(draw.randrange(1, 60)):
        topic = draw.choice(sorted(widths))
        at = step * DAY // 4 + draw.randrange(DISORDER)
        records.append((topic, draw.randrange(widths[topic]), Came(at, draw.randrange(numbers))))
    units = model(numbers, widths, records)

    while any(unit.mail or any(unit.lanes.values()) for unit in units):
        unit = draw.choice(units)
        waiting = [lane for lane, records_ in unit.lanes.items() if records_]
        if waiting and draw.random() < 0.6:
            assert not read_one(unit, units, draw.choice(waiting))
        elif unit.mail:
            got = unit.mail.pop(0)
            if isinstance(got, bytes):
                unit.marks.hear(got)
            else:
                assert not unit.late(got.at)
        tick(unit, units)

    assert all(msgspec.msgpack.decode(news, type=News) for unit in units if (news := unit.marks.take_news()))


def test_a_reader_that_has_not_told_yet_is_waited_for() -> None:
    marks = Watermarks(0, 2, {"logins": 3, "orders": 2}, DISORDER)
    marks.promise("logins", 10 * DAY)
    marks.promise("logins|2", 10 * DAY)

    assert marks.reach({"orders", "logins", "logins|2"}, None) == 0
    marks.hear(msgspec.msgpack.encode(News({"logins|1": 4 * DAY})))
    assert marks.reach({"orders", "logins", "logins|2"}, None) == 4 * DAY
    marks.hear(msgspec.msgpack.encode(News({"logins|1": NEVER})))
    assert marks.reach({"orders", "logins", "logins|2"}, None) == 10 * DAY


def test_with_a_clock_a_reader_that_is_up_to_date_tells_the_time() -> None:
    marks = Watermarks(1, 2, {"logins": 1}, DISORDER)
    reader = Watermarks(0, 2, {"logins": 1}, DISORDER)
    reader.look({"logins"}, 9 * DAY)

    told = reader.take_news()

    assert told is not None
    marks.hear(told)
    assert marks.reach(set(), 20 * DAY) == 9 * DAY - DISORDER
    assert reader.take_news() is None


def test_in_a_backlog_time_does_not_wait_for_what_was_sent_home_to_be_judged() -> None:
    """The number of rejected records on their way is unknown, and they have no event time."""
    marks = Watermarks(0, 2, {"logins": 2, "rekeyed": 2}, DISORDER)
    marks.marks["logins"] = 5 * DAY

    assert marks.reach(set(), None, {"logins"}, 6 * DAY) == 6 * DAY - DISORDER
    assert marks.reach({"logins"}, None) == 0  # live, it is read before time goes on


def test_single_strays_are_not_waited_for_and_many_are() -> None:
    marks = Watermarks(0, 2, {"logins": 2}, DISORDER)

    marks.judge("logins", 1_000, 50)
    assert not marks.scattered
    marks.judge("logins", 1_000, 51)
    assert marks.scattered == {"logins"}


def crc(key: bytes, partitions: int) -> int:
    """Partition as librdkafka does where nothing else is set."""
    return zlib.crc32(key) % partitions


COMPANY = [one.line() for one in Company(7, datetime(2025, 1, 1, tzinfo=UTC), 240, 30).history()]
ROUTES: dict[str, tuple[dict[str, int], Callable[[bytes, int], int]]] = {
    "another partitioner": ({}, crc),
    "wider and narrower": ({"logins": 6, "purchases": 3, "subscriptions": 1, "tickets": 5}, home_of),
    "a multiple": ({"logins": 8, "subscriptions": 12, "purchases": 8}, home_of),
    "all of it": ({"logins": 9, "subscriptions": 2}, crc),
}


async def played(settings: Settings, widths: dict[str, int], partitioner: Callable[[bytes, int], int]) -> Any:
    """Have a worker apply a company's history that was written before, in topics of these widths."""
    broker = Broker(settings)
    admin = await broker.admin()
    await admin.create_topics([NewTopic(broker.topic_named(name), width, 1) for name, width in widths.items()])
    await admin.close()
    await broker.create_topics()
    producer = broker.producer()
    await producer.start()
    player = Player(broker, producer, await broker.input_widths(), partitioner)
    for one in COMPANY:
        await player.play(one)
    await player.settle()
    await player.promise(instant(datetime(2025, 10, 4, tzinfo=UTC)))
    await producer.stop()
    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_idle(), 60)
        outcomes = worker.gauges.outcomes()
    left = await left_by(settings)
    final = {u["key"]: u["value"] for u in await said(settings, UPDATES) if u["value"]["edition"] == "final"}
    figures = {key: (value["value"], value["components"]) for key, value in final.items()}
    return outcomes, {name: plain(one) for name, one in left.states.items()}, left.last_words(), figures


@pytest.fixture(scope="module")
def at_home() -> Any:
    async def run() -> Any:
        async with EmbeddedBroker() as broker:
            return await played(on(broker.address), {}, home_of)

    return asyncio.run(run())


@pytest.mark.parametrize("route", ROUTES)
async def test_wherever_records_stand_states_and_figures_are_the_same(route: str, at_home: Any) -> None:
    widths, partitioner = ROUTES[route]
    async with EmbeddedBroker() as broker:
        outcomes, states, words, figures = await played(on(broker.address), widths, partitioner)

    assert sum(n for (_, what), n in outcomes.items() if what == "rekeyed") > 0 or route == "a multiple"
    assert states == at_home[1]
    assert figures == at_home[3]
    assert words == at_home[2]


async def test_a_sign_of_life_is_for_all_partitions_also_for_those_that_do_not_read_the_topic() -> None:
    """Four times a day the producer of the only partition sends a heartbeat: it is never taken for silent."""
    began = datetime(2025, 1, 1, tzinfo=UTC)
    said_by_writer = [began + n * timedelta(hours=6) for n in range(240)]
    last = began + timedelta(days=160)
    async with EmbeddedBroker() as address:
        settings = on(address.address)
        broker = Broker(settings)
        admin = await broker.admin()
        await admin.create_topics([NewTopic("logins", 1, 1), NewTopic("purchases", 3, 1)])
        await admin.close()
        await broker.create_topics()
        producer = broker.producer()
        await producer.start()
        player = Player(broker, producer, await broker.input_widths())
        for at in (*said_by_writer, last):
            await player.promise(instant(at))
        await producer.stop()
        await worked_off(settings)

        left = await left_by(settings)

    slots = [instant(at) // SLOT for at in (*said_by_writer, last)]
    spoken = [slot for slot in slots if slot > slots[-1] - 28 * DAY // SLOT]
    silence = (slots[-2] + 1 + 5 * 24, slots[-1])
    assert left.rhythms == {
        (number, topic): (spoken, [silence], []) for number in range(4) for topic in sorted(WATCHED)
    }
    assert left.accounted == left.came


async def test_topics_of_ours_that_do_not_fit_are_refused() -> None:
    async with EmbeddedBroker() as address:
        broker = Broker(on(address.address))
        admin = await broker.admin()
        await admin.create_topics([NewTopic("churn-signals", 3, 1)])
        await admin.close()
        await broker.create_topics()

        with pytest.raises(TopicsUnfit, match="churn-signals has 3"):
            await broker.partitions()


def test_a_promise_is_for_one_partition() -> None:
    marks = Watermarks(0, 2, {"logins": 4}, DISORDER)
    marks.promise("logins", 8 * DAY)
    marks.promise("logins|2", 5 * DAY)

    assert marks.reach({"logins", "logins|2"}, None) == 5 * DAY
    assert timedelta(microseconds=marks.reach(set(), 30 * DAY)) == timedelta(days=5)
