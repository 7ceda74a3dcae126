"""`backstay webhooks`: deliver outputs to endpoints, look at the deliveries, test endpoints, and switch them."""

import asyncio
import getpass
import json
import logging
import os
import random
import signal
import sys
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import uuid4

import click
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from retention.calendar import Instant, instant
from schemas.visible import visible
from streams.broker import Broker
from streams.cli.options import INSTANT, config_options, settings_from
from streams.errors import BadSettings, StreamError, explained
from streams.logs import set_up_logs
from streams.setting_names import unknown
from streams.settings import Settings
from streams.tables import print_whole
from streams.webhook_settings import EndpointSettings
from streams.webhooks.answers import Answer
from streams.webhooks.bodies import body_of
from streams.webhooks.delivery import Switch
from streams.webhooks.orders import Ordered, give, orders_of, switch
from streams.webhooks.output import Output
from streams.webhooks.process import NO_ENDPOINT, Begin, process_of, require_topics
from streams.webhooks.sending import Sender
from streams.webhooks.signing import new_secret, signer_of
from streams.webhooks.stored import Stored, as_json, chosen, erased, rows, stored, when
from streams.webhooks.web import PORT, WebhooksWeb

T = TypeVar("T")
log = logging.getLogger("backstay")
WIDTH: Final = 160
"""Columns of a table if there is no terminal."""
STATES: Final = ("pending", "dead", "delivered", "withdrawn", "expired")
LEAVE_WITHIN: Final = 9.0
"""Seconds that the process may take to wait for answers, write them and leave the group, before it ends."""
REFUSED: Final = 1
"""Exit code of a test that the endpoint did not accept."""
HINTS: Final = {
    400: "the receiver cannot read the body: see docs/webhooks.md for what is sent",
    401: "the receiver refuses the signature: compare the secrets, and have it verify the raw bytes",
    403: "the receiver refuses the request: compare the secrets",
    404: "there is nothing at this url: compare its path",
    405: "the url takes no POST",
    410: "the receiver does not want webhooks any more; `run` disables an endpoint that answers so",
    413: "the receiver takes no bodies of this size, which are below 20 kB",
    429: "the receiver takes no more requests now",
}
"""What to do about some statuses."""


@click.group()
def webhooks() -> None:
    """Deliver signals, cards, actions and figures to the endpoints of the settings, as Standard Webhooks.

    `run` delivers, in a process of its own; several of them share the partitions. docs/webhooks.md describes what
    receivers get.
    """


@webhooks.command("run")
@click.option(
    "--from",
    "begin",
    default="latest",
    metavar="latest|earliest|TIME",
    help="Where to begin when the process runs for the first time. Default: latest, with outputs from now on.",
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=PORT, show_default=True, help="Port of metrics and health."
)
@config_options
def run_(begin: str, port: int, config: Path | None, overrides: tuple[str, ...]) -> None:
    """Deliver until SIGTERM or Ctrl-C.

    Pending deliveries, and when each is tried again, are stored on the topic `webhook-deliveries`: a restart continues
    with them. If the broker fails, the process ends with a message and an exit code; have a supervisor restart it.
    """
    settings = settings_from(config, overrides)
    first, since = _beginning(begin)
    set_up_logs(settings.log_level)
    asyncio.run(_run(settings, port, first, since))


def _beginning(text: str) -> tuple[Begin, Instant]:
    if text == "latest":
        return "latest", 0
    if text == "earliest":
        return "earliest", 0
    try:
        found: Instant = INSTANT.convert(text, None, None)
    except click.BadParameter as error:
        raise BadSettings(f"--from: {error.message}, nor latest or earliest") from error
    return "earliest", found


async def _run(settings: Settings, port: int, begin: Begin, since: Instant) -> None:
    """Run the process and end it here, whatever is still open: a client of a silent broker does not end."""
    code = await _work(settings, port, begin, since)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


