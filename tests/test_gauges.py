"""The page of gauges shows the updates that were published: every metric of the register, and nothing else of it.

A worker on a broker is scraped, and what it shows is held against the records of `metric-updates`: to the newest
update of the running period (`provisional`), and of the last one that no late event can change silently (`final`).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from itertools import chain
from math import isnan
from typing import Any, Final, NamedTuple

import aiohttp
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from retention.features import REGISTER
from retention.metrics import METRICS
from retention.metrics.base import Metric
from retention.periods import KIND_OF
from streams.app import Worker, build
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.settings import Settings
from streams.topics import UPDATES
from streams.web.server import Web
from tests.building import Log, at, line, text, uses
from tests.outputs import GOLDEN
from tests.running import on, said, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

Labels = frozenset[tuple[str, str]]
Shown = dict[tuple[str, Labels], float | str]
"""The value of each sample by its name and its labels; a word in place of NaN, which equals nothing."""

SET: Final = {
    "metrics__periods": '["day", "week", "month", "quarter", "t30d"]',
    "metrics__plans": '["basic"]',
    "metrics__milestones": '["import"]',
    "metrics__stickiness": "true",
    "segments__country__values": '["ES"]',
}
UNDEFINED: Final = "undefined"
LATENESS: Final = timedelta(days=2)
FIRST, LATER = at(100.5), at(135.5)
"""10 April and 15 May: March, and then April, is the last month that is closed."""


class Look(NamedTuple):
    """One look at the page, and what was published until then, in its order."""

    until: datetime
    shown: Shown
    published: list[dict[str, Any]]


def company() -> list[bytes]:
    """Return customers of whom every metric says something, in March as in April, from two countries."""
    logs = [_of_month(name, first) for first in (60, 91) for name in ("a", "b", "c")]
    logs += [list(_of_every_type(first)) for first in (60, 91)]
    return [line(event) for event in sorted(chain(*logs), key=lambda one: str(one["occurred_at"]))]


def _of_every_type(first: int) -> Iterator[dict[str, Any]]:
    """Yield an event of each type of customers, so that a metric of a family that comes later has a figure, too."""
    for kind in REGISTER.entries:
        event = json.loads((GOLDEN / f"{kind}.v1.json").read_bytes())
        yield event | {"event_id": f"{kind}-{first}", "customer_id": f"of-{first}", "occurred_at": text(at(first + 6))}


def _of_month(name: str, first: int) -> list[dict[str, Any]]:
    """Return what happens in the first week of a month, to customers that came in the one before."""
    stays, warned, lost, comes = (Log(f"{name}-{first}-{which}") for which in ("stays", "warned", "lost", "comes"))
    stays.add("customer.updated", first - 25, attributes={"country": "ES" if name == "a" else "IT"})
    stays.starts(first - 20, "50", plan="basic").login(first + 1.5, first + 2.5).buys(first + 1, f"o-{name}-{first}")
    stays.changes(first + 3, mrr="72.25" if name == "a" else "41")
    stays.add("seats.changed", first + 4, paid=20, active=7)
    for kind, score in (("nps", 9), ("nps", 3), ("csat", 4), ("ces", 6)):
        stays.add("survey.answered", first + 4, kind=kind, score=score)
    warned.starts(first - 20, "19.99", currency="USD" if name == "c" else "EUR")
    warned.add("cancellation.requested", first - 10, subscription_id="s-1").ends(first + 5)
    lost.starts(first - 20, "30", plan="pro").ends(first + 2, cause="voluntary", reason="price")
    comes.starts(first + 1, "15").add("milestone.reached", first + 2, milestone="import")
    uses(2, ["export"], comes, since=first + 3)
    return [*stays.events, *warned.events, *lost.events, *comes.events]


def late() -> bytes:
    """Return the first order of a customer, in March, that comes after the figures of March were final."""
    return line(Log("a-60-comes").buys(63, "o-late", "99.95").events[0] | {"event_id": "late"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def looks() -> AsyncIterator[list[Look]]:
    """Return looks at a worker: after its start, after a late event, in the next month; and at one that takes over."""
    async with EmbeddedBroker() as broker:
        settings = on(broker.address, **SET)
        await Broker(settings).create_topics()
        await send(settings, company(), until=FIRST)
        async with await build(settings) as worker:
            found = [await looked(settings, worker, FIRST)]
            await send(settings, [late()])
            found.append(await looked(settings, worker, FIRST, since=found[-1]))
            await send(settings, [], until=LATER)
            found.append(await looked(settings, worker, LATER, since=found[-1]))
        async with await build(settings) as worker:
            found.append(await looked(settings, worker, LATER))
        yield found


async def looked(settings: Settings, worker: Worker, until: datetime, since: Look | None = None) -> Look:
    """Scrape a worker that has nothing left to do, after it has published more than at an earlier look.

    A worker whose fetch has not yet returned what was just sent has nothing to do either: only an update that it
    published shows that it has read on.
    """
    web = Web(settings.web, worker)
    await web.start()
    async with asyncio.timeout(60):
        while since is not None and len(await said(settings, UPDATES)) == len(since.published):
            await asyncio.sleep(0.05)
        await worker.until_idle()
    async with aiohttp.ClientSession() as http, http.get(f"{web.url}/metrics") as answer:
        families = text_string_to_metric_families(await answer.text())
    await web.stop()
    found = [one for family in families for one in family.samples]
    shown = {(one.name, frozenset(one.labels.items())): UNDEFINED if isnan(one.value) else one.value for one in found}
    assert len(shown) == len(found)
    return Look(until, shown, [record["value"] for record in await said(settings, UPDATES)])


def expected(metric: Metric, look: Look) -> Shown:
    """Return the samples of a metric that the published updates come to."""
    of_it = [update for update in look.published if update["metric"] == metric.name]
    found: Shown = {}
    for edition, kind, end in labelled(look):
        newest = {
            (update["basis"], update["currency"], *update["segment"].values()): update
            for update in of_it
            if (update["period"]["kind"], update["period"]["end"]) == (kind, end)
        }
        for update in newest.values():
            found |= samples(metric, update, edition)
    return found


def labelled(look: Look) -> Iterator[tuple[str, str, str]]:
    """Yield the edition, the kind and the end of each period that is to be shown."""
    ends: dict[str, set[str]] = {}
    for update in look.published:
        ends.setdefault(update["period"]["kind"], set()).add(update["period"]["end"])
    for kind, some in ends.items():
        now, closed = look.until.date().isoformat(), (look.until - LATENESS).date().isoformat()
        running = max(e for e in some if e <= now) if KIND_OF[kind].trailing else min(e for e in some if e > now)
        yield "provisional", kind, running
        yield from (("final", kind, end) for end in [max((e for e in some if e <= closed), default="")] if end)


def samples(metric: Metric, update: dict[str, Any], edition: str) -> Shown:
    """Return what one published update is to show: the figure, its base, and the parts of its breakdowns."""
    by, value = update["segment"]["by"], update["segment"]["value"]
    labels = {
        "deployment": "local",
        "basis": update["basis"],
        "period": update["period"]["kind"],
        "segment": "all" if by == "all" else f"{by}={value}",
        "currency": update["currency"] or "all",
        "edition": edition,
    }.items()
    found: Shown = {(f"backstay_{metric.gauge}", frozenset(labels)): number(update["value"])}
    if update["denominator"] is not None:
        found[f"backstay_{metric.gauge}_base", frozenset(labels)] = number(update["denominator"])
    for beside in metric.breakdowns:
        for part, shown in beside.read(update["components"]).items():
            found[f"backstay_{beside.gauge}", frozenset([*labels, (beside.label, part)])] = float(shown)
    return found


def number(text: str | None) -> float | str:
    """Return a published number; a figure that is undefined is no number."""
    return UNDEFINED if text is None else float(text)


def gauges(metric: Metric) -> set[str]:
    """Return the names under which a metric is shown."""
    own = [metric.gauge, f"{metric.gauge}_base", *(beside.gauge for beside in metric.breakdowns)]
    return {f"backstay_{name}" for name in own}


@pytest.mark.parametrize("place", range(4), ids=["first", "after a late event", "a month later", "another worker"])
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
async def test_the_gauge_shows_the_published_update(metric: Metric, place: int, looks: list[Look]) -> None:
    shown = {key: value for key, value in looks[place].shown.items() if key[0] in gauges(metric)}

    assert shown == expected(metric, looks[place])


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
async def test_the_company_has_a_figure_of_every_metric_in_the_open_month_and_in_the_closed_one(
    metric: Metric, looks: list[Look]
) -> None:
    of_months = [(dict(labels), value) for (_, labels), value in expected(metric, looks[0]).items() if value]

    assert {labels["edition"] for labels, value in of_months if labels["period"] == "month" and value != UNDEFINED} == {
        "provisional",
        "final",
    }


async def test_what_is_shown_changes_with_a_late_event_and_with_the_month(looks: list[Look]) -> None:
    """Otherwise the looks would show nothing that a gauge could get wrong."""
    first, restated, later, another = ({m.name: expected(m, look) for m in METRICS} for look in looks)

    assert first["crr"] != restated["crr"]
    assert [one["edition"] for one in looks[1].published[len(looks[0].published) :]].count("restated")
    assert [name for name in first if restated[name] == later[name]] == []
    assert later == another


async def test_no_figure_is_shown_that_no_metric_of_the_register_has(looks: list[Look]) -> None:
    for look in looks:
        shown = {name for name, labels in look.shown if {"edition", "segment"} <= dict(labels).keys()}

        assert shown == {name for metric in METRICS for name, _ in expected(metric, look)}
