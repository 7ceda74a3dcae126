"""Plays how customers pay: attempts that fail, cards that expire and are replaced, and announced prices.

Who leaves because a payment fails, and who pays at another attempt, begin alike. Most that hear of a new price stay.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from streams.companies.base import DAY, Body, Company, Person, text, within
from streams.companies.parts import shows
from streams.companies.stories import Why

RETRIES: Final = (0.0, 3.0, 7.0, 12.0)
"""Days after the first attempt on which others are made."""
_REASONS: Final = ("insufficient_funds", "insufficient_funds", "card_declined", "expired_card", "processing_error")
_PRICES_EVERY: Final = 365
"""Days, on one of which a new price is announced to one customer in three."""


def meet(draw: random.Random, joins: datetime) -> Body:
    """Return until when the card of a new customer is valid, and whether it will be replaced in time."""
    return {"card_until": joins + timedelta(days=draw.uniform(40, 1_000)), "careful": draw.random() < 0.8}


def pay(company: Company, person: Person, at: datetime, subscription: str, amount: str) -> Iterator[Body]:
    """Yield what comes of collecting a renewal: the money, or with an expired card another attempt after it."""
    invoice = _invoice(person, 1)
    expires, draw = person.state["card_until"], person.draw
    common = {"subscription_id": subscription, "invoice_id": invoice, "amount": amount, "currency": "EUR"}
    if expires < at:
        person.state["card_until"] = at + timedelta(days=draw.uniform(700, 1_400))
        if not person.state["careful"]:
            yield company.event(person, "payment.failed", at, attempt=1, reason="expired_card", **common)
            at += timedelta(days=draw.uniform(0.2, 5))
    until = f"{person.state['card_until']:%Y-%m}"
    yield company.event(person, "payment.succeeded", at, card_expires=until, **common)


def owe(company: Company, person: Person, now: datetime, subscription: str, amount: str) -> Iterator[Body]:
    """Yield the failed attempts of a customer whose story is about that, and its payment if it stays."""
    story, state = person.story, person.state
    if story.why not in {Why.UNPAID, Why.PAYS_LATE} or story.shows is None:
        return
    common = {"subscription_id": subscription, "invoice_id": _invoice(person), "amount": amount, "currency": "EUR"}
    for place in range(state.get("attempts", 0), len(RETRIES)):
        at = story.shows + timedelta(days=RETRIES[place])
        if at >= now + DAY or (story.over is not None and at >= story.over):
            break
        state["attempts"] = place + 1
        reason = state.setdefault("declined", person.draw.choice(_REASONS))
        yield company.event(person, "payment.failed", at, attempt=place + 1, reason=reason, **common)
    if story.over is not None and story.over < now + DAY and not state.get("settled"):
        state["settled"] = True
        yield company.event(person, "payment.succeeded", story.over, **common)


def _invoice(person: Person, more: int = 0) -> str:
    person.state["invoices"] = person.state.get("invoices", 0) + more
    return f"i-{person.number}-{person.state['invoices']}"


def hear_of_money(company: Company, person: Person, now: datetime, subscription: str) -> Iterator[Body]:
    """Yield what a customer is told: that its card will expire, and that it will pay more."""
    state, draw = person.state, person.draw
    expires = state["card_until"]
    if now <= expires - timedelta(days=25) < now + DAY and draw.random() < 0.7:
        yield company.event(
            person, "card.expiring", within(person, now), expires=f"{expires:%Y-%m}", subscription_id=subscription
        )
    number, place = divmod((now - company.start).days, _PRICES_EVERY)
    announced = random.Random(f"{company.seed}|price|{number}").randrange(60, _PRICES_EVERY - 60)
    for_all = place == announced and person.number % 3 == 0
    for_one = person.story.why is Why.PRICE and shows(person, now) and not state.get("dearer")
    if for_all or for_one:
        state["dearer"] = True
        rise, effective = draw.choice((8, 12, 15, 20, 30)), text(now + timedelta(days=45))
        yield company.event(
            person,
            "price.announced",
            within(person, now),
            subscription_id=subscription,
            percent=rise,
            effective_at=effective,
        )
