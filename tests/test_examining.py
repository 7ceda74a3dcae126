"""Tests of `backstay doctor` beside workers: sources, the registry, letters, webhooks and the console."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from aiohttp import web

from retention.calendar import HOUR
from streams.broker import Broker
from streams.checks import CHECKS, examined
from streams.embedded import EmbeddedBroker, free_port
from streams.errors import BadSettings
from streams.examining import console as of_console
from streams.examining import sources as of_sources
from streams.examining.console import console
from streams.examining.found import Found, joined
from streams.examining.letters import letters
from streams.examining.sources import registry, sources
from streams.examining.webhooks import webhooks
from streams.settings import Settings
from streams.webhooks import signing
from tests.registry import registry as small_registry
from tests.running import filled, on
from tests.test_dead_letters_command import write
from tests.test_encodings import frame
from tests.test_foreign_records import PRIVATE
from tests.test_mapping import RECORD
from tests.test_visible import HOSTILE, OBEYED
from tests.webhooks.building import SECRET
from tests.webhooks.listener import Listener
from tests.webhooks.running import Clock, publish, running, settled, tried
from tests.webhooks.test_process import command, signals, to

RULES = json.dumps([{"type": "login.succeeded", "event_id": "id", "customer_id": "user.id", "occurred_at": "at"}])
DAY_MS = 86_400_000


@pytest_asyncio.fixture
async def address() -> AsyncIterator[str]:
    async with EmbeddedBroker() as broker:
        yield broker.address


def shop(address: str, **said: str) -> Settings:
    return on(address, sources__mapping__topic="shop", sources__mapping__events=RULES, **said)


def record(**said: object) -> bytes:
    return json.dumps(RECORD | {"name": PRIVATE} | said).encode()


async def test_newest_records_of_a_source_are_read_by_its_settings_and_none_is_shown(address: str) -> None:
    broker = await filled(shop(address), "shop", [record(), record(id=8)])
    good = await sources(broker)
    await filled(shop(address), "shop", [record(user=PRIVATE), record(at="2199-01-01T00:00:00Z"), b"{"])
    bad = await sources(Broker(shop(address)))

    assert not good.warns
    assert good.says.startswith("shop has 2 partitions, and 2 of its newest records can be read; shop has 2 partitions")
    assert bad.warns
    assert "of 5 of its newest records these would become dead letters: 1 future, 2 source" in bad.says
    assert "backstay check --topic shop --newest" in bad.says
    assert PRIVATE not in bad.says
    assert "Secret" not in bad.says
    assert (await sources(Broker(on(address)))).says == "none is configured"


async def test_records_whose_schema_is_missing_are_not_taken_for_bad_ones(address: str) -> None:
    with small_registry() as small:
        url = small.url
        answers = await registry(Broker(on("127.0.0.1:1", registry__url=url)))
        small.faults = [(401, b"{}"), (404, b"<html>")]
        refused = await registry(Broker(on("127.0.0.1:1", registry__url=url)))
        elsewhere = await registry(Broker(on("127.0.0.1:1", registry__url=url)))
    silent = shop(address, registry__url=url)
    broker = await filled(silent, "shop", [frame(b"\0", 7)])

    assert answers == Found(f"answers at {url}")
    assert refused.warns
    assert "registry.username and registry.password" in refused.says
    assert elsewhere.warns
    assert "set registry.url" in elsewhere.says
    assert (await registry(broker)).warns
    found = await sources(broker)
    assert not found.warns
    assert "its records are not looked at, as their schemas are missing" in found.says
    assert (await registry(Broker(on(address)))).says == "none is configured"


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"cleanup.policy": "compact"}, "Set it to delete"),
        ({"cleanup.policy": "compact,delete"}, "Set it to delete"),
        ({"retention.ms": str(DAY_MS - 1)}, "keeps its records for 24 h"),
        ({"retention.ms": str(DAY_MS), "cleanup.policy": "delete"}, ""),
        ({"retention.ms": "-1"}, ""),
        ({}, ""),
    ],
)
def test_a_topic_of_a_source_that_loses_records_is_named(config: dict[str, str], says: str) -> None:
    found = of_sources._kept("shop", config)

    assert [one.warns for one in found] == [True] * bool(says)
    assert says in "".join(one.says for one in found)


async def test_dead_letters_that_wait_are_counted(address: str) -> None:
    settings = on(address)
    await Broker(settings).create_topics()
    none = await letters(Broker(settings))
    await write(settings, *[("logins", b"{", "not_json")] * 3, (HOSTILE, b"{", "contract"), ("carts", b"{", "future"))
    await write(settings, ("carts", b"{", "not_json"))

    found = await letters(Broker(settings))

    assert none == Found("none waits")
    assert found.warns
    assert found.says.startswith("6 dead letters wait, the last of 20")
    assert "3 not_json on logins" in found.says
    assert "and 1 more kinds" in found.says
    assert "backstay dead-letters list" in found.says
    assert not OBEYED.search(found.says)


async def test_endpoints_that_are_disabled_or_fail_are_named_with_what_to_do(address: str) -> None:
    async with Listener(lambda _: "500") as bad, Listener() as good:
        said = to(bad.url) | to(good.url, "team")
        settings = on(address, topics__partitions="2", web__port="0", **said)
        await Broker(settings).create_topics()
        await publish(settings, signals(4, customers=4))
        clock = Clock()
        async with running(settings, clock) as process:
            await settled(process)
            await tried(process)
        failing = await webhooks(Broker(settings))
        async with running(settings, clock) as process:
            for _ in range(10):
                await settled(process)
                await tried(process)
                clock.now += 30 * HOUR
        dead = await webhooks(Broker(settings))
        await command(settings, "disable", "team", "--why", "moves house")
        disabled = await webhooks(Broker(settings))
        without = await webhooks(Broker(on(address, topics__partitions="2", **to(good.url, "team"))))

    assert failing.warns
    assert "crm fails: 500 at " in failing.says
    assert "4 deliveries wait: `backstay webhooks test crm`" in failing.says
    assert "team: 0 deliveries wait" in failing.says
    assert "4 deliveries to crm are dead" in dead.says
    assert "team is disabled (moves house), and 0 deliveries wait: `backstay webhooks enable team`" in disabled.says
    assert "crm is in the deliveries, and not in these settings" in without.says
    assert "whether a process delivers is not known" in without.says  # the embedded broker cannot tell


async def test_webhooks_that_could_not_run_are_a_fault(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = on(address, **to("http://127.0.0.1:1/hook"))
    await Broker(settings).create_topics()

    def missing(_: object) -> None:
        raise BadSettings("signing webhooks needs the package standardwebhooks")

    monkeypatch.setattr(signing.Signer, "__init__", lambda _, texts: missing(texts))
    found = {one.name: one for one in await examined(Broker(settings))}

    assert found["webhooks"].code == BadSettings.exit_code
    assert list(found) == [check.name for check in CHECKS]
    assert SECRET not in found["webhooks"].says
    monkeypatch.undo()
    assert (await webhooks(Broker(on(address)))).says == "no endpoint is configured"


Answering = Callable[[web.Request], Awaitable[web.Response]]


async def asked(status: int, text: str, **said: str) -> Found:
    """Return what is found where something answers so at the console's address."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text)

    app = web.Application()
    app.router.add_get("/readyz", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = str(runner.addresses[0][1])
    try:
        return await console(Broker(on("127.0.0.1:1", console__port=port, **said)))
    finally:
        await runner.cleanup()


async def test_a_console_is_asked_where_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    ready, behind = await asked(200, "ready\n"), await asked(503, f"reading the topics{HOSTILE}\n")
    other = await asked(404, "")
    nowhere = await console(Broker(on("127.0.0.1:1", console__port=str(free_port()))))
    open_port = await console(Broker(on("127.0.0.1:1", console__port="0")))
    monkeypatch.setattr(of_console, "missing_packages", lambda: ["starlette"])
    unwanted = await console(Broker(on("127.0.0.1:1")))
    wanted = await console(Broker(on("127.0.0.1:1", console__port="6068")))

    assert (ready.warns, "has read the topics" in ready.says) == (False, True)
    assert (behind.warns, "is not ready: reading the topics" in behind.says) == (True, True)
    assert not OBEYED.search(behind.says)
    assert (other.warns, "is no console (status 404)" in other.says) == (True, True)
    assert (nowhere.warns, "start `backstay console`" in nowhere.says) == (True, True)
    assert not open_port.warns
    assert (unwanted.warns, wanted.warns) == (False, True)
    assert "pip install '.[console]'" in wanted.says


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:6068"),  # noqa: S104 - only read
        ("::", "http://[::1]:6068"),
        ("console.local", "http://console.local:6068"),
    ],
)
def test_a_console_on_every_address_is_asked_on_loopback(host: str, url: str) -> None:
    settings = on("127.0.0.1:1").console.model_copy(update={"host": host})

    assert of_console._url(settings) == url


def test_what_warns_is_said_first() -> None:
    assert joined([Found("a"), Found("b", warns=True)], "none") == Found("b; a", warns=True)
    assert joined([], "none") == Found("none")
