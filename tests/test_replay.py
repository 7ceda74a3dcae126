"""The report of `backstay replay` besides figures: rejected events, their lines, and the remedy."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from retention.calendar import instant
from schemas.decoding import MAX_BYTES
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.errors import DiskFailed, TopicsUnfit
from streams.months import Month, Months, as_csv
from streams.player import Places
from streams.replay import replay
from streams.settings import Settings
from tests.building import Log, at, line, text
from tests.running import on
from tests.test_commands import backstay


@pytest_asyncio.fixture
async def settings() -> AsyncIterator[Settings]:
    async with EmbeddedBroker() as broker:
        yield on(broker.address)


def padded(event: dict[str, Any], size: int) -> bytes:
    """Write an event in exactly so many bytes."""
    short = line(event | {"note": ""})
    return line(event | {"note": "x" * (size - len(short))})


def letters(out: Path) -> list[dict[str, Any]]:
    return [json.loads(one) for one in (out / "dead-letters.jsonl").read_bytes().splitlines()]


async def test_a_line_that_is_too_large_is_rejected_and_the_replay_goes_on(settings: Settings, tmp_path: Path) -> None:
    first, second, third, fourth = Log().login(1, 2, 3, 4).events
    lines = [line(first), padded(second, MAX_BYTES), padded(third, MAX_BYTES + 1), b"x" * (5 * MAX_BYTES), line(fourth)]
    (tmp_path / "log").write_bytes(b"\n".join(lines))

    summary = await replay(tmp_path / "log", tmp_path / "out", settings, instant(at(40)))

    assert (summary["read"], summary["applied"], summary["rejected"]) == (5, 3, {"too_large": 2})
    assert [one["line"] for one in summary["rejected_records"]["too_large"]] == [3, 4]
    assert summary["rejected_records"]["too_large"][1]["error"].startswith("5,242,880 bytes; at most 1,048,576")
    assert [one["headers"]["x-dead-letter-line"] for one in letters(tmp_path / "out")] == ["3", "4"]
    assert letters(tmp_path / "out")[0]["value"]["text"].startswith('{"')


async def test_whatever_a_producer_sends_the_files_of_results_are_whole(settings: Settings, tmp_path: Path) -> None:
    event = Log().login(1).events[0]
    odd = [
        rb'"note":"\ud800"',
        rb'"customer_id":"\udfff"',
        b'"note":NaN',
        b'"note":1e999',
        b'"note":-Infinity',
        rb'"note":"\u2028\u0085\u0000"',
        '"note":"\u2028\x85"'.encode(),
        b'"note":' + b"9" * 5_000,
        b'"note":"\xff"',
    ]
    begun = [line(event | {"event_id": f"e-{number}"})[:-1] + b"," for number, _ in enumerate(odd)]
    good = [start + part + b"}" for start, part in zip(begun, odd, strict=True)]
    bad = [start + part + b',"type":"no.such"}' for start, part in zip(begun, odd, strict=True)]
    (tmp_path / "log").write_bytes(b"\n".join([line(event), *good, *bad]))

    summary = await replay(tmp_path / "log", tmp_path / "out", settings, instant(at(40)))

    assert summary["applied"] + sum(summary["rejected"].values()) == summary["read"] == 1 + 2 * len(odd)
    assert summary["rejected"]["unknown_type"] >= 3
    for file in (tmp_path / "out").iterdir():
        for one in file.read_text(encoding="utf-8").splitlines() if file.suffix == ".jsonl" else ():
            strict(one)
    assert strict((tmp_path / "out/summary.json").read_text(encoding="utf-8"))["rejected"] == summary["rejected"]


def strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


def test_each_rejected_record_has_its_line_its_reason_and_a_remedy(tmp_path: Path) -> None:
    log = Log().starts(3).login(5, 6)
    events = log.lines()
    bad = line(log.events[1] | {"event_id": "y", "customer_id": "a@b.example"})
    lines = [b"{", b"", events[0], *[bad] * 7, events[1], b'{"type":"no.such"}', events[2]]
    (tmp_path / "log").write_bytes(b"\n".join(lines))

    done = backstay("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"))

    assert done.returncode == 0, done.stderr
    assert "12 events read: 3 applied (0 late)" in done.stdout
    assert "rejected, contract: 7. Remedy: correct the named field" in done.stdout
    assert "  line 4: customer_id" in done.stdout
    assert "  line 9: customer_id" not in done.stdout
    assert "for all of them" in done.stdout
    assert "  line 12: " in done.stdout
    assert "rejected, not_json: 1. Remedy: correct the file at the place that is named" in done.stdout
    first = json.loads((tmp_path / "out/summary.json").read_text())["rejected_records"]
    assert [one["line"] for one in first["contract"]] == [4, 5, 6, 7, 8]


def test_each_event_that_is_read_has_one_outcome_in_the_report(tmp_path: Path) -> None:
    """Also one of an erased customer, whether it could have been applied or not, and a heartbeat in the log."""
    gone = Log("gone").login(1, 2).add("erasure.requested", 5).login(3, 6, 7).add("erasure.requested", 8)
    unusable = line(gone.events[0] | {"event_id": "odd", "occurred_at": "soon"})
    refund = Log("c-1").refunds(4, "o-1", amount="5", currency="EUR").buys(9, "o-1", "10", "USD")
    test = Log("c-2").login(1).events[0]
    kept = Log("c-3").login(1, 2, 30).lines()
    beat = {"event_id": "b", "type": "source.heartbeat", "occurred_at": text(at(9))}
    extra = [unusable, line(test | {"synthetic": True}), kept[0], b"{", padded(test, MAX_BYTES + 1), line(beat)]
    (tmp_path / "log").write_bytes(b"\n".join([*gone.lines(), *refund.lines(), *kept, *extra]))

    done = backstay("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"), "--until", text(at(20)))

    assert done.returncode == 0, done.stderr
    assert (
        "18 events read: 7 applied (0 late), 1 duplicate, 2 left out, 4 of erased customers (dropped), 1 heartbeat, "
        "3 rejected; 2 customers"
    ) in done.stdout
    assert "left out, as they are marked `synthetic`: 1" in done.stdout
    assert "left out, as they happened after --until: 1" in done.stdout


def test_a_log_of_nothing_but_heartbeats_says_so(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(line({"event_id": "b", "type": "source.heartbeat", "occurred_at": text(at(9))}))

    done = backstay("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"))

    assert done.returncode == 65
    assert "could be applied: it has only heartbeats" in done.stderr


def test_a_log_of_which_nothing_can_be_applied_ends_with_a_code_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(json.dumps([{"id": 1}, {"id": 2}]).encode())

    done = backstay("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"))

    assert done.returncode == 65
    assert "no event of" in done.stderr
    assert "  item 1: type" in done.stdout
    assert (tmp_path / "out/summary.json").exists()


@pytest.mark.parametrize(
    ("log", "has_months"),
    [
        (Log().login(1, 2, 3), False),
        (Log().login(1).buys(4, "o-1").refunds(5, "o-1", amount="10", currency="EUR"), False),
        (Log().login(1).buys(4, "o-1"), True),
        (Log().starts(3, "0"), True),
    ],
    ids=["logins alone", "an order that is refunded", "an order", "a free plan"],
)
@pytest.mark.parametrize("form", ["table", "csv"])
def test_without_a_month_to_show_the_report_says_why(tmp_path: Path, log: Log, has_months: bool, form: str) -> None:
    (tmp_path / "log").write_bytes(b"\n".join(log.lines()))

    done = backstay("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"), "--format", form)

    assert done.returncode == 0, done.stderr
    assert f"{len(log.events)} event" in done.stdout + done.stderr
    assert ("2024-01" in done.stdout) is has_months
    assert ("no table of months" in done.stdout + done.stderr) is not has_months
    assert ("no table of months" in done.stdout) is (form == "table" and not has_months)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_the_monthly_figures_stand_alone_on_standard_output(form: str, tmp_path: Path) -> None:
    log = Log().starts(3).buys(4, "o-1")
    (tmp_path / "log").write_bytes(b"\n".join([*log.lines(), b"{"]))

    arguments = ("--until", "2024-04-10", "--format", form)
    done = backstay("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"), *arguments)

    assert done.returncode == 0, done.stderr
    assert "rejected, not_json" in done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines())) if form == "csv" else json.loads(done.stdout)
    subscription = [row for row in rows if row["basis"] == "subscription"]
    shown = [(row["month"], row["currency"], row["edition"], row["mrr"]) for row in subscription]
    assert shown == [
        ("2024-01", "EUR", "final", "10.00"),
        ("2024-02", "EUR", "final", "10.00"),
        ("2024-03", "EUR", "final", "10.00"),
        ("2024-04", "EUR", "provisional", "10.00"),
    ]
    assert [row["crr"] for row in subscription][1:] == ["1.0000000000"] * 3
    assert {row["basis"] for row in rows} == {"subscription", "purchase"}


def test_a_disk_that_is_full_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"\n".join(Log().starts(3).lines()))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mrr-movements.jsonl").symlink_to("/dev/full")

    done = backstay("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"))

    assert done.returncode == DiskFailed.exit_code
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def an_update(metric: str, currency: str | None, value: str | None, **more: Any) -> dict[str, Any]:
    update = {
        "metric": metric,
        "basis": "subscription",
        "currency": currency,
        "value": value,
        "components": {"S": 2, "E": 2, "N": 0},
        "period": {"kind": "month", "start": "2024-01-01"},
        "segment": {"by": "all", "value": "all"},
        "edition": "final",
        "low_sample": True,
        "reason": None,
    }
    return {"value": update | more}


def test_of_each_figure_the_last_statement_is_shown_and_of_several_currencies_each() -> None:
    months = Months()
    for update in (
        an_update("crr", None, "0.5"),
        an_update("crr", "EUR", "1"),
        an_update("mrr", "EUR", "10.00"),
        an_update("mrr", "USD", "20.00"),
        an_update("crr", "USD", "0.5"),
        an_update("crr", "USD", "0.75", edition="restated"),
        an_update("crr", "USD", "0.1", segment={"by": "plan", "value": "pro"}),
        an_update("crr", "USD", "0.2", period={"kind": "quarter", "start": "2024-01-01"}),
        {"value": None},
    ):
        months.take(update)

    rows = [(row.currency, row.crr, row.mrr, row.edition) for row in months.rows()]

    assert rows == [
        (None, "0.5", None, "final"),
        ("EUR", "1", "10.00", "final"),
        ("USD", "0.75", "20.00", "restated"),
    ]


def test_what_is_not_defined_is_empty_in_csv() -> None:
    text = as_csv([Month("2024-01", "subscription", "EUR", "final", 0, 3, 3)])

    assert text.splitlines()[1] == "2024-01,subscription,EUR,final,0,3,3,,,,,false,"


def test_a_company_with_nothing_but_trials_has_a_table_of_months(tmp_path: Path) -> None:
    log = Log().starts(3, "20", status="trialing").starts(40, "0", name="s-2", currency="JPY")
    (tmp_path / "log").write_bytes(b"\n".join(log.lines()))

    done = backstay("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"))

    rows = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for month in ("2024-01", "2024-02"):
        assert f"{month} subscription EUR 0 0 0 – 0.00 – – final, low sample, empty base" in rows
    assert "2024-02 subscription JPY 0 0 0 – 0 – – final, low sample, empty base" in rows
    assert not [row for row in rows if row.startswith("2024-03")], "no event has come so far"
    assert done.returncode == 0


def test_only_what_this_log_put_somewhere_has_a_line() -> None:
    places = Places()
    places.put("logins", 0, 5, 1)
    places.put("logins", 0, 9, 2)

    assert [places.line("logins", 0, offset) for offset in (4, 5, 9, 10)] == [None, 1, 2, None]
    assert places.line("tickets", 0, 5) is None


def test_requests_that_never_took_effect_are_warned_of(tmp_path: Path) -> None:
    ends = {"term_end": "2024-02-15T00:00:00Z"}
    logs = [
        Log("no-end").starts(1).add("cancellation.requested", 5, subscription_id="s-1", at_period_end=True),
        Log("term").starts(1, **ends).add("cancellation.requested", 5, subscription_id="s-1", at_period_end=True),
        Log("at-once").starts(1).add("cancellation.requested", 5, subscription_id="s-1", at_period_end=False),
        Log("ended").starts(1).add("cancellation.requested", 5, subscription_id="s-1", at_period_end=True).ends(9),
        Log("revoked")
        .starts(1)
        .add("cancellation.requested", 5, subscription_id="s-1", at_period_end=True)
        .add("cancellation.revoked", 6, subscription_id="s-1"),
    ]
    (tmp_path / "log").write_bytes(b"\n".join(text for log in logs for text in log.lines()))

    done = backstay("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"))

    assert json.loads((tmp_path / "out/summary.json").read_text())["requests_without_effect"] == 1
    assert "warning: cancellation requests that never took effect: 1." in done.stdout


def test_what_happened_after_the_end_of_a_replay_is_left_out_and_counted(tmp_path: Path) -> None:
    """Figures as of an instant may hold nothing that happened after it."""
    log = Log("a").starts(1).ends(40).lines() + Log("b").starts(35).lines()
    (tmp_path / "log").write_bytes(b"\n".join(log))
    (tmp_path / "part").write_bytes(log[0])

    done = backstay("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"), "--until", text(at(34)))
    backstay("replay", str(tmp_path / "part"), "--out", str(tmp_path / "alone"), "--until", text(at(34)))

    found, alone = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("out", "alone"))
    assert (found["read"], found["applied"], found["after_until"]) == (3, 1, 2)
    assert found["months"] == alone["months"] != []
    assert "left out, as they happened after --until: 2" in done.stdout


async def test_the_number_of_partitions_does_not_change_what_a_history_recommends(tmp_path: Path) -> None:
    """Each partition has a newest event of its own; what is too late to act on goes by the end of all of it."""
    logs = [Log(f"c-{n}").starts(0).add("cancellation.requested", n, subscription_id="s-1") for n in range(1, 28)]
    events = sorted(
        (event | {"backfill": True} for log in logs for event in log.events), key=lambda e: e["occurred_at"]
    )
    (tmp_path / "log").write_bytes(b"\n".join(map(line, events)))

    async def actions(partitions: int) -> dict[str, str]:
        async with EmbeddedBroker() as broker:
            chosen = on(broker.address)
            wide = chosen.model_copy(update={"topics": chosen.topics.model_copy(update={"partitions": partitions})})
            await replay(tmp_path / "log", tmp_path / "out", wide)
        said = map(json.loads, (tmp_path / "out/actions.jsonl").read_text().splitlines())
        return {one["headers"]["ce_id"]: one["headers"]["ce_type"] for one in said}

    one, four = await actions(1), await actions(4)

    assert one == four
    assert set(one.values()) == {f"io.backstay.action.{kind}.v1" for kind in ("recommended", "suppressed")}


async def test_a_broker_that_has_the_topics_already_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"\n".join(Log().starts(1).lines()))
    await Broker(settings).create_topics()

    with pytest.raises(TopicsUnfit, match=r"topics\.prefix=replay-"):
        await replay(tmp_path / "log", tmp_path / "out", settings, instant(at(40)))


async def test_where_a_replay_on_a_broker_of_ones_own_writes_is_printed_first(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "log").write_bytes(b"\n".join(Log().starts(1).lines()))
    arguments = ("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"), "--set", "topics.prefix=mine.")

    done = await asyncio.to_thread(backstay, *arguments, "--broker", settings.kafka.bootstrap_servers)
    wrong = await asyncio.to_thread(backstay, *arguments, "--broker", "kafka:x")

    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("writes to mine.logins, mine.purchases, ")
    assert "mine.metric-updates" in done.stderr
    assert settings.kafka.bootstrap_servers in done.stderr
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (2, False)
