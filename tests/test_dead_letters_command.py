"""`backstay dead-letters` on the embedded broker: counted, shown, sent again once, dropped; and the parts of it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from agents.record import RETRIED
from schemas.families import TOPIC_OF
from schemas.outbound import CustomerErased
from streams.broker import Broker
from streams.cli.commands import backstay
from streams.cli.dead_letters import Chosen, choice_of
from streams.dead_letters import REASONS, dead_letter
from streams.differences import newest
from streams.embedded import EmbeddedBroker
from streams.errors import BadLog, BadSettings
from streams.forgetting import Forgotten, key_of
from streams.letters.choice import Choice
from streams.letters.done import OF_ERASED, sent_again
from streams.letters.letter import Letter, letter_of
from streams.letters.marks import Known, Marks, ranges_of
from streams.letters.showing import as_json, as_lines
from streams.letters.tally import Tally
from streams.letters.verdict import Judge
from streams.partition_record import OWN_KEY
from streams.record_outcomes import accounted
from streams.records import LogRecord
from streams.rejected import remedy, remedy_in_file
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.topics import AUDIT, CHANGELOG, DEAD_LETTERS, HEALTH, INPUTS, PARTIALS, REKEYED
from tests.building import Log, at, line
from tests.kafka.poison import POISON
from tests.marked import marked
from tests.running import on, said, worked_off
from tests.test_refused import Company
from tests.test_visible import HOSTILE, OBEYED

NOW = 4_102_444_800_000
"""In 2100: no event of these tests is ahead of its record then."""
LATE = 2**40
"""A timestamp in milliseconds, of 2004."""
STAMP = int(at(30).timestamp() * 1_000)
"""The same, after all events of these tests."""
Headers = Sequence[tuple[str, bytes]]


def refused(
    value: bytes | None,
    reason: str = "contract",
    *,
    topic: str = "logins",
    error: str = "wrong",
    key: bytes | None = b"c-1",
    headers: Headers = (),
    timestamp: int = LATE,
    whole: bool = True,
    offset: int = 5,
) -> Letter:
    """Return the letter that is read of a record that was refused."""
    record = LogRecord(topic, 2, 17, timestamp, key, value, headers)
    sent = dead_letter("dead-letters", topic, record, reason, error, whole=whole)
    return letter_of(LogRecord("dead-letters", 1, offset, timestamp + 9, sent.key, sent.value, sent.headers))


@given(
    key=st.none() | st.binary(max_size=9),
    value=st.none() | st.binary(max_size=99),
    headers=st.lists(
        st.tuples(st.sampled_from(["trace", "x-dead-letter-topic", "x-dead-letter-no-key", ""]), st.binary(max_size=9)),
        max_size=4,
    ),
    reason=st.sampled_from(sorted(REASONS)),
)
def test_a_letter_holds_the_record_as_it_stood(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]], reason: str
) -> None:
    """Also if its producer calls headers as ours are called: what became of an earlier letter, for one."""
    letter = refused(value, reason, key=key, headers=headers)

    assert (letter.key, letter.value, list(letter.headers)) == (key, value, headers)
    assert (letter.topic, letter.partition, letter.position, letter.timestamp) == ("logins", 2, 17, LATE)
    assert (letter.reason, letter.error, letter.lacks, letter.place) == (reason, "wrong", "", "1:5")


@pytest.mark.parametrize(
    ("letter", "lacks"),
    [
        (refused(b"x", whole=False), "the whole content"),
        (refused(b"x" * 900_001), "the end of the value"),
        (refused(b"x", key=b"k" * 70_000), "the key"),
        (refused(b"x", headers=[("a", b"x" * 70_000)]), "the headers"),
    ],
)
def test_a_letter_says_what_it_lacks(letter: Letter, lacks: str) -> None:
    assert lacks in letter.lacks


def test_a_record_that_is_no_letter_of_ours_is_one_of_no_topic() -> None:
    letter = letter_of(LogRecord("dead-letters", 0, 3, LATE, b"k", b"v", [("x-dead-letter-offset", b"7")]))

    assert (letter.topic, letter.reason, letter.position, letter.value) == ("", "", -1, b"v")


@given(st.lists(st.tuples(st.integers(0, 1), st.sets(st.integers(0, 40), max_size=20)), max_size=6))
def test_marks_hold_each_offset_that_was_marked_and_no_other(marked: list[tuple[int, set[int]]]) -> None:
    marks = Marks()
    for number, offsets in marked:
        marks.add("dropped", number, list(ranges_of(sorted(offsets))))

    for number in (0, 1):
        wanted = {offset for one, offsets in marked if one == number for offset in offsets}
        assert {offset for offset in range(60) if marks.of(number, offset)} == wanted


@given(st.lists(st.tuples(st.sampled_from(["logins", "carts"]), st.sampled_from(sorted(REASONS)), st.integers(0, 9))))
def test_a_tally_counts_each_letter_once_and_spans_all_of_them(drawn: list[tuple[str, str, int]]) -> None:
    tally = Tally()
    for topic, reason, time in drawn:
        tally.take(refused(b"{", reason, topic=topic, timestamp=time, error=f"at {time}"))

    rows = {(row.topic, row.reason): row for row in tally.rows()}
    counted = Counter((topic, reason) for topic, reason, _ in drawn)
    assert {key: row.count for key, row in rows.items()} == counted
    for key, row in rows.items():
        times = [time + 9 for *of, time in drawn if tuple(of) == key]
        assert (row.first, row.last, row.error) == (min(times), max(times), f"at {max(times) - 9}")


def test_a_choice_takes_what_meets_each_condition() -> None:
    letter = refused(b'{"customer_id": "c-2"', "not_json")
    at = letter.at * 1_000

    for choice, takes in (
        (Choice(), True),
        (Choice(reasons={"not_json"}, topics={"logins"}, customer="c-2", places={(1, 5)}), True),
        (Choice(reasons={"contract"}), False),
        (Choice(topics={"carts"}), False),
        (Choice(customer="c-1"), True),
        (Choice(customer="c-3"), False),
        (Choice(places={(0, 5)}), False),
        (Choice(since=at, until=at + 1), True),
        (Choice(since=at + 1), False),
        (Choice(until=at), False),
    ):
        assert choice.takes(letter) is takes, choice


@pytest.mark.parametrize("value", [HOSTILE.encode(), b"\xff\x1b[2J", None])
def test_a_letter_is_shown_without_a_character_that_a_terminal_obeys(value: bytes | None) -> None:
    letter = refused(
        value, HOSTILE, topic=HOSTILE, error=HOSTILE, key=HOSTILE.encode(), headers=[(HOSTILE, HOSTILE.encode())]
    )

    for erased in (False, True):
        shown = "\n".join(as_lines(letter, erased=erased)) + json.dumps(as_json(letter, erased=erased))
        assert not OBEYED.search(shown)
        assert ("u202efdp" in shown.split("reason")[1]) or erased


def test_of_an_erased_customer_only_the_place_is_shown() -> None:
    letter = refused(b'{"customer_id": "gone"}', error="gone is wrong", key=b"gone", headers=[("who", b"gone")])

    assert "gone" not in "\n".join(as_lines(letter, erased=True)) + json.dumps(as_json(letter, erased=True))


@pytest_asyncio.fixture
async def settings() -> AsyncIterator[Settings]:
    """Return settings with a broker of the test's own; time goes by the log."""
    async with EmbeddedBroker() as broker:
        settings = on(broker.address)
        await Broker(settings).create_topics()
        yield settings


