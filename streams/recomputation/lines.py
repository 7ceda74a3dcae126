"""Lines of a log as documents: without duplicates, in order of event time."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

Document = dict[str, Any]


def distinct(lines: Iterable[bytes]) -> list[Document]:
    """Parse lines, drop duplicates and heartbeats, and sort by event time."""
    seen: dict[tuple[str | None, ...], Document] = {}
    for line in lines:
        document = json.loads(line)
        if "customer_id" in document:
            about = document.get("subscription_id"), document.get("ticket_id"), document.get("order_id")
            seen.setdefault((document["customer_id"], document["event_id"], document["type"], *about), document)
    return sorted(seen.values(), key=turn_of)


def turn_of(document: Document) -> tuple[datetime, bool, str]:
    """Return the sort key of documents: their time; at the same time, starts of subscriptions come first."""
    return time_of(document["occurred_at"]), document["type"] != "subscription.started", document["event_id"]


def time_of(text: str) -> datetime:
    """Return an instant as UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def by_customer(documents: list[Document]) -> dict[str, list[Document]]:
    """Return the events of each customer, in order of time."""
    groups: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        groups[document["customer_id"]].append(document)
    return groups
