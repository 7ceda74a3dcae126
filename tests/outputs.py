"""A played company that sends an output of every type, and the records that it wrote.

`python -m tests.outputs` writes the examples of the AsyncAPI document anew, from what it wrote and the golden bytes
of what it reads. What differs from one run to another (the broker's clock, the ids of its topics) is set to one value.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka.structs import ConsumerRecord

from retention.calendar import instant
from retention.identity import derived_id
from schemas.families import TOPIC_OF
from streams.asyncapi.examples import FILE, Example, read
from streams.asyncapi.messages import HEARTBEAT, LETTER, MESSAGES, REMOVED
from streams.broker import Broker
from streams.console.looks import Looks, Recommendation, visitor
from streams.dead_letters import PREFIX, dead_letter
from streams.embedded import EmbeddedBroker
from streams.letters.choice import Choice
from streams.letters.done import By, deal_with
from streams.outbox import TYPE_PREFIX
from streams.partition_processor import ROLL_KEY
from streams.records import LogRecord
from streams.settings import Settings
from streams.topics import ACTIONS, DEAD_LETTERS, OUTPUTS
from tests.building import Log, at, line
from tests.running import on, send, worked_off

GOLDEN = Path(__file__).parent / "golden"
BY = By("ann@ops", "the producer is mended", instant(at(101)))
STAMP = int(at(71).timestamp() * 1_000)
FOR_EVER = dict.fromkeys(range(64), 2**62)


def company(name: str = "c-") -> list[bytes]:
    """Return a small company of which every type of output says something; its customers' ids begin with `name`."""
    logs = [Log(f"{name}{n:04d}").starts(3, "50").login(3, 4, 5).buys(4, f"o-{n}") for n in range(12)]
    logs[0].changes(70, mrr="20")
    logs[1].add("cancellation.requested", 60, subscription_id="s-1").add(
        "cancellation.revoked", 64, subscription_id="s-1"
    )
    logs[2].ends(40, cause="voluntary", reason="price").starts(75, "60", name="s-2")
    logs[3].add("seats.changed", 5, paid=10, active=10).add("seats.changed", 60, paid=20, active=10)
    logs[4].add("consent.changed", 20, purpose="contact", granted=False).changes(70, mrr="10")
    logs[5].add("access.requested", 50)
    logs[6].add("erasure.requested", 90)
    logs[6].changes(70, mrr="20")
    logs[7].add("payment.failed", 60, subscription_id="s-1", invoice_id="i-1", amount="50", currency="EUR", attempt=1)
    logs[7].add("payment.failed", 66, subscription_id="s-1", invoice_id="i-1", amount="50", currency="EUR", attempt=3)
    logs[7].add("action.delivered", 61, action="dunning", episode="e-1", source="crm")
    events = [event for log in logs for event in log.events]
    return [line(e) for e in sorted(events, key=lambda e: e["occurred_at"])]


def late(name: str) -> bytes:
    """Return a change that arrives after the next one was told: that one is corrected."""
    return line(Log(f"{name}0000").changes(66, mrr="40").events[0] | {"event_id": "late"})


REFUSED = line(Log("c-0001").buys(5, "o-900", amount="12,50").events[0])
"""An amount with a comma."""
WAS_REFUSED = line(Log("c-0009").login(70).events[0] | {"event_id": "c-0009-again"})
"""One that an older version has refused."""


@asynccontextmanager
async def played(name: str = "c-", **overrides: str) -> AsyncIterator[Settings]:
    """Return the settings of a broker on which the company has been played, and its dead letters dealt with."""
    async with EmbeddedBroker() as broker:
        settings = on(broker.address, web__enabled="false", **overrides)
        await Broker(settings).create_topics()
        await send(settings, [*company(name), REFUSED], until=at(100))
        await worked_off(settings)
        await send(settings, [late(name)])
        await worked_off(settings)
        await _was_refused(Broker(settings))
        await deal_with(Broker(settings), Choice(reasons={"unsupported"}), "retried", BY, FOR_EVER)
        await deal_with(Broker(settings), Choice(), "dropped", BY, FOR_EVER)
        await _looked(settings, name)
        yield settings


