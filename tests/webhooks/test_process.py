"""The process on the embedded broker, against a real listener: restarts, slow endpoints, 410, erasure, commands."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiokafka.errors import KafkaConnectionError
from click.testing import CliRunner, Result

from retention.calendar import DAY, HOUR, SECOND
from streams.broker import Broker
from streams.cli.commands import backstay
from streams.cli.webhooks import _beginning
from streams.embedded import EmbeddedBroker
from streams.errors import BadSettings, BrokerUnreachable, TopicsUnfit
from streams.forgetting import Forgotten, key_of
from streams.settings import Settings
from streams.webhooks.output import Output
from streams.webhooks.process import process_of
from streams.webhooks.unit import Unit
from streams.webhooks.web import WebhooksWeb
from tests.running import on
from tests.webhooks.building import NOW, SECRET, action, signal
from tests.webhooks.listener import REFUSING, Listener
from tests.webhooks.running import Clock, at_rest, on_topic, publish, running, settled, tried, until

_numbers = iter(range(1_000))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def broker() -> AsyncIterator[EmbeddedBroker]:
    async with EmbeddedBroker() as found:
        yield found


pytestmark = pytest.mark.asyncio(loop_scope="module")


def to(url: str, name: str = "crm", **said: str) -> dict[str, str]:
    values = {"url": url, "secrets": SECRET, "allow_private": "127.0.0.1", "types": "churn_signal.*,action.*"} | said
    return {f"webhooks__{name}__{field}": value for field, value in values.items()}


async def settings_of(broker: EmbeddedBroker, prefix: str | None = None, **said: str) -> Settings:
    """Return settings with topics of their own."""
    settings = on(broker.address, prefix or f"w{next(_numbers)}.", topics__partitions="2", web__port="0", **said)
    await Broker(settings).create_topics()
    return settings


def signals(number: int, customers: int = 7) -> list[Output]:
    return [signal(f"id-{place}", f"c-{place % customers}", NOW) for place in range(number)]


async def test_two_deployments_in_one_group_are_told_to_be_of_two(broker: EmbeddedBroker) -> None:
    async with Listener() as listener:
        one = await settings_of(broker, **to(listener.url), kafka__group="shared")
        another = await settings_of(broker, **to(listener.url), kafka__group="shared")

        first, second = [await process_of(Broker(each), Clock(), lambda: 0.5) for each in (one, another)]

        async with first, second:
            failures = (first.failure, second.failure)
            done, _ = await asyncio.wait(failures, timeout=60, return_when=asyncio.FIRST_COMPLETED)

            assert [type(each.exception()) for each in done] == [TopicsUnfit]
            assert "give each a kafka.group of its own" in str(done.pop().exception())


async def test_each_output_is_accepted_once_by_its_id_through_failures_of_every_kind_and_restarts(
    broker: EmbeddedBroker,
) -> None:
    tries = Counter[str]()

    def choose(request: Any) -> str:
        tries[request.id] += 1
        place = int(request.id.split("-")[1])
        return REFUSING[place % len(REFUSING)] if tries[request.id] <= 1 + place % 3 else "accept"

    async with Listener(choose) as listener:
        settings = await settings_of(broker, **to(listener.url, timeout="1", concurrency="16"))
        clock, outputs = Clock(), signals(24, customers=24)
        await publish(settings, outputs)
        for _ in range(3):  # each time another process goes on with the schedule of the one before
            async with running(settings, clock) as process:
                await settled(process)
                for _ in range(2):
                    await tried(process)
                    clock.now += HOUR

        assert set(listener.accepted) == {output.id for output in outputs}
        assert max(listener.accepted.values()) == 1
        assert listener.forged == []
        found = await on_topic(settings)
        assert {one.state for one in found.deliveries.values()} == {"delivered"}
        assert not any(one.customer or one.body for one in found.deliveries.values())


async def test_a_restart_keeps_the_schedule_and_sends_nothing_twice(broker: EmbeddedBroker) -> None:
    async with Listener(lambda _: "500") as listener:
        settings = await settings_of(broker, **to(listener.url))
        clock = Clock()
        await publish(settings, signals(3))
        async with running(settings, clock) as process:
            await until(lambda: len(listener.requests) == 3, process)
            await settled(process)
        async with running(settings, clock) as process:
            await settled(process)
            assert len(listener.requests) == 3  # not due yet
            listener.choose = lambda _: "accept"
            clock.now += 6 * SECOND
            await until(lambda: sum(listener.accepted.values()) == 3, process)
            await at_rest(process)
        async with running(settings, clock) as process:
            await settled(process)

        assert len(listener.requests) == 6
        first, second = (one for one in listener.requests if one.id == "id-0")
        assert first.body == second.body
        assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


async def test_an_endpoint_that_hangs_stalls_no_other_and_has_a_bound_of_requests(broker: EmbeddedBroker) -> None:
    async with Listener(lambda _: "hang") as slow, Listener() as quick:
        said = to(slow.url, "slow", timeout="60", concurrency="3") | to(quick.url, "quick")
        settings = await settings_of(broker, **said)
        await publish(settings, signals(60, customers=60))
        async with running(settings, Clock()) as process:
            await until(lambda: sum(quick.accepted.values()) == 60, process)
            await settled(process)

            assert len(slow.requests) == slow.most_at_once == 3
            assert process.gauges.pending.labels("slow")._value.get() == 60
            assert process.gauges.pending.labels("quick")._value.get() == 0
            for target in process.targets.values():
                await target.close()


async def test_an_endpoint_that_asks_to_be_left_alone_is(broker: EmbeddedBroker) -> None:
    async with Listener(lambda _: "429") as listener:
        settings = await settings_of(broker, **to(listener.url, concurrency="1"))
        clock = Clock()
        await publish(settings, signals(5, customers=5))
        async with running(settings, clock) as process:
            await until(lambda: len(listener.requests) == 1, process)
            await settled(process)
            clock.now += 119 * SECOND
            await settled(process)
            assert len(listener.requests) == 1
            listener.choose = lambda _: "accept"
            clock.now += 2 * SECOND
            await until(lambda: len(listener.accepted) == 5, process)


async def test_an_endpoint_that_is_gone_is_disabled_and_gets_what_waits_when_it_is_enabled(
    broker: EmbeddedBroker,
) -> None:
    async with Listener(lambda _: "410") as listener:
        settings = await settings_of(broker, **to(listener.url, concurrency="1"))
        clock = Clock()
        await publish(settings, signals(8))
        async with running(settings, clock) as process:
            await until(lambda: len(listener.requests) == 1, process)
            await settled(process)
            assert process.gauges.disabled.labels("crm")._value.get() == 1
        listener.choose = lambda _: "accept"
        clock.now += HOUR
        async with running(settings, clock) as process:  # also the next process knows, on each partition
            await settled(process)
            assert len(listener.requests) == 1
            found = await command(settings, "list")
            assert "410 Gone" in found.output
            assert "disabled" in found.output
            await command(settings, "enable", "crm")
            await until(lambda: len(listener.accepted) == 8, process)
            await command(settings, "disable", "crm", "--why", "moves house")
            await until(lambda: process.targets["crm"].disabled, process)
            await publish(settings, [signal("id-late", "c-9")])
            await settled(process)
        assert "id-late" not in listener.accepted
        document = json.loads((await command(settings, "list", "--json")).output)
        assert document["endpoints"][0]["disabled_why"] == "moves house"
        assert [one["id"] for one in document["deliveries"] if one["state"] == "pending"] == ["id-late"]


async def test_an_endpoint_that_is_disabled_already_keeps_its_reason_unless_another_is_given(
    broker: EmbeddedBroker,
) -> None:
    settings = await settings_of(broker, **to("http://127.0.0.1:9"))
    await command(settings, "disable", "crm", "--why", "410 Gone", "--by", "anna")
    first = (await command(settings, "list")).output

    again = await command(settings, "disable", "crm", "--by", "ben")
    kept = (await command(settings, "list")).output
    renamed = await command(settings, "disable", "crm", "--by", "ben", "--why", "moves house")
    last = (await command(settings, "list")).output

    assert "crm is disabled already, since 20" in again.output
    assert again.output.rstrip().endswith("by anna: 410 Gone")
    assert (again.exit_code, kept) == (0, first)
    assert renamed.output.splitlines()[1:] == ["the reason is now: moves house"]
    assert "by anna: 410 Gone" in renamed.output
    assert last == first.replace("by anna: 410 Gone", "by ben: moves house") != first


async def test_dead_deliveries_are_listed_and_sent_again(broker: EmbeddedBroker) -> None:
    async with Listener(lambda _: "500") as listener:
        settings = await settings_of(broker, **to(listener.url))
        clock = Clock()
        await publish(settings, signals(4, customers=4))
        async with running(settings, clock) as process:
            await settled(process)
            for _ in range(10):
                await tried(process)
                clock.now += 30 * HOUR
        assert len(listener.requests) == 40
        found = json.loads((await command(settings, "list", "--json", "--state", "dead")).output)
        assert found["endpoints"][0]["states"] == {"dead": 4}
        assert [one["last_answer"] for one in found["deliveries"]] == ["500"] * 4

        assert "1 delivery would be" in (await command(settings, "replay", "--id", "id-2", "--dry-run")).output
        unknown = await command(settings, "replay", "--id", "nope", "--dry-run")
        assert "no delivery has the id 'nope'" in unknown.output
        assert (await command(settings, "replay")).exit_code != 0  # no terminal to ask on
        assert "4 deliveries will be" in (await command(settings, "replay", "--endpoint", "crm", "--yes")).output
        listener.choose = lambda _: "accept"
        async with running(settings, clock) as process:
            await until(lambda: len(listener.accepted) == 4, process)
            await at_rest(process)
            accepted = await command(settings, "replay", "--id", "id-1", "--yes")
            assert "id-1 was accepted: --delivered has it sent again" in accepted.output
            again = await command(settings, "replay", "--delivered", "--id", "id-1", "--yes", "--json")
            assert json.loads(again.output) == {"dry_run": False, "sent_again": 1, "erased": 0, "gone": 0}
            await until(lambda: listener.accepted["id-1"] == 2, process)
            await at_rest(process)
        bodies = {one.body for one in listener.requests if one.id == "id-1"}
        assert len(bodies) == 1
        assert (await on_topic(settings)).ordered == set()


async def test_a_beginning_that_is_none_names_its_option_and_what_there_is() -> None:
    with pytest.raises(BadSettings, match=r"--from: .nonsense. is not a time such as .*, nor latest or earliest"):
        _beginning("nonsense")


async def test_what_waits_for_an_erased_customer_is_dropped_and_nothing_of_it_stays(broker: EmbeddedBroker) -> None:
    async with Listener(lambda _: "500") as listener:
        settings = await settings_of(broker, **to(listener.url))
        clock = Clock()
        await publish(settings, [signal("id-1", "c-erased"), signal("id-2", "c-other")], partition=0)
        async with running(settings, clock) as process:
            await until(lambda: len(listener.requests) == 2, process)
            await settled(process)
            await publish(settings, [receipt(settings, "c-erased")], partition=0)
            await settled(process)
            listener.choose = lambda _: "accept"
            clock.now += HOUR
            await until(lambda: len(listener.accepted) == 1, process)
            await publish(settings, [signal("id-3", "c-erased"), signal("id-4", "c-other")], partition=0)
            await until(lambda: len(listener.accepted) == 2, process)
            await at_rest(process)
        assert set(listener.accepted) == {"id-2", "id-4"}
        found = await on_topic(settings)
        assert {one.id for one in found.deliveries.values()} == {"id-2", "id-4"}


def receipt(settings: Settings, customer: str) -> Output:
    pseudonym = Forgotten(key_of(settings)).pseudonym(customer)
    body = {"pseudonym": pseudonym, "request": "r-1", "at": "2026-02-02T00:00:00Z", "was_known": True}
    return Output("customer.erased", "receipt-1", NOW, body, "audit", 0, 0)


async def test_an_action_that_is_withdrawn_is_not_sent(broker: EmbeddedBroker) -> None:
    async with Listener(lambda _: "500") as listener:
        settings = await settings_of(broker, **to(listener.url, types="action.recommended"))
        clock = Clock()
        await publish(settings, [action("a-1", "c-1", expires=NOW + DAY), action("a-2", "c-2", expires=NOW + DAY)])
        async with running(settings, clock) as process:
            await until(lambda: len(listener.requests) == 2, process)
            data = {"action": "we-miss-you", "customer_id": None, "episode": "e-c-1", "cause": "erased"}
            withdrawn = Output("action.withdrawn", "w-1", NOW, data, "actions", 0, 0)
            for number in (0, 1):
                await publish(settings, [withdrawn], partition=number)
            await settled(process)
            listener.choose = lambda _: "accept"
            clock.now += HOUR
            await until(lambda: len(listener.accepted) == 1, process)
            await at_rest(process)
        assert set(listener.accepted) == {"a-2"}


async def test_two_processes_share_the_partitions(broker: EmbeddedBroker) -> None:
    async with Listener() as listener:
        settings = await settings_of(broker, **to(listener.url))
        clock = Clock()
        async with running(settings, clock) as one, running(settings, clock) as other:
            await until(lambda: one.ready and other.ready and len(one.units) == len(other.units) == 1, one)
            await publish(settings, signals(20, customers=20))
            await until(lambda: len(listener.accepted) == 20, one)
            await settled(one)
            await settled(other)
        assert sum(listener.accepted.values()) == 20
        assert {one.state for one in (await on_topic(settings)).deliveries.values()} == {"delivered"}


async def test_a_backlog_is_sent_with_bodies_that_are_read_again(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.webhooks.unit.BODIES", 2)
    async with Listener(lambda _: "500") as listener:
        settings = await settings_of(broker, **to(listener.url, concurrency="16"))
        clock = Clock()
        await publish(settings, signals(30, customers=30))
        async with running(settings, clock) as process:
            await until(lambda: len(listener.requests) == 30, process)
            await settled(process)
            held = [one for unit in process.units.values() for one in unit.deliveries.pending.values() if one.body]
            assert len(held) <= 2 * 2
            clock.now += 10 * SECOND
            await until(lambda: len(listener.requests) == 60, process)
            await at_rest(process)
            listener.choose = lambda _: "accept"
            clock.now += HOUR
            await until(lambda: len(listener.accepted) == 30, process)
        assert listener.forged == []
        assert all(json.loads(one.body)["data"]["signal"] == "no-login" for one in listener.requests)
        assert len({one.body for one in listener.requests}) == 30


async def test_bodies_of_a_backlog_are_read_many_at_a_time_and_few_are_held(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fetch for each cost more than seven times as much as the request itself."""
    monkeypatch.setattr("streams.webhooks.unit.BODIES", 20)
    reads, most, read_body = 0, 0, Unit._read_body

    async def counted(unit: Unit, offset: int) -> str | None:
        nonlocal reads, most
        found = await read_body(unit, offset)
        reads += 1
        most = max(most, sum(1 for one in unit.deliveries.pending.values() if one.body))
        return found

    monkeypatch.setattr(Unit, "_read_body", counted)
    async with Listener(lambda _: "500") as listener:
        settings = await settings_of(broker, **to(listener.url))
        clock = Clock()
        await publish(settings, signals(200, customers=200))
        async with running(settings, clock) as process:
            await settled(process)
            await tried(process)
        listener.choose = lambda _: "accept"
        clock.now += HOUR
        reads = most = 0
        async with running(settings, clock) as process:
            await until(lambda: len(listener.accepted) == 200, process)
        bodies = {one.id: one.body for one in listener.requests}

    assert len(set(bodies.values())) == 200
    assert listener.forged == []
    assert 0 < reads <= 60
    assert most <= 20 + 4 + 1  # those read ahead, those under way, and the one that was asked for


