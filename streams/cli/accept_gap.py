"""`backstay accept-gap`: continue after records that were deleted before they were read."""

import asyncio
from pathlib import Path

import click

from streams import gaps
from streams.broker import Broker
from streams.cli.options import config_options, settings_from
from streams.errors import LogGap


@click.command("accept-gap")
@click.option("--yes", is_flag=True, help="Accept the gaps. Without this option they are only listed.")
@config_options
def accept_gap(config: Path | None, overrides: tuple[str, ...], *, yes: bool) -> None:
    """Continue after input records were deleted unread. The state is kept.

    Stop every worker first. The missing records are listed by topic, partition and offsets. With --yes they are counted
    with the outcome `missing`, and workers continue at the next record that exists. States and figures lack those
    events: if the source still has them, send them again.
    """
    broker = Broker(settings_from(config, overrides))
    found = asyncio.run(_accept(broker, yes=yes))
    for gap in found:
        click.echo(str(gap))
    if not found:
        click.echo("no records are missing: start the workers")
    elif yes:
        click.echo(f"accepted the gaps of {len(found)} partitions: start the workers")
    else:
        click.echo("Nothing was changed. Run this again with --yes to continue without these records")
        click.get_current_context().exit(LogGap.exit_code)


async def _accept(broker: Broker, *, yes: bool) -> list[gaps.Gap]:
    await gaps.require_no_workers(broker)
    stand = await gaps.look(broker)
    if yes and stand.all():
        await gaps.accept(broker, stand)
    return stand.all()
