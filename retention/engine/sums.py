"""The sums of a partition: its customers' parts added up, and the levels at the start of open periods.

Rule: an event replaces the parts of its customer: the old ones are subtracted, the new ones added. A period that starts
before the horizon is sealed: its sums no longer change, and its changes move into the level that the next one starts
from.

    month        Jan        Feb      | Mar        Apr
                 sealed     sealed   | open       open
    level                            | 100        102        104
    parts                            | +3 -1      +2

Reason: a period is the level at its start and the changes in it. So a customer without changes costs nothing when a
month turns, and a late event costs as little as one in time.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from retention.calendar import Instant
from retention.company import digest_of
from retention.engine.parts import Key, Parts, Series, carried, horizon_start
from retention.measures import MEASURES
from retention.measures.base import NO_NUMBERS, Measure, Vector, add, wanted_by
from retention.measures.segments import sums_depend_on
from retention.policy import Policy

SUMS_VERSION: Final = 4
"""Version of the sums as written: raise it if the same parts would be written otherwise."""

MAX_CAUSES: Final = 20


class Base(NamedTuple):
    """The levels at the start of the oldest unsealed period, whose number is `since`."""

    since: int
    levels: Vector
    """By name. A missing one is zero."""


class Sums:
    """The sums of one partition: a view of its customers, so it cannot drift.

    Parts in sealed periods only count for the levels at the start of the oldest unsealed one. The watermark at which an
    event is applied decides whether it still corrects a period. A sent record is complete: each period as it was when
    sealed, with its levels at the start, whatever a commit contains and whenever the aggregator reads it.
    """

    def __init__(self, policy: Policy, measures: Sequence[Measure] = MEASURES) -> None:
        self.policy = policy
        self._windows = {measure.name: measure.window(policy) for measure in wanted_by(policy, measures)}
        self.watermark: Instant = 0
        self.parts: Parts = {}
        self.levels: dict[Series, Base] = {}
        self.first_open = {(name, kind): -(10**6) for name in self._windows for kind in policy.periods}
        """The number of the oldest unsealed period, by measure and kind of period."""
        self.changed: set[Key] = set()
        self.sealed_unsent: Parts = {}
        """Parts that were sealed before they were sent, as when years are replayed in seconds."""
        self.unsent_levels: dict[tuple[Series, int], Base] = {}
        """Levels that are not sent yet, those of periods sealed since included."""
        self.causes: dict[Key, list[str]] = {}
        self.reasons: dict[Key, str] = {}
        """Why a final figure is restated, if that is more than an event that came late."""

    def put_back(self, levels: dict[Series, Base], found: Parts) -> None:
        """Restore the sums as last sent. Parts of periods before the start of a level are in that level."""
        self.levels = {series: level for series, level in levels.items() if _row(series) in self.first_open}
        self.parts = {
            key: vector
            for key, vector in found.items()
            if _row(key[0]) in self.first_open and (key[0] not in levels or key[1] >= levels[key[0]].since)
        }
        for row, index in self.first_open.items():
            if any(level.since < index for series, level in self.levels.items() if _row(series) == row) or any(
                _row(series) == row and place < index for series, place in self.parts
            ):
                self._move_base(row, index)

    def replace_sent(self, series: Series, index: int | None) -> None:
        """Take note that a level, or the part of a period, was sent that may not hold any more."""
        first_open = self.first_open.get(_row(series))
        if first_open is None:
            return
        if series not in self.levels:
            self._set_level(series, Base(first_open, {}))
        if index is not None and index >= first_open and (series, index) not in self.parts:
            self.parts[series, index] = {}
            self.changed.add((series, index))

    def unsent(self) -> bool:
        """Report whether anything changed that the aggregator does not know."""
        return bool(self.changed or self.unsent_levels or self.sealed_unsent)

    def add(self, found: Parts) -> None:
        """Add a customer's parts."""
        for key, vector in found.items():
            self._apply(key, vector, 1)

    def exchange(self, old: Parts, new: Parts, cause: str = "", reason: str = "") -> None:
        """Replace a customer's parts; note the event as a cause, and the reason, if it restates a final figure."""
        for key in old | new:
            was, now = old.get(key, NO_NUMBERS), new.get(key, NO_NUMBERS)
            if was == now:
                continue
            self._apply(key, _difference(was, now) if was else now, 1)
            if cause and self._is_final(key):
                self._note(key, cause)
                if reason:
                    self.reasons[key] = reason

    def _is_final(self, key: Key) -> bool:
        period = self.policy.calendar.period(key[0].kind, key[1])
        return period.end + self.policy.lateness <= self.watermark

    def _note(self, key: Key, cause: str) -> None:
        """Note the causes of a restatement. An open period changes all the time, without causes."""
        causes = self.causes.setdefault(key, [])
        if len(causes) < MAX_CAUSES:
            causes.append(cause)

    def _apply(self, key: Key, vector: Vector, sign: int) -> None:
        series, index = key
        first_open = self.first_open.get(_row(series))
        if first_open is None:  # of a period that was published once: erased customers left it
            return
        if index < first_open:
            self._raise_level(series, vector, sign)
            return
        if series not in self.levels:
            self._set_level(series, Base(first_open, {}))
        total = self.parts.setdefault(key, {})
        for field, number in vector.items():
            add(total, field, sign * number)
        self.changed.add(key)

    def _raise_level(self, series: Series, vector: Vector, sign: int) -> None:
        since = self.first_open[series.basis, series.kind]
        known = self.levels.get(series)
        levels = dict(known.levels) if known is not None else {}
        for name, number in carried(series.kind, vector).items():
            add(levels, name, sign * number)
        self._set_level(series, Base(since, levels))

    def _set_level(self, series: Series, base: Base) -> None:
        self.levels[series] = self.unsent_levels[series, base.since] = base

    def seal(self, watermark: Instant) -> None:
        """Close the periods whose start lies further back than the states reach (metrics.md, rule 6)."""
        calendar, self.watermark = self.policy.calendar, watermark
        horizon = horizon_start(self.policy, watermark)
        for row, first_open in self.first_open.items():
            name, kind = row
            index = calendar.first_after(kind, calendar.add_days(horizon, self._windows[name]))
            if index > first_open:
                self.first_open[row] = index
                self._move_base(row, index)

    def _move_base(self, row: tuple[str, str], index: int) -> None:
        leaving: dict[Series, dict[int, Vector]] = {series: {} for series in self.levels if _row(series) == row}
        for series, place in [key for key in self.parts if _row(key[0]) == row and key[1] < index]:
            leaving.setdefault(series, {})[place] = self.parts.pop((series, place))
        for series, found in leaving.items():
            self._move_level(series, found, index)

    def _move_level(self, series: Series, leaving: dict[int, Vector], index: int) -> None:
        """Move the levels of a series on, past the parts of the sealed periods."""
        since, levels = self.levels.get(series, Base(index, {}))
        first = min([*leaving, index])
        for place in range(min(since + 1, first) if levels else first, index):
            self._set_level(series, Base(place, levels))
            vector = leaving.get(place, NO_NUMBERS)
            if vector:
                levels = dict(levels)
                for name, number in carried(series.kind, vector).items():
                    add(levels, name, number)
            if (series, place) in self.changed:
                self.sealed_unsent[series, place] = vector
                self.changed.discard((series, place))
        self._set_level(series, Base(index, levels))


def _difference(was: Vector, now: Vector) -> Vector:
    """Return what has to be added to one vector for it to become another."""
    found = dict(now)
    for field, number in was.items():
        add(found, field, -number)
    return found


def _row(series: Series) -> tuple[str, str]:
    """Return what decides when the periods of a series are sealed: its measure, and their kind."""
    return series.basis, series.kind


def figures_digest(policy: Policy, measures: Sequence[Measure] = MEASURES) -> str:
    """Return a digest of everything that sums and timers depend on: stored ones with another are derived again.

    Company days and the company's own basis change no sum. They are in it because timers follow from them, and the
    stage on the card of a customer.
    """
    versions = [(measure.name, measure.version, measure.window(policy)) for measure in wanted_by(policy, measures)]
    found: tuple[object, ...] = (SUMS_VERSION, policy.figures_depend_on(), versions, sums_depend_on(policy))
    if not policy.company.is_usual:
        found = (*found, digest_of(policy.weights))
    if policy.currency is not None:  # what customers with several currencies moved is booked as a whole, too
        found = (*found, "as wholes")
    if policy.basis != Policy().basis:
        found = (*found, policy.basis)
    return sha256(repr(found).encode()).hexdigest()[:16]
