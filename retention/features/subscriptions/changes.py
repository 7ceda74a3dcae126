"""Applies one event to the subscriptions that it is about, and knows when time alone will change one.

    10 Jan            10 Feb            10 Mar            10 Apr
    started           |                 requested         term_end
    50 % for 2 months |                 discount ends     the request takes effect
    50 -------------- | --------------- 100 ------------- 0

Rule: an event of a subscription that is not known changes nothing, but a discount that is stated before the start holds
from the start on, if that leaves discounts out (`Told`). A pause keeps its customer active up to a limit, an
unpaid invoice up to a grace. A request to cancel at the end of the term takes effect then, if no event withdraws it. A
free month of a paying customer is a pause that keeps it active, and no trial.

Reason: docs/decisions/0037-what-time-changes-of-a-subscription.md.
"""

from typing import Final

from msgspec.structs import replace

from retention.calendar import NEVER, Instant
from retention.features.subscriptions.pricing import Priced, changed_pricing, discounts_at, next_discount_end
from retention.features.subscriptions.timeline import Op, Request, Status, Subscription, Terms, Timeline, is_end
from retention.identity import digest

_ALL_ENDED: Final = digest("")
"""Stands for all subscriptions that a customer had ended, as in the opening balance."""


class Told:
    """The discounts that were stated of subscriptions that have not begun, each with the event that stated it last."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._events: dict[str, Op] = {}
        for op in timeline.opening.late:
            self.note(op)

    def note(self, op: Op) -> None:
        """Note an event of a subscription that does not run: its discounts, or its end. An MRR includes discounts."""
        name = op.subscription
        if is_end(op):
            self.end(name)
        elif op.kind == "changed" and name is not None:
            if op.mrr is not None:
                self._events.pop(name, None)
            elif op.priced is not None and op.priced.discounts is not None and not self._is_over(name, op.at):
                self._events[name] = op

    def _is_over(self, name: str, at: Instant) -> bool:
        """Report whether a subscription has begun or ended by an instant: such an event is none of its next start.

        An end of all subscriptions is none of one that is first heard of later.
        """
        opening = self._timeline.opening
        if (
            name in opening.subscriptions
            or digest(name) in opening.ended
            or at <= opening.ended.get(_ALL_ENDED, -NEVER)
        ):
            return True
        for op in self._timeline.ops:
            if op.at > at:
                return False
            if op.subscription == name and (op.kind == "started" or is_end(op)):
                return True
            if op.subscription is None and is_end(op) and op.at == at:
                return True
        return False

    def start(self, name: str) -> Op | None:
        """Return the event that stated discounts of a subscription before its start."""
        return self._events.pop(name, None) if self._events else None

    def end(self, name: str | None) -> None:
        """Drop what was stated of a subscription, or of all: it has ended without a start."""
        if name is None:
            self._events.clear()
        else:
            self._events.pop(name, None)


def next_change(one: Subscription) -> Instant:
    """Return when a pause or a discount ends, or a request takes effect, by time alone; `NEVER` if none does."""
    found = one.paused_until if one.paused_until is not None else NEVER
    effect = effect_of(one)
    if effect is not None:
        found = min(found, effect)
    return min(found, next_discount_end(one.pricing)) if one.pricing is not None else found


def lapse_of(one: Subscription, terms: Terms) -> Instant:
    """Return when a pause outlasts its limit, or an unpaid invoice its grace; `NEVER` if neither runs."""
    if one.paused_at is not None and one.keeps:
        return one.paused_at + terms.pause_limit
    if one.past_due_at is not None:
        return one.past_due_at + terms.grace
    return NEVER


def effect_of(one: Subscription) -> Instant | None:
    """Return when a request to cancel takes effect by itself: at the end of the term, if that came after it.

    It takes no effect if a renewal came after it.
    """
    if one.requested is None or one.requested.renewed or one.term_end is None or one.term_end < one.requested.at:
        return None
    return one.term_end


def apply(subscriptions: dict[str, Subscription], op: Op, terms: Terms, told: Told) -> None:
    """Apply one event to the subscriptions. Of an unknown one only a discount is noted, for its start."""
    if op.kind == "started":
        if op.subscription is not None:
            subscriptions[op.subscription] = _started(op, terms, told.start(op.subscription))
        return
    if op.subscription is not None:
        names = [op.subscription] if op.subscription in subscriptions else []
        if not names:
            told.note(op)
    else:
        names = list(subscriptions)
        if is_end(op):
            told.end(None)
    for name in names:
        if is_end(op):
            del subscriptions[name]
        else:
            _change(subscriptions[name], op, terms)


def _started(op: Op, terms: Terms, before: Op | None) -> Subscription:
    status = op.status or "active"
    one = Subscription(
        currency=op.currency or "",
        mrr=op.mrr or (0, 1),
        plan=op.plan,
        status=status,
        term_end=op.until,
        past_due_at=op.at if status == "past_due" else None,
        since=op.at,
    )
    if op.priced is not None and op.priced.prices():
        one.mrr, one.pricing = changed_pricing(one.mrr, None, op.priced, op.at, terms.calendar)
    if before is not None and before.priced is not None and op.mrr is None and _leaves_discounts_out(op):
        discounts = Priced(discounts=before.priced.discounts)
        one.mrr, one.pricing = changed_pricing(one.mrr, one.pricing, discounts, before.at, terms.calendar)
        if one.pricing is not None:
            one.mrr, one.pricing = discounts_at(one.pricing, op.at, one.mrr)
    return one


def _leaves_discounts_out(op: Op) -> bool:
    return op.priced is not None and op.priced.discounts is None


def _change(one: Subscription, op: Op, terms: Terms) -> None:
    match op.kind:
        case "changed":
            _change_terms(one, op, terms)
        case "paused":
            _pause(one, op, terms)
        case "resumed":
            resume(one, op.at)
        case "renewed":
            one.term_end = op.until or one.term_end
            if one.requested is not None and op.at > one.requested.at:
                one.requested = replace(one.requested, renewed=True)
        case "requested":
            if one.requested is None or one.requested.renewed:
                one.requested = Request(op.at, op.event_id, op.reason)
            elif op.reason not in {None, "other"}:
                # Why it wants to leave is often asked in a second step: the request is still the first one.
                one.requested = replace(one.requested, reason=op.reason)
        case "revoked":
            one.requested = None
        case _:
            pass


def _pause(one: Subscription, op: Op, terms: Terms) -> None:
    """Pause a subscription. A paused one stays paused, until the end that was stated last.

    A pause within a free month outlives it: the rest of the month is still free when the customer resumes.
    """
    if one.trial:
        one.trial, one.free_until = False, NEVER if one.paused_until is None else one.paused_until
    elif one.paused_at is None:
        one.keeps = _pays(one, op.at, terms)
        one.paused_at = op.at
    one.paused_until = op.until


def resume(one: Subscription, at: Instant) -> None:
    """End a pause at an instant, or a free month. A free month that was announced during the pause begins."""
    free_until, one.free_until = one.free_until, None
    if free_until is not None and free_until > at:
        one.trial, one.paused_until = True, None if free_until == NEVER else free_until
        return
    one.paused_at = one.paused_until = None
    one.keeps, one.trial = True, False


def _pays(one: Subscription, at: Instant, terms: Terms) -> bool:
    """Report whether a subscription made its customer active before an instant: not if it begins then."""
    paid = bool(one.mrr[0]) and one.status != "trialing" and one.since != at
    return paid and one.keeps and lapse_of(one, terms) > at


def _change_terms(one: Subscription, op: Op, terms: Terms) -> None:
    if op.mrr is not None or (op.priced is not None and op.priced.prices()):
        one.mrr, one.pricing = changed_pricing(
            op.mrr or one.mrr, one.pricing, op.priced, op.at, terms.calendar, stated=op.mrr is not None
        )
    one.currency = op.currency or one.currency
    one.plan = op.plan or one.plan
    one.term_end = op.until or one.term_end
    if op.status is not None:
        _change_status(one, op, op.status, terms)
    elif op.trial_end is not None and one.trial:
        one.paused_until = op.trial_end
    elif op.trial_end is not None and one.free_until is not None:
        one.free_until = op.trial_end


def _change_status(one: Subscription, op: Op, status: Status, terms: Terms) -> None:
    """Apply a status. A paid subscription that turns `trialing` pauses until the trial ends, and keeps its customer."""
    was_paid = one.trial or one.free_until is not None or _pays(one, op.at, terms)
    if status == "trialing" and one.status != "trialing" and was_paid:
        if one.paused_at is None:
            one.paused_at, one.keeps, one.trial = op.at, True, True
        if one.trial:
            one.paused_until = op.trial_end if op.trial_end is not None else one.paused_until
        else:
            one.free_until = op.trial_end or one.free_until or NEVER
        one.past_due_at = None
        return
    if status != "trialing":
        one.free_until = None
        if one.trial:
            resume(one, op.at)
    if status != one.status:
        one.past_due_at = op.at if status == "past_due" else None
        one.status = status
