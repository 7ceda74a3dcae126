"""A worker's contents as plain data for people: the page, the terminal and the tests read the same."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from retention.calendar import SECOND, rfc3339
from retention.engine.editions import Books
from retention.engine.figures import update_key
from retention.engine.partition_state import PartitionState
from retention.engine.parts import Series
from retention.measures.base import ALL
from retention.metrics.crr import CRR
from retention.metrics.ndr import NDR
from retention.metrics.warned_losses import WARNED_LOSSES
from retention.statements import Statement
from retention.wording import REASONS
from schemas.visible import visible
from streams.app import Worker
from streams.feed import newest_first
from streams.logs import REPEATS
from streams.record_outcomes import accounted, by_outcome

MONTHS: Final = 18


class View:
    """Counts raised signals, and describes the state of a worker."""

    def __init__(self, worker: Worker, mode: str) -> None:
        self.worker, self.mode = worker, mode
        self.signals: Counter[str] = Counter()
        worker.gauges.watchers.append(self._take)

    def _take(self, statements: list[Statement]) -> None:
        raised = (one.body for one in statements if one.type == "churn_signal.raised")
        self.signals.update(getattr(body, "signal", "") for body in raised)

    def state(self) -> dict[str, Any]:
        """Return the state of the worker: its progress, its figures, its newest signals."""
        outcomes = by_outcome(self.worker.outcomes())
        books = self.worker.books()
        processors = self.worker.processors()
        feed = newest_first(one for processor in processors for one in processor.feed.newest)
        return {
            "mode": self.mode,
            "ready": self.worker.ready,
            "partitions": sorted(processor.number for processor in processors),
            "events": accounted(outcomes) - outcomes["heartbeat"],
            "outcomes": dict(outcomes),
            "customers": sum(len(processor.store) for processor in processors),
            "lag": sum(self.worker.customers.lag().values()),
            "idle": self.worker.idle(),
            "as_of": rfc3339(books.as_of) if books is not None and books.as_of else None,
            "event_time": self._event_time(feed),
            "figures": figures_of(books) if books is not None else None,
            "open_signals": open_signals(self.worker),
            "raised": dict(self.signals),
            "feed": [described(one) for one in feed],
        }

    def _event_time(self, feed: Sequence[Statement]) -> str | None:
        """Return the newest event time that this worker has come to: no statement that it shows is newer."""
        found = [processor.partition_state.watermark for processor in self.worker.processors()]
        books = self.worker.books()
        newest = max([*found, *(one.at for one in feed), books.as_of if books is not None else 0], default=0)
        return rfc3339(newest) if newest > 0 else None


def described(statement: Statement) -> dict[str, str]:
    """Return the text of an output, without characters that could hide or move text."""
    shown = {"at": rfc3339(statement.at), "customer": statement.key, **_what(statement)}
    return {name: visible(text) for name, text in shown.items()}


_WORTH: Final = {"mrr": "a month", "spend_12_months": "a year"}
"""The units of what is lost, in words."""


def _what(statement: Statement) -> dict[str, str]:
    body: Any = statement.body
    if statement.type.startswith("churn_signal."):
        text = body.explanation.en
        return {"what": body.signal, "transition": body.transition, "severity": body.severity, "why": text}
    if statement.type == "customer.churned":
        worth = ", ".join(f"{v.amount} {v.currency} {_WORTH[v.unit]}" for v in body.value_lost)
        reason = f": {REASONS[body.reason]['en']}" if body.reason not in {None, "other"} else ""
        why = f"{body.cause}{reason}; worth {worth or 'unknown'}"
        return {"what": "churned", "transition": "fact", "severity": "critical", "why": why}
    return {"what": "returned", "transition": "fact", "severity": "low", "why": body.cause}


def figures_of(books: Books) -> list[dict[str, Any]]:
    """Return CRR, NDR and the losses warned of by month, as published, of the basis and currency with most customers.

    As published, because sealed months are not added up again, and have to be there after a restart.
    """
    series = main_series(books)
    return [] if series is None else list(_told(books, series))


LOSSES: Final = Series("lost", None, "month", ALL, ALL)


def _told(books: Books, series: Series) -> Iterator[dict[str, Any]]:
    last = books.policy.calendar.period_index("month", books.as_of)
    for index in range(last + 1 - MONTHS, last + 1):
        period = books.policy.calendar.period("month", index)
        crr, ndr = (books.published.get(update_key(metric, series, period)) for metric in (CRR, NDR))
        warned = books.published.get(update_key(WARNED_LOSSES, LOSSES, period))
        if crr is not None:
            yield {
                "period": rfc3339(period.start)[:7],
                "edition": crr.edition,
                "ended": period.end <= books.as_of,
                "basis": series.basis,
                "currency": series.currency,
                "customers": crr.components["E"],
                "S": crr.components["S"],
                "crr": float(crr.value) if crr.value is not None else None,
                "ndr": float(ndr.value) if ndr is not None and ndr.value is not None else None,
                "mrr": ndr.components["mrr_end"] if ndr is not None else None,
                "warned": float(warned.value) if warned is not None and warned.value is not None else None,
            }


def main_series(books: Books) -> Series | None:
    """Return the monthly series of the company's own basis, in its largest currency."""
    basis = books.policy.basis
    candidates = [s for s in books.shares if s.kind == "month" and s.by == "all" and s.basis == basis]

    def size(series: Series) -> tuple[bool, int]:
        return series.currency is not None, sum(month["customers"] for month in _told(books, series))

    return max(candidates, key=size, default=None)


