"""Turns the life of a subscription of Chargebee into ours.

`subscription_cancelled` is an end; the request before it is `subscription_cancellation_scheduled`. What it costs is its
`mrr`, as Chargebee computes it, but in a pause and at the end, where that is 0: what is lost is what stood before.

Rule: every event of a subscription that is to end states the request again, with its date. Not every end is asked for
by an event of its own: a renewal into the last billing cycle tells of it by its status alone.
"""

from datetime import datetime
from fractions import Fraction
from typing import Final

from sources.amounts import FINEST_AMOUNT, FINEST_PRICE, plain
from sources.base import Translation
from sources.chargebee.envelope import WHOLE, Happened, currency_of, major, told
from sources.chargebee.options import ChargebeeOptions
from sources.document import Node
from sources.instants import later, moment, written

_STATUSES: Final = {"in_trial": "trialing", "active": "active", "non_renewing": "active"}
_INVOLUNTARY: Final = frozenset(
    {
        "not_paid",
        "no_card",
        "fraud_review_failed",
        "non_compliant_eu_customer",
        "non_compliant_customer",
        "tax_calculation_failed",
        "currency_incompatible_with_gateway",
    }
)
"""Chargebee's own reasons. One of the customer stands in a field of its own, in the words of the company."""
_INTERVALS: Final = frozenset({"day", "week", "month", "year"})
FROM_ITEMS: Final = "a subscription without mrr: computed from its items, without coupons"
_MRR: Final = "the event has neither mrr nor items with a price: switch on MRR in Chargebee"
_STANDS_STILL: Final = "a change of a subscription that does not run: its mrr is 0 and says nothing"
_PERIOD: Final = "an item without mrr needs billing_period and billing_period_unit"

Body = dict[str, object]


