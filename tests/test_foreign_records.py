"""Records of sources on any partition: their events reach their customers' homes once, and the records nobody."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from aiokafka.admin import NewTopic
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from agents.foreign import Translating, topic_of
from retention.calendar import instant
from retention.engine.partition_state import WATCHED
from schemas.decoding import MAX_BYTES
from schemas.families import TOPIC_OF
from sources.base import Foreign, Options, Source, Translation, Unreadable
from sources.segment import SEGMENT
from streams.app import build
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.errors import BadSettings
from streams.outgoing import Outgoing
from streams.player import Player
from streams.record_outcomes import accounted
from streams.records import LogRecord
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, REKEYED, UPDATES
from tests.building import Log, at, line, text
from tests.homes import NEVER_LATE, Homes
from tests.kafka.oracle import left_by, plain
from tests.plain_company import Company
from tests.running import on, said
from tests.test_laws import UNTIL, Event, logs
from tests.test_merged_partitions import IDS, left_open, some_merges, spread
from tests.test_merging import core, figures, lives

TOPIC = topic_of("segment")
PRIVATE = "Ana Secret, Calle Mayor 1"


def unwrapped(foreign: Foreign, _: Options) -> Translation:
    """Read an envelope around events of ours, and what a person would rather not have sent on."""
    try:
        events = tuple(json.loads(foreign.value or b"")["events"])
    except (ValueError, KeyError):
        raise Unreadable("segment", "the record", "no JSON", "send JSON") from None
    return Translation(events, "" if events else "nothing in it")


ENVELOPE = Source("segment", "an envelope", ("1",), ("nowhere",), Options, unwrapped, lambda _: frozenset({"logins"}))


def envelope(*events: Event) -> bytes:
    return json.dumps({"name": PRIVATE, "customer_id": PRIVATE, "events": events}).encode()


def homes(partitions: int, *, atomic: bool = True, **overrides: str) -> Homes:
    """Return partitions that read envelopes from a topic of their own."""
    found = Homes(partitions, atomic=atomic, sources__segment__topic="billing", **overrides)
    readings = {name: one for name, one in found.readers.items() if name != TOPIC}
    found.readers[TOPIC] = Translating(ENVELOPE, Options(), readings)
    return found


def batches(events: list[Event], random: Random) -> list[list[Event]]:
    """Cut a log into records of a few events; of one instant they are in the order of their ids."""
    found: list[list[Event]] = []
    for event in events:
        if found and len(found[-1]) < 5 and random.random() < 0.6:
            found[-1].append(event)
        else:
            found.append([event])
    return [sorted(one, key=lambda event: str(event["event_id"])) for one in found]


async def play(homes: Homes, records: list[list[Event]], random: Random, *, restarts: bool) -> None:
    for record in records:
        homes.read_foreign(TOPIC, envelope(*record), random.randrange(homes.number))
        homes.newest = max(homes.newest, *(instant(datetime.fromisoformat(one["occurred_at"])) for one in record))
        await homes.go_on(random, restarts=restarts)
    homes.end(instant(UNTIL))


def sent(company: Homes, topic: Any) -> list[Outgoing]:
    name = company.broker.topic(topic)
    return [one for one in company.sent if one.topic == name]


def outcomes(company: Homes) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in company.processors:
        for counts in one.outcomes.kept.values():
            found.update(counts)
    return found


@given(logs() | lives, st.integers(0, 2**32), st.sampled_from((1, 2, 3, 5)), st.booleans())
async def test_what_comes_through_a_source_is_what_comes_by_topics_of_ours(
    events: list[Event], seed: int, partitions: int, merges: bool
) -> None:
    random = Random(seed)
    ids = IDS[: random.randrange(1, 6)]
    several = spread(events, random, ids)
    for one in some_merges(random, ids) if merges and len(ids) > 1 else ():
        several.insert(random.randrange(len(several) + 1), one)
    own, foreign = homes(partitions), homes(partitions)
    records = batches(several, random)
    for event in several:
        own.read(event)
    own.end(instant(UNTIL))

    await play(foreign, records, random, restarts=True)

    states, wanted = foreign.states(), own.states()
    assert set(states) == set(wanted)
    assert {name: core(one) for name, one in states.items()} == {name: core(one) for name, one in wanted.items()}
    assert figures(foreign.outcome()) == figures(own.outcome())
    assert foreign.outcome().open_signals() == own.outcome().open_signals()
    if merges and len(ids) > 1:
        assert left_open(foreign.statements, next(iter(states), "")) == set()
    assert accounted(outcomes(foreign)) == len(records)
    assert not any(PRIVATE.encode() in (one.value or b"") for one in foreign.sent)
    assert set(places_of(foreign).values()) <= {1}
    assert set(carried_on(foreign).values()) <= {1}


def places_of(company: Homes) -> Counter[Any]:
    """Count the records that carry events of one foreign record to one partition, but for those of merged customers.

    By their origin the receiver tells a record that is sent twice. Events of merged customers travel apart; where they
    are merged again on their way, they go on as they came, those that had come by themselves and those that had not.
    """
    return Counter(
        (one.partition, *_origin(one))
        for one in sent(company, REKEYED)
        if _origin(one) and "x-origin-hop" not in dict(one.headers)
    )


def carried_on(company: Homes) -> Counter[Any]:
    """Count how often an event of a foreign record is sent to one partition as that of one merged customer."""
    return Counter(
        (one.partition, item[0], item[1]["event_id"], item[2])
        for one in sent(company, REKEYED)
        if _origin(one) and "x-origin-hop" in dict(one.headers)
        for item in json.loads(one.value or b"[]")
    )


def _origin(one: Outgoing) -> tuple[bytes | None, ...]:
    headers = dict(one.headers)
    names = ("x-origin-topic", "x-origin-partition", "x-origin-offset")
    return tuple(headers[name] for name in names) if names[0] in headers else ()


def test_events_of_one_record_for_one_home_travel_together_and_count_once() -> None:
    company = homes(2)
    away = [name for name in IDS if company.home(name) == 1]
    events = [event for name in away for event in Log(name).login(1, 2).events]
    company.read_foreign(TOPIC, envelope(*events), 0)
    company.commit(0)

    (record,) = sent(company, REKEYED)[:1]
    company.deliver(1)
    company.read_to[1] = 0  # the same once more, as without transactions
    company.deliver(1)
    company.settle()

    assert len(away) > 1
    assert [one.partition for one in sent(company, REKEYED) if one.key == record.key] == [1]
    assert {name: len(one.logins) // 2 for name, one in company.states().items()} == dict.fromkeys(away, 2)
    assert PRIVATE.encode() not in (record.value or b"")
    assert company.counted(TOPIC, "applied") == len(events)
    assert company.counted(TOPIC, "rekeyed") == len(events)
    assert company.counted(TOPIC, "replayed") == 1


def test_what_cannot_be_read_is_a_dead_letter_without_its_content() -> None:
    company = homes(2)
    company.read_foreign(TOPIC, b"{" + PRIVATE.encode(), 3, [("who", PRIVATE.encode())])
    company.read_foreign(TOPIC, envelope(), 1)
    company.read_foreign(TOPIC, envelope(Log("c-1").login(1).events[0]), 1)
    company.settle()

    (letter,) = sent(company, DEAD_LETTERS)
    headers = {name: (value or b"").decode() for name, value in letter.headers}
    assert (letter.value, letter.key) == (b"", b"")
    assert headers["x-dead-letter-reason"] == "source"
    assert headers["x-dead-letter-topic"] == "billing"
    assert (headers["x-dead-letter-partition"], headers["x-dead-letter-offset"]) == ("3", "0")
    assert headers["x-dead-letter-error"] == "segment: the record is no JSON: send JSON"
    assert "who" not in headers
    assert company.counted(TOPIC, "rejected") == company.counted(TOPIC, "skipped") == 1
    assert accounted(outcomes(company)) == 3


def test_an_event_that_is_refused_keeps_no_other_one_of_its_record_back() -> None:
    company = homes(3)
    events = Log("c-1").buys(1, "o").refunds(2, "o", currency="JPY").events + Log("c-2").login(1).events
    ahead = Log("c-3").login(1).events[0] | {"occurred_at": "2199-01-01T00:00:00Z"}
    away = (company.home("c-1") + 1) % 3
    company.read_foreign(TOPIC, envelope(*events, ahead), away)
    company.settle()

    letters = sent(company, DEAD_LETTERS)
    assert Counter(dict(one.headers)["x-dead-letter-reason"] for one in letters) == {b"contract": 1, b"future": 1}
    assert {json.loads(one.value or b"")["customer_id"] for one in letters} == {"c-1", "c-3"}
    assert not any(PRIVATE.encode() in (one.value or b"") for one in letters)
    assert set(company.states()) == {"c-1", "c-2"}
    assert accounted(outcomes(company)) == 1


def test_of_an_erased_customer_nothing_is_kept_and_the_others_of_the_record_are() -> None:
    company = homes(3)
    company.read(Log("c-gone").add("erasure.requested", 1).events[0])
    company.settle()
    bad = Log("c-gone").refunds(3, "o", amount="x").events
    for number in range(3):
        company.read_foreign(TOPIC, envelope(*Log("c-gone").login(2).events, *bad, *Log("c-1").login(2).events), number)
    company.settle()

    assert set(company.states()) == {"c-1"}
    assert company.counted(TOPIC, "forgotten") == 6
    assert sent(company, DEAD_LETTERS) == []
    later = [one for one in company.sent if one.topic != company.broker.topic(REKEYED)]
    assert not any(b'"c-gone"' in (one.value or b"") for one in later)


def test_a_record_may_ask_for_an_erasure() -> None:
    company = homes(3)
    for number in range(3):
        company.read_foreign(TOPIC, envelope(*Log("c-1").login(number).events), number)
    company.settle()
    company.read_foreign(
        TOPIC, envelope(*Log("c-1").add("erasure.requested", 9).events, *Log("c-2").login(1).events), 0
    )
    company.settle()

    assert set(company.states()) == {"c-2"}
    assert "c-1" in company.processors[company.home("c-1")].forgotten


def test_a_heartbeat_on_the_topic_of_a_source_shows_that_its_families_live() -> None:
    company = homes(2)
    beat = {"type": "source.heartbeat", "occurred_at": text(at(5))}
    company.read_foreign(TOPIC, line(beat), 0)
    company.read_foreign(TOPIC, line(beat | {"occurred_at": "yesterday"}), 0)

    processor = company.processors[0]
    assert processor.watermarks.promised == {TOPIC}
    assert processor.watermarks.marks[TOPIC] == instant(at(5))
    spoke = {name for name, rhythm in processor.partition_state.sources.rhythms.items() if rhythm.ahead}
    assert spoke == WATCHED & SEGMENT.families(SEGMENT.options())  # type: ignore[misc] # it has families
    assert spoke < WATCHED
    assert processor.outcomes._fresh == {TOPIC: {"heartbeat": 1, "rejected": 1}}


def counting(company: Homes) -> list[bytes | None]:
    """Have the source of partitions note each record that it translates; return its notes."""
    translated: list[bytes | None] = []

    def noted(foreign: Foreign, options: Options) -> Translation:
        translated.append(foreign.value)
        return unwrapped(foreign, options)

    readings = {name: one for name, one in company.readers.items() if name != TOPIC}
    company.readers[TOPIC] = Translating(replace(ENVELOPE, read=noted), Options(), readings)
    return translated


def test_partitions_that_take_turns_in_a_backlog_have_each_record_translated_once() -> None:
    company = homes(3)
    translated, agent = counting(company), company.readers[TOPIC]
    lanes = [
        [
            LogRecord(TOPIC, number, day, NEVER_LATE, None, envelope(*Log(f"c-{number}").login(day).events), ())
            for day in range(300)
        ]
        for number in range(3)
    ]
    reached = [0, 0, 0]
    for day in range(1, 301):
        for number, lane in enumerate(lanes):
            reached[number], _ = agent.until(lane, reached[number], company.processors[number], instant(at(day)))

    assert reached == [300, 300, 300]
    assert Counter(translated) == Counter(record.value for lane in lanes for record in lane)


def test_of_large_records_few_are_translated_ahead() -> None:
    company = homes(1)
    translated, agent = counting(company), company.readers[TOPIC]
    events = [envelope(*Log("c-1").login(day).events) + b" " * (MAX_BYTES // 4) for day in range(20)]
    records = [LogRecord(TOPIC, 0, day, NEVER_LATE, None, value, ()) for day, value in enumerate(events)]

    agent.until(records, 0, company.processors[0], instant(at(1)))

    assert len(translated) == 4


@pytest.mark.parametrize("name", ["logins", "rekeyed", "churn-signals"])
def test_the_topic_of_a_source_is_no_topic_of_ours(name: str) -> None:
    with pytest.raises(BadSettings, match=rf"sources\.segment\.topic: '{name}' is the topic {name} of Backstay"):
        Homes(1, sources__segment__topic=name)


COMPANY = [one.event for one in Company(7, datetime(2025, 1, 1, tzinfo=UTC), 60, 10).history()]
MAPPED = json.dumps({kind: kind for kind in TOPIC_OF if not kind.startswith("customer.")})


def call(event: Event) -> dict[str, Any]:
    """Return an event of ours as a call of a tracking SDK."""
    common = {"event_id", "type", "customer_id", "occurred_at"}
    return {
        "type": "track",
        "event": event["type"],
        "userId": event["customer_id"],
        "messageId": event["event_id"],
        "timestamp": event["occurred_at"],
        "properties": {name: value for name, value in event.items() if name not in common},
    }


async def worked(settings: Settings, lines: list[tuple[bytes, int]], last: datetime) -> Any:
    """Have a worker apply foreign records, or, without any, the same company's events on topics of ours."""
    broker = Broker(settings)
    if broker.foreign:
        admin = await broker.admin()
        await admin.create_topics([NewTopic(broker.topic_named(TOPIC), 3, 1)])
        await admin.close()
    await broker.create_topics()
    producer = broker.producer()
    await producer.start()
    player = Player(broker, producer, await broker.input_widths())
    for value, partition in lines:
        await producer.send(broker.topic_named(TOPIC), value, b"any", partition)
    for event in () if lines else COMPANY:
        await player.play(line(event))
    await player.settle()
    await player.promise(instant(last))
    for partition in range(3) if lines else ():
        beat = line({"type": "source.heartbeat", "occurred_at": text(last)})
        await producer.send_and_wait(broker.topic_named(TOPIC), beat, None, partition)
    await producer.stop()
    async with await build(settings) as worker:
        for name in broker.foreign:
            expected = f'backstay_dead_letters_total{{deployment="local",reason="source",topic="{name}"}} '
            assert expected in generate_latest(worker.gauges.exposed).decode()
        await asyncio.wait_for(worker.until_idle(), 120)
        counts = worker.outcomes()
    left = await left_by(settings)
    final = {u["key"]: u["value"] for u in await said(settings, UPDATES) if u["value"]["edition"] == "final"}
    found = {key: (value["value"], value["components"]) for key, value in final.items()}
    return counts, {name: plain(one) for name, one in left.states.items()}, left.last_words(), found


async def test_a_worker_reads_a_topic_of_calls_as_it_reads_topics_of_ours() -> None:
    """Three partitions, any key, batches of calls: states, figures and last words are those of the events."""
    random, last = Random(3), datetime(2025, 5, 1, tzinfo=UTC)
    records = [json.dumps({"batch": [call(event) for event in one]}).encode() for one in batches(COMPANY, random)]
    lines = [(record, random.randrange(3)) for record in records]
    async with EmbeddedBroker() as broker:
        own = await worked(on(broker.address, "own-"), [], last)
        settings = on(broker.address, "foreign-", sources__segment__topic="calls", sources__segment__tracks=MAPPED)

        foreign = await worked(settings, [*lines, (b"{", 1)], last)

    assert foreign[1] == own[1]
    assert foreign[3] == own[3]
    assert foreign[2] == own[2]
    of_calls = Counter({what: number for (topic, what), number in foreign[0].items() if topic == TOPIC})
    assert accounted(of_calls) == len(lines) + 1 + 3
    assert (of_calls["rejected"], of_calls["heartbeat"]) == (1, 3)
    assert of_calls["rekeyed"] > 0
