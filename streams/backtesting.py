"""Applies the same log under two or more settings, and compares the signals that each of them would have raised.

The log is applied once for each of them, in this process. Compared are the counts of `backstay signals report`, and the
value of the losses that were warned of in time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from retention.signals import RISKS
from streams.foreign_logs import reader_of
from streams.judging import MONTH, Judge, Life, Verdict
from streams.line_account import Account
from streams.past import Past
from streams.progress import Progress, no_progress
from streams.settings import Settings
from streams.spool import spooled
from streams.worth import ANY, Row, past_in, verdicts, warm_up

TUNING: Final = ("enabled", "severity", "cooldown_days", "escalate_after_days")
MATTERS: Final = ("metrics", "time", "actions", "risk", "segments")
"""Sections of the settings, besides `signals`, that may change what is said."""
OUTCOMES: Final = ("metrics.basis", "metrics.purchase_window_days", "metrics.pause_limit_days", "metrics.grace_days")
"""Settings on which it depends who has left, and when."""


@dataclass(frozen=True)
class Run:
    """The past under one of the settings."""

    name: str
    verdicts: Mapping[str, Verdict]
    alarms_a_month: float
    warned: Mapping[str, Decimal] | None
    """What the losses were worth in a year that were warned of, by currency; None if they follow from labels."""
    lost: Mapping[str, Decimal] | None
    account: Account

    @property
    def all(self) -> Verdict:
        """Return the verdict on all signals together."""
        return self.verdicts[ANY]

    def as_json(self) -> dict[str, Any]:
        """Return the run as `--json` writes it."""
        return {
            "settings": self.name,
            "alarms_a_month": round(self.alarms_a_month, 2),
            **{
                name: value for name, value in Row(ANY, "", self.all).as_json().items() if name not in {"name", "level"}
            },
            "value_warned": _texts(self.warned),
            "value_lost": _texts(self.lost),
        }


def _texts(worth: Mapping[str, Decimal] | None) -> dict[str, str] | None:
    return None if worth is None else {currency: f"{amount}" for currency, amount in worth.items()}


def differences(settings: Mapping[str, Settings]) -> dict[str, list[Any]]:
    """Return the settings that may change what is said and are not the same, by name, with the values of each."""
    flat = [_flat(one) for one in settings.values()]
    names = dict.fromkeys(name for one in flat for name in one)
    found = {name: [one.get(name) for one in flat] for name in names}
    return {name: values for name, values in found.items() if any(value != values[0] for value in values)}


def _flat(settings: Settings) -> dict[str, Any]:
    """Return the settings that matter by their dotted names; of each signal what is in force."""
    found: dict[str, Any] = {}
    for section in MATTERS:
        found |= _dotted(section, settings.model_dump(mode="json", include={section})[section])
    policy = settings.policy()
    for signal in RISKS:
        tuned = signal.tuned(policy)
        found |= {f"signals.{signal.name}.{name}": getattr(tuned, name) for name in TUNING}
        found |= {f"signals.{signal.name}.thresholds.{name}": value for name, value in tuned.thresholds}
    return found


def _dotted(name: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - as settings hold it
    if not isinstance(value, dict):
        return {name: value}
    return {place: one for key, inner in value.items() for place, one in _dotted(f"{name}.{key}", inner).items()}


def backtest(
    logs: Sequence[Path],
    settings: Mapping[str, Settings],
    severity: str,
    horizon_days: int,
    *,
    labels: Sequence[Life] | None = None,
    warm_up_days: int | None = None,
    progress: Progress = no_progress,
) -> list[Run]:
    """Return, for each of the settings, the verdict on the signals that it would have raised, and the losses."""
    runs: list[Run] = []
    with spooled(logs, reader_of(next(iter(settings.values()))), progress) as spool:
        for place, (name, one) in enumerate(settings.items(), 1):

            def show(stage: str, done: int, of: int, name: str = f"{place} of {len(settings)}") -> None:
                progress(f"{stage}, {name}", done, of)

            past, account = past_in(spool, one, show)
            judge = Judge(
                past.lives() if labels is None else labels,
                warm_up(past.first, past.last, warm_up_days),
                past.last,
                timedelta(days=horizon_days),
            )
            runs.append(_run(name, past, judge, account, severity, own=labels is None))
    return runs


def _run(name: str, past: Past, judge: Judge, account: Account, severity: str, *, own: bool) -> Run:
    found = verdicts(past, judge, severity)
    months = (judge.last - judge.first) / MONTH
    warned = judge.warned_of(past.alarms(severity))
    return Run(
        name,
        found,
        found[ANY].raised / months if months > 0 else 0.0,
        past.worth(warned) if own else None,
        past.worth(judge.losses) if own else None,
        account,
    )
