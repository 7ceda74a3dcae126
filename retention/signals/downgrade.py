"""`downgrade`: a customer pays markedly less than before, or less for the second time."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby
from typing import Final

from retention.actions.value_review import VALUE_REVIEW
from retention.calendar import DAY, NEVER, Instant
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.movements import UP, Movement, movements
from retention.features.subscriptions.section import SUBSCRIPTIONS, subscribes, timeline_seen
from retention.money import money_text
from retention.policy import SignalPolicy
from retention.signals.base import Numbers, Signal, Stretch, View, joined
from retention.wording import number_text

MIN_SHARE: Final = 0.2
AGAIN_DAYS: Final = 90


def stretches(view: View) -> Iterator[Stretch]:
    """Yield contractions by at least 20 % of MRR, or the second in 90 days, until expansion back or loss.

    A fall in one currency with a rise in another at the same instant is a move, not a contraction.
    """
    made = movements(view.history, timeline_seen(view.customer).opening.paid)
    gained = {move.at for move in made if move.kind in UP}
    told = sorted(
        (m for m in made if not (m.kind == "contraction" and m.at in gained)), key=lambda m: (m.currency, m.at)
    )
    by_currency = (list(group) for _, group in groupby(told, key=lambda m: m.currency))
    return joined(found for moves in by_currency for found in _in_currency(view, moves))


def _in_currency(view: View, moves: list[Movement]) -> Iterator[Stretch]:
    end = 0
    for place, move in enumerate(moves):
        if move.kind != "contraction" or move.at < end:
            continue
        large = 1 - move.after / move.before >= Fraction(str(view.tuned.threshold("min_share")))
        again = any(m.kind == "contraction" and move.at - m.at <= AGAIN_DAYS * DAY for m in moves[:place])
        if large or again:
            end = next((m.at for m in moves[place + 1 :] if m.after >= move.before or m.kind == "churn"), NEVER)
            yield _stretch(move, end, "main" if large else "again", moves[place + 1 :])


def _stretch(move: Movement, end: int, template: str, later: list[Movement]) -> Stretch:
    shown = _shown(move, move.after, template)
    return Stretch(
        start=move.at,
        end=end,
        since=move.at,
        observed=shown.observed,
        baseline={"mrr": money_text(move.before, move.currency), "currency": move.currency},
        words=shown.words,
        evidence=tuple(op.event_id for op in move.point.ops),
        template=template,
        later=lambda at: _shown(move, _paid_at(move, later, at), template),
    )


def _paid_at(fall: Movement, later: list[Movement], at: Instant) -> Fraction:
    """Return what a customer pays at an instant after a fall; while it is paused, what it paid before."""
    return next((m.after for m in reversed(later) if m.at <= at and m.after), fall.after)


def _shown(fall: Movement, paid: Fraction, template: str) -> Numbers:
    """Return how far the customer has fallen, if it pays that amount."""
    percent = int((1 - paid / fall.before) * 100)
    before, after = money_text(fall.before, fall.currency), money_text(paid, fall.currency)
    return Numbers(
        observed={"mrr": after, "currency": fall.currency, "fall_percent": percent},
        words=lambda language: {
            "percent": percent,
            "before": number_text(before, language),
            "after": number_text(after, language),
            "currency": fall.currency,
        },
        template=template,
    )


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer that never paid; a start alone is no fall."""
    if not subscribes(view.customer):
        return NEVER
    timeline = timeline_seen(view.customer)
    return 0 if len(timeline.ops) + len(timeline.opening.subscriptions) > 1 else NEVER


DOWNGRADE = Signal(
    name="downgrade",
    key="d",
    trigger="on_event",
    reads=frozenset({TIMELINE}),
    needs=(SUBSCRIPTIONS,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "MRR fell {percent} %, from {before} to {after} {currency}",
            "es": "El MRR bajó un {percent} %, de {before} a {after} {currency}",
            "it": "L'MRR è sceso del {percent} %, da {before} a {after} {currency}",
        },
        "again": {
            "en": "MRR fell again within 90 days, from {before} to {after} {currency}",
            "es": "El MRR volvió a bajar en 90 días, de {before} a {after} {currency}",
            "it": "L'MRR è sceso di nuovo entro 90 giorni, da {before} a {after} {currency}",
        },
    },
    recommends=VALUE_REVIEW,
    weight=0.30,
    half_life_days=60,
    default=SignalPolicy(severity="medium", thresholds=(("min_share", MIN_SHARE),)),
)
