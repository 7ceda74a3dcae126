"""Judges alarms by what became of the customers: precision, recall, lead, and how many that stay are alarmed.

An alarm is a signal that is raised at a severity, or reaches it. It is right if its customer leaves within the horizon:

    alarm ──────── horizon ────────►|        right if the customer leaves in it, wrong if not,
                        last day │           pending, and not judged, if it reaches past the last day

Chance is the share of customers, on any day, that leave within the horizon: an alarm of that precision says nothing.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

WEEK: Final = timedelta(days=7)
MONTH: Final = timedelta(days=30)
SHOWS_AHEAD: Final = timedelta(days=14)
"""How long before the loss something has to show for a loss to be foreseeable."""


RECENCY: Final = "recency alone"
LEAST_PAUSE_DAYS: Final = 14
LEAST_PAUSES: Final = 4


class Alarm(NamedTuple):
    """A signal of a customer that was raised, or became more severe."""

    customer: str
    signal: str
    at: datetime


class Life(NamedTuple):
    """A customer from joining to leaving; None for what did not happen."""

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
        """Return it as a number; 0 of nothing."""
        return self.part / self.whole if self.whole else 0.0

    def __str__(self) -> str:
        return f"{self.ratio:.1%} ({self.part}/{self.whole})" if self.whole else "–"

    def __add__(self, other: object) -> "Share":
        """Return both together."""
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
        )


class Recency:
    """The plainest alarms there are, to compare with: the customer was not seen for longer than usual.

    That is longer than nine in ten of its pauses before, and than 14 days, after four pauses at least.
    """

    def __init__(self) -> None:
        self._days: dict[str, set[date]] = defaultdict(set)

    def saw(self, customer: str, at: datetime) -> None:
        """Note that a customer was seen."""
        self._days[customer].add(at.date())

    def alarms(self, last: datetime) -> Iterator[Alarm]:
        """Yield an alarm for each pause that was longer than usual, up to the last day."""
        for customer, days in self._days.items():
            seen, pauses = sorted(days), list[int]()
            for one, following in pairwise([*seen, last.date()]):
                pause = (following - one).days
                usual = pauses[-(-len(pauses) * 9 // 10) - 1] if len(pauses) >= LEAST_PAUSES else None
                if usual is not None and pause > max(LEAST_PAUSE_DAYS, usual):
                    on = one + timedelta(days=max(LEAST_PAUSE_DAYS, usual) + 1)
                    yield Alarm(customer, RECENCY, datetime(on.year, on.month, on.day, tzinfo=UTC))
                insort(pauses, pause)


def judged(
    alarms: Iterable[Alarm], lives: Sequence[Life], first: datetime, last: datetime, horizon: timedelta
) -> Verdict:
    """Return the verdict on alarms of the days from `first` on, up to `last`, the last day that is known."""
    by_customer: dict[str, list[datetime]] = defaultdict(list)
    for alarm in alarms:
        if alarm.at >= first:
            by_customer[alarm.customer].append(alarm.at)
    known = {life.customer: life for life in lives}
    losses = [life for life in lives if life.left is not None and first <= life.left < last]
    foreseeable = [life for life in losses if _shows(life)]
    return Verdict(
        _chance(lives, first, last, horizon),
        _precision(by_customer, known, last, horizon),
        Share(sum(bool(_before(life, by_customer, horizon)) for life in foreseeable), len(foreseeable)),
        Share(sum(bool(_before(life, by_customer, horizon)) for life in losses), len(losses)),
        _stayers(by_customer, lives, first, last, horizon),
        tuple(_lead(life, ahead) for life in losses if (ahead := _before(life, by_customer, horizon))),
    )


def _shows(life: Life) -> bool:
    return life.left is not None and life.signs_since is not None and life.signs_since <= life.left - SHOWS_AHEAD


def _leaves(life: Life, since: datetime, horizon: timedelta) -> bool:
    return life.left is not None and since < life.left <= since + horizon


def _is_customer(life: Life, at: datetime) -> bool:
    return life.joined <= at and (life.left is None or at < life.left)


def _chance(lives: Sequence[Life], first: datetime, last: datetime, horizon: timedelta) -> Share:
    total, at = Share(), first
    while at + horizon <= last:
        there = [life for life in lives if _is_customer(life, at)]
        total += Share(sum(_leaves(life, at, horizon) for life in there), len(there))
        at += WEEK
    return total


def _precision(
    alarms: Mapping[str, list[datetime]], known: Mapping[str, Life], last: datetime, horizon: timedelta
) -> Share:
    total = Share()
    for customer, instants in alarms.items():
        life = known[customer]
        for at in instants:
            if at + horizon <= last and _is_customer(life, at):
                total += Share(int(_leaves(life, at, horizon)), 1)
    return total


def _before(life: Life, alarms: Mapping[str, list[datetime]], horizon: timedelta) -> list[datetime]:
    if life.left is None:
        return []
    return [at for at in alarms.get(life.customer, ()) if life.left - horizon <= at < life.left]


def _lead(life: Life, before: list[datetime]) -> float:
    return (life.left - min(before)).total_seconds() / 86_400 if life.left is not None else 0.0


def _stayers(
    alarms: Mapping[str, list[datetime]], lives: Sequence[Life], first: datetime, last: datetime, horizon: timedelta
) -> Share:
    """Return the months of customers that do not leave within the horizon after them, and those with an alarm."""
    total, start = Share(), first
    while start + MONTH + horizon <= last:
        for life in lives:
            stays = life.left is None or life.left > start + MONTH + horizon
            if stays and life.joined <= start:
                instants = alarms.get(life.customer, ())
                total += Share(int(any(start <= at < start + MONTH for at in instants)), 1)
        start += MONTH
    return total
