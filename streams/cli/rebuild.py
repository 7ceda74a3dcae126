"""`backstay rebuild`: rebuild the state from the input topics."""

import asyncio
from functools import partial
from pathlib import Path

import click

from streams.broker import Broker
from streams.cli.bar import bar
from streams.cli.options import config_options, settings_from
from streams.rebuild import rebuild as make_anew


@click.command()
@config_options
@click.option(
    "--partial", "of_a_part", is_flag=True, help="Rebuild even if an input topic has lost its oldest records."
)
@click.option(
    "--forgotten-may-return",
    is_flag=True,
    help="With --partial: rebuild even if no topic lists the erased customers any more.",
)
def rebuild(config: Path | None, overrides: tuple[str, ...], *, of_a_part: bool, forgotten_may_return: bool) -> None:
    """Rebuild a lost state from the input topics.

    Use it after the changelog was lost or truncated. Stop every worker first. No output events are sent again: signals,
    movements and figures stay as published. Erased customers stay erased: they are known from the changelog, the
    requests on `privacy`, or the receipts on `audit`.
    """
    settings = settings_from(config, overrides)
    with bar() as progress:
        rebuilding = make_anew(
            Broker(settings),
            partial(progress, "partitions"),
            partial=of_a_part,
            forgotten_may_return=forgotten_may_return,
        )
        customers = asyncio.run(rebuilding)
    click.echo(f"rebuilt the state of {customers:,} customers: start the workers")
