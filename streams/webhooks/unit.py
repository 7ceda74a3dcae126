"""Everything of one partition number: what its topics say becomes deliveries, and these are written with the offsets.

Rule: what a poll has brought, and what endpoints have answered since, is written as one transaction with the positions
up to which it was read. A crash takes back both, so nothing is lost; an answer that was not written is asked for again,
with the same id. Without transactions records are written first, and the positions then.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from retention.calendar import Instant
from schemas.outbound import CustomerErased
from streams.broker import FETCH_WAIT_MS, Broker
from streams.failpoints import passes
from streams.forgetting import Forgotten, key_of, of_receipt
from streams.records import LogRecord
from streams.topics import ACTIONS, AUDIT, DELIVERIES, HEALTH, SIGNALS, UPDATES, Topic
from streams.webhook_settings import EndpointSettings
from streams.webhooks.bodies import body_of
from streams.webhooks.deliveries import Count, Deliveries
from streams.webhooks.delivery import REPLAY, SWITCH, Delivery, Switch, delivery_of, encoded, switch_of
from streams.webhooks.filters import wants
from streams.webhooks.output import ERASED, WITHDRAWN, Output, output_of
from streams.webhooks.standing import Standing

ROLE: Final = "webhooks"
"""The end of the group, which is `<kafka.group>-webhooks`, and of the transactional ids before their numbers."""
READ: Final[tuple[Topic, ...]] = (HEALTH, SIGNALS, ACTIONS, UPDATES)
"""The topics of outputs; cards first, by which the segments of a customer are known."""
BODIES: Final = 200
"""Most bodies that a unit holds of deliveries that wait; those of others are read again from the topic."""
FETCHED: Final = 262_144
"""Bytes of one fetch of bodies: about as many as are held."""
LONGEST_MS: Final = 20_000
"""Milliseconds after which a broker gives up a transaction that a killed process has left open."""


class Unit:
    """One partition number, from the assignment that brought it to the one that takes it away."""

    def __init__(
        self,
        broker: Broker,
        number: int,
        endpoints: Mapping[str, EndpointSettings],
        switched: Callable[[Sequence[Switch]], None],
        count: Count,
        now: Callable[[], Instant],
        *,
        transactions: bool,
        since: Instant = 0,
    ) -> None:
        self.since = since
        """Outputs whose records are older are passed over."""
        self.broker, self.number, self.endpoints = broker, number, endpoints
        self.deliveries = Deliveries(endpoints, count)
        self.live = False
        self._now, self._lock = now, asyncio.Lock()
        self.opening: asyncio.Task[None] | None = None
        self._switched, self._transactions = switched, transactions
        self._names = {broker.topic(topic): topic for topic in (*READ, AUDIT, DELIVERIES)}
        self._log = broker.topic(DELIVERIES)
        self._erased = Forgotten(key_of(broker.settings))
        self._standing = Standing(endpoints.values())
        self._places: dict[bytes, int] = {}
        """Where the record of a pending delivery stands whose body is not held."""
        self._switches: list[Switch] = []
        self._moved: dict[TopicPartition, int] = {}
        self._producer: AIOKafkaProducer | None = None
        self._reader: AIOKafkaConsumer | None = None
        self._reading = asyncio.Lock()
        self._ahead: list[Delivery] = []
        """Those whose bodies were read with the one that was asked for last: they are due next."""

    async def open(
        self, consumer: AIOKafkaConsumer, given: Iterable[TopicPartition], begin: "Callable[[TopicPartition], Any]"
    ) -> None:
        """Fence the former owner, restore what was written, and seek to the positions that were committed.

        `begin` returns the offset to begin at where none was committed.
        """
        settings = self.broker.settings
        ident = f"{settings.kafka.group}-{ROLE}-{self.number}"
        options: dict[str, Any] = {"transactional_id": ident, "transaction_timeout_ms": LONGEST_MS}
        self._producer = self.broker.producer(f"{ROLE}-{self.number}", **(options if self._transactions else {}))
        await self._producer.start()
        passes("opened")
        ends = {self.broker.topic(AUDIT): await self._read_audit(), self._log: await self._restore()}
        if self._standing.wanted:
            await self._read_cards()
        passes("restored")
        for where in given:
            position = ends.get(where.topic)
            if position is None:
                position = await consumer.committed(where)
            if position is None:
                position = await begin(where)
                self._moved[where] = position  # written at once: a restart begins there, too
            consumer.seek(where, position)
        self.live = True

    async def _restore(self) -> int:
        """Restore the deliveries; return the offset from which further orders and switches are read."""
        latest: dict[bytes, tuple[int, bytes | None]] = {}
        switches: dict[bytes, list[Switch]] = defaultdict(list)
        end = 0
        async for records in self.broker.read(self._log, self.number):
            for record in records:
                end = record.offset + 1
                if record.key[:1] == SWITCH:
                    switches[record.key] += _switches(record.value)
                else:
                    latest[record.key] = record.offset, _without_body(record.key, record.value)
        for turned in switches.values():
            self._switched(turned)
        self._restore_deliveries(latest)
        return end

    def _restore_deliveries(self, latest: Mapping[bytes, tuple[int, bytes | None]]) -> None:
        orders, deliveries = list[Delivery](), list[Delivery]()
        for key, (offset, value) in latest.items():
            one = delivery_of(value) if value is not None else None
            if one is not None:
                (orders if key[:1] == REPLAY else deliveries).append(one)
                if key[:1] != REPLAY and one.state == "pending":
                    self._places[key] = offset
        self.deliveries.restore(deliveries)
        self.deliveries.erase(self._is_erased)
        for one in orders:
            self._take_order(one)

    async def _read_audit(self) -> int:
        end = 0
        async for records in self.broker.read(self.broker.topic(AUDIT), self.number):
            for record in records:
                end = record.offset + 1
                self._take_receipt(record)
        return end

    async def _read_cards(self) -> None:
        async for records in self.broker.read(self.broker.topic(HEALTH), self.number):
            for record in records:
                self._standing.take(record.key, record.value)

    # -- what is read ------------------------------------------------------------------------------------------------

    def take(self, where: TopicPartition, records: Sequence[LogRecord], now: Instant) -> None:
        """Take records that were read."""
        topic = self._names[where.topic]
        for record in records:
            if topic is DELIVERIES:
                self._take_order_or_switch(record)
            elif topic is AUDIT:
                self._take_receipt(record)
            else:
                if topic is HEALTH:
                    self._standing.take(record.key, record.value)
                self._take_output(record, now)
        if records and topic is not DELIVERIES and topic is not AUDIT:
            self._moved[where] = records[-1].offset + 1

    def _take_output(self, record: LogRecord, now: Instant) -> None:
        output = output_of(record) if record.timestamp * 1_000 >= self.since else None
        if output is None:
            return
        if output.type == WITHDRAWN:
            self.deliveries.withdraw(output.episode, output.action or None)
        if output.customer and self._is_erased(output.customer):
            return
        for name, endpoint in self.endpoints.items():
            if wants(endpoint, output, self._standing.of(output.customer)):
                self.deliveries.admit(name, output, self._body(endpoint, output), now)

    def _body(self, endpoint: EndpointSettings, output: Output) -> Callable[[], str]:
        return lambda: body_of(endpoint, output, self._erased.pseudonym)

    def _take_receipt(self, record: LogRecord) -> None:
        output = output_of(record)
        if output is None or output.type != ERASED:
            return
        receipt = CustomerErased.model_validate(output.data)
        self._erased.restore(*of_receipt(receipt))
        self.deliveries.erase(lambda customer: self._erased.pseudonym(customer) == receipt.pseudonym)

    def _take_order_or_switch(self, record: LogRecord) -> None:
        key, value = record.key or b"", record.value
        if value is None:
            return
        if key[:1] == SWITCH:
            self._switched(_switches(value))
        elif key[:1] == REPLAY and (order := delivery_of(value)) is not None:
            self._take_order(order)

    def _take_order(self, order: Delivery) -> None:
        self.deliveries.send_again(order, self._now(), erased=self._is_erased(order.customer))

    def _is_erased(self, customer: str) -> bool:
        return bool(customer) and customer in self._erased

    # -- bodies ------------------------------------------------------------------------------------------------------

    async def body(self, one: Delivery) -> str | None:
        """Return the body of a delivery, read again if it is not held; empty if it is gone.

        None means that the broker has not answered, so nothing is known of it.
        """
        if one.body or one.key not in self._places:
            return one.body
        async with self._reading:
            if not one.body:
                found = await self._read_body(self._places[one.key])
                if found is None:
                    return None
                one.body = found
        return one.body

    async def _read_body(self, offset: int) -> str | None:
        """Return the body of the record at an offset, and hold those of the next ones: a backlog is sent in its order.

        A fetch for each body would cost as much as the request that sends it.
        """
        where = TopicPartition(self._log, self.number)
        if self._reader is None:
            self._reader = self.broker.consumer(f"{ROLE}-bodies", max_partition_fetch_bytes=FETCHED)
            await self._reader.start()
            self._reader.assign([where])
        self._reader.seek(where, offset)
        for _ in range(100):
            found = (await self._reader.getmany(timeout_ms=FETCH_WAIT_MS, max_records=BODIES)).get(where, [])
            if found:
                one = delivery_of(found[0].value or b"") if found[0].offset == offset else None
                self._hold(found[1:])
                return one.body if one is not None else ""
        return None

    def _hold(self, records: Sequence[LogRecord]) -> None:
        """Note the bodies of deliveries that wait, in place of those that were read ahead before."""
        ahead, self._ahead = self._ahead, []
        for one in ahead:
            self._let_go(one)
        for record in records:
            key = record.key or b""
            waiting = self.deliveries.pending.get(key)
            if waiting is None or waiting.body or self._places.get(key) != record.offset:
                continue
            read = delivery_of(record.value or b"")
            if read is not None:
                waiting.body = read.body
                self._ahead.append(waiting)

    def _let_go(self, one: Delivery) -> None:
        """Drop a body that is written, if many are held, and it is neither being sent nor to be written again."""
        if len(self.deliveries.pending) > BODIES and not self.deliveries.is_needed(one.key):
            one.body = ""

    # -- what is written ---------------------------------------------------------------------------------------------

    def switch(self, found: Switch) -> None:
        """Have it written that an endpoint is switched off or on, for all partitions."""
        self._switches.append(found)

    @property
    def has_changes(self) -> bool:
        """Report whether anything is to be written."""
        return self.live and bool(self._moved or self._switches or self.deliveries.has_changes)

    async def commit(self, consumer: AIOKafkaConsumer, group: str, width: int) -> None:
        """Write what has changed with the positions."""
        async with self._lock:
            if self.has_changes and self._producer is not None:
                await self._commit(self._producer, consumer, group, width)

    async def _commit(self, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer, group: str, width: int) -> None:
        moved, self._moved = self._moved, {}
        switches, self._switches = self._switches, []
        values = dict(self.deliveries.detach())
        passes("detached")
        if self._transactions:
            async with producer.transaction():
                await self._write(producer, values, switches, width)
                passes("sent")
                if moved:
                    await producer.send_offsets_to_transaction(moved, group)
                passes("positioned")
        else:
            await self._write(producer, values, switches, width)
            passes("sent")
            if moved:
                await consumer.commit(moved)
        passes("committed")

    async def _write(
        self,
        producer: AIOKafkaProducer,
        values: Mapping[bytes, bytes | None],
        switches: Sequence[Switch],
        width: int,
    ) -> None:
        sent = {
            key: await producer.send(self._log, value, key=key, partition=self.number) for key, value in values.items()
        }
        further = [
            await producer.send(self._log, encoded(one), key=one.key, partition=number)
            for one in switches
            for number in range(width)
        ]
        for future in further:
            await future
        for key, future in sent.items():
            offset = (await future).offset
            one = self.deliveries.pending.get(key)
            if one is None:
                self._places.pop(key, None)
            elif values[key] is not None:
                self._places[key] = offset
                self._let_go(one)

    async def close(self) -> None:
        """Leave the partition, with what is not written: the next owner reads it again."""
        self.live = False
        if self.opening is not None and not self.opening.done():
            self.opening.cancel()
            await asyncio.wait([self.opening])
        async with self._lock:
            for client in (self._producer, self._reader):
                if client is not None:
                    await client.stop()
            self._producer = self._reader = None


def _switches(value: bytes | None) -> list[Switch]:
    """Return the switch of a record, if it holds one."""
    found = switch_of(value or b"")
    return [found] if found is not None else []


def _without_body(key: bytes, value: bytes | None) -> bytes | None:
    """Return a record without the body of its delivery, which is read again when it is sent: a backlog may be large."""
    found = delivery_of(value) if value and key[:1] != REPLAY else None
    if found is None:
        return value
    found.body = ""
    return encoded(found)
