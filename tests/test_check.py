"""`backstay check` and `--source`: logs of other systems are read like logs of events, and looked through first."""

import json
import shlex
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from retention.calendar import instant
from schemas.visible import UNSHOWN
from sources.stripe import STRIPE
from sources.stripe.options import StripeOptions
from streams.embedded import EmbeddedBroker
from streams.errors import BadLog, BadSettings
from streams.foreign_logs import LogReader, Translated, reader_of, texts_of
from streams.in_process import Watcher, applied
from streams.log_check import look
from streams.log_doubts import MANY
from streams.logfile import Line, opened
from streams.looked import Looked
from streams.replay import replay
from streams.setting_sources import read_settings
from streams.settings import Settings
from tests.building import Log, at, line
from tests.running import on
from tests.stripe_events import created, item, price, subscription
from tests.test_commands import backstay

NOW = instant(datetime(2026, 6, 1, tzinfo=UTC))
SEGMENT = {"sources.log": "segment", "sources.segment.currency": "EUR"}


def looked(lines: list[bytes], sample: int = 0, **overrides: str) -> Looked:
    settings = read_settings(overrides={name.replace("__", "."): value for name, value in overrides.items()})
    numbered = [Line(number, text, len(text)) for number, text in enumerate(lines, 1)]
    return look(numbered, settings, reader_of(settings), sample, NOW)


def call(event: str, customer: str | None = "c-1", number: int = 1, **properties: Any) -> bytes:
    said = {"type": "track", "event": event, "userId": customer, "anonymousId": "a", "messageId": f"m-{number}"}
    return line(said | {"timestamp": f"2026-03-{number:02}T10:00:00Z", "properties": properties})


CALLS = [
    call("Signed In", number=1),
    call("Order Completed", number=2, order_id="o-1", total=29.90),
    call("Order Completed", number=3, total=5),
    call("Signed In", None, 4),
    call("Menu Opened", number=5),
    b"{",
]


def test_what_is_read_as_what_stands_side_by_side() -> None:
    found = looked(CALLS, sources__log="segment", sources__segment__currency="EUR")

    assert [(row.record, row.becomes, row.number, row.first) for row in found.rows] == [
        ("track Signed In", "login.succeeded", 1, 1),
        ("track Order Completed", "purchase.completed", 1, 2),
        ("track Order Completed", "refused: source", 1, 3),
        ("track Signed In", "nothing: a visitor without a userId", 1, 4),
        ("track Menu Opened", "nothing: a track whose name has no event type (sources.segment.tracks, others)", 1, 5),
        ("no JSON object", "refused: source", 1, 6),
    ]
    assert (found.records, found.events, found.refused) == (6, 2, {"source": 2})
    assert [(one.line, one.error.split(":")[0]) for one in found.first["source"]] == [(3, "segment"), (6, "segment")]
    assert "properties.order_id is missing" in found.first["source"][0].error


def test_only_the_sample_is_looked_at() -> None:
    assert looked(CALLS, 2, sources__log="segment").records == 2


def test_a_log_of_another_system_names_the_source_that_reads_it() -> None:
    found = looked(CALLS)

    assert found.likely == "segment"
    assert found.events == 0
    assert looked(Log().login(1).lines()).likely == looked([b"{", b"[]"]).likely == ""


def many(kind: str, **fields: Any) -> list[bytes]:
    return [one for n in range(MANY) for one in Log(f"c-{n}").add(kind, n, **fields).lines()]


