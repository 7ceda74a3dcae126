"""When to look at whom again: by the hour, and in order of time only within the hour that passes.

An idle customer costs eight bytes here, its due instant is kept with it; a heap of pairs took a hundred.
"""

import heapq
from collections.abc import Callable, Iterable

from retention.calendar import HOUR, LAST, Instant

Timer = tuple[Instant, str]
"""When to look at whom."""


class Timers:
    """Names by the hour of their due instant. What was set anew since is passed over when its time comes."""

    def __init__(self, due_of: Callable[[str], Instant]) -> None:
        self._due_of = due_of
        self._hours: list[int] = []
        self._names: dict[int, list[str]] = {}
        self._passing: list[Timer] = []
        """Of the hour that passes, the last one first: to take one off the end is cheaper than off a heap."""
        self._added: list[Timer] = []
        """A heap of what was set since for that hour, or for one before it."""
        self._hour = -1

    def add(self, due: Instant, name: str) -> None:
        """Wake somebody at an instant; nobody at `NEVER`."""
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
        """Take everybody in."""
        for name, due in dues:
            self.add(due, name)

    def next(self, before: Instant) -> Timer | None:
        """Give who is due first before an instant, and when; None if nobody is. Of one instant, in order of names."""
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
        found = {(self._due_of(name), name) for name in self._names.pop(hour)}
        self._passing = sorted((timer for timer in found if timer[0] // HOUR == hour), reverse=True)

    def drop(self, name: str) -> None:
        """Forget somebody: not even the name stays."""
        self._passing = [timer for timer in self._passing if timer[1] != name]
        self._added = [timer for timer in self._added if timer[1] != name]
        heapq.heapify(self._added)
        for names in self._names.values():
            while name in names:
                names.remove(name)
