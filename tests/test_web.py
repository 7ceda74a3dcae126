"""The doors of the page: the hosts it answers for, its answers, and what a hostile client can do."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from streams.app import Worker
from streams.errors import BadSettings
from streams.gauges import Gauges
from streams.hosts import Hosts, checked
from streams.setting_sources import read_settings
from streams.settings import WebSettings
from streams.web import server
from streams.web.runbook import runbook
from streams.web.server import SECURITY, Web
from streams.web.view import View

PATHS = ("/", "/page.js", "/page.css", "/state", "/events", "/metrics", "/runbook")
PROBES = ("/healthz", "/readyz")
PATIENCE = 0.4
EVERYWHERE = "0.0.0.0"  # noqa: S104 - as in a container; here nobody else can reach it
Serve = Callable[..., Awaitable[Web]]


def a_worker() -> Worker:
    """Return what the page asks of a worker, of one that has read nothing."""
    customers = SimpleNamespace(lag=dict, commits=0)
    idle = SimpleNamespace(
        gauges=Gauges(),
        policy=None,
        ready=True,
        failure=asyncio.get_running_loop().create_future(),
        customers=customers,
        standbys=None,
        processors=list,
        books=lambda: None,
        outcomes=Counter,
        idle=lambda: True,
    )
    return cast("Worker", idle)


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start web sides that are stopped after the test."""
    started: list[Web] = []

    async def start(connections: int = 8, **settings: Any) -> Web:
        web = Web(WebSettings(port=0, **settings), a_worker(), connections=connections, patience=PATIENCE)
        await web.start()
        started.append(web)
        return web

    yield start
    for web in started:
        await web.stop()


def port_of(web: Web) -> int:
    return int(str(web.url).rsplit(":", 1)[1])


