"""The retention job of the contest of peers (`../shared/peers`) on the partition log: the engine, without the product.

The harness starts it with BOOT IN OUT GROUP N STATE_DIR RESULT in the environment; a line in its list of peers does:

    "backstay-job": ([PYTHON, "-m", "benchmarks.retention_job"], {"PYTHONPATH": ROOT}, "so"),

What a company would write on `streams/` alone: one agent, a state a customer, a unit of work a partition, transactions.
"""

import asyncio
import gc
import json
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from aiokafka.admin import NewTopic
from mode.supervisors import CrashingSupervisor

from agents.reading import Record
from streams.app import FaustApp
from streams.broker import Broker
from streams.outgoing import Outgoing
from streams.partition_log import Batch, PartitionLog
from streams.settings import Settings, read_settings

Text = Annotated[str, msgspec.Meta(min_length=1)]
EventId = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]
KEPT_DAYS: Final = 30


class Event(msgspec.Struct, tag_field="type", gc=False):
    """What every event of the job carries."""

    event_id: EventId
    customer_id: Text
    occurred_at: datetime


class Login(Event, tag="login", gc=False):
    """Somebody signed in."""


class Purchase(Event, tag="purchase", gc=False):
    """Somebody bought something; the amount comes as a float, in major units."""

    amount: Annotated[float, msgspec.Meta(gt=0)]
    currency: Annotated[str, msgspec.Meta(min_length=3, max_length=3)]


class Ticket(Event, tag="ticket", gc=False):
    """Somebody asked for help."""

    ticket_id: str
    status: Literal["open", "pending", "closed"]


class Cancellation(Event, tag="cancellation", gc=False):
    """Somebody leaves."""

    plan: str
    mrr: Annotated[float, msgspec.Meta(ge=0)]


class Customer(msgspec.Struct, array_like=True, gc=False):
    """Daily buckets of 30 days, `[day, logins, purchases, cents, tickets]` each, ascending."""

    newest: int = 0
    last: int = 0
    """Logins of the 7 days up to the newest."""
    before: int = 0
    """Logins of the 7 days before those."""
    declining: bool = False
    days: list[list[int]] = []


COLUMN: Final = {Login: 1, Purchase: 2, Ticket: 4}

decode_event: Final = msgspec.json.Decoder(Login | Purchase | Ticket | Cancellation).decode
decode_customer: Final = msgspec.msgpack.Decoder(Customer).decode
encode_customer: Final = msgspec.msgpack.Encoder().encode


class Job:
    """The desk of a partition: customers as bytes until touched, signals until the next commit."""

    def __init__(self, number: int, topic: str, changelog: str, out: str) -> None:
        self.number, self.topic, self.changelog, self.out = number, topic, changelog, out
        self.values: dict[bytes, bytes] = {}
        self.warm: dict[bytes, Customer] = {}
        self.dirty: set[bytes] = set()
        self.signals: list[Outgoing] = []

    def take(self, records: Sequence[Record]) -> None:
        """Apply records; one that the contract refuses is left out, as the job has it."""
        warm, dirty = self.warm, self.dirty
        for record in records:
            try:
                event = decode_event(record.value or b"")
            except msgspec.MsgspecError:
                continue
            key = record.key or b""
            customer = warm.get(key)
            if customer is None:
                value = self.values.get(key)
                customer = warm[key] = Customer() if value is None else decode_customer(value)
            dirty.add(key)
            if fold(customer, event):
                self.signals.append(signal(self.out, "declining", key, customer, event))
            if type(event) is Cancellation:
                self.signals.append(signal(self.out, "cancelled", key, customer, event))

    async def restore(self, broker: Broker, committed: Mapping[str, int | None]) -> Mapping[str, int]:
        """Fill the store; transactions make the group's positions those of the state."""
        async for records in broker.read(self.changelog, self.number):
            self.values.update((record.key, record.value) for record in records)
        return {topic: offset for topic, offset in committed.items() if offset is not None}

    def detach(self, _applied: Mapping[str, int]) -> list[Outgoing]:
        """Give signals and changed customers."""
        outgoing, self.signals = self.signals, []
        for key in self.dirty:
            value = self.values[key] = encode_customer(self.warm[key])
            outgoing.append(Outgoing(self.changelog, key, value))
        self.dirty.clear()
        return outgoing

    def committed(self) -> None:
        """Nobody listens."""

    def has_work(self) -> bool:
        """Tell whether there is anything to write besides positions."""
        return bool(self.dirty or self.signals)

    def closed(self) -> None:
        """Nothing outlives the partition."""


