"""`backstay check`: look through a sample of a log before it is used."""

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from retention.calendar import instant
from schemas.visible import visible
from sources.mapping.options import MappingOptions
from streams.cli.options import config_options, settings_from, source_option
from streams.cli.words import counted
from streams.day_order import DayOrder
from streams.first_rule import UNKNOWN
from streams.foreign_logs import UNREAD, LogReader, reader_of, wanted
from streams.likely import instead
from streams.log_check import Looked, look, nothing_read
from streams.logfile import opened
from streams.refusals import error_lines
from streams.rejected import remedy_in_file
from streams.results import json_line
from streams.tables import print_whole

SAMPLE: Final = 10_000
WIDTH: Final = 80
"""Columns of the table if there is no terminal."""
_FOREIGN: Final = frozenset({"contract", "unknown_type"})
"""Reasons for which records of a company's own are refused."""


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--sample",
    type=click.IntRange(min=0),
    default=SAMPLE,
    show_default=True,
    help="Number of lines to look at, from the beginning; 0 for all.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@source_option
@config_options
def check(
    file: Path,
    sample: int,
    as_json: bool,  # noqa: FBT001 - click passes it by name
    source: str | None,
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Check a sample of FILE: how its lines are read, which are refused, and what looks like a mistake.

    With --source its lines are records of another system. Without it they are events of Backstay's own contract. If
    they yield no event and look like records of another source, it names that source. Nothing is sent or stored.

    The exit code is 0 if every line can be used, 1 if a line is refused, no line yields an event, or a path of a
    mapping matches nothing, 2 for a wrong option or setting, and 65 if FILE is not a log at all.
    """
    settings = settings_from(config, overrides, source)
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
    if as_json:
        click.echo(json_line(found.as_json(), indent=1))
    else:
        console = Console(highlight=False)
        if not console.is_terminal:
            console = Console(highlight=False, width=WIDTH)
        print_whole(console, _table(found))
        for line in lines(found, reader.source.name if reader is not None else "", file):
            console.print(Text(visible(line)), soft_wrap=True)
    click.get_current_context().exit(1 if found.refused or found.unmatched or not found.events else 0)


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


def lines(found: Looked, source: str, file: Path) -> Iterator[str]:
    """Yield what stands below the table: counts, refused lines with their remedy, doubts, and what to try."""
    if found.more_rows:
        yield f"and {counted(found.more_rows, 'further kind')} of records"
    of = f" of {source}" if source else ""
    yield f"{counted(found.records, 'record')}{of}: {counted(found.events, 'event')}, {found.refused.total():,} refused"
    for reason, number in sorted(found.refused.items()):
        if reason in _FOREIGN and not found.events and (found.likely or found.first_rule):  # it is said below
            yield f"refused, {reason}: {number:,}"
            continue
        yield f"refused, {reason}: {number:,}. Remedy: {remedy_in_file(reason)}"
        yield from error_lines(number, found.errors.first(reason), lambda line: f"{found.noun} {line}")
    yield from (f"matches nothing: {one}" for one in found.unmatched)
    yield from (f"doubtful: {doubt}" for doubt in found.doubts)
    if source and not found.events and set(found.refused) <= {UNREAD}:
        yield nothing_read(source)
    if found.likely:
        yield instead(found.likely)
    yield from found.hints
    if found.first_rule:
        yield "a mapping reads such records (docs/sources/mapping.md). Begin with these settings, in backstay.toml:"
        yield ""
        yield from found.first_rule
        yield ""
        if any(f'"{UNKNOWN}"' in line for line in found.first_rule):
            yield f'write what you know in place of each "{UNKNOWN}". Then:'
        yield f"  backstay check {shlex.quote(str(file))} --source mapping --config backstay.toml"
