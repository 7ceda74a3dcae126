"""`backstay signals`: what the signals are worth to a company, by its own past."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from retention.policy import SEVERITIES
from streams.cli.bar import bar
from streams.cli.explain import LOGS, warn
from streams.cli.options import config_options, settings_from, source_option
from streams.cli.words import counted
from streams.judging import CHANCE, ENOUGH, Share
from streams.tables import print_line, print_whole
from streams.tuning import Tuning, as_toml, tuned
from streams.worth import Report, Row, past_of, read_labels, report, require_labelled
from streams.writing import require_writable, writing

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
    help="Lowest severity at which a signal counts as an alarm.",
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
@source_option
@config_options
def report_(
    logs: tuple[Path, ...],
    labels: Path | None,
    severity: str,
    horizon_days: int,
    warm_up_days: int | None,
    as_json: bool,  # noqa: FBT001 - click passes it by name
    source: str | None,
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Print how often each signal was right over the past in LOG, one or more logs of events. No Kafka is needed.

    An alarm is a signal that reaches --severity. It is right if its customer leaves within --horizon-days, on the
    basis metrics.basis; pending if the log ends before. Beside each precision stand its 95 % interval, the base rate
    (customers that leave within as many days from any day on) and how many times better than that it is (lift).

    Signals that are right less than 1.2 times as often as the base rate, over at least 30 judged alarms, are pointed
    out. The exit code is 65 if LOG is not a log of events, or if the labels cannot be used.
    """
    settings = settings_from(config, overrides, source)
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
        print_line(console, line)
    print_whole(console, _table("All together", found.together))
    print_whole(console, _table("By signal, and the severity that it reached at least", found.signals))
    for line in _words(found):
        print_line(console, line)


@signals.command()
@LOGS
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write, in TOML.")
@LABELS
@SEVERITY
@HORIZON
@WARM_UP
@click.option(
    "--share",
    type=click.FloatRange(0.1, 0.9),
    default=0.6,
    show_default=True,
    help="Part of the log, in time, from which settings are proposed. They are judged on the rest.",
)
@click.option(
    "--least-lift",
    type=click.FloatRange(1.0, 100.0),
    default=2.0,
    show_default=True,
    help="How many times as often as the base rate an alarm has to be right to be worth its cost.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@source_option
@config_options
def tune(
    logs: tuple[Path, ...],
    out: Path,
    labels: Path | None,
    severity: str,
    horizon_days: int,
    warm_up_days: int | None,
    share: float,
    least_lift: float,
    as_json: bool,  # noqa: FBT001 - click passes it by name
    source: str | None,
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Find severities and thresholds from the first part of LOG, and judge them on the part that follows.

    It tries one change of a signal at a time, from the settings that you have, and prints what each proposal would
    have changed in the part that it had not seen. --out gets a TOML file with the proposals that were no worse there;
    the others stand in it as comments. No setting of yours is changed.

    Nothing is proposed for a signal with fewer than 30 alarms that can be judged. The log is applied once for each
    change tried on the signal with the most changes, about ten times: it takes as long as ten replays. The exit code is
    65 if the log is too short.
    """
    settings = settings_from(config, overrides, source)
    lives = read_labels(labels) if labels is not None else None
    require_writable(out, *logs, *[file for file in (config, labels) if file is not None])
    with bar() as progress:
        found = tuned(
            logs,
            settings,
            severity,
            horizon_days,
            share=share,
            least_lift=least_lift,
            labels=lives,
            warm_up_days=warm_up_days,
            progress=progress,
        )
    warn(found.account)
    with writing(out):
        names = ", ".join(file.name for file in logs)
        out.write_text(as_toml(found, f"`backstay signals tune`, from {names}"), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=1))
        return
    console = printer()
    print_whole(console, _proposals(found))
    for line in _tuned_words(found, out):
        print_line(console, line)


def _proposals(found: Tuning) -> Table:
    title = (
        f"Proposed from {found.first:%Y-%m-%d} to {found.cut:%Y-%m-%d}; judged on the rest, to {found.last:%Y-%m-%d}"
    )
    table = Table("setting", "now", "proposed", box=None, title=title, title_justify="left")
    for name in ("right, seen", "right, unseen", "losses warned, unseen", "stayers/m, unseen", ""):
        table.add_column(name, justify="right")
    for one in found.proposals:
        seen, unseen = (one.before.seen, one.after.seen), (one.before.unseen, one.after.unseen)
        table.add_row(
            "\n".join(f"{one.change.signal}.{setting.name}" for setting in one.change.settings),
            "\n".join(f"{setting.was}" for setting in one.change.settings),
            "\n".join(f"{setting.now}" for setting in one.change.settings),
            _both(verdict.precision for verdict in seen),
            _both(verdict.precision for verdict in unseen),
            f"{unseen[0].recall_of_all.part} → {unseen[1].recall_of_all.part} of {unseen[1].recall_of_all.whole}",
            " → ".join(percent(verdict.stayers_alarmed) for verdict in unseen),
            "" if one.holds else "not confirmed",
        )
    return table


def _both(shares: Iterable[Share]) -> str:
    return " → ".join(f"{percent(one)} of {one.whole}" for one in shares)


def _tuned_words(found: Tuning, out: Path) -> Iterator[str]:
    before, after = found.before, found.after
    if found.holding:
        yield (
            f"All signals together, in the unseen part: right {before.precision} → {after.precision}; losses warned of "
            f"{before.recall_of_all} → {after.recall_of_all}; stayers alarmed a month {before.stayers_alarmed} → "
            f"{after.stayers_alarmed}"
        )
    else:
        yield "Nothing is proposed: no change is better in the first part, and no worse in the part that follows"
    if found.unchanged:
        yield f"No change is clearly better for: {', '.join(found.unchanged)}"
    if found.too_few:
        yield f"Fewer than {ENOUGH} alarms can be judged, too few to propose anything, of: {', '.join(found.too_few)}"
    yield f"Written to {out}. Nothing else is changed: add what you want to your settings file"


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
        f"{found.outcomes}; {counted(found.customers, 'customer')}, "
        f"{found.losses:,} {'loss' if found.losses == 1 else 'losses'}; horizon {found.horizon_days} days"
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
        if not found.customers:
            yield "Nobody was a customer: where orders make one, and not subscriptions, set metrics.basis=purchase"
            return
        yield (
            "No alarm can be judged: there is none, or the log ends less than the horizon after it. Use a longer log, "
            "or a shorter --horizon-days"
        )
        return
    rows = [row for row in found.signals if row.level == found.severity]
    few = [row.name for row in rows if row.verdict.precision.whole < ENOUGH]
    advice = [row.advice for row in rows if row.advice]
    yield from advice
    if len(rows) > len(few) + len(advice):
        others = len(rows) - len(few) - len(advice)
        yield (
            f"Of {others} of {len(rows)} signals {ENOUGH} alarms or more are judged, and they are right at least "
            f"{CHANCE} times as often as the base rate"
        )
    if few:
        yield f"Fewer than {ENOUGH} alarms are judged, too few to say, of: {', '.join(few)}"
