"""The parts of figures that can be added: a customer's contribution to each period.

Rule: a customer has a part only in the periods in which something changed. A part has the change of each level, and the
flows of the period. Levels at the start of a period are running sums of the changes in all periods before.

    MRR of a customer      0 ──────── 50 ─────────────────────────── 80 ─────────────►
                           January    | February  | March    | April | May
    its parts                         +50         none       none    +30
    MRR at the start       0          0           50         50      50      80          by adding up

Reason: a customer without changes costs nothing when a month turns, and a late event exchanges the parts of the periods
that it changes: the old ones are subtracted, the new ones added (docs/decisions/0004-levels-are-running-sums.md).
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import zip_longest
from operator import attrgetter
from typing import NamedTuple

from msgspec.structs import replace

from retention.buckets import field_of
from retention.calendar import NEVER, Instant
from retention.measures import MEASURES
from retention.measures.base import ALL, NOTHING_SHOWN, Measure, Shown, Split, Step, Track, Vector, Window, add
from retention.measures.segments import split, split_steps, value_at
from retention.periods import KIND_OF
from retention.policy import Policy
from retention.state.customer import Customer


class Series(NamedTuple):
    """The subject of a row of figures. `basis` names the measure; `currency` is None for all of them together."""

    basis: str
    currency: str | None
    kind: str
    by: str
    value: str


Key = tuple[Series, int]
"""A series, and the number of a period among those of its kind."""

Parts = dict[Key, Vector]


def shown(customer: Customer, policy: Policy, as_of: Instant, measures: Sequence[Measure] = MEASURES) -> list[Shown]:
    """Return the result of a customer's history for each measure."""
    there, found = customer.there(), list[Shown]()
    for measure in measures:
        asked = measure.needs_bits & there or not measure.needs_bits
        found.append(measure.shown(customer, policy, as_of) if asked else NOTHING_SHOWN)
    return split(found, customer, policy, as_of)


def parts(customer: Customer, policy: Policy, as_of: Instant, measures: Sequence[Measure] = MEASURES) -> Parts:
    """Return a customer's part in every period: a pure function of its state and of the watermark."""
    found: Parts = {}
    for measure, history in zip(measures, shown(customer, policy, as_of, measures), strict=True):
        found |= parts_of(measure, history, policy)
    return found


def parts_of(measure: Measure, history: Shown, policy: Policy, since: Instant = -NEVER) -> Parts:
    """Return the parts of one measure, from the result of a customer's history.

    Those of periods before that of `since` are left out, for the difference of two histories that are the same until
    then: their parts differ by as much without them.
    """
    found: Parts = {}
    for track in history.tracks:
        tracks = [(ALL, track), *((one.by, _under(track, one, measure)) for one in history.splits)]
        for kind in policy.periods:
            booking = _TrailingBooking if KIND_OF[kind].trailing else _Booking
            for by, counted in tracks:
                booking(found, measure, counted, kind, by, policy).book(since)
    return {key: vector for key, vector in found.items() if vector}


def same_until(was: Shown, now: Shown) -> Instant:
    """Return the instant of the first step in which two histories of a customer differ; `-NEVER` if more differs."""
    if was.splits != now.splits or len(was.tracks) != len(now.tracks):
        return -NEVER
    return min(map(_same_until, was.tracks, now.tracks), default=-NEVER)


def _same_until(was: Track, now: Track) -> Instant:
    rest = attrgetter("currency", "first", "known_since", "marks")
    if rest(was) != rest(now):
        return -NEVER
    for one, other in zip_longest(was.steps, now.steps):
        if one != other:
            return min(step.at for step in (one, other) if step is not None)
    return NEVER


def residue(customer: Customer, policy: Policy, at: Instant, measures: Sequence[Measure] = MEASURES) -> Parts:
    """Return the parts of a customer that ends now: after `at` it is no customer any more (metrics.md, rule 8).

    Known changes stay as they were counted, so it ends no sooner than after its newest event.
    """
    end = max(at, customer.latest + 1)
    found: Parts = {}
    for measure, history in zip(measures, shown(customer, policy, NEVER, measures), strict=True):
        tracks = [_ended(track, end) for track in history.tracks]
        found |= parts_of(measure, Shown(tracks, [], splits=history.splits), policy)
    return found


