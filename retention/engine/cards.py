"""Decides when the card of a customer is written (`retention/risk/card.py`).

    a signal is raised, escalated or cleared, or the money of a customer with open signals changes
        │                 the card waits in the customer's state, and is written once everything is read
    ────┼───────┼─────────────────┼─────────────────┼──►
        T       written           midnight          midnight
                                  └ once a local day: of those at risk; of whom the band has fallen to low, one more

Rule: the last card of a customer follows from the log, however it was read; those before it may not. The card of a
change is about the latest instant T at which a signal was raised, escalated or cleared, or at which the money changed
while one was open that still is. That of a day is about the day's first instant. What changes
several times within a backlog, and the days that pass within one, have one card at its end. A customer without open
signals costs nothing.

Reason: docs/decisions/0051-one-customer-one-card.md.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final, Protocol

from retention.calendar import Instant
from retention.identity import digest, packed, unpacked
from retention.policy import Policy
from retention.risk.card import card
from retention.risk.model import is_at_risk
from retention.risk.section import card_seen, drop, wait, write
from retention.risk.standing import money_changed_at
from retention.state.customer import Customer
from retention.statements import Statement
from retention.structs import Kept

OF_SIGNALS: Final = frozenset({"churn_signal.raised", "churn_signal.escalated", "churn_signal.cleared"})
OF_MONEY: Final = frozenset({"movement.made", "movement.corrected"})
"""Types of statements after which a customer with open signals gets another card."""


class Turn(Kept):
    """The daily cards: the last midnight of which all are written, the one under way, and how far that has come.

    Customers go in the order of the digests of their ids; `behind` is the last one that was looked at. `waiting` is how
    many cards of changes wait.
    """

    done: Instant = 0
    under_way: Instant = 0
    behind: bytes = b""
    waiting: int = 0


class Store(Protocol):
    """The store of customers."""

    def find(self, customer_id: str) -> Customer | None:
        """Return a customer to change; None if unknown."""

    def look(self, customer_id: str) -> Customer:
        """Return a known customer to read only."""


class Cards:
    """The cards that are to be written, and the customers that have open signals."""

    def __init__(self, policy: Policy, customers: Store, turn: Turn) -> None:
        self._policy, self._customers, self.turn = policy, customers, turn
        self._waiting: dict[str, None] = {}
        """Customers whose card waits, in the order in which they began to."""
        self._ready: dict[str, Statement] = {}
        """The cards to write with the next commit."""
        self._open: set[str] = set()
        self._queue: list[tuple[bytes, str]] = []
        """The customers of the turn under way that are still to be looked at, the last one first."""

    def load(self, name: str, customer: Customer) -> None:
        """Note a restored customer: whether it has open signals, and whether its card waits."""
        if customer.open_episodes:
            self._open.add(name)
        if card_seen(customer).cause:
            self._waiting[name] = None

    def note(self, name: str, customer: Customer, statements: Sequence[Statement], begin: int) -> None:
        """Note that a card is to be written if a statement about a customer, from `begin` on, says that it changed."""
        at, cause, is_open = 0, "", bool(customer.open_episodes)
        for place in range(begin, len(statements)):
            one = statements[place]
            if one.type in OF_SIGNALS:
                at, cause = max(at, one.at, self.turn.done, self.turn.under_way), one.id
            elif is_open and one.type in OF_MONEY:
                cause = one.id
        if not cause:
            return
        at = max(at, card_seen(customer).at)
        wait(customer, at, packed(cause))
        self._waiting[name] = None
        self._ready.pop(name, None)
        if is_open:
            self._open.add(name)
        else:
            self._open.discard(name)

    def renew(self, name: str, customer: Customer, cause: str) -> None:
        """Note that the card of a customer with open signals is to be written again: its history has been joined."""
        if customer.open_episodes and name not in self._waiting:
            wait(customer, card_seen(customer).at, packed(cause))
            self._waiting[name] = None
            self._ready.pop(name, None)

    def let_go(self, name: str, customer: Customer) -> None:
        """Drop everything about a customer that goes on under another id: a tombstone of its card follows."""
        self.forget(name)
        drop(customer)

    def forget(self, name: str) -> None:
        """Drop everything about an erased customer."""
        self._waiting.pop(name, None)
        self._ready.pop(name, None)
        self._open.discard(name)
        self._queue = [one for one in self._queue if one[1] != name]

    def take(self) -> list[Statement]:
        """Return the cards to write with this commit, one for each customer."""
        ready = list(self._ready.values())
        self._ready.clear()
        self.turn.waiting = len(self._waiting)
        return ready

    def are_due(self, watermark: Instant) -> bool:
        """Report whether there are cards to write."""
        return bool(self._ready or self._waiting) or self._is_day_due(watermark)

    def write(self, watermark: Instant, limit: int) -> bool:
        """Write the cards that wait, and those of a day that has passed, of at most `limit` customers.

        Report whether more are left. To be called when everything is read.
        """
        left = self._write_waiting(watermark, limit)
        if left > 0 and self._is_day_due(watermark):
            self._pass_midnight(watermark, left)
        return bool(self._waiting) or self._is_day_due(watermark)

    def _write_waiting(self, watermark: Instant, limit: int) -> int:
        """Write the cards of changes; return how many more customers may be looked at."""
        for name in list(islice(self._waiting, limit)):
            del self._waiting[name]
            limit -= 1
            customer = self._customers.find(name)
            if customer is None:
                raise LookupError(f"a card of a customer that is not kept: {name}")
            cause = unpacked(card_seen(customer).cause)
            self._ready[name] = card(name, customer, self._changed_at(customer, watermark), self._policy, cause)
            write(customer)
        return limit

    def _is_day_due(self, watermark: Instant) -> bool:
        turn = self.turn
        return bool(self._open) and (turn.under_way > turn.done or self._midnight(watermark) > turn.done)

    def _midnight(self, watermark: Instant) -> Instant:
        """Return the last midnight that event time has passed."""
        calendar = self._policy.calendar
        return calendar.start_of_day(calendar.day(watermark - 1)) if watermark > 0 else 0

    def _pass_midnight(self, watermark: Instant, limit: int) -> None:
        turn = self.turn
        if turn.under_way <= turn.done:
            turn.under_way, turn.behind = self._midnight(watermark), b""
        if not self._queue:
            ordered = sorted(((digest(name), name) for name in self._open), reverse=True)
            self._queue = [one for one in ordered if one[0] > turn.behind]
        while self._queue and limit > 0:
            turn.behind, name = self._queue.pop()
            self._look_at(name, watermark)
            limit -= 1
        if not self._queue:
            turn.done, turn.behind = turn.under_way, b""

    def _changed_at(self, customer: Customer, watermark: Instant) -> Instant:
        """Return when a signal of a customer last changed, or its money, while a signal was open that still is."""
        raised = [one.raised_at for one in customer.open_episodes.values()]
        at = max([card_seen(customer).at, *raised])
        if raised:
            paid = money_changed_at(customer, self._policy, watermark)
            if paid >= min(raised):
                return max(at, paid)
        return at

    def _look_at(self, name: str, watermark: Instant) -> None:
        """Write the card of a day if a customer is at risk, or was by its last card."""
        customer, now = self._customers.look(name), self.turn.under_way
        before = max(self._changed_at(customer, watermark), self.turn.done)
        if before >= now or not is_at_risk(customer, before, self._policy):
            return
        at = now if is_at_risk(customer, now, self._policy) else self._recovered_on(customer, before, now)
        self._ready[name] = card(name, customer, at, self._policy, f"midnight {at}")

    def _recovered_on(self, customer: Customer, before: Instant, now: Instant) -> Instant:
        """Return the first midnight at which a customer is no longer at risk: as time passes, signals weigh less."""
        calendar = self._policy.calendar
        low, high = calendar.day(before), calendar.day(now)
        while high - low > 1:
            middle = (low + high) // 2
            if is_at_risk(customer, calendar.start_of_day(middle), self._policy):
                low = middle
            else:
                high = middle
        return calendar.start_of_day(high)
