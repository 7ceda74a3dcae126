"""Records of the output topics, as a company causes them: built without a broker, or changed by a test."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from retention.calendar import instant
from retention.statements import Statement
from streams.broker import Broker
from streams.console.intake import Place, Read, headers_of
from streams.console.store import Store
from streams.console.viewing import StoreViews
from streams.console.views.shared import Company
from streams.forgetting import Forgotten
from streams.home import home_of
from streams.outbox import Outbox
from streams.outgoing import Outgoing
from streams.settings import Settings
from streams.topics import HEALTH, OUTPUTS
from tests.building import START, at

KEY = b"a key of the tests"
OUTBOX = Outbox(Broker(Settings()))
OURS = {Broker(Settings()).topic(topic): topic.name for topic in OUTPUTS}
STAMP = int(START.timestamp() * 1_000)


def views_of(store: Store) -> StoreViews:
    return StoreViews(store, Company())


def stored(reads: Iterable[Read], at_once: int = 7) -> Store:
    """Return a store in memory that has taken records in batches."""
    store, batch = Store(None, KEY), list(reads)
    for place in range(0, len(batch), at_once):
        store.apply(batch[place : place + at_once])
    return store


def pseudonym(name: str) -> str:
    return Forgotten(KEY).pseudonym(name)


def numbered(outgoing: Iterable[Outgoing], partitions: int = 2) -> list[Read]:
    """Return records as they stand in their topics: each in its partition, with an offset."""
    found, ends = list[Read](), dict[tuple[str, int], int]()
    for number, one in enumerate(outgoing):
        topic = OURS[one.topic]
        where = topic, one.partition if one.partition is not None else home_of(one.key or b"", partitions)
        ends[where] = ends.get(where, -1) + 1
        place = Place(*where, ends[where])
        found.append(Read(place, STAMP + number, one.key, one.value, headers_of(one.headers)))
    return found


def by_statements(statements: Iterable[Statement], partitions: int = 2) -> list[Read]:
    return numbered(map(OUTBOX.record, statements), partitions)


class Told:
    """A log of outputs under construction: each gets an id, and stands behind those before it."""

    def __init__(self) -> None:
        self.outgoing: list[Outgoing] = []

    def add(self, kind: str, key: str, day: float, body: BaseModel | dict[str, Any], ident: str = "") -> "Told":
        value = body if isinstance(body, BaseModel) else _Any.model_validate(body)
        name = ident or f"{kind}-{len(self.outgoing)}"
        self.outgoing.append(OUTBOX.record(Statement(kind, name, key, instant(at(day)), "event-1", value)))
        return self

    def signal(self, customer: str, day: float, transition: str = "raised", **changes: Any) -> "Told":
        body = {
            "signal": "no-login",
            "customer_id": customer,
            "episode": f"{customer}-episode",
            "transition": transition,
            "severity": "medium",
            "since": at(day).date().isoformat(),
            "raised_at": at(day).isoformat(),
            "cleared_at": at(day).isoformat() if transition == "cleared" else None,
            "cause": "recovered" if transition == "cleared" else None,
            "observed": {"days": 10},
            "baseline": {"days": 3},
            "weight": 0.2,
            "half_life_days": 14,
            "evidence": ["event-1"],
            "data_gaps": [],
            "explanation": {"en": "10 days without a login", "es": "10 días", "it": "10 giorni"},
            "recommended_action": "we-miss-you",
            "rule_version": 1,
        }
        return self.add(f"churn_signal.{transition}", customer, day, body | changes)

    def action(self, customer: str, day: float, what: str = "recommended", **changes: Any) -> "Told":
        body: dict[str, Any] = {
            "action": "we-miss-you",
            "customer_id": customer,
            "signal": "no-login",
            "episode": f"{customer}-episode",
        }
        if what == "withdrawn":
            body |= {"withdrawn_at": at(day).isoformat(), "cause": "recovered"}
        else:
            body |= {
                "severity": "medium",
                "recommended_at": at(day).isoformat(),
                "expires_at": at(day + 14).isoformat(),
            }
        if what == "recommended":
            words = {"en": "10 days without a login", "es": "10 días", "it": "10 giorni"}
            body |= {"channels": ["email"], "automated": True, "explanation": words, "gates_passed": ["expired"]}
        if what == "suppressed":
            body |= {"gate": "consent"}
        return self.add(f"action.{what}", customer, day, body | changes)

    def reported(self, day: float, recommendation: str, outcome: str = "delivered", by: str = "anna") -> "Told":
        body = {
            "by": by,
            "recommendation_id": recommendation,
            "action": "we-miss-you",
            "outcome": outcome,
            "event_id": f"{recommendation}-{outcome}",
            "at": at(day).isoformat(),
        }
        return self.add("console.reported", by, day, body)

    def outcome(self, customer: str, day: float, outcome: str = "delivered", **names: Any) -> "Told":
        body = {
            "customer_id": customer,
            "outcome": outcome,
            "recommendation_id": None,
            "action": None,
            "episode": None,
            "at": at(day).isoformat(),
            "source": "crm",
        }
        return self.add("action.reported", customer, day, body | names)

    def moves(self, customer: str, day: float, kind: str, before: str, after: str, **changes: Any) -> "Told":
        body = {
            "customer_id": customer,
            "currency": "EUR",
            "at": at(day).isoformat(),
            "kind": kind,
            "before": before,
            "after": after,
            "delta": f"{float(after) - float(before):.2f}",
            "cause": None,
            "reason": None,
            "plan": "pro",
            "corrects": None,
        }
        return self.add("movement.made", customer, day, body | changes)

    def leaves(self, customer: str, day: float, what: str = "churned", **changes: Any) -> "Told":
        body: dict[str, Any] = {
            "customer_id": customer,
            "basis": "subscription",
            "at": at(day).isoformat(),
            "cause": "voluntary" if what == "churned" else "returned",
        }
        if what == "churned":
            body |= {"reason": "price", "value_lost": [], "open_signals": []}
        return self.add(f"customer.{what}", customer, day, body | changes)

    def card(self, customer: str, day: float, risk: str = "0.5000", signals: int = 1, **changes: Any) -> "Told":
        signal = {
            "signal": "no-login",
            "episode": f"{customer}-episode",
            "severity": "medium",
            "since": at(day).date().isoformat(),
            "raised_at": at(day).isoformat(),
            "age_days": 0,
            "weight": 0.2,
            "half_life_days": 14,
            "contribution": risk,
            "folded": False,
        }
        body = {
            "customer_id": customer,
            "as_of": at(day).isoformat(),
            "risk": risk,
            "band": "medium" if float(risk) >= 0.33 else "low",
            "model": {"name": "catalogue", "digest": "d", "calibrated": False, "says": "uncalibrated"},
            "usual_risk": "0.0000",
            "open_signals": [signal] * signals,
            "factors": [],
            "value_at_risk": [{"amount": f"{float(risk) * 1_200:.2f}", "currency": "EUR", "unit": "mrr_12_months"}],
            "mrr": [{"amount": "100.00", "currency": "EUR"}],
            "plan": "pro",
            "segments": {"country": "ES"},
            "stage": "established",
            "health": {"score": "65.0", "coverage": "0.80", "status": "fair", "inputs": []},
            "last_activity": at(day).date().isoformat(),
        }
        return self.add("customer.health", customer, day, body | changes)

    def erased(self, customer: str, day: float) -> "Told":
        body = {"pseudonym": pseudonym(customer), "request": "r-1", "at": at(day).isoformat(), "was_known": True}
        return self.add("customer.erased", pseudonym(customer), day, body)

    def tombstone(self, customer: str) -> "Told":
        self.outgoing.append(Outgoing(HEALTH.name, customer.encode(), None, []))
        return self

    def reads(self, partitions: int = 2) -> list[Read]:
        return numbered(self.outgoing, partitions)


class _Any(BaseModel, extra="allow"):
    """Any body."""


def moved_to(read: Read, offset: int) -> Read:
    """Return the same record at another offset: it was sent twice."""
    return replace(read, place=read.place._replace(offset=offset))


def shown(store: Store, *names: str) -> dict[str, Any]:
    """Return what all views show, without the places of records and numbers about reading itself."""
    from streams.console.documents import AtRiskFilters, RetentionFilters

    views = views_of(store)
    now = views.event_time() or START
    documents = {
        "at_risk": views.at_risk(AtRiskFilters(), 1, 200, now),
        "retention": views.retention(RetentionFilters(), now),
        "signals": views.signals("medium", 30, now),
    } | {name: views.customer(name, now) for name in names}
    return {
        name: _bare(json.loads(one.model_dump_json())) if one is not None else None for name, one in documents.items()
    }


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _bare(one) for name, one in value.items() if name not in {"partition", "offset"}}
    return [_bare(one) for one in value] if isinstance(value, list) else value
