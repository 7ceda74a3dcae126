"""Finds the pause that an update of a subscription begins or ends: of collection, or of the subscription itself.

A pause is what a paying customer asked for. A trial that ends without a card is none, nor is the pause by which Stripe
answers a failed payment, nor one of collection whose invoices are drafts: they are billed later.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from sources.document import Node
from sources.instants import moment, written

_STOPS: Final = frozenset({"void", "mark_uncollectible"})
"""How collection is paused if nothing of that time is ever paid."""
_UNPAID: Final = frozenset({"first_payment_failure", "final_payment_failure"})
_NO_CARD: Final = "trial_end_without_payment_method"
_A_DAY: Final = timedelta(days=1)
_OPEN: Final = datetime.max.replace(tzinfo=UTC)
"""The end of a pause that has none."""

Body = dict[str, object]


class Before(NamedTuple):
    """A subscription and what of it was another before an update."""

    now: Node
    was: Node

    @property
    def status(self) -> str:
        """Return the former status; empty if it is the same."""
        return self.was.word_at("status")

    def former(self, name: str) -> Node:
        """Return the former value of a field, which is the present one unless it changed."""
        return self.was.at(name) if self.was.at(name).is_there else self.now.at(name)


def id_of(now: Node) -> str:
    """Return the id of a subscription."""
    return now.at("id").text("send the subscription as it came")


def body_of(kind: str, one: Before) -> Body:
    """Return an event of a subscription, of which only its type is known yet."""
    return {"type": kind, "subscription_id": id_of(one.now)}


def is_unpaid_pause(now: Node) -> bool:
    """Report whether a subscription is paused because a payment failed."""
    return now.word_at("status_details", "paused", "subscription", "type") in _UNPAID


def paused(one: Before) -> list[Body]:
    """Return the pause that begins or ends with an update."""
    before, after = _stop(one, former=True), _stop(one, former=False)
    if after is None:
        return [body_of("subscription.resumed", one)] if before is not None and one.was.is_object else []
    if before == after and one.was.is_object:
        return []
    return [body_of("subscription.paused", one) | ({"until": written(after)} if after != _OPEN else {})]


def _stop(one: Before, *, former: bool) -> datetime | None:
    """Return until when nothing is paid by the customer's wish, before or after an update; None if it is paid.

    A trial that ends without a card is no pause of a customer, nor is one by which Stripe answers a failed payment.
    """
    status = one.status if former and one.status else one.now.word_at("status")
    if status == "paused":
        details = one.former("status_details") if former else one.now.at("status_details")
        kind = details.word_at("paused", "subscription", "type")
        ends_trial = not former and (one.status or "trialing") == "trialing" and not kind
        if kind in _UNPAID or ((kind == _NO_CARD or ends_trial) and not _trials_again(one.now)):
            return None
        return _OPEN
    pause = one.now.at("pause_collection")
    behavior, until = pause.at("behavior"), pause.at("resumes_at")
    if former and one.was.has("pause_collection"):
        was = one.was.at("pause_collection")
        if not was.is_object:
            return None
        behavior = was.at("behavior") if was.at("behavior").is_there else behavior
        until = was.at("resumes_at") if was.at("resumes_at").is_there else until
    if behavior.word() not in _STOPS:
        return None
    return moment(until) if until.is_known else _OPEN


def _trials_again(now: Node) -> bool:
    """Report whether a trial is not the first of its subscription: it was given to a customer that had paid."""
    trial, start = now.at("trial_start"), now.at("start_date")
    return trial.is_known and start.is_known and moment(trial) > moment(start) + _A_DAY
