"""The results of a replay: its files, and its summary."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final, Protocol

from retention.calendar import Instant, local_date, rfc3339
from retention.engine.editions import Books
from streams.errors import DiskFailed
from streams.foreign_logs import UNREAD, Translated
from streams.months import Months
from streams.partition_processor import PartitionProcessor
from streams.player import Sent
from streams.record_outcomes import TURNED_OUT, by_outcome
from streams.rejected import TOO_LARGE, Rejected
from streams.settings import Settings
from streams.topics import ACTIONS, AUDIT, DEAD_LETTERS, HEALTH, MOVEMENTS, SIGNALS, UPDATES
from streams.writing import writing

OUTPUT_FILES: Final = {
    UPDATES.name: "metric-updates.jsonl",
    SIGNALS.name: "churn-signals.jsonl",
    ACTIONS.name: "actions.jsonl",
    MOVEMENTS.name: "mrr-movements.jsonl",
    HEALTH.name: "customer-health.jsonl",
    AUDIT.name: "audit.jsonl",
    DEAD_LETTERS.name: "dead-letters.jsonl",
}


class Counted(Protocol):
    """The counts of a run: those of gauges, or of `streams.counts`."""

    def outcomes(self) -> dict[tuple[str, str], int]:
        """Return the number of records by topic and outcome."""

    def refusals(self) -> dict[str, int]:
        """Return the number of dead letters by reason."""

    def unknown(self) -> dict[str, int]:
        """Return the number of values that were read as `other`, by topic and field."""


def default_until(newest: Instant, settings: Settings) -> Instant:
    """Return the end of the newest event's month, plus lateness and disorder: every month with events is final."""
    policy = settings.policy()
    return policy.calendar.period_at("month", newest).end + policy.lateness + policy.disorder


def prepare(out: Path) -> None:
    """Create the folder of the results; raise `BadSettings` if it cannot be written."""
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out):
            pass


@contextmanager
def written(out: Path) -> Iterator[None]:
    """Raise `DiskFailed` if a result cannot be written."""
    try:
        yield
    except OSError as error:
        raise DiskFailed(
            f"cannot write the results into {out}: {error.strerror or error}. They are incomplete: free space, or "
            "name another folder with --out, and replay again"
        ) from error


def summary_of(
    counted: Counted, processors: Sequence[PartitionProcessor], books: Books | None, sent: Sent
) -> dict[str, Any]:
    """Return the outcome counts of the lines: each line read has one outcome, so the counts add up to `read`.

    `late` is a part of `applied`, and `rejected` is counted by reason.
    """
    outcomes = by_outcome(counted.outcomes())
    return {
        "read": sent.lines,
        "applied": outcomes["applied"] + outcomes["late"] - outcomes[TURNED_OUT],
        "duplicate": outcomes["duplicate"],
        "late": outcomes["late"],
        "left_out": outcomes["left_out"],
        "after_until": sent.later,
        "of_erased_customers": outcomes["forgotten"],
        "heartbeats": outcomes["heartbeat"] - sent.promises,
        "rejected": _with_unsent(counted.refusals(), sent),
        "requests_without_effect": sum(processor.partition_state.without_effect for processor in processors),
        "read_as_other": counted.unknown(),
        "customers": sum(len(processor.store) for processor in processors),
        "as_of": rfc3339(books.as_of) if books is not None and books.as_of else None,
    }


def about_log(
    rejected: Rejected, lines: Translated, months: Months, sent: Sent, settings: Settings, until: Instant | None
) -> dict[str, Any]:
    """Return what the summary says besides: rejected lines, what a source skipped or doubted, and the months.

    Time is passed beyond the log to close its last month: of the one after that the log says nothing.
    """
    last = _last_month(sent, settings) if until is None else None
    return {
        "rejected_records": rejected.first(),
        "rejected_errors": rejected.errors(),
        "skipped": dict(lines.skipped.most_common()),
        "doubted": dict(lines.doubted.most_common()),
        "months": [asdict(row) for row in months.rows(last)],
        "without_rate": months.without_rate(last),
    }


def write_summary(out: Path, summary: dict[str, Any]) -> None:
    """Write the summary beside the other results."""
    with written(out):
        (out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def _last_month(sent: Sent, settings: Settings) -> str:
    calendar = settings.policy().calendar
    return f"{local_date(calendar.day(sent.newest)):%Y-%m}"


def _with_unsent(refusals: dict[str, int], sent: Sent) -> dict[str, int]:
    found = Counter(refusals)
    found[TOO_LARGE] += len(sent.too_large)
    found[UNREAD] += len(sent.unread)
    return {reason: number for reason, number in sorted(found.items()) if number}
