"""Contracts of output events: signals, facts, movements and figures. Consumers ignore fields they do not know."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from schemas.base import Cause, Reason

Exact = Annotated[
    str,
    WithJsonSchema(
        {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "description": "An exact decimal, as text: no double."}
    ),
]
ActionOutcome = Literal["delivered", "converted", "dismissed"]
"""What became of an action: the words of the events of `outcomes`."""
Severity = Literal["low", "medium", "high", "critical"]
Basis = Annotated[str, Field(description="What makes a customer one: `subscription`, `purchase`; there may be more.")]
Edition = Literal["provisional", "final", "restated"]
Band = Literal["low", "medium", "high"]
Channel = Literal["email", "sms", "push", "in_app", "phone"]
ClearedCause = Literal["recovered", "took_effect", "lapsed", "churned", "late_evidence", "disabled", "merged"]
"""Why an episode is over. `merged`: its customer goes on under another id."""
MovementKind = Literal["new", "reactivation", "resume", "expansion", "contraction", "churn", "pause", "none"]


class Outbound(BaseModel):
    """Base class of output contracts: frozen. Their schemas name the words of today as examples: others may come."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema of a contract, its enumerations open: a consumer that refused a new word would break."""
        schema = handler(core)
        whole = handler.resolve_ref_schema(schema)
        whole["properties"] = {name: _opened(one) for name, one in whole.get("properties", {}).items()}
        return schema