async def command(settings: Settings, *arguments: str, said: str | None = None) -> Result:
    """Run `backstay dead-letters` beside the test."""
    options = ["--set", f"kafka.bootstrap_servers={settings.kafka.bootstrap_servers}", "--set", "time.clock=log"]
    return await asyncio.to_thread(CliRunner().invoke, backstay, ["dead-letters", *arguments, *options], said)


async def write(settings: Settings, *letters: tuple[str, bytes | None, str], error: str = "wrong") -> None:
    """Write dead letters as workers do: the topic, the value and the reason of each."""
    broker = Broker(settings)
    producer = broker.producer()
    await producer.start()
    for place, (topic, value, reason) in enumerate(letters):
        record = LogRecord(topic, place % 4, place, STAMP, b"c-1", value, [("trace", b"7")])
        sent = dead_letter(broker.topic(DEAD_LETTERS), topic, record, reason, error)
        await producer.send_and_wait(sent.topic, sent.value, sent.key, place % 4, headers=list(sent.headers))
    await producer.stop()


def rows_of(listed: Result) -> dict[tuple[str, str], int]:
    return {(row["topic"], row["reason"]): row["count"] for row in json.loads(listed.stdout)["rows"]}


def lines_of(shown: Result) -> list[dict[str, Any]]:
    return [json.loads(one) for one in shown.stdout.splitlines()]


