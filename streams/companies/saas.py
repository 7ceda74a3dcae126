"""A company that sells subscriptions by the month to people: most sign in some days a week."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from streams.companies import mailing, paying, product, voices
from streams.companies.base import DAY, Body, Company, Kind, Person, text, within
from streams.companies.habits import OFFICE, Habit, drawn_habit
from streams.companies.parts import sessions_of, shows, sign_in
from streams.companies.stories import LEAVING, Story, Why
from streams.companies.support import ask_for_help

PLANS: Final = {"basic": "19.00", "team": "79.00", "pro": "199.00"}
MONTHLY_LOSS: Final = 0.035
"""The chance that a customer leaves within a month: about a tenth within 90 days."""
_LEAVE: Final = {
    Why.FADES: 30,
    Why.SILENT: 25,
    Why.FRUSTRATED: 15,
    Why.UNPAID: 11,
    Why.NEVER_STARTED: 10,
    Why.PRICE: 9,
}
_STAY: Final = {Why.STAYS: 52, Why.RECOVERS: 20, Why.COMPLAINS: 10, Why.PAYS_LATE: 12, Why.REVOKES: 6}
_REASON: Final = {
    Why.FADES: "unused",
    Why.FRUSTRATED: "customer_service",
    Why.PRICE: "price",
    Why.NEVER_STARTED: "too_complex",
}
_TERM: Final = timedelta(days=30)


def meet(draw: random.Random, joins: datetime, days: int) -> tuple[Habit, Story, Body]:
    """Return a new customer's habit and story, and its plan."""
    habit = drawn_habit(draw, joins, 3 * days, 0.7)
    stays = joins + timedelta(days=draw.expovariate(MONTHLY_LOSS / 30) + 20)
    horizon = joins + timedelta(days=days)
    plan = draw.choices(list(PLANS), [5, 3, 2])[0]
    story = _story(draw, joins, stays, horizon)
    state = voices.meet(draw) | mailing.meet(draw) | paying.meet(draw, joins) | product.meet(draw, joins, story.why)
    return habit, story, state | {"plan": plan}


def _story(draw: random.Random, joins: datetime, leaves: datetime, horizon: datetime) -> Story:
    if leaves >= horizon:
        why = draw.choices(list(_STAY), list(_STAY.values()))[0]
        since = joins + timedelta(days=draw.uniform(30, max(31.0, (horizon - joins).days - 40)))
        return Story(why) if why is Why.STAYS else Story(why, since, None, None, since + _lasts(draw, why))
    why = draw.choices(list(_LEAVE), list(_LEAVE.values()))[0]
    match why:
        case Why.FADES:
            shows_since = leaves - timedelta(days=draw.uniform(25, 75))
        case Why.FRUSTRATED | Why.PRICE:
            shows_since = leaves - timedelta(days=draw.uniform(20, 60))
        case Why.UNPAID:
            shows_since = leaves - timedelta(days=draw.uniform(14, 24))
        case Why.NEVER_STARTED:
            leaves = joins + timedelta(days=draw.uniform(28, 85))
            return Story(why, joins, _says(draw, leaves, 0.4), leaves)
        case _:
            return Story(why, None, _says(draw, leaves, 0.3, latest=0.5), leaves)
    shows_since = max(shows_since, joins + timedelta(days=3))
    return Story(why, shows_since, None if why is Why.UNPAID else _says(draw, leaves, 0.6), leaves)


def _lasts(draw: random.Random, why: Why) -> timedelta:
    return timedelta(days=draw.uniform(3, 16) if why is Why.PAYS_LATE else draw.uniform(14, 42))


def _says(draw: random.Random, leaves: datetime, chance: float, latest: float = 20) -> datetime | None:
    """Return when a customer asks to cancel; None if it just leaves."""
    return leaves - timedelta(days=draw.uniform(0.02, latest)) if draw.random() < chance else None


