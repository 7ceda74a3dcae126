"""`backstay doctor`: is everything in order here?"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import click
from rich.console import Console

from streams import codecs
from streams.broker import Broker
from streams.cli.options import config_options, settings_from
from streams.errors import StreamError


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
@config_options
def doctor(as_json: bool, config: Path | None, overrides: tuple[str, ...]) -> None:  # noqa: FBT001 - a flag of click
    """Check the broker, the topics and their partition counts. Exit code 0 if all is well, else that of the fault."""
    broker = Broker(settings_from(config, overrides))
    checks = asyncio.run(_checks(broker))
    if as_json:
        click.echo(json.dumps([{"check": name, "ok": not code, "says": text} for name, code, text in checks], indent=1))
    else:
        console = Console(highlight=False)
        for name, code, text in checks:
            console.print(f"[{'red' if code else 'green'}]{'✗' if code else '✓'}[/] {name:<14} {text}", soft_wrap=True)
    click.get_current_context().exit(next((code for _, code, _ in checks if code), 0))


async def _checks(broker: Broker) -> list[tuple[str, int, str]]:
    async def reachable() -> str:
        admin = await broker.admin()
        await admin.close()
        return f"answers at {broker.servers}"

    async def transactions() -> str:
        has = await broker.has_transactions()
        return "exactly once" if has else "none: outputs may be repeated after a crash, with the same ids"

    async def co_partitioned() -> str:
        numbers = await broker.partitions()
        widths = await broker.input_widths()
        others = [f"{name} has {width}" for name, width in widths.items() if width % numbers]
        sent_home = f"; {', '.join(others)}, so its records are sent home" if others else ""
        return f"complete, customers are spread over {numbers} partitions{sent_home}"

    async def compression() -> str:
        return f"reads {', '.join(codecs.readable())}"

    steps: list[tuple[str, Callable[[], Awaitable[str]]]] = [
        ("codecs", compression),
        ("broker", reachable),
        ("transactions", transactions),
        ("topics", co_partitioned),
    ]
    found: list[tuple[str, int, str]] = []
    for name, step in steps:
        try:
            found.append((name, 0, await step()))
        except StreamError as error:
            found.append((name, error.exit_code, str(error)))
            break  # what comes after needs this
    return found
