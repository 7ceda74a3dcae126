"""The cost of a company's own records: the same events, once in our contract and once in each source's shape.

    python -m benchmarks.sources [RECORDS] [SOURCE …]

Each log is applied in this process in two ways: as `backstay explain` does (read from a file, translated, put into the
spool, folded), and as a worker does, its records in memory. Both forms are applied in turn, and one JSON object a
source is printed, of medians of five: CPU microseconds a record in both forms, how many times as much, and the source
alone.
"""

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec

from agents.foreign import topic_of
from schemas.families import TOPIC_OF
from sources import SOURCE_OF
from sources.base import Foreign
from sources.exact import encoded
from streams.broker import Broker
from streams.foreign_logs import reader_of
from streams.in_process import Watcher, applied
from streams.listener import Listener
from streams.partition_processor import PartitionProcessor
from streams.readers import readings_of
from streams.records import LogRecord
from streams.setting_sources import read_settings
from streams.settings import Settings

CUSTOMERS: Final = 500
TIMES: Final = 5
AT_ONCE: Final = 500
"""Records of a batch."""
START: Final = datetime(2026, 1, 5, tzinfo=UTC)
Record = dict[str, Any]


def when(i: int) -> datetime:
    """Return when the record of a number happened: ten minutes after the one before."""
    return START + timedelta(minutes=i * 10)


def stripe(i: int) -> Record:
    """Return a start, a renewal, a change of seats or an invoice of Stripe, each of a quarter of the records."""
    number, seconds = i % CUSTOMERS, int(when(i).timestamp())
    event: Record = {"id": f"evt_{i}", "object": "event", "api_version": "2025-03-31.basil", "created": seconds}
    event |= {"livemode": True, "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None}}
    price: Record = {
        "id": "price_pro",
        "object": "price",
        "billing_scheme": "per_unit",
        "currency": "eur",
        "type": "recurring",
    }
    price |= {"product": "prod_1", "unit_amount": 2900, "unit_amount_decimal": "2900", "tax_behavior": "exclusive"}
    price |= {"recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed", "meter": None}}
    item: Record = {
        "id": f"si_{number}",
        "object": "subscription_item",
        "created": seconds,
        "price": price,
        "discounts": [],
    }
    item |= {"quantity": 1 + i % 5, "current_period_start": seconds, "current_period_end": seconds + 2_592_000}
    one: Record = {"id": f"sub_{number}", "object": "subscription", "customer": f"cus_{number}", "status": "active"}
    one |= {"currency": "eur", "created": seconds, "start_date": seconds, "cancel_at_period_end": False}
    one |= {"cancel_at": None, "canceled_at": None, "ended_at": None, "trial_end": None, "pause_collection": None}
    one |= {"default_tax_rates": [], "discounts": [], "metadata": {}, "collection_method": "charge_automatically"}
    one |= {"items": {"object": "list", "data": [item], "has_more": False, "total_count": 1}}
    kind = i // CUSTOMERS % 4
    if kind == 0:
        return event | {"type": "customer.subscription.created", "data": {"object": one}}
    if kind == 1:
        invoice: Record = {"id": f"in_{i}", "object": "invoice", "customer": f"cus_{number}", "currency": "eur"}
        invoice |= {"total": 2900, "amount_paid": 2900, "amount_due": 2900, "attempt_count": 1, "status": "paid"}
        invoice |= {"parent": {"type": "subscription_details", "subscription_details": {"subscription": one["id"]}}}
        return event | {"type": "invoice.paid", "data": {"object": invoice}}
    was = {"quantity": 9} if kind == 2 else {"current_period_end": seconds - 60}
    data: Record = {"object": one, "previous_attributes": {"items": {"data": [item | was]}}}
    return event | {"type": "customer.subscription.updated", "data": data}


