"""The different errors for which records of a log are refused: each once, with its first place and number."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar


class Ordered(Protocol):
    """A place that can be compared: a number, or a file and a number."""

    def __lt__(self, other: Any, /) -> bool: ...  # noqa: ANN401 - another place of the same kind


P = TypeVar("P", bound=Ordered)

SHOWN: Final = 5
"""Records, and different errors, of each reason to list."""
MAX_ERROR: Final = 300
_KEPT: Final = 10_000
"""Different errors to keep of each reason, those with the first places.

In any order the numbers of the shown ones are exact for so many errors; in the order of the log for however many.
"""


class Kind(NamedTuple, Generic[P]):
    """An error, where it came first, and how often it came."""

    place: P
    error: str
    number: int

    def line(self, place: str) -> str:
        """Return the error as a line for a reader, with its first place in words."""
        more = f" (and {self.number - 1:,} more like it)" if self.number > 1 else ""
        return f"  {place}: {self.error}{more}" if place else f"  {self.error}{more}"


class Kinds(Generic[P]):
    """Counts errors by reason; they may come in any order of their places."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Kind[P]]] = {}

    def take(self, reason: str, place: P, error: str) -> None:
        """Count one error."""
        of_reason = self._found.setdefault(reason, {})
        error = error[:MAX_ERROR]
        held = of_reason.get(error)
        if held is None:
            of_reason[error] = Kind(place, error, 1)
            if len(of_reason) > _KEPT:
                first = _in_order(of_reason)[: _KEPT // 2]
                self._found[reason] = {one.error: one for one in first}
            return
        of_reason[error] = Kind(min(held.place, place), error, held.number + 1)

    def first(self, reason: str) -> list[Kind[P]]:
        """Return the errors of a reason that came first."""
        return _in_order(self._found.get(reason, {}))[:SHOWN]


def _in_order(found: dict[str, Kind[P]]) -> list[Kind[P]]:
    return sorted(found.values(), key=lambda one: one.place)


def error_lines(number: int, shown: Sequence[Kind[P]], named: Callable[[P], str]) -> Iterator[str]:
    """Yield the shown errors of a reason, each with its place as `named` says it, and how many records have others."""
    yield from (one.line(named(one.place)) for one in shown)
    if more := others(number, shown):
        yield more


def others(number: int, shown: Sequence[Kind[Any]]) -> str:
    """Return how many of the records of a reason have another error than those that are shown; empty if none has."""
    left = number - sum(one.number for one in shown)
    return f"  and {left:,} more, with other errors" if left > 0 else ""
