"""`backstay dead-letters`: count the records that could not be used, look at them, send them again, drop them."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final, TypedDict, TypeVar, Unpack

import click
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from retention.calendar import Instant
from schemas.visible import visible
from streams.broker import Broker
from streams.cli.options import INSTANT, config_options, settings_from
from streams.dead_letters import REASONS
from streams.errors import BadSettings, explained
from streams.letters.choice import Choice, Place
from streams.letters.letter import Letter
from streams.letters.open_letters import OpenLetters, open_letters
from streams.letters.showing import as_json, as_lines, newest
from streams.letters.tally import Tally, remedies, when
from streams.tables import print_whole
from streams.topics import INPUTS

T = TypeVar("T")
C = TypeVar("C", bound=Callable[..., Any])

WIDTH: Final = 160
"""Columns of a table if there is no terminal."""
MOST_SHOWN: Final = 1_000
"""Most letters that are held to find the newest of them."""


class Chosen(TypedDict):
    """The values of the options that choose dead letters."""

    reasons: tuple[str, ...]
    topics: tuple[str, ...]
    since: Instant | None
    until: Instant | None
    customer: str | None
    places: tuple[Place, ...]


class _PlaceType(click.ParamType):
    """The place of a dead letter, as `list` and `show` print it: partition and offset."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:  # noqa: ANN401 - click's own signature
        """Return the partition and the offset that a value of the command line names."""
        number, colon, offset = str(value).partition(":")
        if not (colon and number.isdecimal() and offset.isdecimal()):
            self.fail(f"{value!r} is not PARTITION:OFFSET, such as 2:1734", param, ctx)
        return int(number), int(offset)


def choice_options(command: C) -> C:
    """Add the options that choose dead letters to a command."""
    for option in reversed(
        (
            click.option("--reason", "reasons", multiple=True, type=click.Choice(sorted(REASONS)), help="Only these."),
            click.option(
                "--topic",
                "topics",
                multiple=True,
                type=click.Choice([topic.name for topic in INPUTS]),
                help="Only records of these topics, by the names of this project.",
            ),
            click.option("--since", type=INSTANT, help="Only records that were refused at this time or later."),
            click.option("--until", type=INSTANT, help="Only records that were refused before this time."),
            click.option("--customer", metavar="ID", help="Only records that name this customer, in key or value."),
            click.option(
                "--letter",
                "places",
                multiple=True,
                type=_PlaceType(),
                metavar="PARTITION:OFFSET",
                help="Only this letter, by its place in `dead-letters`, as `list` and `show` print it.",
            ),
        )
    ):
        command = option(command)
    return config_options(command)


@click.group("dead-letters")
def dead_letters() -> None:
    """Count the records that could not be used, look at them, send them again, or drop them.

    `list` says which reasons, from which topics, since when. Correct the producer or the settings, then `retry` what
    can be read now, and `drop` the rest. Each letter is sent again or dropped once.
    """


@dead_letters.command("list")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
@choice_options
def list_(config: Path | None, overrides: tuple[str, ...], *, is_json: bool, **chosen: Unpack[Chosen]) -> None:
    """Count the dead letters by topic and reason, with an example of each.

    Letters that were sent again or dropped are only counted together.
    """
    broker = Broker(settings_from(config, overrides))
    found, tally = run(broker, _count(broker, choice_of(broker, chosen)))
    rows = tally.rows()
    if is_json:
        document = {
            "dead_letters": tally.count,
            "retried": found.done["retried"],
            "dropped": found.done["dropped"],
            "rows": [row.as_json() for row in rows],
        }
        click.echo(json.dumps(document, indent=1))
        return
    if rows:
        table = Table("topic", "reason", box=None)
        table.add_column("letters", justify="right")
        for name in ("first", "last", "newest", "error"):
            table.add_column(name)
        for row in rows:
            cells = (row.topic, row.reason, f"{row.count:,}", when(row.first), when(row.last), row.example, row.error)
            table.add_row(*(Text(visible(cell)) for cell in cells))
        print_whole(printer(), table)
    click.echo(_together(tally.count, found))
    for reason, remedy in remedies(rows).items():
        click.echo(f"{visible(reason)}: {remedy}")


@dead_letters.command()
@click.option(
    "--limit",
    type=click.IntRange(0, MOST_SHOWN),
    default=10,
    show_default=True,
    help="Show the newest so many; 0 shows all, in the order of partitions and offsets.",
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object a line.")
@choice_options
def show(
    config: Path | None, overrides: tuple[str, ...], *, limit: int, is_json: bool, **chosen: Unpack[Chosen]
) -> None:
    """Show whole dead letters: where the record stood, why it was refused, what to do, and what it holds.

    A value that is no UTF-8 is shown as base64. Of an erased customer no content is shown.
    """
    broker = Broker(settings_from(config, overrides))
    run(broker, _show(broker, choice_of(broker, chosen), limit, is_json=is_json))


async def _count(broker: Broker, choice: Choice) -> tuple[OpenLetters, Tally]:
    found, tally = await open_letters(broker, choice), Tally()
    async for letter in found.read():
        tally.take(letter, shown=not found.known.names_erased(letter))
    return found, tally


async def _show(broker: Broker, choice: Choice, limit: int, *, is_json: bool) -> None:
    found, shown = await open_letters(broker, choice), 0
    async with aclosing(found.read()) as letters:
        if limit:
            for letter in await newest(letters, limit):
                shown += _print(letter, found, is_json=is_json)
        else:
            async for letter in letters:
                shown += _print(letter, found, is_json=is_json)
    if not shown and not is_json:
        click.echo(_together(0, found))


def _print(letter: Letter, found: OpenLetters, *, is_json: bool) -> int:
    erased = found.known.names_erased(letter)
    if is_json:
        click.echo(json.dumps(as_json(letter, erased=erased)))
    else:
        click.echo("\n".join(as_lines(letter, erased=erased)))
    return 1


def _together(count: int, found: OpenLetters) -> str:
    noun = "dead letter" if count == 1 else "dead letters"
    chosen = "" if found.choice.is_all else " chosen"
    done = ", ".join(f"{number:,} were {done}" for done, number in sorted(found.done.items()))
    return f"{count or 'no'}{chosen} {noun}" if not done else f"{count or 'no'}{chosen} {noun}; besides, {done} before"


def choice_of(broker: Broker, chosen: Chosen) -> Choice:
    """Return the choice that the options of a command make; raise `BadSettings` for one that can hold nothing."""
    since, until = chosen["since"], chosen["until"]
    if since is not None and until is not None and since >= until:
        raise BadSettings("--since has to be earlier than --until")
    return Choice(
        reasons=frozenset(chosen["reasons"]),
        topics=frozenset(map(broker.topic_named, chosen["topics"])),
        since=since,
        until=until,
        customer=chosen["customer"],
        places=frozenset(chosen["places"]),
    )


def run(broker: Broker, work: Coroutine[Any, Any, T]) -> T:
    """Run the work of a command; raise the error that explains one of the Kafka client."""
    try:
        return asyncio.run(work)
    except KafkaError as error:
        raise explained(error, broker.servers) from error


def printer() -> Console:
    """Return a console that is wide enough for a table where there is no terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)
