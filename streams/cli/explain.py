"""`backstay explain`: what is known of one customer, why signals are open, and what would end them."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

from retention.calendar import NEVER, Instant, instant
from retention.wording import LANGUAGES
from streams.cli.bar import bar
from streams.cli.options import INSTANT, config_options, settings_from, source_option
from streams.cli.words import advised
from streams.errors import BadSettings
from streams.explaining.document import explained
from streams.line_account import Account
from streams.tables import print_line

OTHER: Final = "other"
MOST_ROWS: Final = 60
"""Rows of the time line that are printed: the newest. --json has all."""
FURTHEST: Final = timedelta(days=731)
"""How far ahead of now `--at` may lie: what time alone brings up to then is shown."""
LOGS: Final = click.argument(
    "logs", metavar="LOG…", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@click.command()
@click.argument("customer")
@LOGS
@click.option("--at", type=INSTANT, help="Explain it as of this time, without later events. Default: the newest event.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="Language of the signals' explanations.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Write one JSON document, with the explanations in all languages."
)
@source_option
@config_options
def explain(
    customer: str,
    logs: tuple[Path, ...],
    at: Instant | None,
    language: str,
    as_json: bool,  # noqa: FBT001 - click passes it by name
    source: str | None,
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Print what is known of CUSTOMER after the events of LOG, one or more logs of events. No Kafka is needed.

    It prints the customer's events and what Backstay published about them, the state in words, each open signal with
    its numbers and evidence, the events that would end it and what time alone would do, and the customer's card.

    The logs are read one after another, as `backstay replay` reads them. To find what would end a signal, events like
    those in the logs are tried. Texts that customers wrote are not shown. The exit code is 2 for a customer
    that is not known, and 65 if LOG is not a log of events.
    """
    if at is not None and at > instant(datetime.now(UTC) + FURTHEST):
        raise BadSettings("--at lies more than two years ahead of now: choose a time near the end of the log")
    settings = settings_from(config, overrides, source)
    with advised(logs, settings), bar() as progress:
        document, account = explained(customer, logs, settings, NEVER if at is None else at, progress)
    warn(account)
    if as_json:
        click.echo(json.dumps(document, indent=1, ensure_ascii=False))
        return
    console = Console(highlight=False)
    for line in lines(document, language):
        print_line(console, line)


def warn(account: Account) -> None:
    """Print the lines that could not be used on standard error, and whether their order is wrong, if so."""
    if account.rejected or account.is_disordered:
        console = Console(stderr=True, highlight=False)
        for line in account.words():
            print_line(console, line)


def lines(document: Mapping[str, Any], language: str = "en") -> Iterator[str]:
    """Yield an explanation as lines of text."""
    yield f"{document['customer_id']}, as of {document['as_of']}"
    yield from _time_line(document["time_line"])
    yield from _state(document["state"])
    yield ""
    yield f"Open signals: {len(document['open_signals']) or 'none'}"
    for signal in document["open_signals"]:
        yield from _signal(signal, language)
    if document["opportunities"]:
        yield f"Opportunities: {len(document['opportunities'])}"
        for signal in document["opportunities"]:
            yield from _signal(signal, language)
    yield ""
    coming = document["if_nothing_comes"]
    yield "If nothing more comes of this customer within 120 days:" + ("" if coming else " nothing")
    yield from (f"  {one['at']}  {_short(one)}" for one in coming)
    yield from _card(document["card"])


def _time_line(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield ""
    left = len(rows) - MOST_ROWS
    yield f"Time line: {len(rows)} rows" + (f"; {left} earlier ones are in --json" if left > 0 else "")
    for row in rows[-MOST_ROWS:]:
        when = row["from"] if row["from"] == row["to"] else f"{row['from']}/{row['to'][5:]}"
        often = f" × {row['times']}" if row["times"] > 1 else ""
        details = ", ".join(_named(name, value) for name, value in row["details"].items() if value is not None)
        yield f"  {when:<16}  {'! ' if row['said'] else ''}{row['what']}{often}{f'  ({details})' if details else ''}"


def _state(state: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    money = ", ".join(f"{one['amount']} {one['currency']}" for one in state["mrr"]) or "none"
    yield f"State: {state['stage']} (basis {state['basis']}); plan {state['plan'] or 'none'}; MRR {money}"
    yield f"  last activity {state['last_activity'] or 'not known'}"
    yield from (f"  {fact}" for fact in state["facts"])
    if state["segments"]:
        yield "  segments: " + ", ".join(f"{name} {value}" for name, value in state["segments"].items())


def _signal(signal: Mapping[str, Any], language: str) -> Iterator[str]:
    severity = f" ({signal['severity']})" if "severity" in signal else ""
    yield f"  {signal['signal']}{severity}, since {signal['since']}, raised {signal['raised_at']}"
    if "explanation" in signal:
        yield f"    {signal['explanation'][language]}"
        yield f"    observed: {_numbers(signal['observed'])}; baseline: {_numbers(signal['baseline'])}"
    if signal["thresholds"]:
        yield f"    thresholds: {_numbers(signal['thresholds'])}"
    if signal["evidence"]:
        yield f"    evidence: {', '.join(signal['evidence'])}"
    if signal.get("data_gaps"):
        yield f"    days that do not count, as their source was silent: {', '.join(signal['data_gaps'])}"
    ends = "; ".join(map(_event, signal["ended_by"]))
    yield f"    would end it: {ends or 'no event of which the log has an example'}"
    times = [f"{one['at']} {_short(one)}" for one in signal["by_time"]]
    yield f"    time alone: {'; '.join(times) or 'changes nothing within 120 days'}"
    yield f"    recommends {signal['recommends']}"


def _event(one: Mapping[str, Any]) -> str:
    about = f" ({_numbers(one['about'])})" if one["about"] else ""
    return f"{one['type']}{about}" + (f" on {one['days']} days" if one["days"] > 1 else "")


def _short(one: Mapping[str, Any]) -> str:
    extra = [one[name] for name in ("severity", "cause") if one.get(name)]
    return f"{one['what']}" + (f" ({', '.join(extra)})" if extra else "")


def _numbers(found: Mapping[str, Any]) -> str:
    return ", ".join(_named(name, value) for name, value in found.items()) or "none"


def _named(name: str, value: object) -> str:
    """Return a field and its value in words: `other` is what the contract has no word for."""
    if value == OTHER:
        return f"another {name.replace('_', ' ')}"
    if isinstance(value, bool):
        return f"{name.replace('_', ' ')}: {'yes' if value else 'no'}"
    return f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"


def _card(card: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"Card: risk {card['risk']}, {card['band']} ({card['model']['says']})"
    for one in card["open_signals"]:
        folded = ", folded: the customer has said itself that it leaves" if one["folded"] else ""
        yield f"  {one['signal']}: {one['contribution']} after {one['age_days']} days{folded}"
    if card["factors"]:
        yield f"  a usual customer: {card['usual_risk']}"
        for one in card["factors"]:
            yield f"  {one['name']}: {one['contribution']}, at {one['value']}"
    for one in card["value_at_risk"]:
        yield f"  value at risk: {one['amount']} {one['currency']} ({one['unit'].replace('_', ' ')})"
    health = card["health"]
    inputs = ", ".join(f"{one['name']} {one['score']} (weight {one['weight']})" for one in health["inputs"])
    status = health["status"] or "nothing known"
    yield f"  health {health['score'] or 'unknown'} ({status}), coverage {health['coverage']}"
    yield f"    {inputs or 'no inputs'}"
