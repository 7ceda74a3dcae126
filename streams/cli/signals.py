"""`backstay signals`: what the signals are worth to a company, by its own past."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from retention.policy import SEVERITIES
from streams.cli.bar import bar
from streams.cli.explain import LOGS, warn
from streams.cli.options import config_options, settings_from
from streams.judging import ENOUGH, Share
from streams.worth import Report, Row, past_of, read_labels, report, require_labelled

WIDTH: Final = 160
"""Columns of a table if there is no terminal."""
MOST_DAYS: Final = 3_650


@click.group()
def signals() -> None:
    """Measure what the signals are worth to your company, and propose settings."""


LABELS: Final = click.option(
    "--labels",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Judge by what became of each customer, as `backstay simulate --labels` writes it, not by the log itself.",
)
SEVERITY: Final = click.option(
    "--severity",
    type=click.Choice(SEVERITIES),
    default="medium",
    show_default=True,
    help="Severity from which on a signal counts as an alarm.",
)
HORIZON: Final = click.option(
    "--horizon-days",
    type=click.IntRange(1, MOST_DAYS),
    default=90,
    show_default=True,
    help="Days after an alarm within which its customer has to leave for the alarm to be right.",
)
WARM_UP: Final = click.option(
    "--warm-up-days",
    type=click.IntRange(0, MOST_DAYS),
    help="Days at the beginning of the log that are not judged. Default: 120, at most a quarter of the log.",
)


@signals.command("report")
@LOGS
@LABELS
@SEVERITY
@HORIZON
@WARM_UP
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@config_options
def report_(
    logs: tuple[Path, ...],
    labels: Path | None,
    severity: str,
    horizon_days: int,
    warm_up_days: int | None,
    as_json: bool,  # noqa: FBT001 - click passes it by name
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Print how often each signal was right over the past in LOG, one or more logs of events. No Kafka is needed.

    An alarm is a signal that reaches --severity. It is right if its customer leaves within --horizon-days, on the
    basis metrics.basis; pending if the log ends before. Beside each precision stand its 95 % interval, the base rate
    (customers that leave within as many days from any day on) and how many times better than that it is (lift).

    Of a signal that is right less than 1.2 times as often as the base rate, in 30 judged alarms or more, it says so.
    """
    settings = settings_from(config, overrides)
    lives = read_labels(labels) if labels is not None else None
    with bar() as progress:
        past, account = past_of(logs, settings, progress)
    warn(account)
    if lives is not None:
        require_labelled(past, lives)
    found = report(past, settings, severity, horizon_days, labels=lives, warm_up_days=warm_up_days)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=1))
        return
    console = printer()
    for line in _head(found):
        console.print(line, soft_wrap=True, markup=False)
    console.print(_table("All together", found.together))
    console.print(_table("By signal, and the severity that it reached at least", found.signals))
    for line in _words(found):
        console.print(line, soft_wrap=True, markup=False)


def printer() -> Console:
    """Return a console that is wide enough for a table where there is no terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


def percent(share: Share) -> str:
    """Return a share as text."""
    return f"{share.ratio:.1%}" if share.whole else "–"


def _head(found: Report) -> Iterator[str]:
    yield (
        f"{found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}, judged from {found.judged_from:%Y-%m-%d} on; outcomes: "
        f"{found.outcomes}; {found.customers:,} customers, {found.losses:,} losses; horizon {found.horizon_days} days"
    )
    if found.erased_customers:
        yield f"left out: {found.erased_customers:,} customers that were forgotten"
    if found.without_label:
        yield f"warning: {found.without_label:,} alarms are about customers without a label: not judged"


def _table(title: str, rows: Sequence[Row]) -> Table:
    table = Table("signal", "severity", box=None, title=title, title_justify="left")
    names = (
        "raised",
        "right",
        "wrong",
        "pending",
        "precision",
        "95 %",
        "base",
        "lift",
        "warned",
        "lead d",
        "stayers/m",
    )
    for name in names:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row.name, row.level, *_cells(row))
    return table


def _cells(row: Row) -> Iterator[str]:
    one = row.verdict
    interval = one.precision.interval
    yield from (f"{number:,}" for number in (one.raised, one.precision.part, one.wrong, one.pending))
    yield percent(one.precision)
    yield f"{interval[0] * 100:.0f}–{interval[1] * 100:.0f}" if interval is not None else "–"
    yield percent(one.chance)
    yield f"{one.lift:.2f}" if one.precision.whole and one.chance.part else "–"
    yield f"{one.recall_of_all.part}/{one.recall_of_all.whole}"
    yield f"{one.lead:.0f}" if one.leads else "–"
    yield percent(one.stayers_alarmed)


def _words(found: Report) -> Iterator[str]:
    yield ""
    if not any(row.verdict.precision.whole for row in (*found.together, *found.signals)):
        yield (
            "No alarm can be judged: there is none, or the log ends less than the horizon after it. Use a longer log, "
            "or a shorter --horizon-days"
        )
        return
    few = [row.name for row in found.signals if row.level == found.severity and row.verdict.precision.whole < ENOUGH]
    advice = [row.advice for row in found.signals if row.advice]
    yield from advice
    if not advice:
        yield f"No signal with {ENOUGH} judged alarms or more is no better than chance"
    if few:
        yield f"Fewer than {ENOUGH} alarms are judged, too few to say, of: {', '.join(few)}"
