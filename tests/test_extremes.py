"""Events at the edges of what the contracts allow, in any order: none of them may end a worker, or what it writes."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from retention.measures import BASIS_NAMES
from retention.policy import Policy
from schemas.encoding import to_json
from tests.building import Log, at
from tests.playing import Run, play

AMOUNTS = ("0", "0.01", "999999999999999", "999999999999999.999999999", 10**15, 0, "0.000000001", "12.34")
CURRENCIES = ("EUR", "JPY", "BHD", "CLF", "XXX", "ISK")
ENDS = ("8999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00+14:00", "2024-02-29T23:59:59.999999Z")
LONG_AGO = ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00+14:00", "1999-12-31T23:59:59Z", "2023-01-01T00:00:00-12:00")
IDS = ("x" * 128, "\x00", "é" * 64, "a|b", "\n", "%s{0}", "🙂", "-", "0" * 32)
ZONES = ("UTC", "Europe/Madrid", "America/New_York", "Pacific/Kiritimati", "Pacific/Apia", "Asia/Kathmandu")
KINDS = {
    "subscription": ("started", "started", "changed", "paused", "resumed", "renewed", "ended"),
    "cancellation": ("requested", "revoked", "effective"),
    "purchase": ("completed", "completed", "refunded"),
    "login": ("succeeded", "failed"),
    "ticket": ("opened", "reopened", "solved", "escalated"),
}


def _terms(draw: random.Random, kind: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"currency": draw.choice(CURRENCIES)} if kind == "started" else {}
    if draw.random() < 0.5:
        return fields | {
            "mrr": draw.choice(AMOUNTS),
            "term_end": draw.choice(ENDS),
            "status": draw.choice(("past_due", "active")),
        }
    discount: dict[str, Any] = (
        {"percent": draw.choice((0, 33, 100))} if draw.random() < 0.5 else {"amount": draw.choice(AMOUNTS)}
    )
    return fields | {
        "interval": draw.choice(("day", "week", "month", "quarter", "year")),
        "interval_count": draw.choice((1, 7, 120)),
        "items": [{"price": draw.choice(AMOUNTS), "quantity": draw.choice((0, 3, 10**9))}],
        "discounts": [discount | {"duration": draw.choice(("once", "repeating", "forever")), "periods": 2}],
        "plan": draw.choice(("basic", *IDS)),
    }


def _fields(draw: random.Random, family: str, kind: str) -> dict[str, Any]:
    match family:
        case "subscription":
            known: dict[str, Any] = {"subscription_id": draw.choice(("s-1", "s-2", *IDS))}
            if kind in {"started", "changed"}:
                return known | _terms(draw, kind)
            end = {"paused": "until", "renewed": "term_end"}.get(kind)
            return known | ({end: draw.choice(ENDS)} if end is not None else {})
        case "cancellation":
            return {"reason": "price", "at_period_end": draw.random() < 0.5} if kind == "requested" else {}
        case "purchase":
            money = {"amount": draw.choice(AMOUNTS), "currency": draw.choice(CURRENCIES)}
            return {"order_id": draw.choice(("o-1", "o-2", *IDS))} | (
                money if kind == "completed" or draw.random() < 0.6 else {}
            )
        case "ticket":
            topic = {"topic": draw.choice(("billing", "{days}", "x" * 128))} if kind == "opened" else {}
            return {"ticket_id": draw.choice(("t-1", "t-2", "t-3", *IDS))} | topic
        case _:
            return {}


def extreme(draw: random.Random) -> list[bytes]:
    """Return the events of one customer, mostly in order."""
    log = Log(draw.choice(("c-1", "c|1", "🙂", "x" * 120)))
    for place in range(draw.randrange(2, 25)):
        family = draw.choice(tuple(KINDS))
        kind = draw.choice(KINDS[family])
        when = {"occurred_at": draw.choice(LONG_AGO)} if draw.random() < 0.1 else {}
        ident = {"event_id": f"{draw.choice(IDS)[:120]}{place}"} if draw.random() < 0.3 else {}
        day = draw.choice((0, 1, 5, 30, 31, 59.999999, 60, 200, 400 * draw.random()))
        log.add(f"{family}.{kind}", day, **_fields(draw, family, kind), **when, **ident)
    if draw.random() < 0.7:
        log.events.sort(key=lambda event: event["occurred_at"])
    return log.lines()


@settings(max_examples=max(100, settings().max_examples))
@given(
    st.integers(0, 10**9),
    st.sampled_from(ZONES),
    st.sampled_from(BASIS_NAMES),
    st.sampled_from([1, 3, 50]),
    st.sampled_from([None, 1, 2]),
    st.booleans(),
)
def test_no_events_that_the_contracts_allow_end_a_worker(
    seed: int, zone: str, basis: Any, batch: int, restart_every: int | None, keeps_sums: bool
) -> None:
    draw = random.Random(seed)
    run = Run(batch=batch, restart_every=restart_every, keeps_sums=keeps_sums)

    outcome = play(extreme(draw), at(draw.choice([30, 120, 500, 1_000])), Policy(zone=zone, basis=basis), run=run)

    for statement in outcome.statements:
        assert to_json(statement.body)
    for update in [*outcome.updates.values(), *outcome.editions]:
        assert to_json(update)
