"""Stores the payments of a customer: recent attempts, statements about its cards, and announced prices.

Nearly all payments succeed. One that does settles the failures before it, which may arrive after it. So each is stored,
but in a few bytes, and only as long as a failure that it settles could matter:

    failed    failed       paid                                    paid          the newest payment
    ──┼─────────┼───────────┼───────────────────────────────────────┼─────────────┼──►
      └─ dropped: more than KEPT_DAYS before the newest payment     └─ stored     └─ stored

What is stored follows from the set of events alone: the newest ones, whatever the order in which they arrived.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from retention.calendar import DAY, Instant, LocalDay
from retention.identity import KeptId, unpacked
from retention.ordering import together
from retention.structs import Kept, KeptFact

KEPT_DAYS: Final = 100
"""How long before the newest payment others are stored. An episode ends with a grace of usually a month."""
MAX_PAYMENTS: Final = 120
"""Payments of one customer: a company with many subscriptions pays for each of them on one day."""
MAX_STATEMENTS: Final = 12
"""Statements about cards, and announced prices, of one customer each."""
NOBODY: Final = b""
"""In place of a digest: an event that names no subscription, no card, or no other id."""
UNKNOWN_DAY: Final = 0
"""The last day of a card that has paid, and whose expiry is not known."""
LARGEST_RISE: Final = 10**9
"""In hundredths of a percent; from nothing to something counts as this."""

T = TypeVar("T")


class Failed(KeptFact, frozen=True):
    """A failed attempt. `debt` is the digest of the invoice, or of the payment if no invoice is named.

    `payment` is that of the payment if both are named.
    """

    at: Instant
    event_id: KeptId
    debt: bytes
    subscription: bytes = NOBODY
    payment: bytes = NOBODY
    attempt: int = 0
    """The number of attempts that it states; 0 if it states none."""
    grace: Instant = 0
    """The end of the grace that it states; 0 if it states none."""
    reason: str = "other"


class Paid(KeptFact, frozen=True):
    """A payment that was collected. Two reports of it are one fact, so no event id is stored."""

    at: Instant
    debt: bytes
    subscription: bytes = NOBODY
    payment: bytes = NOBODY


class Card(KeptFact, frozen=True):
    """A statement about a card: its last valid day, and whether it has just paid."""

    at: Instant
    event_id: KeptId
    last_day: LocalDay
    card: bytes = NOBODY
    subscription: bytes = NOBODY
    paid: bool = False


class Announced(KeptFact, frozen=True):
    """An announced price: when it takes effect, and the rise in hundredths of a percent; or that it was accepted."""

    at: Instant
    event_id: KeptId
    effective: Instant
    rise: int
    subscription: bytes = NOBODY
    accepted: bool = False


class Payments(Kept):
    """Everything that is stored of the family, each list in order of time."""

    failed: "list[Failed]" = []
    paid: "list[Paid]" = []
    cards: "list[Card]" = []
    prices: "list[Announced]" = []

    def is_empty(self) -> bool:
        """Report whether nothing is left to store."""
        return not (self.failed or self.paid or self.cards or self.prices)

    def newest(self) -> Instant:
        """Return the instant of the newest payment; 0 without one."""
        return max(self.failed[-1].at if self.failed else 0, self.paid[-1].at if self.paid else 0)


# Ties are broken by event id (metrics.md, rule 2). Ids are unique within a source only, so what tells two events of
# different sources apart decides, too.


def failed_key(one: Failed) -> tuple[Instant, str, bytes]:
    """Return the sort key of a failed attempt, which no other has."""
    return one.at, unpacked(one.event_id), one.debt


def paid_key(one: Paid) -> Paid:
    """Return the sort key of a payment: all that is stored of it."""
    return one


def card_key(one: Card) -> tuple[Instant, str, bool, bytes]:
    """Return the sort key of a statement about a card, which no other has."""
    return one.at, unpacked(one.event_id), one.paid, one.card


def price_key(one: Announced) -> tuple[Instant, str, bytes]:
    """Return the sort key of an announcement, which no other has."""
    return one.at, unpacked(one.event_id), one.subscription


def is_outdated(payments: Payments, at: Instant) -> bool:
    """Report whether a payment lies too far before the newest one to be stored."""
    return at < payments.newest() - KEPT_DAYS * DAY


def drop_before(payments: Payments, before: Instant) -> None:
    """Drop the attempts before an instant."""
    payments.failed = [one for one in payments.failed if one.at >= before]
    payments.paid = [one for one in payments.paid if one.at >= before]


def bound_payments(payments: Payments) -> int:
    """Keep the newest attempts; return how many were dropped."""
    surplus = len(payments.failed) + len(payments.paid) - MAX_PAYMENTS
    for _ in range(surplus):
        failed_first = payments.failed and (not payments.paid or payments.failed[0].at <= payments.paid[0].at)
        del (payments.failed if failed_first else payments.paid)[0]
    return max(0, surplus)


def bound_statements(payments: Payments) -> int:
    """Keep the newest statements about cards and prices; return how many were dropped."""
    return _newest_of(payments.cards) + _newest_of(payments.prices)


def _newest_of(facts: list[T]) -> int:
    surplus = max(0, len(facts) - MAX_STATEMENTS)
    del facts[:surplus]
    return surplus


def put(facts: list[T], fact: T, key: Callable[[T], object]) -> None:
    """Insert a fact at its place; nearly always that is the end."""
    facts.append(fact)
    if len(facts) > 1 and key(facts[-2]) > key(fact):  # type: ignore[operator] # keys are tuples of one kind
        facts.sort(key=key)  # type: ignore[arg-type] # as above


def joined(one: Payments, other: Payments) -> Payments:
    """Return the payments of two customers, as far before the newest one as they matter."""
    found = Payments(
        together(one.failed, other.failed, _attempt, failed_key),
        together(one.paid, other.paid, paid_key, paid_key),
        together(one.cards, other.cards, card_key, card_key),
        together(one.prices, other.prices, price_key, price_key),
    )
    drop_before(found, found.newest() - KEPT_DAYS * DAY)
    return found


def _attempt(one: Failed) -> tuple[KeptId, bytes]:
    return one.event_id, one.debt
