"""Bounds: until when each signal about a customer is quiet, as it last said; so a timer asks only those that are due.

    timer               Monday   Tuesday   Wednesday        bound of
    no-login            asked    -         -                next Monday
    errors-met          asked    asked     -                Tuesday, then never: its errors are a week old
    usage-surge         asked    -         asked            never; then an event of a facet that it reads came

Rule: a bound holds until its instant, or until the customer is written (an event came, or a timer changed something),
or the whole company is judged anew. So what is written follows from the log, whatever is known beside it.
`Signal.quiet_until` is no weaker: it is the instant before which the condition cannot hold unless another event comes.

Reason: a customer has one timer, the earliest that any of its signals asks for, and most timers are one signal's.
Bounds are kept with a decoded customer, and never stored: a customer that is decoded anew is asked about anew.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from retention.calendar import DAY, SHORT_BY_DAYS, Calendar, Instant
from retention.engine.absences import Absence
from retention.features.base import Facet
from retention.policy import SignalPolicy
from retention.signals.base import Signal
from retention.state.customer import Customer

UNKNOWN: Final = 0
"""In place of a bound: the signal has to be asked."""
_SOON: Final = 3 * DAY
_FAR_AHEAD: Final = 100 * DAY
"""Less than the days of use that are kept up to the newest one."""
_JUDGING: Final = 0
"""The place in which a customer's bounds say of which judging they are."""


class Awaited:
    """One facet that a signal awaits, and after how many days its absence matters to it."""

    def __init__(self, absence: Absence, patience: int) -> None:
        self.absence, self.patience = absence, patience


class Bounds:
    """The places of signals in the bounds of a customer, and what makes them unknown."""

    def __init__(self, signals: Sequence[tuple[Signal, SignalPolicy]], calendar: Calendar) -> None:
        self._calendar = calendar
        self._places = {signal.key: place for place, (signal, _) in enumerate(signals, 1)}
        self._length = len(signals) + 1
        self._told = [False, *[bool(signal.reads) for signal, _ in signals]]
        """Whether events tell of what each signal reads. One that names no facet is asked at each timer."""
        self._awaited: list[list[Awaited]] = [[] for _ in range(self._length)]
        self._reading: dict[Facet, list[int]] = {}
        self._waiting: dict[Facet, list[tuple[int, int, Instant]]] = {}
        self._judging = 1

    def read_by(
        self, reading: Mapping[Facet, Sequence[tuple[Signal, SignalPolicy]]], absences: Mapping[Facet, Absence]
    ) -> None:
        """Note which signals read each facet, and which of them await it."""
        for facet, signals in reading.items():
            asked = [(self.place(signal), signal, tuned) for signal, tuned in signals]
            self._reading[facet] = [place for place, _, _ in asked if place]
            if facet not in absences:
                continue
            self._waiting[facet] = []
            for place, signal, tuned in asked:
                if place and facet in signal.awaited:
                    patience = signal.patience(facet, tuned)
                    self._waiting[facet].append((place, patience, (patience - SHORT_BY_DAYS) * DAY))
                    if facet.days is not None:
                        self._awaited[place].append(Awaited(absences[facet], patience))

    def place(self, signal: Signal) -> int:
        """Return the place of a signal; 0 for one that time does not raise."""
        return self._places.get(signal.key, 0)

    def judge_anew(self) -> None:
        """Drop the bounds of all customers."""
        self._judging += 1

    def of(self, customer: Customer, due: Instant) -> list[Instant]:
        """Return the bounds of a customer, by place: at a timer, and to be noted in.

        With events far ahead of it none holds: what is kept of some things are the days up to the newest one.
        """
        if customer.latest > due + _FAR_AHEAD:
            customer.bounds = None
            return [UNKNOWN] * self._length
        bounds = customer.bounds
        if bounds is None or bounds[_JUDGING] != self._judging:
            bounds = customer.bounds = [UNKNOWN] * self._length
            bounds[_JUDGING] = self._judging
        return bounds

    def changed(self, customer: Customer, facet: Facet) -> None:
        """Drop the bounds of a customer for the signals that read a facet."""
        bounds = customer.bounds
        if bounds is not None:
            for place in self._reading[facet]:
                bounds[place] = UNKNOWN

    def until(self, customer: Customer, place: int, as_of: Instant, quiet: Instant) -> Instant:
        """Return the bound of a signal that said, as of an instant, until when it is quiet.

        Of events that it awaits, and that are read ahead of that instant, it knew nothing.
        """
        for awaited in self._awaited[place]:
            first = awaited.absence.first_from(customer, customer.there(), self._calendar.day(as_of))
            if first is not None:
                quiet = min(quiet, self._calendar.start_of_day(first + awaited.patience))
        return quiet

    def note(self, bounds: list[Instant], place: int, until: Instant) -> None:
        """Note the bound of a signal."""
        bounds[place] = until if self._told[place] else UNKNOWN

    def hold(self, bounds: list[Instant], place: int, due: Instant) -> bool:
        """Report whether a signal need not be asked at a timer.

        One that awaits a facet, and would be asked in a few days, is asked with the others: so they stay in step.
        """
        until = bounds[place]
        if until <= due:
            return False
        return until > due + _SOON or not self._awaited[place]

    def came(self, customer: Customer, facet: Facet, at: Instant) -> None:
        """Note an event that signals await, and of which they were not told."""
        bounds = customer.bounds
        if bounds is not None:
            for place, patience, suffices in self._waiting[facet]:
                if bounds[place] > at + suffices:
                    day = self._calendar.day(at)
                    bounds[place] = min(bounds[place], self._calendar.start_of_day(day + patience))
