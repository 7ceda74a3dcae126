"""`backstay doctor`: check the installation, the broker and the topics."""

import asyncio
import json
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from schemas.visible import readable
from streams.broker import Broker
from streams.checks import Outcome, examined
from streams.cli.options import config_options, settings_from


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
@config_options
def doctor(as_json: bool, config: Path | None, overrides: tuple[str, ...]) -> None:  # noqa: FBT001 - a flag of click
    """Check this installation, the broker, the topics, and the registry, webhooks and console if there are any.

    This covers everything that a worker needs, and its state folder. A sample of the newest records is read as a worker
    would read it, topics of sources included, and those that would become dead letters are counted. Then the schema
    registry, unhandled dead letters, webhooks and the console are checked, as far as these settings have them. The
    command sees what its own Kafka user may see. The exit code is 0 if every check passes, else that of the first
    failure. Workers may run meanwhile, but none with the same state.dir.
    """
    broker = Broker(settings_from(config, overrides))
    found = asyncio.run(examined(broker))
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in found], indent=1))
    else:
        console = Console(highlight=False)
        for one in found:
            console.print(as_line(one), soft_wrap=True)
    click.get_current_context().exit(next((one.code for one in found if one.code), 0))


def as_line(one: Outcome) -> str:
    """Return the line printed for a check, as markup of rich."""
    colour, sign = _mark(one)
    return f"[{colour}]{sign}[/] {one.name:<14} {escape(readable(one.says))}"


def _as_json(one: Outcome) -> dict[str, object]:
    return {"check": one.name, "ok": not one.code, "warns": one.warns, "says": one.says}


def _mark(one: Outcome) -> tuple[str, str]:
    if one.code:
        return "red", "✗"
    return ("yellow", "!") if one.warns else ("green", "✓")