async def test_the_first_start_begins_with_what_comes_from_then_on(broker: EmbeddedBroker) -> None:
    async with Listener() as listener:
        settings = await settings_of(broker, **to(listener.url))
        async with running(settings, Clock(), "latest") as process:
            await settled(process)
        await publish(settings, signals(3))  # while no process runs
        async with running(settings, Clock(), "latest") as process:
            await until(lambda: len(listener.accepted) == 3, process)


async def test_a_start_says_what_it_waits_for_and_knows_all_cards_and_a_stop_leaves_the_group(
    broker: EmbeddedBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "backstay.webhooks")
    async with Listener() as listener:
        settings = await settings_of(broker, **to(listener.url, segments__country="ES"))
        cards = [card("c-1", "IT"), card("c-2", "ES")]
        await publish(settings, [*cards, signal("id-1", "c-1"), signal("id-2", "c-2")], partition=0)
        clock = Clock()
        process = await process_of(Broker(settings), clock, lambda: 0.5, "earliest")
        clock.now += 10 * SECOND
        async with process:
            await until(lambda: listener.accepted["id-2"] == 1, process)
            await at_rest(process)

        assert set(listener.accepted) == {"id-2"}
        assert "waiting for the group" in caplog.text
        assert await members(settings, process.group) == []


