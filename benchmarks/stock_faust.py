"""What most would write first: a Faust agent a topic and a Table, one event at a time. The yardstick, not ours."""

import os
import sys
from datetime import datetime
from typing import Any

import faust

app = faust.App(
    "stock",
    broker="kafka://" + os.environ.get("BOOT", "127.0.0.1:9092"),
    store="memory://",
    topic_partitions=4,
    datadir=os.environ.get("DATA", "stock-data"),
    web_enabled=False,
    value_serializer="json",
    consumer_auto_offset_reset="earliest",
)
signals = app.topic("stock-signals", key_type=str, value_serializer="json")
customers = app.Table("customers", default=dict, partitions=4)


def counted(state: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """Count an event on its day, and remember the last one."""
    day = str(datetime.fromisoformat(event["occurred_at"]).toordinal())
    days = dict(state.get("days", {}))
    days[day] = days.get(day, 0) + 1
    return {"days": days, "last": event["occurred_at"]}


def listen(name: str) -> None:
    """Make the agent of one topic."""

    async def body(stream: Any) -> None:  # noqa: ANN401 - Faust has no types
        async for event in stream:
            key = event["customer_id"]
            customers[key] = counted(customers[key], event)
            if event["type"] == "cancellation.requested":
                await signals.send(key=key, value={"customer_id": key, "signal": "cancellation-requested"})

    app.agent(app.topic(f"stock-{name}", key_type=bytes, value_serializer="json"), name=name)(body)


for topic in ("logins", "purchases", "tickets", "cancellations"):
    listen(topic)

if __name__ == "__main__":
    sys.argv = ["stock", "worker", "-l", "warn", "--without-web"]
    app.main()
