"""When to look at whom again: by the hour, and in order of time only within the hour that passes.

An idle customer costs eight bytes here, its due instant is kept with it; a heap of pairs took a hundred.
"""

import heapq
from collections.abc import Callable, Iterable

from retention.calendar import HOUR, NEVER, Instant


class Timers:
    """Names by the hour of their due instant. What was set anew since is passed over when its time comes."""

    def __init__(self, due_of: Callable[[str], Instant]) -> None:
        self._due_of = due_of
        self._hours: list[int] = []
        self._names: dict[int, list[str]] = {}
        self._passing: list[tuple[Instant, str]] = []
        self._hour = -1

    def add(self, due: Instant, name: str) -> None:
        """Wake somebody at an instant; nobody at `NEVER`."""
        if due >= NEVER:
            return
        hour = due // HOUR
        if hour <= self._hour:
            heapq.heappush(self._passing, (due, name))
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

    def next(self, before: Instant) -> tuple[Instant, str] | None:
        """Give who is due first before an instant, and when; None if nobody is. Of one instant, in order of names."""
        while True:
            while self._passing:
                due, name = self._passing[0]
                if due >= before:
                    return None
                heapq.heappop(self._passing)
                if self._due_of(name) == due:
                    return due, name
            if not self._hours or self._hours[0] * HOUR >= before:
                return None
            self._begin(heapq.heappop(self._hours))

    def _begin(self, hour: int) -> None:
        self._hour = hour
        found = {(self._due_of(name), name) for name in self._names.pop(hour)}
        self._passing = sorted(timer for timer in found if timer[0] // HOUR == hour)

    def drop(self, name: str) -> None:
        """Forget somebody: not even the name stays."""
        self._passing = [timer for timer in self._passing if timer[1] != name]
        heapq.heapify(self._passing)
        for names in self._names.values():
            while name in names:
                names.remove(name)
