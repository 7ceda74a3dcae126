"""Lines of a log as documents: without duplicates, in order of event time."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

Document = dict[str, Any]


def distinct(lines: Iterable[bytes]) -> list[Document]:
    """Parse lines, drop duplicates and heartbeats, give merged customers one id, and sort by event time."""
    documents = [json.loads(line) for line in lines]
    one_id = _ids(sorted((one for one in documents if one.get("type") == "customer.merged"), key=turn_of))
    seen: dict[tuple[str | None, ...], Document] = {}
    for document in documents:
        if "customer_id" in document and document["type"] != "customer.merged":
            document |= {"customer_id": one_id.get(document["customer_id"], document["customer_id"])}
            about = document.get("subscription_id"), document.get("ticket_id"), document.get("order_id")
            seen.setdefault((document["customer_id"], document["event_id"], document["type"], *about), document)
    return sorted(seen.values(), key=turn_of)


def _ids(merges: list[Document]) -> dict[str, str]:
    """Return the id under which each merged customer is kept. A merge takes along the ids that were merged before."""
    groups: list[set[str]] = []
    heads: list[str] = []
    for merge in merges:
        old, into = merge["customer_id"], merge["into"]
        mine, other = ([n for n, group in enumerate(groups) if name in group] for name in (old, into))
        if mine and mine == other:
            continue
        head = heads[other[0]] if other else into
        joined = {old, into}.union(*(groups[n] for n in mine + other))
        left = [(group, one) for n, (group, one) in enumerate(zip(groups, heads, strict=True)) if n not in mine + other]
        groups, heads = [*(group for group, _ in left), joined], [*(one for _, one in left), head]
    return {name: head for group, head in zip(groups, heads, strict=True) for name in group}


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
