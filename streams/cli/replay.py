"""`backstay replay`: a log through the very same app."""

import asyncio
import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from retention.calendar import Instant
from streams import replay as player
from streams.cli.options import INSTANT, config_options, settings_from
from streams.settings import Settings


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the results.")
@click.option(
    "--until",
    type=INSTANT,
    help="Close periods and fire timers up to here. Default: end of the last event's month + lateness + disorder.",
)
@click.option("--broker", metavar="HOST:PORT", help="A Kafka of your own, with no Backstay topics on it yet.")
@config_options
def replay(
    file: Path, out: Path, until: Instant | None, broker: str | None, config: Path | None, overrides: tuple[str, ...]
) -> None:
    """Play FILE, a log of events, and write what the output topics received.

    FILE holds one JSON event a line, all topics together, in order of arrival; it may be gzipped. The results are
    metric-updates.jsonl, churn-signals.jsonl, mrr-movements.jsonl, dead-letters.jsonl and summary.json.
    """
    settings = settings_from(config, overrides)
    summary = asyncio.run(_run(file, out, settings, until, broker))
    click.echo(json.dumps(summary, indent=1))


async def _run(
    file: Path, out: Path, settings: Settings, until: Instant | None, broker: str | None
) -> dict[str, object]:
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    async with player.broker_for(settings, broker) as ready:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("starting", total=None)

            def show(stage: str, done: int, of: int) -> None:
                bar.update(task, description=stage, completed=done, total=of or None)

            return await player.replay(file, out, ready, until, show)
