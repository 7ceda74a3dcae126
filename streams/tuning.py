"""Proposes severities and thresholds of signals from the first part of a past, and judges them on the last part.

    first ── warm-up ──┬──── proposed from ────┬──── judged on ────┬ last
                       │  outcomes up to here  cut                 │

Reason: a setting that was chosen because it fits a past fits that past. Of what is proposed only the part that it has
not seen says whether it is better.

One setting of a signal is changed at a time. No signal reads another one, so one pass through the log tries a change of
each of them at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from retention.policy import SignalPolicy
from retention.signals import RISKS
from retention.signals.base import Signal
from retention.signals.thresholds import bound_of, wrong_with
from streams.errors import BadLog
from streams.foreign_logs import reader_of
from streams.judging import ENOUGH, Judge, Life, Verdict
from streams.line_account import Account
from streams.past import Past
from streams.progress import Progress, no_progress
from streams.setting_types import MOST_DAYS
from streams.settings import Settings, SignalSettings
from streams.spool import Spool, spooled
from streams.worth import QUIET, past_in, warm_up

SCALES: Final = (0.67, 1.5, 2.0)
"""What a threshold is multiplied by, to be tried."""
DAYS_OPEN: Final = (14, 28)
"""Days until an open signal becomes more severe, to be tried."""
LEAST_GAIN: Final = 2.0
"""By how many losses a change has to be better, in the part that it is proposed from."""
HIGHEST_SHARE: Final = 0.5
Value = str | int | float


class Setting(NamedTuple):
    """A setting of a signal by its name below `signals.NAME`, as it is and as it would be."""

    name: str
    was: Value
    now: Value


@dataclass(frozen=True)
class Change:
    """Another way to set one signal: mostly a single setting."""

    signal: str
    settings: tuple[Setting, ...]

    def applied_to(self, said: SignalSettings) -> SignalSettings:
        """Return the settings of its signal with the change."""
        for name, _, now in self.settings:
            threshold = name.removeprefix("thresholds.")
            if threshold == name:
                said = said.model_copy(update={name: now})
            else:
                said = said.model_copy(update={"thresholds": {**said.thresholds, threshold: float(now)}})
        return said


@dataclass(frozen=True)
class Judged:
    """A signal as it was judged in both parts: in the one it was proposed from, and in the other."""

    seen: Verdict
    unseen: Verdict


@dataclass(frozen=True)
class Proposal:
    """A change that is better in the part that it is proposed from, with how it was before and would be after."""

    change: Change
    before: Judged
    after: Judged
    holds: bool
    """Whether it is no worse in the part that it has not seen."""

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` writes it."""
        return {
            "signal": self.change.signal,
            "settings": [{"name": name, "was": was, "proposed": now} for name, was, now in self.change.settings],
            "holds": self.holds,
            "proposed_from": {"before": _counts(self.before.seen), "after": _counts(self.after.seen)},
            "judged_on": {"before": _counts(self.before.unseen), "after": _counts(self.after.unseen)},
        }


def _counts(one: Verdict) -> dict[str, Any]:
    return {
        "judged": one.precision.whole,
        "right": one.precision.part,
        "losses_warned": one.recall_of_all.part,
        "losses": one.recall_of_all.whole,
        "median_lead_days": round(one.lead, 1) if one.leads else None,
        "stayers_alarmed_a_month": round(one.stayers_alarmed.ratio, 4) if one.stayers_alarmed.whole else None,
    }


