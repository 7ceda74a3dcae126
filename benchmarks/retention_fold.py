"""The work of the retention job: what an event changes, what is said of it, what a commit carries."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from agents.reading import Record
from benchmarks.retention_contract import (
    Cancellation,
    Customer,
    Event,
    Login,
    Purchase,
    Ticket,
    decode_customer,
    decode_event,
    encode_customer,
)
from streams.broker import Broker
from streams.outgoing import Outgoing

COLUMN: Final = {Login: 1, Purchase: 2, Ticket: 4}

KEPT_DAYS: Final = 30


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

    def committed(self, _ends: Mapping[str, int]) -> None:
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
