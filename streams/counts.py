"""Counts what became of the records of one run, without a page or Prometheus."""

from collections import Counter

from streams.figures_processor import FiguresListener
from streams.listener import Listener


class Counts(Listener, FiguresListener):
    """The counts of a run, as the gauges of a worker have them."""

    def __init__(self) -> None:
        self._outcomes = Counter[tuple[str, str]]()
        self._refusals = Counter[str]()
        self._unknown = Counter[str]()

    def counted(self, topic: str, outcome: str, number: int = 1) -> None:
        """Count records of an outcome."""
        self._outcomes[topic, outcome] += number

    def refused(self, topic: str, reason: str) -> None:
        """Count a dead letter."""
        self._refusals[reason] += 1

    def read_as_other(self, topic: str, field: str) -> None:
        """Count a value that the contract does not know."""
        self._unknown[f"{topic}.{field}"] += 1

    def outcomes(self) -> dict[tuple[str, str], int]:
        """Return the number of records by topic and outcome."""
        return dict(self._outcomes)

    def refusals(self) -> dict[str, int]:
        """Return the number of dead letters by reason."""
        return dict(sorted(self._refusals.items()))

    def unknown(self) -> dict[str, int]:
        """Return the number of values that were read as `other`, by topic and field."""
        return dict(sorted(self._unknown.items()))
