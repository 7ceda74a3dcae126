"""Keeps time going: after a timer the next one of its customer lies later, whatever signals and measures ask for.

    due    10:00:00.000000
    asked  09:00               in the past          the next local day
           10:00:00.000001     less than an hour    then: but after a thousand such timers in a row, the next local day
           14:00               later                then, and the count begins anew

Reason: a worker fires every timer that is due before it goes on. A signal whose answer never lies later, or always a
microsecond or a minute later, would hold up event time for all customers of the partition.
"""

from typing import Final

from retention.calendar import HOUR, Calendar, Instant

_HASTY: Final = HOUR
MOST_HASTY: Final = 1_000
"""Timers of one customer in a row that signals may ask for, each less than an hour after the last."""


class Pace:
    """The customers whose signals have asked for a timer within an hour of the last one, and how often in a row."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._hasty: dict[str, int] = {}

    def forget(self, name: str) -> None:
        """Drop what is known about a customer."""
        self._hasty.pop(name, None)

    def later(self, due: Instant, following: Instant) -> Instant:
        """Return the next due instant, later than `due` whatever a signal answers: else time would stand still.

        A signal that names an instant in the past is checked once a local day.
        """
        calendar = self._calendar
        return following if following > due else calendar.start_of_day(calendar.day(due) + 1)

    def unhurried(self, name: str, due: Instant, asked: Instant) -> Instant:
        """Return when to ask the signals about a customer again: when they say, unless they say so too often.

        A signal whose answer always lies a microsecond ahead would be asked without end, and one whose answer lies a
        minute ahead half a million times a year. So after `MOST_HASTY` timers in a row, each within an hour of the
        last, a customer is asked about once a local day, until an answer lies further ahead.
        """
        if not due < asked < due + _HASTY:
            if self._hasty:
                self._hasty.pop(name, None)
            return asked
        self._hasty[name] = self._hasty.get(name, 0) + 1
        calendar = self._calendar
        return asked if self._hasty[name] <= MOST_HASTY else calendar.start_of_day(calendar.day(due) + 1)
