"""The register of topics: the purpose, the number of partitions and the retention of each."""

from dataclasses import dataclass
from typing import Final

from retention.actions import ACTIONS as RECOMMENDED
from retention.calendar import SECOND
from schemas.families import FAMILIES
from schemas.family import Family
from schemas.reference import REFERENCE

_DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000
_COMPACTED: Final = {
    "cleanup.policy": "compact",
    "min.cleanable.dirty.ratio": "0.1",
    "segment.ms": str(_HOUR_MS),
    "max.compaction.lag.ms": str(6 * _HOUR_MS),
    "delete.retention.ms": str(6 * _HOUR_MS),
}
"""Overwritten values are deleted within 7 hours, keys within 13: segment, lag, and the life of a tombstone."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One row of the register. A topic of customers has as many partitions as the others of its kind."""

    name: str
    purpose: str
    of_customers: bool
    config: dict[str, str]


_OF_INPUT: Final = {REFERENCE.topic: ("facts of the company", "-1")}
"""Purpose and retention of inputs that are not events of customers. A fact holds for longer than any event matters."""


def _input(family: Family) -> Topic:
    purpose, retention = _OF_INPUT.get(family.topic, ("events of customers", str(30 * _DAY_MS)))
    return Topic(family.topic, purpose, of_customers=True, config={"retention.ms": retention})


INPUTS: Final = tuple(map(_input, FAMILIES))
PRIVACY, OUTCOMES = (next(topic for topic in INPUTS if topic.name == name) for name in ("privacy", "outcomes"))
REKEYED: Final = Topic(
    "rekeyed",
    "internal: misplaced records, on their way to their customer's partition",
    of_customers=True,
    config={
        "retention.ms": str(7 * _DAY_MS),
        "max.message.bytes": str(2 * 1_048_576),
        # Kept for so long after they were sent home, by the broker's clock (docs/decisions/0034).
        "message.timestamp.type": "LogAppendTime",
    },
)
CONSUMED: Final = (*INPUTS, REKEYED)


def foreign_topic(name: str) -> Topic:
    """Return the row of a source's topic, by the name that workers know it by."""
    purpose = "records of another system, read by a source"
    return Topic(name, purpose, of_customers=True, config={"retention.ms": str(30 * _DAY_MS)})


SIGNALS: Final = Topic("churn-signals", "signals, opportunities and facts", True, {"retention.ms": str(14 * _DAY_MS)})
LONGEST_ACTION_MS: Final = max(action.expires_after for action in RECOMMENDED) // (SECOND // 1_000)
"""The longest time that a recommendation holds: a subscriber that reads from the beginning has to find it."""
ACTIONS: Final = Topic(
    "actions", "recommended actions, and what became of them", True, {"retention.ms": str(LONGEST_ACTION_MS + _DAY_MS)}
)
MOVEMENTS: Final = Topic("mrr-movements", "every change of MRR", True, {"retention.ms": str(30 * _DAY_MS)})
DEAD_LETTERS: Final = Topic(
    "dead-letters",
    "records that could not be used",
    of_customers=True,
    config={"retention.ms": str(30 * _DAY_MS), "max.message.bytes": str(2 * 1_048_576)},
)
AUDIT: Final = Topic(
    "audit",
    "receipts of erasures and requests for access, by pseudonym; dead letters that are done; looks and reports of "
    "the console",
    True,
    {"retention.ms": str(3 * 365 * _DAY_MS)},
)
HEALTH: Final = Topic("customer-health", "the card of each customer: risk, value, health", True, _COMPACTED)
UPDATES: Final = Topic("metric-updates", "the figures", False, _COMPACTED)
PARTIALS: Final = Topic("metric-partials", "internal: sums by partition", False, _COMPACTED)
CHANGELOG: Final = Topic("customers-changelog", "internal: the state of customers", True, _COMPACTED)

DELIVERIES: Final = Topic(
    "webhook-deliveries",
    "internal: what webhooks are to deliver, and have delivered",
    of_customers=True,
    config=_COMPACTED,
)
"""Only `backstay webhooks` needs it: a worker starts without it."""

OUTPUTS: Final = (SIGNALS, ACTIONS, MOVEMENTS, HEALTH, UPDATES, AUDIT, DEAD_LETTERS)
INTERNAL: Final = (REKEYED, PARTIALS, CHANGELOG)
TOPICS: Final = (*INPUTS, *OUTPUTS, *INTERNAL, DELIVERIES)

TOPIC_OF_TYPE: Final = {
    "churn_signal.raised": SIGNALS,
    "churn_signal.escalated": SIGNALS,
    "churn_signal.cleared": SIGNALS,
    "opportunity.raised": SIGNALS,
    "opportunity.cleared": SIGNALS,
    "action.recommended": ACTIONS,
    "action.suppressed": ACTIONS,
    "action.withdrawn": ACTIONS,
    "action.reported": ACTIONS,
    "customer.churned": SIGNALS,
    "customer.returned": SIGNALS,
    "customer.erased": AUDIT,
    "customer.access_requested": AUDIT,
    "dead_letters.retried": AUDIT,
    "dead_letters.dropped": AUDIT,
    "console.looked": AUDIT,
    "console.reported": AUDIT,
    "movement.made": MOVEMENTS,
    "movement.corrected": MOVEMENTS,
    "customer.health": HEALTH,
    "metric.updated": UPDATES,
}
"""The topic of each type of output."""
