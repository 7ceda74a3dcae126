"""The worth of each signal to a company: how often it was right, beside chance and beside recency alone.

    log           first ──── warm-up ────┬──────────── judged ───────────┬── horizon ── last
    an alarm                             right or wrong                   pending

The outcomes are the company's own: who left on the basis that it lives by (`metrics.basis`), as the log tells. Or they
are labels, as `backstay simulate --labels` writes them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from retention.policy import SEVERITIES
from retention.signals import SIGNALS
from streams.errors import BadLog, BadSettings
from streams.foreign_logs import reader_of
from streams.in_process import applied_spool
from streams.judging import ENOUGH, RECENCY, Judge, Life, Share, Verdict
from streams.line_account import Account
from streams.logfile import opened
from streams.past import INTENT, Past
from streams.progress import Progress, no_progress
from streams.settings import Settings
from streams.spool import Spool, spooled

ANY: Final = "any signal"
UNANNOUNCED: Final = "any but the customer's own request"
RISK: Final = "risk"
WARM_UP_DAYS: Final = 120
"""Days at the beginning that are not judged: customers have no habit yet. At most a quarter of the log."""
SHARE_OF_WARM_UP: Final = 4
QUIET: Final = 365
"""Days after which a signal that is to stay at low would become more severe because it lasts."""


@dataclass(frozen=True)
class Row:
    """One way to raise alarms, and the verdict on it; `level` is the severity or band from which on they count."""

    name: str
    level: str
    verdict: Verdict
    advice: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` writes it; a ratio of nothing is null."""
        one = self.verdict
        return {
            "name": self.name,
            "level": self.level,
            "raised": one.raised,
            "right": one.precision.part,
            "wrong": one.wrong,
            "pending": one.pending,
            "not_a_customer": one.idle,
            "precision": _ratio(one.precision),
            "interval": one.precision.interval and [round(bound, 4) for bound in one.precision.interval],
            "base_rate": _ratio(one.chance),
            "lift": round(one.lift, 2) if one.precision.whole and one.chance.part else None,
            "losses_warned": one.recall_of_all.part,
            "losses_not_warned": one.recall_of_all.whole - one.recall_of_all.part,
            "recall_of_foreseeable": _ratio(one.recall),
            "median_lead_days": round(one.lead, 1) if one.leads else None,
            "stayers_alarmed_a_month": _ratio(one.stayers_alarmed),
            "no_better_than_chance": one.is_chance,
            "advice": self.advice,
        }


def _ratio(share: Share) -> float | None:
    return round(share.ratio, 4) if share.whole else None


