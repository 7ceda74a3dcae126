"""The console on the embedded broker: topics become rows, rows become answers, looks become records on audit."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest
import pytest_asyncio
from aiokafka.errors import OffsetOutOfRangeError

from streams.broker import Broker
from streams.console import subscriber
from streams.console.api import ENDPOINTS, PREFIX, openapi
from streams.console.app import App
from streams.console.views.pipeline import Status
from streams.embedded import EmbeddedBroker
from streams.settings import Settings
from streams.topics import ACTIONS, AUDIT, DEAD_LETTERS, HEALTH, OUTCOMES, PRIVACY
from tests.building import Log, at
from tests.running import on, said, send, worked_off

TOKEN = "a-token-of-the-tests-that-is-long"  # noqa: S105 - of tests


def with_console(settings: Settings, **changes: Any) -> Settings:
    console = type(settings.console).model_validate({"port": 0} | changes)
    return settings.model_copy(update={"console": console})


def logs() -> list[bytes]:
    """Return a customer that pays and asks to leave, one that never had a signal, and a record that is refused."""
    leaving = Log("c-leaving").starts(0, "50").login(*range(1, 30)).add("cancellation.requested", 30)
    quiet = Log("c-quiet").starts(0, "10").login(*range(1, 60))
    found = sorted([*leaving.events, *quiet.events], key=lambda event: event["occurred_at"])
    return [*(json.dumps(event).encode() for event in found), b'{"type":"login.succeeded","event_id":"e"}']


@pytest_asyncio.fixture
async def settings() -> AsyncIterator[Settings]:
    """Return settings with a broker whose topics hold what a worker has said of a log."""
    async with EmbeddedBroker() as broker:
        found = on(broker.address)
        await Broker(found).create_topics()
        await send(found, logs(), at(62))
        await worked_off(found)
        yield found


async def read(app: App) -> None:
    await asyncio.wait_for(app.subscriber.caught_up.wait(), 30)


async def got(url: str, status: int = 200, **options: Any) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url, **options) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json() if "json" in answer.content_type else await answer.text()


async def until_written(app: App) -> None:
    while app.looks.waiting:
        await asyncio.sleep(0.01)


async def test_topics_become_answers(settings: Settings) -> None:
    async with App(with_console(settings)) as app:
        await read(app)
        api = app.url + PREFIX
        risk = await got(f"{api}/at-risk")
        page = await got(f"{api}/customers/c-leaving")
        contact = await got(f"{api}/customers/c-leaving/contact")
        quiet = await got(f"{api}/customers/c-quiet")
        retention = await got(f"{api}/retention")
        wrong = [
            await got(f"{api}/retention?{one}", 400)
            for one in ("currency=ZZZ", "period=2031-01-01", "kind=week", "segment=a=b")
        ]
        signals = await got(f"{api}/signals", params={"severity": "low", "horizon_days": "30"})
        pipeline = await got(f"{api}/pipeline")
        file = await got(f"{api}/at-risk.csv")

        assert "cancellation-requested" in [one["signal"] for one in risk["rows"][0]["reasons"]]
        assert risk["rows"][0]["customer_id"] == "c-leaving"
        assert page["card"]["risk"] == risk["rows"][0]["risk"]
        assert (page["card"]["of_day"], risk["rows"][0]["of_day"]) == (None, None)  # as of today, not of the card
        assert page["card"]["as_of"] > page["card"]["card_at"]
        assert {one["kind"] for one in page["timeline"]} >= {"signal", "action", "movement"}
        assert page["why"]["risk"]["topic"] == HEALTH.name
        assert (contact["known"], contact["plan"], contact["mrr"]) == (
            True,
            None,
            [{"amount": "50.00", "currency": "EUR"}],
        )
        assert (quiet["has_card"], quiet["mrr"]) == (False, [{"amount": "10.00", "currency": "EUR"}])
        assert {one["metric"] for one in retention["periods"][-1]["figures"]} >= {"crr", "ndr", "grr"}
        assert [one["problem"].partition("may be: ")[2].partition(",")[0] for one in wrong] == [
            "EUR",
            retention["periods"][0]["start"],
            "month",
            "nothing",
        ]
        assert "cancellation-requested" in [one["name"] for one in signals["rows"]]
        assert [one["reason"] for one in pipeline["dead_letters"]] == ["contract"]
        assert sum(one["lag"] for one in pipeline["partitions"]) == 0
        assert file.splitlines()[0].startswith("customer_id,risk")
        assert len(file.splitlines()) == 1 + risk["page"]["total"]
        assert await got(f"{app.url}/readyz") == "ready\n"
        assert "backstay_console_customers" in await got(f"{app.url}/metrics")


async def test_a_broker_that_goes_away_is_told_though_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "SILENCE", 0.5)
    async with EmbeddedBroker() as broker:
        found = on(broker.address)
        await Broker(found).create_topics()
        app = App(with_console(found))
        await app.__aenter__()
        await read(app)
        assert await got(f"{app.url}/readyz") == "ready\n"
    try:
        async with asyncio.timeout(60):
            while app.subscriber.status.connected:
                await asyncio.sleep(0.05)
        assert broker.address in await got(f"{app.url}/readyz", 503)
    finally:
        await app.__aexit__()


class Lingering(Broker):
    """A broker whose consumers of the console stop only when they may, as those do that wait for one that is away."""

    stopping, may_stop = asyncio.Event(), asyncio.Event()

    def consumer(self, role: str = "reader", **options: Any) -> Any:
        consumer = super().consumer(role, **options)
        stop = consumer.stop

        async def linger() -> None:
            self.stopping.set()
            await self.may_stop.wait()
            await stop()

        if role == "console":
            consumer.stop = linger
        return consumer


async def test_that_a_broker_is_away_is_said_before_its_client_has_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "SILENCE", 0.5)
    monkeypatch.setattr("streams.console.app.Broker", Lingering)
    async with EmbeddedBroker() as broker:
        found = on(broker.address)
        await Broker(found).create_topics()
        app = App(with_console(found))
        await app.__aenter__()
        await read(app)
    try:
        await asyncio.wait_for(Lingering.stopping.wait(), 60)
        page = await got(f"{app.url}{PREFIX}/pipeline")
        assert (page["connected"], page["caught_up"]) == (False, False)
        assert broker.address in page["error"]
    finally:
        Lingering.may_stop.set()
        await app.__aexit__()


async def test_after_a_connection_it_is_soon_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "PATIENCE", (0.0, 3_600.0))
    ends = asyncio.Event()

    class Flapping(subscriber.Subscriber):
        async def _read_on(self, _: object) -> None:
            if self.failures == 3:
                ends.set()
            self.status = Status(connected=True)
            raise OSError

    async with App(with_console(on("127.0.0.1:1"))) as app:
        reader = Flapping(Broker(on("127.0.0.1:1")), app.store, lambda: 0, app.aging.finish)
        task = asyncio.create_task(reader.run())
        await asyncio.wait_for(ends.wait(), 60)
        task.cancel()


async def test_a_store_that_cannot_be_emptied_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "PATIENCE", (0.0,))

    class Ahead(subscriber.Subscriber):
        """One of which no offset is on the broker."""

        async def _read_on(self, _: object) -> None:
            raise OffsetOutOfRangeError

    def full() -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async with App(with_console(on("127.0.0.1:1"))) as app:
        monkeypatch.setattr(app.store, "clear", full)
        reader = Ahead(Broker(on("127.0.0.1:1")), app.store, lambda: 0, app.aging.finish)
        task = asyncio.create_task(reader.run())
        async with asyncio.timeout(60):
            while reader.failures < 2 and not task.done():
                await asyncio.sleep(0)

        assert not task.done()
        assert "the store cannot be written: database or disk is full" in (reader.status.error or "")
        task.cancel()


async def test_a_restart_goes_on_where_the_rows_end(settings: Settings, tmp_path: Path) -> None:
    kept = with_console(settings, dir=tmp_path / "store")
    async with App(kept) as app:
        await read(app)
        before = app.views.pipeline(at(62))
    await send(settings, Log("c-third").starts(63, "20").lines(), at(70))
    await worked_off(settings)

    async with App(kept) as app:
        await read(app)
        after = app.views.pipeline(at(70))
        assert app.views.contact("c-third", at(70)).known

    counts = {one.topic: one.read for one in before.outcomes}
    assert all(one.repeated == 0 for one in after.outcomes)
    assert sum(one.read for one in after.outcomes) > sum(counts.values())

    async with App(kept, rebuild=True) as app:
        await read(app)
        again = app.views.pipeline(at(70))
    assert {one.topic: one.read for one in again.outcomes} == {one.topic: one.read for one in after.outcomes}


async def test_looks_are_on_audit_by_name_and_pseudonym(settings: Settings) -> None:
    private = settings.privacy.model_validate({"pseudonym_key": "k" * 32})
    guarded = with_console(settings, tokens={"anna": {"token": TOKEN, "roles": ["act"]}})
    guarded = guarded.model_copy(update={"privacy": private})
    async with App(guarded) as app:
        await read(app)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        await got(f"{app.url}{PREFIX}/customers/c-leaving/contact", headers=headers)
        await got(f"{app.url}{PREFIX}/at-risk", headers=headers)
        await got(f"{app.url}{PREFIX}/retention", headers=headers)
        await got(f"{app.url}{PREFIX}/customers/c-leaving/export", headers=headers)
        await got(f"{app.url}/at-risk.csv", headers=headers)
        await until_written(app)

    looks = [one["value"] for one in await said(settings, AUDIT)]
    assert [(one["by"], one["view"], one["customers"]) for one in looks] == [
        ("anna", "contact", 1),
        ("anna", "at_risk", 1),
        ("anna", "export", 1),
        ("anna", "export", 1),
    ]
    assert [one["pseudonym"] is None for one in looks] == [False, True, False, True]
    assert len(looks[0]["pseudonym"]) == 32
    assert "c-leaving" not in json.dumps(await said(settings, AUDIT))


async def test_what_became_of_an_action_is_an_event_for_the_workers_a_record_of_who_said_so_and_shown(
    settings: Settings,
) -> None:
    guarded = with_console(settings, tokens={"anna": {"token": TOKEN, "roles": ["act"]}})
    async with App(guarded) as app:
        await read(app)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{app.url}{PREFIX}/customers/c-leaving"
        (action, *_) = [one for one in (await got(url, headers=headers))["actions"] if one["recommendation_id"]]
        report = {"recommendation_id": action["recommendation_id"], "outcome": "delivered"}
        async with aiohttp.ClientSession(headers=headers) as session:
            for _ in range(2):
                async with session.post(f"{url}/actions", json=report) as answer:
                    assert answer.status == 202
                    receipt = await answer.json()
        while True:
            shown = {one["ce_id"]: one for one in (await got(url, headers=headers))["actions"]}[action["ce_id"]]
            if shown["reported"] is not None:
                break
            await asyncio.sleep(0.02)
        contact = await got(f"{url}/contact", headers=headers)
    await worked_off(settings)

    events = [one["value"] for one in await said(settings, OUTCOMES) if "event_id" in one["value"]]
    assert {one["event_id"] for one in events} == {receipt["event_id"]}
    assert (events[0]["type"], events[0]["customer_id"]) == ("action.delivered", "c-leaving")
    reports = [one["value"] for one in await said(settings, AUDIT) if "outcome" in one["value"]]
    assert {(one["by"], one["outcome"], one["event_id"]) for one in reports} == {
        ("anna", "delivered", receipt["event_id"])
    }
    assert "c-leaving" not in json.dumps(reports)
    assert (shown["reported"]["outcome"], shown["reported"]["by"]) == ("delivered", "anna")
    assert [one["reported"] for one in contact["actions"] if one["ce_id"] == action["ce_id"]] == [shown["reported"]]
    assert [
        one["value"]["x-dead-letter-reason"] for one in await said(settings, DEAD_LETTERS) if "outcomes" in str(one)
    ] == []


CRM = """[{"type": "action.delivered", "event_id": "id", "customer_id": "client", "occurred_at": "at",
"fields": {"recommendation_id": "task", "source": {"value": "crm"}}}]"""


async def test_an_outcome_that_another_system_reports_is_shown_beside_its_action(settings: Settings) -> None:
    """One comes as an event of ours on `outcomes`, and one as a record that a source reads."""
    by_source = on(settings.kafka.bootstrap_servers, sources__mapping__topic="crm.tasks", sources__mapping__events=CRM)
    (named, *_) = [
        one
        for one in await said(settings, ACTIONS)
        if one["value"].get("channels") and one["value"]["customer_id"] == "c-leaving"
    ]
    recommendation = named["headers"]["ce_id"]
    event = Log("c-leaving").add("action.converted", 60, recommendation_id=recommendation, source="shop").events[0]
    task = {"id": "t-1", "client": "c-leaving", "at": at(59).isoformat(), "task": recommendation}
    await Broker(by_source).create_topics()
    producer = Broker(by_source).producer()
    await producer.start()
    await producer.send_and_wait("crm.tasks", json.dumps(task).encode())
    await producer.stop()
    await send(settings, [json.dumps(event).encode()])
    await worked_off(by_source)

    async with App(with_console(settings)) as app:
        await read(app)
        page = await got(f"{app.url}{PREFIX}/customers/c-leaving")

    (action,) = [one for one in page["actions"] if one["episode"] == named["value"]["episode"]]
    assert [(one["outcome"], one["by"]) for one in action["outcomes"]] == [("converted", "shop"), ("delivered", "crm")]


async def test_a_customer_that_is_forgotten_by_its_button_is_erased_everywhere(settings: Settings) -> None:
    guarded = with_console(settings, tokens={"anna": {"token": TOKEN, "roles": ["forget"]}})
    async with App(guarded) as app:
        await read(app)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{app.url}{PREFIX}/customers/c-leaving"
        async with aiohttp.ClientSession(headers=headers) as session, session.post(f"{url}/forget") as answer:
            assert answer.status == 202
            receipt = await answer.json()
        await worked_off(settings)
        while app.views.contact("c-leaving", at(70)).known:
            await asyncio.sleep(0.05)
        missing = await got(url, 404, headers=headers)

        assert receipt["request"] in [one["value"].get("event_id") for one in await said(settings, PRIVACY)]
        assert "nothing is known" in missing["problem"]
        assert app.views.pipeline(at(70)).erased == 1


async def test_a_console_waits_for_a_broker_that_is_not_there_and_says_so() -> None:
    async with App(with_console(on("127.0.0.1:1"))) as app:
        while app.subscriber.status.error is None:
            await asyncio.sleep(0.01)

        assert "no Kafka broker answers" in await got(f"{app.url}/readyz", 503)
        assert await got(f"{app.url}/healthz") == "ok\n"
        assert (await got(f"{app.url}{PREFIX}/at-risk"))["rows"] == []


async def test_before_the_first_record_of_a_log_an_answer_is_of_no_time() -> None:
    async with App(with_console(on("127.0.0.1:1"))) as app:
        for path in ("/at-risk", "/retention", "/signals", "/pipeline", "/customers/c-1/contact"):
            assert (await got(f"{app.url}{PREFIX}{path}"))["as_of"] is None, path


async def test_a_console_that_starts_before_the_topics_finds_them_later() -> None:
    async with EmbeddedBroker() as broker:
        settings = on(broker.address)
        async with App(with_console(settings)) as app:
            while app.subscriber.status.error is None:
                await asyncio.sleep(0.01)
            says = app.subscriber.status.error

            await Broker(settings).create_topics()
            await read(app)

    assert "topics are missing" in says


# The interface for programs


def test_the_openapi_document_is_of_every_endpoint_and_its_references_lead_somewhere() -> None:
    document = openapi()

    assert {PREFIX + one.path for one in ENDPOINTS} < {*document["paths"]}
    text = json.dumps(document)
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.split('"')[0] in document["components"]["schemas"]
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


async def test_answers_are_as_the_document_says(settings: Settings) -> None:
    document = openapi()
    async with App(with_console(settings)) as app:
        await read(app)
        drill = (await got(f"{app.url}{PREFIX}/retention"))["periods"][-1]["figures"][0]["drill"]
        for one in ENDPOINTS:
            path = PREFIX + one.path.replace("{customer_id}", "c-leaving")
            answer = await got(app.url + path, params={"key": drill} if one.name == "drill" else {})

            schema = {"$ref": f"#/components/schemas/{one.answer.__name__}", "components": document["components"]}
            jsonschema.Draft202012Validator(schema).validate(answer)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/at-risk?band=huge", 400, "band"),
        ("/at-risk?nonsense=1", 400, "nonsense"),
        ("/at-risk?size=1000", 400, "size cannot be '1000'; it may be: ≤ 200"),
        ("/at-risk?band=huge", 400, "low, medium, high"),
        ("/at-risk?signal=no-logn", 400, "no-login, "),
        ("/at-risk?stage=gone", 400, "prospect, trial, new"),
        ("/at-risk?segment=country", 400, "country=…"),
        ("/at-risk.csv?signal=no-logn", 400, "no-login, "),
        ("/at-risk?page=first", 400, "1, 2, 3"),
        ("/at-risk?pages=1", 400, "there is no parameter pages; there are: currency, band"),
        ("/retention?kind=zzz", 400, "kind cannot be 'zzz'; it may be: day, week, month"),
        ("/retention?basis=zzz", 400, "subscription, purchase"),
        ("/retention?period=2026-13-01", 400, "YYYY-MM-DD"),
        ("/signals?severity=zzz", 400, "low, medium, high, critical"),
        ("/pipeline?page=1", 400, "there is no parameter page; there are: none"),
        ("/customers/c-1/contact?items=3", 400, "there is no parameter items"),
        ("/drill", 400, "key is missing"),
        ("/drill?key=nonsense", 404, "no number has this key"),
        ("/drill?key=cohort%7C9999-12-31%7C0", 404, "no number has this key"),
        ("/customers/nobody", 404, "nothing is known"),
        ("/customers/" + "x" * 129, 400, "at most 128"),
        ("/customer", 400, "id is missing: name the customer, as in ?id=c-1"),
        ("/customer/contact?customer_id=c-1", 400, "id is missing"),
        ("/customer/contact?id=", 400, "id is missing"),
        ("/customer/contact?id=c-1&lang=en", 400, "there is no parameter lang; there are: id"),
        ("/customers/c-1/contact?id=c-2", 400, "there is no parameter id"),
        ("/nowhere", 404, "nothing is here: /api/v1/openapi.json has all addresses"),
    ],
)
async def test_a_wrong_question_is_told_what_is_wrong(path: str, status: int, says: str) -> None:
    async with App(with_console(on("127.0.0.1:1"))) as app:
        answer = await got(app.url + PREFIX + path, status)

    assert says in answer["problem"]
