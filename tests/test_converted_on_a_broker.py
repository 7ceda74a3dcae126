"""Figures in one currency with workers on a broker: rates are sent once; a console and a replay show the figures."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from retention.calendar import instant
from streams.broker import Broker
from streams.console.app import App
from streams.console.documents import RetentionFilters
from streams.embedded import EmbeddedBroker
from streams.examining.found import Found
from streams.examining.rates import rates
from streams.rebuild import rebuild
from streams.replay import replay
from streams.settings import Settings
from streams.topics import PARTIALS, UPDATES
from tests.building import Log, at, line
from tests.console.test_whole import read, with_console
from tests.running import on, said, send, worked_off
from tests.test_converted import rate
from tests.test_merges_on_a_broker import Asked

LOGS = [Log(f"c-{n}").starts(3, "100", currency="EUR" if n % 2 else "USD") for n in range(6)]
LINES = [line(rate(0, "1.20", "r-1")), *(one for log in LOGS for one in log.lines())]
JANUARY = "mrr|subscription_converted|USD|month|2024-01-01|all"
FEBRUARY = JANUARY.replace("-01-01", "-02-01")


@pytest.fixture
async def settings() -> AsyncIterator[Settings]:
    async with EmbeddedBroker() as broker:
        found = on(broker.address, metrics__currency="USD")
        await Broker(found).create_topics()
        yield found


async def updates(settings: Settings) -> dict[str, dict[str, Any]]:
    return {one["key"]: one["value"] for one in await said(settings, UPDATES)}


async def rates_sent(settings: Settings) -> int:
    """Return how many records of rates the aggregator has got."""
    broker, found = Broker(settings), 0
    async for records in broker.read(broker.topic(PARTIALS), 0):
        found += sum(b'"rates"' in (record.value or b"") for record in records)
    return found


async def test_figures_are_converted_by_rates_that_are_sent_once(settings: Settings) -> None:
    await send(settings, LINES, until=at(20))
    await worked_off(settings)
    assert (await updates(settings))[JANUARY]["value"] == "660.00"
    assert await rates_sent(settings) == 1

    await send(settings, [line(rate(45, "1.10", "r-2"))], until=at(64))
    await worked_off(settings)

    found = await updates(settings)
    assert (found[JANUARY]["value"], found[JANUARY]["edition"]) == ("660.00", "final")
    assert (found[FEBRUARY]["value"], found[FEBRUARY]["components"]["period_view"]["fx"]) == ("630.00", "-30.00")
    assert await rates_sent(settings) == 2

    await rebuild(Asked(settings))
    await worked_off(settings)

    assert (await updates(settings))[FEBRUARY]["value"] == "630.00"


async def test_a_company_that_sets_the_currency_later_gets_the_rates_that_are_known(settings: Settings) -> None:
    before = settings.model_copy(update={"metrics": settings.metrics.model_copy(update={"currency": None})})
    await send(before, LINES, until=at(20))
    await worked_off(before)
    assert await rates_sent(before) == 0

    await worked_off(settings)

    assert (await updates(settings))[JANUARY]["value"] == "660.00"


async def test_the_console_shows_all_in_one_currency_as_a_choice_of_its_own(settings: Settings) -> None:
    await send(settings, [*LINES, line(rate(45, "1.10", "r-2"))], until=at(64))
    await worked_off(settings)

    async with App(with_console(settings)) as app:
        await read(app)
        found = app.views.retention(RetentionFilters(), at(64))
        dollars = app.views.retention(RetentionFilters(currency="USD"), at(64))

    assert (found.currency, found.currencies) == ("USD*", ["USD*", "EUR", "USD"])
    february = next(one for one in found.periods if one.start.month == 2)
    mrr = next(one for one in february.figures if one.metric == "mrr")
    assert (mrr.value, mrr.currency, mrr.drill) == ("630.00", "USD", None)
    own = next(one for one in dollars.periods[-1].figures if one.metric == "mrr")
    assert (own.value, own.basis) == ("300.00", "subscription")
    assert own.drill is not None


async def test_what_lacks_a_rate_is_named_by_the_doctor_and_the_console(settings: Settings) -> None:
    assert (await rates(Broker(settings))).says.startswith("no figure in USD yet")
    log = Log("c-9").starts(4, "70", currency="GBP")

    await send(settings, [*LINES, *log.lines()], until=at(20))
    lines: list[str] = []
    await worked_off(
        settings, lambda worker: lines.extend(generate_latest(worker.gauges.exposed).decode().splitlines())
    )

    found = await rates(Broker(settings))
    assert found.warns
    assert "unknown for the period that began on 2024-01-01: no rate of GBP in USD holds then" in found.says
    gauge = 'backstay_monthly_recurring_revenue{basis="subscription_converted"'
    assert {one.rsplit(" ", 1)[1] for one in lines if one.startswith(gauge)} == {"NaN"}
    async with App(with_console(settings)) as app:
        await read(app)
        page = app.views.retention(RetentionFilters(), at(20))
    assert "no_rate" in page.limits
    assert page.waterfall is None

    await send(settings, [line(rate(20, "1.25", "r-9", base="GBP", effective_on="2023-12-31"))], until=at(21))
    await worked_off(settings)

    assert (await rates(Broker(settings))) == Found("of EUR, GBP in USD: all that is needed is known")
    assert (await updates(settings))[JANUARY]["value"] == "747.50"


async def test_without_the_setting_the_doctor_asks_for_no_rates() -> None:
    async with EmbeddedBroker() as broker:
        assert not (await rates(Broker(on(broker.address)))).warns


async def test_a_replay_writes_them(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"\n".join([*LINES, line(rate(45, "1.10", "r-2"))]) + b"\n")

    async with EmbeddedBroker() as broker:
        summary = await replay(log, tmp_path, on(broker.address, metrics__currency="USD"), instant(at(64)))

    written = [json.loads(one) for one in (tmp_path / "metric-updates.jsonl").read_text().splitlines()]
    found = {one["key"]: one["value"] for one in written}
    assert (found[JANUARY]["value"], found[FEBRUARY]["value"]) == ("660.00", "630.00")
    rows = [one for one in summary["months"] if one["basis"] == "subscription_converted"]
    assert [(one["month"], one["currency"], one["mrr"], one["ndr"]) for one in rows][1:2] == [
        ("2024-02", "USD", "630.00", "1.0000000000")
    ]
