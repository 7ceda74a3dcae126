"""Turns the life of a subscription of Stripe into ours: what it costs, how it stands, whether it is to end.

What an update changes follows from `previous_attributes`: only that is stated, for what is left out keeps its value.

    status   incomplete ─► active ⇄ past_due ─► unpaid ─► active     trialing ─► active ─► trialing (a free month)
    ours     nothing       started              ended     started    started     changed   changed: a pause

Rule: the events of one update are numbered so that terms and renewal come before a pause, a request or an end.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sources.base import Translation
from sources.document import Node
from sources.exact import MISSING
from sources.instants import moment, written
from sources.stripe.discounts import UNTOLD, has_own, holds_discounts, lowered
from sources.stripe.envelope import Happened, customer_of, doubted, skipped, told
from sources.stripe.options import StripeOptions
from sources.stripe.pauses import Before, Body, body_of, id_of, is_unpaid_pause, paused
from sources.stripe.prices import dearest, priced, shortest

_NOT_BEGUN: Final = frozenset({"incomplete", "incomplete_expired"})
_ENDED: Final = frozenset({"unpaid", "canceled"})
_AFTER_A_STOP: Final = _NOT_BEGUN | _ENDED
"""Statuses from which a subscription begins, for the first time or again."""
_MONEY: Final = frozenset({"plan", "quantity", "currency", "default_tax_rates"})
_DISCOUNTS: Final = frozenset({"discount", "discounts"})
_OF_A_PERIOD: Final = frozenset(
    {"current_period_start", "current_period_end", "created", "metadata", "billed_until", "billing_thresholds"}
)
"""Fields of an item that say nothing about its price."""
_CAUSES: Final = {
    "cancellation_requested": "voluntary",
    "payment_failed": "involuntary",
    "payment_disputed": "involuntary",
}
_CLEANED_UP: Final = "canceled_by_retention_policy"
_REASONS: Final = {"too_expensive": "price", "missing_features": "missing_feature"}
TOLD_BEFORE: Final = (
    "a discount named by its id, of a subscription that begins again: what it takes off was told before, and it counts "
    "at its list price: send subscriptions with `discounts` expanded"
)
WITHOUT_PREVIOUS: Final = "an update without previous_attributes: what it ended or took back cannot be told"


def created(event: Happened, options: StripeOptions) -> Translation:
    """Return the start of a subscription, unless its first payment has not come."""
    return _begun(event, options)


def updated(event: Happened, options: StripeOptions) -> Translation:
    """Return what an update of a subscription changes."""
    one = Before(event.object, event.previous)
    status = one.now.at("status").text("send the subscription as it came")
    if status == "canceled":
        if one.was.is_object and not one.was.has("status", "ended_at"):
            return skipped("an update of a subscription that has ended")
        return deleted(event, options)  # some endpoints are not sent `deleted`; with both, the second changes nothing
    if status == "unpaid":
        if one.was.is_object and not one.status:
            return skipped("an update of a subscription that is unpaid")
        return told(event, customer_of(one.now), _ended(one.now, "involuntary", {}))
    if status in _NOT_BEGUN or one.status in _AFTER_A_STOP:
        return _begun(event, options)
    return _changed(event, one, status, options)


def deleted(event: Happened, options: StripeOptions) -> Translation:
    """Return the end of a subscription, at the instant at which it ended."""
    now = event.object
    ended = now.at("ended_at")
    at = min(moment(ended), event.at) if ended.is_known else event.at
    return told(event._replace(at=at), customer_of(now), end_of(now))


def twin(event: Happened, options: StripeOptions) -> Translation:
    """Return nothing: the update of the same instant says the same."""
    return skipped(f"{event.type} is not used: customer.subscription.updated says the same")


def _begun(event: Happened, options: StripeOptions) -> Translation:
    now = event.object
    status = now.at("status").text("send the subscription as it came")
    if status in _NOT_BEGUN:
        return skipped("a subscription whose first payment has not come")
    if status in _ENDED:
        return skipped("a subscription that has ended")
    terms, doubts = terms_of(event, options)
    start: Body = {"type": "subscription.started", **terms, "status": status if status != "paused" else _paused_as(now)}
    bodies = [start | trial_end_of(now) | term_end_of(now), *paused(Before(now, now.at("-"))), *asked(now)]
    if event.previous.at("status").word() in _ENDED:
        doubts = tuple(TOLD_BEFORE if doubt == UNTOLD else doubt for doubt in doubts)
    return doubted(told(event, customer_of(now), *bodies), doubts)


def _paused_as(now: Node) -> str:
    """Return the status of ours for a subscription that begins in a pause: nothing has been paid for it."""
    return "past_due" if is_unpaid_pause(now) else "trialing"


def terms_of(event: Happened, options: StripeOptions) -> tuple[Body, tuple[str, ...]]:
    """Return what a subscription costs, and what is doubtful about it."""
    now = event.object
    cost = priced(now, options)
    lower = lowered(now, cost, event.at, options)
    base, best = shortest(cost.lines), dearest(cost.lines)
    terms: Body = {"subscription_id": id_of(now), "currency": cost.currency}
    terms |= {"items": lower.items} if lower.items else {"mrr": "0"}
    if base is not None and best is not None:
        terms |= {"interval": base.interval, "interval_count": base.every, **({"plan": best.plan} if best.plan else {})}
    if lower.discounts is not None:
        terms["discounts"] = lower.discounts
    return terms, cost.doubts + lower.doubts


def _changed(event: Happened, one: Before, status: str, options: StripeOptions) -> Translation:
    is_whole = not one.was.is_object
    stated: Body = {}
    doubts: tuple[str, ...] = (WITHOUT_PREVIOUS,) if is_whole else ()
    if is_whole or _has_other_money(one):
        stated, found = terms_of(event, options)
        doubts += found
        if not (holds_discounts(one.now) or _has_other_discounts(one)):
            stated.pop("discounts", None)  # none in the record: an event of their own may tell of some
    stated |= _status(one, status)
    renews = _renews(one, status)
    if not renews and (is_whole or _has_other_term(one)):
        stated |= term_end_of(one.now)
    bodies = [body_of("subscription.changed", one) | stated] if stated else []
    bodies += [body_of("subscription.renewed", one) | term_end_of(one.now)] if renews else []
    bodies += [*paused(one), *_asked_or_revoked(one)]
    if not bodies:
        return skipped("an update of a subscription that changes nothing of what is read")
    return doubted(told(event, customer_of(one.now), *bodies), doubts)


def _has_other_money(one: Before) -> bool:
    if one.was.has(*_MONEY) or _has_other_discounts(one):
        return True
    return one.was.has("items") and _has_other_items(one)


def _has_other_items(one: Before) -> bool:
    """Report whether the items differ in more than their periods: a renewal lists all of them."""
    was, now = list(one.was.at("items", "data").each()), list(one.now.at("items", "data").each())
    if len(was) != len(now):
        return True
    by_id = {item.word_at("id"): item for item in now if item.word_at("id")}
    for before, same_place in zip(was, now, strict=True):
        after = by_id.get(before.word_at("id")) if before.knows("id") else same_place
        if after is None or _differs(before, after):
            return True
        if after.is_true_at("deleted") and not before.is_true_at("deleted"):
            return True  # a field that the former item does not have
    return False


def _differs(before: Node, after: Node) -> bool:
    """Report whether a field of a former item that is no period has another value now."""
    was = before.value if before.is_object else {}
    now = after.value if after.is_object else {}
    return any(value != now.get(name, MISSING) for name, value in was.items() if name not in _OF_A_PERIOD)


def _has_other_discounts(one: Before) -> bool:
    if one.was.has(*_DISCOUNTS):
        return True
    return one.was.has("items") and (has_own(one.now) or has_own(one.was)) and _has_other_items(one)


def _status(one: Before, status: str) -> Body:
    """Return the status that an update brings, in our words, and the end of the trial that goes with it."""
    told_status = one.status or not one.was.is_object
    if status == "paused":
        return {"status": "past_due"} if told_status and is_unpaid_pause(one.now) else {}
    if told_status:
        return {"status": status, **trial_end_of(one.now)}
    return trial_end_of(one.now) if one.was.has("trial_end") else {}


def trial_end_of(now: Node) -> Body:
    """Return the end of the trial in which a subscription is."""
    end = now.at("trial_end")
    return {"trial_end": written(moment(end))} if now.word_at("status") == "trialing" and end.is_known else {}


# The term


def ends_of(holder: Node, name: str) -> list[datetime]:
    """Return the instants of the periods of a subscription: of its items, or in the old shape its own."""
    found = [moment(item.at(name)) for item in holder.at("items", "data").each() if item.knows(name)]
    return found or ([moment(holder.at(name))] if holder.knows(name) else [])


def term_end_of(now: Node) -> Body:
    """Return the end of the term: when it is to be canceled, else the earliest end of a period."""
    cancel_at = now.at("cancel_at")
    ends = [moment(cancel_at)] if cancel_at.is_known else ends_of(now, "current_period_end")
    return {"term_end": written(min(ends))} if ends else {}


def _has_other_term(one: Before) -> bool:
    names = ("cancel_at", "cancel_at_period_end", "current_period_end")
    return one.was.has(*names) or bool(ends_of(one.was, "current_period_end"))


def _renews(one: Before, status: str) -> bool:
    """Report whether a new period follows the former one, in a subscription that runs on and is not to end."""
    was, now = ends_of(one.was, "current_period_end"), ends_of(one.now, "current_period_end")
    if _is_to_end(one.now) or status not in {"active", "past_due"} or one.status not in {"", "active", "past_due"}:
        return False
    if not was or not now or min(now) <= min(was):
        return False
    starts = ends_of(one.now, "current_period_start")
    return not starts or max(starts) >= min(was)


# Leaving


def _is_to_end(now: Node) -> bool:
    return now.is_true_at("cancel_at_period_end") or now.knows("cancel_at")


def asked(now: Node) -> list[Body]:
    """Return the request to cancel that is pending."""
    if not _is_to_end(now):
        return []
    asked: Body = {"type": "cancellation.requested", "subscription_id": id_of(now)}
    return [{**asked, "reason": _reason(now), "at_period_end": True}]


def _asked_or_revoked(one: Before) -> list[Body]:
    if not one.was.is_object:
        return asked(one.now)
    was = one.former("cancel_at_period_end").is_true() or one.former("cancel_at").is_known
    if was == _is_to_end(one.now):
        # Feedback often comes in a second step: told again, a request takes on its reason, and nothing else.
        says_why = one.was.at("cancellation_details").has("feedback") and _reason(one.now) != "other"
        return asked(one.now) if was and says_why else []
    return [body_of("cancellation.revoked", one)] if was else asked(one.now)


def _reason(now: Node) -> str:
    feedback = now.word_at("cancellation_details", "feedback")
    return _REASONS.get(feedback, feedback) or "other"


def end_of(now: Node) -> Body:
    """Return the end of a subscription, with the cause that Stripe names."""
    reason = now.word_at("cancellation_details", "reason")
    body = _ended(now, _CAUSES.get(reason, "unknown"), {"reason": _reason(now)})
    return {**body, "synthetic": True} if reason == _CLEANED_UP else body


def _ended(now: Node, cause: str, more: Mapping[str, object]) -> Body:
    return {"type": "subscription.ended", "subscription_id": id_of(now), "cause": cause, **more}