def begun(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return the start of a subscription, unless it is to begin later; with its end, if that is known already."""
    one = event.content.at("subscription")
    status = _status(one)
    if status == "future":
        return Translation((), "a subscription that has not begun")
    if status not in _STATUSES and status != "paused":
        return Translation((), "a subscription that has ended")
    money, doubts = _money(one)
    start: Body = {**_body("subscription.started", one), **money, "status": _STATUSES.get(status, "active")}
    start |= _trial_end(one) | _term_end(one, to_end=_is_to_end(event))
    bodies = [start, *([_pause(one)] if status == "paused" else []), *_pending(event, options)]
    return told(event, _customer(one), options, *bodies, doubts=doubts)


def changed(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return the terms that a change brings, and whether the subscription is to end."""
    one = event.content.at("subscription")
    if _status(one) not in _STATUSES:
        return Translation((), _STANDS_STILL)
    terms, doubts = _terms(event)
    # Here alone an end that is no longer to come may go without an event that says so.
    standing = _pending(event, options) or ([_body("cancellation.revoked", one)] if _status(one) == "active" else [])
    return told(event, _customer(one), options, terms, *standing, doubts=doubts)


def continued(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return the terms of a subscription that runs on, and the request to cancel that is pending."""
    one = event.content.at("subscription")
    if _status(one) not in _STATUSES:
        return Translation((), _STANDS_STILL)
    terms, doubts = _terms(event)
    return told(event, _customer(one), options, terms, *_pending(event, options), doubts=doubts)


def renewed(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return a renewal, and the terms that may have changed with it."""
    one = event.content.at("subscription")
    if _status(one) not in _STATUSES or _is_to_end(event):
        return continued(event, options)
    terms, doubts = _terms(event)
    end = _term_end(one, to_end=False)
    renewal = _body("subscription.renewed", one) | end
    return told(event, _customer(one), options, _without(terms, end), renewal, doubts=doubts)


def _terms(event: Happened) -> tuple[Body, tuple[str, ...]]:
    one = event.content.at("subscription")
    money, doubts = _money(one)
    body = {**_body("subscription.changed", one), **money, "status": _STATUSES[_status(one)]}
    return body | _trial_end(one) | _term_end(one, to_end=_is_to_end(event)), doubts


def _without(body: Body, names: Body) -> Body:
    return {name: value for name, value in body.items() if name not in names}


def paused(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return a pause, until the date of its resumption if there is one."""
    one = event.content.at("subscription")
    if _status(one) != "paused":
        return Translation((), "a pause that has not begun")
    return told(event, _customer(one), options, _pause(one), doubts=())


def resumed(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return the end of a pause, and the terms from then on."""
    one = event.content.at("subscription")
    runs = _status(one) in _STATUSES
    terms, doubts = _terms(event) if runs else ({}, ())
    bodies = [*([terms] if runs else []), _body("subscription.resumed", one), *_pending(event, options)]
    return told(event, _customer(one), options, *bodies, doubts=doubts)


def requested(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return a request to cancel, after the end at which it takes effect."""
    one = event.content.at("subscription")
    end = _term_end(one, to_end=True)
    terms = [_body("subscription.changed", one) | end] if end else []
    return told(event, _customer(one), options, *terms, _request(one, options), doubts=())


def revoked(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return that a request to cancel was taken back."""
    one = event.content.at("subscription")
    end = _term_end(one, to_end=False)
    terms = [_body("subscription.changed", one) | end] if end else []
    return told(event, _customer(one), options, *terms, _body("cancellation.revoked", one), doubts=())


def ended(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return the end of a subscription: when it was cancelled, if that is not still to come."""
    one = event.content.at("subscription")
    cancelled = one.at("cancelled_at")
    at = min(moment(cancelled), event.at) if cancelled.is_known else event.at
    own = one.word_at("cancel_reason")
    body = _body("subscription.ended", one)
    body |= {"cause": "involuntary" if own in _INVOLUNTARY else "voluntary", "reason": _reason(one, options)}
    return told(event._replace(at=at), _customer(one), options, body, doubts=())


def deleted(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return nothing for a record that is removed after the end of its subscription; else the end."""
    one = event.content.at("subscription")
    if _status(one) not in _STATUSES:
        return Translation((), "subscription_deleted is not used: the subscription had ended before")
    body = {**_body("subscription.ended", one), "cause": "unknown"}
    return told(event, _customer(one), options, body, doubts=())


def _status(one: Node) -> str:
    return one.at("status").text(WHOLE)


def _customer(one: Node) -> str:
    return one.at("customer_id").text("only events of a customer are read")


def _body(kind: str, one: Node) -> Body:
    return {"type": kind, "subscription_id": one.at("id").text(WHOLE)}


def _trial_end(one: Node) -> Body:
    end = one.at("trial_end")
    return {"trial_end": written(moment(end))} if _status(one) == "in_trial" and end.is_known else {}


def _term_end(one: Node, *, to_end: bool) -> Body:
    """Return the end of the term; of a subscription that is to end, the date of that."""
    cancelled = one.at("cancelled_at")
    if to_end and cancelled.is_known:
        return {"term_end": written(moment(cancelled))}
    end = one.at("current_term_end" if one.knows("current_term_end") else "trial_end")
    if not end.is_known:
        return {}
    return {"term_end": written(_after_cycles(one, moment(end)) if to_end else moment(end))}


def _after_cycles(one: Node, end: datetime) -> datetime:
    """Return the end of the last billing cycle, if some are left after this one."""
    left = one.at("remaining_billing_cycles")
    number = left.whole(WHOLE) if left.is_known else 0
    if number < 1:
        return end
    interval, every = _period(one, one)
    return later(end, interval, every * number)


def _pause(one: Node) -> Body:
    until = one.at("resume_date")
    return _body("subscription.paused", one) | ({"until": written(moment(until))} if until.is_known else {})


def _is_to_end(event: Happened) -> bool:
    """Report whether a subscription that runs is to end: by its status, or by a date that is still to come."""
    one = event.content.at("subscription")
    if _status(one) == "non_renewing":
        return True
    cancelled = one.at("cancelled_at")
    return _status(one) in _STATUSES and cancelled.is_known and moment(cancelled) > event.at


def _pending(event: Happened, options: ChargebeeOptions) -> list[Body]:
    """Return the request to cancel that is pending. Told again, it changes nothing."""
    return [_request(event.content.at("subscription"), options)] if _is_to_end(event) else []


def _request(one: Node, options: ChargebeeOptions) -> Body:
    return {**_body("cancellation.requested", one), "reason": _reason(one, options), "at_period_end": True}


def _reason(one: Node, options: ChargebeeOptions) -> str:
    """Return the customer's reason in our words: by the settings, for the company's code is of its own making."""
    return options.reasons.get(one.word_at("cancel_reason_code"), "other")


# Money


def _money(one: Node) -> tuple[Body, tuple[str, ...]]:
    """Return what a subscription costs: its mrr, or its items where there is none; and the doubts about it."""
    currency, doubts = currency_of(one.at("currency_code"))
    body: Body = {"currency": currency, **_plan(one)}
    if one.knows("mrr") and _status(one) != "paused":
        return body | {"mrr": plain(major(one.at("mrr"), currency), FINEST_AMOUNT)}, doubts
    items = [_item(part, one, currency) for part in _parts(one)]
    if not items:
        raise one.at("mrr").wrong(_MRR)
    interval, every = _period(one, one)
    return body | {"items": items, "interval": interval, "interval_count": every}, (*doubts, FROM_ITEMS)


def _plan(one: Node) -> Body:
    items = [part for part in one.at("subscription_items").each() if part.word_at("item_type") == "plan"]
    name = next((part.word_at("item_price_id") for part in items), "") or one.word_at("plan_id")
    return {"plan": name} if name else {}


def _parts(one: Node) -> list[Node]:
    """Return the recurring parts of a subscription: in the old catalogue a plan, which is its own part, and addons."""
    items = list(one.at("subscription_items").each())
    if items:
        return [part for part in items if part.word_at("item_type") != "charge"]
    has_plan = one.knows("plan_unit_price") or one.knows("plan_amount")
    return [*([one] if has_plan else []), *one.at("addons").each()]


def _item(part: Node, one: Node, currency: str) -> Body:
    interval, every = _period(part, one)
    period: Body = {"interval": interval, "interval_count": every}
    if part.knows("metered_quantity"):
        return {"price": "0", "metered": True, **period}
    before = "plan_" if part is one else ""
    total = _amount(part, f"{before}amount", currency)
    if total is None:
        unit, quantity = _amount(part, f"{before}unit_price", currency), part.at(f"{before}quantity")
        if unit is None:
            raise part.at(f"{before}amount").wrong(_MRR)
        total = unit * (Fraction(quantity.decimal("a quantity is a number")) if quantity.is_known else 1)
    return {"price": plain(total, FINEST_PRICE), **period}


def _amount(part: Node, name: str, currency: str) -> Fraction | None:
    exact = part.at(f"{name}_in_decimal")
    if exact.is_known:
        return Fraction(exact.decimal("an amount is a number"))
    return major(part.at(name), currency) if part.knows(name) else None


def _period(part: Node, one: Node) -> tuple[str, int]:
    holder = part if part.knows("billing_period_unit") else one
    interval = holder.at("billing_period_unit").text(_PERIOD)
    if interval not in _INTERVALS:
        raise holder.at("billing_period_unit").wrong(_PERIOD, "another word")
    every = holder.at("billing_period").whole(_PERIOD)
    return interval, every
