"""Dead letters of sources, sent again after the mapping was mended: read anew from where they stood, counted once."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka.admin import NewTopic
from hypothesis import given
from hypothesis import strategies as st

from agents.foreign import Translating, as_it_came, topic_of
from agents.record import FIRST_TIMESTAMP, ONLY_EVENT, RETRIED
from sources.base import Options
from streams.access import operator_acls
from streams.broker import Broker
from streams.dead_letters import dead_letter
from streams.embedded import EmbeddedBroker
from streams.errors import BadLog, BrokerUnreachable
from streams.letters.done import sent_again
from streams.letters.letter import Letter, letter_of
from streams.letters.marks import Known
from streams.letters.originals import ORIGIN, Originals, event_in, whole
from streams.letters.verdict import Judge, Verdict
from streams.records import LogRecord
from streams.settings import Settings
from streams.topics import DEAD_LETTERS
from tests.building import Log, at
from tests.homes import NEVER_LATE, Homes
from tests.kafka.oracle import left_by, plain
from tests.registry import registry
from tests.running import on, worked_off
from tests.test_dead_letters_command import command, rows_of, write_receipt
from tests.test_encodings import frame
from tests.test_foreign_records import ENVELOPE, PRIVATE, envelope, homes, sent

TOPIC = topic_of("segment")
STAMP = int(at(30).timestamp() * 1_000)


# What one partition does with a record that is sent again.


def letters_of(company: Homes) -> list[Letter]:
    """Return the letters that were written, each with a place of its own."""
    found = sent(company, DEAD_LETTERS)
    return [
        letter_of(LogRecord("dead-letters", 1, place, NEVER_LATE, one.key, one.value, one.headers))
        for place, one in enumerate(found)
    ]


def read_again(company: Homes, letter: Letter, value: bytes, headers: Any = ()) -> Letter:
    """Fetch the record of a letter, and have it read as `retry` sends it; return the letter with its record."""
    record: Any = LogRecord(letter.topic, letter.partition, letter.position, letter.stood_at, b"k", value, headers)
    only = event_in(letter)
    assert only is not None
    found = whole(letter, record, only)
    again = sent_again(found, "dead-letters", 4)
    assert (again.topic, again.partition, again.key) == (letter.topic, letter.partition, b"k")
    company.read_foreign(TOPIC, again.value or b"", letter.partition, again.headers)
    company.settle()
    return found


@given(
    many=st.lists(st.tuples(st.sampled_from(["c-1", "c-2", "c-3"]), st.integers(1, 9)), min_size=1, max_size=6),
    times=st.integers(1, 3),
    partition=st.integers(0, 3),
)
def test_a_record_that_could_not_be_read_counts_once_however_often_it_is_sent(
    many: list[tuple[str, int]], times: int, partition: int
) -> None:
    logs = {name: Log(name) for name, _ in many}
    for name, day in many:
        logs[name].login(day)
    events = [event for one in logs.values() for event in one.events]
    company, wanted = homes(2), homes(2)
    company.read_foreign(TOPIC, b"{" + PRIVATE.encode(), partition)
    company.settle()
    (letter,) = letters_of(company)

    for _ in range(times):
        read_again(company, letter, envelope(*events))
    wanted.read_foreign(TOPIC, envelope(*events), partition)
    wanted.settle()

    assert {name: plain(one) for name, one in company.states().items()} == {
        name: plain(one) for name, one in wanted.states().items()
    }
    assert company.counted(TOPIC, "applied") + company.counted(TOPIC, "late") == len(events)


def test_of_a_record_of_which_one_event_was_refused_only_that_one_is_read_again() -> None:
    company = homes(2)
    good = Log("c-1").login(*range(1, 300)).events
    bad = Log("c-2").buys(5, "o").events[0]
    company.read_foreign(TOPIC, envelope(*good[:2], bad | {"amount": "-3"}), 1)
    for event in good[2:]:  # by now the ids of the first two are no longer known
        company.read_foreign(TOPIC, envelope(event), 1)
    company.settle()
    (letter,) = letters_of(company)
    before = company.counted(TOPIC, "applied")

    found = read_again(company, letter, envelope(*good[:2], bad))
    read_again(company, letter, envelope(*good[:2], bad))

    assert dict(found.headers)[ONLY_EVENT] == bad["event_id"].encode()
    assert found.came_by == f"{letter.partition}:{letter.position}"
    assert company.counted(TOPIC, "applied") == before + 1
    assert company.counted(TOPIC, "duplicate") == 1
    assert len(company.dead_letters()) == 1


def test_an_event_that_has_another_id_by_now_stays_refused() -> None:
    """Else the others of its record, read under their former ids, would count twice."""
    company = homes(1)
    events = [*Log("c-1").login(1).events, Log("c-2").buys(5, "o").events[0] | {"amount": "-3"}]
    company.read_foreign(TOPIC, envelope(*events), 0)
    company.settle()
    (letter,) = letters_of(company)

    read_again(company, letter, envelope(*(one | {"event_id": f"new-{one['event_id']}"} for one in events)))

    assert company.counted(TOPIC, "applied") == 1
    assert company.dead_letters() == ["contract", "source"]


def test_a_letter_of_a_record_that_was_sent_again_is_about_the_same_event_and_the_first_timestamp() -> None:
    company = homes(1)
    bad = Log("c-2").buys(5, "o").events[0]
    company.read_foreign(TOPIC, envelope(*Log("c-1").login(1).events, bad | {"amount": "-3"}), 0)
    company.settle()
    first = read_again(company, letters_of(company)[0], b"{")  # by an older mapping it cannot be read at all
    second = letters_of(company)[1]
    again = sent_again(first, "dead-letters", 4)
    record: Any = LogRecord(second.topic, 0, second.position, second.stood_at, b"k", again.value, again.headers)

    found = whole(second, record, event_in(second) or "")

    assert second.lacks_all
    about = dict(found.headers)
    assert about[ONLY_EVENT] == bad["event_id"].encode()
    assert (found.timestamp, found.came_by) == (first.timestamp, "0:0")
    headers = [name for name, _ in sent_again(found, "dead-letters", 4).headers]
    assert sorted(headers) == sorted({*headers})  # each once
    assert {name for name in headers if name.startswith(RETRIED)} == {
        ONLY_EVENT,
        ORIGIN,
        FIRST_TIMESTAMP,
        *(f"{RETRIED}{name}" for name in ("topic", "partition", "offset")),
    }


@pytest.mark.parametrize(("said", "read"), [(b"17", 17), (b"x", STAMP), (b"", STAMP), (b"9" * 5_000, STAMP)])
def test_a_source_reads_the_first_timestamp(said: bytes, read: int) -> None:
    record = LogRecord("calls", 0, 1, STAMP, None, None, [("trace", b"7"), (FIRST_TIMESTAMP, said)])

    assert as_it_came(record).timestamp == read
    assert as_it_came(LogRecord("calls", 0, 1, STAMP, None, None, ())).timestamp == STAMP


# What the command makes of a letter that has its record.


def judge(**options: Any) -> Judge:
    broker = Broker(on("127.0.0.1:1", sources__segment__topic="billing"))
    found = Judge(broker, Known(broker, ""), {"billing": 4}, **options)
    readings = {name: one for name, one in found._readings.items() if name != "billing"}
    by_family = {one.topic: one for one in readings.values()}
    found._readings = {**readings, "billing": Translating(ENVELOPE, Options(), by_family)}
    return found


def judged(value: bytes, headers: Any = (), timestamp: int = NEVER_LATE, **options: Any) -> Verdict:
    record = LogRecord("billing", 2, 17, timestamp, None, value, headers)
    left = dead_letter("dead-letters", "billing", record, "source", "wrong", whole=False)
    letter = letter_of(LogRecord("dead-letters", 1, 5, NEVER_LATE, left.key, left.value, left.headers))
    again: Any = record
    return judge(**options).judge_foreign(whole(letter, again, ""))


def test_what_the_source_reads_today_is_sent_and_the_rest_stays() -> None:
    login, bad = Log("c-1").login(1).events[0], Log("c-1").refunds(2, "o", amount="x").events[0] | {"event_id": "bad"}
    ahead = login | {"occurred_at": "2027-01-01T00:00:00Z"}

    assert judged(envelope(login)).fate == "sendable"
    assert judged(envelope(bad, login)).fate == "sendable"  # the other one becomes a letter of its own
    assert judged(envelope()).fate == "sendable"  # nothing follows from it: a record that is skipped
    assert judged(b"{").reason == "source"
    assert judged(envelope(bad)).reason == "contract"
    assert judged(envelope(login, bad), [(ONLY_EVENT, bad["event_id"].encode())]).reason == "contract"
    assert judged(envelope(login), [(ONLY_EVENT, b"another")]).reason == "source"
    assert judged(envelope(ahead), timestamp=STAMP).reason == "future"
    assert judged(envelope(ahead), timestamp=STAMP, believes_events=True).fate == "sendable"


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"7", b'{"event_id": 7}', b'{"event_id": ""}', b"[" * 9_999])
def test_a_letter_with_an_event_that_has_no_id_says_so(value: bytes) -> None:
    record = LogRecord("billing", 2, 17, STAMP, b"c-1", value, ())
    left = dead_letter("dead-letters", "billing", record, "contract", "wrong")

    assert event_in(letter_of(LogRecord("dead-letters", 1, 5, STAMP, left.key, left.value, left.headers))) is None


def test_an_operator_may_read_topics_of_sources() -> None:
    def granted(**sources: str) -> list[list[str]]:
        return list(operator_acls(Broker(on("127.0.0.1:1", **sources)), "User:ann"))

    assert not any("billing" in one for one in granted())
    (of_source,) = (one for one in granted(sources__stripe__topic="billing") if "billing" in one)
    assert [of_source[place + 1] for place, word in enumerate(of_source) if word == "--operation"] == [
        "Read",
        "Write",
        "Describe",
    ]


# The whole of it, on the embedded broker.


SHOP = topic_of("mapping")
PLACES = 3


def mapping(amount: str, currency: Any) -> str:
    """Return the rules of a shop: an order shows that its customer was there, and bought something."""
    common = {"customer_id": "user.id", "occurred_at": "at"}
    login = {"type": "login.succeeded", "event_id": "visit", **common}
    fields = {"order_id": "id", "amount": amount, "currency": currency}
    return json.dumps([login, {"type": "purchase.completed", "event_id": "id", **common, "fields": fields}])


WRONG, RIGHT = mapping("total", "cur"), mapping("total || sum", {"path": "cur", "words": {"€": "EUR", "EUR": "EUR"}})


def order(number: int, customer: str, **said: Any) -> bytes:
    return json.dumps(
        {"id": f"o-{number}", "visit": f"v-{number}", "user": {"id": customer}, "at": at(number).isoformat()}
        | {"name": PRIVATE, "cur": "EUR"}
        | said
    ).encode()


ORDERS = [
    order(number, f"c-{number % 4}", **({"sum": 30} if number % 3 == 0 else {"total": 30})) for number in range(24)
]
"""Every third one cannot be read by the wrong rules."""
UNREAD = 8


def shop(address: str, rules: str, prefix: str = "") -> Settings:
    return on(address, prefix, sources__mapping__topic="shop", sources__mapping__events=rules)


async def stocked(settings: Settings, records: list[bytes]) -> Broker:
    """Write the records of a shop to its topic."""
    broker = Broker(settings)
    admin = await broker.admin()
    await admin.create_topics([NewTopic(broker.topic_named(SHOP), PLACES, 1)])
    await admin.close()
    await broker.create_topics()
    await supply(broker, records)
    return broker


async def supply(broker: Broker, records: list[bytes]) -> None:
    producer = broker.producer()
    await producer.start()
    for number, value in enumerate(records):
        await producer.send_and_wait(broker.topic_named(SHOP), value, b"k", number % PLACES, headers=[("trace", b"7")])
    await producer.stop()


@pytest_asyncio.fixture
async def address() -> AsyncIterator[str]:
    async with EmbeddedBroker() as broker:
        yield broker.address


def of_shop(settings: Settings, rules: str, *arguments: str) -> list[str]:
    return [
        *arguments,
        "--set",
        "sources.mapping.topic=shop",
        "--set",
        f"sources.mapping.events={rules}",
        "--set",
        f"kafka.group={settings.kafka.group}",
    ]


async def states_of(settings: Settings) -> dict[str, Any]:
    return {name: plain(one) for name, one in (await left_by(settings)).states.items()}


def killed(settings: Settings, rules: str, failpoint: str) -> None:
    """Have `retry` die as in a power cut."""
    program = [str(Path(sys.executable).with_name("backstay")), "dead-letters"]
    options = of_shop(settings, rules, "retry", "--yes")
    options += ["--set", f"kafka.bootstrap_servers={settings.kafka.bootstrap_servers}", "--set", "time.clock=log"]
    ended = subprocess.run(
        [*program, *options], check=False, capture_output=True, env=os.environ | {"BACKSTAY_FAILPOINT": failpoint}
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@pytest.mark.parametrize("failpoint", ["sent:1", "committed:1"])
async def test_after_the_mapping_is_mended_each_record_counts_once_whatever_kills_the_command(
    address: str, failpoint: str
) -> None:
    wrong, right = shop(address, WRONG), shop(address, RIGHT)
    broker = await stocked(wrong, ORDERS)
    worker = await worked_off(wrong)
    assert worker.gauges.outcomes()[SHOP, "rejected"] == UNREAD
    before = await command(wrong, *of_shop(wrong, WRONG, "retry", "--yes", "--json"))
    assert (before.exit_code, json.loads(before.stdout)["refused_again"]) == (BadLog.exit_code, {"source": UNREAD})

    killed(right, RIGHT, failpoint)
    after = await command(right, *of_shop(right, RIGHT, "retry", "--yes", "--json"))
    assert after.exit_code == 0, after.output
    again = await command(right, *of_shop(right, RIGHT, "retry", "--yes", "--json"))
    worker = await worked_off(right)

    assert json.loads(again.stdout)["chosen"] == 0
    assert rows_of(await command(right, *of_shop(right, RIGHT, "list", "--json"))) == {}
    counted = Counter(worker.gauges.outcomes())
    assert counted[SHOP, "applied"] + counted[SHOP, "late"] == 2 * UNREAD  # of this worker: what was sent again
    undisturbed = Homes(4, sources__mapping__topic="shop", sources__mapping__events=RIGHT)
    for number, record in enumerate(ORDERS):
        undisturbed.read_foreign(SHOP, record, number % PLACES)
    undisturbed.settle()
    states = await states_of(right)
    assert states == {name: plain(one) for name, one in undisturbed.states().items()}
    assert len(states) == 4
    found = [one async for part in parts_of(broker) for one in part]
    retried = [one for one in found if any(name == ORIGIN for name, _ in one.headers)]
    assert {dict(one.headers)[ORIGIN].decode() for one in retried} == {
        f"{one.partition}:{one.offset}" for one in found if b'"sum"' in one.value and one.headers[-1] == ("trace", b"7")
    }
    assert all(one.headers[0] == ("trace", b"7") and one.key == b"k" for one in retried)


async def parts_of(broker: Broker) -> AsyncIterator[list[Any]]:
    for number in range(PLACES):
        async for records in broker.read(broker.topic_named(SHOP), number):
            yield records


async def test_records_that_are_gone_and_those_of_erased_customers_are_not_sent(address: str) -> None:
    wrong, right = shop(address, WRONG), shop(address, RIGHT)
    records = [order(1, "c-1", sum=3), order(2, "gone", sum=3), order(3, "c-3", sum=3)]
    broker = await stocked(wrong, records)
    await worked_off(wrong)
    await write_receipt(wrong, "gone")
    producer = broker.producer()
    await producer.start()
    for place in ((0, 99), (7, 0), (2, 0)):  # past the end, a partition that is none, another record by now
        record = LogRecord("shop", *place, 5, b"k", b"{}", ())
        one = dead_letter(broker.topic(DEAD_LETTERS), "shop", record, "source", "wrong", whole=False)
        await producer.send_and_wait(one.topic, one.value, one.key, 0, headers=list(one.headers))
    await producer.stop()

    tried = await command(right, *of_shop(right, RIGHT, "retry", "--dry-run"))
    done = await command(right, *of_shop(right, RIGHT, "retry", "--yes", "--json", "--topic", "sources.mapping"))

    assert "2 of 6 dead letters can be sent again" in tried.stdout
    assert "3 stay: they are not whole, or the record of their source is gone" in tried.stdout
    counts = json.loads(done.stdout)
    assert (counts["retried"], counts["of_erased_customers"], counts["incomplete"]) == (2, 1, 3)
    assert "have the source send it again" in counts["examples"]["incomplete"]
    await worked_off(right)
    assert set(await states_of(right)) == {"c-1", "c-3"}


async def test_records_are_found_in_any_order_on_several_partitions(address: str) -> None:
    settings = shop(address, RIGHT)
    broker = await stocked(settings, ORDERS)
    places = [(number, offset) for offset in (5, 0, 7, 3, 3) for number in range(PLACES)]
    stood = {(one.partition, one.offset): one async for part in parts_of(broker) for one in part}

    async with broker.reader() as reader:
        originals = Originals(reader)
        for number, offset in places:
            record = stood[number, offset]
            left = dead_letter("dead-letters", "shop", record, "source", "wrong", whole=False)
            letter = letter_of(LogRecord("dead-letters", 1, 5, STAMP, left.key, left.value, left.headers))
            found = await originals.of(letter, PLACES)
            assert found is not None
            assert found.value == ORDERS[offset * PLACES + number]
            moved = letter_of(
                LogRecord("dead-letters", 1, 5, 7, b"", b"", [*left.headers, ("x-dead-letter-timestamp", b"8")])
            )
            assert await originals.of(moved, PLACES) is None


async def test_a_registry_that_does_not_answer_ends_the_command_and_marks_nothing(address: str) -> None:
    with registry() as small:
        url = small.url
    silent = shop(address, RIGHT)
    broker = await stocked(silent, [])
    await supply(broker, [frame(b"\0", 7)])
    stood = [one async for part in parts_of(broker) for one in part]
    producer = broker.producer()
    await producer.start()
    one = dead_letter(broker.topic(DEAD_LETTERS), "shop", stood[0], "source", "wrong", whole=False)
    await producer.send_and_wait(one.topic, one.value, one.key, 0, headers=list(one.headers))
    await producer.stop()

    options = ["--set", f"registry.url={url}", "--set", "kafka.patience=1"]
    done = await command(silent, *of_shop(silent, RIGHT, "retry", "--yes", *options))

    assert isinstance(done.exception, BrokerUnreachable)
    assert "the registry at" in str(done.exception)
    assert rows_of(await command(silent, *of_shop(silent, RIGHT, "list", "--json"))) == {("shop", "source"): 1}
