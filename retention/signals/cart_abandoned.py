"""`cart-abandoned`: a customer has left something in its cart, or could not pay for it."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from retention.actions.cart_reminder import CART_REMINDER
from retention.calendar import HOUR, NEVER, Instant
from retention.features.carts.carts import ABANDONED, EMPTIED, FAILED, Step
from retention.features.carts.facets import CARTS
from retention.features.carts.section import CARTS as SECTION
from retention.features.carts.section import carts_seen
from retention.features.purchases.facets import ORDERS
from retention.features.purchases.section import orders_seen
from retention.identity import KeptId
from retention.liveness import SLOT
from retention.money import money_text
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View, joined, next_start, so_far
from retention.wording import Language, number_text
from schemas.currencies import DECIMALS

IDLE_HOURS: Final = 4
FAILURES: Final = 2
FORGET_DAYS: Final = 14
SOURCE: Final = "purchases"

_PIECES: Final[dict[Language, tuple[str, str]]] = {
    "en": ("item", "items"),
    "es": ("artículo", "artículos"),
    "it": ("articolo", "articoli"),
}
_TIMES: Final[dict[Language, tuple[str, str]]] = {
    "en": ("once", "{} times"),
    "es": ("una vez", "{} veces"),
    "it": ("una volta", "{} volte"),
}


class _Cart(NamedTuple):
    """A cart from when it is filled until an order, until it is emptied, or until it is forgotten."""

    steps: list[Step]
    end: Instant
    lapses: bool


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from which a cart has been idle for 4 hours, or has failed twice to be paid, to its end.

    hours   9   10  11  12  13  14  15  16
    cart    u   u                       o      the order ends every cart of its customer
                |               [-------)      four hours after the last change

    Whatever comes later but an order, or emptying it, ends nothing: one reminder is enough. A cart that nothing happens
    to for 14 days is forgotten; what comes after that begins anew.

    Hours in which the topic of orders was silent do not count, for an order may be missing.
    """
    found = joined([stretch for cart in _carts(view) if (stretch := _stretch(view, cart)) is not None])
    return so_far(view, list(found)[::-1])


def _carts(view: View) -> Iterator[_Cart]:
    orders = sorted(order.at for order in orders_seen(view.customer).values() if order.at != NEVER)
    by_cart: dict[bytes, list[Step]] = {}
    for step in carts_seen(view.customer):
        by_cart.setdefault(step.cart, []).append(step)
    for steps in by_cart.values():
        yield from _lives(view, steps, orders)


def _lives(view: View, steps: list[Step], orders: list[Instant]) -> Iterator[_Cart]:
    """Yield a cart each time that it is filled anew."""
    life: list[Step] = []
    for step in steps:
        if life and (over := _over(view, life, orders)).end <= step.at:
            yield over
            life = []
        if step.kind != EMPTIED:
            life.append(step)
        elif life:
            yield _Cart(life, step.at, lapses=False)
            life = []
    if life:
        yield _over(view, life, orders)


def _over(view: View, life: list[Step], orders: list[Instant]) -> _Cart:
    """Return a cart with the end that it has if no further step of it comes."""
    forgotten = view.calendar.add_days(life[-1].at, int(view.tuned.threshold("forget_days")))
    ordered = next((at for at in orders if at >= life[0].at), NEVER)
    return _Cart(life, min(ordered, forgotten), forgotten < ordered)


def _stretch(view: View, cart: _Cart) -> Stretch | None:
    """Return since when a cart is abandoned; None if it never was."""
    reasons = [found for found in (_idle(view, cart), _given_up(cart), _unpaid(view, cart)) if found is not None]
    reason = min(reasons, key=lambda one: one.start, default=None)
    if reason is None or reason.start >= cart.end:
        return None
    shown = _shown(cart, reason.start, reason.failures)
    return Stretch(
        start=reason.start,
        end=cart.end,
        since=reason.since,
        observed=shown.observed,
        baseline={},
        words=shown.words,
        evidence=reason.evidence,
        lapses=cart.lapses,
        outcome="lapsed" if cart.lapses else "recovered",
        template=shown.template,
        later=lambda at: _shown(cart, at, reason.failures),
    )


class _Reason(NamedTuple):
    start: Instant
    since: Instant
    evidence: tuple[KeptId, ...]
    failures: int = 0


