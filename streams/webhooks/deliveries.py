"""The deliveries of one partition: pure, so that a test may let three days pass. Time and randomness are arguments.

Rule: an output is delivered to an endpoint at least once, always with the same id, until the endpoint accepts it, ten
tries have failed, or it is of no use any more. What is known of an id is known for as long as the output could still
be admitted (`max_age`), so an output that is read twice is not sent again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Literal

from retention.calendar import DAY, NEVER, SECOND, Instant
from streams.webhook_settings import EndpointSettings
from streams.webhooks.answers import Answer
from streams.webhooks.delivery import REPLAY, Delivery, encoded, end_of, key_of
from streams.webhooks.output import ENDED_BY, RECOMMENDED, Output
from streams.webhooks.queue import Queue
from streams.webhooks.schedule import next_try

DEAD_FOR: Final = 30 * DAY
"""Time for which a dead delivery can be sent again, as a dead letter can."""
TOLD_FOR: Final = 30 * DAY
"""Time for which it is known that a receiver was told of a signal or an action, whose end it has to be told, too."""
Outcome = Literal[
    "delivered", "failed", "dead", "overflow", "expired", "withdrawn", "erased", "too_old", "known", "accepted_before"
]
OUTCOMES: Final[tuple[Outcome, ...]] = (
    "delivered",
    "failed",
    "dead",
    "overflow",
    "expired",
    "withdrawn",
    "erased",
    "too_old",
    "known",
)
Count = Callable[[str, Outcome], None]


class Deliveries:
    """The deliveries of one partition: pending, dead, and known by their ids only."""

    def __init__(
        self, endpoints: Mapping[str, EndpointSettings], count: Count = lambda _endpoint, _outcome: None
    ) -> None:
        self.endpoints, self._count = endpoints, count
        self.pending: dict[bytes, Delivery] = {}
        self.sending: set[bytes] = set()
        """Those of which a try is under way."""
        self._waiting: dict[str, int] = {}
        self._queues: dict[str, Queue] = {}
        self._known: dict[bytes, Instant] = {}
        """Ids of which nothing is to be sent, by key: until when they are known."""
        self._told: dict[tuple[str, str], Instant] = {}
        """What receivers hold to be so, by endpoint and `Delivery.end`: until when that is known."""
        self._dead: dict[bytes, str] = {}
        """Customers of dead deliveries."""
        self._changed: dict[bytes, Delivery | None] = {}
        self._orders_done: set[bytes] = set()
        self._seq = 0

    # -- what was written before -------------------------------------------------------------------------------------

    def restore(self, found: Iterable[Delivery]) -> None:
        """Restore the last record of each delivery: pending ones in the order in which they were admitted."""
        for one in sorted(found, key=lambda one: one.seq):
            self._seq = max(self._seq, one.seq)
            if one.state == "pending":
                self._enter(one)
            else:
                self._remember(one)

    def _enter(self, one: Delivery) -> None:
        self.pending[one.key] = one
        self._waiting[one.endpoint] = self._waiting.get(one.endpoint, 0) + 1
        self._queue(one.endpoint).add(one)

    def _leave(self, one: Delivery) -> None:
        del self.pending[one.key]
        self._waiting[one.endpoint] -= 1
        self._queue(one.endpoint).remove(one)
        self.sending.discard(one.key)

    def _queue(self, endpoint: str) -> Queue:
        return self._queues.setdefault(endpoint, Queue())

    def _remember(self, one: Delivery) -> None:
        """Note until when a delivery is known of which nothing is to be sent, and what its receiver was told by it."""
        endpoint = self.endpoints.get(one.endpoint)
        age = round(endpoint.max_age * SECOND) if endpoint is not None else DEAD_FOR
        last = max(one.at, one.answered) + age  # one that was sent again long after is known as long as others
        if one.state == "dead":
            last = max(last, one.answered + DEAD_FOR)
            self._dead[one.key] = one.customer
        long = max(one.at, one.answered) + TOLD_FOR
        if one.type in ENDED_BY.values():  # known for longer than what it ends, or a rebuild would have it sent again
            last = max(last, long)
        if one.end and (one.state == "delivered" or (one.state == "withdrawn" and one.tries)):
            told = min(one.until, long)
            self._told[one.endpoint, one.end] = told
            last = max(last, told)
        self._known[one.key] = last

    def _ends_what_was_told(self, name: str, output: Output, now: Instant) -> bool:
        """Report whether an endpoint has accepted the signal or the recommendation that an output ends.

        Then it is sent however old it is: a loss of long ago that is reported now withdraws actions with its own time.
        """
        return self._told.get((name, end_of(output.type, output.episode, output.action)), 0) > now

    # -- outputs -----------------------------------------------------------------------------------------------------

    def admit(self, name: str, output: Output, body: Callable[[], str], now: Instant) -> None:
        """Take an output that an endpoint wants, unless it is known, too old, or of no use any more."""
        key, endpoint = key_of(name, output.id), self.endpoints[name]
        if key in self.pending or key in self._known:
            self._count(name, "known")
            return
        is_old = output.ages_from + round(endpoint.max_age * SECOND) < now
        if is_old and not self._ends_what_was_told(name, output, now):
            self._count(name, "too_old")
            return
        until = output.expires
        if until is not None and until <= now:
            self._count(name, "expired")
            return
        self._seq += 1
        one = Delivery(
            endpoint=name,
            id=output.id,
            type=output.type,
            at=output.at,
            seq=self._seq,
            due=now,
            until=until if until is not None else NEVER,
            customer=output.customer,
            episode=output.episode,
            action=output.action,
            body=body(),
            topic=output.topic,
            partition=output.partition,
            offset=output.offset,
        )
        if self._waiting.get(name, 0) >= endpoint.most_pending:
            one.why, one.answered = f"more than {endpoint.most_pending:,} waited on this partition", now
            self._die(one, "overflow")
            return
        self._enter(one)
        self._changed[key] = one

    def send_again(self, order: Delivery, now: Instant, *, erased: bool = False) -> None:
        """Take an order to send a delivery again: its tries begin anew. Not if its customer is erased."""
        self._orders_done.add(REPLAY + order.key)
        if erased or order.key in self.pending or order.endpoint not in self.endpoints:
            return
        self._known.pop(order.key, None)
        self._dead.pop(order.key, None)
        self._seq += 1
        order.state, order.seq, order.tries, order.due, order.why, order.status = "pending", self._seq, 0, now, "", 0
        self._enter(order)
        self._changed[order.key] = order

    # -- tries -------------------------------------------------------------------------------------------------------

    def next(self, name: str, now: Instant) -> Delivery | None:
        """Return a delivery to an endpoint that is due, and note that it is being sent; None if none is due."""
        queue = self._queue(name)
        while (key := queue.pop(now)) is not None:
            one = self.pending.get(key)
            if one is None or key in self.sending or one.due > now:
                continue  # an entry of one that was removed
            if one.until <= now:
                self._end(one, "expired")
                continue
            self.sending.add(key)
            return one
        return None

    def soonest(self, name: str) -> Instant:
        """Return when a delivery to an endpoint is due next."""
        return self._queue(name).soonest

    def answered(self, one: Delivery, answer: Answer, now: Instant, draw: float) -> Outcome:
        """Note the answer to a try; return what became of the delivery."""
        if self.pending.get(one.key) is not one:  # it was erased, or withdrawn, while it was being sent
            return "accepted_before" if answer.verdict == "delivered" else "failed"
        self.sending.discard(one.key)
        one.tries, one.answered = one.tries + 1, now
        one.status, one.why = answer.status, "" if answer.verdict == "delivered" else answer.says
        if answer.verdict == "delivered":
            self._end(one, "delivered")
            return "delivered"
        due = next_try(one.tries, now, draw, answer.wish)
        if due is None:
            self._leave(one)
            self._die(one, "dead")
            return "dead"
        one.due = due
        self._queue(one.endpoint).again(one)
        self._changed[one.key] = one
        self._count(one.endpoint, "failed")
        return "failed"

    def untried(self, one: Delivery, due: Instant | None = None) -> None:
        """Put a delivery back of which the try was given up, as its answer, or its body, did not come."""
        if self.pending.get(one.key) is one and one.key in self.sending:
            self.sending.discard(one.key)
            one.due = due if due is not None else one.due
            self._queue(one.endpoint).again(one)

    def _die(self, one: Delivery, outcome: Outcome) -> None:
        one.state = "dead"
        self._remember(one)
        self._changed[one.key] = one
        self._count(one.endpoint, outcome)

    def _end(self, one: Delivery, state: Literal["delivered", "withdrawn", "expired"]) -> None:
        one.tries += one.key in self.sending  # what is withdrawn while it is sent may have been received
        self._leave(one)
        rest = one.bare(state)
        self._remember(rest)
        self._changed[one.key] = rest
        self._count(one.endpoint, state)

    # -- what ends deliveries ----------------------------------------------------------------------------------------

    def withdraw(self, episode: str, action: str | None) -> None:
        """Drop the recommendations of an episode that wait: of one action, or of all."""
        for one in [one for one in self.pending.values() if one.type == RECOMMENDED and one.episode == episode]:
            if action in {None, one.action}:
                self._end(one, "withdrawn")

    def erase(self, is_erased: Callable[[str], bool]) -> None:
        """Drop what waits or is dead of erased customers: nothing is kept of it."""
        for one in [one for one in self.pending.values() if one.customer and is_erased(one.customer)]:
            self._leave(one)
            self._changed[one.key] = None
            self._count(one.endpoint, "erased")
        for key in [key for key, customer in self._dead.items() if customer and is_erased(customer)]:
            del self._dead[key]
            self._known.pop(key, None)
            self._changed[key] = None

    def tidy(self, now: Instant) -> None:
        """Drop what is of no use any more: expired ones, ids that are too old to come again, dead ones after a month.

        So are deliveries to endpoints that the settings no longer have.
        """
        for one in [one for one in self.pending.values() if one.until <= now and one.key not in self.sending]:
            self._end(one, "expired")
        for one in [one for one in self.pending.values() if one.endpoint not in self.endpoints]:
            if one.at + DEAD_FOR < now:
                self._leave(one)
                self._changed[one.key] = None
        for told in [told for told, last in self._told.items() if last < now]:
            del self._told[told]
        for key in [key for key, last in self._known.items() if last < now]:
            del self._known[key]
            self._dead.pop(key, None)
            self._changed[key] = None

    # -- what is to be written ---------------------------------------------------------------------------------------

    @property
    def has_changes(self) -> bool:
        """Report whether anything is to be written."""
        return bool(self._changed or self._orders_done)

    def detach(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield keys and values of the records that are to be written, each once."""
        changed, self._changed = self._changed, {}
        orders, self._orders_done = self._orders_done, set()
        for key, one in changed.items():
            yield key, None if one is None else encoded(one)
        for key in orders:
            yield key, None

    def is_needed(self, key: bytes) -> bool:
        """Report whether a delivery is being sent, or is to be written."""
        return key in self.sending or key in self._changed

    def waiting(self, name: str) -> int:
        """Return how many deliveries to an endpoint wait."""
        return self._waiting.get(name, 0)
