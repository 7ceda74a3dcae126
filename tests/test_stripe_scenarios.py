"""Stories of subscriptions of Stripe in which several facts meet, as webhooks tell them, in both shapes.

Each is a few steps in the life of one subscription, and the movements of MRR that follow. Records arrive in order, in
the reverse order, and twice: the last word about each movement is the same.
"""

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from schemas.outbound import MrrMovement
from tests.building import at
from tests.playing import Run, play
from tests.stripe_events import (
    NEW,
    OLD,
    START,
    Json,
    coupon,
    created,
    deleted,
    discount,
    event,
    in_old_shape,
    item,
    listed,
    price,
    seconds,
    subscription,
    told,
    updated,
)

Moved = tuple[str, float, float]
"""Kind of a movement, its day, and by how much MRR changed."""
OFF = {"duration": "repeating", "duration_in_months": 3}
BY_ASKING = {"comment": None, "feedback": None, "reason": "cancellation_requested"}


class Life:
    """A subscription that changes step by step: each step is a record, with what was another before."""

    def __init__(self, version: str, name: str = "1", **fields: Any) -> None:
        self.version, self.records = version, list[bytes]()
        self._now = subscription(id=f"sub_{name}", **fields)
        self._number = 0

    def _shaped(self, found: Json) -> Json:
        discounts = found["discounts"]
        if self.version != OLD:
            return found
        return in_old_shape(found) | {"discount": discounts[0] if discounts else None}

    def _ident(self) -> str:
        self._number += 1
        return f"evt_{self._now['id']}_{self._number:02}"

    def begins(self, day: float = 0, **fields: Any) -> "Life":
        self._now |= fields | {"created": seconds(day), "start_date": seconds(day)}
        self.records.append(created(day, self._shaped(self._now), version=self.version, ident=self._ident()))
        return self

    def turns(self, day: float, *items: Json, period: tuple[float, float] | None = None, **fields: Any) -> "Life":
        """Change fields, items or the period on a day."""
        before, after = self._now, self._now | fields | ({"items": listed(*items)} if items else {})
        if period is not None:
            ends = {"current_period_start": seconds(period[0]), "current_period_end": seconds(period[1])}
            after["items"] = listed(*(one | ends for one in after["items"]["data"]))
        was, now = self._shaped(before), self._shaped(after)
        previous = {name: was.get(name) for name in now if was.get(name) != now[name]}
        self._now = after
        self.records.append(updated(day, now, previous, version=self.version, ident=self._ident()))
        return self

    def asks(self, day: float, end: float) -> "Life":
        """Request the end of the subscription."""
        flag: Json = {"cancel_at_period_end": True, "cancel_at": seconds(end), "canceled_at": seconds(day)}
        return self.turns(day, **flag, cancellation_details=BY_ASKING)

    def stays(self, day: float) -> "Life":
        """Take the request back."""
        return self.turns(day, cancel_at_period_end=False, cancel_at=None, canceled_at=None)

    def rests(self, day: float, until: float | None = None, behavior: str = "void") -> "Life":
        """Pause collection."""
        resumes_at = seconds(until) if until is not None else None
        return self.turns(day, pause_collection={"behavior": behavior, "resumes_at": resumes_at})

    def ends(self, day: float, reason: str = "cancellation_requested") -> "Life":
        found = self._shaped(self._now)
        self.records.append(deleted(day, found, reason, version=self.version, ident=self._ident()))
        return self

    def has(self, off: Json, day: float = 0, end: float | None = None) -> "Life":
        """Begin with a discount: the record holds it in the old shape, an event of its own tells of it since 2025."""
        found = discount(off, day, end, subscription=self._now["id"], id=f"di_{self._now['id']}")
        if self.version == OLD:
            return self.begins(day, discounts=[found])
        self.begins(day, discounts=[found["id"]])
        self.records.append(event("customer.discount.created", day, found, version=NEW, ident=self._ident()))
        return self


def seats(number: int, amount: int = 4000, **fields: Any) -> Json:
    return item(price(amount, **fields), quantity=number)


def trial(version: str) -> Life:
    return Life(version).begins(status="trialing", trial_start=seconds(0), trial_end=seconds(14))


def free_month(version: str) -> Life:
    free: Json = {"status": "trialing", "trial_start": seconds(30), "trial_end": seconds(58)}
    return Life(version).begins().turns(30, period=(30, 58), **free)


def taxed(version: str) -> Life:
    rate = {"id": "txr_1", "object": "tax_rate", "inclusive": True, "percentage": 21.0}
    return Life(version, default_tax_rates=[rate])


def pair(version: str, day: float = 5, **fields: Any) -> tuple[Life, Life]:
    """Return two subscriptions of one customer, for 40 and 20."""
    other = Life(version, "2").begins(day, items=listed(seats(1, 2000)), **fields)
    return Life(version).begins(), other


