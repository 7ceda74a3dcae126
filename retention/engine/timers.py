"""Timers: which customer to check next and when; by the hour, and in order of time only within the present hour.

An idle customer costs eight bytes here, because its due instant is in its state; a heap of pairs took a hundred.
"""

import heapq
import sys
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Final

from retention.calendar import HOUR, LAST, Instant

Timer = tuple[Instant, str]
"""The due instant and the id of a customer."""
AFTER_ALL: Final = chr(sys.maxunicode)
"""No id of a customer comes after it."""


class Timers:
    """Ids by the hour of their due instant. A timer that was set again since is skipped when it fires."""

    def __init__(self, due_of: Callable[[str], Instant]) -> None:
        self._due_of = due_of
        self._hours: list[int] = []
        self._names: dict[int, list[str]] = {}
        self._passing: list[Timer] = []
        """Timers of the present hour, the last one first: popping from the end is cheaper than from a heap."""
        self._added: list[Timer] = []
        """A heap of the timers set since for the present hour, or for one before it."""
        self._hour = -1

    def add(self, due: Instant, name: str) -> None:
        """Set a timer; none at `NEVER`."""
        if due > LAST:  # `NEVER`
            return
        hour = due // HOUR
        if hour <= self._hour:
            heapq.heappush(self._added, (due, name))
            return
        names = self._names.get(hour)
        if names is None:
            names = self._names[hour] = []
            heapq.heappush(self._hours, hour)
        names.append(name)

    def fill(self, dues: Iterable[tuple[str, Instant]]) -> None:
        """Set the timers of all customers."""
        for name, due in dues:
            self.add(due, name)

    def next(self, before: Instant) -> Timer | None:
        """Return the first timer due before an instant, or None. Those of one instant go by id."""
        while True:
            added = bool(self._added) and (not self._passing or self._added[0] < self._passing[-1])
            if added:
                timer = self._added[0]
            elif self._passing:
                timer = self._passing[-1]
            elif self._hours and self._hours[0] * HOUR < before:
                self._begin(heapq.heappop(self._hours))
                continue
            else:
                return None
            due, name = timer
            if due >= before:
                return None
            if added:
                heapq.heappop(self._added)
            else:
                self._passing.pop()
            if self._due_of(name) == due:
                return timer

    def _begin(self, hour: int) -> None:
        self._hour = hour
        # By name first, as text: most are due at the same midnight, and pairs are compared slowly.
        names = sorted(set(self._names.pop(hour)), reverse=True)
        self._passing = [(due, name) for name in names if (due := self._due_of(name)) // HOUR == hour]
        self._passing.sort(key=itemgetter(0), reverse=True)

    def drop(self, name: str) -> None:
        """Remove a customer: its id is dropped, too."""
        self._passing = [timer for timer in self._passing if timer[1] != name]
        self._added = [timer for timer in self._added if timer[1] != name]
        heapq.heapify(self._added)
        for names in self._names.values():
            while name in names:
                names.remove(name)
