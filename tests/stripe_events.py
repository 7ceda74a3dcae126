"""Builders: events of Stripe as its webhooks send them, in both shapes, and what the product makes of them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from schemas.families import TOPIC_OF
from sources.base import Foreign, Translation
from sources.stripe import STRIPE
from sources.stripe.options import StripeOptions
from tests.building import at
from tests.playing import DECODERS, Outcome, play

START = datetime(2026, 1, 5, tzinfo=UTC)
OLD, NEW = "2024-06-20", "2025-03-31.basil"
Json = dict[str, Any]


def seconds(day: float) -> int:
    """Return the seconds since 1970 of so many days after the start."""
    return int(at(day, START).timestamp())


def price(amount: int | None = 4000, interval: str = "month", every: int = 1, **fields: Any) -> Json:
    return {
        "id": "price_1",
        "object": "price",
        "billing_scheme": "per_unit",
        "currency": "eur",
        "product": "prod_1",
        "recurring": {"interval": interval, "interval_count": every, "usage_type": "licensed"},
        "type": "recurring",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount) if amount is not None else None,
        **fields,
    }


def item(cost: Json | None = None, day: float = 0, end: float = 31, **fields: Any) -> Json:
    return {
        "id": "si_1",
        "object": "subscription_item",
        "created": seconds(0),
        "current_period_start": seconds(day),
        "current_period_end": seconds(end),
        "discounts": [],
        "price": cost or price(),
        "quantity": 1,
        "tax_rates": [],
        **fields,
    }


def listed(*items: Json, has_more: bool = False) -> Json:
    return {"object": "list", "data": list(items), "has_more": has_more, "total_count": len(items)}


def subscription(*items: Json, **fields: Any) -> Json:
    """Return a subscription in the shape since 2025-03-31."""
    return {
        "id": "sub_1",
        "object": "subscription",
        "automatic_tax": {"enabled": False},
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": seconds(0),
        "currency": "eur",
        "customer": "cus_1",
        "default_tax_rates": [],
        "discounts": [],
        "ended_at": None,
        "items": listed(*(items or (item(),))),
        "pause_collection": None,
        "schedule": None,
        "start_date": seconds(0),
        "status": "active",
        "trial_end": None,
        "trial_start": None,
        **fields,
    }


def in_old_shape(found: Json) -> Json:
    """Return a subscription as it was until 2024: the period stands on it, a discount has no list of ids."""
    items = found["items"]["data"]
    days = {name: items[0][name] for name in ("current_period_start", "current_period_end")}
    bare = [{name: value for name, value in one.items() if name not in days} for one in items]
    plain = {name: value for name, value in found.items() if name != "discounts"}
    return {**plain, **days, "discount": None, "items": listed(*bare)}


def coupon(**fields: Any) -> Json:
    return {
        "id": "TEN",
        "object": "coupon",
        "amount_off": None,
        "currency": None,
        "duration": "forever",
        "duration_in_months": None,
        "percent_off": None,
        **fields,
    }


def discount(off: Json | str, day: float = 0, end: float | None = None, **fields: Any) -> Json:
    return {
        "id": "di_1",
        "object": "discount",
        "customer": "cus_1",
        "start": seconds(day),
        "end": seconds(end) if end is not None else None,
        "subscription": "sub_1",
        "subscription_item": None,
        **({"coupon": off} if isinstance(off, dict) else {"source": {"coupon": off, "type": "coupon"}}),
        **fields,
    }


def event(
    kind: str, day: float, found: Json, previous: Json | None = None, ident: str = "", version: str = NEW, **more: Any
) -> bytes:
    data: Json = {"object": found}
    if previous is not None:
        data["previous_attributes"] = previous
    whole = {
        "id": ident or f"evt_{int(day * 100):06}{kind}",
        "object": "event",
        "api_version": version,
        "created": seconds(day),
        "data": data,
        "livemode": True,
        "type": kind,
        **more,
    }
    return json.dumps(whole).encode()


def created(day: float, found: Json, **more: Any) -> bytes:
    return event("customer.subscription.created", day, found, **more)


def updated(day: float, found: Json, previous: Json, **more: Any) -> bytes:
    return event("customer.subscription.updated", day, found, previous, **more)


def deleted(day: float, found: Json | None = None, reason: str | None = "cancellation_requested", **more: Any) -> bytes:
    """Return the end of a subscription, which had been asked for at its beginning."""
    whole = found or subscription()
    gone = {**whole, "status": "canceled", "ended_at": seconds(day), "canceled_at": seconds(0)}
    gone["cancellation_details"] = {**gone["cancellation_details"], "reason": reason}
    return event("customer.subscription.deleted", day, gone, **more)


def read(record: bytes, options: StripeOptions | None = None) -> Translation:
    return STRIPE.read(Foreign(record), options or StripeOptions())


def told(*records: bytes, options: StripeOptions | None = None) -> list[Json]:
    """Return our events of some records, each accepted by the decoder of its family."""
    found = [dict(one) for record in records for one in read(record, options).events]
    for one in found:
        DECODERS[TOPIC_OF[str(one["type"])]].decode(json.dumps(one).encode())
    return found


def types(*records: bytes, options: StripeOptions | None = None) -> list[str]:
    return [one["type"] for one in told(*records, options=options)]


def played(records: Iterable[bytes], until: float, options: StripeOptions | None = None) -> Outcome:
    # Readings leave out what is synthetic (agents/reading.py), before the engine that is played here.
    events = [one for one in told(*records, options=options) if not one.get("synthetic")]
    return play([json.dumps(one).encode() for one in events], at(until, START))


def movements(*records: bytes, until: float = 400, options: StripeOptions | None = None) -> list[tuple[Any, ...]]:
    """Return the movements of MRR: kind, amount before and after, and the day."""
    found = played(records, until, options).of_type("movement.made")
    return [(one.kind, Fraction(one.before), Fraction(one.after), _day(one.at)) for one in found]


def mrr(*records: bytes, options: StripeOptions | None = None) -> Fraction:
    """Return what is paid monthly after some records, a day after the last of them begins to count."""
    moved = movements(*records, until=1, options=options)
    return moved[-1][2] if moved else Fraction()


def churned(*records: bytes, until: float = 400) -> list[tuple[str, str | None]]:
    """Return why customers were lost: cause and reason."""
    return [(one.cause, one.reason) for one in played(records, until).of_type("customer.churned")]


def _day(moment: datetime) -> float:
    return (moment - START).total_seconds() / 86_400