def open_signals(worker: Worker) -> dict[str, int]:
    """Return the number of open episodes by signal."""
    found: Counter[str] = Counter()
    for processor in worker.processors():
        for (signal, _), number in processor.partition_state.episodes.open.items():
            found[signal] += number
    return {signal: number for signal, number in sorted(found.items()) if number}


def fresh_gauges(worker: Worker) -> None:
    """Set the gauges of the present state: they are computed on each scrape."""
    gauges = worker.gauges
    gauges.open_signals.clear()
    gauges.lag.clear()
    gauges.watermark.clear()
    gauges.silent.clear()
    levels: Counter[tuple[str, str]] = Counter()
    for processor in worker.processors():
        levels.update(processor.partition_state.episodes.open)
        gauges.watermark.labels(processor.number).set(processor.partition_state.watermark / 1e6)
        for source, seconds in _silences(processor.partition_state).items():
            gauges.silent.labels(source, processor.number).set(seconds)
    for (signal, severity), number in levels.items():
        gauges.open_signals.labels(signal, severity).set(number)
    for (topic, partition), behind in worker.customers.lag().items():
        gauges.lag.labels(topic, partition).set(behind)
    gauges.standby_lag.clear()
    for partition, behind in (worker.standbys.lag if worker.standbys is not None else {}).items():
        gauges.standby_lag.labels(partition).set(behind)
    gauges.accounted.clear()
    for (topic, outcome), number in worker.outcomes().items():
        gauges.accounted.labels(topic, outcome).set(number)
    gauges.without_effect.set(sum(processor.partition_state.without_effect for processor in worker.processors()))
    gauges.kept.set(sum(len(processor.store) for processor in worker.processors()))
    gauges.ready.set(int(worker.ready))
    gauges.commits.set(worker.customers.commits)
    gauges.suppressed.set(REPEATS.suppressed)


def _silences(partition_state: PartitionState) -> dict[str, float]:
    """Return the seconds of event time for which each watched source has been silent; 0 if it is not silent."""
    since = partition_state.sources.silent(partition_state.watermark)
    return {
        name: (partition_state.watermark - since.get(name, partition_state.watermark)) / SECOND
        for name in partition_state.sources.rhythms
    }