def _opened(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a schema with examples in place of its enumerations.

    >>> _opened({"anyOf": [{"enum": ["low", "high"], "type": "string"}, {"type": "null"}]})
    {'anyOf': [{'type': 'string', 'examples': ['low', 'high']}, {'type': 'null'}]}
    """
    if isinstance(schema, list):
        return [_opened(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _opened(one) for name, one in schema.items() if name != "enum"}
    return {**found, "examples": schema["enum"]} if "enum" in schema else found


class Explanation(Outbound):
    """The reason why a signal was raised, in words. Every number in it is also in `observed` or `baseline`."""

    en: str
    es: str
    it: str


class ChurnSignal(Outbound):
    """A churn signal about one customer: what changed, against which baseline, since when, and what to do."""

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


class Opportunity(Outbound):
    """An opportunity with one customer: something that may be made more of. It is no sign of leaving."""

    opportunity: str
    customer_id: str
    episode: str
    transition: Literal["raised", "cleared"]
    since: date
    raised_at: datetime
    cleared_at: datetime | None = None
    cause: ClearedCause | None = None
    observed: dict[str, int | str]
    baseline: dict[str, int | str]
    evidence: list[str]
    data_gaps: list[str]
    explanation: Explanation
    recommended_action: str
    rule_version: int


class ActionRecommended(Outbound):
    """An action recommended for a signal or an opportunity.

    After `expires_at`, by the clock of the subscriber, it is of no use.
    """

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
    """An action that was not recommended, and the gate that stopped it."""

    action: str
    customer_id: str
    signal: str
    episode: str
    severity: Severity
    recommended_at: datetime
    expires_at: datetime
    gate: str


class ActionWithdrawn(Outbound):
    """An episode ended: do not carry out actions recommended because of it that are still pending.

    With the cause `erased` the customer was forgotten: `customer_id` is null, and `episode` says which actions. With
    `superseded` the episode goes on: another message of higher priority goes instead of this one.
    """

    action: str
    customer_id: str | None
    signal: str
    episode: str
    withdrawn_at: datetime
    cause: ClearedCause | Literal["erased", "superseded"]


class ActionReported(Outbound):
    """States what became of an action, as an event of `outcomes` says that a service, a source or the console has sent.

    It names the recommendation, or the action and the episode, as that event does; `ce_causationid` is the event.
    """

    customer_id: str
    outcome: ActionOutcome
    recommendation_id: Annotated[str | None, Field(description="The `ce_id` of the recommendation on `actions`.")]
    action: str | None
    episode: str | None
    at: Annotated[datetime, Field(description="When it happened: the `occurred_at` of the event.")]
    source: Annotated[str | None, Field(description="Who sent the event, by its own word.")]


class ValueLost(Outbound):
    """The value of a lost customer: MRR on basis `subscription`, the spend of one year on `purchase`."""

    amount: Exact
    currency: str
    unit: Literal["mrr", "spend_12_months"]


class OpenSignal(Outbound):
    """A signal that was open when a customer left."""

    signal: str
    episode: str
    raised_at: datetime


class CustomerChurned(Outbound):
    """A customer was lost, on the named basis."""

    customer_id: str
    basis: Basis
    at: datetime
    cause: Cause | Literal["late_evidence"]
    reason: Reason | None
    value_lost: list[ValueLost]
    open_signals: list[OpenSignal]


class CustomerReturned(Outbound):
    """A lost customer is active again, on the named basis."""

    customer_id: str
    basis: Basis
    at: datetime
    cause: Literal["returned", "late_evidence"]


class CustomerErased(Outbound):
    """The receipt of an erasure: the request and a pseudonym. Only the requester can tell which customer it was."""

    pseudonym: str
    request: str
    at: datetime
    was_known: bool


class AccessRequested(Outbound):
    """A customer wants to know what is stored of it: the request and a pseudonym. Answer it within the legal time."""

    pseudonym: str
    request: str
    at: datetime


class DeadLettersDone(Outbound):
    """Dead letters that an operator has sent again, or dropped: no command takes them once more."""

    done: Literal["retried", "dropped"]
    topic: str
    topic_id: Annotated[str, Field(description="The id of that topic, on a broker that has ids.")]
    partition: int
    offsets: Annotated[list[tuple[int, int]], Field(description="Ranges of offsets: the first and the last of each.")]
    reasons: Annotated[dict[str, int], Field(description="How many of them were refused for which reason.")]
    by: str
    note: str
    at: datetime


class ConsoleLooked(Outbound):
    """A person, or a program with a token, has looked at customers in the console."""

    by: Annotated[str, Field(description="The name of the token, or of the person whom the proxy named.")]
    view: Annotated[
        str, Field(description="`at_risk`, `customer`, `contact`, `drill`, `export`, `forget`; there may be more.")
    ]
    pseudonym: Annotated[
        str | None, Field(description="The customer, if it was one, and if `privacy.pseudonym_key` is set.")
    ]
    customers: Annotated[int, Field(description="How many customers were shown.")]
    at: datetime


class ConsoleReported(Outbound):
    """A person, or a program with a token, has said in the console what became of a recommended action.

    The event of `outcomes` that says so to the workers has `event_id` as its id; the customer is named there alone.
    """

    by: Annotated[str, Field(description="The name of the token, or of the person whom the proxy named.")]
    recommendation_id: Annotated[str, Field(description="The `ce_id` of the recommendation on `actions`.")]
    action: str
    outcome: ActionOutcome
    event_id: Annotated[str, Field(description="The `event_id` on `outcomes`.")]
    at: datetime


class MrrMovement(Outbound):
    """One change of a customer's MRR, in major units. A correction carries the value it corrects.

    Where figures are split by segments, an instant at which a customer only changes its segment is one of kind `none`,
    too: `before` and `after` are the same.
    """

    customer_id: str
    currency: str
    at: datetime
    kind: MovementKind
    before: Exact
    after: Exact
    delta: Exact
    cause: Cause | None
    reason: Reason | None
    plan: str | None
    corrects: "MrrMovement | None" = None
    segments: Annotated[
        dict[str, str] | None,
        Field(
            exclude_if=lambda segments: segments is None,
            description="The segment, by each attribute that figures are split by, in which the customer counts from "
            "this instant on until its next record: a period counts it in the segment of its start. Empty: in none, as "
            "it is no customer then. Absent if no segments are set, of a record that only takes one back, and of "
            "older workers.",
        ),
    ] = None


class EvidenceOut(Outbound):
    """An open signal on a card: how long it is open, and what it contributes to the risk.

    One that is `folded` contributes nothing: the customer has said itself that it leaves. By a fitted model a
    contribution may be negative, and `weight` is that of the catalogue.
    """

    signal: str
    episode: str
    severity: Severity
    since: date
    raised_at: datetime
    age_days: int
    weight: float
    half_life_days: int | None
    contribution: Exact
    folded: bool


class FactorOut(Outbound):
    """A factor of a fitted model on a card, which is no signal: its value, 0 to 1, and what it adds to the risk."""

    name: str
    value: Exact
    contribution: Exact


class RiskModel(Outbound):
    """The way in which a risk was found. Not `calibrated`, it orders customers, and is no share of those who leave."""

    name: str
    digest: str
    calibrated: bool
    says: str


class Money(Outbound):
    """An amount in major units of a currency."""

    amount: Exact
    currency: str


class ValueAtRisk(Money):
    """The risk times what a customer is worth in a year: 12 times its MRR, or without MRR its spend of 12 months."""

    unit: Literal["mrr_12_months", "spend_12_months"]


class HealthInput(Outbound):
    """One input of the health of a customer: its score, 0 to 100, and its weight."""

    name: str
    score: int
    weight: int


class Health(Outbound):
    """The health of a customer, 0 to 100, and the share of the weights of which something is known.

    A score of 0 of any input caps `status` at poor.
    """

    score: Exact | None
    coverage: Exact
    status: Literal["good", "fair", "poor"] | None
    inputs: list[HealthInput]


class CustomerHealth(Outbound):
    """The card of a customer: its risk of leaving, with reasons that add up to it, and what it is worth.

    The usual risk and all contributions add up to the risk; without a fitted model the usual risk is 0, and there are
    no factors. The last record of a customer replaces those before it.
    """

    customer_id: str
    as_of: datetime
    risk: Exact
    band: Band
    model: RiskModel
    usual_risk: Exact
    open_signals: list[EvidenceOut]
    factors: list[FactorOut]
    value_at_risk: list[ValueAtRisk]
    mrr: list[Money]
    plan: str | None
    segments: dict[str, str]
    stage: Annotated[
        str,
        Field(
            description="`prospect`, `trial`, `new`, `established`, `returned`, `paused`, `leaving` or `former`; "
            "there may be more."
        ),
    ]
    health: Health
    last_activity: date | None


class PeriodOut(Outbound):
    """The period of a figure: `[start, end)` in local days of `zone`; its kind is one of `metrics.periods`."""

    kind: str
    start: date
    end: date
    zone: str


class SegmentOut(Outbound):
    """The segment of customers that a figure is about."""

    by: str
    value: str


class MetricUpdate(Outbound):
    """One figure of one period. Ratios are 0–1 with 10 decimals, money is in major units; None if undefined.

    A quantile is within 1 % (`components.relative_error`); its `numerator` says which value it is in ascending order,
    and its `denominator` of how many.
    """

    metric: str
    unit: Annotated[str, Field(description="`ratio`, `currency_per_month`, `currency_per_year`; there may be more.")]
    value: Exact | None
    numerator: Exact
    denominator: Exact | None
    basis: Annotated[
        str,
        Field(
            description="The measure; one that ends with `_converted` is of all currencies, converted into `currency`."
        ),
    ]
    components: dict[str, Any]
    period: PeriodOut
    segment: SegmentOut
    currency: str | None
    edition: Edition
    revision: int
    previous: Exact | None
    delta: Exact | None
    causes: list[str]
    interval: tuple[Exact, Exact] | None
    low_sample: bool
    reason: Annotated[
        str | None,
        Field(
            description="Why `value` is null (`empty_base`, or `no_rate` of a currency that cannot be converted), or "
            "why the figure is restated (`merged`); there may be more."
        ),
    ]
    as_of: datetime


OUTBOUND: tuple[type[Outbound], ...] = (
    ChurnSignal,
    Opportunity,
    ActionRecommended,
    ActionSuppressed,
    ActionWithdrawn,
    ActionReported,
    CustomerChurned,
    CustomerReturned,
    CustomerErased,
    AccessRequested,
    DeadLettersDone,
    ConsoleLooked,
    ConsoleReported,
    MrrMovement,
    CustomerHealth,
    MetricUpdate,
)
"""Every output contract, for schemas and documentation."""

CONTRACT_OF: Final[dict[str, type[Outbound]]] = {
    "churn_signal.raised": ChurnSignal,
    "churn_signal.escalated": ChurnSignal,
    "churn_signal.cleared": ChurnSignal,
    "opportunity.raised": Opportunity,
    "opportunity.cleared": Opportunity,
    "action.recommended": ActionRecommended,
    "action.suppressed": ActionSuppressed,
    "action.withdrawn": ActionWithdrawn,
    "action.reported": ActionReported,
    "customer.churned": CustomerChurned,
    "customer.returned": CustomerReturned,
    "customer.erased": CustomerErased,
    "customer.access_requested": AccessRequested,
    "dead_letters.retried": DeadLettersDone,
    "dead_letters.dropped": DeadLettersDone,
    "console.looked": ConsoleLooked,
    "console.reported": ConsoleReported,
    "movement.made": MrrMovement,
    "movement.corrected": MrrMovement,
    "customer.health": CustomerHealth,
    "metric.updated": MetricUpdate,
}
"""The contract of each type of output."""
