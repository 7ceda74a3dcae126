"""The cost of an event that changes one of many subscriptions of a customer. One customer, no Kafka.

python -m benchmarks.subscriptions
"""

import json
import time
from typing import Any, Final

from agents.readings import READINGS
from benchmarks.fold import Arrived
from benchmarks.growth import processor
from benchmarks.traffic import START
from retention.calendar import DAY, instant, rfc3339

NUMBERS: Final = (1, 10, 50, 100, 200)
CHANGES: Final = 20


def events(number: int) -> list[Arrived]:
    """Return a start of each subscription, and then changes of some of them."""
    begun = instant(START)
    made: list[Arrived] = []
    for place in range(number + CHANGES):
        kind = "started" if place < number else "changed"
        event: dict[str, Any] = {
            "type": f"subscription.{kind}",
            "event_id": f"e-{place}",
            "customer_id": "cust-000001",
            "occurred_at": rfc3339(begun + place * DAY // 10),
            "subscription_id": f"s-{place % number}",
            "mrr": str(10 + place % 7),
            "currency": "EUR",
        }
        made.append(Arrived(b"", json.dumps(event).encode(), place, 0, 4_000_000_000_000))
    return made


def main() -> None:
    """Print one JSON object a number of subscriptions."""
    agent = next(agent for agent in READINGS if agent.topic == "subscriptions")
    for number in NUMBERS:
        one, log = processor(), events(number)
        agent(log[:number], one)
        begun = time.process_time()
        agent(log[number:], one)
        each = (time.process_time() - begun) / CHANGES * 1e3
        print(json.dumps({"what": "subscriptions", "number": number, "milliseconds_an_event": round(each, 2)}))


if __name__ == "__main__":
    main()
