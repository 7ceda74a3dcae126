"""The whole product on the log of the contest of peers (`../shared/peers`): every signal, figure, movement and state.

The harness starts it with BOOT IN GROUP N RESULT in the environment; a line in its list of peers does:

    "backstay-whole": ([PYTHON, "-P", "-m", "benchmarks.whole_product"], {"PYTHONPATH": ROOT}, ""),

With `ROOT/build/compiled` in the place of `ROOT` it runs on what `python -m benchmarks.compiled` has built. First, and
not measured, the log is written as this product's contract: four topics, an event each, on the same partitions. What is
measured is one worker, from its first batch until everything is applied and committed. Its signals are others than the
contest's, so the harness has nothing to compare; that every record came out once is checked here.
"""

import asyncio
import gc
import json
import os
import time
from pathlib import Path
from typing import Any, Final

from aiokafka.structs import ConsumerRecord

from streams import memory
from streams.app import Worker, build
from streams.broker import Broker
from streams.setting_sources import read_settings
from streams.settings import Settings

TOPICS: Final = {"login": "logins", "purchase": "purchases", "ticket": "tickets", "cancellation": "cancellations"}
WIDTH: Final = 4
STEP: Final = 10_000


def in_contract(said: dict[str, Any]) -> dict[str, Any]:
    """Return an event of the contest as one of ours. Invalid ones, one in a thousand, stay invalid."""
    common = {name: said[name] for name in ("event_id", "customer_id", "occurred_at", "source")}
    match said["type"]:
        case "login":
            return common | {"type": "login.succeeded", "user_id": said["session_id"]}
        case "purchase":
            amount = f"{said['amount']:.2f}"
            paid = {name: said.get(name, "") for name in ("order_id", "currency")}
            return common | {"type": "purchase.completed", "amount": amount} | paid
        case "ticket":
            return common | {"type": "ticket.opened", "ticket_id": said["ticket_id"], "priority": said["priority"]}
        case "cancellation":
            reason = "switched_service" if said["reason"] == "competitor" else said["reason"]
            return common | {"type": "cancellation.requested", "reason": reason}
        case kind:
            return common | {"type": kind}


async def translate(broker: Broker, source: str) -> int:
    """Write the log of the contest in our contract; give the number of events."""
    names = {kind: broker.topic_named(topic) for kind, topic in TOPICS.items()}
    producer = broker.producer(linger_ms=20)
    await producer.start()
    waiting, number = [], 0

    async def put(record: ConsumerRecord) -> None:
        said = json.loads(record.value)
        value = json.dumps(in_contract(said), separators=(",", ":")).encode()
        topic = names.get(said["type"], names["purchase"])
        waiting.append(await producer.send(topic, value=value, key=record.key, partition=record.partition))

    for partition in range(WIDTH):
        async for records in broker.read(source, partition):
            for record in records:
                await put(record)
                number += 1
                if number % STEP == 0:
                    await asyncio.gather(*waiting)
                    waiting.clear()
    await asyncio.gather(*waiting)
    await producer.stop()
    return number


async def measured(worker: Worker) -> dict[str, float]:
    """Return the times of the first batch and of the end, by the clock and in CPU seconds."""
    marks: dict[str, float] = {}
    plain = worker.customers.on_applied

    def applied(topic: str, records: int) -> None:
        if not marks:
            marks.update(t0=time.time(), c0=time.process_time())
        plain(topic, records)

    worker.customers.on_applied = applied
    async with worker:
        await worker.until_idle()
        marks |= {"t1": time.time(), "c1": time.process_time()}
        marks["cnt"] = sum(worker.gauges.outcomes().values())
    return marks


async def run(source: str, result: Path, settings: Settings) -> None:
    """Translate, work, and write the time that it took."""
    broker = Broker(settings)
    await broker.create_topics()
    await translate(broker, source)
    gc.collect()
    memory.settle()
    result.write_text(json.dumps(await measured(await build(settings))))


def main() -> None:
    """Read the harness's environment, and work."""
    said = {name: os.environ[name] for name in ("BOOT", "IN", "GROUP", "RESULT")}
    settings = read_settings(
        overrides={
            "kafka.bootstrap_servers": said["BOOT"],
            "kafka.group": said["GROUP"],
            "topics.prefix": f"{said['GROUP']}.",
            "topics.partitions": str(WIDTH),
            "time.clock": "log",
        }
    )
    asyncio.run(run(said["IN"], Path(said["RESULT"]), settings))


if __name__ == "__main__":
    main()
