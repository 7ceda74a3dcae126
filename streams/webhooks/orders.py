"""Orders of an operator to the process: send deliveries again, switch an endpoint off or on.

They are records of `webhook-deliveries` beside the deliveries, so one that is given while no process runs waits for it,
and one that the process has carried out is gone with the same transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

from retention.calendar import Instant
from streams.broker import Broker
from streams.forgetting import Forgotten
from streams.records import LogRecord
from streams.topics import DELIVERIES
from streams.webhooks.bodies import body_of
from streams.webhooks.delivery import REPLAY, Delivery, Switch, delivery_of, encoded
from streams.webhooks.output import output_of
from streams.webhooks.stored import Stored


@dataclass(slots=True)
class Ordered:
    """The deliveries to send again, and the numbers of those that cannot be sent."""

    orders: list[tuple[int, Delivery]] = field(default_factory=list)
    erased: int = 0
    gone: int = 0


async def orders_of(
    broker: Broker,
    found: Stored,
    chosen: Iterable[tuple[int, Delivery]],
    erased: Forgotten,
    now: Instant,
    by: str,
) -> Ordered:
    """Return the orders to send deliveries again: with the same bytes if they are kept, else from the output."""
    ordered = Ordered()
    for number, one in chosen:
        whole = await _whole(broker, found, number, one, erased.pseudonym)
        if whole is None:
            ordered.gone += 1
        elif whole.customer and whole.customer in erased:
            ordered.erased += 1
        else:
            whole.state, whole.tries, whole.due, whole.by = "pending", 0, now, by
            ordered.orders.append((number, whole))
    return ordered


async def _whole(
    broker: Broker, found: Stored, number: int, one: Delivery, pseudonym: Callable[[str], str]
) -> Delivery | None:
    """Return a delivery with its body; None if neither it nor its output is there any more."""
    if one.state == "dead":
        record = await _record(broker, broker.topic(DELIVERIES), number, found.places[number, one.key])
        return delivery_of(record.value or b"") if record is not None else None
    record = await _record(broker, one.topic, one.partition, one.offset)
    output = output_of(record) if record is not None else None
    endpoint = broker.settings.webhooks.get(one.endpoint)
    if output is None or output.id != one.id or endpoint is None:
        return None
    one.customer, one.episode, one.action = output.customer, output.episode, output.action
    one.until = output.expires or one.until
    one.body = body_of(endpoint, output, pseudonym)
    return one


async def _record(broker: Broker, topic: str, number: int, offset: int) -> LogRecord | None:
    """Return the record at an offset; None if it is there no more."""
    async for records in broker.read(topic, number, offset + 1, start=offset):
        for record in records:
            if record.offset == offset:
                return cast("LogRecord", record)
    return None


async def give(broker: Broker, orders: Sequence[tuple[int, Delivery]]) -> None:
    """Write orders to send deliveries again."""
    await _write(broker, [(number, REPLAY + one.key, encoded(one)) for number, one in orders])


async def switch(broker: Broker, width: int, found: Switch) -> None:
    """Write that an endpoint is switched off or on, on every partition."""
    await _write(broker, [(number, found.key, encoded(found)) for number in range(width)])


async def _write(broker: Broker, records: Sequence[tuple[int, bytes, bytes]]) -> None:
    producer, topic = broker.producer("webhooks-orders"), broker.topic(DELIVERIES)
    await producer.start()
    try:
        sent = [await producer.send(topic, value, key=key, partition=number) for number, key, value in records]
        for future in sent:
            await future
    finally:
        await producer.stop()
