"""The documents that the console shows: what its pages render, and what its API returns as JSON.

They say the same in every language: names are those of the contracts, and texts of signals come in all languages at
once. Money and ratios are text, exact, as on the topics. Instants are in UTC.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from schemas.outbound import (
    ActionOutcome,
    Band,
    Edition,
    Explanation,
    FactorOut,
    Health,
    Money,
    PeriodOut,
    RiskModel,
    SegmentOut,
    Severity,
    ValueAtRisk,
)

EPOCH: Final = datetime.fromtimestamp(0, UTC)
"""The time of a console whose time goes by the log, before it has read anything."""
AsOfDocument = Annotated[
    datetime,
    PlainSerializer(lambda at: at if at != EPOCH else None, return_type=datetime | None),
    Field(
        description="The instant that the answer is of: the present or, where time goes by the log, the newest event "
        "time; null if nothing was read yet."
    ),
]
MOST_ROWS: Final = 200
"""Rows of one page, at most."""
Trend = Literal["up", "down", "same", "unknown"]
"""How the risk has changed within 7 days; unknown if the console has no card of that time."""
ActionState = Literal["recommended", "suppressed", "withdrawn", "expired"]
Order = Literal["value", "risk", "since", "customer"]
ItemKind = Literal["signal", "opportunity", "action", "movement", "fact"]
Limit = Literal[
    "signals_since",
    "movements_since",
    "erased_left_out",
    "basis_without_movements",
    "no_past",
    "uncalibrated",
    "ages",
    "stands",
    "gap",
    "segment_as_known",
    "won_back",
    "estimated_base",
    "no_rate",
]
"""What a number leaves out, by name; `docs/console.md` says each in a sentence."""


class Document(BaseModel):
    """Base class of documents: frozen, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(Document):
    """The origin of a value: a record, and the page that defines the value."""

    topic: str
    partition: int
    offset: int
    ce_id: str
    ce_time: datetime
    caused_by: Annotated[str, Field(description="`ce_causationid`: the event or the statement that it follows from.")]
    definition: Annotated[str, Field(description="The page and section of the documentation, as `cards.md#risk`.")]


