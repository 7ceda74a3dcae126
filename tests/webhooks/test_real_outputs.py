"""Delivers what workers really write: of each type, to each format, with segments by the cards of customers."""

import asyncio
import json
from collections import Counter

import pytest
from pydantic import BaseModel

from retention.calendar import instant
from schemas.outbound import OUTBOUND
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.webhook_settings import TYPES
from streams.webhooks.standing import Standing
from tests.building import Log, at, line
from tests.running import on, send, worked_off
from tests.webhooks.building import SECRET, endpoint
from tests.webhooks.listener import Listener
from tests.webhooks.running import Clock, at_rest, running, until


def company() -> list[bytes]:
    """Return a small company with signals, an opportunity, losses, actions and figures."""
    logs = [Log(f"c-{n}").starts(3, "50").login(1, 2, 3, 4, 5) for n in range(6)]
    for number, log in enumerate(logs):
        log.add("customer.updated", 1, attributes={"country": "ES" if number % 2 else "IT"})
    logs[0].changes(40, mrr="20")
    logs[1].add("cancellation.requested", 41, subscription_id="s-1")
    logs[2].ends(40, cause="voluntary", reason="price")
    return [line(event) for event in sorted((e for log in logs for e in log.events), key=lambda e: e["occurred_at"])]


@pytest.mark.timeout(120)
async def test_outputs_of_a_worker_are_delivered_as_they_are() -> None:
    async with EmbeddedBroker() as broker, Listener() as all_of_it, Listener() as spain, Listener() as team:
        values = {"segments__country__values": "ES,IT"}
        for name, listener, said in (
            ("all_of_it", all_of_it, {"types": ",".join(TYPES)}),
            ("spain", spain, {"types": "churn_signal.*", "segments.country": "ES"}),
            ("team", team, {"types": ",".join(TYPES), "format": "slack", "customer_ids": "none"}),
        ):
            base = {"url": listener.url, "secrets": SECRET, "allow_private": "127.0.0.1", "max_age": "7776000"}
            values |= {f"webhooks__{name}__{key.replace('.', '__')}": value for key, value in (base | said).items()}
        settings = on(broker.address, "real.", topics__partitions="2", **values)
        await Broker(settings).create_topics()
        await send(settings, company(), until=at(75))
        await worked_off(settings)
        clock = Clock(instant(at(75)))
        async with running(settings, clock) as process:
            await until(lambda: len(all_of_it.accepted) > 20, process)
            for _ in range(3):
                await at_rest(process)
                await asyncio.sleep(0)

        bodies = [json.loads(one.body) for one in all_of_it.requests]
        kinds = Counter(body["type"] for body in bodies)
        assert {"churn_signal.raised", "customer.health", "metric.updated", "customer.churned"} <= kinds.keys()
        assert {"action.recommended"} <= kinds.keys()
        assert max(all_of_it.accepted.values()) == 1
        for body in bodies:
            assert any(_fits(contract, body["data"]) for contract in OUTBOUND), body["type"]
        customers = {json.loads(one.body)["data"]["customer_id"] for one in spain.requests}
        assert customers == {"c-1"} | {c for c in customers if int(c[2:]) % 2}
        assert customers < {body["data"].get("customer_id") for body in bodies}
        assert not any("c-1" in one.body.replace("c-1-", "") for one in team.requests)
        assert {len(json.loads(one.body)["text"]) > 0 for one in team.requests} == {True}


def _fits(contract: type[BaseModel], data: object) -> bool:
    try:
        contract.model_validate(data)
    except ValueError:
        return False
    return True


def test_segments_are_those_of_the_last_card() -> None:
    standing = Standing([endpoint(**{"segments.country": "ES"})])
    standing.take(b"c-1", b'{"segments":{"country":"IT","plan":"pro"}}')
    standing.take(b"c-1", b'{"segments":{"country":"ES","plan":"pro"}}')
    standing.take(b"c-2", b'{"segments":{"plan":"pro"}}')
    standing.take(b"c-3", b'{"segments":{"country":"ES"}}')
    standing.take(b"c-3", None)
    for broken in (b"{", b"[]", b"null", b'{"segments":1}'):
        standing.take(b"c-4", broken)

    assert [standing.of(name) for name in ("c-1", "c-2", "c-3", "c-4")] == [{"country": "ES"}, {}, None, None]


def test_nothing_is_held_of_customers_if_no_endpoint_has_a_filter_by_segment() -> None:
    standing = Standing([endpoint()])
    standing.take(b"c-1", b'{"segments":{"country":"IT"}}')

    assert standing.of("c-1") is None