async def test_letters_are_counted_and_shown_as_they_are_chosen(settings: Settings) -> None:
    bad = line(Log().login(1).events[0] | {"occurred_at": HOSTILE})
    await write(settings, *[("logins", bad, "contract")] * 5, ("carts", b"\xff", "not_json"), error=HOSTILE)

    listed, table = await command(settings, "list", "--json"), await command(settings, "list")
    shown = await command(settings, "show", "--limit", "2", "--json")
    whole = await command(settings, "show", "--topic", "carts", "--limit", "0", "--json")
    text = await command(settings, "show")
    none = await command(settings, "show", "--until", "2024-01-01")

    assert rows_of(listed) == {("logins", "contract"): 5, ("carts", "not_json"): 1}
    assert {row["remedy"] for row in json.loads(listed.stdout)["rows"]} == {remedy("contract"), remedy("not_json")}
    assert "6 dead letters" in table.stdout
    assert len(lines_of(shown)) == 2
    (one,) = lines_of(whole)
    assert (one["value"], one["key"], one["topic"], one["offset"]) == ({"base64": "/w=="}, {"text": "c-1"}, "carts", 5)
    assert one["headers"] == [{"name": "trace", "value": {"text": "7"}}]
    assert text.stdout.count("value ") == 6
    assert "no chosen dead letters" in none.stdout
    assert not any(OBEYED.search(one.output) for one in (listed, table, shown, whole, text, none))
    wrong = await command(settings, "list", "--since", "2026-02-01", "--until", "2026-01-01")
    assert isinstance(wrong.exception, BadSettings)


NAME = "c-1"
TODAY = [
    (TOPIC_OF[event["type"]], line(event))
    for event in [*Log(NAME).starts(0, "30").changes(3, mrr="20").login(4).buys(5, "o-9").events, *marked(NAME, 10)]
]
"""Events that today's contract reads, of every family; an earlier build, or other settings, may have refused them."""
READ_ANEW = {CHANGELOG.name, PARTIALS.name, HEALTH.name}


def outcome(company: Company) -> tuple[dict[tuple[str, bytes, int | None], bytes | None], Counter[str]]:
    """Return the last states, sums and cards, and the ids of all else that was said, each with its number.

    States are put together from what was written: whether it was a whole one depends on the number of commits.
    """
    last = {(one.topic, one.key, one.partition): one.value for one in company.written if one.topic in READ_ANEW}
    last = {key: value for key, value in last.items() if key[0] != CHANGELOG.name}
    logged = [(one.key, one.value) for one in company.written if one.topic == CHANGELOG.name]
    last |= {(CHANGELOG.name, key, None): value for key, value in newest(logged).items()}
    others = [one for one in company.written if one.topic not in {*READ_ANEW, REKEYED.name}]
    return (
        {key: value for key, value in last.items() if key[1] != OWN_KEY},
        Counter((dict(one.headers).get("ce_id") or b"").decode() for one in others),
    )


