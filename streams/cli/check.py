"""`backstay check`: look through a sample of a log or a topic before it is used."""

import asyncio
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from retention.calendar import instant
from schemas.visible import visible
from sources.mapping.options import MappingOptions
from streams.broker import Broker
from streams.cli.options import config_options, of_tables, settings_from, source_option
from streams.cli.words import counted
from streams.day_order import DayOrder
from streams.first_rule import UNKNOWN
from streams.foreign_logs import UNREAD, LogReader, reader_of, wanted
from streams.likely import OWN, instead
from streams.log_check import look, nothing_read
from streams.logfile import opened
from streams.looked import Looked, Place
from streams.refusals import error_lines
from streams.results import json_line
from streams.settings import Settings
from streams.tables import Verbatim, print_line, print_whole
from streams.topic_check import check_topic

SAMPLE: Final = 10_000
OF_TOPIC: Final = 1_000
"""Lines of a file, and records of a topic, to look at."""
WIDTH: Final = 80
"""Columns of the table if there is no terminal."""
_FOREIGN: Final = frozenset({"contract", "unknown_type"})
"""Reasons for which records of a company's own are refused."""


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--topic",
    metavar="TOPIC",
    help="Look at a topic of the broker in place of a file: by its name there, or in the settings, as logins.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=0),
    help=f"Number of records to look at; 0 for all. Default: the first {SAMPLE:,} lines of a file, {OF_TOPIC:,} "
    "records of a topic, as many of each partition.",
)
@click.option("--newest", is_flag=True, help="Look at the newest records of the topic. Default: the oldest.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@source_option
@config_options
def check(
    file: Path | None,
    source: str | None,
    config: Path | None,
    overrides: tuple[str, ...],
    *,
    topic: str | None,
    sample: int | None,
    newest: bool,
    as_json: bool,
) -> None:
    """Check a sample of FILE or of a topic: how it is read, what is refused, and what looks like a mistake.

    With --source its lines are records of another system. Without it they are events of Backstay's own contract. If
    they yield no event and look like records of another source, that source is named.

    Records of a topic are read as a worker with these settings would read them, with headers, key and timestamp;
    --source chooses another source. No consumer group is used. Nothing is sent, stored or committed.

    The exit code is 0 if everything can be used, 1 if something is refused, nothing yields an event, a path of a
    mapping matches nothing, or no setting names the topic; 2 for a wrong option or setting; 65 if FILE is not a log at
    all. With --topic it is 3 if no broker answers, 4 if there is no such topic, 9 if this user may not read it.
    """
    if (file is None) == (topic is None):
        raise click.UsageError(
            "name a FILE, or a topic of the broker by --topic TOPIC" + (": not both" if file else "")
        )
    if file is not None and newest:
        raise click.UsageError("--newest is about topics: of a file the first lines are looked at")
    if topic is not None and of_tables():
        raise click.UsageError("--csv-delimiter and --csv-encoding are about files, and not topics")
    settings = settings_from(config, overrides, source)
    if file is not None:
        found, reader = _of_file(file, settings, SAMPLE if sample is None else sample)
    else:
        most = OF_TOPIC if sample is None else sample
        found, reader = asyncio.run(check_topic(Broker(settings), topic or "", source, most, newest=newest))
    if as_json:
        click.echo(json_line(found.as_json(), indent=1))
    else:
        console = Console(highlight=False)
        if not console.is_terminal:
            console = Console(highlight=False, width=WIDTH)
        for line in first_lines(found, file, config):
            print_line(console, line)
        print_whole(console, _table(found))
        for line in lines(found, reader.source.name if reader is not None else "", file):
            print_line(console, line)
    is_well = found.events and not (found.refused or found.unmatched or found.unnamed)
    click.get_current_context().exit(0 if is_well else 1)


def _of_file(file: Path, settings: Settings, sample: int) -> tuple[Looked, LogReader | None]:
    """Return what is found in a file, and the source that reads it."""
    reader = reader_of(settings)
    with opened(file, wanted(reader)) as log:
        dates = DayOrder(log)
        checked = dates if log.layout == "csv" else log
        found = look(checked, settings, reader, sample, instant(datetime.now(UTC)), log.field)
        found.noun = log.noun
        if not found.records:
            found.hints.append(log.empty)
        elif found.records == sample:
            found.hints.append(f"that was a sample, from the beginning of {file}: --sample 0 reads all of it")
        found.doubts += () if _says_order(reader) else dates.doubts()
    return found, reader


def _says_order(reader: LogReader | None) -> bool:
    """Report whether a mapping says for all rules which part of a date comes first."""
    options = reader.options if reader is not None else None
    return isinstance(options, MappingOptions) and options.times.dates is not None


def _table(found: Looked) -> Table:
    """Return what is read as what."""
    table = Table(box=None, pad_edge=False)
    table.add_column("number", justify="right", no_wrap=True)
    table.add_column("first", justify="right", no_wrap=True)
    table.add_column("record", overflow="fold", max_width=28)
    table.add_column("is read as", overflow="fold")
    for row in found.rows:
        table.add_row(f"{row.number:,}", str(row.first), Text(visible(row.record)), Text(visible(row.becomes)))
    return table


def first_lines(found: Looked, file: Path | None, config: Path | None) -> Iterator[str]:
    """Yield what stands above the table: which system records look like, and the command that reads them as its own.

    All that follows is about reading them as something else, and none of it need be read then.
    """
    if not found.likely:
        return
    yield instead(found.likely, on_topic=bool(found.topic))
    what = f"--topic {found.topic}" if found.topic else shlex.quote(str(file))
    source = f" --source {found.likely}" if found.likely != OWN else ""
    settings = f" --config {shlex.quote(str(config))}" if config is not None else ""
    yield Verbatim(f"  backstay check {what}{source}{settings}")
    yield ""


def lines(found: Looked, source: str, file: Path | None) -> Iterator[str]:
    """Yield what stands below the table: counts, refused lines with their remedy, doubts, and what to try."""
    if found.more_rows:
        yield f"and {counted(found.more_rows, 'further kind')} of records"
    of = f" of {source}" if source else ""
    yield f"{counted(found.records, 'record')}{of}: {counted(found.events, 'event')}, {found.refused.total():,} refused"
    for reason, number in sorted(found.refused.items()):
        if reason in _FOREIGN and not found.events and (found.likely or found.first_rule):  # it is said above or below
            yield f"refused, {reason}: {number:,}"
            continue
        yield f"refused, {reason}: {number:,}. Remedy: {found.remedy(reason)}"
        yield from error_lines(number, found.errors.first(reason), partial(_named, found.noun))
    yield from (f"matches nothing: {one}" for one in found.unmatched)
    yield from (f"doubtful: {doubt}" for doubt in found.doubts)
    if source and not found.events and set(found.refused) <= {UNREAD}:
        yield nothing_read(source)
    yield from found.hints
    if found.settings:
        yield f"no setting names the topic {found.topic}, so no worker reads it. These lines have one read it:"
        yield ""
        yield from map(Verbatim, found.settings)
        yield ""
    if found.first_rule:
        yield "a mapping reads such records (docs/sources/mapping.md). Begin with these settings, in backstay.toml:"
        yield ""
        yield from map(Verbatim, found.first_rule)
        yield ""
        if any(f'"{UNKNOWN}"' in line for line in found.first_rule):
            yield f'write what you know in place of each "{UNKNOWN}". Then:'
        what = f"--topic {found.topic}" if found.topic else f"{shlex.quote(str(file))} --source mapping"
        yield Verbatim(f"  backstay check {what} --config backstay.toml")


def _named(noun: str, place: int | Place) -> str:
    return f"{noun} {place}"