@dataclass(frozen=True)
class Tuning:
    """Holds what is proposed, and how all signals together were judged in the unseen part, before and with it."""

    proposals: Sequence[Proposal]
    too_few: Sequence[str]
    """Signals of which too few alarms could be judged to propose anything."""
    unchanged: Sequence[str]
    first: datetime
    cut: datetime
    last: datetime
    severity: str
    horizon_days: int
    before: Verdict
    after: Verdict
    account: Account

    @property
    def holding(self) -> list[Proposal]:
        """Return the proposals that hold in the unseen part."""
        return [one for one in self.proposals if one.holds]

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` writes it."""
        return {
            "proposed_from": [_day(self.first), _day(self.cut)],
            "judged_on": [_day(self.cut), _day(self.last)],
            "severity": self.severity,
            "horizon_days": self.horizon_days,
            "proposals": [one.as_json() for one in self.proposals],
            "too_few": list(self.too_few),
            "unchanged": list(self.unchanged),
            "all_signals_judged_on": {"before": _counts(self.before), "after": _counts(self.after)},
        }


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def changes_of(signal: Signal, tuned: SignalPolicy) -> list[Change]:
    """Return the changes of a signal that are tried: each is a setting that exists, with a value that it takes.

    The first one makes it quiet: it begins at low, and does not become more severe because it lasts.
    """
    open_days = tuned.escalate_after_days
    found = [_quiet(tuned)]
    if tuned.severity == "low":
        found.append((Setting("severity", "low", "medium"),))
    found += [(Setting("escalate_after_days", open_days, days),) for days in DAYS_OPEN if days != open_days]
    found += [
        (Setting(f"thresholds.{threshold}", value, scaled),)
        for threshold, value in tuned.thresholds
        for scaled in _scaled(threshold, value)
    ]
    return [Change(signal.name, settings) for settings in found if settings]


def _quiet(tuned: SignalPolicy) -> tuple[Setting, ...]:
    found = [
        Setting("severity", tuned.severity, "low"),
        Setting("escalate_after_days", tuned.escalate_after_days, QUIET),
    ]
    return tuple(one for one in found if one.was != one.now)


def _scaled(threshold: str, value: float) -> Iterator[float]:
    bound = bound_of(threshold)
    tried = {value}
    for scale in SCALES:
        scaled = round(value * scale, 3)
        if value == int(value) and (bound is None or bound.whole or value >= 2):  # noqa: PLR2004 - of a share, 1 is the most
            scaled = float(round(scaled))
        if scaled not in tried and wrong_with(threshold, scaled) is None and 0 <= scaled <= MOST_DAYS:
            tried.add(scaled)
            yield scaled


def with_changes(settings: Settings, changes: Iterable[Change], *, only: Iterable[str] | None = None) -> Settings:
    """Return settings with some changes; with `only`, all other signals are switched off."""
    signals = dict(settings.signals)
    for change in changes:
        signals[change.signal] = change.applied_to(signals.get(change.signal, SignalSettings()))
    if only is not None:
        kept = set(only)
        for signal in RISKS:
            if signal.name not in kept:
                said = signals.get(signal.name, SignalSettings())
                signals[signal.name] = said.model_copy(update={"enabled": False})
    return settings.model_copy(update={"signals": signals})


class _Parts:
    """Judges in both parts of a past."""

    def __init__(
        self, lives: Sequence[Life], first: datetime, cut: datetime, last: datetime, horizon: timedelta
    ) -> None:
        self.seen = Judge(lives, first, cut, horizon)
        self.unseen = Judge(lives, cut, last, horizon)

    def judged(self, past: Past, severity: str, names: Sequence[str] | None = None) -> Judged:
        """Return the verdicts on the alarms of some signals, or of all."""
        return Judged(*(one.verdict(past.alarms(severity, names)) for one in (self.seen, self.unseen)))


def tuned(
    logs: Sequence[Path],
    settings: Settings,
    severity: str,
    horizon_days: int,
    *,
    share: float,
    least_lift: float,
    labels: Sequence[Life] | None = None,
    warm_up_days: int | None = None,
    progress: Progress = no_progress,
) -> Tuning:
    """Return what is proposed from the first `share` of a past, and how it was in the rest.

    A signal of which fewer than `ENOUGH` alarms of any severity can be judged in the first part is left alone. Raises
    `BadLog` for a log that is too short.
    """
    with spooled(logs, reader_of(settings), progress) as spool:
        return _tuned(spool, settings, severity, horizon_days, share, least_lift, labels, warm_up_days, progress)


def _tuned(
    spool: Spool,
    settings: Settings,
    severity: str,
    horizon_days: int,
    share: float,
    least_lift: float,
    labels: Sequence[Life] | None,
    warm_up_days: int | None,
    progress: Progress,
) -> Tuning:
    past, account = past_in(spool, settings, progress)
    first = warm_up(past.first, past.last, warm_up_days)
    cut, horizon = first + (past.last - first) * share, timedelta(days=horizon_days)
    _require_long_enough(first, cut, past.last, horizon)
    parts = _Parts(past.lives() if labels is None else labels, first, cut, past.last, horizon)
    before = {name: parts.judged(past, severity, [name]) for name in past.names()}
    enough = [name for name in past.names() if parts.seen.verdict(past.alarms("low", [name])).precision.whole >= ENOUGH]
    policy = settings.policy()
    tried = {one.name: changes_of(one, one.tuned(policy)) for one in RISKS if one.name in enough}
    found = _tried(spool, settings, severity, parts, tried, progress)
    odds = _odds(parts.seen.chance.ratio, least_lift)
    proposals = [proposal for name in enough if (proposal := _best(name, before[name], found[name], odds)) is not None]
    changed = with_changes(settings, [one.change for one in proposals if one.holds])
    after = past_in(spool, changed, progress)[0] if any(one.holds for one in proposals) else past
    return Tuning(
        proposals,
        [name for name in past.names() if name not in enough],
        [name for name in enough if name not in {one.change.signal for one in proposals}],
        first,
        cut,
        past.last,
        severity,
        horizon_days,
        parts.judged(past, severity).unseen,
        parts.judged(after, severity).unseen,
        account,
    )


def _require_long_enough(first: datetime, cut: datetime, last: datetime, horizon: timedelta) -> None:
    if cut - first <= horizon or last - cut <= horizon:
        raise BadLog(
            f"the log is too short to propose anything: from {_day(first)}, the first day that is judged, to "
            f"{_day(last)} it has {(last - first).days} days, and each part of it, up to {_day(cut)} and from then on, "
            f"has to be longer than the horizon of {horizon.days} days. Use a longer log, or a shorter --horizon-days"
        )


def _tried(
    spool: Spool,
    settings: Settings,
    severity: str,
    parts: _Parts,
    tried: Mapping[str, Sequence[Change]],
    progress: Progress,
) -> dict[str, list[tuple[Change, Judged]]]:
    """Apply the log once for the first change of each signal, once for the second, and so on."""
    found: dict[str, list[tuple[Change, Judged]]] = {name: [] for name in tried}
    passes = max((len(changes) for changes in tried.values()), default=0)
    for number in range(passes):

        def show(stage: str, done: int, of: int, place: int = number + 1) -> None:
            progress(f"{stage}, pass {place} of {passes}", done, of)

        now = [changes[number] for changes in tried.values() if number < len(changes)]
        changed = with_changes(settings, now, only=[change.signal for change in now])
        past, _ = past_in(spool, changed, show)
        for change in now:
            found[change.signal].append((change, parts.judged(past, severity, [change.signal])))
    return found


def _odds(base: float, least_lift: float) -> float:
    """Return how many losses one wrong alarm costs: alarms that are right `least_lift` times as often as chance pay."""
    share = min(HIGHEST_SHARE, least_lift * base)
    return share / (1 - share)


def worth_of(one: Verdict, odds: float) -> float:
    """Return the losses that were warned of, less what wrong alarms cost."""
    return one.recall_of_all.part - odds * one.wrong


def _best(name: str, before: Judged, found: Sequence[tuple[Change, Judged]], odds: float) -> Proposal | None:
    """Return the change that is worth most in the seen part; None if none is clearly better than what is."""
    best, judged = max(found, key=lambda one: worth_of(one[1].seen, odds))
    if worth_of(judged.seen, odds) - worth_of(before.seen, odds) < LEAST_GAIN or best.signal != name:
        return None
    if max(before.seen.precision.whole, judged.seen.precision.whole) < ENOUGH:
        return None
    return Proposal(best, before, judged, worth_of(judged.unseen, odds) >= worth_of(before.unseen, odds))


def as_toml(tuning: Tuning, about: str) -> str:
    """Return what is proposed as settings; a change that does not hold in the unseen part is a comment."""
    lines = [
        f"# {about}",
        f"# Proposed from {_day(tuning.first)} to {_day(tuning.cut)}, judged on the rest, to {_day(tuning.last)}:",
        f"# signals of {tuning.severity} or more, {tuning.horizon_days} days.",
        "# Add what you want to your settings file: a table [signals.NAME] that it has already takes the new line.",
    ]
    if not tuning.holding:
        lines.append("# Nothing is proposed.")
    for one in tuning.proposals:
        mark = "" if one.holds else "# not confirmed: "
        lines += ["", f"# {_words(one)}", f"{mark}[signals.{one.change.signal}]"]
        lines += [f"{mark}{name} = {_text(now)}  # was {_text(was)}" for name, was, now in one.change.settings]
    return "\n".join([*lines, ""])


def _words(one: Proposal) -> str:
    before, after = one.before.unseen, one.after.unseen
    return (
        f"unseen: right {before.precision} -> {after.precision}, losses warned of {before.recall_of_all} -> "
        f"{after.recall_of_all}, stayers alarmed a month {before.stayers_alarmed} -> {after.stayers_alarmed}"
    )


def _text(value: Value) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"
