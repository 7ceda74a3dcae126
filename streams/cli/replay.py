"""`backstay replay`: apply a log of events as a worker does."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

from retention.calendar import Instant, instant
from streams import memory, unsettled
from streams.basis import unmet
from streams.cli.bar import bar
from streams.cli.options import INSTANT, config_options, settings_from, source_option
from streams.cli.words import advice, counted, nothing_in
from streams.errors import BadLog, BadSettings
from streams.foreign_logs import UNREAD, reader_of
from streams.log_check import nothing_read
from streams.months import Month, as_csv, as_json, as_table
from streams.refusals import Kind, error_lines
from streams.rejected import remedy_in_file
from streams.replay_in_memory import replay_in_memory
from streams.settings import Settings
from streams.tables import print_line, print_whole
from streams.topic_names import name_of
from streams.topics import TOPICS

FURTHEST: Final = timedelta(days=731)
"""How far ahead of now `--until` may lie: all signals and figures that time brings up to then are written."""
WIDTH: Final = 140
"""Columns of the report if there is no terminal."""
_NO_MONTHS: Final = (
    "no table of months: by these events nobody is a customer at the start or the end of one. subscription.started "
    "makes a customer, or purchase.completed with metrics.basis=purchase"
)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the results.")
@click.option(
    "--until",
    type=INSTANT,
    help="Apply the events up to this time, close periods and fire timers; later events are counted and left out. "
    "Default: end of the last event's month + lateness + disorder; longer periods may stay provisional.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(("table", "csv", "json")),
    default="table",
    show_default=True,
    help="Format of the monthly figures. With csv and json, nothing else goes to standard output.",
)
@click.option(
    "--broker",
    metavar="HOST:PORT",
    help="Send the log through this Kafka broker, which must have no Backstay topics yet, and leave all topics there. "
    "Those written to are printed first.",
)
@source_option
@config_options
def replay(
    file: Path,
    out: Path,
    until: Instant | None,
    form: str,
    broker: str | None,
    source: str | None,
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Apply FILE, a log of events, and print the monthly figures.

    The log is applied in this process, as a worker applies it, and all output events are written to --out. No broker is
    needed.

    FILE has one JSON event a line, all topics together, in order of arrival. A JSON array, JSON over many lines,
    UTF-16, gzip, CSV and Parquet are recognised by their content. The results are
    metric-updates.jsonl, churn-signals.jsonl, actions.jsonl, mrr-movements.jsonl,
    customer-health.jsonl (the last card of each customer), audit.jsonl,
    dead-letters.jsonl and summary.json.

    The exit code is 65 if FILE is not a log of events, or if none of its events could be applied.
    """
    if until is not None and until > instant(datetime.now(UTC) + FURTHEST):
        raise BadSettings("--until lies more than two years ahead of now: choose a time near the end of the log")
    on = () if broker is None else (f"kafka.bootstrap_servers={broker}",)
    settings = settings_from(config, (*overrides, *on), source)
    if broker is not None:
        names = ", ".join(dict.fromkeys(name_of(topic, settings.topics) for topic in TOPICS))
        print_line(Console(stderr=True, highlight=False), f"writes to {names} on {broker}")
    summary = asyncio.run(_run(file, out, settings, until, broker))
    rows = [Month(**row) for row in summary["months"]]
    if form != "table":
        sys.stdout.write(as_csv(rows) if form == "csv" else as_json(rows))
        sys.stdout.flush()
    report = Console(stderr=form != "table", highlight=False)
    if not report.is_terminal:
        report = Console(stderr=form != "table", highlight=False, width=WIDTH)
    if form == "table" and rows:
        print_whole(report, as_table(rows))
    bases = {row.basis for row in rows}
    hint = unmet(settings.metrics.basis, orders="purchase" in bases, subscriptions="subscription" in bases)
    for line in [*_accounts(summary, out), *([f"warning: {hint}"] if hint else [])]:
        print_line(report, line)
    if not summary["applied"]:
        raise BadLog(f"no event of {file} could be applied: {_why_nothing(summary, file, settings)}")


