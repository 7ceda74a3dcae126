"""The worth of the signals in the console and in its metrics, recounted from what was said by code of its own."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from retention.calendar import DAY, instant
from retention.policy import SEVERITIES
from retention.statements import Statement
from streams.companies import KINDS
from streams.companies.base import Company
from streams.console import appraising
from streams.console.appraising import Appraising
from streams.console.documents import Signals, SignalWorth
from streams.console.taking import MOST_POINTS
from streams.console.viewing import StoreViews
from streams.in_process import applied_lines
from streams.setting_sources import read_settings
from tests.building import at
from tests.console.said import Told, by_statements, stored, views_of
from tests.watching import Statements

START = datetime(2025, 1, 1, tzinfo=UTC)
HORIZON = 60
BANDS = ("low", "medium", "high")
Alarms = list[tuple[str, int]]


@pytest.fixture(scope="module")
def statements() -> list[Statement]:
    """Return what is said of a played company of 60 customers in 300 days."""
    watcher = Statements()
    company = Company(KINDS["saas"], 5, START, 300, 60)
    applied_lines([one.line() for one in company.history()], read_settings(), watcher)
    return watcher.kept


@pytest.fixture(scope="module")
def views(statements: list[Statement]) -> Iterator[StoreViews]:
    store = stored(by_statements(statements), 500)
    yield views_of(store)
    store.close()


def alarms_of(statements: Sequence[Statement], severity: str) -> dict[str, Alarms]:
    """Return when each episode first reached a severity, by signal."""
    least, seen, found = SEVERITIES.index(severity), set[tuple[str, str]](), dict[str, Alarms]()
    for one in statements:
        body: Any = one.body
        if one.type not in {"churn_signal.raised", "churn_signal.escalated"}:
            continue
        key = one.key, body.episode
        if SEVERITIES.index(body.severity) >= least and key not in seen:
            seen.add(key)
            found.setdefault(body.signal, []).append((one.key, one.at))
    return found


def fates_of_band(
    cards: list[tuple[str, int, str]], lost: dict[str, int], newest: int, band: str
) -> tuple[int, int, int, int]:
    """Return how many rises to a band were right, wrong, pending, and of a customer that had left."""
    right = wrong = pending = idle = 0
    last = dict[str, str]()
    for name, day, now in cards:
        rises = BANDS.index(last.get(name, "low")) < BANDS.index(band) <= BANDS.index(now)
        last[name] = now
        left = lost.get(name)
        if not rises:
            continue
        if left is not None and left <= day:
            idle += 1
        elif day + HORIZON > newest:
            pending += 1
        elif left is not None and left <= day + HORIZON:
            right += 1
        else:
            wrong += 1
    return right, wrong, pending, idle


def _body(one: Statement) -> Any:
    return one.body


def fates(alarms: Alarms, statements: Sequence[Statement], until: int) -> tuple[int, int, int, int]:
    """Return how many alarms were right, wrong, pending, and about somebody who had left."""
    edges: dict[tuple[str, int, str], None] = {}
    for one in statements:
        body = _body(one)
        if one.type in {"customer.churned", "customer.returned"} and body.basis == "subscription":
            edges[one.key, instant(body.at), one.type] = None
            if body.cause == "late_evidence":
                edges.pop((one.key, instant(body.at), one.type))
                edges.pop((one.key, instant(body.at), "customer.churned"), None)
    counts = {"right": 0, "wrong": 0, "pending": 0, "idle": 0}
    for who, when in alarms:
        own = sorted((at, what) for key, at, what in edges if key == who)
        before = [what for at, what in own if at <= when]
        lost = any(what == "customer.churned" and when < at <= when + HORIZON * DAY for at, what in own)
        idle, pending = before[-1:] == ["customer.churned"], when > until
        counts["idle" if idle else "pending" if pending else "right" if lost else "wrong"] += 1
    return counts["right"], counts["wrong"], counts["pending"], counts["idle"]


def counted(row: SignalWorth) -> tuple[int, int, int, int]:
    return row.right, row.wrong, row.pending, row.not_a_customer


@pytest.mark.parametrize("severity", SEVERITIES)
def test_alarms_are_judged_as_a_plain_reading_of_what_was_said_judges_them(
    statements: list[Statement], views: StoreViews, severity: Any
) -> None:
    found = views.signals(severity, HORIZON, START)
    assert found.judged_until is not None
    until = instant(found.judged_until)

    expected = {name: fates(one, statements, until) for name, one in alarms_of(statements, severity).items()}

    assert {row.name: counted(row) for row in found.rows if row.raised} == {
        name: one for name, one in expected.items() if not name.startswith("opportunity")
    }
    assert counted(found.together) == tuple(map(sum, zip(*expected.values(), strict=True)))


@pytest.mark.parametrize("seed", range(5))
def test_bands_are_judged_as_a_plain_reading_of_the_cards_judges_them(seed: int) -> None:
    draw, told = random.Random(seed), Told()
    cards, losses = list[tuple[str, int, str]](), list[tuple[str, int]]()
    for name in (f"c-{number}" for number in range(20)):
        for day in sorted(draw.sample(range(200), draw.randint(1, 12))):
            band = draw.choice(BANDS)
            told.card(name, day, "0.50", band=band)
            cards.append((name, day, band))
        if draw.random() < 0.5:
            losses.append((name, draw.randint(1, 240)))
            told.leaves(*losses[-1])
    store = stored(told.reads(), 40)
    newest = max([day for _, day, _ in cards] + [day for _, day in losses])

    found = views_of(store).signals("medium", HORIZON, START).bands

    assert [row.name for row in found] == ["medium", "high"]
    assert [counted(row) for row in found] == [fates_of_band(cards, dict(losses), newest, band) for band in BANDS[1:]]
    assert all(counted(found[0]))
    store.close()


def test_a_band_is_reached_once_until_the_risk_has_fallen_below_it() -> None:
    told = Told()
    for day, risk, band in ((1, "0.40", "medium"), (2, "0.70", "high"), (3, "0.45", "medium"), (4, "0.75", "high")):
        told.card("c-1", day, risk, band=band)
    told.card("c-2", 1, "0.10", band="low").card("c-2", 5, "0.80", band="high").leaves("c-2", 20).card("c-3", 90)
    store = stored(told.reads())

    medium, high = views_of(store).signals("medium", 30, START).bands

    assert (medium.raised, medium.right, medium.wrong, medium.pending) == (3, 1, 1, 1)
    assert (high.raised, high.right, high.wrong, high.pending) == (3, 1, 2, 0)
    assert (medium.open, high.open) == (1, 2)
    assert (medium.level, medium.kind, high.median_lead_days) == ("medium", "band", "15.0")
    store.close()


def test_the_oldest_of_many_cards_is_no_rise() -> None:
    told = Told()
    for hour in range(MOST_POINTS + 30):
        told.card("c-1", 1 + hour / 24, "0.70", band="high")
    store = stored(told.reads(), 100)

    assert [row.raised for row in views_of(store).signals("medium", 30, START).bands] == [0, 0]
    store.close()


def metrics(one: Appraising) -> dict[tuple[str, ...], float]:
    """Return all samples: the name, and the labels but for that of the deployment."""
    return {
        (sample.name, *(value for name, value in sample.labels.items() if name != "deployment")): sample.value
        for family in one.collect()
        for sample in family.samples
    }


async def test_the_metrics_show_what_the_page_shows(views: StoreViews) -> None:
    def worth(*asked: Any) -> Signals:
        return views.signals(*asked).model_copy(update={"base_rate": "0.1250"})

    gauges = Appraising(worth, lambda: START, lambda: False, lambda: 0, "shop", HORIZON)
    assert metrics(gauges) == {}

    await gauges.count()

    found = metrics(gauges)
    for severity in SEVERITIES:
        page = views.signals(severity, HORIZON, START)
        rows = [("any", page.together), *((row.name, row) for row in page.rows)]
        rows += [("risk", row) for row in page.bands if row.level == severity]
        for name, row in rows:
            for outcome, number in zip(("right", "wrong", "pending", "not_a_customer"), counted(row), strict=True):
                assert found["backstay_worth_alarms", name, severity, outcome] == number
            labels = name, severity
            assert found.get(("backstay_worth_precision_ratio", *labels)) == _float(row.precision)
            assert found.get(("backstay_worth_lift_ratio", *labels)) == _float(row.lift)
            lead = _float(row.median_lead_days)
            assert found.get(("backstay_worth_lead_seconds", *labels)) == (lead * 86_400 if lead is not None else None)
            assert found.get(("backstay_worth_stayers_alarmed_ratio", *labels)) == _float(row.stayers_alarmed_a_month)
            assert (("backstay_worth_no_better_than_chance", *labels) in found) == (not row.few)
    page = views.signals("medium", HORIZON, START)
    assert found["backstay_worth_base_rate_ratio",] == 0.125
    assert found["backstay_worth_losses",] == page.together.losses > 0


def _float(text: str | None) -> float | None:
    return float(text) if text is not None else None


async def test_nothing_is_counted_before_everything_was_read(
    views: StoreViews, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appraising, "LOOK_EVERY", 0)
    behind = [True, True, False]
    gauges = Appraising(views.signals, lambda: at(1), lambda: behind.pop(0), lambda: 0, "shop", HORIZON)

    task = asyncio.create_task(gauges.run())
    while not metrics(gauges):
        assert not task.done()
        await asyncio.sleep(0)
    task.cancel()

    assert behind == []


class Counted(Exception):
    """Raised by a count that a test waits for."""


@pytest.mark.parametrize(
    "read",
    [
        [0, 0, 0, 1],  # the topics were empty when it began
        [100, 101, 101, 102],
        [40_000, 40_399, 40_400, 40_401],
        [40_000, 90_000],
        [40_000, 12],  # the topics were made anew
    ],
)
async def test_the_worth_is_counted_again_when_a_hundredth_is_new(
    views: StoreViews, monkeypatch: pytest.MonkeyPatch, read: list[int]
) -> None:
    monkeypatch.setattr(appraising, "LOOK_EVERY", 0)
    monkeypatch.setattr(appraising, "LEAST", 0)
    left, counts = list(read), 0

    def looked() -> int:
        return left.pop(0) if len(left) > 1 else left[0]

    def worth(*asked: Any) -> Signals:
        nonlocal counts
        counts += 1
        if counts > len(SEVERITIES):
            raise Counted
        return views.signals(*asked)

    with pytest.raises(Counted):
        await Appraising(worth, lambda: at(1), lambda: False, looked, "shop", HORIZON).run()

    assert left == [read[-1]]
