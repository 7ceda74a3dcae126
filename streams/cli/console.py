"""`backstay console`: what the output topics say, for people and for programs, in a process of its own."""

import asyncio
import logging
import signal
import sys
import webbrowser
from pathlib import Path
from typing import Any, Final

import click

from streams import extras
from streams.cli.options import config_options, settings_from
from streams.console_process import missing_packages
from streams.errors import BadSettings
from streams.logs import set_up_logs
from streams.settings import Settings

log = logging.getLogger("backstay.console")

SWITCH: Final = 0.0005
"""Seconds after which a thread that calculates lets others go on, a tenth of the usual. While the worth of signals is
counted, 99 of 100 look-ups take 19 ms, not 98 (benchmarks/console.py; docs/console.md#what-it-costs)."""


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), help="Port, instead of console.port; 0 takes any free one.")
@click.option("--host", help="Address to listen on, instead of console.host.")
@click.option("--rebuild", is_flag=True, help="Empty the store, and read all topics from their beginning.")
@click.option("--open", "opens", is_flag=True, help="Open it in a browser.")
@click.option("--beside", is_flag=True, hidden=True, help="End when standard input is closed.")
@click.option("--demo", is_flag=True, hidden=True, help="Say on every page that the company is a simulated one.")
@config_options
def console(
    config: Path | None,
    overrides: tuple[str, ...],
    *,
    port: int | None,
    host: str | None,
    rebuild: bool,
    opens: bool,
    beside: bool,
    demo: bool,
) -> None:
    """Show who is at risk, each customer, retention, and the worth of the signals, until SIGTERM or Ctrl-C.

    The console is one more subscriber of the output topics: it shows all partitions, and workers do not notice it. Its
    address is printed. It listens on this machine only, unless console.tokens or a proxy decide who may look.
    """
    require_packages()
    named = (("port", port), ("host", host))
    further = tuple(f"console.{name}={value}" for name, value in named if value is not None)
    settings = settings_from(config, (*overrides, *further))
    set_up_logs(settings.log_level)
    sys.setswitchinterval(SWITCH)
    click.get_current_context().exit(
        asyncio.run(_run(settings, rebuild=rebuild, opens=opens, beside=beside, demo=demo))
    )


def require_packages() -> None:
    """Raise `BadSettings` if the packages of the console are missing."""
    if missing_packages():
        raise BadSettings(extras.missing("the console", "console"))


async def _run(settings: Settings, *, rebuild: bool, opens: bool, beside: bool, demo: bool) -> int:
    from streams.console.app import App

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with App(settings, rebuild=rebuild, demo=demo) as running:
        click.echo(f"console {running.url}")
        sys.stdout.flush()
        if opens:
            await asyncio.to_thread(webbrowser.open, running.url)
        stopping: asyncio.Future[Any] = asyncio.ensure_future(stop.wait())
        if beside:
            watching = asyncio.ensure_future(_closed(stop))
            stopping.add_done_callback(lambda _: watching.cancel())
        failing = asyncio.ensure_future(running.failure())
        await asyncio.wait([stopping, failing], return_when=asyncio.FIRST_COMPLETED)
        failing.cancel() if stop.is_set() else await failing
    log.info("console left")
    return 0


async def _closed(stop: asyncio.Event) -> None:
    """Wait until standard input is closed: by the process that started this one, or by its end."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    stop.set()
