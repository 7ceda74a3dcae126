"""The sums of a partition: what its customers' parts add up to, and the levels that open periods start from."""

from fractions import Fraction
from typing import Final, NamedTuple

from retention.calendar import Instant
from retention.components import NO_PARTS, Key, Parts, Series, Vector, add, horizon_start, net
from retention.policy import Policy

MAX_CAUSES: Final = 20


class Base(NamedTuple):
    """The levels at the start of the oldest unsealed period, whose place is `since`."""

    since: int
    active: int
    mrr: Fraction


class Sums:
    """The sums of one partition: a view of its customers, so it cannot drift.

    Parts in sealed periods only count for the levels at the start of the oldest unsealed one. Whether an event still
    corrects a period is decided here, by how far event time has come when the event is applied. What is sent says it
    all: each period as it stood when it was sealed, with the levels that it began with, whatever a commit holds and
    whenever the aggregator reads it.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.watermark: Instant = 0
        self.parts: Parts = {}
        self.levels: dict[Series, Base] = {}
        self.first_open = dict.fromkeys(policy.periods, -(10**6))
        self.changed: set[Key] = set()
        self.sealed_unsent: Parts = {}
        """Parts that were sealed before anybody was told of them, as when years are replayed in seconds."""
        self.unsent_levels: dict[tuple[Series, int], Base] = {}
        """Levels that nobody was told of yet, those of periods that were sealed since included."""
        self.causes: dict[Key, list[str]] = {}

    def put_back(self, levels: dict[Series, Base], found: Parts) -> None:
        """Take what was sent last as the sums. Parts of periods that a level starts after are in that level."""
        self.levels = {series: level for series, level in levels.items() if series.kind in self.first_open}
        self.parts = {
            key: vector
            for key, vector in found.items()
            if key[0].kind in self.first_open and (key[0] not in levels or key[1] >= levels[key[0]].since)
        }
        for kind, index in self.first_open.items():
            if any(level.since < index for series, level in levels.items() if series.kind == kind) or any(
                series.kind == kind and place < index for series, place in self.parts
            ):
                self._move_base(kind, index)

    def unsent(self) -> bool:
        """Tell whether anything changed that the aggregator does not know."""
        return bool(self.changed or self.unsent_levels or self.sealed_unsent)

    def add(self, found: Parts) -> None:
        """Add a customer's parts."""
        for key, vector in found.items():
            self._apply(key, vector, 1)

    def exchange(self, old: Parts, new: Parts, cause: str = "") -> None:
        """Replace a customer's parts; remember which event caused that where it restates what was final."""
        for key in old.keys() | new.keys():
            was, now = old.get(key, NO_PARTS), new.get(key, NO_PARTS)
            if was == now:
                continue
            self._apply(key, was, -1)
            self._apply(key, now, 1)
            if cause and self._is_final(key):
                self._note(key, cause)

    def _is_final(self, key: Key) -> bool:
        period = self.policy.calendar.period(key[0].kind, key[1])
        return period.end + self.policy.lateness <= self.watermark

    def _note(self, key: Key, cause: str) -> None:
        """Remember what will be named as the cause of a restatement. An open period changes all the time, unnamed."""
        causes = self.causes.setdefault(key, [])
        if len(causes) < MAX_CAUSES:
            causes.append(cause)

    def _apply(self, key: Key, vector: Vector, sign: int) -> None:
        series, index = key
        if series.kind not in self.first_open:  # of a period that was published once: forgotten customers left it
            return
        if index < self.first_open[series.kind]:
            self._raise_level(series, vector, sign)
            return
        if series not in self.levels:
            self._set_level(series, self.first_open[series.kind], 0, Fraction())
        total = self.parts.setdefault(key, {})
        for field, number in vector.items():
            add(total, field, sign * number)
        self.changed.add(key)

    def _raise_level(self, series: Series, vector: Vector, sign: int) -> None:
        since = self.first_open[series.kind]
        level = self.levels.get(series, Base(since, 0, Fraction()))
        active, mrr = net(vector)
        self._set_level(series, since, level.active + sign * active, level.mrr + sign * mrr)

    def _set_level(self, series: Series, since: int, active: int, mrr: Fraction) -> None:
        self.levels[series] = self.unsent_levels[series, since] = Base(since, active, mrr)

    def seal(self, watermark: Instant) -> None:
        """Close the periods whose start lies further back than the states reach (metrics.md, rule 6)."""
        calendar, self.watermark = self.policy.calendar, watermark
        horizon = horizon_start(self.policy, watermark)
        window = self.policy.purchase_window_days
        for kind in self.policy.periods:
            index = calendar.period_index(kind, calendar.add_days(horizon, window) - 1) + 1
            if index > self.first_open[kind]:
                self.first_open[kind] = index
                self._move_base(kind, index)

    def _move_base(self, kind: str, index: int) -> None:
        leaving: dict[Series, dict[int, Vector]] = {series: {} for series in self.levels if series.kind == kind}
        for series, place in [key for key in self.parts if key[0].kind == kind and key[1] < index]:
            leaving.setdefault(series, {})[place] = self.parts.pop((series, place))
        for series, found in leaving.items():
            self._move_level(series, found, index)

    def _move_level(self, series: Series, leaving: dict[int, Vector], index: int) -> None:
        """Move the level of a series on, past the parts of the periods that are sealed."""
        since, active, mrr = self.levels.get(series, Base(index, 0, Fraction()))
        first = min([*leaving, index])
        for place in range(min(since + 1, first) if active or mrr else first, index):
            self._set_level(series, place, active, mrr)
            vector = leaving.get(place, NO_PARTS)
            change, money = net(vector)
            active, mrr = active + change, mrr + money
            if (series, place) in self.changed:
                self.sealed_unsent[series, place] = vector
                self.changed.discard((series, place))
        self._set_level(series, index, active, mrr)
