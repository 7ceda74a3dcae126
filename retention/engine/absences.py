"""Absences: after how many days without an event of a facet a signal may have to be raised.

day       1  2  3  …  9
logins    x  x        |
             |        └─ the absence after the second can matter from here on: the signal's patience is 7 days
             └─ sets the timer, unless an earlier one is set: firing early only checks again
"""

from collections.abc import Sequence

from retention.calendar import DAY, NEVER, SHORT_BY_DAYS, Instant, LocalDay
from retention.day_counts import first_from
from retention.features.base import Facet
from retention.policy import Policy, SignalPolicy
from retention.signals.base import Signal
from retention.state.customer import Customer
from retention.state.section import bits_of


class Absence:
    """The signals that read one facet whose days are known, and how long after an event its absence may raise them."""

    def __init__(
        self, facet: Facet, reading: Sequence[tuple[Signal, SignalPolicy]], waiting: Sequence[int], policy: Policy
    ) -> None:
        self._facet, self._calendar = facet, policy.calendar
        self._needs = facet.section.bit if facet.section is not None else 0
        self._patience = min(waiting, default=None)
        self._keys = frozenset(signal.key for signal, _ in reading)
        others = [signal for signal, tuned in reading if tuned.enabled and facet not in signal.awaited]
        self._only_awaited = all(signal.needs for signal in others)
        self._others_need = bits_of(section for signal in others for section in signal.needs)
        """The bits of the sections that signals need which read the facet, and do not await it."""
        self.suffices = NEVER if self._patience is None else (self._patience - SHORT_BY_DAYS) * DAY
        """How far after an event a customer's due instant may lie if it needs no other timer because of the event."""

    def is_quiet(self, customer: Customer) -> bool:
        """Report whether an event can do no more than set the timer for the absence after it."""
        if not self._only_awaited or (self._others_need and self._others_need & customer.there()):
            return False
        return not customer.open_episodes or self._keys.isdisjoint(customer.open_episodes)

    def matters(self, day: LocalDay) -> Instant:
        """Return when the absence after a day can matter at the earliest; `NEVER` if it matters to no signal."""
        return NEVER if self._patience is None else self._calendar.start_of_day(day + self._patience)

    def first_from(self, customer: Customer, there: int, day: LocalDay) -> LocalDay | None:
        """Return the first day from one on that has an event of the facet; None if there is none.

        `there` are the sections that the customer has: most have few.
        """
        if self._facet.days is None or (self._needs and not self._needs & there):
            return None
        return first_from(self._facet.days(customer), day)


def absences(
    facets: Sequence[Facet], reading: dict[Facet, list[tuple[Signal, SignalPolicy]]], policy: Policy
) -> dict[Facet, Absence]:
    """Return the absences to watch, by facet that signals may await. `reading` are the signals that read each facet."""
    return {
        facet: Absence(
            facet,
            reading[facet],
            [signal.patience(facet, tuned) for signal, tuned in reading[facet] if _waits(signal, tuned, facet)],
            policy,
        )
        for facet in facets
        if facet.awaitable
    }


def _waits(signal: Signal, tuned: SignalPolicy, facet: Facet) -> bool:
    """Report whether a signal awaits a facet: one that is disabled awaits nothing."""
    return tuned.enabled and facet in signal.awaited