def retried(company: Company, letter: Letter) -> None:
    sent = sent_again(letter, DEAD_LETTERS.name, 4)
    company.read(sent.topic, (sent.key, sent.value), sent.partition or 0, sent.headers)


def played(order: Sequence[int], shift: int) -> Company:
    """Send letters of all reasons again, in an order in which some come more than once."""
    company, reasons = Company(), sorted(REASONS)
    for place in order:
        topic, value = TODAY[place]
        reason = reasons[(place + shift) % len(reasons)]
        retried(company, refused(value, reason, topic=topic, key=NAME.encode(), offset=place))
    return company


@given(
    again=st.lists(st.tuples(st.integers(0, len(TODAY) - 1), st.integers(1, len(TODAY))), max_size=30),
    shift=st.integers(0, len(REASONS) - 1),
)
def test_a_letter_of_any_reason_that_is_sent_again_twice_counts_once(again: list[tuple[int, int]], shift: int) -> None:
    order = list(range(len(TODAY)))
    for place, later in again:
        order.insert(order.index(place) + later, place)

    once, more = played(range(len(TODAY)), shift), played(order, shift)

    assert outcome(more) == outcome(once)
    assert not once.dead_letters()
    assert more.outcomes()["applied"] == once.outcomes()["applied"]
    assert accounted(more.outcomes()) == len(order)
    assert more.outcomes()["duplicate"] == len(again)


def judge(**options: Any) -> Judge:
    broker = Broker(on("127.0.0.1:1"))
    return Judge(broker, Known(broker, ""), {topic.name: 4 for topic in INPUTS}, **options)


@pytest.mark.parametrize("kind", POISON)
def test_what_todays_contract_refuses_stays(kind: str) -> None:
    value, reason = POISON[kind]

    verdict = judge().judge(refused(value, "unsupported", topic="purchases"))

    assert (verdict.fate, verdict.reason) == ("refused", reason)


@pytest.mark.parametrize(("topic", "value"), TODAY)
def test_what_todays_contract_reads_can_be_sent(topic: str, value: bytes) -> None:
    assert judge().judge(refused(value, "unknown_type", topic=topic, timestamp=NOW)).fate == "sendable"


def test_what_is_not_whole_or_has_no_topic_stays() -> None:
    value = TODAY[0][1]

    assert judge().judge(refused(value, whole=False)).fate == "incomplete"
    assert judge().judge(refused(value, topic="elsewhere")).fate == "unplaced"
    assert judge().judge(letter_of(LogRecord("dead-letters", 0, 3, NOW, b"k", value, ()))).fate == "unplaced"


def test_what_was_ahead_of_its_record_stays_so_however_often_it_was_sent() -> None:
    """A record that is sent again has a new timestamp, by which its event would be believed."""
    ahead = refused(line(Log().login(9_999).events[0]), "future")
    sent = sent_again(ahead, "dead-letters", 4)
    record = LogRecord("logins", 2, 90, NOW, sent.key, sent.value, sent.headers)
    again = dead_letter("dead-letters", "logins", record, "future", "wrong")
    letter = letter_of(LogRecord("dead-letters", 3, 70, NOW, again.key, again.value, again.headers))

    for one in (ahead, letter):
        assert judge().judge(one).reason == "future"
        assert judge(believes_events=True).judge(one).fate == "sendable"
    third = sent_again(letter, "dead-letters", 4)
    about = dict(third.headers)
    assert len(third.headers) == len(about) == 4
    assert (about[f"{RETRIED}partition"], about[f"{RETRIED}offset"]) == (b"3", b"70")
    assert about[f"{RETRIED}timestamp"] == str(LATE).encode()


