"""Records that could not be used: whom they name, where they are judged, and that none is kept of the forgotten."""

import json
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.readings import READINGS
from agents.rekeyed import Rekeyed
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.gauges import Gauges
from streams.home import home_of
from streams.named import MOST, named_in
from streams.outgoing import Outgoing
from streams.partition_processor import PartitionProcessor
from streams.record_outcomes import accounted
from streams.records import LogRecord
from streams.setting_sources import read_settings
from streams.topics import DEAD_LETTERS, REKEYED
from tests.building import Log, at, line
from tests.running import on, said, send, worked_off
from tests.simulation.clients import Client, SimBroker
from tests.simulation.cluster import Cluster

BY_TOPIC = {agent.topic: agent for agent in READINGS}
PARTITIONS = 4
NOW = 4_102_444_800_000
"""In 2100, in milliseconds: no event that is meant well is ahead of its record."""
GONE, OTHER = "c-gone", "c-else"
GOOD = Log(GONE).login(1).events[0]

BAD: dict[str, tuple[bytes | None, bytes | None]] = {
    "contract": (GONE.encode(), line(GOOD | {"occurred_at": "yesterday"})),
    "contract, no key": (None, line(GOOD | {"occurred_at": "yesterday"})),
    "contract, keyed by order": (b"o-77", line(GOOD | {"occurred_at": "yesterday"})),
    "not JSON, the key": (GONE.encode(), b"{"),
    "no value": (GONE.encode(), None),
    "not JSON, and names it": (None, b'{"customer_id": "c-gone", "type": '),
    "spaced out": (None, b'{"customer_id"  :\t"c-gone", '),
    "written in escapes": (None, b'{"customer_id": "\\u0063-gone", '),
    "not UTF-8, its id": (GONE.encode(), line(GOOD).replace(b'"c-gone"', b'"c-gone\xf1"')),
    "not UTF-8, another field": (None, line(GOOD | {"source": "~"}).replace(b"~", b"\xf1")),
    "in UTF-16": (None, json.dumps(GOOD).encode("utf-16")),
    "key in quotes": (b'"c-gone"', b"{"),
    "in an envelope": (None, line({"payload": {"after": GOOD}})),
    "a fact of the company": (GONE.encode(), line(GOOD | {"type": "rate.published"})),
    "unknown type": (GONE.encode(), line(GOOD | {"type": "login.dreamt"})),
    "another topic": (GONE.encode(), line(GOOD | {"type": "ticket.opened"})),
    "future": (GONE.encode(), line(GOOD | {"occurred_at": "2999-01-01T00:00:00Z"})),
    "future, no key": (None, line(GOOD | {"occurred_at": "2999-01-01T00:00:00Z"})),
    "too deep": (GONE.encode(), line(GOOD | {"x": 0}).replace(b'"x":0', b'"x":' + b"[" * 40 + b"]" * 40)),
    "another one's key": (b"c-else", line(GOOD | {"occurred_at": "yesterday"})),
    "another one's id": (GONE.encode(), line(GOOD | {"customer_id": OTHER, "occurred_at": "yesterday"})),
    "several at once": (None, line(GOOD) + line(GOOD | {"customer_id": OTHER})),
    "more than are asked about": (
        None,
        b"".join(line(GOOD | {"customer_id": f"c-{n}"}) for n in range(40)) + line(GOOD),
    ),
}
OF_SEVERAL = (
    "contract, keyed by order",
    "another one's key",
    "another one's id",
    "several at once",
    "more than are asked about",
)


