"""A table of subscriptions, as Debezium tells of its changes: a worker reads what events of ours would have said."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from aiokafka.admin import NewTopic

from agents.foreign import topic_of
from retention.calendar import instant
from streams.app import build
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.player import Player
from streams.record_outcomes import accounted
from streams.settings import Settings
from tests.building import line, text
from tests.kafka.oracle import left_by, plain
from tests.running import on
from tests.test_envelopes import event, schema_of, struct, unscaled

TOPIC = topic_of("mapping")
COMMON = {
    "customer_id": "customer",
    "occurred_at": {"path": "envelope.at", "unit": "milliseconds"},
    "event_id": ["id", "envelope.op", "envelope.at"],
}
RULES = [
    {
        **COMMON,
        "when": "envelope.op == 'c' || envelope.op == 'r'",
        "type": "subscription.started",
        "fields": {"subscription_id": "id", "mrr": "price", "currency": {"value": "EUR"}, "plan": "plan"},
    },
    {
        **COMMON,
        "when": "envelope.op == 'u' && before.price != after.price",
        "type": "subscription.changed",
        "fields": {"subscription_id": "id", "mrr": "price", "currency": {"value": "EUR"}, "plan": "plan"},
    },
    {
        **COMMON,
        "when": "envelope.op == 'd'",
        "type": "subscription.ended",
        "fields": {"subscription_id": "id", "cause": {"value": "voluntary"}},
    },
]
TYPES = {
    "id": {"type": "int64"},
    "customer": {"type": "string"},
    "price": schema_of("decimal"),
    "plan": {"type": "string", "optional": True},
}
ENVELOPE = struct(
    {"before": struct(TYPES), "after": struct(TYPES), "source": {"type": "struct"}, "op": {"type": "string"}},
    "shop.subscriptions.Envelope",
)
KINDS = {
    "c": "subscription.started",
    "r": "subscription.started",
    "u": "subscription.changed",
    "d": "subscription.ended",
}


def history(random: Random) -> list[Any]:
    """Return the changes of a table in order: operation, row before and after, and when. No id is given twice."""
    rows: dict[int, dict[str, Any]] = {}
    found: list[Any] = []
    now, next_id = datetime(2026, 1, 1, tzinfo=UTC), 1
    for _ in range(120):
        now += timedelta(hours=random.randrange(1, 20))
        if not rows or random.random() < 0.3:
            row = {"id": next_id, "customer": f"c-{next_id % 9}", "price": random.randrange(1, 90) * 100, "plan": "pro"}
            found.append(("c" if found else "r", None, row, now))
            rows[next_id] = row
            next_id += 1
            continue
        before = rows.pop(random.choice(sorted(rows)))
        if random.random() < 0.3:
            found.append(("d", before, None, now))
        else:
            rows[before["id"]] = after = before | {"price": random.choice((before["price"], 1_000, 2_500))}
            found.append(("u", before, after, now))
    return found


def changes(rows: list[Any], random: Random) -> list[tuple[bytes, bytes | None]]:
    """Return keys and values as the connector writes them: with schemas or without, a tombstone behind each delete."""
    found: list[tuple[bytes, bytes | None]] = []
    for op, before, after, at in rows:
        with_schema = random.random() < 0.5
        payload = event(stored(before, with_schema), stored(after, with_schema), op, round(at.timestamp() * 1_000))
        key = {"id": (after or before)["id"]}
        value = {"schema": ENVELOPE, "payload": payload} if with_schema else payload
        found.append((line(key), line(value)))
        if op == "d":
            found.append((line(key), None))
    return found


def stored(row: dict[str, Any] | None, with_schema: bool) -> dict[str, Any] | None:
    if row is None:
        return None
    price = Decimal(row["price"]) / 100
    return row | {"price": unscaled(price) if with_schema else {"scale": 2, "value": unscaled(price)}}


def ours(rows: list[Any]) -> list[dict[str, Any]]:
    """Return the same history as events of ours."""
    found = []
    for op, before, after, at in rows:
        row = after or before
        ident = f"{row['id']}:{op}:{round(at.timestamp() * 1_000)}"
        common = {"event_id": ident, "customer_id": row["customer"], "occurred_at": text(at), "source": "mapping"}
        said = {"subscription_id": str(row["id"])}
        if op == "u" and before["price"] == after["price"]:
            continue
        said |= (
            {"cause": "voluntary"}
            if op == "d"
            else {"mrr": str(Decimal(row["price"]) / 100), "currency": "EUR", "plan": "pro"}
        )
        found.append(common | {"type": KINDS[op]} | said)
    return found


async def played(
    settings: Settings, records: list[tuple[bytes, bytes | None]], events: list[Any], last: datetime
) -> Any:
    """Have a worker read changes of rows, or events of ours; return outcomes, states and last words."""
    broker = Broker(settings)
    if broker.foreign:
        admin = await broker.admin()
        await admin.create_topics([NewTopic(broker.topic_named(TOPIC), 1, 1)])
        await admin.close()
    await broker.create_topics()
    producer = broker.producer()
    await producer.start()
    player = Player(broker, producer, await broker.input_widths())
    for key, value in records:
        await producer.send(broker.topic_named(TOPIC), value, key, 0)
    for one in events:
        await player.play(line(one))
    await player.settle()
    await player.promise(instant(last))
    if records:
        beat = line({"type": "source.heartbeat", "occurred_at": text(last)})
        await producer.send_and_wait(broker.topic_named(TOPIC), beat, None, 0)
    await producer.stop()
    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_idle(), 120)
        counts = worker.outcomes()
    left = await left_by(settings)
    return counts, {name: plain(one) for name, one in left.states.items()}, left.last_words()


async def test_the_changes_of_a_table_are_the_events_that_they_mean() -> None:
    random, last = Random(5), datetime(2026, 7, 1, tzinfo=UTC)
    rows = history(random)
    records = changes(rows, random)
    async with EmbeddedBroker() as broker:
        own = await played(on(broker.address, "own-"), [], ours(rows), last)
        settings = on(
            broker.address, "rows-", sources__mapping__topic="subscriptions", sources__mapping__events=json.dumps(RULES)
        )

        found = await played(settings, records, [], last)

    assert Counter(op for op, *_ in rows)["d"] > 3
    assert found[1] == own[1]
    assert found[2] == own[2]
    of_rows = Counter({what: number for (topic, what), number in found[0].items() if topic == TOPIC})
    assert accounted(of_rows) == len(records) + 1
    assert of_rows["skipped"] >= sum(value is None for _, value in records)
    assert of_rows["rejected"] == 0
