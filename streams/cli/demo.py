"""`backstay demo`: a simulated company, a broker and a worker on this machine; at the end, a check of every figure."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click

from streams import memory
from streams.browsing import is_terminal, open_window, opener
from streams.cli.options import config_options, settings_from
from streams.logs import set_up_logs
from streams.settings import Settings
from streams.stage import Stage
from streams.starting import beside

log = logging.getLogger("backstay")


@click.command()
@click.option("--broker", metavar="HOST:PORT", help="Use this Kafka broker instead of the embedded one.")
@click.option(
    "--duration", type=click.FloatRange(min=1), metavar="SECONDS", help="Stop after this time, with the summary."
)
@click.option(
    "--seed", default=42, show_default=True, help="Seed of the simulation: the same seed gives the same company."
)
@click.option(
    "--customers",
    default=400,
    show_default=True,
    help="Number of customers over the history.",
    type=click.IntRange(10, 20_000),
)
@click.option("--no-browser", is_flag=True, help="Do not open the console in a browser; its address is printed.")
@config_options
def demo(
    broker: str | None,
    duration: float | None,
    seed: int,
    customers: int,
    no_browser: bool,  # noqa: FBT001 - click passes it by its name
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Play 18 months of a simulated company through a real worker, then continue live.

    Needs no Kafka: the broker is embedded and stores nothing on disk. The address of the web page is printed; in a
    terminal of a desktop the console is opened in a browser. Ctrl-C, or the end of --duration, stops the demo with a
    summary that compares every figure with a batch recomputation of the same log. Without a terminal it stops after
    the history.
    """
    on = () if broker is None else (f"kafka.bootstrap_servers={broker}",)
    settings = settings_from(config, (*overrides, *on))
    set_up_logs("warning")
    arguments = [] if config is None else ["--config", str(config)]
    arguments += [part for one in overrides for part in ("--set", one)]
    is_seen = is_terminal() and not no_browser
    opens = opener(open_window, is_terminal=is_seen, platform=sys.platform, environment=os.environ)
    click.get_current_context().exit(asyncio.run(_run(settings, broker, duration, seed, customers, arguments, opens)))


async def _run(
    settings: Settings,
    broker: str | None,
    duration: float | None,
    seed: int,
    customers: int,
    arguments: list[str],
    opens: Callable[[str], object],
) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    stage = Stage()

    def end() -> None:
        if stop.is_set():
            stage.leave()  # a second Ctrl-C ends it without the summary
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, end)
    async with beside(_load()), stage.broker(settings, broker) as on:
        from streams.demo import Demo  # waits until it is loaded

        memory.settle()
        show = Demo(stage, on, duration, seed, customers, stop, arguments, alone=broker is None, opens=opens)
        return await show.run()


async def _load() -> None:
    """Load the demonstration in another thread: Faust takes 0.2 s, in which a broker starts."""

    def load() -> None:
        import_module("streams.demo")

    await asyncio.to_thread(load)
