"""The customers of one partition: events are observed, time passes, and what follows is said.

Everything here is a pure function of what came in and of how far event time is settled. Nothing awaits.
"""

import heapq
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from retention import orders, panes, tickets
from retention.calendar import NEVER, Instant, LocalDay, instant
from retention.components import Parts, Sums, horizon_start, parts
from retention.customer import Customer, Told
from retention.errors import Rejected
from retention.fold import Aspect, observe, only_extends, terms_of
from retention.movements import Movement, movements
from retention.policy import BASES, SEVERITIES, Basis, Policy
from retention.signals import SIGNALS
from retention.signals.base import Answer, Episode, Signal, ask, left_since
from retention.spans import until
from retention.telling import (
    ClearedCause,
    Edge,
    Statement,
    cleared,
    edges,
    escalated,
    facts_told,
    movements_told,
    raised,
)
from retention.timeline import Point, Terms, Timeline, activity, fold, lapses, points
from schemas.base import Event
from schemas.families import FAMILIES

CHANGES_FIGURES: Final = frozenset({Aspect.ORDERS, Aspect.TIMELINE})
NEVER_CHANGES_FIGURES: Final = frozenset(
    {
        "purchase.delivered",
        "purchase.delayed",
        "subscription.renewed",
        "cancellation.requested",
        "cancellation.revoked",
    }
)
_HAS: Final[dict[Aspect, Callable[[Customer], bool]]] = {
    Aspect.LOGINS: lambda customer: bool(customer.logins),
    Aspect.ORDERS: lambda customer: bool(customer.orders),
    Aspect.TICKETS: lambda customer: bool(customer.tickets),
    Aspect.TIMELINE: lambda customer: customer.timeline.has_any(),
}
_READ_LOGINS: Final = {signal.name for signal in SIGNALS if Aspect.LOGINS in signal.reads}


class Customers(Protocol):
    """Where customers are kept. What `find` gave or `add` took is written back with the next commit."""

    def find(self, customer_id: str) -> Customer | None:
        """Give a customer, to be changed."""

    def add(self, customer_id: str, customer: Customer) -> None:
        """Take in a new customer."""

    def due(self, customer_id: str) -> Instant:
        """Give when time may next change a customer, without reading the rest of it."""


class _Shown(NamedTuple):
    """What a customer's history shows: all that figures and facts are made of."""

    parts: Parts
    movements: list[Movement]
    edges: dict[Basis, set[Edge]]
    history: list[Point]


NOTHING_SHOWN: Final = _Shown({}, [], {"subscription": set(), "purchase": set()}, points(Timeline(), Terms(0, 0)))
"""What the history of somebody shows who never paid for anything."""