@given(partition=st.integers(0, 9), width=st.integers(1, 6), key=st.none() | st.binary(max_size=5))
def test_a_letter_goes_to_the_partition_where_its_record_stood_if_that_is_there(
    partition: int, width: int, key: bytes | None
) -> None:
    record = LogRecord("logins", partition, 1, LATE, key, b"{", [("trace", b"7")])
    sent = dead_letter("dead-letters", "logins", record, "not_json", "wrong")

    again = sent_again(letter_of(LogRecord("d", 0, 0, 0, sent.key, sent.value, sent.headers)), "d", width)

    assert again.partition == partition or (again.partition or 0) < width <= partition
    assert (again.topic, again.key, again.value, again.headers[0]) == ("logins", key, b"{", ("trace", b"7"))


async def inputs_of(settings: Settings, topic: str) -> list[Any]:
    broker = Broker(settings)
    return [one for number in range(4) async for some in broker.read(broker.topic_named(topic), number) for one in some]


async def write_receipt(settings: Settings, name: str) -> None:
    """Write what a worker writes when it has erased a customer."""
    broker = Broker(settings)
    receipt = CustomerErased(
        pseudonym=Forgotten(key_of(settings)).pseudonym(name), request="please", at=at(50), was_known=True
    )
    producer = broker.producer()
    await producer.start()
    await producer.send_and_wait(
        broker.topic(AUDIT),
        receipt.model_dump_json().encode(),
        receipt.pseudonym.encode(),
        3,
        headers=[("ce_type", b"io.backstay.customer.erased.v1")],
    )
    await producer.stop()


async def test_a_choice_of_nothing_that_can_be_there_is_refused(settings: Settings) -> None:
    await write(settings, ("logins", b"{", "not_json"))
    wrong = {
        "--letter=9:0": "--letter 9:0: dead-letters has the partitions 0 to 3; a letter is named by its own place",
        "--customer=": "--customer is empty",
    }

    for option, says in wrong.items():
        for name in (["list"], ["show"], ["retry", "--yes"], ["drop", "--yes", "--note", "x"]):
            done = await command(settings, *name, option)
            assert isinstance(done.exception, BadSettings), (name, option)
            assert str(done.exception).startswith(says)
    digits = await command(settings, "list", "--letter", "\u0663:1")
    assert (digits.exit_code, "is not PARTITION:OFFSET" in digits.output) == (2, True)


@pytest.mark.parametrize("name", [["list"], ["show"], ["retry", "--yes"], ["drop", "--yes", "--note", "x"]])
async def test_a_letter_at_an_offset_that_there_is_not_is_refused_with_those_that_there_are(
    settings: Settings, name: list[str]
) -> None:
    await write(settings, *[("logins", b"{", "not_json")] * 5, ("carts", b"{", "not_json"))
    said = {
        "0:2": "partition 0 of dead-letters has the offsets 0 to 1; a letter is named by its own place",
        "2:1": "partition 2 of dead-letters has the offsets 0 to 0; a letter is named by its own place",
    }

    for place, says in said.items():
        done = await command(settings, *name, f"--letter={place}")
        assert isinstance(done.exception, BadSettings), place
        assert str(done.exception).startswith(f"--letter {place}: {says}")
    there = await command(settings, "list", "--letter=0:1")
    assert (there.exit_code, "1 chosen dead letter" in there.output) == (0, True)


async def test_a_letter_of_a_partition_without_records_is_refused(settings: Settings) -> None:
    await write(settings, ("logins", b"{", "not_json"))

    done = await command(settings, "list", "--letter=3:0")

    assert str(done.exception).startswith("--letter 3:0: partition 3 of dead-letters has no records")


def test_a_line_of_a_file_is_not_to_be_retried_from_the_dead_letters() -> None:
    assert remedy_in_file("future") in remedy("future")
    assert "dead-letters" not in remedy_in_file("future")


async def test_what_was_tried_already_is_no_remedy(settings: Settings) -> None:
    ahead = line(Log().login(1).events[0] | {"occurred_at": "2199-01-01T00:00:00Z"})
    await write(settings, ("logins", ahead, "future"))

    words = [
        "dead-letters",
        "retry",
        "--dry-run",
        "--set",
        f"kafka.bootstrap_servers={settings.kafka.bootstrap_servers}",
    ]

    at_first = await asyncio.to_thread(CliRunner().invoke, backstay, words)
    then = await asyncio.to_thread(CliRunner().invoke, backstay, [*words, "--ignore-timestamps"])

    assert "retry --ignore-timestamps" in at_first.stdout
    assert "1 stay, future. Remedy: correct the clock of the producer" in then.stdout
    assert "--ignore-timestamps" not in then.stdout


