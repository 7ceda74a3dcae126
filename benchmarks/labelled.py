"""The worth of the signals on simulated companies whose leavers are labelled, beside chance and recency. No Kafka.

    python -m benchmarks.labelled [--kinds saas shop b2b] [--seeds 1 2 3] [--customers 400] [--days 548]
                                  [--severity medium] [--calendar FILE]

One line for each signal of each kind, pooled over the seeds, one for all signals together, and one for recency alone:
an alarm when a customer was not seen for longer than it was in nine of ten pauses before, at least 14 days.
"""

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from retention.calendar import instant, moment
from retention.engine.partition_state import PartitionState
from retention.errors import Rejected
from retention.policy import SEVERITIES
from schemas.decoding import Decoder, Refused
from schemas.families import FAMILIES
from schemas.family import type_of
from streams.companies import KINDS
from streams.companies.base import SEEN, Arrival, Company, Kind
from streams.customers import CustomerStore
from streams.judging import RECENCY, Alarm, Recency, Verdict, judged
from streams.setting_sources import read_settings

START: Final = datetime(2024, 1, 1, tzinfo=UTC)
WARM_UP: Final = timedelta(days=120)
"""Days at the beginning that are not judged: customers have no habit yet."""
HORIZON: Final = {"saas": timedelta(days=90), "shop": timedelta(days=120), "b2b": timedelta(days=90)}
ALL: Final = "any signal"
ANNOUNCED: Final = "before it was announced"
_DECODERS: Final = {
    type_of(contract): (family.topic, Decoder(family)) for family in FAMILIES for contract in family.contracts
}


def played(company: Company, severity: str, recency: Recency, calendar: str = "") -> Iterator[tuple[str, Alarm]]:
    """Yield the alarms of a company, each with its signal; show its logins and orders to `recency`."""
    settings = read_settings(None, {"time.calendar": calendar} if calendar else {})
    metrics = settings.metrics.model_copy(update={"basis": company.kind.basis})
    policy = settings.model_copy(update={"metrics": metrics}).policy()
    state = PartitionState(policy, CustomerStore(1))
    least = SEVERITIES.index(severity)
    day, levels = company.start, dict[tuple[str, str], int]()
    for number, arrival in enumerate(company.history()):
        while arrival.at >= day + timedelta(days=1):
            day += timedelta(days=1)
            state.advance(instant(day) - policy.disorder)
            yield from _alarms(state, levels, least)
        if arrival.event["type"] in SEEN:
            recency.saw(arrival.event["customer_id"], datetime.fromisoformat(arrival.event["occurred_at"]))
        _apply(state, arrival, number)
    state.advance(instant(day))
    yield from _alarms(state, levels, least)


def _apply(state: PartitionState, arrival: Arrival, number: int) -> None:
    known = _DECODERS.get(arrival.event["type"])
    if known is None:
        return
    topic, decoder = known
    try:
        event, at = decoder.read(arrival.line())
        state.observe(event, at, topic, number)
    except (Refused, Rejected) as error:
        raise SystemExit(f"the simulated company sends an event that is refused: {arrival.event}: {error}") from error


def _alarms(state: PartitionState, levels: dict[tuple[str, str], int], least: int) -> Iterator[tuple[str, Alarm]]:
    for statement in state.take_statements():
        if statement.type in {"churn_signal.raised", "churn_signal.escalated"}:
            said: Any = statement.body
            key, level = (said.customer_id, said.episode), SEVERITIES.index(said.severity)
            before = levels.get(key, -1)
            levels[key] = level
            if level >= least > before:
                yield said.signal, Alarm(said.customer_id, said.signal, moment(statement.at))


def verdicts(kind: Kind, seed: int, customers: int, days: int, severity: str, calendar: str = "") -> dict[str, Verdict]:
    """Return the verdict on each signal of one company, on all of them, and on recency."""
    company, recency = Company(kind, seed, START, days, customers), Recency()
    found: dict[str, list[Alarm]] = {ALL: [], ANNOUNCED: [], RECENCY: []}
    for signal, alarm in played(company, severity, recency, calendar):
        found.setdefault(signal, []).append(alarm)
        found[ALL].append(alarm)
        if signal not in {"cancellation-requested", "auto-renew-off"}:
            found[ANNOUNCED].append(alarm)
    last = START + timedelta(days=days)
    lives = [label.life(last) for label in company.labels() if label.joined < last]
    found[RECENCY] = list(recency.alarms(last))
    return {name: judged(alarms, lives, START + WARM_UP, last, HORIZON[kind.name]) for name, alarms in found.items()}


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
            for signal, one in verdicts(KINDS[name], seed, *asked).items():
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
