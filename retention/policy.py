"""The company's definitions: its calendar, its bounds, its segments and the thresholds of its signals. Frozen."""

from dataclasses import dataclass, field
from typing import Final, Literal

from retention.calendar import DAY, HOUR, SECOND, Calendar, Instant, LocalDay, calendar_of
from retention.company import CompanyDays, Weights, company_days_of
from retention.fitted import Model
from retention.periods import DEFAULT_PERIODS

Severity = Literal["low", "medium", "high", "critical"]
Consent = Literal["opt_out", "opt_in"]
"""Whether messages may be sent to customers that have chosen nothing: until they refuse, or once they consent."""

LEAST_SILENCE: Final = 7
"""Days of absence that may matter, unless a signal's settings contain another number."""

SEVERITIES: Final[tuple[Severity, ...]] = ("low", "medium", "high", "critical")

STAYS: Final = 3_650
"""Days open after which a signal would become more severe: never, for one that says no more by lasting."""


@dataclass(frozen=True, slots=True)
class SignalPolicy:
    """The tuning of one signal: whether it runs, its severity, and the cooldown after a recovery."""

    enabled: bool = True
    severity: Severity = "medium"
    cooldown_days: int = 0
    escalate_after_days: int = 7
    thresholds: tuple[tuple[str, float], ...] = ()
    silence: str | None = None
    """Of a signal about the silences of customers: the threshold that says how many days of absence may matter."""
    _by_name: dict[str, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", dict(self.thresholds))

    def threshold(self, name: str) -> float:
        """Return a threshold by name; raise `KeyError` for one that the signal does not declare in its default."""
        return self._by_name[name]


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that decides what events mean. Two runs with the same policy and log have the same outputs."""

    zone: str = "UTC"
    fiscal_start_month: int = 1
    basis: str = "subscription"
    """Name of the measure that says who is a customer: one of `BASES` (`retention.measures`)."""
    purchase_window_days: int = 90
    pause_limit: int = 90 * DAY
    grace: int = 30 * DAY
    disorder: int = 600 * SECOND
    lateness: int = 48 * HOUR
    horizon_months: int = 16
    low_sample: int = 30
    periods: tuple[str, ...] = DEFAULT_PERIODS
    """Names of the kinds of periods that figures are published for."""
    plans: tuple[str, ...] = ()
    segments: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Attributes of customers that figures are split by, each with the values that are told apart."""
    milestones: tuple[str, ...] = ()
    """Names of the milestones that the onboarding requires of each new customer."""
    currency: str | None = None
    """The currency into which figures of money are converted, beside those of each currency.

    With one, what customers with several currencies moved is booked as a whole, too (`retention/measures/whole.py`)."""
    stickiness: bool = False
    """Whether the days on which customers sign in are counted, which makes logins more expensive."""
    signals: dict[str, SignalPolicy] = field(default_factory=dict)
    consent: Consent = "opt_out"
    message_gap: Instant = 72 * HOUR
    """How far apart two messages to a customer are at least that are recommended; 0: nothing."""
    messages_in_30_days: int = 4
    """How many may be recommended for one customer in 30 days; 0: any number."""
    deliveries_reported: bool = False
    """Whether `outcomes` say of each message that it was delivered: one that is not may give way to a higher one."""
    weights: Weights = field(default_factory=Weights)
    """How much of a usual day each local day is: the company calendar. Without one, all are usual."""
    medium_from: int = 3_300
    """The risk from which on a customer's band is medium, in ten-thousandths."""
    high_from: int = 6_600
    model: Model | None = None
    """The fitted model of the risk, which brings its own bounds of bands. Without one, the weights of the catalogue."""
    calendar: Calendar = field(init=False, repr=False, compare=False)
    company: CompanyDays = field(init=False, repr=False, compare=False)
    least_silence: int = field(init=False, repr=False, compare=False)
    """Days of absence that may matter to a signal: the end of a longer silence is stored as an instant. A number, and
    no look-up by facet: it is read with every login."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "calendar", calendar_of(self.zone, self.fiscal_start_month))
        object.__setattr__(self, "company", company_days_of(self.weights))
        silences = [int(tuned.threshold(tuned.silence)) for tuned in self.signals.values() if tuned.silence is not None]
        object.__setattr__(self, "least_silence", min(silences, default=LEAST_SILENCE))

    def figures_depend_on(self) -> tuple[object, ...]:
        """Return every setting that sums of figures depend on."""
        return (
            self.zone,
            self.fiscal_start_month,
            self.purchase_window_days,
            self.pause_limit,
            self.grace,
            self.horizon_months,
            self.periods,
            self.plans,
            *((self.milestones,) if self.milestones else ()),
            *self.segments,
        )

    def signal(self, name: str, default: SignalPolicy) -> SignalPolicy:
        """Return the policy of a signal."""
        return self.signals.get(name, default)


def company_days(policy: Policy, first: LocalDay, last: LocalDay) -> int:
    """Return the company days from a local day up to another one, which does not count, in thousandths.

    >>> company_days(Policy(), 10, 17)
    7000
    """
    return policy.company.between(first, last)