def day(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield what a customer does on a day, and what happens to its subscription."""
    state, story = person.state, person.story
    if state.get("left"):
        return
    if "term_end" not in state:
        yield _starts(company, person)
        yield from mailing.first_words(company, person)
    if story.leaves is not None and story.leaves < now + DAY:
        yield from _leaves(company, person, story.leaves)
        return
    sessions = sessions_of(company, person, now)
    yield from sign_in(company, person, now, sessions)
    if sessions:
        yield from product.use(company, person, now, sessions)
        yield from product.learn(company, person, now)
    yield from product.get_going(company, person, now)
    yield from ask_for_help(company, person, now)
    yield from voices.speak(company, person, now)
    yield from mailing.receive(company, person, now)
    yield from mailing.recommend(company, person, now)
    yield from _buys(company, person, now)
    yield from _says_so(company, person, now)
    yield from _pays(company, person, now)
    yield from _renews(company, person, now)


def _starts(company: Company, person: Person) -> Body:
    at = person.joins
    person.state["term_end"] = at + _TERM
    return company.event(
        person,
        "subscription.started",
        at,
        subscription_id=_subscription(person),
        mrr=PLANS[person.state["plan"]],
        currency="EUR",
        plan=person.state["plan"],
        term_end=text(at + _TERM),
        auto_renew=True,
    )


def _leaves(company: Company, person: Person, at: datetime) -> Iterator[Body]:
    person.state["left"] = True
    story = person.story
    cause = "involuntary" if story.why is Why.UNPAID else "voluntary"
    reason = _REASON.get(story.why, "other")
    yield company.event(
        person, "cancellation.effective", at, subscription_id=_subscription(person), cause=cause, reason=reason
    )


def _says_so(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield a request to cancel, its withdrawal, and a renewal that is switched off."""
    story, state, subscription = person.story, person.state, _subscription(person)
    if story.says is not None and story.says < now + DAY and not state.get("said"):
        state["said"] = True
        reason = _REASON.get(story.why, "other")
        yield company.event(
            person,
            "cancellation.requested",
            story.says,
            subscription_id=subscription,
            reason=reason,
            at_period_end=True,
        )
    if story.why is Why.REVOKES and story.shows is not None and story.over is not None:
        if story.shows < now + DAY and not state.get("said"):
            state["said"] = True
            yield company.event(
                person, "cancellation.requested", story.shows, subscription_id=subscription, at_period_end=True
            )
        if story.over < now + DAY and not state.get("revoked"):
            state["revoked"] = True
            yield company.event(person, "cancellation.revoked", story.over, subscription_id=subscription)
    if story.why is Why.PRICE and shows(person, now) and not state.get("off"):
        state["off"] = True
        if person.draw.random() < 0.6:
            at = within(person, now)
            yield company.event(person, "subscription.changed", at, subscription_id=subscription, auto_renew=False)
        elif person.state["plan"] != "basic":
            yield _changes(company, person, now, "basic")


def _pays(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield the status of a subscription whose payment fails, and is paid after all if the customer stays."""
    story, state = person.story, person.state
    subscription, amount = _subscription(person), PLANS[state["plan"]]
    yield from paying.owe(company, person, now, subscription, amount)
    yield from paying.hear_of_money(company, person, now, subscription)
    if story.why not in {Why.UNPAID, Why.PAYS_LATE} or story.shows is None:
        return
    if story.shows < now + DAY and not state.get("past_due"):
        state["past_due"] = True
        yield _status(company, person, story.shows, "past_due")
    if story.over is not None and story.over < now + DAY and not state.get("paid"):
        state["paid"] = True
        yield _status(company, person, story.over, "active")


def _status(company: Company, person: Person, at: datetime, status: str) -> Body:
    return company.event(person, "subscription.changed", at, subscription_id=_subscription(person), status=status)


def _changes(company: Company, person: Person, now: datetime, plan: str) -> Body:
    person.state["plan"] = plan
    return company.event(
        person,
        "subscription.changed",
        within(person, now),
        subscription_id=_subscription(person),
        mrr=PLANS[plan],
        plan=plan,
    )


def _renews(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    end = person.state["term_end"]
    if end < now + DAY and not person.state.get("past_due", False):
        person.state["term_end"] = end + _TERM
        yield company.event(
            person, "subscription.renewed", end, subscription_id=_subscription(person), term_end=text(end + _TERM)
        )
        yield from paying.pay(company, person, end, _subscription(person), PLANS[person.state["plan"]])
    if person.story.why not in LEAVING and person.draw.random() < 0.0008:
        plans = list(PLANS)
        place = min(plans.index(person.state["plan"]) + 1, len(plans) - 1)
        if plans[place] != person.state["plan"]:
            yield _changes(company, person, now, plans[place])


def _buys(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield an order beside the subscription, as of a training or a device."""
    if person.draw.random() < 0.008:
        number = person.state["orders"] = person.state.get("orders", 0) + 1
        order, at = f"o-{person.number}-{number}", within(person, now)
        amount = f"{person.draw.uniform(5, 250):.2f}"
        yield company.event(person, "purchase.completed", at, order_id=order, amount=amount, currency="EUR")
        if person.draw.random() < 0.04:
            back = at + timedelta(hours=person.draw.uniform(0.2, 1))
            yield company.event(person, "purchase.refunded", back, order_id=order)


def _subscription(person: Person) -> str:
    return f"s-{person.number:05d}"


SAAS: Final = Kind("saas", "Subscriptions by the month, used some days a week", OFFICE, meet, day, "subscription")
