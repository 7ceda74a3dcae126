"""Sources: when each topic was silent, so that missing events prove nothing on those days.

Rule: a source is silent once it has sent nothing for five times its usual gap, the one that 99 in 100 gaps do not
exceed (../design/signals.md). A local day with a part of a silence is silent: `no-login` does not count it.

    quarter hours   x x x x x . . . . . . . . . . x x     usual gap 1, so patience is 5
    silent                              [---------)       from the sixth empty one to the next event
    local days      |-------------|----------------|      the second one is silent

Reason: if a producer fails, all its customers seem to stay away. Everything here is a function of the set of quarter
hours with events, so neither order nor batches nor duplicates matter. Local days of every zone are whole quarter hours.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from retention.calendar import DAY, SECOND, Calendar, Instant, LocalDay, iso_day

SLOT: Final = 900 * SECOND
MIN_GAPS: Final = 100
"""Gaps needed to know the usual one. A source with fewer events is never silent."""
PATIENCE: Final = 5
"""Usual gaps that make a silence. Consecutive slots are one apart, so it is never less than an hour."""

_WINDOW: Final = 28 * DAY // SLOT
_LATE: Final = 3 * DAY // SLOT
"""Slots behind the newest event in which an older one still changes past silences: the lateness and some more.
Further back it only counts for the usual gap."""
_FOREVER: Final = 2**40

Slot = int
Silence = tuple[Slot, Slot]


class Rhythm:
    """One source: a bit for each quarter hour with an event, and the silences between them.

    `ahead` are quarter hours that the watermark has not reached, ascending. If events of the source are read on several
    partitions, one may be months ahead of another; only in order does each find its gap.
    """

    def __init__(
        self, base: Slot = 0, bits: int = 0, silences: Iterable[Silence] = (), ahead: Iterable[Slot] = ()
    ) -> None:
        self.base, self.bits, self._silences, self.ahead = base, bits, list(silences), sorted(set(ahead))
        self._latest: Slot = -1
        self.newest = base + bits.bit_length() - 1
        self._patience = 0
        self._recent: _Gaps | None = None
        """The gaps that decide the patience; None if they have to be found in the bits."""
        self._retrace_from: Slot = _FOREVER
        self._excused = bool(self._silences)
        """Whether signals may have been held back by a silence that late events can still change."""
        self._found: _Days | None = None

    @property
    def silences(self) -> list[Silence]:
        """Return the silences that have ended, ascending."""
        self._retrace()
        return self._silences

    def _retrace(self) -> None:
        """Compute the silences again that late events can have changed: before any of their slots is dropped."""
        if self._retrace_from != _FOREVER:
            self._silences = self._retraced(self._retrace_from)
            self._retrace_from = _FOREVER

    def seen(self, at: Instant, watermark: Instant) -> bool:
        """Note an event or heartbeat; return whether it changes the silences before the watermark."""
        slot = at // SLOT
        if slot in (self._latest, self.newest):
            return False
        if slot * SLOT > watermark:
            self._latest = slot
            place = bisect_left(self.ahead, slot)
            if self.ahead[place : place + 1] != [slot]:
                self.ahead.insert(place, slot)
            return False
        return self._take_in(slot, watermark)

    def come_to(self, watermark: Instant) -> None:
        """Apply the events ahead that the watermark has reached."""
        # In order, so that none is looked at twice: each step of a backlog calls this, and a watermark that waits for
        # other partitions leaves thousands of them ahead.
        number = bisect_right(self.ahead, watermark // SLOT)
        reached = self.ahead[:number]
        del self.ahead[:number]
        for slot in reached:
            if slot > self.newest:  # no signal was judged by events ahead
                self._go_on(slot)
            else:
                self._take_in(slot, watermark)

    def _take_in(self, slot: Slot, watermark: Instant) -> bool:
        if slot == self.newest:
            return False
        if slot > self.newest:
            judged = self.silent_since(watermark) is not None
            self._go_on(slot)
            return judged
        if slot <= self.newest - _WINDOW - _LATE or (slot >= self.base and self.bits >> (slot - self.base) & 1):
            return False
        before = (self.silences, self.silent_since(watermark)) if self._excused else None
        self._mark(slot)
        self._patience, self._recent = 0, None
        self._retrace_from = min(self._retrace_from, self.newest - _LATE)
        return before is not None and before != (self.silences, self.silent_since(watermark))

    def silent_since(self, at: Instant) -> Instant | None:
        """Return since when the source is silent at an instant after its newest event; None if it is not."""
        since = self._open_since()
        return since * SLOT if since * SLOT < at else None

    def silent_days(self, before: LocalDay, calendar: Calendar) -> Sequence[LocalDay]:
        """Return the local days before one, ascending, on which the source was silent for a part."""
        return self._silent_days(calendar.start_of_day(before) // SLOT, calendar)

    def silent_days_by(self, at: Instant, calendar: Calendar) -> Sequence[LocalDay]:
        """Return the local days on which the source was silent for a part by an instant: that of it, too."""
        return self._silent_days(at // SLOT, calendar)

    def _silent_days(self, end: Slot, calendar: Calendar) -> Sequence[LocalDay]:
        if not self.silences and self.newest + PATIENCE >= end:  # the usual case
            return ()
        days = self._days_of_silences(end, calendar)
        self._excused = bool(days) and days[-1] >= calendar.day((self.newest - _LATE) * SLOT)
        return days

    def days_missed(self, before: LocalDay, calendar: Calendar) -> Sequence[LocalDay]:
        """Return the silent days as `silent_days` does, but only for what no later check of a statement depends on."""
        return self._days_of_silences(calendar.start_of_day(before) // SLOT, calendar)

    def _days_of_silences(self, end: Slot, calendar: Calendar) -> list[LocalDay]:
        known = self._found
        if known is not None and known.end == end and known.calendar is calendar:
            return known.days  # at a midnight many customers are judged by them
        days: list[LocalDay] = []
        for since, until in (*self.silences, (self._open_since(), _FOREVER)):
            if since < end:
                first, last = calendar.day(since * SLOT), calendar.day(min(until, end) * SLOT - 1)
                days += range(max(first, days[-1] + 1) if days else first, last + 1)
        self._found = _Days(end, calendar, days)
        return days

    def forget_before(self, horizon: Instant) -> None:
        """Drop the silences that no window reaches any more."""
        self._found = None
        self._silences = [silence for silence in self.silences if silence[1] * SLOT > horizon]

    def _go_on(self, slot: Slot) -> None:
        if self.bits and slot - self.newest > PATIENCE and slot > self._open_since():
            self._silences = [*self.silences, (self._open_since(), slot)]
        if slot - self.newest > _WINDOW + _LATE:
            self._retrace()
            self.bits, self._recent = 0, None
        if self._recent is not None:
            self._recent.add(slot)
        self._mark(slot)
        self.newest, self._patience = slot, 0
        if slot - self.base > 2 * (_WINDOW + _LATE):
            self._retrace()
            drop = slot - self.base - _WINDOW - _LATE
            self.base, self.bits = self.base + drop, self.bits >> drop

    def _mark(self, slot: Slot) -> None:
        self._found = None
        if not self.bits:
            self.base = slot
        elif slot < self.base:
            self.bits <<= self.base - slot
            self.base = slot
        self.bits |= 1 << (slot - self.base)

    def _open_since(self) -> Slot:
        """Return the slot from which on the source is silent, if no event follows."""
        if not self._patience:
            self._patience = self._found_patience() if self.bits else _FOREVER
        return self.newest + 1 + self._patience

    def _found_patience(self) -> int:
        if self._recent is None:
            self._recent = _Gaps(self._slots())
        return self._recent.patience()

    def _retraced(self, cut: Slot) -> list[Silence]:
        """Return the silences, with those that end after a slot computed again: late events can have changed them."""
        kept = [silence for silence in self._silences if silence[1] <= cut]
        slots = self._slots() if self._pauses_after(cut) else []
        for place, (earlier, later) in enumerate(pairwise(slots), 1):
            if later > cut and later - earlier > PATIENCE:
                since = earlier + 1 + patience(slots[:place])
                if later > since:
                    kept.append((since, later))
        return kept

    def _pauses_after(self, cut: Slot) -> bool:
        """Report whether any gap that ends after a slot is long enough to be a silence, with the least patience."""
        first = max(self.base, cut - PATIENCE)
        recent = self.bits >> (first - self.base)
        covered = recent
        for following in range(1, PATIENCE + 1):
            covered |= recent << following
        everything = (1 << (self.newest - first + 1)) - 1
        return covered & everything != everything

    def spoken(self) -> list[Slot]:
        """Return the quarter hours with events in the weeks that decide the usual gap, ascending."""
        return [slot for slot in self._slots() if slot > self.newest - _WINDOW]

    def _slots(self) -> list[Slot]:
        text = bin(self.bits)[:1:-1]
        return [self.base + place for place, bit in enumerate(text) if bit == "1"]


class _Days:
    """The days of silences before a slot, as they were last found: until an event or the horizon changes silences."""

    def __init__(self, end: Slot, calendar: Calendar, days: list[LocalDay]) -> None:
        self.end, self.calendar, self.days = end, calendar, days


class _Gaps:
    """The gaps between the slots of the last weeks: one more slot is noted without counting the others again."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = list(slots[bisect_right(slots, slots[-1] - _WINDOW) :])
        self._first = 0
        """The place of the first slot that counts: those before it are dropped by the thousand."""
        self._numbers = dict(Counter([later - earlier for earlier, later in pairwise(self._slots)]))
        """How often each gap comes. There are never many lengths: together they fit into the weeks."""

    def add(self, slot: Slot) -> None:
        """Note a slot after all others, and drop those that are too old by then."""
        slots, numbers, first = self._slots, self._numbers, self._first
        gap = slot - slots[-1]
        numbers[gap] = numbers.get(gap, 0) + 1
        slots.append(slot)
        while slots[first] <= slot - _WINDOW:
            gone = slots[first + 1] - slots[first]
            first += 1
            left = numbers[gone] - 1
            if left:
                numbers[gone] = left
            else:
                del numbers[gone]
        if first > _WINDOW:
            del slots[:first]
            first = 0
        self._first = first

    def patience(self) -> int:
        """Return the number of empty slots after which the source is silent (`patience`)."""
        number = len(self._slots) - self._first - 1
        if number < MIN_GAPS:
            return _FOREVER
        longer, usual = number - -(-number * 99 // 100), 0
        for usual in sorted(self._numbers, reverse=True):
            longer -= self._numbers[usual]
            if longer < 0:
                break
        return PATIENCE * usual


def patience(slots: Sequence[Slot]) -> int:
    """Return the number of empty slots after which a source with events in these slots, ascending, is silent.

    >>> patience(range(101)), patience(range(0, 400, 4)), patience([*range(100), 107, 108, 115])
    (5, 1099511627776, 35)
    """
    recent = slots[bisect_right(slots, slots[-1] - _WINDOW) :]
    gaps = sorted(later - earlier for earlier, later in pairwise(recent))
    return PATIENCE * gaps[-(-len(gaps) * 99 // 100) - 1] if len(gaps) >= MIN_GAPS else _FOREVER


def heard_between(earlier: LocalDay, later: LocalDay, silent_days: Sequence[LocalDay]) -> int:
    """Return the number of days from one to another, without the silent ones between them.

    >>> heard_between(1, 9, [0, 4, 5, 9])
    6
    """
    return later - earlier - max(0, bisect_left(silent_days, later) - bisect_right(silent_days, earlier))


def heard_after(day: LocalDay, number: int, silent_days: Sequence[LocalDay]) -> LocalDay:
    """Return the day that comes a number of days after one, if silent ones between them do not count.

    >>> heard_after(1, 6, [0, 4, 5, 9])
    9
    """
    found = day + number
    for silent_day in silent_days:
        if day < silent_day < found:
            found += 1
    return found


def quiet_from(first: LocalDay, number: int, active: Sequence[LocalDay], silent_days: Sequence[LocalDay]) -> LocalDay:
    """Return the first day, from one on, that comes after a number of days without activity; silent ones do not count.

    >>> quiet_from(10, 3, [2, 8, 11, 20], []), quiet_from(10, 3, [2, 8, 11, 20], [13])
    (15, 16)
    """
    for day in active:
        if day >= first:
            break
        first = max(first, heard_after(day, number + 1, silent_days))
    return first


def gaps_written(source: str, days: Sequence[LocalDay]) -> tuple[str, ...]:
    """Return silent days as ranges, both ends included.

    >>> gaps_written("logins", [1, 2, 5])
    ('logins 1970-01-02/1970-01-03', 'logins 1970-01-06/1970-01-06')
    """
    ranges: list[list[LocalDay]] = []
    for day in days:
        if ranges and ranges[-1][-1] == day - 1:
            ranges[-1].append(day)
        else:
            ranges.append([day])
    return tuple(f"{source} {iso_day(days[0])}/{iso_day(days[-1])}" for days in ranges)


class Sources:
    """The sources of a partition, and until when signals are held back."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.rhythms = {name: Rhythm() for name in names}
        self.quiet_until: Instant = 0
        """Until when no signal is raised, because history is being filled in: a day after its newest event."""
        self.recovered = False
        """Whether days by which signals were judged are no longer silent."""

    def seen(self, source: str, at: Instant, watermark: Instant) -> None:
        """Note an event or a heartbeat of a source."""
        rhythm = self.rhythms.get(source)
        if rhythm is not None and rhythm.seen(at, watermark):
            self.recovered = True

    def come_to(self, watermark: Instant) -> None:
        """Apply the events ahead that the watermark has reached."""
        for rhythm in self.rhythms.values():
            if rhythm.ahead:
                rhythm.come_to(watermark)

    def fill_in(self, at: Instant) -> None:
        """Note an event of a history: no signal is raised until a day after the newest of these."""
        self.quiet_until = max(self.quiet_until, at + DAY)

    def filled_in_until(self, end: Instant) -> None:
        """Note the end of a history that is being filled in: its sender knows it, a partition does not."""
        self.quiet_until = max(self.quiet_until, end + DAY)

    def forget_before(self, horizon: Instant) -> None:
        """Drop the silences that no window reaches any more."""
        for rhythm in self.rhythms.values():
            rhythm.forget_before(horizon)

    def silent(self, at: Instant) -> dict[str, Instant]:
        """Return the sources that are silent at an instant, and since when."""
        since = {name: rhythm.silent_since(at) for name, rhythm in self.rhythms.items()}
        return {name: found for name, found in since.items() if found is not None}