def chargebee(i: int) -> Record:
    """Return a start, a change or a renewal of Chargebee."""
    number, seconds = i % CUSTOMERS, int(when(i).timestamp())
    one: Record = {"id": f"sub-{number}", "customer_id": f"c-{number}", "status": "active", "currency_code": "EUR"}
    one |= {"mrr": 2900 + i % 5, "billing_period": 1, "billing_period_unit": "month", "object": "subscription"}
    one |= {"current_term_start": seconds, "current_term_end": seconds + 2_592_000}
    item: Record = {"item_price_id": "pro-EUR", "item_type": "plan", "quantity": 1, "unit_price": 2900, "amount": 2900}
    one |= {"subscription_items": [item]}
    kinds = ("subscription_created", "subscription_changed", "subscription_renewed")
    kind = kinds[min(i // CUSTOMERS, 1 + i // CUSTOMERS % 2)]
    content: Record = {"subscription": one, "customer": {"id": f"c-{number}"}}
    return {"id": f"ev_{i}", "occurred_at": seconds, "event_type": kind, "api_version": "v2", "content": content}


def shopify(i: int) -> Record:
    """Return an order of Shopify of two lines, with its headers."""
    total: Record = {"shop_money": {"amount": "46.20", "currency_code": "EUR"}}
    total |= {"presentment_money": {"amount": "46.20", "currency_code": "EUR"}}
    lines = [
        {"id": i * 2 + n, "sku": f"TEA-{n}", "product_id": 8830, "quantity": 1, "price": "23.10", "price_set": total}
        for n in range(2)
    ]
    order: Record = {
        "id": 5_000_000 + i,
        "admin_graphql_api_id": f"gid://shopify/Order/{5_000_000 + i}",
        "currency": "EUR",
    }
    order |= {"created_at": when(i).isoformat(), "processed_at": when(i).isoformat(), "financial_status": "paid"}
    order |= {"presentment_currency": "EUR", "total_price": "46.20", "total_price_set": total, "test": False}
    order |= {"customer": {"id": 9_000 + i % CUSTOMERS, "state": "enabled"}, "line_items": lines, "refunds": []}
    return {"headers": {"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": f"w-{i}"}, "body": order}


def zendesk(i: int) -> Record:
    """Return a ticket of Zendesk that is created, or solved."""
    created, number, at = i // CUSTOMERS % 2 == 0, 1 + i % CUSTOMERS, when(i).isoformat().replace("+00:00", "Z")
    ticket: Record = {"id": f"{number + i // CUSTOMERS // 2 * CUSTOMERS}", "requester_id": f"{84_000 + number}"}
    ticket |= {"status": "OPEN" if created else "SOLVED", "priority": "HIGH", "tags": ["vip"], "subject": "Parcel"}
    ticket |= {"created_at": at, "updated_at": at, "via": {"channel": "web_service"}, "is_public": True}
    ticket |= {"description": "The parcel of my order has not come.", "actor_id": "8447388090494"}
    change = {"current": "SOLVED", "previous": "OPEN"}
    kind = "created" if created else "status_changed"
    return {
        "id": f"z-{i}",
        "time": at,
        "type": f"zen:event-type:ticket.{kind}",
        "zendesk_event_version": "2022-11-06",
        "detail": ticket,
        "event": {} if created else change,
    }


BOUGHT: Final = "Order Completed"


def bought(i: int) -> Record:
    """Return the properties of an order."""
    return {"order_id": f"o-{i}", "amount": 29.9, "currency": "EUR", "$lib": "python", "products": []}


def segment(i: int) -> Record:
    """Return a track of Segment."""
    call: Record = {"type": "track", "event": BOUGHT, "userId": f"c-{i % CUSTOMERS}", "messageId": f"m-{i}"}
    return call | {"timestamp": when(i).isoformat(), "properties": bought(i), "context": {"ip": "203.0.113.7"}}


def posthog(i: int) -> Record:
    """Return an event of PostHog."""
    event: Record = {"uuid": f"u-{i}", "event": BOUGHT, "distinct_id": f"c-{i % CUSTOMERS}", "properties": bought(i)}
    return event | {"timestamp": when(i).isoformat(), "person_properties": {"plan": "pro"}}


def amplitude(i: int) -> Record:
    """Return an event of Amplitude."""
    event: Record = {"event_type": BOUGHT, "user_id": f"c-{i % CUSTOMERS}", "device_id": "d-1", "$insert_id": f"i-{i}"}
    at = when(i).strftime("%Y-%m-%d %H:%M:%S.%f")
    return event | {"event_time": at, "event_properties": bought(i), "user_properties": {"plan": "pro"}}


def mixpanel(i: int) -> Record:
    """Return an event of Mixpanel."""
    said: Record = {"time": int(when(i).timestamp()), "distinct_id": f"c-{i % CUSTOMERS}", "$insert_id": f"i-{i}"}
    return {"event": BOUGHT, "properties": said | {"$user_id": said["distinct_id"]} | bought(i)}


def mapping(i: int) -> Record:
    """Return a company's own order."""
    order: Record = {"kind": "order", "status": "paid", "id": i, "created": int(when(i).timestamp() * 1_000)}
    return order | {"user": {"id": f"c-{i % CUSTOMERS}"}, "total_cents": 2_990, "cur": "EUR", "note": "a gift"}


RULE: Final = {
    "when": "kind == 'order' && status == 'paid'",
    "type": "purchase.completed",
    "event_id": ["id", "status"],
    "customer_id": "user.id",
    "occurred_at": {"path": "created", "unit": "milliseconds"},
    "fields": {"order_id": "id", "amount": {"path": "total_cents", "unit": "cents"}, "currency": "cur"},
}
SHAPES: Final[dict[str, Callable[[int], Record]]] = {
    one.__name__: one for one in (stripe, chargebee, shopify, zendesk, segment, posthog, amplitude, mixpanel, mapping)
}


def settings_of(source: str | None) -> Settings:
    """Return the settings that read a log of a source, or of our own contract."""
    overrides = {"sources.log": source, "sources.mapping.events": json.dumps([RULE])} if source else {}
    return read_settings(overrides=overrides)


def alone(lines: list[bytes], settings: Settings) -> float:
    """Return the CPU seconds that the source takes for the lines."""
    reader = reader_of(settings)
    if reader is None:
        raise SystemExit("no source is named")
    begun = time.process_time()
    for line in lines:
        reader.source.read(Foreign(line), reader.options)
    return time.process_time() - begun


def whole(log: Path, settings: Settings) -> float:
    """Return the CPU seconds in which a log is applied."""
    gc.collect()
    begun = time.process_time()
    applied([log], settings, Watcher())
    return time.process_time() - begun


Batches = list[tuple[str, list[LogRecord]]]
"""Records as a worker reads them, each batch with the name of its topic."""


def settings_of_worker(source: str) -> Settings:
    """Return the settings of a worker that reads a topic of a source."""
    rules = {"sources.mapping.events": json.dumps([RULE])} if source == "mapping" else {}
    return read_settings(overrides={f"sources.{source}.topic": "theirs", **rules})


def batches_of(texts: list[bytes], source: str | None) -> Batches:
    """Return records of a source, or events of ours, as a worker reads them: at most some hundred of one topic."""
    now, found = int(time.time() * 1_000), Batches()
    for offset, text in enumerate(texts):
        topic = topic_of(source) if source else TOPIC_OF[msgspec.json.decode(text)["type"]]
        if not found or found[-1][0] != topic or len(found[-1][1]) == AT_ONCE:
            found.append((topic, []))
        found[-1][1].append(LogRecord(topic, 0, offset, now, None, text, ()))
    return found


def by_worker(batches: Batches, settings: Settings) -> float:
    """Return the CPU seconds in which a worker's agents apply batches of one partition."""
    broker = Broker(settings)
    processor, agents = PartitionProcessor(0, 1, settings, broker, Listener(), atomic=True), readings_of(broker)
    gc.collect()
    begun = time.process_time()
    for topic, records in batches:
        agents[topic](records, processor)
        processor.partition_state.take_statements()
    return time.process_time() - begun


def events_by_record(lines: list[bytes], settings: Settings) -> Iterator[list[bytes]]:
    """Yield the events that follow from each of the lines, in our contract."""
    reader = reader_of(settings)
    if reader is None:
        raise SystemExit("no source is named")
    for line in lines:
        yield list(map(encoded, reader.source.read(Foreign(line), reader.options).events))


def measured(name: str, number: int, folder: Path) -> str:
    """Return the figures of one source as a JSON object."""
    theirs, ours = settings_of(name), settings_of(None)
    lines = [json.dumps(SHAPES[name](i)).encode() for i in range(number)]
    events = [event for found in events_by_record(lines, theirs) for event in found]
    logs = folder / f"{name}.jsonl", folder / "ours.jsonl"
    for log, texts in zip(logs, (lines, events), strict=True):
        log.write_bytes(b"\n".join(texts) + b"\n")
    worker, batches = settings_of_worker(name), (batches_of(events, None), batches_of(lines, name))
    took: dict[str, list[float]] = {what: [] for what in ("source", "ours", "theirs", "ours_worker", "theirs_worker")}
    for _ in range(TIMES):
        took["source"].append(alone(lines, theirs))
        took["ours"].append(whole(logs[1], ours))
        took["theirs"].append(whole(logs[0], theirs))
        took["ours_worker"].append(by_worker(batches[0], worker))
        took["theirs_worker"].append(by_worker(batches[1], worker))
    of = {what: statistics.median(seconds) / number * 1e6 for what, seconds in took.items()}
    return json.dumps(
        {
            "what": name,
            "events_a_record": round(len(events) / number, 2),
            "ours_us": round(of["ours"], 1),
            "theirs_us": round(of["theirs"], 1),
            "times": round(of["theirs"] / of["ours"], 2),
            "source_alone_us": round(of["source"], 1),
            "ours_worker_us": round(of["ours_worker"], 1),
            "theirs_worker_us": round(of["theirs_worker"], 1),
            "times_worker": round(of["theirs_worker"] / of["ours_worker"], 2),
        }
    )


def main() -> None:
    """Print the figures of each source."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    names = sys.argv[2:] or list(SHAPES)
    unknown = [name for name in names if name not in SOURCE_OF or name not in SHAPES]
    if unknown:
        raise SystemExit(f"there is no shape of {', '.join(unknown)}; there are {', '.join(SHAPES)}")
    gc.freeze()  # what is imported is not looked through before each measurement: half of the time with few records
    with TemporaryDirectory() as folder:
        for name in names:
            print(measured(name, number, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