class Raw:
    """A connection on which every byte is the test's own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, web: Web) -> "Raw":
        return cls(*await asyncio.open_connection("127.0.0.1", port_of(web)))

    def send(self, text: str) -> None:
        self.writer.write(text.encode())

    async def line(self) -> str:
        return (await asyncio.wait_for(self.reader.readline(), 5)).decode().strip()

    async def ended(self, within: float = 5.0) -> bytes:
        """Return what else comes until the other side ends the connection."""
        try:
            return await asyncio.wait_for(self.reader.read(), within)
        except ConnectionError:
            return b""

    async def get(self, path: str, *headers: str) -> int:
        """Ask, and return the status; the rest of the answer stays unread."""
        self.send("\r\n".join([f"GET {path} HTTP/1.1", *headers, "", ""]))
        return int((await self.line()).split()[1])


async def status(web: Web, path: str, *hosts: str) -> int:
    raw = await Raw.to(web)
    found = await raw.get(path, *(f"Host: {host}" for host in hosts))
    raw.writer.close()
    return found


@pytest.mark.parametrize("path", PATHS)
async def test_only_the_hosts_that_are_configured_are_answered(path: str, serve: Serve) -> None:
    web = await serve(allowed_hosts=("backstay.example.com", "*.svc"))

    for ours in (
        "127.0.0.1",
        "127.0.0.1:6066",
        "LOCALHOST:1",
        "localhost.",
        "[::1]",
        "backstay.example.com",
        "a.b.svc",
    ):
        assert await status(web, path, ours) == 200, ours
    for strange in ("evil.example", "127.0.0.1.evil.example", "10.0.0.7", "svc", "example.com", "localhost@evil", ""):
        assert await status(web, path, strange) == 421, strange
    assert await status(web, path) in {400, 421}
    assert await status(web, path, "127.0.0.1", "evil.example") in {400, 421}
    assert await status(web, f"http://evil.example{path}", "127.0.0.1") == 421


@pytest.mark.parametrize("path", PROBES)
async def test_probes_are_answered_for_every_host_and_name_nobody(path: str, serve: Serve) -> None:
    """As an orchestrator asks: by the address of a pod."""
    web = await serve()

    assert await status(web, path, "10.0.0.7:6066") == 200
    async with aiohttp.ClientSession() as http, http.get(f"{web.url}{path}") as answer:
        assert set((await answer.json()).values()) == {True}


async def test_where_it_listens_everywhere_the_address_that_was_asked_is_one_of_its_hosts(serve: Serve) -> None:
    """So Prometheus may scrape by address; a name that leads there has to be configured."""
    web = await serve(host=EVERYWHERE)

    async with aiohttp.ClientSession() as http, http.get(f"{web.url}/metrics") as answer:
        assert answer.status == 200
    assert Hosts(EVERYWHERE, ()).allow(["10.0.0.7:6066"], "10.0.0.7")
    assert Hosts("::", ()).allow(["10.0.0.7:6066"], "::ffff:10.0.0.7")
    assert not Hosts(EVERYWHERE, ()).allow(["10.0.0.8:6066"], "10.0.0.7")
    assert not Hosts(EVERYWHERE, ()).allow([EVERYWHERE], "10.0.0.7")


@given(st.text(max_size=40))
def test_no_name_is_answered_by_accident(name: str) -> None:
    allowed = Hosts("127.0.0.1", ("backstay.example.com",)).allow([name], "127.0.0.1")

    plain = name.rsplit(":", 1)[0].strip("[]").rstrip(".").lower()
    assert (
        not allowed
        or plain in {"localhost", "backstay.example.com", "::1"}
        or plain.startswith(("127.", "::ffff:127."))
    )


@pytest.mark.parametrize("name", ["*", "http://backstay", "backstay:6066", "a b", "evil.example/", "*.", "a..b"])
def test_a_host_that_no_request_can_name_is_a_mistake_in_the_settings(name: str) -> None:
    with pytest.raises(BadSettings, match=r"web\.allowed_hosts.*without scheme and port"):
        read_settings(overrides={"web.allowed_hosts": name})


def test_hosts_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAY_WEB__ALLOWED_HOSTS", "worker, Backstay.Example.com")
    monkeypatch.setenv("BACKSTAY_METRICS__PLANS", '["basic","pro"]')

    settings = read_settings()

    assert (settings.web.allowed_hosts, settings.metrics.plans) == (
        ("worker", "backstay.example.com"),
        ("basic", "pro"),
    )
    assert checked("[::1]") == "::1"


@pytest.mark.parametrize("path", [*PATHS, *PROBES, "/nothing"])
async def test_every_answer_is_secured(path: str, serve: Serve) -> None:
    web = await serve()

    async with aiohttp.ClientSession() as http, http.get(f"{web.url}{path}") as answer:
        found = {name: answer.headers.get(name) for name in SECURITY}
        assert found == SECURITY
        assert "'unsafe-inline'" not in str(answer.headers)


async def test_the_page_needs_nothing_that_its_policy_forbids(serve: Serve) -> None:
    web = await serve()
    async with aiohttp.ClientSession() as http, http.get(f"{web.url}/") as answer:
        page = await answer.text()
    async with aiohttp.ClientSession() as http, http.get(f"{web.url}/page.js") as answer:
        script = await answer.text()

    assert "style=" not in page
    assert " on" not in "".join(part.split(">")[0] for part in page.split("<")[1:] if part.startswith("script"))
    assert page.count("<script") == 2
    assert 'type="application/json"' in page
    assert "innerHTML" not in script


async def test_no_text_of_a_producer_ends_the_script(serve: Serve) -> None:
    web = await serve()
    web.view.signals["</script><script>alert(1)"] = 1

    async with aiohttp.ClientSession() as http, http.get(f"{web.url}/") as answer:
        page = await answer.text()

    first = page.split('id="first">')[1].split("</script>")[0]
    assert json.loads(first)["raised"] == {"</script><script>alert(1)": 1}


async def test_who_says_nothing_or_speaks_slowly_has_to_go(serve: Serve) -> None:
    web = await serve()
    silent, slow = await Raw.to(web), await Raw.to(web)
    slow.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")

    async def drips() -> None:
        for number in range(100):
            slow.send(f"X-{number}: 1\r\n")
            await asyncio.sleep(0.05)

    dripping = asyncio.ensure_future(drips())
    ended = await asyncio.gather(silent.ended(), slow.ended())
    dripping.cancel()

    assert b"".join(ended) == b""


async def test_who_asks_for_nothing_more_has_to_go(serve: Serve) -> None:
    raw = await Raw.to(await serve())
    assert await raw.get("/healthz", "Host: a") == 200

    await raw.ended()


async def test_one_who_goes_on_asking_may_stay(serve: Serve) -> None:
    web = await serve()
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector) as http:
        for _ in range(6):
            async with http.get(f"{web.url}/metrics") as answer:
                assert answer.status == 200
                await answer.read()
            await asyncio.sleep(PATIENCE / 3)


async def test_whoever_comes_when_all_is_taken_gets_the_place_of_the_one_who_was_idle_for_longest(serve: Serve) -> None:
    web = await serve(connections=3)
    idle = [await Raw.to(web) for _ in range(3)]
    await asyncio.sleep(0.05)
    assert await idle[0].get("/healthz", "Host: a") == 200

    assert await status(web, "/healthz", "a") == 200

    assert await idle[1].ended(PATIENCE / 2) == b""
    assert not idle[0].reader.at_eof()


async def test_where_all_are_busy_the_next_one_is_told_so(serve: Serve) -> None:
    web = await serve(connections=2)
    looking = [await Raw.to(web) for _ in range(2)]
    for one in looking:
        assert await one.get("/events", "Host: localhost") == 200

    assert await status(web, "/", "localhost") == 503


async def test_events_go_on_for_longer_than_a_request_may_take(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REFRESH", PATIENCE)
    raw = await Raw.to(await serve())
    assert await raw.get("/events", "Host: localhost") == 200

    told = 0
    while told < 4:
        told += "data: " in await raw.line()


async def test_so_many_may_look_and_others_still_get_metrics(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "VIEWERS", 2)
    web = await serve()
    looking = [await Raw.to(web) for _ in range(2)]
    for one in looking:
        assert await one.get("/events", "Host: localhost") == 200

    assert await status(web, "/events", "localhost") == 503
    assert await status(web, "/metrics", "localhost") == 200
    looking[0].writer.close()
    await asyncio.sleep(3 * server.REFRESH)
    assert await status(web, "/events", "localhost") == 200


async def test_who_does_not_read_the_events_has_to_go(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data for such a reader would pile up here."""
    monkeypatch.setattr(server, "REFRESH", 0.001)
    web = await serve()
    web.view.signals.update({f"signal-{number}": number for number in range(20_000)})
    raw = await Raw.to(web)
    assert await raw.get("/events", "Host: localhost") == 200
    raw.reader._transport.pause_reading()  # type: ignore[attr-defined]

    async with asyncio.timeout(10):
        while web._viewers:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /" + "x" * 5_000 + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x" * 20_000 + "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\n" + "".join(f"X-{n}: 1\r\n" for n in range(500)) + "\r\n",
        "\x00\x01 garbage\r\n\r\n",
    ],
    ids=["line", "field", "fields", "garbage"],
)
async def test_requests_larger_than_any_of_ours_are_refused_and_fill_no_log(
    request_line: str, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    raw = await Raw.to(await serve())
    raw.send(request_line)

    assert (await raw.line()).split()[1] == "400"
    await raw.ended()
    assert caplog.records == []


async def test_a_fault_of_ours_is_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    web = await serve()
    web.view = cast("View", None)

    assert await status(web, "/state", "localhost") == 500

    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_nothing_can_be_written_and_no_body_is_waited_for(method: str, serve: Serve) -> None:
    raw = await Raw.to(await serve())
    raw.send(f"{method} / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\nx")

    assert (await raw.line()).split()[1] == "405"
    await raw.ended()


def test_the_runbook_shows_code_as_code() -> None:
    page = runbook()

    assert "<code>backstay" in page
    assert "`" not in page
