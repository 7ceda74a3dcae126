"""What is waited for: after how many days without an event of a facet a signal may have something to say.

day       1  2  3  …  9
logins    x  x        |
|        └─ the absence after the second can matter here: its patience is 7 days
└─ sets the clock, unless that rings earlier anyway: an early ring only looks again
"""

from collections.abc import Sequence
from typing import Final

from retention.calendar import DAY, NEVER, Instant, LocalDay
from retention.features.base import Facet
from retention.panes import Pane
from retention.policy import Policy, SignalPolicy
from retention.signals.base import Signal
from retention.state.customer import Customer

SHORT_BY_DAYS: Final = 2
"""The local day that comes `n` days after that of a moment begins at least `n - 2` times 24 hours after it: hardly
anything may be left of its own day, and clocks are set (a zone once left a day out)."""


class Absence:
    """The signals that read one facet of which the days are known, and how long those wait that its absence raises."""

    def __init__(
        self, facet: Facet, reading: Sequence[tuple[Signal, SignalPolicy]], waiting: Sequence[int], policy: Policy
    ) -> None:
        self._facet, self._calendar = facet, policy.calendar
        self._patience = min(waiting, default=None)
        self._keys = frozenset(signal.key for signal, _ in reading)
        self._only_awaited = all(signal.absence_of is facet for signal, _ in reading)
        self.suffices = NEVER if self._patience is None else (self._patience - SHORT_BY_DAYS) * DAY
        """How long after an event a customer may be due who needs no other timer because of it."""

    def is_quiet(self, customer: Customer) -> bool:
        """Report whether an event can do no more than set the clock of the absence after it."""
        return self._only_awaited and (not customer.told or self._keys.isdisjoint(customer.told))

    def matters(self, day: LocalDay) -> Instant:
        """Return when the absence after a day can matter at the earliest; `NEVER` if to no signal."""
        return NEVER if self._patience is None else self._calendar.start_of_day(day + self._patience)

    def days(self, customer: Customer) -> Pane:
        """Return on which days there was any of it."""
        return self._facet.days(customer) if self._facet.days is not None else []


def absences(
    facets: Sequence[Facet], reading: dict[Facet, list[tuple[Signal, SignalPolicy]]], policy: Policy
) -> dict[Facet, Absence]:
    """Return what is waited for, by facet whose days are known. `reading` are the signals that are asked about each."""
    return {
        facet: Absence(
            facet,
            reading[facet],
            [signal.patience_days(tuned) for signal, tuned in reading[facet] if signal.absence_of is facet],
            policy,
        )
        for facet in facets
        if facet.days is not None
    }
