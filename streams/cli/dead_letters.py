"""`backstay dead-letters`: count the records that could not be used, look at them, send them again, drop them."""

import asyncio
import getpass
import json
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypedDict, TypeVar, Unpack

import click
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from retention.calendar import Instant, instant
from schemas.visible import visible
from streams.broker import Broker
from streams.cli.bar import bar
from streams.cli.options import INSTANT, config_options, settings_from
from streams.dead_letters import CLOCK, REASONS
from streams.errors import BadLog, BadSettings, explained
from streams.letters.choice import Choice, Place
from streams.letters.done import Account, By, deal_with, looked_at
from streams.letters.letter import Letter
from streams.letters.marks import Done
from streams.letters.open_letters import OpenLetters, open_letters
from streams.letters.showing import as_json, as_lines, newest
from streams.letters.tally import MAX_ERROR, Tally, remedies, when
from streams.letters.verdict import LEFT, Fate
from streams.rejected import remedy
from streams.setting_names import unknown
from streams.tables import print_whole

T = TypeVar("T")
C = TypeVar("C", bound=Callable[..., Any])

WIDTH: Final = 160
"""Columns of a table if there is no terminal."""
_STAYING: Final[dict[Fate, str]] = {
    "incomplete": "they are not whole, or the record of their source is gone",
    "unplaced": "they came from no topic that these settings read",
}
"""Why letters stay that nothing is wrong with."""
_BELIEVED: Final = {"future": CLOCK}
"""Remedies where timestamps were ignored: that these were wrong was tried already."""
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
        if not (colon and number.isdecimal() and offset.isdecimal() and str(value).isascii()):
            self.fail(f"{value!r} is not PARTITION:OFFSET, such as 2:1734", param, ctx)
        return int(number), int(offset)


