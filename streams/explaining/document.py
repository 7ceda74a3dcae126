"""The explanation of a customer as one document, which `backstay explain` prints or writes as JSON."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from retention.calendar import NEVER, Instant, iso_day, rfc3339
from retention.engine.partition_state import PartitionState
from retention.engine.signal_answers import ask
from retention.identity import unpacked
from retention.policy import SEVERITIES
from retention.risk.card import card
from retention.risk.scene import silences_at
from retention.signals import OPPORTUNITIES, RISKS
from retention.signals.base import Signal, View, explain
from retention.state.customer import Customer, OpenEpisode
from retention.statements import Statement
from schemas.base import Event
from schemas.encoding import to_json
from streams.errors import BadSettings
from streams.explaining.ahead import Examples, by_time, ended_by, subject_of
from streams.explaining.company import incidents_of, prices_of, rates_of
from streams.explaining.rows import TimeLine, days_of
from streams.explaining.standing import facts_of
from streams.in_process import Watcher, applied
from streams.line_account import Account
from streams.progress import Progress, no_progress
from streams.settings import Settings

SAID: Final = ("churn_signal.", "opportunity.", "customer.churned", "customer.returned", "movement.")


class NoSuchCustomer(BadSettings):
    """Raised for a customer of whom the log has nothing, or who was forgotten. The text says which."""


class _One(Watcher):
    """Looks at one customer."""

    def __init__(self, customer_id: str, settings: Settings) -> None:
        self.name = customer_id
        self.rows = TimeLine(settings.policy().calendar)
        self.examples = Examples(customer_id)
        self.is_erased = False
        self.goes_on_as = customer_id
        """The id under which the customer is kept, if it was merged."""
        self.example_id = ""

    def applied(self, event: Event, at: Instant) -> None:
        self.examples.take(event)
        self.example_id = self.example_id or event.customer_id
        if event.customer_id == self.name:
            self.rows.take(event, at)

    def said(self, statements: Sequence[Statement], state: PartitionState) -> None:
        for one in statements:
            if one.key == self.name and one.type.startswith(SAID):
                self.rows.say(one)

    def merged(self, customer_id: str, into: str, at: Instant) -> None:
        if customer_id == self.goes_on_as:
            self.goes_on_as = into
        if into == self.name:
            self.rows.join(at)

    def erased(self, customer_id: str) -> None:
        if customer_id == self.name:
            self.is_erased = True
            self.rows.clear()
            self.examples.clear()


def explained(
    customer_id: str, logs: Sequence[Path], settings: Settings, until: Instant = NEVER, progress: Progress = no_progress
) -> tuple[dict[str, Any], Account]:
    """Return everything about a customer after the events up to an instant, and what became of the log's lines."""
    watcher = _One(customer_id, settings)
    run = applied(logs, settings, watcher, until, progress, only=customer_id)
    state = run.state
    if watcher.is_erased:
        raise NoSuchCustomer(f"the customer {customer_id!r} was forgotten, as the log asks: nothing of it is kept")
    if watcher.goes_on_as != customer_id:
        raise NoSuchCustomer(
            f"the customer {customer_id!r} was merged into {watcher.goes_on_as!r}, and goes on under that id: "
            "explain it"
        )
    if customer_id not in set(state.customers.names()):
        raise NoSuchCustomer(
            f"the log has no event of a customer {customer_id!r} up to {rfc3339(state.watermark)}; an id of one that "
            f"it has is {watcher.example_id!r}"
        )
    return _document(customer_id, state, watcher), run.account


_OF_CARD: Final = (
    "risk",
    "band",
    "model",
    "usual_risk",
    "open_signals",
    "factors",
    "value_at_risk",
    "health",
)
"""What a document has of the card; the rest of it is under `state`."""


