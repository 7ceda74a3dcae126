"""Checks the figures in one currency: whether all currencies that customers pay in have an exchange rate."""

import json
from typing import Any, Final

from retention.engine.converting import SUFFIX
from streams.broker import Broker
from streams.examining.found import Found
from streams.topics import UPDATES

NEWEST: Final = 20_000
"""Records of `metric-updates` to look at: those of the running month are the newest."""


async def rates(broker: Broker) -> Found:
    """Check which currencies the newest figures in one currency are made of, and which of them have no rate."""
    into = broker.settings.metrics.currency
    if into is None:
        return Found("not needed: metrics.currency is not set, so money stays in its currencies")
    newest = await _newest(broker, into)
    if newest is None:
        return Found(f"no figure in {into} yet: the first follows once a worker reads a subscription that is paid for")
    start, without = newest["period"]["start"], newest["components"].get("without_rate", [])
    known = sorted(set(newest["components"]["rates"]) - {into})
    if not without:
        return Found(
            f"of {', '.join(known)} in {into}: all that is needed is known" if known else f"all money is in {into}"
        )
    return Found(
        f"figures in {into} are unknown for the period that began on {start}: no rate of {', '.join(without)} in "
        f"{into} holds then. Send `rate.published` with base {without[0]}, quote {into} and effective_on {start} or "
        "before (docs/currencies.md)",
        warns=True,
    )


async def _newest(broker: Broker, into: str) -> dict[str, Any] | None:
    """Return the newest MRR of all customers in one currency, by month."""
    found: dict[str, dict[str, Any]] = {}
    for record in await broker.newest(broker.topic(UPDATES), 0, NEWEST):
        match (record.key or b"").decode(errors="replace").split("|"):
            case ["mrr", basis, currency, "month", start, "all"] if basis.endswith(SUFFIX) and currency == into:
                if record.value:
                    found[start] = json.loads(record.value)
    return found[max(found)] if found else None