class Portfolio:
    """The customers of one partition, their timers and their sums."""

    def __init__(self, policy: Policy, customers: Customers, watermark: Instant = 0) -> None:
        self.policy, self.customers = policy, customers
        self.said: list[Statement] = []
        self.open_signals: Counter[tuple[str, str]] = Counter()
        self.timers: list[tuple[Instant, str]] = []
        self.sums = Sums(policy)
        waiting = (s for s in SIGNALS if s.trigger == "on_time" and Aspect.LOGINS in s.reads)
        self._login_patience = min((s.patience_days(s.tuned(policy)) for s in waiting), default=0)
        self._settle(watermark)

    def take_up(self, name: str, customer: Customer) -> None:
        """Take up a customer that was kept: timers, sums and open signals are views of the states."""
        if customer.due < NEVER:
            heapq.heappush(self.timers, (customer.due, name))
        self.sums.add(parts(customer, self.policy, self._settled(customer)))
        for signal, told in customer.told.items():
            self.open_signals[signal, told.severity] += 1

    def _settle(self, watermark: Instant) -> None:
        self.watermark = watermark
        self.horizon = horizon_start(self.policy, watermark)
        self.sums.seal(watermark)

    def _settled(self, customer: Customer) -> Instant:
        """Give up to where the lapses of a customer are counted and told.

        A state can be ahead of the watermark only after a crash on a broker without transactions.
        """
        return max(customer.settled, min(self.watermark, customer.due))

    def observe(self, event: Event, topic: int, offset: int) -> Aspect | None:
        """Fold one event in and say what follows; None for one that is applied already.

        Raises `Rejected` and changes nothing for an event that cannot be used.
        """
        name = event.customer_id
        customer = self.customers.find(name)
        if customer is not None and offset <= customer.offsets[topic]:
            return None
        at = instant(event.occurred_at)
        if at < self.horizon:
            reject_stale(customer, event, at)
        known = customer is not None
        if customer is None:
            customer = Customer([-1] * len(FAMILIES), pruned_to=self.horizon)
        elif customer.pruned_to < self.horizon:
            self._forget_old(customer)
        before = self._before(customer, event, at)
        aspect = observe(customer, event, at, self.policy)
        if not known:
            self.customers.add(name, customer)
        customer.offsets[topic] = offset
        if aspect is Aspect.DUPLICATE:
            return aspect
        customer.latest = max(customer.latest, at)
        customer.settled = self._settled(customer)
        if before is not None:
            after = self._shown(customer, self._settled(customer))
            self._tell_difference(name, customer, before, after, event.event_id)
            self._note_lapses(customer)
            self._review(name, customer, aspect if aspect is not Aspect.NOTHING else Aspect.ORDERS, event.event_id)
        elif aspect is Aspect.LOGINS and at >= self.watermark and not _READ_LOGINS & customer.told.keys():
            self._arm_login(name, customer, self.policy.calendar.day(at))
        elif aspect is not Aspect.NOTHING:
            self._review(name, customer, aspect, event.event_id)
        return aspect

    def _before(self, customer: Customer, event: Event, at: Instant) -> _Shown | None:
        """Give what history shows before an event that may change it; None for the many that cannot."""
        family = event.type.partition(".")[0]
        if family in {"login", "ticket"} or event.type in NEVER_CHANGES_FIGURES:
            return None
        told_already = customer.purchase_lapse < self.watermark
        if family == "purchase" and not told_already and only_extends(customer, event, at):
            return None
        return self._shown(customer, self._settled(customer))

    def _forget_old(self, customer: Customer) -> None:
        """Drop what lies before the horizon; every unsealed figure stays as it is."""
        customer.pruned_to = self.horizon
        first_day = self.policy.calendar.day(self.horizon)
        panes.prune(customer.logins, first_day)
        panes.prune(customer.failed_logins, first_day)
        tickets.prune(customer.tickets, self.horizon)
        oldest = [op.at for op in customer.timeline.ops[:1]] + [order.at for order in customer.orders.values()]
        if min(oldest, default=NEVER) >= self.horizon:
            return
        before = parts(customer, self.policy, self._settled(customer))
        orders.prune(customer.orders, self.horizon)
        fold(customer.timeline, terms_of(self.policy), self.horizon)
        self.sums.exchange(before, parts(customer, self.policy, self._settled(customer)))

    def _shown(self, customer: Customer, as_of: Instant) -> _Shown:
        if not (customer.orders or customer.timeline.has_any()):
            return NOTHING_SHOWN
        history = points(customer.timeline, terms_of(self.policy), as_of)
        since = customer.timeline.opening.at
        spans = orders.activity(customer.orders, self.policy.calendar, self.policy.purchase_window_days)
        told: dict[Basis, set[Edge]] = {
            "subscription": edges(activity(history, None), since),
            "purchase": edges(until(spans, as_of), 0),
        }
        moved = movements(history, customer.timeline.opening)
        return _Shown(parts(customer, self.policy, as_of), moved, told, history)

    def _tell_difference(self, name: str, customer: Customer, before: _Shown, after: _Shown, cause: str) -> None:
        self.sums.exchange(before.parts, after.parts, cause)
        self.said += movements_told(name, before.movements, after.movements, cause)
        for basis in BASES:
            self.said += facts_told(
                name, customer, basis, before.edges[basis], after.edges[basis], after.history, cause
            )

    def advance(self, watermark: Instant, limit: int = 10**9) -> int:
        """Let event time pass: fire every timer that is due before it, at most `limit`. Give how many fired."""
        fired = 0
        if watermark <= self.watermark:
            return fired
        timers = self.timers
        while timers and timers[0][0] < watermark:
            due, name = heapq.heappop(timers)
            if self.customers.due(name) == due:  # else it was set anew
                self.watermark = max(self.watermark, due)
                self._pass(name, due)
                fired += 1
                if fired >= limit:
                    return fired
        self._settle(watermark)
        return fired

    def _pass(self, name: str, due: Instant) -> None:
        """Let one due instant pass for one customer."""
        customer = self.customers.find(name)
        if customer is None:
            raise LookupError(f"a timer for a customer that is not kept: {name}")
        if self._lapses_at(customer, due):
            before, after = self._shown(customer, due), self._shown(customer, due + 1)
            self._tell_difference(name, customer, before, after, "")
        customer.due, customer.settled = NEVER, max(customer.settled, due + 1)
        self._arm_lapses(name, customer, due + 1)
        self._arm_later_logins(name, customer, due)
        for signal in SIGNALS:
            if signal.trigger == "on_event" and signal.name not in customer.told and not self._cools_down(signal):
                continue  # time alone raises nothing that an event has to show
            self._arm(name, customer, self._reconcile(signal, name, customer, due, "", ringing=True).due)
            if signal.name in customer.told and customer.latest >= due:
                # What an on-time rule has just raised may already be over by what came since.
                self._arm(name, customer, self._reconcile(signal, name, customer, customer.latest + 1, "").due)

    def _cools_down(self, signal: Signal) -> bool:
        return signal.tuned(self.policy).cooldown_days > 0

    def _lapses_at(self, customer: Customer, due: Instant) -> bool:
        if due == customer.purchase_lapse or due in customer.untold_lapses:
            return True
        return customer.timeline.has_any() and due in lapses(customer.timeline, terms_of(self.policy))

    def _review(self, name: str, customer: Customer, aspect: Aspect, cause: str) -> None:
        """Ask the signals that an event may concern. Who has left or come back concerns all of them."""
        now = max(customer.latest + 1, self.watermark)
        for signal in SIGNALS:
            if aspect not in signal.reads and (aspect not in CHANGES_FIGURES or not _concerns(signal, customer)):
                continue
            if signal.trigger == "on_event":
                answer = self._reconcile(signal, name, customer, now, cause)
            else:
                answer = self._review_on_time(signal, name, customer, now, cause)
            self._arm(name, customer, answer.due)
        if aspect in CHANGES_FIGURES:
            self._arm_lapses(name, customer, self._settled(customer))

    def _review_on_time(self, signal: Signal, name: str, customer: Customer, now: Instant, cause: str) -> Answer:
        """Only time raises what the absence of an event shows; an event may end it at once."""
        answer = self._reconcile(signal, name, customer, self.watermark, cause)
        if signal.name in customer.told and now > self.watermark:
            return self._reconcile(signal, name, customer, now, cause)
        return answer

    def _reconcile(
        self, signal: Signal, name: str, customer: Customer, as_of: Instant, cause: str, *, ringing: bool = False
    ) -> Answer:
        """Bring what was told of one signal in line with what the history shows."""
        if signal.trigger == "on_event":
            as_of = max(as_of, customer.latest + 1)
        answer = ask(signal, name, customer, self.policy, as_of, self.watermark)
        told, episode, calendar = customer.told.get(signal.name), answer.episode, self.policy.calendar
        if told is not None and (episode is None or episode.id != told.episode):
            why, since = self._why_over(answer, told, customer, as_of)
            self.said.append(cleared(signal, name, told, calendar, since, why, cause))
            self._forget_told(signal, customer)
            told = None
        if episode is None or (
            told is None and not self._may_raise(signal, name, customer, episode, as_of, ringing=ringing)
        ):
            return answer
        if told is None:
            self.said.append(raised(signal, name, episode, calendar, cause))
        elif SEVERITIES.index(episode.severity) > SEVERITIES.index(told.severity):
            self._count(signal.name, told.severity, -1)
            self.said.append(escalated(signal, name, episode, calendar, cause))
        else:
            return answer
        stretch = episode.stretch
        customer.told[signal.name] = Told(
            episode.id, episode.severity, stretch.since, episode.raised_at, list(stretch.evidence)
        )
        self._count(signal.name, episode.severity, 1)
        return answer

    def _why_over(self, answer: Answer, told: Told, customer: Customer, as_of: Instant) -> tuple[ClearedCause, Instant]:
        """Give why an episode is over, and since when as far as the history shows it."""
        end = answer.ends.get(told.episode)
        left_at = left_since(customer, self.policy, as_of, self.watermark, told.raised_at)
        if left_at is not None and (end is None or left_at <= end):
            return "churned", min(left_at, as_of)
        if end is None:
            return "late_evidence", as_of
        return "recovered", max(told.raised_at, min(end, as_of))

    def _may_raise(
        self, signal: Signal, name: str, customer: Customer, episode: Episode, as_of: Instant, *, ringing: bool
    ) -> bool:
        """Tell whether to raise an episode that the history shows.

        One that time raises is raised when its timer rings, even if an event that came early has ended it: it is told
        whatever the order of arrival. After that it is raised only if late evidence brought it up and it still lasts.
        """
        if signal.trigger == "on_event" or (ringing and episode.raised_at == as_of):
            return True
        if episode.raised_at >= as_of or as_of > self.watermark:
            return False
        now = ask(signal, name, customer, self.policy, max(customer.latest + 1, as_of), self.watermark).episode
        return now is not None and now.id == episode.id

    def _forget_told(self, signal: Signal, customer: Customer) -> None:
        told = customer.told.pop(signal.name)
        self._count(signal.name, told.severity, -1)

    def _count(self, signal: str, severity: str, change: int) -> None:
        self.open_signals[signal, severity] += change

    def _note_lapses(self, customer: Customer) -> None:
        spans = orders.activity(customer.orders, self.policy.calendar, self.policy.purchase_window_days)
        customer.untold_lapses = [end for _, end in spans[:-1] if end >= customer.settled]

    def _arm_lapses(self, name: str, customer: Customer, after: Instant) -> None:
        """Wake when time alone ends what the orders or the subscriptions carry."""
        customer.untold_lapses = [at for at in customer.untold_lapses if at >= after]
        dues = [customer.purchase_lapse, *customer.untold_lapses]
        if customer.timeline.has_any():
            dues += lapses(customer.timeline, terms_of(self.policy))
        self._arm(name, customer, min((due for due in dues if due >= after), default=NEVER))

    def _arm_login(self, name: str, customer: Customer, day: LocalDay) -> None:
        """Wake no later than the silence after a login on this day could matter."""
        self._arm(name, customer, self.policy.calendar.start_of_day(day + self._login_patience))

    def _arm_later_logins(self, name: str, customer: Customer, due: Instant) -> None:
        """Wake for the silence after the first login that is known but lies after `due`: nobody may have asked then."""
        day = self.policy.calendar.day(due)
        later = next((d for d in customer.logins[::2] if d >= day), None)
        if later is not None:
            self._arm_login(name, customer, later)

    def _arm(self, name: str, customer: Customer, due: Instant) -> None:
        """Set the timer, unless it rings earlier anyway: an early ring only looks again."""
        if due < customer.due:
            customer.due = due
            heapq.heappush(self.timers, (due, name))


def _concerns(signal: Signal, customer: Customer) -> bool:
    """Tell whether a signal could say anything of a customer: something of what it reads must be there."""
    return signal.name in customer.told or any(_HAS[aspect](customer) for aspect in signal.reads)


def reject_stale(customer: Customer | None, event: Event, at: Instant) -> None:
    """Refuse an event from before the horizon, unless something unsealed depends on it."""
    kind: str = event.type
    if kind.startswith(("subscription.", "cancellation.")):
        return  # the timeline decides: an old start is opening state
    if kind == "purchase.completed" and at < (customer.first_order if customer is not None else NEVER):
        return  # an older first order decides whether a later one is new or a return
    raise Rejected("too_late", "older than the horizon, and nothing unsealed depends on it")