@dataclass(frozen=True)
class Report:
    """The worth of the signals over a past: rows by signal and severity, and of all together."""

    first: datetime
    judged_from: datetime
    last: datetime
    horizon_days: int
    severity: str
    outcomes: str
    customers: int
    losses: int
    erased_customers: int
    without_label: int
    """Alarms about customers that no label is of."""
    together: Sequence[Row]
    signals: Sequence[Row]

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` writes it."""
        return {
            "log": {"first": _text(self.first), "last": _text(self.last)},
            "judged_from": _text(self.judged_from),
            "horizon_days": self.horizon_days,
            "severity": self.severity,
            "outcomes": self.outcomes,
            "customers": self.customers,
            "losses": self.losses,
            "erased_customers": self.erased_customers,
            "alarms_without_label": self.without_label,
            "enough": ENOUGH,
            "together": [row.as_json() for row in self.together],
            "signals": [row.as_json() for row in self.signals],
        }


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def past_of(logs: Sequence[Path], settings: Settings, progress: Progress = no_progress) -> tuple[Past, Account]:
    """Apply logs in this process; return the past that they tell, and what became of their lines."""
    with spooled(logs, reader_of(settings), progress) as spool:
        return past_in(spool, settings, progress)


def past_in(spool: Spool, settings: Settings, progress: Progress = no_progress) -> tuple[Past, Account]:
    """Return the past that a spool tells, from its first line on, and what became of its lines."""
    past = Past(settings.policy())
    run = applied_spool(spool, settings, past, progress=progress)
    return past.end(run), run.account


def warm_up(first: datetime, last: datetime, days: int | None = None) -> datetime:
    """Return the instant from which on alarms are judged; raise `BadSettings` if the log has ended by then."""
    if days and first + timedelta(days=days) >= last:
        raise BadSettings(
            f"--warm-up-days {days} leaves nothing to judge: the log covers {(last - first).days} days, from "
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d}. Choose fewer, or leave the option out"
        )
    if days is not None:
        return first + timedelta(days=days)
    return first + min(timedelta(days=WARM_UP_DAYS), (last - first) / SHARE_OF_WARM_UP)


def verdicts(past: Past, judge: Judge, severity: str) -> dict[str, Verdict]:
    """Return the verdicts on all signals together, on recency alone, and on each signal, by name."""
    found = {
        ANY: judge.verdict(past.alarms(severity)),
        UNANNOUNCED: judge.verdict(past.alarms(severity, {*past.names()} - INTENT)),
        RECENCY: judge.verdict(past.recency.alarms(judge.last)),
    }
    return found | {name: judge.verdict(past.alarms(severity, [name])) for name in past.names()}


def report(
    past: Past,
    settings: Settings,
    severity: str,
    horizon_days: int,
    *,
    labels: Sequence[Life] | None = None,
    warm_up_days: int | None = None,
) -> Report:
    """Return the worth of the signals over a past."""
    lives = past.lives() if labels is None else labels
    judge = Judge(lives, warm_up(past.first, past.last, warm_up_days), past.last, timedelta(days=horizon_days))
    all_of = verdicts(past, judge, severity)
    together = [Row(name, severity, all_of[name]) for name in (ANY, UNANNOUNCED)]
    together += [Row(RISK, band, judge.verdict(past.of_band(band))) for band in ("medium", "high")]
    together.append(Row(RECENCY, "", all_of[RECENCY]))
    known = {life.customer for life in lives}
    return Report(
        past.first,
        judge.first,
        past.last,
        horizon_days,
        severity,
        f"basis {settings.metrics.basis}" if labels is None else "labels",
        len(known),
        len(judge.losses),
        past.erased_customers,
        sum(alarm.customer not in known for alarm in past.alarms(severity)) if labels is not None else 0,
        together,
        list(_rows(past, judge, settings, severity, all_of)),
    )


def _rows(past: Past, judge: Judge, settings: Settings, severity: str, all_of: dict[str, Verdict]) -> Iterable[Row]:
    """Yield a row for each signal and each severity from the chosen one on that it reached, if fewer alarms did."""
    names = sorted(past.names(), key=lambda name: (-all_of[name].raised, name))
    for name in names:
        before: Verdict | None = None
        for level in SEVERITIES[SEVERITIES.index(severity) :]:
            one = all_of[name] if level == severity else judge.verdict(past.alarms(level, [name]))
            before, was = one, before
            if one.raised and one != was:
                yield Row(name, level, one, _advice(name, level, one, settings) if level == severity else "")


def _advice(name: str, level: str, one: Verdict, settings: Settings) -> str:
    """Return what to do about a signal that is no better than chance; an empty text about any other."""
    if not one.is_chance:
        return ""
    tuned = next(signal.tuned(settings.policy()) for signal in SIGNALS if signal.name == name)
    says = (
        f"{name} is no better than chance: right in {one.precision.ratio:.1%} of {one.precision.whole} alarms, where "
        f"{one.chance.ratio:.1%} of all customers leave anyway"
    )
    if level == "low":
        return f"{says}. It says that something has changed, and no more"
    if tuned.severity == "low":
        return f"{says}. It begins at low and rises: set signals.{name}.escalate_after_days = {QUIET}"
    return f'{says}. Set signals.{name}.severity = "low" and signals.{name}.escalate_after_days = {QUIET}'


class _Label(msgspec.Struct):
    customer_id: str
    joined_at: datetime
    left_at: datetime | None = None
    announced_at: datetime | None = None
    signs_since: datetime | None = None


_label: Final = msgspec.json.Decoder(_Label).decode


def read_labels(file: Path) -> list[Life]:
    """Return what became of customers, one JSON object a line; raise `BadLog` with the lines that cannot be used."""
    found: dict[str, Life] = {}
    with opened(file) as lines:
        for line in lines:
            where = f"{file}, {lines.noun} {line.number}"
            try:
                one = _label(line.text)
            except (msgspec.DecodeError, ValueError) as error:
                raise BadLog(f"{where}: no label such as `backstay simulate --labels` writes: {error}") from error
            if one.customer_id in found:
                raise BadLog(f"{where}: a second label of {one.customer_id}; each customer has one")
            times = [one.joined_at, one.left_at, one.announced_at, one.signs_since]
            if any(at is not None and at.tzinfo is None for at in times):
                raise BadLog(f"{where}: a time without offset: write Z for UTC")
            if one.left_at is not None and one.left_at < one.joined_at:
                raise BadLog(f"{where}: {one.customer_id} left before it joined")
            found[one.customer_id] = Life(*([one.customer_id, *times]))  # type: ignore[arg-type] # in this order
    return list(found.values())


def require_labelled(past: Past, labels: Sequence[Life]) -> None:
    """Raise `BadLog` if no label is of a customer of the log."""
    known = {life.customer for life in past.lives()} | {one.customer for one in past.signals}
    if known and not known & {life.customer for life in labels}:
        raise BadLog("no label is of a customer of the log: do both belong to the same company?")
