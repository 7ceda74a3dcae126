"""Judges alarms by what became of the customers: precision, recall, lead, and how many that stay are alarmed.

An alarm is a signal that is raised at a severity, or reaches it. It is right if its customer leaves within the horizon:

    alarm ──────── horizon ────────►|        right if the customer leaves in it, wrong if not,
                        last day │           pending, and not judged, if it reaches past the last day

Chance is the share of customers, on any day, that leave within the horizon: an alarm of that precision says nothing.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from retention.metrics.base import wilson

WEEK: Final = timedelta(days=7)
MONTH: Final = timedelta(days=30)
SHOWS_AHEAD: Final = timedelta(days=14)
"""How long before the loss something has to show for a loss to be foreseeable."""
CHANCE: Final = 1.2
"""A signal that is right fewer times as often as chance is no better than it."""
ENOUGH: Final = 30
"""Alarms that have to be judged before anything is said about a signal."""

SEEN: Final = frozenset({"login.succeeded", "purchase.completed"})
"""Types of events by which a customer is seen."""
RECENCY: Final = "recency alone"
LEAST_PAUSE_DAYS: Final = 14
LEAST_PAUSES: Final = 4


class Alarm(NamedTuple):
    """A signal of a customer that was raised, or became more severe."""

    customer: str
    signal: str
    at: datetime


class Life(NamedTuple):
    """A customer from joining to leaving; None for what did not happen. One that returns has another life."""

    customer: str
    joined: datetime
    left: datetime | None = None
    announced: datetime | None = None
    signs_since: datetime | None = None


class Share(NamedTuple):
    """A number of items out of a total."""

    part: int = 0
    whole: int = 0

    @property
    def ratio(self) -> float:
        """Return the share as a number; 0 of nothing."""
        return self.part / self.whole if self.whole else 0.0

    def __str__(self) -> str:
        return f"{self.ratio:.1%} ({self.part}/{self.whole})" if self.whole else "–"

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the Wilson 95 % interval; None of nothing."""
        return wilson(self.part, self.whole) if self.whole else None

    def __add__(self, other: object) -> "Share":
        """Return the share of both, counted together."""
        if not isinstance(other, Share):
            return NotImplemented
        return Share(self.part + other.part, self.whole + other.whole)


@dataclass(frozen=True)
class Verdict:
    """The comparison of alarms with what became of the customers."""

    chance: Share
    """Customers, once a week, that leave within the horizon."""
    precision: Share
    """Alarms whose customer leaves within the horizon."""
    recall: Share
    """Losses with an alarm in the horizon before, of those that show two weeks ahead."""
    recall_of_all: Share
    """The same of all losses."""
    stayers_alarmed: Share
    """Months of customers that stay in which there was an alarm."""
    leads: tuple[float, ...]
    """Days from the first alarm in the horizon to the loss."""
    pending: int = 0
    """Alarms whose horizon reaches past the last day."""
    idle: int = 0
    """Alarms about customers that had left, or had not joined."""

    @property
    def raised(self) -> int:
        """Return the number of alarms: right, wrong, pending, and idle."""
        return self.precision.whole + self.pending + self.idle

    @property
    def wrong(self) -> int:
        """Return the number of alarms whose customer did not leave within the horizon."""
        return self.precision.whole - self.precision.part

    @property
    def is_chance(self) -> bool:
        """Report whether the alarms are no better than chance, by enough of them."""
        return self.precision.whole >= ENOUGH and self.chance.part > 0 and self.lift < CHANCE

    @property
    def lift(self) -> float:
        """Return how many times better than chance the precision is."""
        return self.precision.ratio / self.chance.ratio if self.chance.part else 0.0

    @property
    def lead(self) -> float:
        """Return the median of the leads, in days; 0 without any."""
        return median(self.leads) if self.leads else 0.0

    def __add__(self, other: object) -> "Verdict":
        """Return the verdict over both companies."""
        if not isinstance(other, Verdict):
            return NotImplemented
        return Verdict(
            self.chance + other.chance,
            self.precision + other.precision,
            self.recall + other.recall,
            self.recall_of_all + other.recall_of_all,
            self.stayers_alarmed + other.stayers_alarmed,
            self.leads + other.leads,
            self.pending + other.pending,
            self.idle + other.idle,
        )


