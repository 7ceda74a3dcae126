"""The work of the retention job: the changes of an event, its signals, and what a commit writes."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from agents.record import Record
from benchmarks.retention_contract import (
    Cancellation,
    Event,
    Login,
    Purchase,
    Saved,
    Ticket,
    decode_customer,
    decode_event,
    encode_customer,
)
from streams.broker import Broker
from streams.outgoing import Outgoing

COLUMN: Final = {Login: 1, Purchase: 2, Ticket: 4}

KEPT_DAYS: Final = 30
WIDTH: Final = 5
"""Numbers of a bucket."""


class Customer:
    """Daily buckets of 30 days, ascending, one behind the other: day, logins, purchases, cents, tickets.

    A class of its own, whose fields the compiler reads where they lie, and days that count from the customer's first:
    small numbers, of which Python has one object each. With a struct of msgspec's and days of the calendar the job came
    to 228,000 events per CPU second, for 300,000 now (../docs/performance.md).
    """

    def __init__(self, key: bytes, saved: Saved) -> None:
        self.key = key
        self.changed = False
        self.first, self.newest = saved[0], saved[1]
        self.last, self.before = saved[2], saved[3]
        """Logins of the 7 days up to the newest, and of the 7 before those."""
        self.declining = saved[4]
        self.week, self.fortnight = saved[5], saved[6]
        """How many of the numbers of `days`, from its end, are of the 7 and the 14 days up to the newest."""
        self.days = saved[7]

    def saved(self) -> Saved:
        """Return the stored form."""
        weeks = self.week, self.fortnight
        return self.first, self.newest, self.last, self.before, self.declining, *weeks, self.days


class Job:
    """The processor of a partition: customers as bytes until touched, signals until the next commit."""

    def __init__(self, number: int, topic: str, changelog: str, out: str) -> None:
        self.number, self.topic, self.changelog, self.out = number, topic, changelog, out
        self.values: dict[bytes, bytes] = {}
        self.warm: dict[bytes, Customer] = {}
        self.changed: list[Customer] = []
        self.signals: list[Outgoing] = []
        self.logs: dict[str, str] = {}

    def take(self, records: Sequence[Record]) -> None:
        """Apply records; one that the contract rejects is left out, as in the job."""
        warm, changed = self.warm, self.changed
        for record in records:
            try:
                event = decode_event(record.value or b"")
            except msgspec.MsgspecError:
                continue
            key = record.key or b""
            day = event.occurred_at.toordinal()
            customer = warm.get(key)
            if customer is None:
                value = self.values.pop(key, None)
                saved = (day, 0, 0, 0, False, 0, 0, []) if value is None else decode_customer(value)
                customer = warm[key] = Customer(key, saved)
            if not customer.changed:
                customer.changed = True
                changed.append(customer)
            if fold(customer, event, day - customer.first):
                self.signals.append(signal(self.out, "declining", customer, event))
            if type(event) is Cancellation:
                self.signals.append(signal(self.out, "cancelled", customer, event))

    async def restore(self, broker: Broker, committed: Mapping[str, int | None]) -> Mapping[str, int]:
        """Fill the store; transactions make the group's positions those of the state."""
        async for records in broker.read(self.changelog, self.number):
            self.values.update((record.key, record.value) for record in records)
        return {topic: offset for topic, offset in committed.items() if offset is not None}

    def detach(self, _applied: Mapping[str, int]) -> list[Outgoing]:
        """Return signals and changed customers."""
        outgoing, self.signals = self.signals, []
        changed, self.changed = self.changed, []
        for customer in changed:
            customer.changed = False
            outgoing.append(Outgoing(self.changelog, customer.key, encode_customer(customer.saved())))
        return outgoing

    def committed(self, _ends: Mapping[str, int]) -> None:
        """Do nothing: there is no listener."""

    def has_work(self) -> bool:
        """Report whether there is anything to write besides positions."""
        return bool(self.changed or self.signals)

    def has_outputs(self) -> bool:
        """Report whether signals wait."""
        return bool(self.signals)

    def closed(self) -> None:
        """Do nothing: nothing outlives the partition."""


def fold(customer: Customer, event: Event, day: int) -> bool:
    """Apply an event; return whether the logins of the last 7 days have just fallen under half of the 7 before."""
    if day > customer.newest:
        move(customer, day)
    age = customer.newest - day
    column = COLUMN.get(type(event))
    if column is not None and age < KEPT_DAYS:
        days = customer.days
        at = len(days) - WIDTH
        if at < 0 or days[at] != day:
            at = bucket_of(customer, day, age)
        days[at + column] += 1
        if column == 2:
            days[at + 3] += round(event.amount * 100)  # type: ignore[attr-defined]
        elif column == 1 and age < 7:
            customer.last += 1
        elif column == 1 and age < 14:
            customer.before += 1
    before, was = customer.before, customer.declining
    declining = before >= 4 and customer.last * 2 < before
    if declining != was:
        customer.declining = declining
    return declining and not was


def move(customer: Customer, newest: int) -> None:
    """Move on to a newer day: days that leave a week are subtracted once, a tenth faster than adding both up again."""
    days, end = customer.days, len(customer.days)
    customer.newest = newest
    week, logins = within(days, customer.week, newest - 7)
    if week != customer.week:
        customer.week = week
        customer.last -= logins
        customer.before += logins
    fortnight, logins = within(days, customer.fortnight, newest - 14)
    if fortnight != customer.fortnight:
        customer.fortnight = fortnight
        customer.before -= logins
    gone = 0
    while gone < end and days[gone] <= newest - KEPT_DAYS:
        gone += WIDTH
    if gone:
        del days[:gone]


def within(days: list[int], numbers: int, bound: int) -> tuple[int, int]:
    """Return how many of the last `numbers` of days are after a day, and the logins of the others."""
    at, end, logins = len(days) - numbers, len(days), 0
    while at < end and days[at] <= bound:
        logins += days[at + 1]
        at += WIDTH
    return end - at, logins


def bucket_of(customer: Customer, day: int, age: int) -> int:
    """Return the start of the bucket of a day; days may come in any order."""
    days = customer.days
    at = len(days) - WIDTH
    while at >= 0 and days[at] > day:
        at -= WIDTH
    if at < 0 or days[at] != day:
        at += WIDTH
        days[at:at] = [day, 0, 0, 0, 0]
        if age < 14:
            customer.fortnight += WIDTH
        if age < 7:
            customer.week += WIDTH
    return at


def signal(topic: str, reason: str, customer: Customer, event: Event) -> Outgoing:
    """Return the record of a signal, with the state behind it."""
    occurred_at = event.occurred_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {
        "event": "churn_signal",
        "reason": reason,
        "customer_id": event.customer_id,
        "event_id": event.event_id,
        "occurred_at": occurred_at,
        "logins_7d": customer.last,
        "logins_prev_7d": customer.before,
        "purchases_30d": sum(customer.days[2::WIDTH]),
        "cents_30d": sum(customer.days[3::WIDTH]),
        "tickets_30d": sum(customer.days[4::WIDTH]),
    }
    return Outgoing(topic, customer.key, msgspec.json.encode(said))