def choice_options(command: C) -> C:
    """Add the options that choose dead letters to a command."""
    for option in reversed(
        (
            click.option(
                "--reason", "reasons", multiple=True, type=click.Choice(sorted(REASONS)), help="Only these reasons."
            ),
            click.option(
                "--topic",
                "topics",
                multiple=True,
                help="Only records of these topics: by their names in the settings, as logins or sources.stripe, or on "
                "the broker, as `list` prints them.",
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
    for reason, what in remedies(rows).items():
        click.echo(f"{visible(reason)}: {what}")


@dead_letters.command()
@click.option(
    "--limit",
    type=click.IntRange(0, MOST_SHOWN),
    default=10,
    show_default=True,
    help="Show at most this many, the newest; 0 shows all, in the order of partitions and offsets.",
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object a line.")
@choice_options
def show(
    config: Path | None, overrides: tuple[str, ...], *, limit: int, is_json: bool, **chosen: Unpack[Chosen]
) -> None:
    """Show whole dead letters: where the record stood, why it was refused, what to do, and what it holds.

    Values that are not UTF-8 are shown as base64. No content of an erased customer is shown.
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
    open_ones = f"{count:,}{chosen} {noun}" if count else f"no{chosen} {noun}"
    return f"{open_ones}; besides, {done} before" if done else open_ones


def choice_of(broker: Broker, chosen: Chosen) -> Choice:
    """Return the choice that the options of a command make; raise `BadSettings` for one that can hold nothing."""
    since, until = chosen["since"], chosen["until"]
    if since is not None and until is not None and since >= until:
        raise BadSettings("--since has to be earlier than --until")
    if chosen["customer"] == "":
        raise BadSettings("--customer is empty: name one, or leave the option out for the letters of all")
    return Choice(
        reasons=frozenset(chosen["reasons"]),
        topics=_names_of(broker, chosen["topics"]),
        since=since,
        until=until,
        customer=chosen["customer"],
        places=frozenset(chosen["places"]),
    )


def _names_of(broker: Broker, topics: Iterable[str]) -> frozenset[str]:
    """Return what topics are called on the broker; raise `BadSettings` for one that these settings do not read."""
    names = {topic.name: broker.topic(topic) for topic in broker.inputs}
    names |= {name: name for name in names.values()}
    for topic in topics:
        if topic not in names:
            raise BadSettings(f"--topic: {unknown('topic of these settings', topic, names)}")
    return frozenset(names[topic] for topic in topics)


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


def done_options(command: C) -> C:
    """Add the options of commands that change something."""
    for option in reversed(
        (
            click.option("--dry-run", "is_dry", is_flag=True, help="Print what would be done, and change nothing."),
            click.option("--yes", "is_sure", is_flag=True, help="Ask nothing. Required without a terminal."),
            click.option("--by", metavar="NAME", help="Your name, for `audit`. Default: the user of this machine."),
            click.option("--json", "is_json", is_flag=True, help="Print one JSON document."),
        )
    ):
        command = option(command)
    return choice_options(command)


@dead_letters.command()
@click.option("--note", default="", help="Reason, for `audit`.")
@click.option(
    "--ignore-timestamps",
    "believes_events",
    is_flag=True,
    help="Also send letters with the reason `future` whose event is not in the future now: if the timestamps of "
    "the records were wrong, and the times of the events right.",
)
@done_options
def retry(
    config: Path | None,
    overrides: tuple[str, ...],
    *,
    note: str,
    believes_events: bool,
    is_dry: bool,
    is_sure: bool,
    by: str | None,
    is_json: bool,
    **chosen: Unpack[Chosen],
) -> None:
    """Send dead letters again, to the topic and partition where they stood, with their value, key and headers.

    Only letters that can be read by today's contract are sent; the others stay, and are counted with what is wrong.
    Each is sent once, also if two operators run this, and whatever ends it. Events that were applied
    meanwhile are recognised by their ids.

    Of the topic of a source, the record itself is fetched from where it stands, and read by the settings of today. If
    only one event of it was refused, only that one counts.

    The exit code is 0 if every chosen letter was sent, 65 if some stay, and 1 if the question was answered with no.
    """
    broker = Broker(settings_from(config, overrides))
    doing = Doing(broker, choice_of(broker, chosen), "retried", believes_events=believes_events, is_json=is_json)
    click.get_current_context().exit(doing.do(note, by, is_dry=is_dry, is_sure=is_sure))


@dead_letters.command()
@click.option("--note", default="", help="Reason, for `audit`. Required, except with --dry-run.")
@done_options
def drop(
    config: Path | None,
    overrides: tuple[str, ...],
    *,
    note: str,
    is_dry: bool,
    is_sure: bool,
    by: str | None,
    is_json: bool,
    **chosen: Unpack[Chosen],
) -> None:
    """Mark dead letters as done: they are not listed, and not sent again. `audit` records who did it, and why.

    Their records stay in `dead-letters` until the retention of that topic is over.
    """
    if not note.strip() and not is_dry:
        raise BadSettings("say why, for `audit`: --note 'test data of the release of Monday'")
    broker = Broker(settings_from(config, overrides))
    doing = Doing(broker, choice_of(broker, chosen), "dropped", is_json=is_json)
    click.get_current_context().exit(doing.do(note, by, is_dry=is_dry, is_sure=is_sure))


class Doing:
    """One `retry` or `drop`: looks at the letters, asks, does it, and says what became of them."""

    def __init__(
        self, broker: Broker, choice: Choice, done: Done, *, believes_events: bool = False, is_json: bool
    ) -> None:
        self.broker, self.choice, self.done = broker, choice, done
        self.believes, self.is_json = believes_events, is_json

    def do(self, note: str, by: str | None, *, is_dry: bool, is_sure: bool) -> int:
        """Do it, if it is wanted; return the exit code."""
        account, ends = run(self.broker, looked_at(self.broker, self.choice, self.done, believes_events=self.believes))
        number = account.fates["sendable"] + account.fates["erased"]
        if is_dry or not number:
            self._report(account, is_dry=is_dry)
            return code_of(account)
        if not is_sure and not self._is_wanted(account):
            click.echo("Nothing was changed", err=True)
            return 1
        who = By(by or self.broker.settings.kafka.username or _user(), note.strip(), instant(datetime.now(UTC)))
        with bar() as show:
            doing = deal_with(
                self.broker,
                self.choice,
                self.done,
                who,
                ends,
                believes_events=self.believes,
                progress=lambda so_far: show(self.done, so_far, number),
            )
            account = run(self.broker, doing)
        self._report(account, is_dry=False)
        return code_of(account)

    def _is_wanted(self, account: Account) -> bool:
        """Ask, if there is a terminal to answer on; raise `BadSettings` if not."""
        if not sys.stdin.isatty():
            raise BadSettings(
                "there is no terminal to ask on: add --yes to do it, or --dry-run to see what it would do"
            )
        for line in self._lines(account, is_dry=True):
            click.echo(line, err=True)
        verb = "Send them again" if self.done == "retried" else "Drop them"
        return click.confirm(f"{verb}?", err=True)

    def _report(self, account: Account, *, is_dry: bool) -> None:
        if self.is_json:
            click.echo(json.dumps(account_as_json(account, self.done, is_dry=is_dry), indent=1))
        else:
            for line in self._lines(account, is_dry=is_dry):
                click.echo(line)

    def _lines(self, account: Account, *, is_dry: bool) -> Iterator[str]:
        """Yield what became of the letters, or would become."""
        if not account.chosen:
            yield "no dead letter is chosen that is not done yet"
            return
        verb = {"retried": ("sent again", "can be sent again"), "dropped": ("dropped", "would be dropped")}[self.done]
        yield f"{account.fates['sendable']:,} of {account.chosen:,} dead letters {verb[is_dry]}"
        for (topic, reason), number in sorted(account.sendable.items()):
            yield f"  {number:,} of {visible(topic)}, {visible(reason)}"
        if account.fates["erased"]:
            yield f"{account.fates['erased']:,} name an erased customer: not sent, and marked as dropped"
        for reason, number in sorted(account.still.items()):
            what = (_BELIEVED if self.believes else {}).get(reason) or remedy(reason)
            yield f"{number:,} stay, {reason}. Remedy: {what}"
            yield f"  for example {visible(account.examples[reason])[:MAX_ERROR]}"
        for fate, meaning in _STAYING.items():
            if account.fates[fate]:
                yield f"{account.fates[fate]:,} stay: {meaning}; for example {visible(account.examples[fate])}"


def account_as_json(account: Account, done: Done, *, is_dry: bool) -> dict[str, Any]:
    """Return what became of letters as JSON."""
    return {
        "dry_run": is_dry,
        "chosen": account.chosen,
        done: account.fates["sendable"],
        "of_erased_customers": account.fates["erased"],
        "stay": sum(account.fates[fate] for fate in LEFT),
        "rows": [
            {"topic": topic, "reason": reason, "count": number}
            for (topic, reason), number in sorted(account.sendable.items())
        ],
        "refused_again": dict(sorted(account.still.items())),
        "incomplete": account.fates["incomplete"],
        "of_no_input_topic": account.fates["unplaced"],
        "examples": account.examples,
    }


def code_of(account: Account) -> int:
    """Return the exit code: whether any letter stays."""
    return BadLog.exit_code if any(account.fates[fate] for fate in LEFT) else 0


def _user() -> str:
    """Return the name of the user of this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