async def _work(settings: Settings, port: int, begin: Begin, since: Instant) -> int:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    stopping: asyncio.Future[Any] = asyncio.ensure_future(stop.wait())
    try:
        process = await process_of(Broker(settings), now, random.SystemRandom().random, begin, since)
        web = WebhooksWeb(settings.web, process, port)
        await web.start()
        starting = asyncio.ensure_future(process.__aenter__())
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
            log.info("webhooks up for %s; %s", ", ".join(process.targets), web.url or "no metrics")
            await asyncio.wait([stopping, asyncio.ensure_future(process.failure)], return_when=asyncio.FIRST_COMPLETED)
            if process.failure.done():
                await process.failure
            await asyncio.wait([asyncio.ensure_future(process.__aexit__())], timeout=LEAVE_WITHIN)
    except StreamError as error:
        log.error("%s", error)  # noqa: TRY400 - the message says what to do; a traceback would not
        return error.exit_code
    except Exception:
        log.exception("webhooks ended on an internal error; restart it, and it continues from its last commit")
        return 70
    log.info("webhooks left")
    return 0


def now() -> Instant:
    """Return the present instant."""
    return instant(datetime.now(UTC))


@webhooks.command("list")
@click.option("--endpoint", "endpoints", multiple=True, help="Only this endpoint. May be repeated.")
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help="List the deliveries in this state, too."
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document, with the deliveries.")
@config_options
def list_(
    endpoints: tuple[str, ...],
    states: tuple[str, ...],
    *,
    is_json: bool,
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """List the endpoints: whether they are enabled, their pending and dead deliveries, and their last answers.

    A delivery is dead if it was given up after ten tries. Accepted deliveries are listed for `max_age` only, dead ones
    for 30 days.
    """
    broker = Broker(settings_from(config, overrides))
    found = run(broker, _stored(broker))
    _require_known(broker, endpoints, found)
    shown = [row for row in rows(found, list(broker.settings.webhooks)) if not endpoints or row.name in endpoints]
    listed = list(chosen(found, endpoints, states)) if states or is_json else []
    if is_json:
        held = found.held_up()
        deliveries = [as_json(one, is_held_up=(number, one.key) in held) for number, one in listed]
        document = {"endpoints": [row.as_json() for row in shown], "deliveries": deliveries}
        click.echo(json.dumps(document, indent=1))
        return
    if not shown:
        click.echo(NO_ENDPOINT)
        return
    table = Table("endpoint", "url", "is", box=None)
    for name in ("pending", "dead", "accepted"):
        table.add_column(name, justify="right")
    for name in ("next try", "last answer"):
        table.add_column(name)
    for row in shown:
        settings = broker.settings.webhooks.get(row.name)
        state = "not in the settings" if settings is None else "disabled" if row.is_disabled else "on"
        numbers = (f"{row.states[kind]:,}" for kind in ("pending", "dead", "delivered"))
        next_try = when(row.due) if row.due is not None else ""
        cells = (row.name, settings.shown if settings is not None else "", state, *numbers, next_try, row.answer)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    print_whole(printer(), table)
    for row in shown:
        if row.switch is not None and row.switch.disabled:
            click.echo(f"{row.name} is disabled {_since(row.switch)}")
    for _, one in listed:
        said = as_json(one)
        answer = f"; {visible(said['last_answer'])} at {said['answered_at']}" if said["last_answer"] else ""
        click.echo(f"{one.endpoint}  {one.id}  {one.type}  {said['time']}  {one.state}, {one.tries} tries{answer}")


def _since(switch: Switch) -> str:
    """Return since when an endpoint is disabled, by whom, and why."""
    by = f" by {visible(switch.by)}" if switch.by else ""
    return f"since {when(switch.at)}{by}: {visible(switch.why)}"


async def _stored(broker: Broker) -> Stored:
    return await stored(broker, await require_topics(broker))


def _require_known(broker: Broker, endpoints: tuple[str, ...], found: Stored | None = None) -> None:
    names = list(broker.settings.webhooks)
    known = {*names, *(one.endpoint for one in found.deliveries.values())} if found is not None else names
    for name in endpoints:
        if name not in known:
            raise BadSettings(unknown("endpoint", name, names) if names else NO_ENDPOINT)


@webhooks.command("test")
@click.argument("name")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
@config_options
def test(name: str, *, is_json: bool, config: Path | None, overrides: tuple[str, ...]) -> None:
    """Send one test event to the endpoint NAME, signed like any other; print what was sent and answered.

    It is not stored and not repeated, and needs no broker. The exit code is 0 if the endpoint accepts it, else 1.
    """
    settings = settings_from(config, overrides)
    _require_known(Broker(settings), (name,))
    endpoint = settings.webhooks[name]
    at = now()
    ident = str(uuid4())
    output = Output("webhook.test", ident, at, {"endpoint": name, "deployment": settings.deployment}, "", -1, -1)
    body = body_of(endpoint, output, lambda customer: customer)
    headers = signer_of(name, endpoint).headers(ident, at, body)
    answer = asyncio.run(_send(name, endpoint, body, headers))
    if is_json:
        document = {
            "url": endpoint.shown,
            "headers": headers,
            "body": body,
            "status": answer.status or None,
            "error": answer.error or None,
            "answer": answer.text or None,
            "seconds": round(answer.took, 3),
            "accepted": answer.verdict == "delivered",
        }
        click.echo(json.dumps(document, indent=1))
    else:
        _print_test(endpoint, headers, body, answer)
    click.get_current_context().exit(0 if answer.verdict == "delivered" else REFUSED)


async def _send(name: str, endpoint: EndpointSettings, body: str, headers: dict[str, str]) -> Answer:
    sender = Sender(name, endpoint, now)
    try:
        return await sender.send(body, headers)
    finally:
        await sender.close()


def _print_test(endpoint: EndpointSettings, headers: dict[str, str], body: str, answer: Answer) -> None:
    click.echo(f"POST {endpoint.shown}")
    for name, value in headers.items():
        click.echo(f"{name}: {value}")
    click.echo(f"\n{visible(body)}\n")
    accepted = "accepted" if answer.verdict == "delivered" else "not accepted"
    click.echo(f"{accepted} after {answer.took:.2f} s: {visible(answer.says)}")
    if answer.verdict != "delivered" and answer.status in HINTS:
        click.echo(HINTS[answer.status])
    if answer.text:
        click.echo(f"it said: {answer.text}")


@webhooks.command()
@click.option("--endpoint", "endpoints", multiple=True, help="Only to this endpoint. May be repeated.")
@click.option("--id", "ids", multiple=True, help="Only the delivery with this id. May be repeated.")
@click.option("--since", type=INSTANT, help="Only outputs of this time or later.")
@click.option("--until", type=INSTANT, help="Only outputs from before this time.")
@click.option("--delivered", "with_delivered", is_flag=True, help="Also those that were accepted, not only dead ones.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what would be sent again, and change nothing.")
@click.option("--yes", "is_sure", is_flag=True, help="Ask nothing. Required without a terminal.")
@click.option("--by", metavar="NAME", help="Your name. Default: the user of this machine.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
@config_options
def replay(
    endpoints: tuple[str, ...],
    ids: tuple[str, ...],
    since: Instant | None,
    until: Instant | None,
    by: str | None,
    *,
    with_delivered: bool,
    is_dry: bool,
    is_sure: bool,
    is_json: bool,
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Have dead deliveries sent again, with the same ids and ten new tries each.

    `backstay webhooks run` sends them: now, or as soon as it is started. A receiver that ignores ids which it has seen
    does nothing twice.
    """
    if since is not None and until is not None and since >= until:
        raise BadSettings("--since has to be earlier than --until")
    broker = Broker(settings_from(config, overrides))
    _require_known(broker, endpoints)
    states = ("dead", "delivered") if with_delivered else ("dead",)
    who = by or _user()
    found, missed = run(broker, _ordered(broker, endpoints, states, ids, since, until, who))
    for line in missed:
        click.echo(line, err=True)
    number = len(found.orders)
    if number and not is_dry and not is_sure:
        if not sys.stdin.isatty():
            raise BadSettings(
                "there is no terminal to ask on: add --yes to do it, or --dry-run to see what it would do"
            )
        if not click.confirm(f"Send {number:,} {_noun(number)} again?", err=True):
            click.echo("Nothing was changed", err=True)
            click.get_current_context().exit(1)
    if number and not is_dry:
        run(broker, give(broker, found.orders))
    if is_json:
        document = {"dry_run": is_dry, "sent_again": number, "erased": found.erased, "gone": found.gone}
        click.echo(json.dumps(document, indent=1))
        return
    verb = "would be sent again" if is_dry else "will be sent again by `backstay webhooks run`"
    click.echo(f"{number:,} {_noun(number)} {verb}" if number else "no delivery is chosen that can be sent again")
    if found.erased:
        click.echo(f"{found.erased:,} are about erased customers: not sent")
    if found.gone:
        click.echo(f"{found.gone:,} cannot be sent: their outputs are not on their topics any more")


async def _ordered(
    broker: Broker,
    endpoints: tuple[str, ...],
    states: tuple[str, ...],
    ids: tuple[str, ...],
    since: Instant | None,
    until: Instant | None,
    by: str,
) -> tuple[Ordered, list[str]]:
    width = await require_topics(broker)
    found, gone = await stored(broker, width), await erased(broker, width)
    wanted = list(chosen(found, endpoints, states, ids, since, until))
    known = [pair for pair in wanted if pair[1].endpoint in broker.settings.webhooks]
    missed = list(_missed(found, ids, states))  # before orders change their states
    return await orders_of(broker, found, known, gone, now(), by), missed


def _noun(number: int) -> str:
    return "delivery" if number == 1 else "deliveries"


def _missed(found: Stored, ids: tuple[str, ...], states: tuple[str, ...]) -> Iterator[str]:
    """Yield what to say of ids that name no delivery that may be sent again."""
    for ident in dict.fromkeys(ids):
        there = {one.state for one in found.deliveries.values() if one.id == ident}
        if not there:
            yield f"no delivery has the id {visible(ident)!r}: `backstay webhooks list --json` has those that are known"
        elif "delivered" in there and not there.intersection(states):
            yield f"{visible(ident)} was accepted: --delivered has it sent again"
        elif there == {"pending"}:
            yield f"{visible(ident)} still waits, and is sent without this"


@webhooks.command()
@click.argument("name")
@click.option("--why", default="", help="Shown by `list`.")
@click.option("--by", metavar="NAME", help="Your name. Default: the user of this machine.")
@config_options
def disable(name: str, why: str, by: str | None, config: Path | None, overrides: tuple[str, ...]) -> None:
    """Send nothing to the endpoint NAME until it is enabled. Its deliveries wait meanwhile.

    One that is disabled already, also because its receiver answered 410, keeps its reason unless --why names another.
    """
    broker = _broker_with(config, overrides, name)
    before, reason = run(broker, _stored(broker)).switches.get(name), why.strip()
    if before is not None and before.disabled:
        click.echo(f"{name} is disabled already, {_since(before)}")
        if not reason or reason == before.why:
            return
        found = Switch(endpoint=name, at=before.at, disabled=True, why=reason, by=by or _user())
        says = f"the reason is now: {visible(reason)}"
    else:
        found = Switch(endpoint=name, at=now(), disabled=True, why=reason or "by hand", by=by or _user())
        says = f"{name} is disabled: its deliveries wait until `backstay webhooks enable {name}`"
    run(broker, _write(broker, found))
    click.echo(says)


@webhooks.command()
@click.argument("name")
@click.option("--by", metavar="NAME", help="Your name. Default: the user of this machine.")
@config_options
def enable(name: str, by: str | None, config: Path | None, overrides: tuple[str, ...]) -> None:
    """Send to the endpoint NAME again: pending deliveries are sent now, or at their next try."""
    broker = _broker_with(config, overrides, name)
    run(broker, _write(broker, Switch(endpoint=name, at=now(), disabled=False, by=by or _user())))
    click.echo(f"{name} is enabled")


def _broker_with(config: Path | None, overrides: tuple[str, ...], name: str) -> Broker:
    """Return the broker of settings that name an endpoint; raise `BadSettings` if they do not."""
    broker = Broker(settings_from(config, overrides))
    _require_known(broker, (name,))
    return broker


async def _write(broker: Broker, found: Switch) -> None:
    await switch(broker, await require_topics(broker), found)


@webhooks.command()
def secret() -> None:
    """Print a new secret, for the settings here and for the receiver."""
    click.echo(new_secret())


def run(broker: Broker, work: Coroutine[Any, Any, T]) -> T:
    """Run the work of a command; raise the error that explains one of the Kafka client."""
    try:
        return asyncio.run(work)
    except KafkaError as error:
        raise explained(error, broker.servers, "the command") from error


def printer() -> Console:
    """Return a console that is wide enough for a table where there is no terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


def _user() -> str:
    """Return the name of the user of this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