class Company:
    """The processors of all partition numbers, with what they send each other carried at once."""

    def __init__(self) -> None:
        settings, cluster = read_settings(overrides={"time.clock": "log"}), Cluster(Random(1), PARTITIONS)
        broker = SimBroker(settings, Client(cluster, lambda _: None))
        self.processors = [
            PartitionProcessor(n, PARTITIONS, settings, broker, Gauges(), atomic=True) for n in range(PARTITIONS)
        ]
        self.rekeyed, self.letters = broker.topic(REKEYED), broker.topic(DEAD_LETTERS)
        self.written: list[Outgoing] = []
        self._offset = 0

    def read(self, topic: str, record: tuple[bytes | None, bytes | None], partition: int, headers: Any = ()) -> None:
        """Have a record read on its own partition, and all that follows from it."""
        self._offset += 1
        key, value = record
        processor = self.processors[partition % PARTITIONS]
        BY_TOPIC[topic]([LogRecord(topic, partition, self._offset, NOW, key, value, headers)], processor)
        self._carry(processor)

    def _carry(self, processor: PartitionProcessor) -> None:
        for one in processor.detach({}):
            self.written.append(one)
            if one.topic == self.rekeyed:
                assert one.partition is not None
                self._offset += 1
                stray = LogRecord(one.topic, one.partition, self._offset, NOW, one.key, one.value, one.headers)
                Rekeyed(BY_TOPIC)([stray], self.processors[one.partition])
                self._carry(self.processors[one.partition])

    def forget(self, *names: str) -> None:
        for name in names:
            event = Log(name).add("erasure.requested", 1).events[0]
            self.read("privacy", (name.encode(), line(event)), home_of(name.encode(), PARTITIONS))

    def dead_letters(self) -> list[Outgoing]:
        return [one for one in self.written if one.topic == self.letters]

    def outcomes(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for processor in self.processors:
            for counts in processor.outcomes.kept.values():
                found.update(counts)
        return found


@pytest.mark.parametrize("partition", range(PARTITIONS + 1))
@pytest.mark.parametrize("kind", BAD)
def test_no_dead_letter_has_a_byte_of_a_forgotten_customer(kind: str, partition: int) -> None:
    company = Company()
    company.forget(GONE)

    company.read("logins", BAD[kind], partition)

    for one in company.dead_letters():
        assert GONE not in str(vars(one)), vars(one)
        assert dict(one.headers)["x-dead-letter-content-left-out"]
    assert accounted(company.outcomes()) == 2
    assert company.outcomes()["forgotten"] + len(company.dead_letters()) == 1


@pytest.mark.parametrize("partition", range(PARTITIONS + 1))
@pytest.mark.parametrize("kind", [kind for kind in BAD if kind not in OF_SEVERAL])
def test_one_of_somebody_who_is_not_forgotten_is_kept_as_it_came(kind: str, partition: int) -> None:
    company, (key, value), headers = Company(), BAD[kind], [("trace", b"7")]

    company.read("logins", (key, value), partition, headers)

    (letter,) = company.dead_letters()
    about = dict(letter.headers)
    assert (about["x-dead-letter-partition"], about["x-dead-letter-topic"]) == (str(partition).encode(), b"logins")
    assert (letter.key, letter.value, letter.headers[0]) == (key or b"", value, headers[0])
    assert ("x-dead-letter-no-key" in about) == (key is None)
    assert company.outcomes() - Counter(rekeyed=1) == Counter(rejected=1)


@pytest.mark.parametrize("kind", OF_SEVERAL)
def test_of_one_that_no_single_partition_can_judge_only_its_place_is_kept(kind: str) -> None:
    company = Company()
    homes = {home_of(name.encode(), PARTITIONS) for name in (GONE, OTHER, "o-77")}
    (elsewhere,) = set(range(PARTITIONS)) - homes

    company.read("logins", BAD[kind], elsewhere, [("trace", b"7")])

    (letter,) = company.dead_letters()
    about = dict(letter.headers)
    assert (letter.key, letter.value, about.get("trace")) == (b"", b"", None)
    assert int(about["x-dead-letter-content-left-out"] or b"") == len(BAD[kind][1] or b"")
    assert about["x-dead-letter-partition"] == str(elsewhere).encode()


NAMES = [f"c-{n}" for n in range(6)]
texts = st.sampled_from([b"{", b"[1,2]", b'{"type":"login.dreamt"', b"", b"\x00\x00\x00\x00\x01{"])


@given(
    forgotten=st.sets(st.sampled_from(NAMES), max_size=3),
    records=st.lists(
        st.tuples(
            st.none() | st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=3), texts, st.integers(0, 6)
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_whatever_is_refused_has_one_outcome_and_no_letter_names_the_forgotten(
    forgotten: set[str], records: list[tuple[str | None, list[str], bytes, int]]
) -> None:
    company = Company()
    company.forget(*forgotten)
    for key, named, text, partition in records:
        value = text + b"".join(b',"customer_id":"%s"' % name.encode() for name in named)
        company.read("logins", (key.encode() if key is not None else None, value), partition)

    assert accounted(company.outcomes()) == len(records) + len(forgotten)
    assert company.outcomes()["rejected"] == len(company.dead_letters())
    for one in company.dead_letters():
        assert not forgotten & named_in(one.key, one.value)


def test_a_refused_record_that_was_sent_home_says_nothing_of_where_events_stand() -> None:
    """Else a topic with bad records would be one whose readers are waited for."""
    company = Company()
    away = (home_of(GONE.encode(), PARTITIONS) + 1) % PARTITIONS

    for _ in range(20):
        company.read("logins", BAD["contract"], away)

    assert list(company.processors[away].outcomes.sent_home()) == []
    assert company.outcomes() == Counter(rekeyed=20, rejected=20)


def test_one_that_is_sent_home_twice_is_judged_once() -> None:
    """Without transactions a crash between sending and committing sends it again."""
    company = Company()
    away = (home_of(GONE.encode(), PARTITIONS) + 1) % PARTITIONS
    company.read("logins", BAD["contract"], away)
    (sent,) = (one for one in company.written if one.topic == company.rekeyed)
    home = company.processors[home_of(GONE.encode(), PARTITIONS)]

    Rekeyed(BY_TOPIC)([LogRecord(sent.topic, home.number, 99, NOW, sent.key, sent.value, sent.headers)], home)

    assert [one for one in home.detach({}) if one.topic == company.letters] == []


def test_integers_are_ids_too() -> None:
    assert named_in(b"42", b'{"customer_id": 43, "amount": "x"}') == {"42", "43"}


@given(st.one_of(st.none(), st.binary()), st.binary(), st.binary(min_size=1))
def test_any_bytes_name_customers_or_nobody(key: bytes | None, before: bytes, ident: bytes) -> None:
    """No record may end a worker: what its producer wrote is looked through, whatever it is."""
    for written in (ident, b'"' + ident + b'"', b'"' + ident):
        for one in named_in(key, before + b'"customer_id":' + written):
            home_of(one.encode(), PARTITIONS)


def test_what_is_no_id_is_nobody() -> None:
    assert named_in(b"\xff" * 2, b'{"customer_id": null, "customer_id": "' + b"x" * 200 + b'"}') == set()
    assert named_in(None, None) == set()


def test_no_value_takes_long_to_look_through() -> None:
    """Of very many names only a few are looked at, and none is looked for beyond its end."""
    assert len(named_in(None, b'"customer_id":1,' * 60_000)) == 1
    assert len(named_in(None, b",".join(b'"customer_id":%d' % n for n in range(60_000)))) == MOST + 1
    assert named_in(None, b'"customer_id":"' + b"\\" * 1_000_000) == set()


async def test_a_bad_record_that_came_after_the_request_does_not_overtake_it_in_a_backlog() -> None:
    """It has no time of its own, so it is worked off as soon as it is fetched; the request waits for its turn."""
    async with EmbeddedBroker() as embedded:
        settings = on(embedded.address)
        broker = Broker(settings)
        await broker.create_topics()
        others = [one for number in range(40) for one in Log(f"c-{number}").starts(0).login(*range(1, 30)).lines()]
        mine = Log(GONE).starts(0).login(1, 2, 3)
        await send(settings, [*mine.lines(), *others])
        await send(settings, [line(Log(GONE).add("erasure.requested", 35).events[0])])
        home = home_of(GONE.encode(), PARTITIONS)
        producer = broker.producer()
        await producer.start()
        for key, value in (BAD["contract"], BAD["not JSON, the key"], BAD["a fact of the company"]):
            for topic in ("tickets", "cancellations", "logins"):
                await producer.send_and_wait(topic, value, key=key, partition=home)
        await producer.stop()
        await send(settings, [], until=at(40))

        worker = await worked_off(settings)

        assert await said(settings, DEAD_LETTERS) == []
        outcomes = worker.gauges.outcomes()
        assert [outcomes[topic, "forgotten"] for topic in ("tickets", "cancellations", "logins")] == [3, 3, 3]


def test_a_bad_record_that_came_before_the_request_is_kept() -> None:
    company = Company()
    home = company.processors[home_of(GONE.encode(), PARTITIONS)]

    home.expect(GONE, NOW + 1)
    company.read("logins", BAD["contract"], home.number)

    assert len(company.dead_letters()) == 1
