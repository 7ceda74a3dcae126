"""`card-expiring`: the card that pays is about to expire, or has expired, and no other one is known.

    card.expiring: 2026-06     30 days before        the end of June              30 days later
    ──┼──────────────────────────┼─────────────────────┼──────────────────────────────┼──►
                                 low                   (expired)                      over: what follows is a failure

If the term ends within those days, the card still pays for the next one: then it begins at the end of the term.
"""

from collections.abc import Iterator
from typing import Final

from retention.actions.update_link import UPDATE_LINK
from retention.calendar import DAY, NEVER, Instant, iso_day
from retention.features.payments.facets import ATTEMPTS, CARDS
from retention.features.payments.payments import NOBODY, UNKNOWN_DAY, Card, Paid, Payments
from retention.features.payments.section import PAYMENTS, payments_seen
from retention.features.subscriptions.facets import TERMS, TIMELINE
from retention.features.subscriptions.section import has_timeline, timeline_seen
from retention.identity import digest
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Numbers, Signal, Stretch, View, joined, so_far
from retention.wording import day_text

WITHIN_DAYS: Final = 30
AFTER_DAYS: Final = 30


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the times in which a card is about to expire, or has: to another statement about it, or a payment."""
    kept = payments_seen(view.customer)
    found = []
    for place, card in enumerate(kept.cards):
        if card.last_day != UNKNOWN_DAY and not _said_before(kept.cards[:place], card):
            stretch = _stretch(view, kept, card, kept.cards[place + 1 :])
            found += [stretch] if stretch is not None else []
    return so_far(view, list(joined(found))[::-1])


def _said_before(earlier: list[Card], card: Card) -> bool:
    """Report whether the statement before, about the same card, has said the same."""
    before = [one for one in earlier if _is_same(one, card) and one.last_day != UNKNOWN_DAY]
    return bool(before) and before[-1].last_day == card.last_day


def _stretch(view: View, kept: Payments, card: Card, later: list[Card]) -> Stretch | None:
    expired = view.calendar.start_of_day(card.last_day + 1)
    soon = max(card.at, expired - int(view.tuned.threshold("within_days")) * DAY)
    start = max(soon, _last_renewal(view, card, soon, expired))
    given_up = max(start, expired) + AFTER_DAYS * DAY
    replaced = next((one.at for one in later if _replaces(one, card)), NEVER)
    paid = next((one.at for one in kept.paid if one.at >= max(expired, card.at) and not _of_others(one, card)), NEVER)
    end = min(replaced, paid, given_up)
    if start >= end:
        return None
    shown = _shown(card, has_expired=start >= expired)
    return Stretch(
        start=start,
        end=end,
        since=start,
        observed=shown.observed,
        baseline={"days": int(view.tuned.threshold("within_days"))},
        words=shown.words,
        evidence=(card.event_id,),
        lapses=end == given_up,
        outcome="lapsed" if end == given_up else "recovered",
        template=shown.template,
        later=lambda at: _shown(card, has_expired=at >= expired),
    )


def _shown(card: Card, *, has_expired: bool) -> Numbers:
    return Numbers(
        observed={"valid_to": iso_day(card.last_day)},
        words=lambda language: {"on": day_text(card.last_day, language)},
        template="expired" if has_expired else "main",
    )


def _last_renewal(view: View, card: Card, soon: Instant, expired: Instant) -> Instant:
    """Return the last end of a term, known when the card is soon to expire, that lies before it does; 0 without one."""
    if not has_timeline(view.customer):
        return 0
    ends = [
        op.until
        for op in timeline_seen(view.customer).ops
        if op.until is not None
        and op.kind in {"started", "changed", "renewed"}
        and op.at <= soon
        and op.until < expired
        and (card.subscription == NOBODY or (op.subscription and digest(op.subscription) == card.subscription))
    ]
    return max(ends, default=0)


def _replaces(later: Card, card: Card) -> bool:
    """Report whether a later statement shows that a card is no longer the one that pays, or is valid for longer."""
    if _is_same(later, card):
        return later.last_day not in {UNKNOWN_DAY, card.last_day}
    if _of_others(later, card):
        return False
    if NOBODY in {later.card, card.card}:  # it may be the same one
        return later.last_day > card.last_day
    return later.paid


def _is_same(one: Card, other: Card) -> bool:
    """Report whether two statements are about one card: by its id, or about the only one of a subscription."""
    return one.card == other.card and (one.card != NOBODY or not _of_others(one, other))


def _of_others(one: Card | Paid, card: Card) -> bool:
    """Report whether a statement or a payment is of another subscription than a card."""
    return NOBODY not in {one.subscription, card.subscription} and one.subscription != card.subscription


def quiet_until(view: View) -> Instant:
    """Return when a card that is not given up yet is the first to expire soon; `NEVER` without one."""
    found, within = NEVER, int(view.tuned.threshold("within_days")) * DAY
    for card in payments_seen(view.customer).cards:
        if card.last_day != UNKNOWN_DAY:
            expired = view.calendar.start_of_day(card.last_day + 1)
            if max(card.at, expired) + AFTER_DAYS * DAY > view.as_of:
                found = min(found, max(card.at, expired - within))
    return found


CARD_EXPIRING: Final = Signal(
    name="card-expiring",
    trigger="on_time",
    reads=frozenset({CARDS, ATTEMPTS, TIMELINE, TERMS}),
    needs=(PAYMENTS,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Card expires on {on}",
            "es": "La tarjeta caduca el {on}",
            "it": "La carta scade il {on}",
        },
        "expired": {
            "en": "Card was valid to {on}, and nothing has been paid since",
            "es": "La tarjeta era válida hasta el {on} y desde entonces no se ha cobrado nada",
            "it": "La carta era valida fino al {on} e da allora non è stato incassato nulla",
        },
    },
    recommends=UPDATE_LINK,
    weight=0.10,
    half_life_days=30,
    default=SignalPolicy(severity="low", escalate_after_days=STAYS, thresholds=(("within_days", WITHIN_DAYS),)),
)