class Page(Document):
    """The rows that are shown of all; the first page is 1."""

    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """Return how many pages there are, at least one.

        >>> Page(number=1, size=50, total=101).pages
        3
        """
        return max(1, -(-self.total // self.size))


class FacetValue(Document):
    """A value that rows can be filtered by, and how many customers at risk have it."""

    value: str
    count: int


class Facet(Document):
    """A property that rows can be filtered by: `band`, `signal`, `plan`, `stage`, `owner`, or `segment.NAME`."""

    name: str
    values: list[FacetValue]


# At risk

AsOf = Annotated[
    datetime,
    Field(
        description="The instant that risk, band, contributions and value at risk are of: the beginning of the day, or "
        "that of the card."
    ),
]
OfDay = Annotated[
    date | None, Field(description="The local day of `as_of`, if it is before that of the document; else none.")
]
Ages = Annotated[
    bool,
    Field(
        description="Whether the risk is calculated again as signals age; false of a fitted model's card, which stands "
        "as it was written."
    ),
]
HasLeft = Annotated[
    bool, Field(description="Whether it is lost, on the basis of the company: then it has no health, and is `former`.")
]
CardAt = Annotated[datetime, Field(description="When the card was written, by event time.")]


class AtRiskFilters(Document):
    """The choice of customers at risk."""

    currency: Annotated[
        str | None, Field(description="Order and total by value in it; none: the most frequent one.")
    ] = None
    band: Band | None = None
    signal: str | None = None
    plan: str | None = None
    stage: str | None = None
    owner: str | None = None
    segment: Annotated[str | None, Field(description="As `country=ES`.")] = None
    search: Annotated[str, Field(max_length=128, description="Part of the customer's id.")] = ""
    order: Order = "value"


ExplainedOn = Annotated[
    date | None,
    Field(description="The local day on which the explanation was written: its numbers are of then, not of now."),
]

ExplainsEscalation = Annotated[
    bool, Field(description="Whether `explained_on` is when the signal became more severe, and not when it was raised.")
]

TermIsOver = Annotated[
    bool,
    Field(
        description="Whether the signal is still open after the day on which, by its explanation, a term ends: nothing "
        "that ends it was read, such as the end of the subscription."
    ),
]


class Reason(Document):
    """A reason why a customer is at risk: an open signal, and what it adds to the risk."""

    signal: str
    episode: str
    severity: Severity
    since: date
    raised_at: datetime
    age_days: Annotated[int, Field(description="Whole days since it was raised, as of the document.")]
    weight: float
    half_life_days: int | None
    contribution: str
    folded: bool
    explanation: Annotated[
        Explanation | None, Field(description="None if its record had left the topic before the console began to read.")
    ]
    explained_on: ExplainedOn
    explains_escalation: ExplainsEscalation
    term_is_over: TermIsOver


class Reported(Document):
    """A report of what became of an action: a person's in a console, or a service's by an event of `outcomes`."""

    outcome: ActionOutcome
    by: Annotated[
        str | None,
        Field(description="The person who said so in a console, else the `source` of the event; null if it has none."),
    ]
    at: datetime


class Action(Document):
    """An action for a signal or an opportunity, and what came of it."""

    action: str
    signal: str
    episode: str
    severity: Severity | None
    state: ActionState
    at: Annotated[datetime, Field(description="When it was recommended, suppressed or withdrawn.")]
    expires_at: datetime | None
    channels: list[str]
    automated: bool | None
    gate: Annotated[str | None, Field(description="The gate that stopped it.")]
    cause: Annotated[str | None, Field(description="Why it was withdrawn.")]
    recommendation_id: Annotated[
        str | None,
        Field(description="The `ce_id` of its recommendation, as `outcomes` names it; none if a gate stopped it."),
    ]
    reported: Annotated[Reported | None, Field(description="The last of `outcomes` since it was last recommended.")]
    outcomes: Annotated[
        list[Reported], Field(description="All that became of this action for this episode, the newest first.")
    ]
    ce_id: str
    origin: Annotated[Origin, Field(description="The record that says its state.")]


class AtRiskRow(Document):
    """One customer at risk."""

    customer_id: str
    risk: str
    band: Band
    trend: Trend
    risk_before: Annotated[str | None, Field(description="The risk that the trend compares with.")]
    value: Annotated[ValueAtRisk | None, Field(description="Value at risk in the chosen currency.")]
    value_at_risk: list[ValueAtRisk]
    mrr: list[Money]
    plan: str | None
    segments: dict[str, str]
    owner: Annotated[str | None, Field(description="The segment `console.owner` names, if there is one.")]
    stage: str
    left: HasLeft
    health: Annotated[str | None, Field(description="Score, 0 to 100; none of somebody who has left.")]
    health_status: str | None
    reasons: Annotated[list[Reason], Field(description="The greatest contribution first.")]
    action: Annotated[
        Action | None,
        Field(
            description="The recommendation that still holds for the reason that adds most, or else the newest one; "
            "not one of which an outcome was reported."
        ),
    ]
    last_activity: date | None
    as_of: AsOf
    of_day: OfDay
    ages: Ages
    card_at: CardAt


class AtRisk(Document):
    """Customers with open signals, or by a fitted model with a band above low; the greatest value first."""

    as_of: AsOfDocument
    event_time: Annotated[
        datetime | None, Field(description="The newest event time of all outputs that were read: the data end there.")
    ]
    filters: AtRiskFilters
    currency: Annotated[str | None, Field(description="The currency of `value`; none if no customer has a value.")]
    currencies: list[str]
    total_value: Annotated[list[Money], Field(description="Value at risk of all rows of all pages, by currency.")]
    page: Page
    rows: list[AtRiskRow]
    facets: Annotated[list[Facet], Field(description="Of all customers at risk, whatever the filters are.")]
    model: RiskModel | None
    customers_with_card: int


# A customer


class TimelineItem(Document):
    """One record about a customer."""

    at: datetime
    kind: ItemKind
    type: Annotated[str, Field(description="As in `ce_type`: `churn_signal.raised`, `movement.made` …")]
    name: Annotated[str, Field(description="The signal, the opportunity, the action or the kind of movement.")]
    severity: Severity | None
    explanation: Explanation | None
    episode: str | None
    amount: Annotated[Money | None, Field(description="By how much MRR has moved.")]
    details: Annotated[dict[str, Any], Field(description="The other fields of the record, as they are on the topic.")]
    origin: Origin


class MrrPoint(Document):
    """MRR in one currency from an instant on."""

    at: datetime
    currency: str
    amount: str
    kind: str


class HealthPoint(Document):
    """Risk and health of a card that the console has read; earlier ones the topic no longer has."""

    at: datetime
    risk: str
    band: Band
    health: str | None
    usage: Annotated[int | None, Field(description="The input `usage` of the health: activity in percent of usual.")]
    last_activity: date | None


class Episode(Document):
    """A signal or an opportunity of a customer from the day it was raised, with its arithmetic."""

    name: str
    kind: Literal["signal", "opportunity"]
    episode: str
    is_open: bool
    severity: Severity | None
    since: date
    raised_at: datetime
    cleared_at: datetime | None
    cause: str | None
    age_days: Annotated[
        int, Field(description="Whole days from when it was raised until it was cleared, or until now.")
    ]
    explanation: Explanation | None
    explained_on: ExplainedOn
    explains_escalation: ExplainsEscalation
    term_is_over: TermIsOver
    observed: dict[str, int | str]
    baseline: dict[str, int | str]
    weight: float | None
    half_life_days: int | None
    evidence: Annotated[list[str], Field(description="Ids of the events behind it.")]
    data_gaps: list[str]
    recommended_action: str
    contribution: Annotated[str | None, Field(description="To the risk, if it is open and on the card.")]
    folded: bool
    origin: Origin


class Consent(Document):
    """The consent of a customer, as far as outputs tell: channels of recommendations, and what a gate stopped."""

    opted_out: Annotated[list[str], Field(description="What `opted-out` signals observed, as `channel: email`.")]
    channels: Annotated[list[str], Field(description="Channels of the newest recommendation; empty if there is none.")]
    suppressed: Annotated[int, Field(description="Recommendations that the gate `consent` stopped.")]
    left_out: Annotated[
        list[str],
        Field(
            description="Channels of that action that were left out: the customer has refused them, or not consented."
        ),
    ]
    as_of: Annotated[datetime | None, Field(description="When that recommendation was made.")]


class Loss(Document):
    """A loss or a return of a customer."""

    at: datetime
    basis: str
    what: Literal["churned", "returned"]
    cause: str
    reason: str | None
    value_lost: list[Money]


class Card(Document):
    """The card of a customer: what its last record says, as of today unless a fitted model has written it."""

    risk: Annotated[str | None, Field(description="None of a customer that has left.")]
    band: Annotated[Band | None, Field(description="None of a customer that has left.")]
    usual_risk: Annotated[str | None, Field(description="None of a customer that has left.")]
    model: RiskModel
    reasons: list[Reason]
    factors: Annotated[list[FactorOut], Field(description="None of a customer that has left.")]
    value_at_risk: Annotated[list[ValueAtRisk], Field(description="None of a customer that has left.")]
    mrr: list[Money]
    plan: str | None
    segments: dict[str, str]
    stage: str
    health: Health
    last_activity: date | None
    as_of: AsOf
    of_day: OfDay
    ages: Ages
    card_at: CardAt


class CustomerPage(Document):
    """Everything that the console knows about a customer."""

    customer_id: str
    as_of: AsOfDocument
    has_card: bool
    card: Annotated[Card | None, Field(description="None for a customer of which no signal was ever open.")]
    owner: str | None
    left: HasLeft
    left_at: Annotated[datetime | None, Field(description="When it left, if the console has read of it.")]
    trend: Annotated[Trend, Field(description="Of the risk; unknown of a customer that has left.")]
    risk_before: Annotated[
        str | None, Field(description="The risk that the trend compares with; None of a customer that has left.")
    ]
    mrr: Annotated[list[Money], Field(description="By the card, else by the last movement in each currency.")]
    plan: str | None
    first_seen: Annotated[datetime | None, Field(description="The oldest record that the console has.")]
    mrr_points: list[MrrPoint]
    points: Annotated[list[HealthPoint], Field(description="Oldest first.")]
    signals: Annotated[list[Episode], Field(description="Open ones first, then the newest.")]
    opportunities: list[Episode]
    actions: Annotated[list[Action], Field(description="Newest first, each with what came of it.")]
    losses: list[Loss]
    consent: Consent
    timeline: Annotated[list[TimelineItem], Field(description="A page of it, newest first.")]
    timeline_total: int
    timeline_page: Page
    why: Annotated[
        dict[str, Origin],
        Field(
            description="Where each field comes from, as `risk`, `mrr`, `plan`, `trend`, `owner`, `left`, `consent`; "
            "not of a field of which no record says anything."
        ),
    ]
    limits: list[Limit]


class Contact(Document):
    """The answer to what a service desk or a chatbot asks about a customer, in one call."""

    customer_id: str
    as_of: AsOfDocument
    known: bool
    risk: Annotated[str | None, Field(description="None without a card, and of a customer that has left.")]
    band: Annotated[Band | None, Field(description="None without a card, and of a customer that has left.")]
    risk_as_of: Annotated[
        datetime | None,
        Field(description="The instant that risk, band and contributions are of; None where there is no risk."),
    ]
    card_at: Annotated[datetime | None, Field(description="When the card was written.")]
    stage: str | None
    plan: str | None
    mrr: list[Money]
    segments: dict[str, str]
    owner: str | None
    signals: list[Reason]
    opportunities: Annotated[list[str], Field(description="Names of open opportunities.")]
    actions: Annotated[list[Action], Field(description="The last ones, newest first: what was said or done last.")]
    last_activity: date | None
    left: HasLeft


# Retention


class RetentionFilters(Document):
    """The choice of figures."""

    kind: Annotated[str, Field(description="One of `metrics.periods`.")] = "month"
    basis: Annotated[str | None, Field(description="None: that of the company.")] = None
    currency: str | None = None
    periods: Annotated[int, Field(ge=1, le=36)] = 12
    period: Annotated[date | None, Field(description="The period that waterfall, reasons and segments are of.")] = None
    segment: Annotated[
        str | None, Field(description="As `country=ES`: figures, waterfall and reasons are of it; none: all customers.")
    ] = None


class Figure(Document):
    """One figure of one period; `value` is None if it is undefined, and `reason` says why."""

    metric: str
    unit: str
    basis: str
    value: str | None
    numerator: str
    denominator: str | None
    currency: str | None
    period: PeriodOut
    segment: SegmentOut
    edition: Edition
    revision: int
    previous: str | None
    delta: str | None
    causes: list[str]
    interval: tuple[str, str] | None
    low_sample: bool
    reason: str | None
    as_of: datetime
    components: dict[str, Any]
    definition: str
    drill: Annotated[str | None, Field(description="The key of the customers behind it, for `drill`.")]
    origin: Origin


class RetentionPeriod(Document):
    """The figures of all customers in one period, in the order of the register of metrics."""

    start: date
    end: date
    kind: str
    figures: list[Figure]
    opening: Annotated[
        str | None,
        Field(description="The key of the customers with MRR at its start; none if not all have it in one currency."),
    ]


IN_ONE: Final = "*"
"""Ends the choice of a currency into which all others are converted, as `USD*`."""


class WaterfallStep(Document):
    """A step from the MRR at the start of a period to that at its end; `after` is the level after it."""

    kind: Annotated[str, Field(description="`start`, a kind of movement, `fx`, or `end`.")]
    amount: str
    after: str
    drill: str | None


class Waterfall(Document):
    """The movements of MRR in one period in one currency, by the published figure."""

    period: PeriodOut
    currency: str
    edition: Edition
    steps: list[WaterfallStep]
    definition: str


class CohortCell(Document):
    """The customers of a cohort that were still there so many months after their first."""

    after: int
    customers: int
    share: str
    drill: str
    is_complete: Annotated[bool, Field(description="False if that month is not over.")]


class Cohort(Document):
    """The customers whose first MRR began in a month."""

    month: date
    customers: int
    drill: Annotated[str, Field(description="The key of all of them.")]
    cells: list[CohortCell]


class ReasonShare(Document):
    """A reason of leaving, and the share of all losses of the period that named it."""

    reason: Annotated[str | None, Field(description="None: no reason was given.")]
    cause: str
    customers: int
    share: str
    value_lost: list[Money]
    drill: str


class SegmentFigures(Document):
    """The figures of one segment in the chosen period."""

    segment: SegmentOut
    figures: list[Figure]


class Retention(Document):
    """Retention by period, with its editions, and what lies behind the chosen period."""

    as_of: AsOfDocument
    filters: RetentionFilters
    basis: str
    kinds: list[str]
    bases: list[str]
    currency: str | None
    currencies: Annotated[list[str], Field(description="Choices; `USD*` is all of them converted into USD.")]
    choices: Annotated[list[str], Field(description="The segments that have figures, as `segment` takes them.")]
    periods: Annotated[list[RetentionPeriod], Field(description="Oldest first.")]
    period: PeriodOut | None
    waterfall: Waterfall | None
    cohorts: Annotated[
        list[Cohort],
        Field(description="Oldest first, by calendar month; of a segment those who began in it."),
    ]
    reasons: Annotated[list[ReasonShare], Field(description="Most customers first.")]
    segments: list[SegmentFigures]
    signals_since: Annotated[datetime | None, Field(description="Losses and reasons are known since then.")]
    movements_since: Annotated[datetime | None, Field(description="Cohorts are known since then.")]
    limits: list[Limit]


class DrillRow(Document):
    """A customer behind a number."""

    customer_id: str
    at: datetime | None
    what: str
    amount: Money | None
    before: str | None
    after: str | None
    plan: str | None
    reason: str | None
    band: Band | None


class Drill(Document):
    """The customers behind a number: as far as the console knows them."""

    key: str
    as_of: AsOfDocument
    metric: str
    what: Annotated[str, Field(description="`lost`, `churn`, `expansion`, `cohort` …")]
    segment: Annotated[SegmentOut | None, Field(description="None: all customers.")]
    period: Annotated[PeriodOut | None, Field(description="Of a cohort: the month in which it began.")]
    after: Annotated[
        int | None,
        Field(description="Of a cohort: the months after which these customers are still there. None: all of it."),
    ]
    definition: str
    said: Annotated[str | None, Field(description="The number that was published.")]
    found: Annotated[str, Field(description="The same number, of the rows of all pages.")]
    agrees: Annotated[
        bool | None,
        Field(description="Whether both are equal, but for the rounding of each row; None if nothing was published."),
    ]
    unplaced: Annotated[
        int, Field(description="Customers behind the number of all segments of which no segment is known.")
    ]
    page: Page
    rows: list[DrillRow]
    limits: list[Limit]


# Signals


WorthKind = Literal["signal", "opportunity", "together", "band"]


class SignalWorth(Document):
    """The worth of a signal, or of a band of the risk: how often its alarms were right, as far as was read.

    An alarm of a band is a customer whose risk rose to it or above.
    """

    name: str
    level: Severity
    kind: WorthKind
    raised: int
    right: int
    wrong: int
    pending: int
    not_a_customer: int
    open: Annotated[int, Field(description="Episodes that are open now; of a band, customers in it.")]
    precision: str | None
    interval: tuple[str, str] | None
    base_rate: str | None
    lift: str | None
    losses_warned: int
    losses: int
    median_lead_days: str | None
    stayers_alarmed_a_month: str | None
    no_better_than_chance: bool
    few: Annotated[bool, Field(description="Fewer than 30 alarms were judged: nothing can be said yet.")]


class Signals(Document):
    """The worth of each signal, by what became of the customers."""

    as_of: AsOfDocument
    basis: str
    severity: Severity
    horizon_days: int
    known_since: datetime | None
    judged_until: Annotated[datetime | None, Field(description="Later alarms are pending.")]
    base_rate: str | None
    base_months: Annotated[int, Field(description="Published months of CRR that the base rate is of.")]
    together: SignalWorth
    rows: list[SignalWorth]
    bands: list[SignalWorth]
    opportunities: list[SignalWorth]
    limits: list[Limit]


# Pipeline


class PartitionRead(Document):
    """A partition of an output topic, and how far the console has read it."""

    topic: str
    name: Annotated[str, Field(description="On the broker.")]
    partition: int
    next_offset: int
    end_offset: int | None
    lag: int | None
    newest_event: Annotated[datetime | None, Field(description="The latest `ce_time`: event time, not the clock.")]
    newest_record: Annotated[datetime | None, Field(description="The latest timestamp of a record.")]
    missed: Annotated[int, Field(description="Offsets that retention had deleted before the console read them.")]


class TopicOutcomes(Document):
    """The outcomes of the records of a topic; the parts add up to `read`."""

    topic: str
    read: int
    taken: int
    repeated: int
    of_erased: int
    unknown: Annotated[int, Field(description="Types that this build does not know, or that break their contract.")]
    other: Annotated[int, Field(description="Marks without a customer, as `\\0roll`.")]


class DeadLetterRow(Document):
    """Dead letters of one topic and reason: never what they hold."""

    topic: str
    reason: str
    count: int
    done: Annotated[int, Field(description="Of them, sent again or dropped by `backstay dead-letters`.")]
    first: datetime
    last: datetime
    newest: Annotated[str, Field(description="The place of the newest, as `--letter` takes it.")]
    remedy: str


class Silent(Document):
    """A source whose silence signals name as a gap in their data."""

    source: str
    signals: Annotated[int, Field(description="Open signals whose statement names it.")]
    newest: datetime


class WorkersTopic(Document):
    """A topic that workers read: how far, and what became of its records since the state was begun.

    `read` and `further` are `applied`, `repeated`, `refused` and `other` together.
    """

    topic: str
    name: Annotated[str, Field(description="On the broker.")]
    partitions: int
    lag: Annotated[int, Field(description="Records, or marks of transactions, that workers have not committed yet.")]
    newest: Annotated[
        datetime | None, Field(description="The newest event or heartbeat of it that workers have read, by event time.")
    ]
    silent_since: Annotated[
        datetime | None,
        Field(description="Since when it has sent nothing for so long that absence signals leave this time out."),
    ]
    silent_on: Annotated[int, Field(description="Partitions of the state on which it is silent.")]
    passed: Annotated[
        int,
        Field(
            description="Offsets before the committed positions: more than `read` by those without a record, as marks "
            "of transactions, and by records that were deleted before workers began."
        ),
    ]
    read: Annotated[int, Field(description="Records that have an outcome, never more than `passed`.")]
    further: Annotated[int, Field(description="Events of records of a source besides the first of each.")]
    applied: int
    repeated: int
    refused: Annotated[int, Field(description="Dead letters.")]
    other: Annotated[int, Field(description="Heartbeats, records of forgotten customers, skipped or missing ones.")]


class Workers(Document):
    """The workers, by the last commit of each partition of their state."""

    error: Annotated[
        str | None, Field(description="Why nothing is known: as a right on the broker that is missing.")
    ] = None
    known: Annotated[bool, Field(description="Whether anything is known of them.")] = False
    partitions: int = 0
    unknown: Annotated[int, Field(description="Partitions of the state of which no commit was found.")] = 0
    lag: int | None = None
    watermark: Annotated[datetime | None, Field(description="Event time of the partition that is furthest behind.")] = (
        None
    )
    last_commit: Annotated[
        datetime | None, Field(description="When the partition committed that has not for the longest, by the clock.")
    ] = None
    topics: list[WorkersTopic] = []


class Pipeline(Document):
    """The topics that the console reads, how far, and what could not be used."""

    as_of: AsOfDocument
    connected: bool
    caught_up: bool
    error: Annotated[str | None, Field(description="Why nothing is read now.")]
    event_time: Annotated[datetime | None, Field(description="The newest `ce_time` of all outputs.")]
    partitions: list[PartitionRead]
    outcomes: list[TopicOutcomes]
    dead_letters: list[DeadLetterRow]
    silent: list[Silent]
    workers: Workers
    unknown_types: dict[str, int]
    customers: int
    erased: int
    store_bytes: int


class Views(Protocol):
    """Answers what the console is asked: each time of one state of the store, as of the time that it is given."""

    def at_risk(self, filters: AtRiskFilters, page: int, size: int, as_of: datetime) -> AtRisk:
        """Return the customers at risk."""

    def at_risk_by_and_by(
        self, filters: AtRiskFilters, most: int, size: int, as_of: datetime
    ) -> Iterator[list[AtRiskRow]]:
        """Yield the rows of customers at risk in their present order, `size` at a time; without any, one empty list."""

    def customer(
        self, customer_id: str, as_of: datetime, *, items: int = MOST_ROWS, page: int = 1
    ) -> CustomerPage | None:
        """Return what is known of a customer, with a page of its timeline; None if nothing is."""

    def contact(self, customer_id: str, as_of: datetime) -> Contact:
        """Return what a service desk needs to know of a customer, known or not."""

    def retention(self, filters: RetentionFilters, as_of: datetime) -> Retention:
        """Return the figures of retention."""

    def drill(self, key: str, page: int, size: int, as_of: datetime) -> Drill | None:
        """Return the customers behind a number; None if no number has that key."""

    def signals(self, severity: Severity, horizon_days: int, as_of: datetime) -> Signals:
        """Return the worth of the signals."""

    def pipeline(self, as_of: datetime) -> Pipeline:
        """Return how far the topics are read."""