def fold(customer: Customer, event: Event) -> bool:
    """Apply an event; tell whether the logins of the last 7 days have just fallen under half of the 7 before."""
    day, newest = event.occurred_at.toordinal(), customer.newest
    moved = day > newest
    if moved:
        newest = customer.newest = day
        days = customer.days
        while days and days[0][0] <= newest - KEPT_DAYS:
            del days[0]
    column = COLUMN.get(type(event))
    if column is not None and day > newest - KEPT_DAYS:
        days = customer.days
        bucket = days[-1] if days and days[-1][0] == day else bucket_of(days, day)
        bucket[column] += 1
        if column == 2:
            bucket[3] += round(event.amount * 100)  # type: ignore[attr-defined]
    if moved:
        count_weeks(customer)  # most events are of the newest day: a running count is 1.2 times the rate
    elif column == 1:
        age = newest - day
        if age < 7:
            customer.last += 1
        elif age < 14:
            customer.before += 1
    before, was = customer.before, customer.declining
    declining = before >= 4 and customer.last * 2 < before
    if declining != was:
        customer.declining = declining
    return declining and not was


def count_weeks(customer: Customer) -> None:
    """Count the logins of both weeks anew."""
    last = before = 0
    for bucket in reversed(customer.days):
        age = customer.newest - bucket[0]
        if age < 7:
            last += bucket[1]
        elif age < 14:
            before += bucket[1]
        else:
            break
    customer.last, customer.before = last, before


def bucket_of(days: list[list[int]], day: int) -> list[int]:
    """Give the bucket of a day, in whatever order the days come."""
    at = len(days) - 1
    while at >= 0 and days[at][0] > day:
        at -= 1
    if at < 0 or days[at][0] != day:
        at += 1
        days.insert(at, [day, 0, 0, 0, 0])
    return days[at]


def signal(topic: str, reason: str, key: bytes, customer: Customer, event: Event) -> Outgoing:
    """Say it, with the state behind it."""
    occurred_at = event.occurred_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {
        "event": "churn_signal",
        "reason": reason,
        "customer_id": event.customer_id,
        "event_id": event.event_id,
        "occurred_at": occurred_at,
        "logins_7d": customer.last,
        "logins_prev_7d": customer.before,
        "purchases_30d": sum(bucket[2] for bucket in customer.days),
        "cents_30d": sum(bucket[3] for bucket in customer.days),
        "tickets_30d": sum(bucket[4] for bucket in customer.days),
    }
    return Outgoing(topic, key, msgspec.json.encode(said))


async def run(wanted: int, topic: str, out: str, result: Path, settings: Settings) -> None:
    """Work until so many records are applied and committed; write when the first came and when the last was done."""
    broker = Broker(settings)
    changelog = f"{settings.kafka.group}-changelog"
    admin = await broker.admin()
    if changelog not in await admin.list_topics():
        await admin.create_topics([NewTopic(changelog, 4, 1, topic_configs={"cleanup.policy": "compact"})])
    await admin.close()
    failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    app = FaustApp(
        settings.kafka.group,
        broker=f"kafka://{settings.kafka.bootstrap_servers}",
        web_enabled=False,
        datadir=os.environ["STATE_DIR"],
        topic_disable_leader=True,
        agent_supervisor=CrashingSupervisor,
        stream_wait_empty=False,
    )

    def fail(error: BaseException) -> None:
        if not failure.done():
            failure.set_exception(error)

    log = PartitionLog(
        app,
        broker,
        settings.kafka.group,
        [topic],
        lambda number: Job(number, topic, changelog, out),
        changelogs=frozenset({changelog}),
        transactions=await broker.has_transactions(),
        on_failure=fail,
    )
    marks: dict[str, float] = {}
    applied = 0

    async def work(batches: AsyncIterator[Batch]) -> None:
        nonlocal applied
        async for batch in batches:
            if not marks and batch.records:
                marks.update(t0=time.time(), c0=time.process_time())
            applied += batch.apply(lambda records, job: job.take(records))

    app.agent(log.channels[topic], name="job")(work)
    await app.start()
    await log.start()
    while applied < wanted or any(unit.next != unit.saved or unit.owner.has_work() for unit in log.units.values()):
        if failure.done():
            await failure
        await asyncio.sleep(0.02)
    marks |= {"t1": time.time(), "c1": time.process_time(), "cnt": applied}
    result.write_text(json.dumps(marks))
    await log.stop()
    await app.stop()


def main() -> None:
    """Read what the harness says, and work."""
    said: dict[str, Any] = {name: os.environ[name] for name in ("BOOT", "IN", "OUT", "GROUP", "N", "RESULT")}
    settings = read_settings(overrides={"kafka.bootstrap_servers": said["BOOT"], "kafka.group": said["GROUP"]})
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # as the worker does
    asyncio.run(run(int(said["N"]), said["IN"], said["OUT"], Path(said["RESULT"]), settings))


if __name__ == "__main__":
    main()