def _ended(track: Track, end: Instant) -> Track:
    """Return a customer's track up to an instant, with one step to nothing at it."""
    steps = [step for step in track.steps if step.at < end]
    nothing = (0,) * len(track.steps[0].levels)
    if steps and steps[-1].levels != nothing:
        steps.append(Step(end, nothing))
    first, known_since = (at if at < end else NEVER for at in (track.first, track.known_since))
    return replace(track, steps=steps, first=first, known_since=known_since)


def _under(track: Track, one: Split, measure: Measure) -> Track:
    """Return a track with the segments that its steps and marks are counted in."""
    marks = tuple(replace(mark, segment=value_at(one, mark.at)) for mark in track.marks)
    steps = split_steps(track, one)
    if measure.of_ends:
        steps = [replace(step, segment=value_at(one, step.at - 1)) for step in steps]
    return replace(track, steps=steps, marks=marks)


def _at(step: Step) -> Instant:
    return step.at


class _Booking:
    """Books a track of one customer into the periods of one kind, split by one attribute."""

    def __init__(self, found: Parts, measure: Measure, track: Track, kind: str, by: str, policy: Policy) -> None:
        self.found, self.measure, self.track, self.policy = found, measure, track, policy
        self.kind, self.by = kind, by

    def vector(self, index: int, value: str) -> Vector:
        key = Series(self.measure.name, self.track.currency, self.kind, self.by, value), index
        return self.found.setdefault(key, {})

    def index(self, step: Step) -> int:
        return self.policy.calendar.period_index(self.kind, step.at)

    def book(self, since: Instant) -> None:
        steps = self.track.steps
        before, place, end = steps[0], 1, len(steps)
        if any(before.levels):
            self.shift(self.index(before), before, None, before.segment)
        if since > -NEVER:
            begin = self.policy.calendar.period_at(self.kind, since).start
            place = bisect_left(steps, begin, lo=1, key=_at)
            before = steps[place - 1]
        while place < end:
            index, following = self.index(steps[place]), place + 1
            while following < end and self.index(steps[following]) == index:
                following += 1
            self.period(index, before, steps[place:following])
            before, place = steps[following - 1], following
        for mark in self.track.marks:
            index = self.policy.calendar.period_index(self.kind, mark.at)
            vector = self.vector(index, mark.segment)
            if not vector:
                vector[mark.field] = 1

    def shift(self, index: int, step: Step, source: str | None, target: str) -> None:
        """Move the levels of a customer to another segment at the start of a period."""
        for value, sign in ((source, -1), (target, 1)):
            if value is not None:
                vector = self.vector(index, value)
                for field, number in zip(self.measure.shifted, step.levels, strict=True):
                    add(vector, field, sign * number)
                self.scatter(vector, ">", step, sign)

    def period(self, index: int, start: Step, group: list[Step]) -> None:
        """Book the changes of one customer in one period."""
        end, first = group[-1], self.track.first
        value = self.counted_under(start, group)
        vector = self.vector(index, value)
        for place, field in enumerate(self.measure.changed):
            add(vector, field, end.levels[place] - start.levels[place])
        self.scatter(vector, "+", start, -1)
        self.scatter(vector, "+", end, 1)
        has_first = first != NEVER and self.policy.calendar.period_index(self.kind, first) == index
        self.book_flows(vector, start, group, has_first=has_first)
        if any(end.levels) and end.segment != value:
            self.shift(index + 1, end, value, end.segment)

    def book_flows(self, vector: Vector, start: Step, group: list[Step], *, has_first: bool) -> None:
        """Pass what happened to the measure, which books it: a change of segment alone is nothing to it."""
        happened = [step for step in group if not step.moves]
        if happened:
            self.measure.book(vector, Window(self.track, start, happened, has_first))

    def scatter(self, vector: Vector, head: str, step: Step, sign: int) -> None:
        """Count a customer in the buckets of its levels, of a measure that has such."""
        if self.measure.spread and any(step.levels):
            for place, name, whole in self.measure.spread:
                add(vector, f"{head}{field_of(name, whole(step.levels[place]))}", sign)

    def counted_under(self, start: Step, inside: list[Step]) -> str:
        """Return the segment of a customer in a period: at its start, or at the first activation inside it.

        See rule 9 of metrics.md. For a measure without levels that is its first event inside.
        """
        if any(start.levels) or not inside:
            return start.segment
        for step in inside:
            if any(step.levels):
                return step.segment
        return (inside[-1] if self.measure.levels else inside[0]).segment


