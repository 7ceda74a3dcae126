"""Microseconds of the small parts that comments claim to be fast, each beside its obvious alternative.

python -m benchmarks.parts [TIMES]
"""

import json
import re
import sys
import uuid
from collections.abc import Callable
from timeit import repeat
from typing import Any, Final, NamedTuple

from benchmarks.traffic import START, events
from retention.calendar import Calendar, instant
from retention.engine.recommending import recommended
from retention.identity import NAMESPACE, derived_id
from retention.policy import Policy
from retention.signals.no_login import NO_LOGIN
from retention.state.customer import newcomer
from retention.statements import Statement
from retention.structs import Value
from schemas.decoding import Decoder
from schemas.encoding import to_json, unvalidated
from schemas.logins import LOGINS
from schemas.outbound import ChurnSignal

TIMES: Final = 20_000
SIGNAL: Final[dict[str, Any]] = {
    "signal": "no-login",
    "customer_id": "cust-000001",
    "episode": "6f0c1d5e-7a53-5d0b-9a3e-2f6f7f5b8c11",
    "transition": "raised",
    "severity": "medium",
    "since": START.date(),
    "raised_at": START,
    "observed": {"days_without_login": 9},
    "baseline": {"usual_gap_p90_days": 2},
    "weight": 0.2,
    "half_life_days": 14,
    "evidence": [],
    "data_gaps": [],
    "explanation": {"en": "9 days without a login", "es": "9 días sin iniciar sesión", "it": "9 giorni senza accesso"},
    "recommended_action": "we-miss-you",
    "rule_version": 1,
}


class AsTuple(NamedTuple):
    """Three fields, in the obvious form."""

    at: int
    amount: int
    why: str


class AsValue(Value, frozen=True):
    """The same as a struct."""

    at: int
    amount: int
    why: str


def microseconds(work: Callable[[], object], times: int) -> float:
    """Return the best of five rounds of so many calls, per call."""
    return round(min(repeat(work, number=times, repeat=5)) / times * 1e6, 2)


def main() -> None:
    """Print one JSON object a pair."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    value = next(value for topic, value in events(50, 10) if topic == "logins")
    other = re.sub(rb'"customer_id":"[^"]*"', b'"customer_id":17', value)
    decoder, madrid = Decoder(LOGINS), Calendar("Europe/Madrid")
    at = instant(START)
    unvalidated_signal = unvalidated(ChurnSignal)
    policy, customer = Policy(), newcomer()
    raised = Statement("churn_signal.raised", "6f0c1d5e", "cust-000001", at, "", unvalidated_signal(**SIGNAL))
    zone = madrid._zone  # noqa: SLF001 - the conversion that is saved
    pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "an event: ours, pydantic": (lambda: decoder.decode(value), lambda: decoder.explain(value)),
        "an event with an integer id: ours, pydantic": (lambda: decoder.decode(other), lambda: decoder.explain(other)),
        "an id: ours, uuid5": (lambda: derived_id("episode", 7), lambda: str(uuid.uuid5(NAMESPACE, "episode|7"))),
        "a signal, made and written: ours, pydantic": (
            lambda: to_json(unvalidated_signal(**SIGNAL)),
            lambda: to_json(ChurnSignal(**SIGNAL)),
        ),
        "about a signal, made and written: its action, the signal itself": (
            lambda: to_json(recommended(NO_LOGIN, raised, customer, policy, at).body),
            lambda: to_json(unvalidated_signal(**SIGNAL)),
        ),
        "a value of three fields: a struct, a NamedTuple": (lambda: AsValue(1, 2, "3"), lambda: AsTuple(1, 2, "3")),
        "bytes in bytes: find, in": (lambda: value.find(b"[") >= 0, lambda: b"[" in value),
        "a local day: ours, astimezone": (lambda: madrid.day(at), lambda: START.astimezone(zone).toordinal()),
    }
    for name, (ours, first) in pairs.items():
        print(json.dumps({"what": name, "microseconds": [microseconds(ours, times), microseconds(first, times)]}))


if __name__ == "__main__":
    main()
