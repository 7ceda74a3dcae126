"""`backstay accept-gap`: go on behind records that are gone."""

import asyncio
from pathlib import Path

import click

from streams import gaps
from streams.broker import Broker
from streams.cli.options import config_options, settings_from
from streams.errors import LogGap


@click.command("accept-gap")
@click.option("--yes", is_flag=True, help="Do it. Without this, only what is missing is listed.")
@config_options
def accept_gap(config: Path | None, overrides: tuple[str, ...], *, yes: bool) -> None:
    """Go on behind records that an input topic no longer has, although they were not read. The state is kept.

    Stop every worker first. What is missing is listed by topic, partition and offsets; with --yes it is counted as
    `missing` among the outcomes, and the next worker goes on with what is left. Figures and states lack those events
    from then on: where the source still has them, send them again.
    """
    broker = Broker(settings_from(config, overrides))
    found = asyncio.run(_accept(broker, yes=yes))
    for gap in found:
        click.echo(str(gap))
    if not found:
        click.echo("nothing is missing: start the workers")
    elif yes:
        click.echo(f"accepted in {len(found)} partitions: start the workers")
    else:
        click.echo("Nothing was changed. Run it again with --yes to go on without these records")
        click.get_current_context().exit(LogGap.exit_code)


async def _accept(broker: Broker, *, yes: bool) -> list[gaps.Gap]:
    await gaps.require_no_workers(broker)
    stand = await gaps.look(broker)
    if yes and stand.all():
        await gaps.accept(broker, stand)
    return stand.all()
