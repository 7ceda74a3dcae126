"""A law of subscriptions of Stripe: whatever happens to one, and however webhooks arrive, MRR follows a plain account.

The account is kept beside the records by rules of a few lines, and shares no code with the source or the fold.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stripe_events import NEW, OLD, Json, seconds
from tests.test_stripe_scenarios import Life, moved, seats

MONTH: Final = 30
GRACE: Final = 30
LAST: Final = 180
"""A day before that to which stories are played."""


@dataclass(frozen=True)
class Account:
    """A subscription as it stands from a day on."""

    since: float = 0
    amount: int = 40
    status: str = "active"
    rests: bool = False
    until: float | None = None
    failed: float = 0
    period: float = MONTH
    end: float | None = None

    def pays(self, day: float) -> int:
        """Return what the customer pays on a day, if nothing else happens before it."""
        if self.status in {"unpaid", "canceled", "trialing"}:
            return 0
        if self.status == "past_due" and day >= self.failed + GRACE:
            return 0
        return 0 if self.rests and (self.until is None or day < self.until) else self.amount

    def turning_points(self) -> set[float]:
        """Return the days from which on something else may be paid."""
        return {self.since, self.failed + GRACE, self.until or self.since}


class Story:
    """A life, told in records, and its account."""

    def __init__(self, version: str) -> None:
        self.life, self.accounts = Life(version).begins(), [Account()]
        self.life.turns(0.001, period=(0, MONTH))  # periods of 30 days, as the account has them

    @property
    def now(self) -> Account:
        return self.accounts[-1]

    def notes(self, day: float, **changes: object) -> None:
        self.accounts.append(replace(self.now, since=day, **changes))  # type: ignore[arg-type]

    def passes(self, day: float) -> None:
        """Let renewals, ends of rests and ends of the subscription come that are due before a day."""
        while self.now.status != "canceled":
            due = [(self.now.period, "2 renewal")]
            due += [(self.now.end, "0 end")] if self.now.end is not None else []
            due += [(self.now.until, "1 rest over")] if self.now.until is not None else []
            at, what = min(due)
            if at >= day:
                return
            {"0 end": self.ends, "1 rest over": self.works_on, "2 renewal": self.renews}[what](at)

    def renews(self, day: float) -> None:
        status = "active" if self.now.status == "trialing" else self.now.status
        self.life.turns(day, period=(day, day + MONTH), status=status)
        self.notes(day, period=day + MONTH, status=status)

    def ends(self, day: float) -> None:
        self.life.ends(day)
        self.notes(day, status="canceled")

    def has_seats(self, day: float, number: int) -> None:
        self.life.turns(day, seats(number))
        self.notes(day, amount=40 * number)

    def rests(self, day: float, number: int) -> None:
        if self.now.status in {"active", "past_due"}:
            until = day + 7 * number if number % 2 else None
            self.life.rests(day, until)
            self.notes(day, rests=True, until=until)

    def works_on(self, day: float, _: int = 0) -> None:
        if self.now.rests:
            self.life.turns(day, pause_collection=None)
            self.notes(day, rests=False, until=None)

    def asks(self, day: float, number: int) -> None:
        if self.now.end is None:
            end = self.now.period if number < 3 else day + 9 * number
            fields: Json = {"cancel_at_period_end": number < 3, "cancel_at": seconds(end), "canceled_at": seconds(day)}
            self.life.turns(day, **fields)
            self.notes(day, end=end)

    def stays(self, day: float, _: int) -> None:
        if self.now.end is not None:
            self.life.stays(day)
            self.notes(day, end=None)

    def fails(self, day: float, number: int) -> None:
        if self.now.status == "active":
            self.life.turns(day, status="past_due")
            self.notes(day, status="past_due", failed=day)
        elif self.now.status == "past_due" and number > 2:
            self.life.turns(day, status="unpaid")
            self.notes(day, status="unpaid")

    def is_paid(self, day: float, _: int) -> None:
        if self.now.status in {"past_due", "unpaid"}:
            self.life.turns(day, status="active")
            self.notes(day, status="active")

    def is_free(self, day: float, number: int) -> None:
        if self.now.status == "active" and self.now.end is None and not self.now.rests:
            over = day + 6 * number
            free: Json = {"status": "trialing", "trial_start": seconds(day), "trial_end": seconds(over)}
            self.life.turns(day, period=(day, over), **free)
            self.notes(day, status="trialing", period=over)

    def leaves(self, day: float, number: int) -> None:
        if number > 4:
            self.ends(day)

    def movements(self) -> list[tuple[float, float]]:
        """Return by how much the account says that MRR changes, and on which days."""
        found, before = list[tuple[float, float]](), 0
        for day in sorted({point for one in self.accounts for point in one.turning_points() if point < LAST}):
            paid = next(one for one in reversed(self.accounts) if one.since <= day).pays(day)
            if paid != before:
                found.append((day, paid - before))
            before = paid
        return found


STEPS: Final[tuple[Callable[[Story, float, int], None], ...]] = (
    Story.has_seats,
    Story.rests,
    Story.works_on,
    Story.asks,
    Story.stays,
    Story.fails,
    Story.is_paid,
    Story.is_free,
    Story.leaves,
)
steps = st.lists(st.tuples(st.integers(2, 11), st.sampled_from(STEPS), st.integers(1, 5)), max_size=14)


@pytest.mark.parametrize("version", [OLD, NEW])
@settings(max_examples=40, deadline=None)
@given(steps=steps, order=st.randoms(use_true_random=False))
def test_mrr_follows_the_life_of_a_subscription_in_any_order_of_arrival(
    version: str, steps: list[tuple[int, Callable[[Story, float, int], None], int]], order: random.Random
) -> None:
    story, day = Story(version), 0.25
    for days, step, number in steps:
        day += days
        story.passes(day)
        if story.now.status != "canceled":
            step(story, day, number)
    story.passes(LAST)
    records = story.life.records + story.life.records[:3]
    order.shuffle(records)

    found = [(at, change) for _, at, change in moved(records) if at < LAST]
    said = story.movements()

    assert [change for _, change in found] == [change for _, change in said]
    assert [at for at, _ in found] == pytest.approx([at for at, _ in said])
