"""`backstay simulate`: write the events of a simulated company as a log, and what becomes of its customers."""

import gzip
import json
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, TextIO, cast

import click

from retention.calendar import Instant, moment
from streams.cli.options import INSTANT
from streams.companies import KINDS
from streams.companies.base import Company
from streams.errors import BadSettings
from streams.writing import require_writable, writing


@click.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write (.gz is gzipped).")
@click.option(
    "--kind",
    type=click.Choice(list(KINDS)),
    default="saas",
    show_default=True,
    help="; ".join(f"{kind.name}: {kind.help.lower()}" for kind in KINDS.values()) + ".",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for what becomes of each customer, one JSON object a line: whether, when and why it left.",
)
@click.option(
    "--seed",
    default=42,
    show_default=True,
    help="Seed of the simulation: the same seed and dates give the same events.",
)
@click.option(
    "--customers",
    default=400,
    show_default=True,
    help="Number of customers over the history.",
    type=click.IntRange(1, 1_000_000),
)
@click.option(
    "--days", default=548, show_default=True, type=click.IntRange(1, 3_650), help="Length of the history, in days."
)
@click.option("--start", type=INSTANT, help="First day. Default: --days before today.")
def simulate(
    out: Path | None, kind: str, labels: Path | None, seed: int, customers: int, days: int, start: Instant | None
) -> None:
    """Write the events of a simulated company as JSON lines.

    They come in order of arrival. Without --out they go to standard output: `backstay simulate --days 90 > log.jsonl`.
    """
    first = moment(start) if start is not None else _midnight(datetime.now(UTC)) - timedelta(days=days)
    company = Company(KINDS[kind], seed, first, days, customers)
    if labels is not None:
        require_writable(labels)
    if out is not None and labels is not None and out.resolve() == labels.resolve():
        raise BadSettings(f"--out and --labels are one file, {out}: name two")
    with ExitStack() as files:
        text = files.enter_context(_labels(labels)) if labels is not None else None
        if out is None:
            _write(company, sys.stdout.buffer)
        else:
            with writing(out), _opened(out) as stream:
                _write(company, stream)
        if labels is not None and text is not None:
            with writing(labels):
                _write_labels(company, first + timedelta(days=days), text)
                text.close()  # writes what is still in the buffer


def _labels(where: Path) -> TextIO:
    """Open the file of labels: before the first event, for a history takes a while."""
    with writing(where):
        return where.open("w", encoding="utf-8")


def _opened(out: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(out, "wb")) if out.suffix == ".gz" else out.open("wb")


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _write_labels(company: Company, until: datetime, stream: TextIO) -> None:
    for label in company.labels():
        if label.joined < until:
            stream.write(json.dumps(label.as_json(until)) + "\n")


def _write(company: Company, stream: BinaryIO) -> None:
    stream.writelines(arrival.line() + b"\n" for arrival in company.history())
