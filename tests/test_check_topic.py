"""`backstay check --topic`: a topic is looked through as a file is, by what a worker would read each record with."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.errors import SaslAuthenticationFailed, TopicAuthorizationFailedError
from hypothesis import given
from hypothesis import strategies as st

from streams.broker import Broker
from streams.clock import now_of
from streams.embedded import EmbeddedBroker
from streams.errors import BadSettings, BrokerUnreachable, NotAllowed, TopicsUnfit
from streams.foreign_logs import reader_of
from streams.log_check import look
from streams.logfile import Line
from streams.looked import Looked
from streams.records import LogRecord
from streams.settings import Settings
from streams.topic_check import check_topic
from streams.topic_sample import sampled, shares
from streams.topics import INTERNAL, OUTPUTS
from tests.building import Log, line
from tests.registry import registry as small_registry
from tests.running import on
from tests.stripe_events import created, subscription
from tests.test_check import CALLS
from tests.test_cloud_events import EVENT, binary
from tests.test_commands import backstay
from tests.test_encodings import frame, varint
from tests.test_examining import RULES, record
from tests.test_foreign_records import PRIVATE
from tests.test_sources import SAID

SAMPLES = sorted((Path(__file__).parent / "sources").glob("*.jsonl"))
OURS = Log("c-1").login(1, 2, 3).lines()
BAD = [b"{", b"[]", b'{"type": "login.dreamt"}']
Headers = Sequence[tuple[str, bytes]]


@pytest_asyncio.fixture
async def address() -> AsyncIterator[str]:
    async with EmbeddedBroker() as broker:
        yield broker.address


async def sent(
    settings: Settings, topic: str, values: list[bytes], width: int = 1, headers: Headers = (), at: int | None = None
) -> Broker:
    """Create a topic, and send values to its partitions in turn."""
    broker = Broker(settings)
    admin = await broker.admin()
    await admin.create_topics([NewTopic(topic, width, 1)])
    await admin.close()
    producer = broker.producer()
    await producer.start()
    for place, value in enumerate(values):
        await producer.send_and_wait(topic, value, None, place % width, at, headers)
    await producer.stop()
    return broker


async def checked(broker: Broker, topic: str, source: str | None = None, most: int = 0) -> Looked:
    return (await check_topic(broker, topic, source, most, newest=False))[0]


def in_file(settings: Settings, lines: list[bytes]) -> Looked:
    numbered = [Line(number, text, len(text)) for number, text in enumerate(lines, 1)]
    return look(numbered, settings, reader_of(settings), 0, now_of(settings))


def findings(found: Looked) -> dict[str, Any]:
    """Return what is found, with the number of a line as the place of the record that it is on a topic."""

    def placed(one: dict[str, Any]) -> dict[str, Any]:
        number = one.pop("line", None)
        return one if number is None else one | {"record": f"0/{number - 1}"}

    document = found.as_json()
    document["doubts"] = [one.partition(" than one before them")[0] for one in document["doubts"]]
    for reason in document["refused"]:
        del reason["remedy"]
        reason |= {name: list(map(placed, reason[name])) for name in ("first", "errors")}
    if not found.topic:
        document["read_as"] = [row | {"first": f"0/{row['first'] - 1}"} for row in document["read_as"]]
    return {name: one for name, one in document.items() if name not in {"topic", "named", "settings"}}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
async def test_records_of_a_source_are_found_to_be_the_same_in_a_file_and_on_its_topic(
    sample: Path, address: str
) -> None:
    name = sample.stem
    lines = [*sample.read_bytes().splitlines(), *BAD]
    said = {f"sources__{name}__topic": "shop", "sources__log": name, "time__clock": "wall"}
    if name == "mapping":
        said["sources__mapping__events"] = json.dumps(SAID[name]["events"])
    settings = on(address, **said)

    found = await checked(await sent(settings, "shop", lines), "shop")

    assert findings(found) == findings(in_file(settings, lines))
    assert found.records == len(lines)


async def test_events_of_ours_are_found_to_be_the_same_in_a_file_and_on_their_topic(address: str) -> None:
    late = Log("c-2").login(*range(40, 1, -1)).lines()
    lines = [*OURS, *BAD[:2], *OURS[:1], line(json.loads(OURS[0]) | {"occurred_at": "2199-01-01T00:00:00Z"}), *late]
    settings = on(address, time__clock="wall")

    found = await checked(await sent(settings, "logins", lines), "logins")

    assert findings(found) == findings(in_file(settings, lines))
    assert found.refused["future"] == 1
    assert any("send a history by `backstay load`" in one for one in found.doubts)


async def test_what_is_found_does_not_depend_on_the_number_of_partitions(address: str) -> None:
    settings = on(address, sources__segment__topic="one", sources__segment__currency="EUR")
    broker = await sent(settings, "one", CALLS * 5)
    await sent(settings, "three", CALLS * 5, width=3)

    one, three = await checked(broker, "one", "segment"), await checked(broker, "three", "segment")
    places: dict[tuple[str, str], list[str]] = {}
    for place, kind in enumerate(
        [(row.record, row.becomes) for _ in range(5) for row in sorted(one.rows, key=lambda row: row.first)]
    ):
        places.setdefault(kind, []).append(f"{place % 3}/{place // 3}")

    assert {row[:3] for row in one.rows} == {row[:3] for row in three.rows}
    assert (one.records, one.events, one.refused, one.skipped) == (
        three.records,
        three.events,
        three.refused,
        three.skipped,
    )
    for row in three.rows:
        assert str(row.first) == min(places[row.record, row.becomes])


async def test_headers_of_a_binary_cloud_event_count(address: str) -> None:
    value, headers = binary({**EVENT, "source": "/shop"})
    broker = await sent(on(address), "purchases", [value], headers=headers)
    await sent(on(address), "elsewhere", [value], headers=headers)
    await sent(on(address), "purchases", [value])

    found, unnamed = await checked(broker, "purchases"), await checked(broker, "elsewhere")

    assert [(row.record, row.becomes, str(row.first)) for row in found.rows] == [
        ("purchase.completed", "purchase.completed", "0/0"),
        ("a record without type", "refused: contract", "0/1"),
    ]
    assert (unnamed.events, unnamed.settings) == (1, ["[topics.names]", 'purchases = "elsewhere"'])


async def test_names_in_headers_are_shown_as_those_in_records(address: str) -> None:
    broker = await sent(on(address), "purchases", [b"{}"], headers=[("ce_type", b"ana@shop.example")])

    assert [row.record for row in (await checked(broker, "purchases")).rows] == ["another name"]


async def test_an_event_that_is_ahead_of_its_own_record_is_refused_as_by_a_worker(address: str) -> None:
    broker = await sent(on(address), "logins", OURS[:1], at=1_000_000)

    found = await checked(broker, "logins")

    assert found.refused == {"future": 1}
    assert "the record's own timestamp" in found.first["future"][0].error


async def test_a_heartbeat_on_the_topic_of_a_source_is_one(address: str) -> None:
    said = {"type": "source.heartbeat", "event_id": "h", "source": "shop", "occurred_at": "2026-03-01T00:00:00Z"}
    broker = await sent(on(address, sources__segment__topic="shop"), "shop", [line(said)])

    found = await checked(broker, "shop")

    assert ([row.becomes for row in found.rows], found.refused) == (["source.heartbeat"], {})


BEATS = [
    line({"type": "source.heartbeat", "event_id": f"h-{day}", "occurred_at": f"2026-03-0{day}T00:00:00Z"})
    for day in (1, 2, 3)
]


@pytest.mark.parametrize("source", ["segment", None])
async def test_heartbeats_are_of_no_system(source: str | None, address: str) -> None:
    found = await checked(await sent(on(address), "shop", [*BEATS, *CALLS[:2]]), "shop", source)

    assert (found.is_mixed, found.settings) == (False, ["[sources.segment]", 'topic = "shop"'])


async def test_heartbeats_do_not_hide_that_records_are_of_another_source(address: str) -> None:
    found = await checked(await sent(on(address), "shop", [*BEATS, *CALLS[:2]]), "shop", "stripe")

    assert (found.is_mixed, found.likely) == (False, "segment")


async def test_bytes_of_a_schema_are_read_by_the_registry_of_the_settings(address: str) -> None:
    schema = {"type": "record", "name": "Login", "fields": [{"name": name, "type": "string"} for name in ("id", "at")]}
    rules = [{"type": "login.succeeded", "event_id": "id", "customer_id": "id", "occurred_at": "at"}]
    text = "2026-03-01T09:30:00Z"
    body = varint(3) + b"c-1" + varint(len(text)) + text.encode()
    with small_registry() as small:
        ident = small.register("logins-value", json.dumps(schema))
        said = {"sources__mapping__topic": "shop", "sources__mapping__events": json.dumps(rules)}
        broker = await sent(on(address, registry__url=small.url, **said), "shop", [frame(body, ident)])
        found = await checked(broker, "shop")
    without = await checked(Broker(on(address, **said)), "shop")
    silent = Broker(on(address, registry__url=small.url, kafka__patience="1", **said))

    assert [(row.record, row.becomes) for row in found.rows] == [(f"bytes of schema {ident}", "login.succeeded")]
    assert without.refused == {"source": 1}
    assert "registry.url" in without.first["source"][0].error
    with pytest.raises(BrokerUnreachable, match="does not answer, and the records of shop cannot be read"):
        await checked(silent, "shop")


async def test_a_topic_is_read_by_what_the_settings_name_unless_another_source_is_asked_for(address: str) -> None:
    settings = on(address, sources__mapping__topic="shop", sources__mapping__events=RULES)
    broker = await sent(settings, "shop", [record(), record(user=PRIVATE), record(at=PRIVATE)])

    by_settings, by_segment = await checked(broker, "shop"), await checked(broker, "shop", "segment")
    known = await checked(broker, "sources.mapping")

    assert (by_settings.events, by_settings.refused) == (1, {"source": 2})
    assert by_segment.refused == {"source": 3}
    assert known.as_json() == by_settings.as_json()
    assert PRIVATE not in json.dumps([by_settings.as_json(), by_segment.as_json()])
    assert not by_settings.unnamed
    assert not by_segment.unnamed


async def test_a_topic_of_backstays_own_events_is_given_to_no_source(address: str) -> None:
    broker = await sent(on(address), "logins", CALLS[:2])

    found = await checked(broker, "logins", "segment")

    assert found.settings == []
    assert any(
        "as Backstay's own events (logins), and no source can have it: leave --source out" in h for h in found.hints
    )


UNNAMED = {
    "of a known system": (CALLS[:2], ["[sources.segment]", 'topic = "shop"']),
    "of ours": (OURS, ["[topics.names]", 'logins = "shop"']),
    "of a source with a topic": (
        [created(0, subscription())],
        ["[sources.stripe]", 'topic = "shop"   # in place of "billing"'],
    ),
}


@pytest.mark.parametrize("name", UNNAMED)
async def test_of_a_topic_that_no_setting_names_the_lines_are_printed_that_have_a_worker_read_it(
    name: str, address: str
) -> None:
    values, lines = UNNAMED[name]
    broker = await sent(on(address, sources__stripe__topic="billing"), "shop", values)

    found = await checked(broker, "shop")

    assert (found.unnamed, found.settings) == (True, lines)


async def test_of_a_topic_with_records_of_several_systems_no_setting_is_printed(address: str) -> None:
    found = await checked(await sent(on(address), "shop", [*CALLS[:2], *OURS]), "shop")

    assert (found.unnamed, found.settings, found.first_rule) == (True, [], [])
    assert [one.partition(" (")[0] for one in found.hints] == ["this topic has records of several systems"]


async def test_of_records_of_a_companys_own_the_rule_begins_with_their_topic(address: str) -> None:
    own = [{"OrderNo": f"A-{n}", "Customer": "7", "Date": "2026-03-01 10:00", "Total": "12.50"} for n in range(3)]
    broker = await sent(on(address), "shop", list(map(line, own)))

    found = await checked(broker, "shop")

    place = found.first_rule.index("[sources.mapping]")
    assert found.first_rule[place + 1] == 'topic = "shop"'
    assert "[[sources.mapping.events]]" in found.first_rule[place:]


async def test_the_oldest_or_the_newest_are_taken_as_many_of_each_partition(address: str) -> None:
    broker = await sent(on(address), "shop", [b"{}"] * 20, width=3)

    async def places(most: int, *, newest: bool) -> list[tuple[int, int]]:
        read = sampled(broker, "shop", 3, most, newest=newest)
        found = [one async for records in read for one in records]
        return sorted((one.partition, one.offset) for one in found)

    assert await places(6, newest=False) == [(n, k) for n in range(3) for k in (0, 1)]
    assert await places(5, newest=True) == [(0, 5), (0, 6), (1, 6), (2, 4), (2, 5)]
    assert len(await places(0, newest=True)) == len(await places(99, newest=True)) == 20


@given(st.integers(1, 60), st.dictionaries(st.integers(0, 9), st.integers(1, 20), min_size=1))
def test_no_partition_gets_less_than_another_unless_it_has_no_more(most: int, sizes: dict[int, int]) -> None:
    found = shares(most, sizes)

    assert sum(found.values()) == min(most, sum(sizes.values()))
    for number, size in sizes.items():
        share = found.get(number, 0)
        assert share <= size
        assert share == size or share + 1 >= max(found.values())


class Gappy(Broker):
    """A topic whose partitions have records at some offsets only, as transactions and compaction leave it."""

    def __init__(self, offsets: list[list[int]], **settings: str) -> None:
        super().__init__(on("127.0.0.1:1", **settings))
        self.offsets = offsets

    async def bounds_by_fetch(self, where: list[TopicPartition]) -> tuple[dict[Any, int], dict[Any, int]]:
        return dict.fromkeys(where, 0), dict.fromkeys(where, END)

    async def read(
        self, topic: str, partition: int, until: int | None = None, *, start: int = 0
    ) -> AsyncGenerator[list[LogRecord], None]:
        left = [one for one in self.offsets[partition] if one >= start]
        while left and (until is None or left[0] < until):  # a fetch may go beyond what was asked for
            yield [LogRecord(topic, partition, one, 0, None, b"{}", ()) for one in left[:3]]
            left = left[3:]


END = 500
some_offsets = st.lists(st.integers(0, END - 1), max_size=30, unique=True).map(sorted)


@given(st.lists(some_offsets, min_size=1, max_size=4), st.integers(0, 40), st.booleans())
def test_of_a_topic_with_gaps_as_many_records_are_read_as_of_one_without(
    offsets: list[list[int]], most: int, newest: bool
) -> None:
    async def read() -> list[LogRecord]:
        chunks = sampled(Gappy(offsets), "shop", len(offsets), most, newest=newest)
        return [one async for records in chunks for one in records]

    found = asyncio.run(read())

    number = sum(map(len, offsets))
    assert len(found) == (min(most, number) if most else number)
    for partition, there in enumerate(offsets):
        taken = [one.offset for one in found if one.partition == partition]
        assert taken == (there[len(there) - len(taken) :] if newest else there[: len(taken)])


async def test_a_topic_that_is_not_there_is_named_with_the_nearest_one(address: str) -> None:
    broker = await sent(on(address), "shop.orders", [b"{}"])

    with pytest.raises(
        TopicsUnfit, match=r"no topic 'shop.order'.*did you mean 'shop.orders'.*grant Describe and Read"
    ):
        await checked(broker, "shop.order")


async def test_no_topic_is_offered_that_workers_write(address: str) -> None:
    broker = await sent(on(address), "shop.orders", [b"{}"])
    await broker.create_topics()

    with pytest.raises(TopicsUnfit) as refused:
        await checked(broker, "churn-signal")

    assert "There are cancellations, carts," in str(refused.value)
    assert "shop.orders" in str(refused.value)
    for one in (*OUTPUTS, *INTERNAL):
        assert one.name not in str(refused.value)


class Denying(Broker):
    """A broker that shows a topic, and lets this user read none of it."""

    async def bounds_by_fetch(self, where: list[TopicPartition]) -> tuple[dict[Any, int], dict[Any, int]]:
        raise TopicAuthorizationFailedError(where[0].topic)


async def test_a_topic_that_this_user_may_not_read_is_named_with_the_right_that_is_missing(address: str) -> None:
    await sent(on(address), "shop", [b"{}"])

    with pytest.raises(NotAllowed, match="read shop: grant Read and Describe on that topic"):
        await checked(Denying(on(address)), "shop")


class Login(Broker):
    """A broker that no longer knows this user."""

    async def bounds_by_fetch(self, where: list[TopicPartition]) -> tuple[dict[Any, int], dict[Any, int]]:
        raise SaslAuthenticationFailed(where[0].topic)


async def test_a_login_that_is_refused_is_not_taken_for_a_right_on_the_topic(address: str) -> None:
    await sent(on(address), "shop", [b"{}"])

    with pytest.raises(NotAllowed, match=r"check kafka.username and kafka.password"):
        await checked(Login(on(address)), "shop")


class Mute:
    """A reader of partitions of which some do not answer, as those of a topic that is deleted meanwhile."""

    def __init__(self, mute: set[int]) -> None:
        self._mute = mute

    def assign(self, where: list[TopicPartition]) -> None:
        pass

    def seek(self, where: TopicPartition, offset: int) -> None:
        pass

    async def beginning_offsets(self, where: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(where, 0)

    async def end_offsets(self, where: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(where, 9)

    async def getmany(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        await asyncio.sleep(0)
        return {}

    def last_stable_offset(self, where: TopicPartition) -> int | None:
        return None if where.partition in self._mute else 9

    highwater = last_stable_offset


class Muted(Broker):
    """A broker of which some partitions do not say where they end."""

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Any]:
        yield Mute({1, 3})


async def test_partitions_that_do_not_answer_are_named_and_not_waited_for_without_an_end(address: str) -> None:
    await sent(on(address), "shop", [b"{}"], width=4)

    with pytest.raises(BrokerUnreachable, match=r"not for shop/1, shop/3 within 0.05 s: see that the topic is still"):
        await checked(Muted(on(address, kafka__patience="0.05")), "shop")


class Stopping(Gappy):
    """A topic of which no more comes after the first records, and no end."""

    async def read(
        self, topic: str, partition: int, until: int | None = None, *, start: int = 0
    ) -> AsyncGenerator[list[LogRecord], None]:
        yield [LogRecord(topic, partition, start, 0, None, b"{}", ())]
        await asyncio.Event().wait()


@pytest.mark.parametrize("newest", [True, False])
async def test_a_topic_of_which_no_more_comes_is_not_waited_for_without_an_end(newest: bool) -> None:
    broker = Stopping([[]], kafka__patience="0.05")

    with pytest.raises(
        BrokerUnreachable, match=r"no more records of shop/0 within 0.05 s: see that the topic is still"
    ):
        _ = [one async for one in sampled(broker, "shop", 1, 10, newest=newest)]


async def test_a_topic_that_workers_write_is_refused(address: str) -> None:
    broker = await sent(on(address), "dead-letters", [b"{}"])

    with pytest.raises(BadSettings, match="`backstay dead-letters list` shows what is in it"):
        await checked(broker, "dead-letters")


async def test_a_topic_without_records_says_so(address: str) -> None:
    found = await checked(await sent(on(address), "logins", [], width=2), "logins")

    (hint,) = found.hints
    assert hint.startswith("the topic logins has no records in its 2 partitions: send some first")


async def test_the_command_prints_the_places_of_records_and_says_how_it_ended(address: str) -> None:
    broker = await sent(on(address), "shop", CALLS, width=2)
    there = ("--set", f"kafka.bootstrap_servers={broker.servers}", "--topic", "shop")
    said = (*there, "--set", "sources.segment.topic=shop", "--set", "sources.segment.currency=EUR")

    wrong = await asyncio.to_thread(backstay, "check", *said)
    sample = await asyncio.to_thread(backstay, "check", *said, "--sample", "2", "--json")
    unnamed = await asyncio.to_thread(backstay, "check", *there, "--sample", "2")

    assert (wrong.returncode, sample.returncode, unnamed.returncode) == (1, 0, 1)
    assert "  record 0/1: segment: properties.order_id is missing" in wrong.stdout
    document = json.loads(sample.stdout)
    assert (document["topic"], document["records"], document["named"]) == ("shop", 2, True)
    assert {row["first"] for row in document["read_as"]} == {"0/0", "1/0"}
    assert "that was a sample, the oldest of all partitions" in document["hints"][0]
    assert "no setting names the topic shop, so no worker reads it" in unnamed.stdout
    assert '[sources.segment]\ntopic = "shop"\n' in unnamed.stdout


MISTAKES = {
    "neither": ((), 2, "name a FILE, or a topic of the broker by --topic TOPIC"),
    "both": (("LOG", "--topic", "shop"), 2, "by --topic TOPIC: not both"),
    "newest of a file": (("LOG", "--newest"), 2, "--newest is about topics"),
    "columns of a topic": (("--topic", "shop", "--csv-delimiter", ";"), 2, "are about files, and not topics"),
    "broker away": (
        ("--topic", "shop", "--set", "kafka.bootstrap_servers=127.0.0.1:1"),
        3,
        "no Kafka broker answers at 127.0.0.1:1",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_answered_by_what_to_do(name: str, tmp_path: Path) -> None:
    arguments, code, says = MISTAKES[name]
    (tmp_path / "log.jsonl").write_bytes(OURS[0])

    done = backstay("check", *(str(tmp_path / "log.jsonl") if one == "LOG" else one for one in arguments))

    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
