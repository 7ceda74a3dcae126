"""The same work in idiomatic Faust: an agent a topic, a Table, one event at a time. The yardstick.

It reads with the same contracts (pydantic), folds with the same code, keeps the same states in a Table with its
changelog and sends the same statements. It lets no time pass (a timer may not touch a Table), keeps no figures and
promises nothing after a crash.
"""

import os
import sys
from typing import Any

import faust

from benchmarks.traffic import KINDS
from retention.calendar import Instant, instant
from retention.engine.partition_state import PartitionState
from retention.errors import Rejected
from retention.policy import Policy
from retention.state.codec import decode, due_of, encode, with_due
from retention.state.customer import Customer
from schemas.decoding import Decoder, Refused
from schemas.encoding import to_json
from schemas.families import FAMILIES

app = faust.App(
    "stock",
    broker="kafka://" + os.environ.get("BOOT", "127.0.0.1:9092"),
    store="memory://",
    topic_partitions=4,
    datadir=os.environ.get("DATA", "stock-data"),
    web_enabled=False,
    value_serializer="raw",
    consumer_auto_offset_reset="earliest",
)
signals = app.topic("stock-signals", key_type=bytes, value_type=bytes)
states = app.Table("customers", partitions=4, key_type=str, value_type=bytes)


class Shelf:
    """The customers of all partitions, in the Table: written back after every event."""

    def __init__(self) -> None:
        self.touched: dict[str, Customer] = {}

    def find(self, customer_id: str) -> Customer | None:
        """Return a customer, to change it."""
        value = states.get(customer_id)
        if value is None:
            return None
        return self.touched.setdefault(customer_id, decode(value))

    def add(self, customer_id: str, customer: Customer) -> None:
        """Add a new customer."""
        self.touched[customer_id] = customer

    def forget(self, customer_id: str) -> None:
        """Remove a customer."""
        self.touched.pop(customer_id, None)
        states.pop(customer_id, None)

    def look(self, customer_id: str) -> Customer:
        """Return a customer, to read only."""
        return decode(states[customer_id])

    def names(self) -> list[str]:
        """Return no ids: event time does not pass here."""
        return []

    def due(self, customer_id: str) -> Instant:
        """Return the due instant of a customer."""
        return due_of(states[customer_id])

    def rearm(self, customer_id: str, due: Instant) -> None:
        """Set the due instant of a customer."""
        states[customer_id] = with_due(states[customer_id], due)

    def write(self) -> None:
        """Write what was touched."""
        for name, customer in self.touched.items():
            states[name] = encode(customer)
        self.touched.clear()


shelf = Shelf()
partition_state = PartitionState(Policy(), shelf)


async def send() -> None:
    """Send the statements."""
    for statement in partition_state.take_statements():
        await signals.send(key=statement.key.encode(), value=to_json(statement.body))


def listen(topic: str) -> None:
    """Return the agent of one topic."""
    read = Decoder(next(family for family in FAMILIES if family.topic == topic)).explain  # pydantic

    async def body(stream: Any) -> None:  # noqa: ANN401 - Faust has no types
        async for message in stream.events():
            try:
                event: Any = read(message.value)
                at = instant(event.occurred_at)
                partition_state.observe(event, at, topic, message.message.offset)
            except (Refused, Rejected):
                continue
            shelf.write()
            await send()

    source = app.topic(f"stock-{topic}", key_type=bytes, value_type=bytes)
    app.agent(source, name=topic)(body)


for kind in KINDS:
    listen(kind)


if __name__ == "__main__":
    sys.argv = ["stock", "worker", "-l", "warn", "--without-web"]
    app.main()
