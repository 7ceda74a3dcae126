"""The three servers of ours are protected alike: headers of every answer, lines of any length, hosts of others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import SimpleNamespace
from typing import cast

import pytest

from streams.console.app import App
from streams.errors import BadSettings
from streams.gauges import Gauges
from streams.settings import WebSettings
from streams.web.headers import BESIDE_THE_POLICY
from streams.web.server import Web
from streams.webhooks.process import Process
from streams.webhooks.web import WebhooksWeb
from tests.console.test_whole import with_console
from tests.running import on
from tests.test_web import a_worker

Served = Callable[[], AbstractAsyncContextManager[str]]


@asynccontextmanager
async def page() -> AsyncIterator[str]:
    """Yield the address of the page of a worker."""
    web = Web(WebSettings(port=0), a_worker())
    await web.start()
    yield str(web.url)
    await web.stop()


def a_process() -> Process:
    gauges, failure = Gauges(), asyncio.get_running_loop().create_future()
    return cast("Process", SimpleNamespace(gauges=gauges, failure=failure, ready=True))


@asynccontextmanager
async def webhooks() -> AsyncIterator[str]:
    """Yield the address of the metrics of webhooks."""
    web = WebhooksWeb(WebSettings(), a_process(), 0)
    await web.start()
    yield str(web.url)
    await web.stop()


@asynccontextmanager
async def console() -> AsyncIterator[str]:
    """Yield the address of a console."""
    async with App(with_console(on("127.0.0.1:1"))) as app:
        yield app.url


SERVERS: tuple[Served, ...] = (page, webhooks, console)


async def asked(url: str, request: bytes) -> bytes:
    """Return the head of an answer; nothing if the connection was closed instead."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    try:
        return (await asyncio.wait_for(reader.read(), 20)).partition(b"\r\n\r\n")[0]
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


CLOSE = b" HTTP/1.1\r\nConnection: close\r\nHost: "


@pytest.mark.parametrize("served", SERVERS)
@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        (b"/healthz", b"localhost", b"200"),
        (b"/metrics", b"localhost", b"200"),
        (b"/nowhere", b"localhost", b"404"),
        (b"/metrics", b"evil.example", b"421"),
        (b"http://evil.example/metrics", b"evil.example", b"421"),
    ],
)
async def test_every_answer_has_the_same_headers_beside_a_policy_of_its_own(
    served: Served, path: bytes, host: bytes, status: bytes
) -> None:
    async with served() as url:
        head = await asked(url, b"GET " + path + CLOSE + host + b"\r\n\r\n")

    lines = head.decode().split("\r\n")
    said = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert lines[0].split(" ")[1] == status.decode()
    assert {name: said.get(name.lower()) for name in BESIDE_THE_POLICY} == BESIDE_THE_POLICY
    policy = dict(part.split(" ", 1) for part in said["content-security-policy"].split("; "))
    assert (policy["default-src"], policy["frame-ancestors"], policy["base-uri"]) == ("'none'",) * 3
    assert "unsafe" not in said["content-security-policy"]


@pytest.mark.parametrize("served", SERVERS)
@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"x" * 600_000 + CLOSE + b"localhost\r\n\r\n",
        b"GET /healthz" + CLOSE + b"localhost\r\nX: " + b"x" * 600_000 + b"\r\n\r\n",
        b"GET /healthz" + CLOSE + b"localhost\r\n" + b"X-A: b\r\n" * 60_000 + b"\r\n",
        b"\x16\x03\x01\x02\x00nonsense\r\n\r\n",
    ],
)
async def test_a_request_of_any_length_is_refused_and_the_next_one_answered(
    served: Served, request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with served() as url:
        head = await asked(url, request_)
        after = await asked(url, b"GET /healthz" + CLOSE + b"localhost\r\n\r\n")

    assert head[9:12] in {b"", b"400", b"414", b"431"}
    assert after[9:12] == b"200"
    assert [one for one in caplog.records if one.name in {"backstay.web", "aiohttp.server"}] == []


async def test_a_port_that_is_taken_is_told_with_what_to_set() -> None:
    async with webhooks() as url:
        port = int(url.rsplit(":", 1)[1])
        with pytest.raises(BadSettings, match="--port"):
            await WebhooksWeb(WebSettings(), a_process(), port).start()
        with pytest.raises(BadSettings, match=r"web\.port"):
            await Web(WebSettings(port=port), a_worker()).start()