def card(customer: str, country: str) -> Output:
    body = {"customer_id": customer, "segments": {"country": country}}
    return Output("customer.health", f"card-{customer}", NOW, body, "customer-health", 0, 0)


async def members(settings: Settings, group: str) -> list[Any]:
    """Return the members of a group."""
    admin = await Broker(settings).admin()
    try:
        (answer,) = await admin.describe_consumer_groups([group])
        return list(answer.groups[0][5])
    finally:
        await admin.close()


async def test_a_broker_that_goes_away_ends_the_process_by_its_own_name(broker: EmbeddedBroker) -> None:
    settings = await settings_of(broker, **to("http://127.0.0.1:9/"))
    process = await process_of(Broker(settings), Clock(), lambda: 0.5)

    process._fail(KafkaConnectionError("closed"))

    with pytest.raises(BrokerUnreachable, match="start `backstay webhooks run` again"):
        await process.failure
    await process.consumer.stop()


async def test_metrics_and_health_are_served(broker: EmbeddedBroker) -> None:
    import aiohttp

    async with Listener() as listener:
        settings = await settings_of(broker, **to(listener.url))
        async with running(settings, Clock()) as process:
            await settled(process)
            web = WebhooksWeb(settings.web, process, 0)
            await web.start()
            async with aiohttp.ClientSession() as http:
                async with http.get(f"{web.url}/metrics") as answer:
                    text = await answer.text()
                async with http.get(f"{web.url}/readyz") as answer:
                    assert (answer.status, await answer.json()) == (200, {"ready": True})
                async with http.get(f"{web.url}/healthz") as answer:
                    assert answer.status == 200
                async with http.get(f"{web.url}/metrics", headers={"Host": "evil.example"}) as answer:
                    assert answer.status == 421
            await web.stop()
        assert 'backstay_webhook_deliveries_total{deployment="local",endpoint="crm",outcome="delivered"} 0.0' in text


async def test_what_cannot_run_says_so(broker: EmbeddedBroker) -> None:
    with pytest.raises(BadSettings, match="no endpoint is configured"):
        await process_of(Broker(on(broker.address, "none.")), Clock(), lambda: 0.5)
    with pytest.raises(TopicsUnfit, match="topics create"):
        await process_of(Broker(on(broker.address, "none.", **to("http://127.0.0.1/"))), Clock(), lambda: 0.5)


async def command(settings: Settings, *arguments: str) -> Result:
    """Run `backstay webhooks` with the settings of a test."""
    said = ["--set", f"kafka.bootstrap_servers={settings.kafka.bootstrap_servers}"]
    said += ["--set", f"topics.prefix={settings.topics.prefix}", "--set", f"kafka.group={settings.kafka.group}"]
    for name, one in settings.webhooks.items():
        said += ["--set", f"webhooks.{name}.url={one.url.get_secret_value()}"]
        said += ["--set", f"webhooks.{name}.secrets={SECRET}", "--set", f"webhooks.{name}.allow_private=127.0.0.1"]
    return await asyncio.to_thread(CliRunner().invoke, backstay, ["webhooks", *arguments, *said])
