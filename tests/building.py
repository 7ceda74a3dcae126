"""Builders: events as producers write them, with what a test does not care about filled in."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2024, 1, 1, tzinfo=UTC)


def at(day: float, start: datetime = START) -> datetime:
    """Return the instant so many days after the start."""
    return start + timedelta(days=day)


def text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


class Log:
    """A log under construction: every event gets an id of its own."""

    def __init__(self, customer: str = "c-1", start: datetime = START) -> None:
        self.customer, self.start = customer, start
        self.events: list[dict[str, Any]] = []

    def add(self, kind: str, day: float, /, **fields: Any) -> "Log":
        number = len(self.events) + 1
        event = {
            "event_id": f"{self.customer}-e{number:05d}",
            "type": kind,
            "customer_id": self.customer,
            "occurred_at": text(at(day, self.start)),
        }
        self.events.append(event | fields)
        return self

    def login(self, *days: float) -> "Log":
        for day in days:
            self.add("login.succeeded", day)
        return self

    def starts(self, day: float, mrr: str | None = "10", name: str = "s-1", **fields: Any) -> "Log":
        return self.add("subscription.started", day, subscription_id=name, **{"mrr": mrr, "currency": "EUR", **fields})

    def changes(self, day: float, name: str = "s-1", **fields: Any) -> "Log":
        return self.add("subscription.changed", day, subscription_id=name, **fields)

    def pauses(self, day: float, name: str = "s-1", **fields: Any) -> "Log":
        return self.add("subscription.paused", day, subscription_id=name, **fields)

    def resumes(self, day: float, name: str = "s-1") -> "Log":
        return self.add("subscription.resumed", day, subscription_id=name)

    def ends(self, day: float, name: str | None = "s-1", **fields: Any) -> "Log":
        named = {"subscription_id": name} if name is not None else {}
        return self.add("cancellation.effective", day, **named, **fields)

    def buys(self, day: float, order: str, amount: str = "10", currency: str = "EUR") -> "Log":
        return self.add("purchase.completed", day, order_id=order, amount=amount, currency=currency)

    def refunds(self, day: float, order: str, **fields: Any) -> "Log":
        return self.add("purchase.refunded", day, order_id=order, **fields)

    def asks(self, day: float, ticket: str, topic: str = "billing") -> "Log":
        return self.add("ticket.opened", day, ticket_id=ticket, topic=topic)

    def solves(self, day: float, ticket: str) -> "Log":
        return self.add("ticket.solved", day, ticket_id=ticket)

    def lines(self) -> list[bytes]:
        return [line(event) for event in self.events]


def line(event: dict[str, Any]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()


def uses(days: int, features: list[str], log: Log | None = None, since: int = 0, **fields: Any) -> Log:
    """Add the use of each of some features on each of some days in a row."""
    log = log or Log()
    for day in range(since, since + days):
        for feature in features:
            log.add("feature.used", day, feature=feature, **fields)
    return log


def fails(first: int, following: int, feature: str, log: Log) -> Log:
    """Add an error of a feature on each of some days."""
    for day in range(first, following):
        log.add("error.occurred", day, feature=feature)
    return log


def in_order(log: Log) -> Log:
    """Put the events of a log in order of time."""
    log.events.sort(key=lambda event: event["occurred_at"])
    return log