async def _looked(settings: Settings, name: str) -> None:
    privacy = type(settings.privacy).model_validate({"pseudonym_key": "a key of the tests"})
    looks = Looks(Broker(settings.model_copy(update={"privacy": privacy})), lambda: at(101))
    visitor.set(BY.who)
    looks.note("customer", f"{name}0001")
    async for record in records_of(settings, ACTIONS):
        said = json.loads(record.value)
        if message_of(record) == "action.recommended" and said["customer_id"] == f"{name}0007":
            done = Recommendation(headers_of(record)["ce_id"], said["action"], said["episode"])
            await looks.report(f"{name}0007", done, "delivered", at(101))
            break
    await looks.stop()


async def _was_refused(broker: Broker) -> None:
    record = LogRecord("logins", 0, 7, STAMP, b"c-0009", WAS_REFUSED, ())
    letter = dead_letter(broker.topic(DEAD_LETTERS), "logins", record, "unsupported", "this type is not read")
    producer = broker.producer()
    await producer.start()
    await producer.send_and_wait(letter.topic, letter.value, letter.key, 0, headers=list(letter.headers))
    await producer.stop()


async def records_of(settings: Settings, *topics: Any) -> AsyncIterator[ConsumerRecord]:
    """Yield every record of some topics, by partition and offset."""
    broker = Broker(settings)
    widths = await broker.widths()
    for topic in topics:
        for number in range(widths[broker.topic(topic)]):
            async for records in broker.read(broker.topic(topic), number):
                for record in records:
                    yield record


def headers_of(record: ConsumerRecord) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


def message_of(record: ConsumerRecord) -> str:
    """Return the message of the AsyncAPI document that a record is."""
    headers = headers_of(record)
    if "ce_type" in headers:
        return headers["ce_type"].removeprefix(TYPE_PREFIX).removesuffix(".v1")
    return REMOVED if record.value is None else LETTER


async def written() -> dict[str, list[Example]]:
    """Return what a played company has sent, by message, in the order of topics, partitions and offsets."""
    found: dict[str, list[Example]] = {}
    async with played() as settings:
        async for record in records_of(settings, *OUTPUTS):
            found.setdefault(message_of(record), []).append(example_of(record))
    return found


def example_of(record: ConsumerRecord) -> Example:
    key = record.key.decode() if record.key is not None else None
    payload = json.loads(record.value) if record.value is not None else None
    headers = headers_of(record)
    if isinstance(payload, dict) and payload.get("topic_id"):
        payload["topic_id"] = "Qnc7Zl0QTfqJ1l0GmZ3wZg"
        headers["ce_id"] = derived_id(headers["ce_type"], "of that topic")
    if PREFIX + "timestamp" in headers:
        headers[PREFIX + "timestamp"] = str(STAMP)
    return Example(message_of(record), key, headers, payload)


def ever_written() -> dict[str, Example]:
    """Return the golden records of outputs by their place: the first of each type, in the order of their versions.

    A type that comes later is a file of its own, with the next number: those that are there are never edited.
    """
    files = sorted(GOLDEN.glob("outputs.version-*.jsonl"), key=lambda file: int(file.stem.rpartition("-")[2]))
    return {f"{n} of {file.name}": one for file in files for n, one in enumerate(read(file))}


def read_by_us() -> Iterator[Example]:
    """Yield an example of each event that is read: its golden bytes."""
    for kind in TOPIC_OF:
        payload = json.loads((GOLDEN / f"{kind}.v1.json").read_bytes())
        yield Example(kind, payload.get("customer_id"), {}, payload)
    yield Example(HEARTBEAT, "shop-1", {}, {"type": HEARTBEAT, "occurred_at": "2026-03-01T09:30:00Z", "source": "shop"})


def telling(examples: list[Example]) -> Example:
    """Return the one of some examples of a message that says most, the first of several such."""
    if examples[0].message == "metric.updated":
        examples = [one for one in examples if one.key == "crr|subscription|EUR|month|2024-02-01|all"]
    usable = [one for one in examples if one.key is None or not one.key.startswith(ROLL_KEY.decode())]
    return max(usable, key=lambda one: len(json.dumps(one.payload)))


async def main() -> None:
    """Write the examples of the AsyncAPI document."""
    outputs = {name: telling(some) for name, some in (await written()).items()}
    chosen = [*read_by_us(), *(outputs[name] for topic in OUTPUTS for name in MESSAGES[topic.name])]
    FILE.write_text("".join(json.dumps(one._asdict(), ensure_ascii=False) + "\n" for one in chosen), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
