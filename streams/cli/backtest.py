"""`backstay backtest`: the same past under two settings or more, side by side."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click
from rich.table import Table

from streams.backtesting import OUTCOMES, Run, backtest, differences
from streams.cli.bar import bar
from streams.cli.explain import LOGS, warn
from streams.cli.options import settings_from, source_option
from streams.cli.signals import HORIZON, LABELS, SEVERITY, WARM_UP, percent, printer
from streams.errors import BadSettings
from streams.judging import RECENCY
from streams.tables import print_line, print_whole
from streams.worth import ANY, UNANNOUNCED, read_labels

LEAST: Final = 2


@click.command("backtest")
@LOGS
@click.option(
    "--config",
    "configs",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Settings file in TOML; give the option twice or more. Environment variables override each file.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override one setting in all of them, as in --set metrics.basis=purchase. May be repeated.",
)
@source_option
@LABELS
@SEVERITY
@HORIZON
@WARM_UP
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
def backtest_(
    logs: tuple[Path, ...],
    configs: tuple[Path, ...],
    overrides: tuple[str, ...],
    source: str | None,
    labels: Path | None,
    severity: str,
    horizon_days: int,
    warm_up_days: int | None,
    as_json: bool,  # noqa: FBT001 - click passes it by name
) -> None:
    """Compare settings on the past in LOG, one or more logs of events. No Kafka is needed.

    It first prints the settings that differ. Then, for each --config: the alarms a month, the precision, the losses
    that were warned of, the median lead, the share of staying customers that had an alarm in a month, and the yearly
    value of the losses that were warned of (12 MRR, or the spend of 12 months). The exit code is 65 if LOG is not a log
    of events.
    """
    if len(configs) < LEAST:
        raise BadSettings("name two settings or more to compare: --config A.toml --config B.toml")
    if len(set(configs)) < len(configs):
        raise BadSettings("the same --config is named twice: there is nothing to compare")
    settings = {str(file): settings_from(file, overrides, source) for file in configs}
    lives = read_labels(labels) if labels is not None else None
    differ = differences(settings)
    with bar() as progress:
        runs = backtest(
            logs, settings, severity, horizon_days, labels=lives, warm_up_days=warm_up_days, progress=progress
        )
    warn(runs[0].account)
    if as_json:
        document = {
            "severity": severity,
            "horizon_days": horizon_days,
            "differences": differ,
            "runs": [run.as_json() for run in runs],
        }
        click.echo(json.dumps(document, indent=1))
        return
    console = printer()
    for line in _differences(differ, list(settings)):
        print_line(console, line)
    print_whole(console, _table(runs, severity))
    each = _each(runs)
    if each.row_count:
        print_whole(console, each)


def _differences(differ: Mapping[str, Sequence[Any]], names: Sequence[str]) -> Iterator[str]:
    for place, name in enumerate(names):
        yield f"{chr(ord('A') + place)} = {name}"
    if not differ:
        yield "They do not differ in anything that changes what is said"
    for name, values in differ.items():
        yield f"  {name}: {' | '.join('–' if value is None else f'{value}' for value in values)}"
    if any(name in OUTCOMES for name in differ):
        yield "warning: they differ in who counts as a customer, so each is judged by its own losses"
    yield ""


def _table(runs: Sequence[Run], severity: str) -> Table:
    table = Table(f"signals of {severity} or more", box=None)
    for place, _ in enumerate(runs):
        table.add_column(chr(ord("A") + place), justify="right")
    rows = {
        "alarms a month": [f"{run.alarms_a_month:.1f}" for run in runs],
        "precision": [str(run.all.precision) for run in runs],
        "precision without the customer's own request": [str(run.verdicts[UNANNOUNCED].precision) for run in runs],
        "base rate": [percent(run.all.chance) for run in runs],
        "losses warned of": [str(run.all.recall_of_all) for run in runs],
        "median lead, days": [f"{run.all.lead:.0f}" if run.all.leads else "–" for run in runs],
        "stayers alarmed a month": [str(run.all.stayers_alarmed) for run in runs],
        "pending": [f"{run.all.pending:,}" for run in runs],
    }
    if all(run.warned is not None for run in runs):
        rows["value warned of, a year"] = [_money(run.warned or {}) for run in runs]
        rows["value lost, a year"] = [_money(run.lost or {}) for run in runs]
    for name, cells in rows.items():
        table.add_row(name, *cells)
    return table


def _money(worth: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{amount:,.0f} {currency}" for currency, amount in worth.items()) or "0"


def _each(runs: Sequence[Run]) -> Table:
    """Return the signals of which not all have the same alarms: right and judged ones of each."""
    table = Table("signals that differ", box=None)
    for place, _ in enumerate(runs):
        table.add_column(f"{chr(ord('A') + place)}: raised, right", justify="right")
    names = sorted({name for run in runs for name in run.verdicts} - {ANY, UNANNOUNCED, RECENCY})
    for name in names:
        found = [run.verdicts.get(name) for run in runs]
        cells = ["–" if one is None else f"{one.raised:,}, {one.precision}" for one in found]
        if len(set(cells)) > 1:
            table.add_row(name, *cells)
    return table