def _document(name: str, state: PartitionState, watcher: _One) -> dict[str, Any]:
    customer, now = state.customers.look(name), max(state.watermark, state.customers.look(name).latest)
    calendar = state.policy.calendar
    rows = [
        {
            "from": f"{first}",
            "to": f"{last}",
            "what": row.what,
            "times": row.times,
            "details": row.details,
            "said": bool(row.says),
        }
        for first, last, row in days_of(watcher.rows.rows(), calendar)
    ]
    silences = silences_at(state.sources, state.policy.calendar, now)
    document = json.loads(to_json(card(name, customer, now, state.policy, "explained", silences).body))
    to_come = by_time(state, name)
    return {
        "customer_id": name,
        "as_of": rfc3339(now),
        "time_line": rows,
        "state": {
            "plan": document["plan"],
            "mrr": document["mrr"],
            "stage": document["stage"],
            "basis": state.policy.basis,
            "last_activity": document["last_activity"],
            "segments": document["segments"],
            "facts": [
                *facts_of(customer, now, state.policy),
                *prices_of(state, now, document["plan"], [one["currency"] for one in document["mrr"]]),
                *rates_of(state, now, [one["currency"] for one in document["mrr"]]),
                *incidents_of(name, state, now),
            ],
        },
        "open_signals": _open(RISKS, name, customer, state, to_come, watcher.examples),
        "opportunities": _open(OPPORTUNITIES, name, customer, state, to_come, watcher.examples),
        "if_nothing_comes": [_told(one, state) for one in to_come if one.type.startswith(SAID)],
        "card": {key: document[key] for key in _OF_CARD},
    }


def _open(
    signals: Iterable[Signal],
    name: str,
    customer: Customer,
    state: PartitionState,
    to_come: Sequence[Statement],
    examples: Examples,
) -> list[dict[str, Any]]:
    return [
        _signal(name, customer, state, signal, episode, to_come, examples)
        for signal in signals
        if (episode := customer.open_episodes.get(signal.key)) is not None
    ]


def _signal(
    name: str,
    customer: Customer,
    state: PartitionState,
    signal: Signal,
    episode: OpenEpisode,
    to_come: Sequence[Statement],
    examples: Examples,
) -> dict[str, Any]:
    """Return an open signal with its numbers as they are now, and what would end it."""
    policy, evidence = state.policy, list(map(unpacked, episode.evidence))
    now = max(state.watermark, customer.latest + 1)
    tuned = signal.tuned(policy)
    view = View(name, customer, policy, tuned, now, state.watermark, state.sources, state.facts)
    answer = ask(signal, view).episode
    found: dict[str, Any] = {
        "signal": signal.name,
        **({} if signal.is_opportunity else {"severity": episode.severity}),
        "since": iso_day(policy.calendar.day(episode.since)),
        "raised_at": rfc3339(episode.raised_at),
        "recommends": signal.recommends.name,
        "evidence": evidence,
        "thresholds": dict(tuned.thresholds),
    }
    if answer is not None:
        stretch = answer.stretch.as_of(now)
        found |= {
            "observed": stretch.observed,
            "baseline": stretch.baseline,
            "data_gaps": list(stretch.data_gaps),
            "explanation": json.loads(to_json(explain(signal, stretch))),
        }
    ends = ended_by(state, name, signal, evidence, found.get("observed", {}), examples)
    return found | {
        "ended_by": [{"type": one.type, "about": dict(one.about), "days": one.days} for one in ends],
        "by_time": [_told(one, state) for one in to_come if _is_of(one, signal, episode)],
    }


def _is_of(statement: Statement, signal: Signal, episode: OpenEpisode) -> bool:
    body: Any = statement.body
    return (
        statement.type in {"churn_signal.escalated", "churn_signal.cleared", "opportunity.cleared"}
        and subject_of(statement) == signal.name
        and body.episode == unpacked(episode.episode)
    )


def _told(statement: Statement, state: PartitionState) -> dict[str, Any]:
    """Return a statement in short."""
    body: Any = statement.body
    short = {"at": iso_day(state.policy.calendar.day(statement.at)), "what": statement.type}
    if statement.type.startswith("churn_signal."):
        transition = statement.type.removeprefix("churn_signal.")
        return {**short, "what": f"{body.signal} {transition}", "severity": body.severity, "cause": body.cause}
    if statement.type.startswith("opportunity."):
        return {**short, "what": f"{body.opportunity} {body.transition}", "cause": body.cause}
    return short


def worst(document: dict[str, Any]) -> str:
    """Return the severity of the gravest open signal; an empty text without any."""
    found = [SEVERITIES.index(one["severity"]) for one in document["open_signals"]]
    return SEVERITIES[max(found)] if found else ""
