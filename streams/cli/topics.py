"""`backstay topics`: create and list topics, and print the ACLs of workers, operators, consoles and webhooks."""

import asyncio
import shlex
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from streams.access import acls, console_acls, operator_acls, webhooks_acls
from streams.broker import Broker
from streams.checks import short_of_actions
from streams.cli.options import config_options, settings_from
from streams.tables import print_whole


@click.group()
def topics() -> None:
    """Create or list the topics that Backstay reads and writes."""


@topics.command()
@config_options
def create(config: Path | None, overrides: tuple[str, ...]) -> None:
    """Create the topics that are missing. Existing topics are not changed."""
    broker = Broker(settings_from(config, overrides))
    made, short = asyncio.run(_create(broker))
    click.echo(f"created {', '.join(made)}" if made else "every topic exists already")
    if short:
        click.echo(short, err=True)


async def _create(broker: Broker) -> tuple[list[str], str]:
    """Create what is missing; return that, and what to set of a topic that exists."""
    return await broker.create_topics(), await short_of_actions(broker)


@topics.command()
@click.option("--principal", default="User:backstay", show_default=True, help="Kafka principal of workers.")
@click.option(
    "--operator",
    default="User:backstay-operator",
    show_default=True,
    help="Kafka principal of operators, for `backstay dead-letters`. It needs fewer rights than a worker, and has to "
    "differ from the worker's.",
)
@click.option(
    "--console",
    default="User:backstay-console",
    show_default=True,
    help="Kafka principal of `backstay console`: it reads outputs; it writes who looked at customers, what became of "
    "actions, and erasure requests.",
)
@click.option(
    "--webhooks", default="User:backstay-webhooks", show_default=True, help="Kafka principal of `backstay webhooks`."
)
@config_options
def acl(
    principal: str, operator: str, console: str, webhooks: str, config: Path | None, overrides: tuple[str, ...]
) -> None:
    """Print all ACLs that workers, operators, consoles and webhooks need, as kafka-acls.sh commands."""
    broker = Broker(settings_from(config, overrides))
    for about, needed in (
        ("a worker", acls(broker, principal)),
        ("an operator, for `backstay dead-letters`", operator_acls(broker, operator)),
        ("a console", console_acls(broker, console)),
        ("`backstay webhooks`, its process and its commands", webhooks_acls(broker, webhooks)),
    ):
        click.echo(f"# {about}")
        for arguments in needed:
            click.echo(shlex.join(["kafka-acls.sh", "--bootstrap-server", broker.servers, *arguments]))


@topics.command("list")
@config_options
def list_(config: Path | None, overrides: tuple[str, ...]) -> None:
    """List every topic with its number of partitions on this broker and its purpose."""
    broker = Broker(settings_from(config, overrides))
    widths = asyncio.run(broker.widths())
    table = Table("topic", "partitions", "purpose", box=None)
    for topic in broker.topics:
        name = broker.topic(topic)
        table.add_row(name, str(widths[name] or "missing"), topic.purpose)
    print_whole(Console(), table)