def _idle(view: View, cart: _Cart) -> _Reason | None:
    idle = round(view.tuned.threshold("idle_hours") * HOUR)
    following = [*(step.at for step in cart.steps[1:]), NEVER]
    for step, at in zip(cart.steps, following, strict=True):
        start = _heard_for(view, step.at, idle) if step.at + idle <= at else NEVER
        if start <= at:
            return _Reason(start, step.at, (step.event_id,))
    return None


def _heard_for(view: View, since: Instant, idle: Instant) -> Instant:
    """Return when so much time has passed since an instant, not counting that in which the source was silent."""
    rhythm, start = view.sources.rhythms.get(SOURCE), since + idle
    if rhythm is None:
        return start
    silences, now = [(begin * SLOT, end * SLOT) for begin, end in rhythm.silences], rhythm.silent_since(view.as_of)
    for begin, end in [*silences, (now, view.as_of)] if now is not None else silences:
        if begin < start and end > since:
            start += end - max(begin, since)
    return start


def _given_up(cart: _Cart) -> _Reason | None:
    step = next((step for step in cart.steps if step.kind == ABANDONED), None)
    return _Reason(step.at, step.at, (step.event_id,)) if step is not None else None


def _unpaid(view: View, cart: _Cart) -> _Reason | None:
    enough = max(1, int(view.tuned.threshold("failed_payments")))
    failed = [step for step in cart.steps if step.kind == FAILED][:enough]
    if len(failed) < enough:
        return None
    return _Reason(failed[-1].at, failed[-1].at, tuple([step.event_id for step in failed]), enough)


def _shown(cart: _Cart, at: Instant, failures: int) -> Numbers:
    """Return what a cart contains at an instant, as far as that is known, and how often it could not be paid."""
    known = [step for step in cart.steps if step.at <= at and (step.pieces or step.value)]
    pieces, value = (known[-1].pieces, _money(known[-1])) if known else (0, "")
    failed = sum(step.kind == FAILED and step.at <= at for step in cart.steps)
    observed: dict[str, Fact] = {}
    if pieces:
        observed["items"] = pieces
    if value:
        observed["value"] = value
    if failed:
        observed["failed_payments"] = failed

    def words(language: Language) -> dict[str, Fact]:
        piece, several = _PIECES[language]
        once, often = _TIMES[language]
        times = once if failed == 1 else often.format(failed)
        items = f"{pieces} {piece if pieces == 1 else several}"
        return {"items": items, "value": number_text(value, language), "times": times}

    if failures:
        return Numbers(observed, words, "failed_value" if value else "failed")
    template = "main" if pieces and value else "items" if pieces else "value" if value else "unknown"
    return Numbers(observed, words, template)


def _money(step: Step) -> str:
    if not step.value:
        return ""
    return f"{money_text(Fraction(step.value, 10 ** DECIMALS[step.currency]), step.currency)} {step.currency}"


def quiet_until(view: View) -> Instant:
    """Return when a cart is idle for long enough, unless something else happens; `NEVER` if none can be."""
    return next_start(view, stretches(view)) if SECTION.is_kept(view.customer) else NEVER


CART_ABANDONED = Signal(
    name="cart-abandoned",
    role="engagement",
    trigger="on_time",
    reads=frozenset({CARTS, ORDERS}),
    needs=(SECTION,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "{items} left in the cart, {value}",
            "es": "Dejó {items} en el carrito, {value}",
            "it": "{items} nel carrello, {value}",
        },
        "items": {
            "en": "{items} left in the cart",
            "es": "Dejó {items} en el carrito",
            "it": "{items} nel carrello",
        },
        "value": {
            "en": "A cart of {value} was left",
            "es": "Dejó un carrito de {value}",
            "it": "Ha lasciato un carrello da {value}",
        },
        "unknown": {
            "en": "A cart was left",
            "es": "Dejó un carrito sin comprar",
            "it": "Ha abbandonato un carrello",
        },
        "failed_value": {
            "en": "Payment failed {times} at checkout, {value}",
            "es": "El pago del carrito falló {times}, {value}",
            "it": "Pagamento del carrello non riuscito {times}, {value}",
        },
        "failed": {
            "en": "Payment failed {times} at checkout",
            "es": "El pago del carrito falló {times}",
            "it": "Pagamento del carrello non riuscito {times}",
        },
    },
    recommends=CART_REMINDER,
    source=SOURCE,
    exact=True,
    weight=0.05,
    half_life_days=3,
    default=SignalPolicy(
        severity="low",
        escalate_after_days=STAYS,
        thresholds=(("idle_hours", IDLE_HOURS), ("failed_payments", FAILURES), ("forget_days", FORGET_DAYS)),
    ),
)
