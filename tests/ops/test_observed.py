"""A live worker, watched by a real Prometheus and looked at in a real browser."""

import asyncio
import contextlib
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import yaml

from streams.app import Worker, build
from streams.broker import Broker
from streams.console.app import App
from streams.embedded import EmbeddedBroker, free_port
from streams.web.server import Web
from tests.building import Log, at, line
from tests.ops.browser import browser
from tests.running import on, send

pytestmark = pytest.mark.ops

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = {file.stem: json.loads(file.read_text()) for file in sorted((ROOT / "grafana/dashboards").glob("*.json"))}
VARIABLES = {"$__rate_interval": "1m", "$__range": "1m", "$deployment": "local", "$currency": ".*", "$segment": "all"}


def needs(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}")
    return found


def company() -> list[bytes]:
    """Return a small company in which every panel has something to show."""
    logs = [Log(f"c-{n}").starts(3, "50").buys(4, f"o-{n}") for n in range(40)]
    logs[0].changes(70, mrr="20")
    logs[1].add("cancellation.requested", 70, subscription_id="s-1")
    logs[2].add("cancellation.requested", 35, subscription_id="s-1").ends(40, cause="voluntary", reason="price")
    logs[3].login(1, 2, 3, 4, 5)
    logs[4].add("seats.changed", 5, paid=10, active=7).add("feature.used", 40, feature="export")
    logs[7].add("seats.changed", 5, paid=10, active=10).add("seats.changed", 60, paid=20, active=10)
    logs[5].add("survey.answered", 60, kind="nps", score=4).add("survey.answered", 61, kind="csat", score=2)
    logs[6].add("customer.updated", 3, attributes={"country": "ES"}).add("login.succeeded", 4, channel="new")
    events = [event for log in logs for event in log.events]
    return [line(e) for e in sorted(events, key=lambda e: e["occurred_at"])]


@pytest_asyncio.fixture
async def web() -> AsyncIterator[Web]:
    """Return the web side of a live worker that has worked off a small company."""
    async with EmbeddedBroker() as broker:
        # Doubts are counted for topics of sources only, from zero on: this worker has such a topic.
        source = {"sources__segment__topic": "tracking", "sources__segment__currency": "EUR"}
        settings = on(broker.address, segments__country__values="ES", **source)
        await Broker(settings).create_topics()
        await send(settings, [*company(), b"poison"], until=at(75))
        async with await build(settings) as worker:
            served = Web(settings.web, worker)
            await served.start()
            await asyncio.wait_for(worker.until_idle(), 60)
            yield served
            await served.stop()


@pytest_asyncio.fixture
async def console(web: Web) -> AsyncIterator[App]:
    """Return a console of that company, which has judged what was said 30 days before its end."""
    settings = web.worker.settings
    wanted = type(settings.console).model_validate({"port": 0, "horizon_days": 30})
    async with App(settings.model_copy(update={"console": wanted})) as app:
        await asyncio.wait_for(app.subscriber.caught_up.wait(), 30)
        yield app


