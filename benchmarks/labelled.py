"""The worth of the signals on simulated companies whose leavers are labelled, beside chance and recency. No Kafka.

    python -m benchmarks.labelled [--kinds saas shop b2b] [--seeds 1 2 3] [--customers 400] [--days 548]
                                  [--severity medium] [--calendar FILE]

One line for each signal of each kind, pooled over the seeds, one for all signals together, and one for recency alone:
an alarm when a customer was not seen for longer than it was in nine of ten pauses before, at least 14 days.
"""

import argparse
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from retention.policy import SEVERITIES
from streams.companies import KINDS
from streams.companies.base import Company, Kind
from streams.in_process import applied_lines
from streams.judging import Judge, Verdict
from streams.past import Past
from streams.setting_sources import read_settings
from streams.worth import verdicts

START: Final = datetime(2024, 1, 1, tzinfo=UTC)
WARM_UP: Final = timedelta(days=120)
"""Days at the beginning that are not judged: customers have no habit yet."""
HORIZON: Final = {"saas": timedelta(days=90), "shop": timedelta(days=120), "b2b": timedelta(days=90)}


def past_of(company: Company, calendar: str = "") -> Past:
    """Return the past of a company, by its events alone; raise an error if one of them is refused."""
    settings = read_settings(None, {"time.calendar": calendar} if calendar else {})
    metrics = settings.metrics.model_copy(update={"basis": company.kind.basis})
    settings = settings.model_copy(update={"metrics": metrics})
    past = Past(settings.policy())
    run = applied_lines((arrival.line() for arrival in company.history()), settings, past)
    if run.account.rejected:
        raise SystemExit("the simulated company sends events that are refused:\n" + "\n".join(run.account.words()))
    return past.end(run)


def judged_by_labels(
    kind: Kind, seed: int, customers: int, days: int, severity: str, calendar: str = ""
) -> dict[str, Verdict]:
    """Return the verdict on each signal of one company, on all of them, and on recency."""
    company = Company(kind, seed, START, days, customers)
    past, last = past_of(company, calendar), START + timedelta(days=days)
    lives = [label.life(last) for label in company.labels() if label.joined < last]
    return verdicts(past, Judge(lives, START + WARM_UP, last, HORIZON[kind.name]), severity)


def main() -> None:
    """Print one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--customers", type=int, default=400)
    parser.add_argument("--days", type=int, default=548)
    parser.add_argument("--severity", default="medium", choices=SEVERITIES)
    parser.add_argument("--calendar", default="", help="file of a company calendar; without one, all days are usual")
    chosen = parser.parse_args()
    asked = (chosen.customers, chosen.days, chosen.severity, chosen.calendar)
    for name in chosen.kinds:
        pooled: dict[str, Verdict] = {}
        for seed in chosen.seeds:
            for signal, one in judged_by_labels(KINDS[name], seed, *asked).items():
                pooled[signal] = pooled[signal] + one if signal in pooled else one
        for signal, one in sorted(pooled.items(), key=lambda pair: -pair[1].precision.whole):
            print(json.dumps({"kind": name, "signal": signal, **_shown(one)}, ensure_ascii=False), flush=True)


def _shown(one: Verdict) -> dict[str, Any]:
    return {
        "precision": str(one.precision),
        "chance": str(one.chance),
        "lift": round(one.lift, 2),
        "recall": str(one.recall),
        "recall_of_all": str(one.recall_of_all),
        "stayers_alarmed_a_month": str(one.stayers_alarmed),
        "lead_days": round(one.lead),
    }


if __name__ == "__main__":
    main()
