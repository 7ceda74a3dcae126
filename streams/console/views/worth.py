"""The worth of the signals by what the topics tell: the definitions of `docs/signals.md`, on what was published.

What `backstay signals report` finds from a log of events is exact; here the lives of customers without a card or a
loss are not known. So the base rate is taken from the published retention:

    m     = lost customers of the last months / customers at their starts
    base  = 1 − (1 − m) ^ (horizon / length of a month)
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby, pairwise
from operator import itemgetter
from statistics import median
from typing import Final

from retention.calendar import DAY, Instant, instant, moment
from retention.metrics.base import wilson
from retention.policy import SEVERITIES
from retention.risk.model import BANDS
from retention.signals import SIGNALS
from schemas.outbound import Band, Severity
from streams.console.documents import Limit, Signals, SignalWorth, WorthKind
from streams.console.taking import MOST_POINTS
from streams.console.views.behind import next_month
from streams.console.views.shared import Company, Link, decoded, gaps, since
from streams.judging import CHANCE, ENOUGH
from streams.topics import SIGNALS as TOPIC

Edges = dict[int, list[tuple[Instant, str]]]
"""When each customer churned and returned, by its number in the store."""
TOGETHER: Final = "any signal"
MONTH_DAYS: Final = 30.436875
BASE_MONTHS: Final = 12
OPPORTUNITIES: Final = tuple(signal.name for signal in SIGNALS if signal.is_opportunity)
_ALARMS: Final = """
SELECT customer, name, min(at) FROM records
WHERE type IN ('churn_signal.raised', 'churn_signal.escalated') AND severity >= ?
GROUP BY customer, name, episode
"""
_BANDS: Final = "SELECT customer, at, band FROM points ORDER BY customer, at"
"""The band of each card that was read: the newest of each customer, `MOST_POINTS` at most."""


@dataclass(frozen=True)
class Base:
    """The published retention: the base rate, from how many months, and the customers at the start of each."""

    rate: float | None
    months: int
    at_start: dict[date, int]


@dataclass(frozen=True)
class Alarm:
    """An alarm, and what became of its customer."""

    customer: int
    name: str
    at: Instant
    next_loss: Instant | None
    is_idle: bool


def signals(link: Link, company: Company, severity: Severity, horizon_days: int, as_of: datetime) -> Signals:
    """Return the worth of each signal, and of all together."""
    newest = link.execute("SELECT max(event) FROM reads").fetchone()[0] or 0
    edges = _edges(link, company.basis)
    raised = link.execute(_ALARMS, (SEVERITIES.index(severity),))
    alarms = [_alarm(customer, name, at, edges) for customer, name, at in raised]
    horizon, base = horizon_days * DAY, _base(link, company.basis, horizon_days)
    judging = _Judging(horizon, newest - horizon, base, edges, since(link, TOPIC.name))
    opened = dict(link.execute("SELECT name, count(*) FROM episodes WHERE open GROUP BY name").fetchall())
    by_name = defaultdict[str, list[Alarm]](list)
    for one in alarms:
        by_name[one.name].append(one)
    rows = [judging.worth(name, found, opened.get(name, 0), severity) for name, found in by_name.items()]
    open_signals = sum(number for name, number in opened.items() if name not in OPPORTUNITIES)
    return Signals(
        as_of=as_of,
        basis=company.basis,
        severity=severity,
        horizon_days=horizon_days,
        known_since=judging.since,
        judged_until=moment(max(0, newest - horizon)) if newest else None,
        base_rate=_text(base.rate),
        base_months=base.months,
        together=judging.worth(TOGETHER, alarms, open_signals, severity, "together"),
        rows=sorted(rows, key=lambda row: (-row.raised, row.name)),
        bands=_of_bands(link, judging, edges),
        opportunities=_opportunities(link, opened),
        limits=[*_limits(judging.since, base), *gaps(link)],
    )


def _edges(link: Link, basis: str) -> Edges:
    found = defaultdict[int, list[tuple[Instant, str]]](list)
    for customer, at, what in link.execute(
        "SELECT customer, at, what FROM edges WHERE basis = ? ORDER BY customer, at, what", (basis,)
    ):
        found[customer].append((at, what))
    return found


def _alarm(customer: int, name: str, at: Instant, edges: Edges) -> Alarm:
    """Return an alarm with what became of its customer."""
    known = edges.get(customer, ())
    before = [what for when, what in known if when <= at]
    following = next((when for when, what in known if when > at and what == "churned"), None)
    return Alarm(customer, name, at, following, bool(before) and before[-1] == "churned")


def _of_bands(link: Link, judging: "_Judging", edges: Edges) -> list[SignalWorth]:
    """Return the worth of each band above low: of the customers whose risk rose to it, or above it."""
    at_band = dict(link.execute("SELECT band, count(*) FROM cards GROUP BY band").fetchall())
    risen = defaultdict[Band, list[Alarm]](list)
    for band, customer, at in _rises(link):
        risen[band].append(_alarm(customer, band, at, edges))
    return [judging.worth(band, risen[band], at_band.get(band, 0), band, "band") for band in BANDS[1:]]


def _rises(link: Link) -> Iterator[tuple[Band, int, Instant]]:
    """Yield the bands to which the risk of a customer rose, or above, from below them: the customer, and when.

    A customer's first card is a rise, too, unless its older ones are not kept any more.
    """
    for customer, points in groupby(link.execute(_BANDS), key=itemgetter(0)):
        levels = [(at, BANDS.index(band)) for _, at, band in points]
        first = [(levels[0][0], 0)] if len(levels) < MOST_POINTS else []
        for (_, before), (at, now) in pairwise([*first, *levels]):
            for band in BANDS[before + 1 : now + 1]:
                yield band, customer, at


def _base(link: Link, basis: str, horizon_days: int) -> Base:
    """Return the share of customers that leave within a horizon, by the published figures of closed months."""
    bodies = [
        decoded(body)
        for (body,) in link.execute(
            "SELECT body FROM figures WHERE metric = 'crr' AND basis = ? AND currency = '' AND kind = 'month' "
            "AND by = 'all' ORDER BY start",
            (basis,),
        )
    ]
    at_start = {date.fromisoformat(one["period"]["start"]): int(one["components"]["S"]) for one in bodies}
    closed = [one["components"] for one in bodies if one["edition"] != "provisional" and one["components"]["S"]]
    closed = closed[-BASE_MONTHS:]
    there, lost = sum(one["S"] for one in closed), sum(one["lost"] for one in closed)
    rate = 1 - (1 - lost / there) ** (horizon_days / MONTH_DAYS) if there else None
    return Base(rate, len(closed), at_start)


class _Judging:
    """Judges alarms: right, wrong or pending."""

    def __init__(self, horizon: int, until: Instant, base: Base, edges: Edges, known: datetime | None) -> None:
        self.horizon, self.until, self.base = horizon, until, base
        self.since = known
        first = instant(known) if known is not None else 0
        self.losses = [
            (customer, at)
            for customer, found in edges.items()
            for at, what in found
            if what == "churned" and at >= first
        ]
        self._lost = defaultdict[int, list[Instant]](list)
        for customer, at in self.losses:
            self._lost[customer].append(at)

    def worth(
        self, name: str, alarms: Sequence[Alarm], opened: int, level: Severity, kind: WorthKind = "signal"
    ) -> SignalWorth:
        """Return the worth of some alarms."""
        there = [one for one in alarms if not one.is_idle]
        judged = [one for one in there if one.at <= self.until]
        right = sum(one.next_loss is not None and one.next_loss <= one.at + self.horizon for one in judged)
        precision, rate = right / len(judged) if judged else None, self.base.rate
        interval = wilson(right, len(judged)) if judged else None
        leads = self._leads(alarms)
        lift = precision / rate if precision is not None and rate else None
        few = len(judged) < ENOUGH
        return SignalWorth(
            name=name,
            level=level,
            kind=kind,
            raised=len(alarms),
            right=right,
            wrong=len(judged) - right,
            pending=len(there) - len(judged),
            not_a_customer=len(alarms) - len(there),
            open=opened,
            precision=_text(precision),
            interval=(f"{interval[0]:.4f}", f"{interval[1]:.4f}") if interval is not None else None,
            base_rate=_text(rate),
            lift=f"{lift:.2f}" if lift is not None else None,
            losses_warned=len(leads),
            losses=len(self.losses),
            median_lead_days=f"{median(leads):.1f}" if leads else None,
            stayers_alarmed_a_month=_text(self._stayers(alarms)),
            no_better_than_chance=not few and lift is not None and lift < CHANCE,
            few=few,
        )

    def _leads(self, alarms: Iterable[Alarm]) -> list[float]:
        """Return, of each loss with an alarm in the horizon before, the days from the first of them."""
        of_customer = defaultdict[int, list[Instant]](list)
        for one in alarms:
            of_customer[one.customer].append(one.at)
        found = list[float]()
        for customer, at in self.losses:
            before = [when for when in of_customer.get(customer, ()) if at - self.horizon <= when < at]
            if before:
                found.append((at - min(before)) / DAY)
        return found

    def _stayers(self, alarms: Iterable[Alarm]) -> float | None:
        """Return the share of months of customers that stay in which they have an alarm."""
        if self.since is None:
            return None
        first = next_month(date(self.since.year, self.since.month, 1))
        months = [
            month for month in self.base.at_start if month >= first and self._end(month) + self.horizon <= self._last
        ]
        there = alarmed = 0
        for month in months:
            start, end = _start(month), self._end(month)
            leaving = {
                customer
                for customer, found in self._lost.items()
                if any(start <= at < end + self.horizon for at in found)
            }
            there += max(0, self.base.at_start[month] - len(leaving))
            alarmed += len({one.customer for one in alarms if start <= one.at < end} - leaving)
        return min(1.0, alarmed / there) if there else None

    @property
    def _last(self) -> Instant:
        return self.until + self.horizon

    def _end(self, month: date) -> Instant:
        return _start(next_month(month))


def _start(month: date) -> Instant:
    return instant(datetime(month.year, month.month, 1, tzinfo=UTC))


def _opportunities(link: Link, opened: dict[str, int]) -> list[SignalWorth]:
    raised = link.execute(
        "SELECT name, count(*) FROM records WHERE type = 'opportunity.raised' GROUP BY name ORDER BY 2 DESC, 1"
    )
    return [_uncounted(name, number, opened.get(name, 0)) for name, number in raised]


def _uncounted(name: str, raised: int, opened: int) -> SignalWorth:
    """Return the row of an opportunity: it says nothing of leaving, so nothing is right or wrong."""
    return SignalWorth(
        name=name,
        level="low",
        kind="opportunity",
        raised=raised,
        right=0,
        wrong=0,
        pending=0,
        not_a_customer=0,
        open=opened,
        precision=None,
        interval=None,
        base_rate=None,
        lift=None,
        losses_warned=0,
        losses=0,
        median_lead_days=None,
        stayers_alarmed_a_month=None,
        no_better_than_chance=False,
        few=True,
    )


def _text(ratio: float | None) -> str | None:
    return f"{ratio:.4f}" if ratio is not None else None


def _limits(known: datetime | None, base: Base) -> list[Limit]:
    if known is None:
        return ["no_past"]
    found: list[Limit] = ["signals_since", "won_back", "erased_left_out"]
    return [*found, "estimated_base"] if base.rate is not None else found
