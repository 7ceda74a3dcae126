"""A log applied in the process says what `backstay replay` says, and counts what became of each line."""

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retention.calendar import instant
from retention.engine.partition_state import PartitionState
from retention.statements import Statement
from schemas.base import Event
from schemas.families import TOPIC_OF
from streams.companies import KINDS
from streams.companies.base import Company
from streams.embedded import EmbeddedBroker
from streams.errors import BadLog
from streams.in_process import InProcess, Watcher, applied, applied_lines
from streams.replay import replay
from streams.replayed import OUTPUT_FILES
from streams.settings import Settings
from streams.topics import ACTIONS, AUDIT, MOVEMENTS, SIGNALS
from tests.building import Log, at, line
from tests.running import on

START = datetime(2025, 1, 1, tzinfo=UTC)
ONE = {"topics": {"partitions": 1}}


class Ids(Watcher):
    """Keeps the ids of what was said, and the customers that were erased."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.types: list[str] = []
        self.events: list[str] = []
        self.gone: list[str] = []
        self.moved: list[tuple[str, str]] = []
        self.names: set[str] = set()

    def applied(self, event: Event, at: int) -> None:
        self.events.append(event.event_id)
        if self.moved:
            self.names.add(event.customer_id)

    def merged(self, customer_id: str, into: str, at: int) -> None:
        self.moved.append((customer_id, into))

    def said(self, statements: Sequence[Statement], state: PartitionState) -> None:
        self.ids += [one.id for one in statements if one.type != "customer.health"]
        self.types += [one.type for one in statements]

    def erased(self, customer_id: str) -> None:
        self.gone.append(customer_id)


def company_lines(days: int = 200, customers: int = 25) -> list[bytes]:
    return [arrival.line() for arrival in Company(KINDS["saas"], 5, START, days, customers).history()]


def topic_of(one: bytes) -> str:
    return TOPIC_OF.get(json.loads(one)["type"], "") if one.endswith(b"}") else ""


async def ids_of_replay(file: Path, out: Path, until: int) -> list[str]:
    async with EmbeddedBroker() as broker:
        settings = on(broker.address)
        settings = settings.model_copy(update={"topics": settings.topics.model_copy(update={"partitions": 1})})
        await replay(file, out, settings, until)
    return [
        json.loads(one)["headers"]["ce_id"]
        for topic in (SIGNALS, ACTIONS, MOVEMENTS, AUDIT)
        for one in (out / OUTPUT_FILES[topic.name]).read_bytes().splitlines()
    ]


async def test_what_is_said_is_what_a_replay_says(tmp_path: Path) -> None:
    lines = company_lines()
    erased = json.loads(lines[-1])["customer_id"]
    into = min({json.loads(one)["customer_id"] for one in lines} - {erased})
    # Events of the id that goes would be sent on between partitions: how late they are depends on the machine.
    old = "c-without-events"
    merge = {"event_id": "m", "type": "customer.merged", "customer_id": old, "into": into}
    place = next(place for place, one in enumerate(lines) if json.loads(one)["occurred_at"] > "2025-04-10")
    lines[place:place] = [line(merge | {"occurred_at": "2025-04-10T00:00:00Z"})] * 2
    lines += [
        line(
            {"event_id": "x", "type": "erasure.requested", "customer_id": erased, "occurred_at": "2025-07-10T00:00:00Z"}
        ),
        b'{"type": "login.succeeded"',
        line({"event_id": "y", "type": "no.such", "customer_id": "c", "occurred_at": "2025-07-10T00:00:00Z"}),
    ]
    lines.sort(key=topic_of)  # one topic after another
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(lines))
    until, found = instant(datetime(2025, 7, 20, tzinfo=UTC)), Ids()

    run = applied([tmp_path / "log.jsonl"], on("x:1"), found, until)

    assert sorted(found.ids) == sorted(await ids_of_replay(tmp_path / "log.jsonl", tmp_path / "out", until))
    assert len(found.ids) > 50
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    account = run.account
    assert (account.lines, account.applied, account.duplicate, dict(account.rejected), account.of_erased_customers) == (
        summary["read"],
        summary["applied"],
        summary["duplicate"],
        summary["rejected"],
        summary["of_erased_customers"],
    )
    assert found.gone == [erased]
    assert found.moved == [(old, into)]
    assert into in found.names
    assert old not in found.names | set(run.state.customers.names())
    assert erased not in run.state.customers.names()


def test_of_an_erased_customer_all_ids_are_told() -> None:
    found, log = Ids(), Log("c-1").starts(0).login(1)
    log.add("customer.merged", 2, into="c-2", event_id="m-1").add("erasure.requested", 3)

    run = applied_lines(log.lines(), Settings(), found)

    assert sorted(found.gone) == ["c-1", "c-2"]
    assert (run.account.applied, run.state.customers.names()) == (4, [])


def test_each_line_has_one_outcome_and_rejected_ones_their_place(tmp_path: Path) -> None:
    first, second = Log().login(1, 2).events
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl.gz"
    one.write_bytes(b"\n".join([line(first), b"{", line(first)]))
    two.write_bytes(gzip.compress(b"[" + line(second | {"synthetic": True}) + b"," + line(second) + b", 7]"))

    account = applied([one, two], Settings(), Watcher()).account

    assert (account.lines, account.applied, account.duplicate, account.left_out) == (6, 2, 1, 1)
    assert account.rejected == {"not_json": 1, "contract": 1}
    assert str(account.errors.first("not_json")[0].place) == f"{one}, line 2"
    assert str(account.errors.first("contract")[0].place) == f"{two}, item 3"
    assert any("Remedy: correct the file at the place that is named" in said for said in account.words())


def test_a_log_that_is_not_in_the_order_of_arrival_is_said_to_be_so() -> None:
    log = Log().starts(0).login(*range(1, 60)).lines()

    account = applied_lines(log[::-1], Settings(), Watcher()).account

    assert account.is_disordered
    assert account.late == 59 - 3  # of the logins all but the newest, and those of the two days before it
    assert any("sort it by time" in said for said in account.words())
    assert not applied_lines(log, Settings(), Watcher()).account.is_disordered


def test_events_after_the_last_instant_are_left_out_and_time_stops_there() -> None:
    run = applied_lines(Log().starts(0).login(1, 2, 3, 50).lines(), Settings(), Watcher(), instant(at(10)))

    assert (run.account.applied, run.account.later) == (4, 1)
    assert run.state.watermark == instant(at(10))


def test_without_a_last_instant_time_passes_to_the_newest_event() -> None:
    found = Ids()

    run = applied_lines(
        [*Log().starts(0).login(*range(1, 9)).lines(), *Log("c-2").login(60).lines()], Settings(), found
    )

    assert run.state.watermark == instant(at(60))
    assert "churn_signal.raised" in found.types


def test_a_history_is_read_as_if_it_were_live() -> None:
    log = Log().starts(0).login(*range(1, 9)).login(60)
    live, marked = Ids(), Ids()

    applied_lines(log.lines(), Settings(), live)
    applied_lines([line(event | {"backfill": True}) for event in log.events], Settings(), marked)

    assert marked.ids == live.ids
    assert "churn_signal.cleared" in live.types


def test_a_log_of_which_nothing_can_be_applied_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(b'{"type": "no.such"}\n{}')

    with pytest.raises(BadLog, match=r"(?s)no event of the log could be applied.*log.jsonl, line 1: "):
        applied([tmp_path / "log.jsonl"], Settings(), Watcher())


def test_customers_are_encoded_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = company_lines(60)
    whole, piecewise = Ids(), Ids()

    applied_lines(lines, Settings(), whole)
    monkeypatch.setattr("streams.in_process.PUT_AWAY", 2)
    monkeypatch.setattr("streams.spool.AT_ONCE", 3)
    run: InProcess = applied_lines(lines, Settings(), piecewise)

    assert sorted(piecewise.ids) == sorted(whole.ids)
    assert piecewise.events == whole.events
    assert len(run.processor.store.touched) <= 12
