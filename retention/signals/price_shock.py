"""`price-shock`: a customer will pay markedly more: a rise was announced, or a discount is about to end.

    announced: +15 % on 1 June                 1 June                 30 days later
    ──┼──────────────────────────────────────────┼────────────────────────┼──►
      low (medium from twice as much on)         (the new price is felt)  over, as it is if accepted or withdrawn

A discount that ends is known in advance: it begins 30 days before.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from retention.actions.explain_value import EXPLAIN_VALUE
from retention.calendar import DAY, NEVER, Instant
from retention.features.payments.facets import PRICES
from retention.features.payments.payments import LARGEST_RISE, NOBODY, Announced
from retention.features.payments.section import PAYMENTS, payments_seen
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.pricing import Pricing, discounts_at, next_discount_end
from retention.features.subscriptions.section import SUBSCRIPTIONS, has_timeline, timeline_seen
from retention.features.subscriptions.timeline import Subscription, Timeline, terms_of
from retention.features.subscriptions.walk import moments
from retention.identity import KeptId
from retention.money import money_text
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Fact, Signal, Stretch, View, joined, so_far
from retention.wording import Language, date_text, number_text

MIN_RISE: Final = 0.1
LARGE_RISE: Final = 1.0
"""Most customers that hear of a higher price stay: only one that doubles is more severe by itself."""
BEFORE_DAYS: Final = 30
AFTER_DAYS: Final = 30
_HUNDREDTHS: Final = 10_000
"""Of a percent, in the whole: announced rises are stored in them."""


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the times from an announced rise, or 30 days before a discount ends, to 30 days after it takes effect."""
    return so_far(view, list(joined([*_announced(view), *_discounts(view)]))[::-1])


def _announced(view: View) -> Iterator[Stretch]:
    prices = payments_seen(view.customer).prices
    for place, price in enumerate(prices):
        if price.accepted or price.effective == NEVER:
            continue
        rise = Fraction(price.rise, _HUNDREDTHS)
        answered = next((one.at for one in prices[place + 1 :] if _answers(one, price)), NEVER)
        stretch = _stretch(view, price.at, price.effective, answered, rise, (price.event_id,))
        if stretch is not None:
            yield stretch


def _answers(later: Announced, price: Announced) -> bool:
    """Report whether a later announcement replaces one, or says that it was accepted."""
    if later.subscription in {NOBODY, price.subscription}:
        return True
    return later.accepted and price.subscription == NOBODY


def _discounts(view: View) -> Iterator[Stretch]:
    """Yield the times around each end of a discount that was foreseen."""
    if not has_timeline(view.customer):
        return
    foreseen: dict[str, tuple[Instant, Instant, Fraction, Fraction, str]] = {}
    """By subscription: since when, the end of the discount, what is paid before and after it, and the currency."""
    for moment in moments(timeline_seen(view.customer), terms_of(view.policy)):
        for name in moment.changed:
            found = _foreseen(moment.at, moment.subscriptions.get(name))
            known = foreseen.get(name)
            if known is not None and (found is None or found[1:] != known[1:]):
                del foreseen[name]
                is_over = moment.at < known[1] or name not in moment.subscriptions
                yield from _around(view, known, moment.at if is_over else NEVER)
            if found is not None and name not in foreseen:
                foreseen[name] = found
    for known in foreseen.values():
        yield from _around(view, known, NEVER)


def _foreseen(at: Instant, one: Subscription | None) -> tuple[Instant, Instant, Fraction, Fraction, str] | None:
    if one is None or one.pricing is None:
        return None
    pricing: Pricing = one.pricing
    end = next_discount_end(pricing)
    if end == NEVER:
        return None
    after, _ = discounts_at(pricing, end, one.mrr)
    return at, end, one.amount(), Fraction(*after), one.currency


def _around(view: View, foreseen: tuple[Instant, Instant, Fraction, Fraction, str], over: Instant) -> Iterator[Stretch]:
    since, end, before, after, currency = foreseen
    rise = after / before - 1 if before else Fraction(LARGEST_RISE, _HUNDREDTHS) if after else Fraction()
    start = max(since, end - int(view.tuned.threshold("before_days")) * DAY)
    stretch = _stretch(view, start, end, over, rise, (), (before, after, currency))
    if stretch is not None:
        yield stretch


def _stretch(
    view: View,
    start: Instant,
    effective: Instant,
    answered: Instant,
    rise: Fraction,
    evidence: tuple[KeptId, ...],
    paid: tuple[Fraction, Fraction, str] | None = None,
) -> Stretch | None:
    given_up = effective + AFTER_DAYS * DAY
    end = min(answered, given_up)
    if rise < Fraction(str(view.tuned.threshold("min_rise"))) or start >= end:
        return None
    percent, was_free = int(rise * 100), rise * _HUNDREDTHS >= LARGEST_RISE
    before, after, currency = paid if paid is not None else (Fraction(), Fraction(), "")
    observed: dict[str, Fact] = {} if was_free else {"rise_percent": percent}
    if paid is not None:
        observed |= {"mrr": money_text(after, currency), "currency": currency}

    def words(language: Language) -> dict[str, Fact]:
        on = date_text(effective, view.calendar, language)
        if paid is None:
            return {"on": on, "percent": percent}
        old, new = (number_text(money_text(paid, currency), language) for paid in (before, after))
        return {"on": on, "before": old, "after": new, "in": currency}

    return Stretch(
        start=start,
        end=end,
        since=start,
        observed=observed,
        baseline={} if paid is None else {"mrr": money_text(before, currency)},
        words=words,
        evidence=evidence,
        harsher=(start,) if rise >= Fraction(str(view.tuned.threshold("large_rise"))) else (),
        lapses=end == given_up,
        outcome="lapsed" if end == given_up else "recovered",
        template="discount" if paid is not None else "charged" if was_free else "main",
    )


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer without an announced price and without a discount that ends."""
    if payments_seen(view.customer).prices:
        return 0
    if not has_timeline(view.customer):
        return NEVER
    return 0 if timeline_seen(view.customer).answer(_has_discounts) else NEVER


def _has_discounts(timeline: Timeline) -> bool:
    """Report whether any event, or the opening balance, states a discount."""
    if any(op.priced is not None and op.priced.discounts for op in timeline.ops):
        return True
    standing = (one.pricing for one in timeline.opening.subscriptions.values())
    return any(pricing is not None and pricing.discounts for pricing in standing)


PRICE_SHOCK: Final = Signal(
    name="price-shock",
    trigger="on_time",
    reads=frozenset({PRICES, TIMELINE}),
    needs=(PAYMENTS, SUBSCRIPTIONS),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Price rises by {percent} % on {on}",
            "es": "El precio sube un {percent} % el {on}",
            "it": "Il prezzo aumenta del {percent} % il {on}",
        },
        "charged": {
            "en": "What was free is charged from {on}",
            "es": "Lo que era gratis se cobra desde el {on}",
            "it": "Ciò che era gratuito si paga dal {on}",
        },
        "discount": {
            "en": "Discount ends on {on}: from {before} to {after} {in} a month",
            "es": "El descuento termina el {on}: de {before} a {after} {in} al mes",
            "it": "Lo sconto termina il {on}: da {before} a {after} {in} al mese",
        },
    },
    recommends=EXPLAIN_VALUE,
    weight=0.15,
    half_life_days=30,
    default=SignalPolicy(
        severity="low",
        escalate_after_days=STAYS,
        thresholds=(("min_rise", MIN_RISE), ("large_rise", LARGE_RISE), ("before_days", BEFORE_DAYS)),
    ),
)
