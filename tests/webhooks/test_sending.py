"""One try against a real listener that fails in every way, and against addresses that are refused."""

import asyncio
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import ResolveResult
from yarl import URL

from retention.calendar import SECOND, Instant
from streams.errors import BadSettings
from streams.webhooks import sending
from streams.webhooks.answers import Answer
from streams.webhooks.sending import MOST_SHOWN, Sender
from streams.webhooks.signing import signer_of
from tests.webhooks.building import SECRET, endpoint
from tests.webhooks.listener import ACCEPTING, REFUSING, WHOLE, Listener


def now() -> Instant:
    return int(time.time()) * SECOND


@asynccontextmanager
async def sender_to(
    url: str, *, allowed: bool = True, **said: Any
) -> AsyncIterator[Callable[[str], Awaitable[Answer]]]:
    """Yield what sends a delivery by its id to an endpoint."""
    if allowed:
        said["allow_private"] = URL(url).host
    settings = endpoint(url=url, timeout="1", **said)
    sender, signer, body = Sender("crm", settings, now), signer_of("crm", settings), '{"a":"ñ"}'

    async def send(ident: str) -> Answer:
        return await sender.send(body, signer.headers(ident, now(), body))

    try:
        yield send
    finally:
        await sender.close()


async def tried(url: str, *, allowed: bool = True, **said: Any) -> Answer:
    async with sender_to(url, allowed=allowed, **said) as send:
        return await send("id-1")


@pytest.mark.parametrize("way", ACCEPTING)
async def test_a_2xx_accepts_whatever_follows_it(way: str) -> None:
    async with Listener(lambda _: way) as listener:
        answer = await tried(listener.url)

        assert answer.verdict == "delivered"
        assert len(answer.text) <= MOST_SHOWN
        assert (listener.accepted["id-1"], listener.forged) == (1, [])
        assert listener.requests[0].headers["content-type"] == "application/json"
        assert listener.requests[0].headers["user-agent"].startswith("backstay/")


@pytest.mark.parametrize("way", REFUSING)
async def test_every_other_way_is_a_failure_in_words_and_no_error(way: str) -> None:
    async with Listener(lambda _: way) as listener:
        answer = await tried(listener.url)

        assert answer.verdict == "again"
        assert answer.says
        assert "/hook" not in answer.says
        assert len(listener.requests) == 1
    if way == "429":
        assert answer.wish == 120 * SECOND
    if way == "503_date":
        assert answer.wish == 0
    if way == "301":
        assert "redirects are not followed" in answer.says


LOST = ("drop", "reset")
"""The ways in which a connection ends without a byte of an answer."""


@pytest.mark.parametrize("way", [way for way in WHOLE if way in ACCEPTING])
async def test_a_connection_is_kept_for_what_follows(way: str) -> None:
    async with Listener(lambda _: way, keeps=True) as listener, sender_to(listener.url) as send:
        answers = [await send(f"id-{place}") for place in range(5)]

        assert {one.verdict for one in answers} == {"delivered"}
        assert (listener.connections, listener.accepted.total(), listener.forged) == (1, 5, [])


@pytest.mark.parametrize("way", [way for way in (*ACCEPTING, *REFUSING) if way != "hang"])
async def test_a_delivery_is_repeated_once_if_a_connection_that_was_kept_is_lost_before_an_answer(way: str) -> None:
    ways = {"id-0": ["accept"], "id-1": [way, "accept"]}
    async with Listener(lambda one: ways[one.id].pop(0), keeps=True) as listener, sender_to(listener.url) as send:
        await send("id-0")
        answer = await send("id-1")

        assert (answer.verdict == "delivered") == (way in (*ACCEPTING, *LOST))
        assert [one.id for one in listener.requests] == ["id-0", "id-1", *(["id-1"] if way in LOST else [])]
        assert listener.connections == (2 if way in LOST else 1)


@pytest.mark.parametrize("way", LOST)
async def test_a_delivery_is_not_repeated_twice_nor_after_a_new_connection_is_lost(way: str) -> None:
    ways = iter(["accept", way, way, way])
    async with Listener(lambda _: next(ways), keeps=True) as listener, sender_to(listener.url) as send:
        answers = [await send(f"id-{place}") for place in range(3)]

        assert [one.verdict for one in answers] == ["delivered", "again", "again"]
        assert answers[1].says == "127.0.0.1: it closed the connection before it answered"
        assert [one.id for one in listener.requests] == ["id-0", "id-1", "id-1", "id-2"]


async def test_an_endpoint_that_closes_each_connection_after_its_answer_misses_nothing() -> None:
    async with Listener() as listener, sender_to(listener.url) as send:
        answers = [await send(f"id-{place}") for place in range(50)]

        assert {one.verdict for one in answers} == {"delivered"}
        assert set(listener.accepted.values()) == {1}


async def test_an_endpoint_that_closes_idle_connections_misses_nothing() -> None:
    async with Listener(keeps=True) as listener, sender_to(listener.url) as send:
        for place in range(20):
            assert (await send(f"id-{place}")).verdict == "delivered"
            listener.close_idle()

        assert set(listener.accepted.values()) == {1}


