"""`backstay rebuild`: the state made anew from the input topics."""

import asyncio
from pathlib import Path

import click

from streams.broker import Broker
from streams.cli.options import config_options, settings_from
from streams.rebuild import rebuild as make_anew


@click.command()
@config_options
@click.option("--partial", is_flag=True, help="Go on although the beginning of an input topic is gone.")
@click.option(
    "--forgotten-may-return",
    is_flag=True,
    help="With --partial: go on although nothing tells any more who was forgotten.",
)
def rebuild(config: Path | None, overrides: tuple[str, ...], *, partial: bool, forgotten_may_return: bool) -> None:
    """Make the state anew from the input topics, where its changelog was lost or truncated.

    Stop every worker first. Nothing is said again: signals, movements and figures stay as they were told. Whoever was
    forgotten stays forgotten: the changelog says who that is, or the requests on `privacy`, or the receipts on `audit`.
    """
    settings = settings_from(config, overrides)
    with click.progressbar(length=1_000, label="partitions") as bar:

        def show(done: int, of: int) -> None:
            bar.update(done * 1_000 // of - bar.pos)

        customers = asyncio.run(
            make_anew(Broker(settings), show, partial=partial, forgotten_may_return=forgotten_may_return)
        )
    click.echo(f"the state of {customers:,} customers is there again; start the workers")