def _accounts(summary: dict[str, Any], out: Path) -> list[str]:
    """Return the report: counts by outcome, the reasons of rejections, and what to do about them."""
    counts = ", ".join(_outcomes(summary))
    customers = counted(summary["customers"], "customer")
    lines = [f"{counted(summary['read'], 'event')} read: {counts}; {customers}. Results in {out}"]
    if summary["applied"] and not summary["months"]:
        lines.append(_NO_MONTHS)
    lines += _left_out(summary)
    for why, number in summary["skipped"].items():
        lines.append(f"skipped by the source, no events: {why}: {number:,}")
    for why, number in summary["doubted"].items():
        lines.append(f"read, with a doubt: {why}: {number:,}")
    for field, number in summary["read_as_other"].items():
        lines.append(f"{field}: read as `other`, because the contract does not know the word: {number:,}")
    for reason, number in summary["rejected"].items():
        lines.append(f"rejected, {reason}: {number:,}. Remedy: {remedy_in_file(reason)}")
        errors = summary["rejected_errors"].get(reason, ())
        shown = [Kind(_where(one), one["error"], one["number"]) for one in errors]
        lines += error_lines(number, shown, str)
        if number > len(shown):
            lines.append(f"  see {out / 'dead-letters.jsonl'} for all of them")
    for lack in summary["without_rate"]:
        into, (first, *_) = lack["into"], lack["of"]
        lines.append(
            f"warning: figures in {into} are unknown from {lack['month']} on where no rate of {', '.join(lack['of'])} "
            f"in {into} is known: add `rate.published` with base {first}, quote {into} and effective_on "
            f"{lack['month']}-01 or before (docs/currencies.md)"
        )
    if summary["requests_without_effect"]:
        lines.append(f"warning: {unsettled.warning(summary['requests_without_effect'])}")
    return lines


def _left_out(summary: dict[str, Any]) -> Iterator[str]:
    if summary["after_until"]:
        yield f"left out, as they happened after --until: {summary['after_until']:,}"
    if summary["left_out"]:
        yield f"left out, as they are marked `synthetic`: {summary['left_out']:,}"


def _outcomes(summary: dict[str, Any]) -> Iterator[str]:
    """Yield the number of events of each outcome; together they are all that were read."""
    yield f"{summary['applied']:,} applied ({summary['late']:,} late)"
    yield f"{summary['duplicate']:,} duplicate"
    yield f"{summary['left_out'] + summary['after_until']:,} left out"
    if summary["of_erased_customers"]:
        yield f"{summary['of_erased_customers']:,} of erased customers (dropped)"
    if summary["heartbeats"]:
        yield counted(summary["heartbeats"], "heartbeat")
    yield f"{sum(summary['rejected'].values()):,} rejected"


def _where(record: dict[str, Any]) -> str:
    noun, number = next(iter(record.items()))
    return f"{noun} {number}" if number is not None else ""


def _why_nothing(summary: dict[str, Any], file: Path, settings: Settings) -> str:
    reader = reader_of(settings)
    if reader is not None and summary["read"] == summary["rejected"].get(UNREAD, 0):
        return "; ".join(filter(None, [nothing_read(reader.source.name), advice(file, settings)]))
    if summary["rejected"]:
        why = "all were rejected, for the reasons above" if not summary["duplicate"] else "see the reasons above"
        return "; ".join(filter(None, [why, advice(file, settings)]))
    if summary["after_until"]:
        return "all happened after --until"
    if summary["left_out"]:
        return "all are marked `synthetic`, as those of a test mode: no figure and no signal is made of them"
    return "it has only heartbeats" if summary["heartbeats"] else nothing_in(file, settings)


async def _run(file: Path, out: Path, settings: Settings, until: Instant | None, broker: str | None) -> dict[str, Any]:
    if broker is None:
        memory.settle()
        with bar() as show:
            return await replay_in_memory(file, out, settings, until, show)
    from streams.replay import replay as replay_on  # Faust and a client take half a second
    from streams.stage import with_broker

    with bar() as show:
        return await replay_on(file, out, with_broker(settings, broker), until, show)
