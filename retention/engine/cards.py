"""Decides when the card of a customer is written (`retention/risk/card.py`).

    a signal is raised, escalated or cleared, or MRR, plan or stage of a customer that has a card change
        │                 the card waits in the customer's state, and is written once everything is read
    ────┼───────┼─────────────────┼─────────────────┼──►
        T       written           midnight          midnight
                                  └ once a local day for each customer at risk; once more when its band falls to low

Rule: the last card of a customer follows from the log, however the log was read; earlier cards may not. The card of a
change is about the latest instant T at which a signal was raised, escalated or cleared, or at which MRR, plan or stage
changed. The card of a day is about the day's first instant. Several changes within one backlog, and the days that pass
in it, make one card at its end. A customer that never had a card costs nothing.

What the card says of MRR, plan and stage is kept as a digest (`retention/risk/changing.py`), and compared after each
event and each lapse that may change them. If a card waits to be written, its digest is the one that is compared. So the
card takes its id from the event of the last change, whether or not cards of earlier changes were written.

With a fitted model every customer may be at risk, and its risk may rise or fall by time alone. So at midnight all
customers are assessed, in slices (`rounds.py`); those whose band is above low, or was on their last card, get a card.

Reason: docs/decisions/0051-one-customer-one-card.md, 0057-the-risk-is-learned.md,
0061-cards-and-warnings-from-the-log.md.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, cast

from retention.calendar import NEVER, Instant
from retention.engine.customers import Customers
from retention.engine.rounds import Round, Turn
from retention.features.base import Facet
from retention.identity import packed, unpacked
from retention.liveness import Sources
from retention.policy import Policy
from retention.risk.card import card
from retention.risk.changing import changing, facets_read
from retention.risk.judgement import is_at_risk
from retention.risk.model import BANDS
from retention.risk.scene import HEARD, Silences, silences_at
from retention.risk.section import (
    CARD,
    ON_CARD,
    card_seen,
    drop,
    has_card,
    note_band,
    on_card,
    wait,
    was_at_risk,
    write,
)
from retention.state.customer import Customer
from retention.statements import Statement
from schemas.outbound import CustomerHealth

OF_SIGNALS: Final = frozenset({"churn_signal.raised", "churn_signal.escalated", "churn_signal.cleared"})
"""Types of statements after which a customer gets another card."""
_GATHERED: Final = 5_000
"""Customers whose digests are calculated at once: 4 ms."""
_LOOKS: Final = 25
"""Customers that are looked at with a fitted model at once."""


class Cards:
    """The cards that are to be written, and the customers that have open signals."""

    def __init__(
        self,
        policy: Policy,
        customers: Customers,
        turn: Turn,
        sources: Sources,
        arm: Callable[[str, Customer, Instant], None],
    ) -> None:
        self._policy, self._customers, self.turn, self._sources, self._arm = policy, customers, turn, sources, arm
        self.reads: frozenset[Facet] = facets_read(policy)
        """The facets after a change of which MRR, plan or stage may be others."""
        self.horizon: Instant = -NEVER
        self._digest = policy.model.digest if policy.model is not None else ""
        if not turn.done and not turn.under_way:
            turn.model = self._digest
        self._waiting: dict[str, None] = {}
        """Customers whose card waits, in the order in which they began to."""
        self._ready: dict[str, Statement] = {}
        """The cards to write with the next commit."""
        self._open: set[str] = set()
        self._round: Round | None = None
        """The customers of the turn under way that are still to be looked at."""
        self._gone: set[str] = set()
        """Customers that were erased since it began."""
        self._silences: dict[Instant, Silences] = {}
        """By midnight, for as long as one call lasts: late events may change them."""

    def load(self, name: str, customer: Customer) -> None:
        """Note a restored customer: whether it has open signals, and whether its card waits."""
        if customer.open_signals() or was_at_risk(customer):
            self._open.add(name)
        if card_seen(customer).cause:
            self._waiting[name] = None

    def note(self, name: str, customer: Customer, statements: Sequence[Statement], begin: int, as_of: Instant) -> None:
        """Note that a card is to be written if a statement about a customer, from `begin` on, is of a signal."""
        at, cause = 0, ""
        for place in range(begin, len(statements)):
            one = statements[place]
            if one.type in OF_SIGNALS:
                at, cause = max(at, one.at, self._midnight_begun), one.id
        if not cause:
            return
        self._wait(name, customer, at, cause)
        if customer.open_signals():
            self._open.add(name)
        else:
            self._open.discard(name)
        if on_card(customer) is None:
            self._compare(name, customer, as_of)

    def look(self, name: str, customer: Customer, as_of: Instant, cause: str) -> None:
        """Note that the card of a customer is to be written again if MRR, plan or stage are no longer what it says.

        Changes by time before `as_of` count. `cause` is an id that no other card has.
        """
        if has_card(customer) and self._compare(name, customer, as_of):
            is_of_old = self._changed_at(customer) < self._midnight_begun
            self._wait(name, customer, self._midnight_begun if is_of_old else 0, cause)

    def _compare(self, name: str, customer: Customer, as_of: Instant) -> bool:
        """Store what the card of a customer is to say of its standing, and report whether that is something else."""
        known = on_card(customer)
        now = changing(customer, self._policy, as_of, self.horizon, known)
        self._arm(name, customer, now.following)
        if known == now:
            return False
        customer.open_as(ON_CARD, now)
        return known is None or (known.since, known.says) != (now.since, now.says)

    def _wait(self, name: str, customer: Customer, at: Instant, cause: str) -> None:
        """Note that the card of a customer waits: about no instant before that of the last one, if that is kept."""
        wait(customer, max(at, card_seen(customer).at), packed(cause))
        self._waiting[name] = None
        self._ready.pop(name, None)

    @property
    def _midnight_begun(self) -> Instant:
        """Return the last midnight of which any card is written."""
        return max(self.turn.done, self.turn.under_way)

    def renew(self, name: str, customer: Customer, cause: str) -> None:
        """Note that the card of a customer with open signals is to be written again: its history has been joined."""
        if customer.open_signals() and name not in self._waiting:
            self._wait(name, customer, 0, cause)

    def let_go(self, name: str, customer: Customer) -> None:
        """Drop everything about a customer that goes on under another id: a tombstone of its card follows."""
        self.forget(name)
        drop(customer)

    @property
    def changes_model(self) -> bool:
        """Report whether the cards of the last midnight were written by another model than the next ones will be."""
        return self.turn.model != self._digest

    def forget(self, name: str) -> None:
        """Drop everything about an erased customer."""
        self._waiting.pop(name, None)
        self._ready.pop(name, None)
        self._open.discard(name)
        if self._round is not None:
            self._gone.add(name)

    def take(self) -> list[Statement]:
        """Return the cards to write with this commit, one for each customer."""
        ready = list(self._ready.values())
        self._ready.clear()
        self.turn.waiting = len(self._waiting)
        return ready

    @property
    def are_ready(self) -> bool:
        """Report whether cards are written, and not taken yet."""
        return bool(self._ready)

    def are_due(self, watermark: Instant) -> bool:
        """Report whether there are cards to write."""
        return bool(self._ready or self._waiting) or self._is_day_due(watermark)

    def write(self, watermark: Instant, limit: int) -> bool:
        """Write the cards that wait, and those of a day that has passed, of at most `limit` customers.

        Report whether more are left. To be called when everything is read.
        """
        self._silences.clear()
        left = self._write_waiting(watermark, limit)
        if left > 0 and self._is_day_due(watermark):
            self._pass_midnight(watermark, left)
        return bool(self._waiting) or self._is_day_due(watermark)

    def _write_waiting(self, watermark: Instant, limit: int) -> int:
        """Write the cards of changes; return how many more customers may be looked at."""
        for name in list(islice(self._waiting, limit)):
            del self._waiting[name]
            limit -= 1
            customer = self._changed(name)
            cause = unpacked(card_seen(customer).cause)
            self._put(name, customer, self._changed_at(customer), cause, watermark)
            write(customer, keeps=self._policy.model is not None)
        return limit

    def _put(self, name: str, customer: Customer, at: Instant, cause: str, watermark: Instant) -> None:
        """Write a card, and store what the next one depends on."""
        if on_card(customer) is None:
            customer = self._changed(name)
            self._compare(name, customer, watermark)
            at = max(at, self._changed_at(customer))
        one = card(name, customer, at, self._policy, cause, self._silences_at(at))
        self._ready[name] = one
        above = self._policy.model is not None and cast("CustomerHealth", one.body).band != BANDS[0]
        if above is not was_at_risk(customer):
            note_band(self._changed(name), above=above)

    def _changed(self, name: str) -> Customer:
        """Return a customer to change."""
        customer = self._customers.find(name)
        if customer is None:
            raise LookupError(f"a card of a customer that is not kept: {name}")
        return customer

    def _silences_at(self, at: Instant) -> Silences:
        if self._policy.model is None:
            return HEARD
        found = self._silences.get(at)
        if found is None:
            found = self._silences[at] = silences_at(self._sources, self._policy.calendar, at)
        return found

    def _is_day_due(self, watermark: Instant) -> bool:
        turn = self.turn
        if not self._open and self._policy.model is None:
            return False
        return turn.under_way > turn.done or self._midnight(watermark) > turn.done

    def _midnight(self, watermark: Instant) -> Instant:
        """Return the last midnight that event time has passed."""
        calendar = self._policy.calendar
        return calendar.start_of_day(calendar.day(watermark - 1)) if watermark > 0 else 0

    def _pass_midnight(self, watermark: Instant, limit: int) -> None:
        turn, fitted = self.turn, self._policy.model is not None
        if turn.under_way <= turn.done:
            turn.under_way, turn.behind = self._midnight(watermark), b""
        if self._round is None:
            self._round = Round(self._customers.names() if fitted else self._open, turn.behind)
            self._gone.clear()
        if not self._round.gather(_GATHERED):
            return
        for _ in range(min(limit, _LOOKS) if fitted else limit):
            following = self._round.next()
            if following is None:
                turn.done, turn.behind, turn.model = turn.under_way, b"", self._digest
                self._round = None
                return
            turn.behind, name = following
            if name in self._open or (fitted and name not in self._gone):
                self._look_at(name, watermark)

    def _changed_at(self, customer: Customer) -> Instant:
        """Return when a signal of a customer last changed, or MRR, plan or stage."""
        said = on_card(customer)
        raised = [one.raised_at for one in customer.open_signals().values()]
        return max([card_seen(customer).at, said.since if said is not None else 0, *raised])

    def _look_at(self, name: str, watermark: Instant) -> None:
        """Write the card of a day if a customer is at risk, or was by its last card."""
        customer, now = self._customers.look(name), self.turn.under_way
        if self._policy.model is not None or was_at_risk(customer) or self.changes_model:
            self._look_by_model(name, customer, watermark)
            return
        before = max(self._changed_at(customer), self.turn.done)
        if before >= now or not self._is_at_risk(customer, before):
            return
        at = now if self._is_at_risk(customer, now) else self._recovered_on(customer, before, now)
        self._put(name, customer, at, f"midnight {at}", watermark)

    def _look_by_model(self, name: str, customer: Customer, watermark: Instant) -> None:
        """Write the card of a day by a fitted model, or the first one after another model was in use.

        The instant of the last card is kept until a midnight has passed: of two cards the later one is about no earlier
        instant.
        """
        now = self.turn.under_way
        is_open = bool(customer.open_signals())
        if self._changed_at(customer) >= now:
            return
        restated = is_open and self.changes_model
        if restated or was_at_risk(customer) or self._is_at_risk(customer, now):
            self._put(name, customer, now, f"midnight {now}", watermark)
        if not is_open and CARD.is_kept(customer):
            write(self._changed(name))
        if not is_open and self._policy.model is None:
            self._open.discard(name)

    def _is_at_risk(self, customer: Customer, at: Instant) -> bool:
        return is_at_risk(customer, at, self._policy, self._silences_at(at))

    def _recovered_on(self, customer: Customer, before: Instant, now: Instant) -> Instant:
        """Return the first midnight at which a customer is no longer at risk: as time passes, signals weigh less."""
        calendar = self._policy.calendar
        low, high = calendar.day(before), calendar.day(now)
        while high - low > 1:
            middle = (low + high) // 2
            if self._is_at_risk(customer, calendar.start_of_day(middle)):
                low = middle
            else:
                high = middle
        return calendar.start_of_day(high)