class Recency:
    """The plainest alarms there are, to compare with: the customer was not seen for longer than usual.

    That is longer than nine in ten of its pauses before, and than 14 days, after four pauses at least. A day on which
    a customer was seen is a bit.
    """

    def __init__(self) -> None:
        self._days: dict[str, tuple[int, int]] = {}
        """The first day of each customer, and a bit for each day from it on."""

    def saw(self, customer: str, at: datetime) -> None:
        """Note that a customer was seen."""
        self._add(customer, at.date().toordinal(), 1)

    def _add(self, customer: str, day: int, days: int) -> None:
        """Add days, as bits from a first one on."""
        first, bits = self._days.get(customer, (day, 0))
        if day < first:
            first, bits = day, bits << (first - day)
        self._days[customer] = first, bits | days << (day - first)

    def merge(self, customer: str, into: str) -> None:
        """Count the days of a customer as those of the one as which it goes on."""
        if customer in self._days:
            self._add(into, *self._days.pop(customer))

    def forget(self, customer: str) -> None:
        """Drop a customer."""
        self._days.pop(customer, None)

    def alarms(self, last: datetime) -> Iterator[Alarm]:
        """Yield an alarm for each pause that was longer than usual, up to the last day."""
        for customer, (first, bits) in self._days.items():
            text = bin(bits)[:1:-1]
            days = [date.fromordinal(first + place) for place, bit in enumerate(text) if bit == "1"]
            pauses = list[int]()
            for one, following in pairwise([*days, last.date()]):
                pause = (following - one).days
                usual = pauses[-(-len(pauses) * 9 // 10) - 1] if len(pauses) >= LEAST_PAUSES else None
                if usual is not None and pause > max(LEAST_PAUSE_DAYS, usual):
                    on = one + timedelta(days=max(LEAST_PAUSE_DAYS, usual) + 1)
                    yield Alarm(customer, RECENCY, datetime(on.year, on.month, on.day, tzinfo=UTC))
                insort(pauses, pause)


class Judge:
    """Judges alarms of the days from `first` on, up to `last`, the last day that is known."""

    def __init__(self, lives: Iterable[Life], first: datetime, last: datetime, horizon: timedelta) -> None:
        self.first, self.last, self.horizon = first, last, horizon
        self._lives: dict[str, list[Life]] = defaultdict(list)
        for life in lives:
            self._lives[life.customer].append(life)
        self.losses = [
            life for found in self._lives.values() for life in found if life.left and first <= life.left < last
        ]

    def verdict(self, alarms: Iterable[Alarm]) -> Verdict:
        """Return the verdict on some alarms."""
        by_customer = self._by_customer(alarms)
        foreseeable = [life for life in self.losses if _shows(life)]
        warned = [before for life in self.losses if (before := self._before(life, by_customer))]
        precision, pending, idle = self._precision(by_customer)
        return Verdict(
            self.chance,
            precision,
            Share(sum(bool(self._before(life, by_customer)) for life in foreseeable), len(foreseeable)),
            Share(len(warned), len(self.losses)),
            Share(self._alarmed_months(by_customer), self._months),
            tuple(max(before) for before in warned),
            pending,
            idle,
        )

    def warned_of(self, alarms: Iterable[Alarm]) -> list[Life]:
        """Return the losses with an alarm in the horizon before."""
        by_customer = self._by_customer(alarms)
        return [life for life in self.losses if self._before(life, by_customer)]

    def _by_customer(self, alarms: Iterable[Alarm]) -> dict[str, list[datetime]]:
        found: dict[str, list[datetime]] = defaultdict(list)
        for alarm in alarms:
            if self.first <= alarm.at < self.last:
                found[alarm.customer].append(alarm.at)
        return found

    @cached_property
    def chance(self) -> Share:
        """Return the share of customers, once a week, that leave within the horizon."""
        weeks = max(0, (self.last - self.horizon - self.first) // WEEK + 1)
        there = leaving = 0
        for life in self._each():
            ends = self._week(life.left) if life.left is not None else weeks
            begins, ends = max(0, self._week(life.joined)), min(weeks, ends)
            there += max(0, ends - begins)
            if life.left is not None:
                leaving += max(0, ends - max(begins, self._week(life.left - self.horizon)))
        return Share(leaving, there)

    def _each(self) -> Iterator[Life]:
        return (life for found in self._lives.values() for life in found)

    def _week(self, at: datetime) -> int:
        """Return the number of the first week that does not begin before an instant."""
        return -((self.first - at) // WEEK)

    def _life(self, customer: str, at: datetime) -> Life | None:
        found = (life for life in self._lives.get(customer, ()) if life.joined <= at)
        return next((life for life in found if life.left is None or at < life.left), None)

    def _precision(self, alarms: dict[str, list[datetime]]) -> tuple[Share, int, int]:
        right = judged = pending = idle = 0
        for customer, instants in alarms.items():
            for at in instants:
                life = self._life(customer, at)
                if life is None:
                    idle += 1
                elif at + self.horizon > self.last:
                    pending += 1
                else:
                    judged += 1
                    right += life.left is not None and life.left <= at + self.horizon
        return Share(right, judged), pending, idle

    def _before(self, life: Life, alarms: dict[str, list[datetime]]) -> list[float]:
        """Return how many days before a loss there were alarms of this life, within the horizon."""
        if life.left is None:
            return []
        since = max(life.joined, life.left - self.horizon)
        return [
            (life.left - at).total_seconds() / 86_400 for at in alarms.get(life.customer, ()) if since <= at < life.left
        ]

    @cached_property
    def _number_of_months(self) -> int:
        return max(0, (self.last - self.horizon - self.first) // MONTH)

    @cached_property
    def _months(self) -> int:
        """Return the months of customers that do not leave within the horizon after them."""
        return sum(self._stays(life, number) for life in self._each() for number in range(self._number_of_months))

    def _stays(self, life: Life, month: int) -> bool:
        start = self.first + month * MONTH
        return life.joined <= start and (life.left is None or life.left > start + MONTH + self.horizon)

    def _alarmed_months(self, alarms: dict[str, list[datetime]]) -> int:
        found = set[tuple[str, datetime, int]]()
        for customer, instants in alarms.items():
            for at in instants:
                month = (at - self.first) // MONTH
                if month < self._number_of_months:
                    lives = (life for life in self._lives.get(customer, ()) if self._stays(life, month))
                    found.update((customer, life.joined, month) for life in lives)
        return len(found)


def judged(
    alarms: Iterable[Alarm], lives: Sequence[Life], first: datetime, last: datetime, horizon: timedelta
) -> Verdict:
    """Return the verdict on alarms of the days from `first` on, up to `last`, the last day that is known."""
    return Judge(lives, first, last, horizon).verdict(alarms)


def _shows(life: Life) -> bool:
    return life.left is not None and life.signs_since is not None and life.signs_since <= life.left - SHOWS_AHEAD
