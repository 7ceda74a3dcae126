"""The company's definitions: its calendar, its bounds, its segments and the thresholds of its signals. Frozen."""

from dataclasses import dataclass, field
from typing import Final, Literal

from retention.calendar import DAY, HOUR, SECOND, Calendar, calendar_of
from retention.periods import DEFAULT_PERIODS

Severity = Literal["low", "medium", "high", "critical"]

MIN_DAYS_AWAY: Final = 7
"""The `min_days` of `no-login`, unless the settings contain another one."""

SEVERITIES: Final[tuple[Severity, ...]] = ("low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class SignalPolicy:
    """The tuning of one signal: whether it runs, its severity, and the cooldown after a recovery."""

    enabled: bool = True
    severity: Severity = "medium"
    cooldown_days: int = 0
    escalate_after_days: int = 7
    thresholds: tuple[tuple[str, float], ...] = ()
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
    signals: dict[str, SignalPolicy] = field(default_factory=dict)
    calendar: Calendar = field(init=False, repr=False, compare=False)
    least_silence: int = field(init=False, repr=False, compare=False)
    """Days without a login that may matter: the end of a longer silence is stored as an instant."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "calendar", calendar_of(self.zone, self.fiscal_start_month))
        thresholds = dict(self.signals["no-login"].thresholds) if "no-login" in self.signals else {}
        object.__setattr__(self, "least_silence", int(thresholds.get("min_days", MIN_DAYS_AWAY)))

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
            *self.segments,
        )

    def signal(self, name: str, default: SignalPolicy) -> SignalPolicy:
        """Return the policy of a signal."""
        return self.signals.get(name, default)
