"""Events of the families beside the core ones, drawn: single ones, and habits that begin, change and stop.

Few ids, features, carts and invoices, so that events meet: a reply comes before its complaint, a success before its
failure. Habits are long enough that every signal about them is raised in some log.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, NamedTuple

from tests.building import text
from tests.plain_company import Arrival

Event = dict[str, Any]

FEATURES: Final = ("export", "import", "search", "report", "api")
CHANNELS: Final = ("email", "email", "sms", "push", "phone", "a_new_word")
CHOICES: Final = ("consent.changed", "message.unsubscribed", "message.complained")
"""Events by which customers say what they want to hear."""
PLACES: Final = 3
"""How many carts, invoices, answers and messages a customer has: few, so that events are about the same ones."""


class Kind(NamedTuple):
    """An event type, how often it comes among those of its family, and its fields."""

    weight: int
    fields: Callable[[Random, str, datetime], Event]


def _later(random: Random, moment: datetime, *days: float) -> str:
    return text(moment + timedelta(days=random.choice(days)))


def _maybe(random: Random, chance: float, event: Event) -> Event:
    return event if random.random() < chance else {}


def _owed(random: Random, customer: str) -> Event:
    """Draw an invoice, a payment, or both; and maybe the subscription that it is for."""
    names = random.choice((("payment_id",), ("invoice_id",), ("payment_id", "invoice_id")))
    owed = {name: f"{customer}-{name[0]}{random.randrange(PLACES)}" for name in names}
    return owed | _maybe(random, 0.5, {"subscription_id": f"{customer}-s{random.randrange(2)}"})


def _failed(random: Random, customer: str, moment: datetime) -> Event:
    reason = random.choice(("insufficient_funds", "expired_card", "a_new_word"))
    grace = {"grace_ends_at": _later(random, moment, -1, 4, 14, 30)}
    again = {"attempt": random.randrange(1, 5), "next_attempt_at": _later(random, moment, 1, 3)}
    return _owed(random, customer) | {"reason": reason} | _maybe(random, 0.4, grace) | _maybe(random, 0.5, again)


def _card(random: Random, moment: datetime, name: str) -> Event:
    day = moment + timedelta(days=random.choice((-20, 5, 25, 40, 70)))
    expires = {name: f"{day:%Y-%m}" if random.random() < 0.7 else f"{day:%Y-%m-%d}"}
    return expires | _maybe(random, 0.6, {"card_id": f"k-{random.randrange(2)}"})


def _succeeded(random: Random, customer: str, moment: datetime) -> Event:
    return _owed(random, customer) | _maybe(random, 0.4, _card(random, moment, "card_expires"))


def _expiring(random: Random, customer: str, moment: datetime) -> Event:
    return _card(random, moment, "expires") | _maybe(random, 0.5, {"subscription_id": f"{customer}-s0"})


def _price(random: Random, customer: str, moment: datetime) -> Event:
    named = _maybe(random, 0.5, {"subscription_id": f"{customer}-s{random.randrange(2)}"})
    if random.random() < 0.3:
        return named | {"accepted": True}
    rise = random.choice(({"percent": 12}, {"percent": "3.5"}, {"old_price": "10", "price": "13"}))
    return named | rise | {"effective_at": _later(random, moment, -3, 10, 40, 100)}


def _answer(random: Random, customer: str, moment: datetime) -> Event:
    kind, highest = random.choice((("nps", 10), ("nps", 10), ("csat", 5), ("ces", 7), ("exit", 5), ("a_new_word", 10)))
    known = _maybe(random, 0.3, {"feedback_id": f"{customer}-f{random.randrange(PLACES)}"})
    ticket = _maybe(random, 0.4, {"ticket_id": f"{customer}-t{random.randrange(5)}"})
    return {"kind": kind, "score": random.randrange(highest + 1) or 1, "text": "never kept"} | known | ticket


def _toned(random: Random, customer: str) -> Event:
    tone = {"sentiment": random.choice(("-0.9", "-0.4", 0, "0.7")), "confidence": random.choice(("0.4", "0.9", 1))}
    return {"feedback_id": f"{customer}-f{random.randrange(PLACES)}"} | _maybe(random, 0.5, tone)


def _review(random: Random, customer: str, moment: datetime) -> Event:
    return _toned(random, customer) | {"rating": random.choice(("1", "2.5", 4, 5)), "public": random.random() < 0.7}


def _submission(random: Random, customer: str, moment: datetime) -> Event:
    kind = random.choice(("complaint", "complaint", "idea", "praise", "a_new_word"))
    return _toned(random, customer) | {"kind": kind, "topic": random.choice(("billing", "export"))}


def _about_feedback(random: Random, customer: str, moment: datetime) -> Event:
    return {"feedback_id": f"{customer}-f{random.randrange(PLACES)}", "automatic": random.random() < 0.2}


def _used(random: Random, customer: str, moment: datetime) -> Event:
    user = _maybe(random, 0.5, {"user_id": f"u-{random.randrange(3)}"})
    return {"feature": random.choice(FEATURES), "count": random.choice((1, 1, 9))} | user


def _error(random: Random, customer: str, moment: datetime) -> Event:
    return _maybe(random, 0.7, {"feature": random.choice(FEATURES)}) | {"count": random.choice((1, 2))}


def _milestone(random: Random, customer: str, moment: datetime) -> Event:
    following = {"next_milestone": random.choice(("second", "third")), "next_due_at": _later(random, moment, -2, 5, 20)}
    return {"milestone": random.choice(("first", "second", "third"))} | _maybe(random, 0.6, following)


def _seats(random: Random, customer: str, moment: datetime) -> Event:
    return {"paid": random.choice((0, 10, 50))} | _maybe(random, 0.8, {"active": random.choice((0, 3, 9, 60))})


def _message(random: Random, customer: str, moment: datetime) -> Event:
    return {"message_id": f"{customer}-m{random.randrange(PLACES)}"} | _maybe(
        random, 0.4, {"channel": random.choice(CHANNELS)}
    )


def _opened(random: Random, customer: str, moment: datetime) -> Event:
    return _message(random, customer, moment) | {"machine": random.random() < 0.3}


def _consent(random: Random, customer: str, moment: datetime) -> Event:
    purpose = random.choice(("marketing", "marketing", "contact", "analytics", "a_new_word"))
    channel = _maybe(random, 0.5, {"channel": random.choice(CHANNELS)})
    return {"purpose": purpose, "granted": random.random() < 0.5} | channel


def _cart(random: Random, customer: str, moment: datetime) -> Event:
    items = [{"sku": f"p-{place}", "quantity": random.choice((0, 1, 3)), "price": "9.90"} for place in range(2)]
    worth = random.choice(({"value": "0", "currency": "JPY"}, {"value": "25.50", "currency": "EUR"}))
    currency = _maybe(random, 0.5, {"currency": "EUR"})
    return _checkout(random, customer, moment) | random.choice(({}, {"items": items} | currency, worth))


def _checkout(random: Random, customer: str, moment: datetime) -> Event:
    return {"cart_id": f"{customer}-k{random.randrange(2)}"}


def _outcome(random: Random, customer: str, moment: datetime) -> Event:
    place = random.randrange(PLACES)
    if random.random() < 0.5:
        return {"recommendation_id": f"{customer}-r{place}"}
    return {"action": random.choice(("dunning", "training")), "episode": f"{customer}-e{place}"}


def _delivery(random: Random, customer: str, moment: datetime) -> Event:
    return _outcome(random, customer, moment) | _maybe(random, 0.4, {"automated": random.random() < 0.5})


def _exposure(random: Random, customer: str, moment: datetime) -> Event:
    return {"experiment": random.choice(("price", "mail")), "arm": random.choice(("control", "treated"))}


def _attributes(random: Random, customer: str, moment: datetime) -> Event:
    loyal = {"points": 20 * moment.day, "next_tier_points": 500, "next_tier": "gold"}  # near from the 23rd day on
    return {"attributes": {"country": random.choice(("ES", "IT", None)), "note": 7}} | loyal


def _acquired(random: Random, customer: str, moment: datetime) -> Event:
    cost = {"cost": random.choice(("0", "12.50")), "currency": "EUR"}
    return {"channel": random.choice(("ads", "partner")), "campaign": "spring"} | _maybe(random, 0.5, cost)


def _referral(random: Random, customer: str, moment: datetime) -> Event:
    return _maybe(random, 0.5, {"referred_id": f"c-{random.randrange(4)}"})


def _note(random: Random, customer: str, moment: datetime) -> Event:
    return {"kind": random.choice(("call", "meeting", "internal", "a_new_word")), "text": "never kept"}


def _bare(random: Random, customer: str, moment: datetime) -> Event:
    return {}


KINDS: Final[dict[str, dict[str, Kind]]] = {
    "payments": {
        "payment.failed": Kind(5, _failed),
        "payment.succeeded": Kind(3, _succeeded),
        "card.expiring": Kind(2, _expiring),
        "price.announced": Kind(2, _price),
    },
    "feedback": {
        "survey.answered": Kind(4, _answer),
        "review.posted": Kind(2, _review),
        "feedback.submitted": Kind(3, _submission),
        "feedback.answered": Kind(3, _about_feedback),
        "feedback.shipped": Kind(1, _about_feedback),
    },
    "usage": {
        "feature.used": Kind(6, _used),
        "session.ended": Kind(1, lambda random, _customer, _moment: {"duration": random.choice((0, 60, 3_600))}),
        "error.occurred": Kind(2, _error),
        "milestone.reached": Kind(2, _milestone),
        "seats.changed": Kind(2, _seats),
        "content.viewed": Kind(1, _bare),
        "community.posted": Kind(2, lambda random, _customer, _moment: {"kind": random.choice(("post", "visit"))}),
    },
    "messages": {
        "message.delivered": Kind(4, _message),
        "message.opened": Kind(2, _opened),
        "message.clicked": Kind(2, _message),
        "message.bounced": Kind(1, _message),
        "message.unsubscribed": Kind(1, _message),
        "message.complained": Kind(1, _message),
    },
    "privacy": {"consent.changed": Kind(4, _consent), "access.requested": Kind(1, _bare)},
    "carts": {
        "cart.updated": Kind(4, _cart),
        "cart.abandoned": Kind(2, _cart),
        "checkout.failed": Kind(3, _checkout),
    },
    "outcomes": {
        "action.delivered": Kind(2, _delivery),
        "action.converted": Kind(1, _outcome),
        "action.dismissed": Kind(1, _outcome),
        "experiment.exposed": Kind(2, _exposure),
    },
    "customers": {
        "customer.updated": Kind(2, _attributes),
        "acquisition.recorded": Kind(2, _acquired),
        "referral.converted": Kind(1, _referral),
        "note.added": Kind(2, _note),
    },
}
"""By topic. `erasure.requested` is not among them: what follows it is another story."""

_KIND: Final = {name: kind for kinds in KINDS.values() for name, kind in kinds.items()}


def fields(random: Random, kind: str, customer: str, moment: datetime) -> Event:
    """Draw the fields of an event type of these families; none for any other type."""
    return _KIND[kind].fields(random, customer, moment) if kind in _KIND else {}


def choosy(events: Iterable[Event]) -> set[str]:
    """Return the customers that have said what they want to hear: a gate may stop actions for them."""
    return {event["customer_id"] for event in events if event["type"] in CHOICES}


def kinds_of(topic: str) -> tuple[str, ...]:
    """Return the event types of a topic, each as often as its weight says."""
    return tuple(name for name, kind in KINDS[topic].items() for _ in range(kind.weight))


# Habits. Each yields the day within it, the event type and the fields.

Step = tuple[float, str, Event]


def _uses(random: Random, days: int) -> Iterator[Step]:
    """Yield the use of some features by some users; from some day on fewer of both, or much more, or with errors."""
    usual, turns = random.sample(FEATURES, random.randrange(1, 5)), round(days * random.uniform(0.4, 0.8))
    left, often = usual[: random.randrange(len(usual) + 1)], random.choice((1.0, 0.6, 0.3))
    surge, broken = random.random() < 0.2, random.random() < 0.3
    gone = random.random() < 0.4
    for day in range(days):
        for feature in usual if day < turns else left:
            if random.random() < often:
                user = "u-1" if not gone or (day < turns and random.random() < 0.7) else "u-2"
                count = 30 if surge and day >= turns else random.choice((1, 3))
                yield day + random.random(), "feature.used", {"feature": feature, "count": count, "user_id": user}
        if broken and day >= turns:
            yield day + random.random(), "error.occurred", {"feature": usual[0], "count": 3}


def _takes_part(random: Random, days: int) -> Iterator[Step]:
    for day in range(0, days, random.choice((3, 5))):
        yield day + random.random(), "community.posted", {}


def _ignores(random: Random, days: int) -> Iterator[Step]:
    """Yield a click, and e-mails after it of which few are opened."""
    yield random.random(), "message.clicked", {"message_id": "m"}
    opens = random.choice((0.0, 0.1))
    for day in range(1, 2 * days, random.choice((4, 7))):
        yield day + random.random(), "message.delivered", {"message_id": f"m-{day}"}
        if random.random() < opens:
            yield day + 1 + random.random(), "message.opened", {"message_id": f"m-{day}"}


def _signs_in(random: Random, days: int) -> Iterator[Step]:
    for day in range(0, days, random.choice((1, 2, 6))):
        yield day + random.random(), "login.succeeded", {}


def _owes(random: Random, days: int) -> Iterator[Step]:
    """Yield attempts to collect one invoice, of which the last one may succeed."""
    tries = random.randrange(2, 6)
    for place in range(tries):
        yield place * 3 + random.random(), "payment.failed", {"invoice_id": "i", "attempt": place + 1}
    if random.random() < 0.6:
        yield random.uniform(2, days), "payment.succeeded", {"invoice_id": "i"}


def _cools(random: Random, _days: int) -> Iterator[Step]:
    """Yield answers that become worse, and maybe a reply."""
    for day, score in ((0, 9), (20, random.choice((5, 7))), (random.uniform(20, 50), random.randrange(8))):
        yield day, "survey.answered", {"kind": "nps", "score": score}
    yield 30, "feedback.submitted", {"kind": "complaint", "feedback_id": "f"}
    if random.random() < 0.5:
        yield random.uniform(28, 50), "feedback.answered", {"feedback_id": "f"}


def _hesitates(random: Random, _days: int) -> Iterator[Step]:
    """Yield a cart that is filled, cannot be paid, and maybe is bought after all."""
    yield 0, "cart.updated", {"cart_id": "k", "items": [{"sku": "p", "quantity": 2}]}
    for _ in range(random.randrange(4)):
        yield random.uniform(0, 2), "checkout.failed", {"cart_id": "k"}
    if random.random() < 0.4:
        order = {"order_id": f"o-{random.randrange(99)}", "amount": "20", "currency": "EUR"}
        yield random.uniform(0, 4), "purchase.completed", order


def _asks(random: Random, days: int) -> Iterator[Step]:
    """Yield tickets on one topic, most of which are solved, and some opened again."""
    for place in range(random.randrange(3, 7)):
        at = random.uniform(0, days / 2)
        yield at, "ticket.opened", {"ticket_id": f"t-{place}", "topic": "billing"}
        if random.random() < 0.8:
            yield at + random.uniform(0, 10), "ticket.solved", {"ticket_id": f"t-{place}"}
        if random.random() < 0.3:
            yield at + random.uniform(5, 30), "ticket.reopened", {"ticket_id": f"t-{place}"}


HABITS: Final = (_uses, _uses, _uses, _takes_part, _ignores, _signs_in, _owes, _cools, _hesitates, _asks)


def habit(random: Random, since: datetime, days: int) -> list[tuple[datetime, str, Event]]:
    """Draw one habit of a customer of about so many days, as instants, types and fields; the times of a minute."""
    steps = random.choice(HABITS)(random, days)
    return [(since + timedelta(minutes=round(day * 1_440)), kind, event) for day, kind, event in steps]


class Traffic(NamedTuple):
    """A company whose customers do something in these families: the number of its customers, and its span of time."""

    seed: int
    start: datetime
    days: int
    customers: int

    def beside(self, arrivals: Iterable[Arrival], events: int) -> list[Arrival]:
        """Return the arrivals of a plain company and about so many of these families, in order of arrival.

        As among its own, some arrive hours late and some twice. Some have the instant of the one drawn before them.
        """
        random = Random(f"{self.seed}|other families")
        drawn: list[Event] = []
        while len(drawn) < events:
            drawn += self._drawn(
                random, len(drawn), drawn[-1]["occurred_at"] if random.random() < 0.1 and drawn else ""
            )
        return sorted([*arrivals, *_arriving(random, drawn)], key=lambda one: (one.at, one.event["event_id"]))

    def _drawn(self, random: Random, number: int, at: str) -> list[Event]:
        """Draw what one customer does: once, or again and again."""
        customer = f"c-{random.randrange(self.customers):04d}"
        since = self.start + timedelta(days=random.randrange(self.days - 1), minutes=random.randrange(1_440))
        if random.random() < 0.1:
            steps = habit(random, since, random.randrange(15, 40))
        else:
            kind = random.choice(kinds_of(random.choice(list(KINDS))))
            steps = [(since, kind, fields(random, kind, customer, since))]
        last = self.start + timedelta(days=self.days)
        return [
            {"event_id": f"x-{self.seed}-{place:04d}", "type": kind, "customer_id": customer}
            | {"occurred_at": at or text(moment)}
            | event
            for place, (moment, kind, event) in enumerate(steps, number)
            if moment < last
        ]


def _arriving(random: Random, events: Iterable[Event]) -> Iterator[Arrival]:
    for event in events:
        late = timedelta(hours=random.uniform(1, 30)) if random.random() < 1 / 30 else timedelta()
        arrival = Arrival(datetime.fromisoformat(event["occurred_at"]) + late, event)
        yield arrival
        if random.random() < 1 / 30:
            yield arrival._replace(at=arrival.at + timedelta(minutes=9))
