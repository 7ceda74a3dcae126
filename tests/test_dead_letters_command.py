"""`backstay dead-letters` on the embedded broker: counted, shown, sent again once, dropped; and the parts of it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from streams.broker import Broker
from streams.cli.commands import backstay
from streams.dead_letters import REASONS, dead_letter
from streams.embedded import EmbeddedBroker
from streams.errors import BadSettings
from streams.letters.choice import Choice
from streams.letters.letter import Letter, letter_of
from streams.letters.marks import Marks, ranges_of
from streams.letters.showing import as_json, as_lines
from streams.letters.tally import Tally
from streams.records import LogRecord
from streams.rejected import remedy
from streams.settings import Settings
from streams.topics import DEAD_LETTERS
from tests.building import Log, line
from tests.running import on
from tests.test_visible import HOSTILE, OBEYED

LATE = 2**40
"""A timestamp in milliseconds, of 2004."""
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
    for topic, reason, at in drawn:
        tally.take(refused(b"{", reason, topic=topic, timestamp=at, error=f"at {at}"))

    rows = {(row.topic, row.reason): row for row in tally.rows()}
    counted = Counter((topic, reason) for topic, reason, _ in drawn)
    assert {key: row.count for key, row in rows.items()} == counted
    for key, row in rows.items():
        times = [at + 9 for *of, at in drawn if tuple(of) == key]
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
        record = LogRecord(topic, place % 4, place, LATE, b"c-1", value, [("trace", b"7")])
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
    none = await command(settings, "show", "--until", "2004-01-01")

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