def test_of_a_letter_without_its_record_no_key_and_no_value_is_shown() -> None:
    shown = "\n".join(as_lines(refused(None, "source", topic="shop", key=None, whole=False), erased=False))

    assert "the whole content" in shown
    assert "value" not in shown
    assert "stands in" not in shown


async def test_letters_are_sent_again_once_and_the_rest_is_dropped(settings: Settings) -> None:
    good = [("logins", line(event), "unsupported") for event in Log().login(*range(1, 8)).events]
    gone = ("logins", line(Log("gone").login(1).events[0]), "contract")
    await write(settings, *good, ("logins", b"{", "not_json"), gone)
    await write_receipt(settings, "gone")

    unasked, tried = await command(settings, "retry"), await command(settings, "retry", "--dry-run")
    assert isinstance(unasked.exception, BadSettings)
    assert "7 of 9 dead letters can be sent again" in tried.stdout
    assert "1 stay, not_json. Remedy: send UTF-8 JSON" in tried.stdout
    assert await inputs_of(settings, "logins") == []

    first = await command(settings, "retry", "--yes", "--json", "--by", "ann", "--note", "release 7")
    second = await command(settings, "retry", "--yes", "--json")
    assert (tried.exit_code, first.exit_code, second.exit_code) == (BadLog.exit_code,) * 3
    counted = json.loads(first.stdout)
    assert (counted["retried"], counted["stay"], counted["of_erased_customers"]) == (7, 1, 1)
    assert (json.loads(second.stdout)["retried"], json.loads(second.stdout)["chosen"]) == (0, 1)
    sent = await inputs_of(settings, "logins")
    assert sorted(one.value for one in sent) == sorted(value for _, value, _ in good)
    assert {(one.key, one.headers[0]) for one in sent} == {(b"c-1", ("trace", b"7"))}
    assert all(one.timestamp > STAMP for one in sent)
    assert {dict(one.headers)[f"{RETRIED}topic"] for one in sent} == {b"dead-letters"}

    unsaid = await command(settings, "drop", "--yes")
    dropped = await command(settings, "drop", "--yes", "--by", "ann", "--note", "test data")
    listed = await command(settings, "list", "--json")
    assert isinstance(unsaid.exception, BadSettings)
    assert dropped.exit_code == 0
    assert json.loads(listed.stdout) == {"dead_letters": 0, "retried": 7, "dropped": 2, "rows": []}
    marks = [one["value"] for one in await said(settings, AUDIT) if "done" in one["value"]]
    assert Counter((one["done"], one["by"], one["note"]) for one in marks) == Counter(
        {("retried", "ann", "release 7"): 4, ("dropped", "ann", OF_ERASED): 1, ("dropped", "ann", "test data"): 1}
    )

    worker = await worked_off(settings)
    assert worker.gauges.outcomes()["logins", "applied"] == 7
    assert rows_of(await command(settings, "list", "--json")) == {}


def test_a_topic_is_named_as_in_the_settings_or_as_on_the_broker() -> None:
    settings = read_settings(overrides={"topics.prefix": "shop.", "sources.stripe.topic": "billing.stripe"})

    def topics_of(*names: str) -> Collection[str]:
        nothing = Chosen(reasons=(), topics=names, since=None, until=None, customer=None, places=())
        return choice_of(Broker(settings), nothing).topics

    assert topics_of("logins", "sources.stripe") == topics_of("shop.logins", "billing.stripe")
    assert topics_of("billing.stripe") == {"billing.stripe"}
    with pytest.raises(BadSettings, match=r"did you mean 'billing.stripe'"):
        topics_of("billing.strip")
