"""`backstay demo`: a company, a broker and a worker on this machine, and a check of every figure at the end."""

import asyncio
import logging
import signal
from pathlib import Path

import click

from streams.cli.options import config_options, settings_from
from streams.logs import set_up_logs
from streams.settings import Settings

log = logging.getLogger("backstay")


@click.command()
@click.option("--broker", metavar="HOST:PORT", help="A Kafka of your own instead of the embedded broker.")
@click.option(
    "--duration", type=click.FloatRange(min=1), metavar="SECONDS", help="End after so long, with the summary."
)
@click.option("--seed", default=42, show_default=True, help="Same seed, same company.")
@click.option("--customers", default=400, show_default=True, type=click.IntRange(10, 20_000))
@config_options
def demo(
    broker: str | None,
    duration: float | None,
    seed: int,
    customers: int,
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Play 18 months of a simulated company through a real worker, then go on live.

    Needs nothing but this machine: the broker is embedded and keeps nothing. The page is at the address that is
    printed. Ctrl-C, or the end of --duration, ends it with a summary that holds every figure against a batch
    recomputation of the same log. Without a terminal it ends after the history.
    """
    on = () if broker is None else (f"kafka.bootstrap_servers={broker}",)
    settings = settings_from(config, (*overrides, *on))
    set_up_logs("warning")
    click.get_current_context().exit(asyncio.run(_run(settings, broker, duration, seed, customers)))


async def _run(settings: Settings, broker: str | None, duration: float | None, seed: int, customers: int) -> int:
    from streams.demo import Demo

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end(number: int) -> None:
        stop.set()
        loop.remove_signal_handler(number)  # who cannot wait for the summary either presses Ctrl-C again

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, end, name)
    show = Demo(settings, broker, duration, seed, customers, stop)
    return await show.run()