STARTS = [one for n in range(MANY) for one in Log(f"c-{n}").starts(n, name=f"s-{n}", plan="pro").login(n + 0.5).lines()]
DOUBTS: dict[str, tuple[list[bytes], str]] = {
    "no ends": (STARTS, "20 subscriptions begin, and none ends"),
    "twice": (
        [*Log().login(1).lines(), *Log().login(1).lines()],
        "1 event has the customer, type and id of one before",
    ),
    "no customer twice": (many("login.succeeded"), "no customer has two events"),
    "one customer": (Log("c-1").login(*range(MANY)).lines(), "all events are of one customer"),
    "one currency": (
        [*STARTS, *Log("c-1").buys(1, "o", currency="GBP").lines()],
        "the currency GBP comes once, EUR often",
    ),
    "one instant": ([one for n in range(MANY) for one in Log(f"c-{n % 3}").login(5).lines()], "of one instant"),
    "out of order": (Log().login(*range(30, 0, -1)).lines(), "more than two days older"),
    "orders, and no subscription": (Log().buys(1, "o-1").buys(2, "o-2").lines(), "set metrics.basis=purchase"),
    "a plan never seen": (STARTS, "metrics.plans lists plans that no event has: gold"),
    "a plan that is not listed": (
        [*Log("c-1").starts(1, plan="prro").lines(), *Log("c-2").starts(1, plan="ana@shop.example").lines()],
        "metrics.plans does not list, and that count as `other`: another name, prro",
    ),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_what_is_hardly_meant_so_is_said(name: str) -> None:
    lines, says = DOUBTS[name]

    found = looked(lines, metrics__plans="pro,gold")

    assert [one for one in found.doubts if says in one] != []
    assert found.refused == {}


def test_of_a_log_as_it_should_be_nothing_is_said() -> None:
    log = Log("c-1").starts(1).login(*range(2, 15)).ends(20).events + Log("c-2").login(*range(3, 17)).events
    lines = [line(one) for one in sorted(log, key=lambda one: one["occurred_at"])]

    assert looked(lines).doubts == []


BASES = {"subscription": Log().buys(1, "o-1"), "purchase": Log().starts(1)}


@pytest.mark.parametrize("basis", BASES)
def test_a_basis_by_which_nobody_is_a_customer_is_doubted(basis: str) -> None:
    there, other = BASES[basis], BASES["purchase" if basis == "subscription" else "subscription"]
    both = [*there.lines(), *other.lines()]

    alone, beside = looked(there.lines(), metrics__basis=basis), looked(both, metrics__basis=basis)

    assert [one for one in alone.doubts if "no signal of leaving is raised" in one] != []
    assert not any("metrics.basis" in one for one in beside.doubts)


def test_times_in_the_future_are_refused() -> None:
    found = looked([line(Log().login(1).events[0] | {"occurred_at": "2026-06-02T00:00:00Z"})])

    assert found.refused == {"future": 1}


def test_the_exit_code_tells_whether_all_can_be_used(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_bytes(b"\n".join(CALLS[:2]))
    bad.write_bytes(b"\n".join(CALLS))

    told = ("--set", "sources.segment.currency=EUR", "--set", "metrics.basis=purchase")
    fine = backstay("check", str(good), "--source", "segment", "--sample", "2", *told)
    wrong = backstay("check", str(bad), "--source", "segment", "--json")
    unknown = backstay("check", str(good), "--source", "segmnt")

    assert (fine.returncode, wrong.returncode, unknown.returncode) == (0, 1, 2)
    assert "purchase.completed" in fine.stdout
    assert "--sample 0 reads all of it" in fine.stdout.replace("\n", " ")
    assert max(map(len, fine.stdout.splitlines()[:-1])) <= 80
    document = json.loads(wrong.stdout)
    assert (document["records"], document["refused"][0]["reason"]) == (6, "source")
    assert "--source segmnt: there is no source 'segmnt'; did you mean 'segment'" in unknown.stderr


@pytest_asyncio.fixture
async def settings() -> AsyncIterator[Settings]:
    async with EmbeddedBroker() as broker:
        yield on(broker.address, **{name.replace(".", "__"): value for name, value in SEGMENT.items()})


async def test_a_log_of_another_system_is_replayed_through_its_source(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(CALLS))

    summary = await replay(tmp_path / "log.jsonl", tmp_path / "out", settings, instant(at(1_000)))

    assert (summary["read"], summary["applied"], summary["customers"]) == (4, 2, 1)
    assert summary["rejected"] == {"source": 2}
    assert [one["line"] for one in summary["rejected_records"]["source"]] == [3, 6]
    assert Counter(summary["skipped"].values()) == {1: 2}
    assert summary["doubted"] == {}
    letters = [json.loads(one) for one in (tmp_path / "out/dead-letters.jsonl").read_text().splitlines()]
    assert [one["value"] for one in letters] == [{"text": ""}, {"text": ""}]


def test_the_commands_that_look_back_read_it_as_well(tmp_path: Path) -> None:
    settings = read_settings(overrides=SEGMENT)
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(CALLS))

    run = applied([tmp_path / "log.jsonl"], settings, Watcher())

    assert (run.account.applied, run.account.skipped, run.account.rejected) == (2, 2, {"source": 2})
    assert list(run.state.customers.names()) == ["c-1"]
    assert [json.loads(one)["type"] for one in texts_of(tmp_path / "log.jsonl", reader_of(settings))] == [
        "login.succeeded",
        "purchase.completed",
    ]


def test_without_a_source_a_log_is_read_as_it_is() -> None:
    lines = [Line(1, b"{", 1), Line(2, b"[]", 2)]

    assert list(Translated(lines, reader_of(read_settings()))) == lines


def test_a_source_of_logs_has_to_be_one() -> None:
    with pytest.raises(BadSettings, match=r"sources\.log: there is no source 'stripes'"):
        read_settings(overrides={"sources.log": "stripes"})


def test_a_doubt_about_events_is_no_line_that_was_skipped() -> None:
    taxed = created(0, subscription(item(price(tax_behavior="inclusive"))))
    lines = Translated([Line(1, taxed, len(taxed))], LogReader(STRIPE, StripeOptions()))

    assert len(list(lines)) == 1
    assert not lines.skipped
    assert lines.doubted == {"a price that includes tax: its rate is not in the event, and the tax is kept": 1}


@pytest.mark.parametrize("source", [None, "segment", "stripe", "chargebee"])
def test_no_name_with_an_address_or_an_id_is_shown(source: str | None) -> None:
    names = ["ana@shop.example", "Invite sent to ana@shop.example", "Call +34 612 345", "Order 10001 paid"]
    lines = [call(name) for name in names]
    lines += [line({"type": name, "event_type": name, "userId": "u-1"}) for name in names]
    chosen = {"sources__log": source} if source is not None else {}

    said = json.dumps(looked(lines, 0, **chosen).as_json())

    assert [name for name in (*names, "ana@", "612", "10001") if name in said] == []
    assert UNSHOWN in said


def test_half_a_character_is_written_as_any_reader_reads_it(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(call("A").replace(b'"A"', rb'"\ud800"') + b"\n" + CALLS[0])

    done = backstay("check", str(tmp_path / "log.jsonl"), "--source", "segment", "--json")

    assert (done.returncode, done.stderr) == (1, "")
    assert [row["record"] for row in json.loads(done.stdout)["read_as"]] == ["track \ud800", "track Signed In"]


def test_orders_that_come_again_under_another_id_are_doubted() -> None:
    def sold(event_id: str, order_id: str) -> bytes:
        said = {"event_type": "revenue_amount", "user_id": "u-1", "insert_id": event_id, "time": 1_772_357_400_000}
        return line(said | {"event_properties": {"$price": 5, "order_id": order_id}})

    chosen = {"sources__log": "amplitude", "sources__amplitude__currency": "EUR"}

    again = looked([sold("a", "o-1"), sold("b", "o-1"), sold("c", "o-2")], 0, **chosen)
    once = looked([sold("a", "o-1"), sold("a", "o-1"), sold("c", "o-2")], 0, **chosen)

    assert [one[:58] for one in again.doubts if "order_id" in one] == [
        "1 of the orders has the order_id of one before, and anothe"
    ]
    assert not any("order_id" in one for one in once.doubts)


STRIPES = [created(n, subscription(item(price()))) for n in range(3)]
OURS = Log().login(1, 2, 3).lines()
VIEW = line({"type": "page", "name": "A", "userId": "u-1", "timestamp": "2026-03-01T10:00:00Z", "messageId": "m"})
GUESTS = [
    line({"headers": {"X-Shopify-Topic": "orders/paid"}, "body": {"financial_status": "paid", "line_items": []} | more})
    for more in ({"customer": {"id": "?"}}, {"customer": {"id": "!"}})
]
"""Webhooks of Shopify beside their headers, as no other source knows them. Zendesk's have a body there, too."""
TICKETS = [
    line(
        {
            "type": "zen:event-type:ticket.soft_deleted",
            "id": f"e-{n}",
            "time": "2026-03-01T10:00:00Z",
            "detail": {"id": "7", "requester_id": "8"},
            "event": {},
        }
    )
    for n in range(2)
]
ELSEWHERE = {
    "shopify as segment": ("segment", GUESTS, "shopify"),
    "zendesk as shopify": ("shopify", TICKETS, "zendesk"),
    "wrapped stripe as segment": ("segment", [line({"schema": None, "payload": json.loads(STRIPES[0])})], "stripe"),
    "wrapped ours as segment": ("segment", [line({"schema": None, "payload": json.loads(OURS[0])})], "events"),
    "stripe as segment": ("segment", STRIPES, "stripe"),
    "stripe as chargebee": ("chargebee", STRIPES, "stripe"),
    "segment as stripe": ("stripe", CALLS[:2], "segment"),
    "segment as chargebee": ("chargebee", CALLS[:2], "segment"),
    "ours as stripe": ("stripe", OURS, "backstay"),
    "ours as segment": ("segment", OURS, "backstay"),
    "nothing of customers": ("segment", [VIEW, VIEW], ""),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_log_of_another_source_than_the_chosen_one_is_recognised(name: str) -> None:
    chosen, lines, likely = ELSEWHERE[name]

    found = looked(lines, sources__log=chosen)

    assert (found.events, found.likely) == (0, likely)


TRACKED = ("segment", "posthog", "amplitude", "mixpanel")


@pytest.mark.parametrize("chosen", ["", *TRACKED])
@pytest.mark.parametrize("sent", TRACKED)
def test_tracked_events_are_recognised_whatever_they_are_taken_for(sent: str, chosen: str) -> None:
    samples = (Path(__file__).parent / "sources" / f"{sent}.jsonl").read_bytes().splitlines()

    found = looked(samples, 0, **({"sources__log": chosen} if chosen else {}))

    assert (found.likely, found.events > 0) == (("", True) if sent == chosen else (sent, False))


MIXED = {
    "beside ours": ("", [*CALLS[:2], *OURS], "events of Backstay 60 %, segment 40 %"),
    "of two others": ("", [*CALLS[:2], *STRIPES], "stripe 60 %, segment 40 %"),
    "one after the other": ("", [*STRIPES * 300, *CALLS[:1] * 300], "stripe 7"),
    "beside the chosen one": ("segment", [*CALLS[:2], *STRIPES], "stripe 60 %, segment 40 %"),
    "ours beside the chosen one": ("stripe", [*STRIPES, *OURS], "stripe 50 %, events of Backstay 50 %"),
}


@pytest.mark.parametrize("name", MIXED)
def test_records_of_several_systems_in_one_file_are_counted_by_their_shares(name: str) -> None:
    chosen, lines, shares = MIXED[name]

    found = looked(lines, 0, sources__segment__currency="EUR", **({"sources__log": chosen} if chosen else {}))

    assert [one.partition("(")[2].startswith(shares) for one in found.hints] == [True]
    assert found.likely == ""


ALONE = {"segment": (CALLS * 9, "segment"), "ours": (OURS * 9, ""), "one of many": ([*CALLS[:2] * 15, STRIPES[0]], "")}


@pytest.mark.parametrize("name", ALONE)
def test_records_of_one_system_are_not_said_to_be_of_several(name: str) -> None:
    lines, chosen = ALONE[name]

    found = looked(lines, 0, sources__segment__currency="EUR", **({"sources__log": chosen} if chosen else {}))

    assert [one for one in found.hints if "several systems" in one] == []


NAMED = {
    "posthog": {"event": "checkout done", "distinct_id": "u-1", "uuid": "7", "timestamp": "2026-03-01T10:00:00Z"},
    "segment": json.loads(call("checkout done")),
    "amplitude": {"event_type": "checkout done", "user_id": "u-1", "insert_id": "i", "time": 1_772_357_400_000},
    "mixpanel": {
        "event": "checkout done",
        "properties": {"distinct_id": "u-1", "time": 1_772_357_400, "$insert_id": "i"},
    },
}


@pytest.mark.parametrize("source", NAMED)
def test_a_companys_own_names_of_events_are_known_and_the_setting_that_maps_them_is_named(source: str) -> None:
    lines = [line(NAMED[source])] * 3

    alone, chosen = looked(lines), looked(lines, sources__log=source)
    mapped = looked(
        lines, 0, sources__log=source, **{f"sources__{source}__tracks": '{"checkout done": "feature.used"}'}
    )

    assert (alone.likely, chosen.events) == (source, 0)
    assert f"  [sources.{source}]" in chosen.hints
    assert '  tracks = { "checkout done" = "feature.used" }' in "\n".join(chosen.hints)
    assert (mapped.events, mapped.hints) == (3, [])


def test_a_log_of_which_no_event_comes_is_not_as_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(STRIPES))
    arguments = (str(tmp_path / "log.jsonl"), "--source", "segment")

    looked_through = backstay("check", *arguments)
    replayed = backstay("replay", *arguments, "--out", str(tmp_path / "out"))

    assert (looked_through.returncode, replayed.returncode) == (1, 65)
    for said in (looked_through.stdout, replayed.stderr):
        assert "the source segment made no event of its records" in said
        assert "try --source stripe" in said


@pytest.mark.parametrize("content", ["", "  \n", "[1]"], ids=["empty", "blank", "numbers"])
def test_a_file_that_is_no_log_of_a_source_is_told_what_that_source_reads(content: str, tmp_path: Path) -> None:
    (tmp_path / "export").write_text(content)
    reader = reader_of(read_settings(overrides={"sources.log": "stripe"}))

    with pytest.raises(BadLog) as error:
        list(texts_of(tmp_path / "export", reader))

    assert "the source stripe" in str(error.value)
    assert "simulate" not in str(error.value)
    assert "schemas" not in str(error.value)


def test_facts_of_the_company_are_of_no_customer() -> None:
    rates = [
        {"event_id": f"r-{day}", "type": "rate.published", "base": "USD", "quote": "EUR", "rate": f"0.9{day}"}
        for day in range(10, 10 + MANY)
    ]
    lines = [line(one | {"occurred_at": f"2026-03-{place:02}T00:00:00Z"}) for place, one in enumerate(rates, 1)]

    found = looked(lines)

    assert (found.events, found.doubts) == (MANY, [])


def test_a_doubt_is_counted_beside_what_is_skipped() -> None:
    taxed = created(0, subscription(item(price(tax_behavior="inclusive"))))

    found = looked([taxed], sources__log="stripe")

    assert (found.events, found.skipped, found.doubted.total(), len(found.doubts)) == (1, {}, 1, 1)


def test_events_of_a_test_mode_are_doubted_and_a_replay_of_nothing_else_fails(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(created(0, subscription(), livemode=False))

    checked = backstay("check", str(tmp_path / "log.jsonl"), "--source", "stripe")
    replayed = backstay("replay", str(tmp_path / "log.jsonl"), "--source", "stripe", "--out", str(tmp_path / "out"))

    assert "1 of 1 events is marked `synthetic`" in checked.stdout
    assert replayed.returncode == 65
    assert "all are marked `synthetic`" in replayed.stderr


def test_the_whole_name_of_a_kind_of_record_is_shown(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(created(0, subscription()))

    checked = backstay("check", str(tmp_path / "log.jsonl"), "--source", "stripe")

    assert "customer.subscription.create" in checked.stdout
    assert "…" not in checked.stdout


@pytest.mark.parametrize(
    ("lines", "source", "command"),
    [
        (CALLS[:2], None, "backstay check 'my log.jsonl' --source segment"),
        (CALLS[:2], "stripe", "backstay check 'my log.jsonl' --source segment"),
        (OURS, "segment", "backstay check 'my log.jsonl'"),
    ],
)
def test_what_system_the_records_look_like_is_said_first_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[bytes], source: str | None, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my log.jsonl").write_bytes(b"\n".join(lines))

    first = backstay("check", "my log.jsonl", *(["--source", source] if source else [])).stdout.splitlines()
    again = backstay(*shlex.split(command)[1:])

    assert first[0].startswith("these look like ")
    assert (first[1].strip(), first[2]) == (command, "")
    assert not any("look like" in line for line in first[1:])
    assert ": 0 events" not in again.stdout


@pytest.mark.parametrize("command", ["explain", "learn"])
def test_commands_that_find_no_event_say_which_source_a_log_seems_to_be_of(command: str, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"\n".join(CALLS[:2]))
    arguments = {"explain": ("c-1", str(log)), "learn": (str(log), "--out", str(tmp_path / "model.toml"))}[command]

    done = backstay(command, *arguments)

    assert done.returncode == 65, done.stderr
    assert "these look like records of segment: try --source segment" in done.stderr


def test_one_record_is_not_several(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(OURS[0])

    done = backstay("check", str(tmp_path / "log.jsonl"))

    assert "1 record: 1 event, 0 refused" in done.stdout


def test_an_object_of_stripes_api_is_named_and_what_to_send_instead() -> None:
    found = looked([line({"object": "invoice", "id": "in_1"})], sources__log="stripe")

    assert found.rows[0].record == "invoice"
    assert "an object of Stripe's API, and not an event" in found.first["source"][0].error
    assert "send the body of the webhook" in found.first["source"][0].error


@pytest.mark.parametrize(("content", "says"), [(b"a,b\n", "no row below them"), (b"[]", "without a member")])
def test_a_file_in_which_there_is_nothing_says_so(content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(content)

    checked = backstay("check", str(tmp_path / "log"))
    replayed = backstay("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"))

    assert (checked.returncode, replayed.returncode) == (1, 65)
    assert says in checked.stdout.splitlines()[-1]
    assert says in replayed.stderr


def test_a_mistake_in_an_item_of_an_array_is_placed_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b'[{"a": 1},\n\n{"b" 2}]')
    with opened(tmp_path / "log") as log:
        found = look(log, read_settings(), None, 0, NOW)

    assert [(one.line, "of the item, which begins on line 3)" in one.error) for one in found.first["not_json"]] == [
        (2, True)
    ]


def test_a_row_of_a_table_is_called_so_and_no_record_without_type(tmp_path: Path) -> None:
    file, settings = tmp_path / "orders.csv", tmp_path / "backstay.toml"
    file.write_text("OrderNo,Customer,Date\nA1,7,2026-03-01T10:00:00Z\nA2,8\n")
    settings.write_text(
        '[[sources.mapping.events]]\ntype = "login.succeeded"\nevent_id = "OrderNo"\n'
        'customer_id = "Customer"\noccurred_at = "Date"\n'
    )

    done = backstay("check", str(file), "--source", "mapping", "--config", str(settings), "--json")

    assert [(row["record"], row["becomes"], row["first"]) for row in json.loads(done.stdout)["read_as"]] == [
        ("a row of the table", "login.succeeded", 2),
        ("a row of the table", "refused: source", 3),
    ]