def second_in_trial(version: str) -> list[Life]:
    one, other = pair(version, status="trialing", trial_start=seconds(5), trial_end=seconds(19))
    return [one, other.asks(10, 19).ends(19)]


def one_of_two(step: Callable[[Life], Life]) -> Callable[[str], list[Life]]:
    def both(version: str) -> list[Life]:
        one, other = pair(version)
        return [step(one), other]

    return both


def switched(version: str) -> list[Life]:
    return [Life(version).begins().ends(40), Life(version, "2").begins(40, items=listed(seats(1, 6000)))]


def returned(version: str) -> list[Life]:
    return [Life(version).begins().ends(40), Life(version, "2").begins(60, items=listed(seats(1, 6000)))]


STORIES: dict[str, tuple[Callable[[str], Life | list[Life]], list[Moved]]] = {
    "a coupon with an end, an upgrade, and a pause, in which the coupon runs on (20, 22, 24, 32)": (
        lambda v: Life(v).has(coupon(percent_off=25, **OFF), end=90).turns(30, seats(1, 8000)).rests(60, 70),
        [("new", 0, 30), ("expansion", 30, 30), ("pause", 60, -60), ("resume", 70, 60), ("expansion", 90, 20)],
    ),
    "a coupon that ends while collection is paused (22, 24, 32)": (
        lambda v: Life(v).has(coupon(percent_off=25, **OFF), end=90).rests(80, 100),
        [("new", 0, 30), ("pause", 80, -30), ("resume", 100, 40)],
    ),
    "an amount off each invoice, and more seats (6, 21)": (
        lambda v: Life(v).has(coupon(amount_off=1000, currency="eur")).turns(30, seats(3)),
        [("new", 0, 30), ("expansion", 30, 80)],
    ),
    "an amount off each invoice, some months, and then a second item (5, 20, 21)": (
        lambda v: (
            Life(v)
            .has(coupon(amount_off=1000, currency="eur", **OFF), end=90)
            .turns(30, seats(1), seats(1, 2000, id="price_2") | {"id": "si_2"})
        ),
        [("new", 0, 30), ("expansion", 30, 20), ("expansion", 90, 10)],
    ),
    "an amount off each invoice, and a yearly plan (12, 21)": (
        lambda v: Life(v).has(coupon(amount_off=600, currency="eur")).turns(30, seats(1, 48_000, interval="year")),
        [("new", 0, 34), ("expansion", 30, 5.5)],
    ),
    "tax in the price, and a share off it (13, 19)": (
        lambda v: taxed(v).has(coupon(percent_off=50)).turns(30, seats(1, 12_100)),
        [("new", 0, 16.53), ("expansion", 30, 33.47)],
    ),
    "a coupon in a trial counts its months from the trial on (20, 22, 25)": (
        lambda v: (
            Life(v, status="trialing", trial_start=seconds(0), trial_end=seconds(14))
            .has(coupon(percent_off=50, **OFF), end=90)
            .turns(14, period=(14, 45), status="active")
        ),
        [("new", 14, 20), ("expansion", 90, 20)],
    ),
    "a trial that is cancelled for its end (25, 26, 37)": (lambda v: trial(v).asks(5, 14).ends(14), []),
    "a trial whose cancellation is taken back (25, 37)": (
        lambda v: trial(v).asks(5, 14).stays(8).turns(14, period=(14, 45), status="active"),
        [("new", 14, 40)],
    ),
    "an upgrade in the trial (25)": (
        lambda v: trial(v).turns(5, seats(1, 6000)).turns(14, period=(14, 45), status="active"),
        [("new", 14, 60)],
    ),
    "a trial in which collection is paused beyond it (25, 32)": (
        lambda v: trial(v).rests(5, 50).turns(14, period=(14, 45), status="active"),
        [("new", 50, 40)],
    ),
    "a trial whose first payment fails for good (25, 31)": (
        lambda v: trial(v).turns(14, period=(14, 45), status="past_due").ends(30, "payment_failed"),
        [("new", 14, 40), ("churn", 30, -40)],
    ),
    "a free month with an upgrade in it (28)": (
        lambda v: free_month(v).turns(40, seats(1, 6000)).turns(58, period=(58, 89), status="active"),
        [("new", 0, 40), ("pause", 30, -40), ("resume", 58, 60)],
    ),
    "a free month, after which the payment fails and comes (28, 30)": (
        lambda v: free_month(v).turns(58, period=(58, 89), status="past_due").turns(65, status="active"),
        [("new", 0, 40), ("pause", 30, -40), ("resume", 58, 40)],
    ),
    "a free month that is the last one (28, 37)": (
        lambda v: free_month(v).asks(40, 58).ends(58),
        [("new", 0, 40), ("pause", 30, -40)],
    ),
    "an invoice unpaid for longer than the grace, and paid (30, 31)": (
        lambda v: Life(v).begins().turns(31, status="past_due").turns(90, status="active"),
        [("new", 0, 40), ("churn", 61, -40), ("reactivation", 90, 40)],
    ),
    "a payment that was given up, and the end by it (31)": (
        lambda v: Life(v).begins().turns(31, status="past_due").turns(45, status="unpaid").ends(60, "payment_failed"),
        [("new", 0, 40), ("churn", 45, -40)],
    ),
    "another plan while nothing was paid any more, and then a payment (31, 47)": (
        lambda v: Life(v).begins().turns(45, status="unpaid").turns(50, seats(1, 6000)).turns(60, status="active"),
        [("new", 0, 40), ("churn", 45, -40), ("reactivation", 60, 60)],
    ),
    "a date of the end that outlives a payment that was given up (31, 38)": (
        lambda v: (
            Life(v).begins().turns(10, cancel_at=seconds(80)).turns(45, status="unpaid").turns(60, status="active")
        ),
        [("new", 0, 40), ("churn", 45, -40), ("reactivation", 60, 40), ("churn", 80, -40)],
    ),
    "a first payment that comes, and a trial after it (25, 29)": (
        lambda v: (
            Life(v)
            .begins(status="incomplete", trial_start=seconds(0), trial_end=seconds(14))
            .turns(0.01, status="trialing")
            .turns(14, period=(14, 45), status="active")
        ),
        [("new", 14, 40)],
    ),
    "a coupon of one whose first payment comes some minutes later (17, 20, 29)": (
        lambda v: Life(v, status="incomplete").has(coupon(percent_off=50, **OFF), end=90).turns(0.01, status="active"),
        [("new", 0.01, 20), ("expansion", 90, 20)],
    ),
    "a pause that becomes drafts: they are billed later (32)": (
        lambda v: Life(v).begins().rests(30, 60).rests(40, 60, "keep_as_draft"),
        [("new", 0, 40), ("pause", 30, -40), ("resume", 40, 40)],
    ),
    "a pause of one that is past due, which is paid meanwhile (30, 32)": (
        lambda v: Life(v).begins().turns(31, status="past_due").rests(35, 70).turns(69, status="active"),
        [("new", 0, 40), ("pause", 35, -40), ("resume", 70, 40)],
    ),
    "a request, and a pause beyond its date (32, 37)": (
        lambda v: Life(v).begins().asks(20, 31).rests(25, 60),
        [("new", 0, 40), ("pause", 25, -40)],
    ),
    "an upgrade and a request in one update (37, 56)": (
        lambda v: Life(v).begins().turns(20, seats(3), cancel_at_period_end=True, cancel_at=seconds(31)),
        [("new", 0, 40), ("expansion", 20, 80), ("churn", 31, -120)],
    ),
    "a date of the end beyond two renewals, and no event of it (38, 44)": (
        lambda v: (
            Life(v).begins().turns(10, cancel_at=seconds(80)).turns(31, period=(31, 59)).turns(59, period=(59, 80))
        ),
        [("new", 0, 40), ("churn", 80, -40)],
    ),
    "two subscriptions, of which one pauses (32)": (
        one_of_two(lambda one: one.rests(30, 60)),
        [("new", 0, 40), ("expansion", 5, 20), ("contraction", 30, -40), ("expansion", 60, 40)],
    ),
    "two subscriptions, of which one is given up unpaid (31)": (
        one_of_two(lambda one: one.turns(31, status="past_due").turns(45, status="unpaid")),
        [("new", 0, 40), ("expansion", 5, 20), ("contraction", 45, -40)],
    ),
    "a second subscription whose trial comes to nothing (25, 26)": (second_in_trial, [("new", 0, 40)]),
    "one that ends in the second in which another begins (45, 46)": (switched, [("new", 0, 40), ("expansion", 40, 20)]),
    "one that comes back as another subscription (31)": (
        returned,
        [("new", 0, 40), ("churn", 40, -40), ("reactivation", 60, 60)],
    ),
}


def moved(records: list[bytes]) -> list[Moved]:
    """Return the last word about each movement, in order of time."""
    lines = [json.dumps(one).encode() for one in told(*records)]
    outcome = play(lines, at(200, START), run=Run(batch=1))
    ledger = {one.body.at: one.body for one in outcome.statements if isinstance(one.body, MrrMovement)}
    return [
        (one.kind, (when - START).total_seconds() / 86_400, float(Fraction(one.delta)))
        for when, one in sorted(ledger.items())
        if Fraction(one.delta)
    ]


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize("story", STORIES)
def test_a_story_of_several_facts_has_its_movements_in_any_order(story: str, version: str) -> None:
    plays, expected = STORIES[story]
    found = plays(version)
    records = [record for life in ([found] if isinstance(found, Life) else found) for record in life.records]

    assert moved(records) == expected
    assert moved([*records[::-1], *records]) == expected
