"""What goes out: signals, facts, movements and figures. Consumers ignore fields that they do not know."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from schemas.base import Cause, Reason

Severity = Literal["low", "medium", "high", "critical"]
Basis = Literal["subscription", "purchase"]
Edition = Literal["provisional", "final", "restated"]
Channel = Literal["email", "sms", "push", "in_app", "phone"]
ClearedCause = Literal["recovered", "took_effect", "churned", "late_evidence", "disabled"]
"""Why an episode is over."""
MovementKind = Literal["new", "reactivation", "resume", "expansion", "contraction", "churn", "pause", "none"]


class Outbound(BaseModel):
    """A frozen contract of what we say."""

    model_config = ConfigDict(frozen=True)


class Explanation(Outbound):
    """Why, in words. Every number in it is also in `observed` or `baseline`."""

    en: str
    es: str
    it: str


class ChurnSignal(Outbound):
    """One statement about one customer: what changed, against which baseline, since when, what to do."""

    signal: str
    customer_id: str
    episode: str
    transition: Literal["raised", "escalated", "cleared"]
    severity: Severity
    since: date
    raised_at: datetime
    cleared_at: datetime | None = None
    cause: ClearedCause | None = None
    observed: dict[str, int | str]
    baseline: dict[str, int | str]
    weight: float
    half_life_days: int | None
    evidence: list[str]
    data_gaps: list[str]
    explanation: Explanation
    recommended_action: str
    rule_version: int


class ActionRecommended(Outbound):
    """What may be done about a signal. After `expires_at`, by the clock of whoever reads this, it is of no use."""

    action: str
    customer_id: str
    signal: str
    episode: str
    severity: Severity
    recommended_at: datetime
    expires_at: datetime
    channels: list[Channel]
    automated: bool
    explanation: Explanation
    gates_passed: list[str]


class ActionSuppressed(Outbound):
    """What would have been recommended, and the gate that stopped it: nothing is to be done."""

    action: str
    customer_id: str
    signal: str
    episode: str
    severity: Severity
    recommended_at: datetime
    expires_at: datetime
    gate: str


class ActionWithdrawn(Outbound):
    """The episode is over: what was recommended because of it, and is not done yet, is to be left."""

    action: str
    customer_id: str
    signal: str
    episode: str
    withdrawn_at: datetime
    cause: ClearedCause


class ValueLost(Outbound):
    """What a lost customer was worth: MRR on the basis `subscription`, spend of a year on `purchase`."""

    amount: str
    currency: str
    unit: Literal["mrr", "spend_12_months"]


class OpenSignal(Outbound):
    """A signal that was open before a customer left: what we knew."""

    signal: str
    episode: str
    raised_at: datetime


class CustomerChurned(Outbound):
    """A fact: a customer is lost, on the named basis."""

    customer_id: str
    basis: Basis
    at: datetime
    cause: Cause | Literal["late_evidence"]
    reason: Reason | None
    value_lost: list[ValueLost]
    open_signals: list[OpenSignal]


class CustomerReturned(Outbound):
    """A fact: a lost customer is back, on the named basis."""

    customer_id: str
    basis: Basis
    at: datetime
    cause: Literal["returned", "late_evidence"]


class CustomerErased(Outbound):
    """The receipt of an erasure. Whoever asked knows the request; nobody else learns who it was."""

    pseudonym: str
    request: str
    at: datetime
    was_known: bool


class MrrMovement(Outbound):
    """One change of what a customer pays, in major units. A correction carries what was said before."""

    customer_id: str
    currency: str
    at: datetime
    kind: MovementKind
    before: str
    after: str
    delta: str
    cause: Cause | None
    reason: Reason | None
    plan: str | None
    corrects: "MrrMovement | None" = None


class PeriodOut(Outbound):
    """The period of a figure: `[start, end)` on local days of `zone`; its kind is one of `metrics.periods`."""

    kind: str
    start: date
    end: date
    zone: str


class SegmentOut(Outbound):
    """Which customers a figure is about."""

    by: str
    value: str


class MetricUpdate(Outbound):
    """One figure of one period: ratios are 0–1 with 10 decimals, money is in major units; None where undefined."""

    metric: str
    unit: Literal["ratio", "currency_per_month", "currency_per_year"]
    value: str | None
    numerator: str
    denominator: str | None
    basis: Basis
    components: dict[str, Any]
    period: PeriodOut
    segment: SegmentOut
    currency: str | None
    edition: Edition
    revision: int
    previous: str | None
    delta: str | None
    causes: list[str]
    interval: tuple[str, str] | None
    low_sample: bool
    reason: str | None
    as_of: datetime


OUTBOUND: tuple[type[Outbound], ...] = (
    ChurnSignal,
    ActionRecommended,
    ActionSuppressed,
    ActionWithdrawn,
    CustomerChurned,
    CustomerReturned,
    CustomerErased,
    MrrMovement,
    MetricUpdate,
)
"""Every contract that goes out, for schemas and documentation."""
