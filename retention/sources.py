"""How the sources of a partition speak, and when they were silent: absence on a dark day proves nothing.

A source is silent when it has sent nothing for five times its usual gap, the one that 99 in 100 do not exceed
(../design/signals.md). Everything is a function of the set of quarter hours in which it spoke, so neither order nor
batches nor duplicates matter. Local days of every zone are whole quarter hours.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from retention.calendar import DAY, SECOND, Calendar, Instant, LocalDay, iso_day

SLOT: Final = 900 * SECOND
MIN_GAPS: Final = 100
"""How many gaps it takes to know what is usual. A source that spoke less is never called silent."""
PATIENCE: Final = 5
"""How many usual gaps are silence. Slots that follow each other are one apart, so it is never less than an hour."""

_WINDOW: Final = 28 * DAY // SLOT
_LATE: Final = 3 * DAY // SLOT
"""How far behind the newest sign of life an older one still changes what was silent; the lateness and some more. Behind
that it only counts for what is usual."""
_FOREVER: Final = 2**40

Slot = int
Silence = tuple[Slot, Slot]


class Rhythm:
    """One source: a bit for each quarter hour in which it spoke, and the silences between them.

    `ahead` are quarter hours that event time has not come to. Where events of the source are read in several places,
    one may be months ahead of another; only in order does each find its gap.
    """

    def __init__(
        self, base: Slot = 0, bits: int = 0, silences: Iterable[Silence] = (), ahead: Iterable[Slot] = ()
    ) -> None:
        self.base, self.bits, self._silences, self.ahead = base, bits, list(silences), set(ahead)
        self._latest: Slot = -1
        self.newest = base + bits.bit_length() - 1
        self._patience = 0
        self._retrace_from: Slot = _FOREVER
        self._excused = bool(self._silences)
        """Whether somebody may have been judged by a silence that late signs of life can still change."""

    @property
    def silences(self) -> list[Silence]:
        """The silences that have ended, ascending."""
        if self._retrace_from != _FOREVER:
            self._silences = self._retraced(self._retrace_from)
            self._retrace_from = _FOREVER
        return self._silences

    def beat(self, at: Instant, watermark: Instant) -> bool:
        """Take note of a sign of life; tell whether it changes what was silent before the watermark."""
        slot = at // SLOT
        if slot in (self._latest, self.newest):
            return False
        if slot * SLOT > watermark:
            self._latest = slot
            self.ahead.add(slot)
            return False
        return self._take_in(slot, watermark)

    def come_to(self, watermark: Instant) -> None:
        """Let event time reach what was ahead of it."""
        for slot in sorted(slot for slot in self.ahead if slot * SLOT <= watermark):
            self.ahead.remove(slot)
            if slot > self.newest:  # nobody was judged by what lay ahead
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
        self._patience, self._retrace_from = 0, min(self._retrace_from, self.newest - _LATE)
        return before is not None and before != (self.silences, self.silent_since(watermark))

    def silent_since(self, at: Instant) -> Instant | None:
        """Give since when the source is known to be silent at an instant after all that it said; None if it is not."""
        since = self._open_since()
        return since * SLOT if since * SLOT < at else None

    def dark(self, before: LocalDay, calendar: Calendar) -> Sequence[LocalDay]:
        """Give the local days before one, ascending, of which the source was silent for a part."""
        end = calendar.start_of_day(before) // SLOT
        if not self.silences and self.newest + PATIENCE >= end:  # the usual case
            return ()
        days: list[LocalDay] = []
        for since, until in (*self.silences, (self._open_since(), _FOREVER)):
            if since < end:
                first, last = calendar.day(since * SLOT), calendar.day(min(until, end) * SLOT - 1)
                days += range(max(first, days[-1] + 1) if days else first, last + 1)
        self._excused = bool(days) and days[-1] >= calendar.day((self.newest - _LATE) * SLOT)
        return days

    def forget_before(self, horizon: Instant) -> None:
        """Drop the silences that no window reaches any more."""
        self._silences = [silence for silence in self.silences if silence[1] * SLOT > horizon]

    def _go_on(self, slot: Slot) -> None:
        if self.bits and slot - self.newest > PATIENCE and slot > self._open_since():
            self._silences = [*self.silences, (self._open_since(), slot)]
        if slot - self.newest > _WINDOW + _LATE:
            self.bits = 0
        self._mark(slot)
        self.newest, self._patience = slot, 0
        if slot - self.base > 2 * (_WINDOW + _LATE):
            drop = slot - self.base - _WINDOW - _LATE
            self.base, self.bits = self.base + drop, self.bits >> drop

    def _mark(self, slot: Slot) -> None:
        if not self.bits:
            self.base = slot
        elif slot < self.base:
            self.bits <<= self.base - slot
            self.base = slot
        self.bits |= 1 << (slot - self.base)

    def _open_since(self) -> Slot:
        """Give from where on the source is silent, if it says nothing more."""
        if not self._patience:
            self._patience = patience(self._slots()) if self.bits else _FOREVER
        return self.newest + 1 + self._patience

    def _retraced(self, cut: Slot) -> list[Silence]:
        """Look anew for the silences that end after a slot: late signs of life can have changed them."""
        kept = [silence for silence in self._silences if silence[1] <= cut]
        slots = self._slots() if self._pauses_after(cut) else []
        for place, (earlier, later) in enumerate(pairwise(slots), 1):
            if later > cut and later - earlier > PATIENCE:
                since = earlier + 1 + patience(slots[:place])
                if later > since:
                    kept.append((since, later))
        return kept

    def _pauses_after(self, cut: Slot) -> bool:
        """Tell whether any gap that ends after a slot is long enough to be a silence, if patience is at its least."""
        first = max(self.base, cut - PATIENCE)
        recent = self.bits >> (first - self.base)
        covered = recent
        for following in range(1, PATIENCE + 1):
            covered |= recent << following
        everything = (1 << (self.newest - first + 1)) - 1
        return covered & everything != everything

    def spoken(self) -> list[Slot]:
        """Give in which quarter hours of the weeks that patience goes by it spoke, ascending."""
        return [slot for slot in self._slots() if slot > self.newest - _WINDOW]

    def _slots(self) -> list[Slot]:
        text = bin(self.bits)[:1:-1]
        return [self.base + place for place, bit in enumerate(text) if bit == "1"]


def patience(slots: Sequence[Slot]) -> int:
    """Give after how many empty slots a source that spoke in these, ascending, is silent.

    >>> patience(range(101)), patience(range(0, 400, 4)), patience([*range(100), 107, 108, 115])
    (5, 1099511627776, 35)
    """
    recent = [slot for slot in slots if slot > slots[-1] - _WINDOW]
    gaps = sorted(later - earlier for earlier, later in pairwise(recent))
    return PATIENCE * gaps[-(-len(gaps) * 99 // 100) - 1] if len(gaps) >= MIN_GAPS else _FOREVER


def lit_between(earlier: LocalDay, later: LocalDay, dark: Sequence[LocalDay]) -> int:
    """Give how many days one day is after another, without the dark ones between them.

    >>> lit_between(1, 9, [0, 4, 5, 9])
    6
    """
    return later - earlier - max(0, bisect_left(dark, later) - bisect_right(dark, earlier))


def lit_after(day: LocalDay, number: int, dark: Sequence[LocalDay]) -> LocalDay:
    """Give the day that comes so many days after one, if dark ones between them do not count.

    >>> lit_after(1, 6, [0, 4, 5, 9])
    9
    """
    found = day + number
    for dark_day in dark:
        if day < dark_day < found:
            found += 1
    return found


def gaps_told(source: str, days: Sequence[LocalDay]) -> tuple[str, ...]:
    """Write dark days as ranges, both ends included.

    >>> gaps_told("logins", [1, 2, 5])
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
    """What a partition knows of where its events come from."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.rhythms = {name: Rhythm() for name in names}
        self.quiet_until: Instant = 0
        """Until when nothing is raised, because history is being filled in. A day after the newest of it."""
        self.relit = False
        """Whether days have become light that somebody may have been judged by."""

    def beat(self, source: str, at: Instant, watermark: Instant) -> None:
        """Take note of a sign of life: an event, or a writer's heartbeat."""
        rhythm = self.rhythms.get(source)
        if rhythm is not None and rhythm.beat(at, watermark):
            self.relit = True

    def come_to(self, watermark: Instant) -> None:
        """Let event time reach what was ahead of it."""
        for rhythm in self.rhythms.values():
            if rhythm.ahead:
                rhythm.come_to(watermark)

    def fill_in(self, at: Instant) -> None:
        """Take note of an event of the past: until a day after the newest of these nothing is raised."""
        self.quiet_until = max(self.quiet_until, at + DAY)

    def filled_in_until(self, end: Instant) -> None:
        """Take note of where a history ends that is being filled in: who sends it knows, and no partition does."""
        self.quiet_until = max(self.quiet_until, end + DAY)

    def forget_before(self, horizon: Instant) -> None:
        """Drop the silences that no window reaches any more."""
        for rhythm in self.rhythms.values():
            rhythm.forget_before(horizon)

    def silent(self, at: Instant) -> dict[str, Instant]:
        """Give the sources that are silent at an instant, and since when."""
        since = {name: rhythm.silent_since(at) for name, rhythm in self.rhythms.items()}
        return {name: found for name, found in since.items() if found is not None}
