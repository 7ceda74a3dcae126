"""`backstay load`: send a history of events to the input topics."""

import asyncio
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from retention.calendar import instant
from schemas.visible import visible
from streams.broker import Broker
from streams.cli.options import config_options, settings_from, source_option
from streams.cli.words import advised, counted, nothing_in
from streams.errors import BadLog, BadSettings
from streams.loading import Loaded, Loader, Survey, check_topics, standing_still, warnings
from streams.refusals import error_lines
from streams.rejected import remedy_in_file
from streams.settings import Settings
from streams.tables import LITTLE, print_line, print_words

LINE_SECONDS: Final = 10.0


@click.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE…", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--rate",
    type=click.FloatRange(min=1, max=1_000_000),
    default=5_000,
    show_default=True,
    help="Maximum number of events per second.",
)
@click.option(
    "--notes",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    metavar="FOLDER",
    help="Folder for the progress of each file. Default: beside the file, as FILE.loading.",
)
@source_option
@config_options
def load(
    files: tuple[Path, ...],
    rate: float,
    notes: Path | None,
    source: str | None,
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Send a history of events, FILE…, to the input topics.

    Each event is marked "backfill": true: it rebuilds states and figures, and raises only the signals that still hold
    at the end of the history. Files are read as by `backstay replay`, CSV and Parquet too. Ctrl-C
    stops it cleanly; the same command resumes.

    Events that a worker would reject are not sent; they are listed with their lines. The exit code is 65 if no event
    could be sent, and 130 after Ctrl-C.
    """
    settings = settings_from(config, overrides, source)
    for file in files:
        if not file.is_file():
            raise BadSettings(
                f"{file} is a pipe, which can be read once: `load` looks through all of it before it sends anything, "
                "and resumes in it. Write it to a file first"
            )
    with advised(files, settings):
        code = asyncio.run(_run(files, settings, rate, notes))
    click.get_current_context().exit(code)


async def _run(files: tuple[Path, ...], settings: Settings, rate: float, notes: Path | None) -> int:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    broker = Broker(settings)
    await check_topics(broker)
    survey = Survey(broker, await broker.input_widths())
    for file in files:
        await asyncio.to_thread(survey.take, file, stop.is_set)  # a long history takes minutes: Ctrl-C is heard
    if stop.is_set():
        return 130
    console = Console(stderr=True, highlight=False)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    now = instant(datetime.now(UTC))
    for warning in [*standing_still(settings, survey.newest, now), *await warnings(broker, survey, rate)]:
        print_words(console, f"[yellow]warning:[/] {escape(visible(warning))}", LITTLE)
    unsent = 0
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        for file in files:
            loaded = await Loader(broker, rate, stop, notes, _Shown(bar, console, file)).load(file, survey)
            for line in _accounts(loaded):
                print_line(console, line)
            if stop.is_set() and not loaded.ended:
                return 130
            unsent += not loaded.sent and not loaded.resumed_at
    if not sum(survey.events.values()):
        raise BadLog(f"nothing was sent: {nothing_in(files[0], settings)}")
    if unsent == len(files):
        raise BadLog("nothing was sent: workers would reject every event, for the reasons above")
    return 0


class _Shown:
    """Shows the progress of a file: a bar on a terminal, else a line every ten seconds."""

    def __init__(self, bar: Progress, console: Console, file: Path) -> None:
        self._bar, self._console, self._file = bar, console, escape(visible(file.name))
        self._task = bar.add_task(self._file, total=None)
        self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        self._bar.update(self._task, completed=done, total=total)
        if not self._console.is_terminal and time.monotonic() - self._last > LINE_SECONDS:
            self._last = time.monotonic()
            self._console.print(f"{self._file}: {done:,} of {total:,} events", soft_wrap=True)


def _accounts(loaded: Loaded) -> list[str]:
    if loaded.ended and not loaded.sent and not loaded.rejected and loaded.resumed_at:
        all_of = f"{loaded.file}: all of its {loaded.resumed_at:,} events were sent before, or rejected"
        return [f"{all_of}; delete its note to send again"]
    state = "the whole file is read" if loaded.ended else "stopped: the same command resumes here"
    before = f", {loaded.resumed_at:,} before" if loaded.resumed_at else ""
    rejected = sum(loaded.rejected.values())
    lines = [f"{loaded.file}: {counted(loaded.sent, 'event')} sent{before}, {rejected:,} rejected; {state}"]
    for reason, number in sorted(loaded.rejected.items()):
        lines.append(f"not sent, {reason}: {number:,}. Remedy: {remedy_in_file(reason)}")
        lines += error_lines(number, loaded.errors.first(reason), lambda line: f"{loaded.noun} {line}")
    return lines