class _TrailingBooking(_Booking):
    """Books a track into trailing periods, of which one ends with each day.

    What a customer contributes to them changes on the days on which a step comes in at their end or leaves at their
    start. That change is booked there, and a period is the sum of all changes up to it:

        step        day 3
        t30d        … 2 | 3   4  …  32 | 33 …       ends with this day
        booked        0 | +1           | -1

    `>name` is the level at the start of the period and `+name` that at its end.
    """

    def book(self, since: Instant) -> None:
        before: dict[str, Vector] = {}
        turns = self._turns()
        if since > -NEVER:
            first = self.policy.calendar.period_index(self.kind, since)
            turns, before = turns[bisect_left(turns, first) :], self._counted(first - 1)
        for index in turns:
            now = self._counted(index)
            for value in before.keys() | now.keys():
                self._exchange(self.vector(index, value), before.get(value, {}), now.get(value, {}))
            before = now

    def _turns(self) -> list[int]:
        """Return the periods whose contribution may differ from that of the day before."""
        opening, *steps = self.track.steps
        place, left_by = self.policy.calendar.period_index, self.policy.calendar.left_by
        instants = [step.at for step in steps] + [mark.at for mark in self.track.marks]
        turns = {turn(self.kind, at) for at in instants for turn in (place, left_by)}
        if -NEVER < self.track.first < NEVER:  # it may lie before the first step that is kept
            turns.add(left_by(self.kind, self.track.first))
        if any(opening.levels):
            turns.add(place(self.kind, opening.at))
        return sorted(turns)

    def _counted(self, index: int) -> dict[str, Vector]:
        return {value: vector for value, vector in self._contributed(index).items() if vector}

    def _contributed(self, index: int) -> dict[str, Vector]:
        """Return the customer's contribution to one period, by segment."""
        period = self.policy.calendar.period(self.kind, index)
        opening, *steps = self.track.steps
        inside = [step for step in steps if period.start <= step.at < period.end]
        start = next((step for step in reversed(steps) if step.at < period.start), opening)
        end, vector = inside[-1] if inside else start, Vector()
        for fields, step in ((self.measure.shifted, start), (self.measure.changed, end)):
            for field, number in zip(fields, step.levels, strict=True):
                add(vector, field, number)
        self.scatter(vector, ">", start, 1)
        self.scatter(vector, "+", end, 1)
        if inside:
            has_first = period.start <= self.track.first < period.end
            self.book_flows(vector, start, inside, has_first=has_first)
        found = {self.counted_under(start, inside): vector}
        for mark in self.track.marks:
            if period.start <= mark.at < period.end:
                marked = found.setdefault(mark.segment, {})
                if not marked:
                    marked[mark.field] = 1
        return found

    def _exchange(self, vector: Vector, before: Vector, now: Vector) -> None:
        for field in before.keys() | now.keys():
            add(vector, field, now.get(field, 0) - before.get(field, 0))


def started(vector: Vector) -> Vector:
    """Return the shift of a segment's levels at the start of a period."""
    return {field[1:]: number for field, number in vector.items() if field[0] == ">"}


def changed(vector: Vector) -> Vector:
    """Return the change of a segment's levels in a period."""
    return {field[1:]: number for field, number in vector.items() if field[0] == "+"}


def carried(kind: str, vector: Vector) -> Vector:
    """Return what the parts of a period add to the start of the next one of its kind."""
    return vector if KIND_OF[kind].trailing else net(vector)


def net(vector: Vector) -> Vector:
    """Return the change of levels by the parts of a period, shifts at its start included."""
    total: Vector = {}
    for field, number in vector.items():
        if field[0] in "+>":
            add(total, field[1:], number)
    return total


def flows(vector: Vector) -> Vector:
    """Return the flows of a period, without the changes of its levels."""
    return {field: number for field, number in vector.items() if field[0] not in "+>"}


def horizon_start(policy: Policy, watermark: Instant) -> Instant:
    """Return the instant up to which history is folded into opening balances."""
    return policy.calendar.months_before(watermark, policy.horizon_months)