@pytest_asyncio.fixture
async def prometheus(web: Web, console: App, tmp_path: Path) -> AsyncIterator[str]:
    """Return the address of a Prometheus that scrapes that worker and that console every second."""
    program, port = needs("prometheus"), free_port()
    rules = ROOT / "prometheus/rules.yml"
    target = "', '".join(str(url).removeprefix("http://") for url in (web.url, console.url))
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        f"rule_files: ['{rules}']\n"
        f"scrape_configs: [{{job_name: backstay, static_configs: [{{targets: ['{target}']}}]}}]\n"
    )
    command = [program, f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"]
    process = await asyncio.create_subprocess_exec(
        *command,
        f"--web.listen-address=127.0.0.1:{port}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    await process.wait()


async def ask(http: aiohttp.ClientSession, address: str, expression: str) -> list[dict[str, object]]:
    async with http.get(f"{address}/api/v1/query", params={"query": expression}) as answer:
        document = await answer.json()
    assert document["status"] == "success", document
    found: list[dict[str, object]] = document["data"]["result"]
    return found


def filled_in(text: str) -> str:
    """Return an expression as Grafana sends it when all is chosen."""
    for name, value in VARIABLES.items():
        text = text.replace(name, value)
    return text


async def test_every_query_of_every_panel_returns_a_series(prometheus: str) -> None:
    asked = {
        (f"{name}: {panel['title']}", filled_in(target["expr"]))
        for name, dashboard in DASHBOARDS.items()
        for panel in dashboard["panels"]
        for target in panel["targets"]
    }
    empty = asked
    async with aiohttp.ClientSession() as http:
        for _ in range(60):
            await asyncio.sleep(0.5)
            try:
                empty = {one for one in empty if not await ask(http, prometheus, one[1])}
            except aiohttp.ClientError:
                continue  # it is still starting
            if not empty:
                break

    assert empty == set()


async def test_every_variable_has_values(prometheus: str) -> None:
    found: dict[str, set[str]] = {}
    variables = [one for dashboard in DASHBOARDS.values() for one in dashboard["templating"]["list"]]
    async with aiohttp.ClientSession() as http:
        for one in variables:
            if one["type"] != "query":
                continue
            selector = filled_in(one["query"]["query"]).removeprefix("label_values(").rpartition(",")[0]
            for _ in range(60):
                with contextlib.suppress(aiohttp.ClientError):  # it is still starting
                    series = await ask(http, prometheus, selector)
                    found[one["name"]] = {row["metric"].get(one["name"], "") for row in series}  # type: ignore[attr-defined]
                    if found[one["name"]]:
                        break
                await asyncio.sleep(0.5)

    assert found == {"deployment": {"local"}, "currency": {"EUR"}, "segment": {"all", "country=ES", "country=other"}}


async def test_the_figures_that_prometheus_has_are_the_figures(prometheus: str) -> None:
    labels = '{basis="subscription",period="month",segment="all",currency="EUR",edition="final"}'
    found: list[dict[str, object]] = []
    async with aiohttp.ClientSession() as http:
        for _ in range(60):
            await asyncio.sleep(0.5)
            try:
                found = await ask(http, prometheus, f"backstay_customer_retention_ratio{labels}")
            except aiohttp.ClientError:
                continue
            if found:
                break

    assert [one["value"][1] for one in found] == ["0.975"]  # type: ignore[index]


def test_the_rules_are_valid_and_fire_when_they_should() -> None:
    promtool = needs("promtool")
    for arguments in (["check", "rules", "prometheus/rules.yml"], ["test", "rules", "tests/ops/rules_test.yml"]):
        done = subprocess.run([promtool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_rule_is_shown_to_fire_and_to_stay_silent() -> None:
    rules = yaml.safe_load((ROOT / "prometheus/rules.yml").read_text())["groups"][0]["rules"]
    cases = [
        case
        for test in yaml.safe_load((ROOT / "tests/ops/rules_test.yml").read_text())["tests"]
        for case in test["alert_rule_test"]
    ]

    for rule in rules:
        shown = {bool(case["exp_alerts"]) for case in cases if case["alertname"] == rule["alert"]}
        assert shown == {True, False}, rule["alert"]


async def test_every_series_names_its_deployment(web: Web) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{web.url}/metrics") as answer:
        text = await answer.text()

    series = [row for row in text.splitlines() if row and not row.startswith("#")]
    assert series
    assert all('deployment="local"' in row for row in series)


async def test_the_runbook_opens_at_the_section_of_an_alert(web: Web) -> None:
    rules = yaml.safe_load((ROOT / "prometheus/rules.yml").read_text())["groups"][0]["rules"]
    async with aiohttp.ClientSession() as http, http.get(f"{web.url}/runbook") as answer:
        text = await answer.text()

    assert all(f'id="{rule["annotations"]["runbook_url"].split("#")[1]}"' in text for rule in rules)


async def test_the_metrics_follow_the_rules_of_prometheus(web: Web) -> None:
    promtool = needs("promtool")
    async with aiohttp.ClientSession() as http, http.get(f"{web.url}/metrics") as answer:
        text = await answer.read()

    done = await asyncio.to_thread(
        subprocess.run, [promtool, "check", "metrics"], input=text, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("width", [390, 1280])
async def test_the_page_shows_the_worker_in_a_browser(width: int, web: Web, tmp_path: Path) -> None:
    """On a phone, too, with nothing to scroll sideways, and with nothing that the page's own policy forbids."""
    async with browser(needs("chromium"), tmp_path) as chromium:
        await chromium.look(str(web.url), width)
        text = await chromium.find("document.body.innerText")
        axes = await chromium.find("[...document.querySelectorAll('#chart text')].map(one => one.textContent)")
        wide = await chromium.find(
            "[...document.querySelectorAll('html, body, .scroll')].filter(e => e.scrollWidth > e.clientWidth).length"
        )
        broken = await chromium.find(
            "document.querySelectorAll('.feed td:last-child').forEach(one => one.textContent = 'why '.repeat(200));"
            "[...document.querySelectorAll('.feed th')].filter(one => {"
            " const text = document.createRange(); text.selectNodeContents(one);"
            " return text.getClientRects().length > 1 }).length"
        )
        complaints = chromium.complaints

    assert broken == 0, "a head of the feed in two lines, beside long texts"
    assert "97.5 %" in text
    assert "MRR fell 60 %, from 50.00 to 20.00 EUR" in text
    assert {"100 %", "2024-03"} <= set(axes)
    assert wide == 0
    assert complaints == []


async def test_the_page_of_a_strange_host_stays_empty_in_a_browser(web: Web, tmp_path: Path) -> None:
    """As if another site's name had been pointed here."""
    async with browser(needs("chromium"), tmp_path, "--host-resolver-rules=MAP evil.example 127.0.0.1") as chromium:
        await chromium.look(str(web.url).replace("127.0.0.1", "evil.example"), 1280)
        text = await chromium.find("document.body.innerText")

    assert "does not answer for the host" in text
    assert "97.5 %" not in text


async def test_a_worker_without_figures_shows_none(web: Web) -> None:
    worker: Worker = web.worker
    worker.gauges.no_figures()

    async with aiohttp.ClientSession() as http, http.get(f"{web.url}/metrics") as answer:
        text = await answer.text()

    assert "backstay_customer_retention_ratio{" not in text