async def test_a_connection_with_the_rest_of_an_answer_is_not_used_again() -> None:
    async with Listener(lambda _: "accept_huge", keeps=True) as listener, sender_to(listener.url) as send:
        assert [(await send(f"id-{place}")).verdict for place in range(3)] == ["delivered"] * 3

        assert listener.connections == 3


async def test_what_is_repeated_has_the_time_that_is_left() -> None:
    ways = iter(["accept", "drop", "hang"])
    async with Listener(lambda _: next(ways), keeps=True) as listener, sender_to(listener.url) as send:
        await send("id-0")
        async with asyncio.timeout(5):
            answer = await send("id-1")

        assert answer.says == "no answer within 1 s"


async def test_nothing_listens(unused_tcp_port: int) -> None:
    answer = await tried(f"http://127.0.0.1:{unused_tcp_port}/")

    assert answer.says == "127.0.0.1: no connection can be made"


@pytest.fixture
def unused_tcp_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.1.2.3",
        "169.254.169.254",
        "localhost",
    ],
)
async def test_no_request_is_sent_to_an_address_of_the_own_network(host: str) -> None:
    answer = await tried(f"https://{host}/", allowed=False)

    assert answer.verdict == "again"
    assert "no request is sent there" in answer.says
    assert "allow_private" in answer.says


async def test_a_name_that_is_resolved_to_another_address_later_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver says a public address first, as a name server may that answers otherwise a moment later."""
    async with Listener() as listener:
        port = int(listener.url.rsplit(":", 1)[1].split("/")[0])

        async def rebound(_self: object, host: str, _port: int = 0, **_: Any) -> list[ResolveResult]:
            return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

        monkeypatch.setattr(sending._Resolver, "resolve", rebound)  # one that checks nothing
        answer = await tried(f"https://hooks.example.com:{port}/", allowed=False)

        assert "a loopback address, 127.0.0.1, and no request is sent there" in answer.says
        assert listener.requests == []


async def test_each_new_connection_is_to_an_address_that_is_checked(
    monkeypatch: pytest.MonkeyPatch, certificate: Path
) -> None:
    """The name leads to an address that passes, and to one that does not after the endpoint has closed a connection."""
    ways, refused = iter(["accept", "accept", "drop", "accept"]), False
    trusted = str(certificate / "cert.pem")
    async with Listener(lambda _: next(ways), context=served(certificate), keeps=True) as listener:
        port = int(listener.url.rsplit(":", 1)[1].split("/")[0])

        async def here(_self: object, host: str, _port: int = 0, **_: Any) -> list[ResolveResult]:
            return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

        monkeypatch.setattr(sending._Resolver, "resolve", here)
        monkeypatch.setattr(sending, "refusal", lambda _: "a refused address" if refused else None)
        async with sender_to(f"https://hooks.example.com:{port}/", allowed=False, ca_file=trusted) as send:
            assert (await send("id-0")).verdict == "delivered"
            refused = True
            assert (await send("id-1")).verdict == "delivered"  # its connection was made before
            assert "no request is sent there" in (await send("id-2")).says

        assert [one.id for one in listener.requests] == ["id-0", "id-1", "id-2"]


async def test_an_allowed_name_is_that_of_one_endpoint_only() -> None:
    async with Listener() as listener:
        port = listener.url.rsplit(":", 1)[1].split("/")[0]
        assert (await tried(f"http://localhost:{port}/")).verdict == "delivered"
        assert (await tried(f"https://localhost:{port}/", allowed=False)).verdict == "again"
        assert len(listener.requests) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:hooks.example.com", "-keyout", "key.pem", "-out", "cert.pem"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return folder


def served(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


async def test_a_certificate_that_nobody_vouches_for_is_a_failure_and_one_that_is_trusted_is_not(
    certificate: Path,
) -> None:
    async with Listener(context=served(certificate)) as listener:
        answer = await tried(listener.url)
        assert answer.says == "127.0.0.1: its certificate is not trusted"
        assert listener.requests == []

        answer = await tried(listener.url, ca_file=str(certificate / "cert.pem"))
        assert answer.verdict == "delivered"

        with pytest.raises(BadSettings, match="holds no certificates"):
            await tried(listener.url, ca_file=str(certificate / "key.pem"))
        with pytest.raises(BadSettings, match="holds no certificates"):
            await tried(listener.url, ca_file=str(certificate / "none.pem"))


async def test_tls_to_a_listener_without_tls_is_a_failure() -> None:
    async with Listener() as listener:
        answer = await tried(listener.url.replace("http://", "https://"))

        assert (answer.verdict, listener.requests) == ("again", [])


async def test_an_answer_that_never_ends_takes_no_longer_than_the_timeout() -> None:
    async with Listener(lambda _: "hang") as listener:
        async with asyncio.timeout(5):
            answer = await tried(listener.url)

    assert answer.says == "no answer within 1 s"
    assert SECRET not in answer.says
