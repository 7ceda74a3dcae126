"""The different errors for which records of a log are refused: each once, with its first place and number."""

from typing import Any, Final, Generic, NamedTuple, TypeVar

P = TypeVar("P")

SHOWN: Final = 5
"""Records, and different errors, of each reason to list."""
MAX_ERROR: Final = 300
_KEPT: Final = SHOWN * 20
"""Errors to keep of each reason: those with the first places, so that the counts of the shown ones are exact."""


class Kind(NamedTuple, Generic[P]):
    """An error, where it came first, and how often it came."""

    place: P
    error: str
    number: int

    def line(self, place: str) -> str:
        """Return it for a reader, with its first place in words."""
        more = f" (and {self.number - 1:,} more like it)" if self.number > 1 else ""
        return f"  {place}: {self.error}{more}" if place else f"  {self.error}{more}"


class Kinds(Generic[P]):
    """Counts errors by reason; places are compared, so they may come in any order."""

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
                first = sorted(of_reason.values(), key=_place)[: _KEPT // 2]
                self._found[reason] = {one.error: one for one in first}
            return
        of_reason[error] = Kind(min(held.place, place, key=_itself), error, held.number + 1)

    def first(self, reason: str) -> list[Kind[P]]:
        """Return the errors of a reason that came first."""
        return sorted(self._found.get(reason, {}).values(), key=_place)[:SHOWN]


def others(number: int, shown: list[Kind[Any]]) -> str:
    """Return how many of the records of a reason have another error than those that are shown; empty if none has."""
    left = number - sum(one.number for one in shown)
    return f"  and {left:,} more, with other errors" if left > 0 else ""


def _place(kind: Kind[Any]) -> Any:  # noqa: ANN401 - a number, or a file and a number
    return kind.place


def _itself(place: Any) -> Any:  # noqa: ANN401 - a number, or a file and a number
    return place
