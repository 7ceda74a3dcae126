"""Writes what the console itself sends to topics: who looked at customers, outcomes of actions, erasure requests.

Every look is a record on `audit`: who looked, at whom (by pseudonym), at what, when. Looks wait for the broker in a
bounded queue; when it is full, no customer is shown until the broker takes them.
"""

import asyncio
import contextlib
import contextvars
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from retention.calendar import instant, rfc3339
from retention.identity import derived_id
from retention.statements import Statement
from schemas.base import Event
from schemas.encoding import to_json
from schemas.family import Family
from schemas.outbound import ActionOutcome, ConsoleLooked, ConsoleReported, Severity
from schemas.outcomes import OUTCOMES, ActionConverted, ActionDelivered, ActionDismissed
from schemas.privacy import PRIVACY, ErasureRequested
from streams.broker import Broker
from streams.console.documents import (
    MOST_ROWS,
    AtRisk,
    AtRiskFilters,
    AtRiskRow,
    Contact,
    CustomerPage,
    Drill,
    Pipeline,
    Retention,
    RetentionFilters,
    Signals,
    Views,
)
from streams.forgetting import Forgotten, key_of
from streams.home import home_of
from streams.outbox import Outbox

log = logging.getLogger("backstay.console")

MOST_WAITING: Final = 1_000
AT_ONCE: Final = 100
RETRY: Final = 1.0
LAST_WORDS: Final = 3.0
"""Seconds to write what waits when the console ends."""
visitor: Final = contextvars.ContextVar("visitor", default="")
"""The name of who makes the request that is answered."""


class Recommendation(NamedTuple):
    """A recommendation: its `ce_id`, its action, and the episode that it is for."""

    ident: str
    action: str
    episode: str


_OUTCOMES: Final[Mapping[ActionOutcome, type[Event]]] = {
    "delivered": ActionDelivered,
    "converted": ActionConverted,
    "dismissed": ActionDismissed,
}
"""The event of each outcome."""


class AuditFull(Exception):
    """Raised when looks cannot be written: no customer is shown until the broker takes them."""


class NotWritten(Exception):
    """Raised when the broker did not take a record that a visitor asked for: it may be asked for again."""


class Looks:
    """Writes looks, in the order in which they happened."""

    def __init__(self, broker: Broker, now: Callable[[], datetime]) -> None:
        self._broker, self._outbox, self._now = broker, Outbox(broker), now
        self._names = Forgotten(key_of(broker.settings))
        self._has_key = broker.settings.privacy.pseudonym_key is not None
        self._waiting = deque[Statement]()
        self._producer: AIOKafkaProducer | None = None
        self._count = 0
        self.written = 0

    @property
    def waiting(self) -> int:
        """Return how many looks are not written yet."""
        return len(self._waiting)

    def note(self, view: str, customer_id: str | None = None, customers: int = 1) -> None:
        """Note a look; raise `AuditFull` if too many wait already."""
        self._require_room()
        at, who = self._now(), visitor.get()
        pseudonym = self._names.pseudonym(customer_id) if customer_id is not None and self._has_key else None
        self._count += 1
        body = ConsoleLooked(by=who, view=view, pseudonym=pseudonym, customers=customers, at=at)
        ident = derived_id("console.looked", who, view, pseudonym, instant(at), self._count)
        self._waiting.append(Statement("console.looked", ident, who or "console", instant(at), ident, body))

    def _require_room(self) -> None:
        if len(self._waiting) >= MOST_WAITING:
            raise AuditFull("the broker takes no records for `audit` now: nobody can look at customers until it does")

    async def run(self) -> None:
        """Write looks until cancelled."""
        while True:
            if not self._waiting:
                await asyncio.sleep(0.05)
                continue
            try:
                await self._flush()
            except (KafkaError, OSError) as error:
                log.warning("looks cannot be written to audit: %s", error)
                await asyncio.sleep(RETRY)

    async def _flush(self) -> None:
        producer = await self._started()
        taken = [self._waiting[place] for place in range(min(AT_ONCE, len(self._waiting)))]
        records = [self._outbox.record(one) for one in taken]
        futures = [
            await producer.send(record.topic, record.value, record.key, headers=list(record.headers))
            for record in records
        ]
        await asyncio.gather(*futures)
        for _ in taken:
            self._waiting.popleft()
        self.written += len(taken)

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = self._broker.producer("console")
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def request_erasure(self, customer_id: str) -> str:
        """Ask the workers to erase a customer; return the id of the request."""
        at, who = self._now(), visitor.get()
        ident = derived_id("console.erasure", who, customer_id, instant(at))
        event = ErasureRequested(
            type="erasure.requested", event_id=ident, customer_id=customer_id, occurred_at=at, source="console"
        )
        await self._send(PRIVACY, event)
        log.info("erasure requested by %s: %s at %s", who, ident, rfc3339(instant(at)))
        return ident

    async def report(self, customer_id: str, done: Recommendation, outcome: ActionOutcome, at: datetime) -> str:
        """Send to `outcomes` what became of a recommendation, and to `audit` who said so; return the id of the event.

        The id follows from the recommendation and the outcome, so what is said twice counts once.
        """
        self._require_room()
        who, recommendation = visitor.get(), done.ident
        ident = derived_id("console.outcome", recommendation, outcome)
        contract = _OUTCOMES[outcome]
        event = contract.model_validate(
            {
                "type": f"action.{outcome}",
                "event_id": ident,
                "customer_id": customer_id,
                "occurred_at": at,
                "source": "console",
                "recommendation_id": recommendation,
                "action": done.action,
                "episode": done.episode,
            }
        )
        await self._send(OUTCOMES, event)
        body = ConsoleReported(
            by=who, recommendation_id=recommendation, action=done.action, outcome=outcome, event_id=ident, at=at
        )
        note = derived_id("console.reported", who, recommendation, outcome)
        self._waiting.append(Statement("console.reported", note, who or "console", instant(self._now()), ident, body))
        return ident

    async def _send(self, family: Family, event: Event) -> None:
        """Send an event to the topic of its family; raise `NotWritten` if the broker does not take it."""
        topic, key = self._broker.topic_named(family.topic), event.customer_id.encode()
        try:
            producer = await self._started()
            partitions = await producer.partitions_for(topic)
            await producer.send_and_wait(topic, to_json(event), key, partition=home_of(key, len(partitions)))
        except (KafkaError, OSError) as error:
            raise NotWritten(f"nothing was done, because the broker took no record ({error}): try again") from error

    async def stop(self) -> None:
        """Write what waits, as far as the broker takes it in time, and close the producer."""
        with contextlib.suppress(TimeoutError, KafkaError, OSError):
            async with asyncio.timeout(LAST_WORDS):
                while self._waiting:
                    await self._flush()
        if self._waiting:
            log.error("%d looks could not be written to audit", len(self._waiting))
        if self._producer is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS):
                    await self._producer.stop()


class Watched:
    """The views, with each look at customers noted before it is answered; as `export` if data are taken away."""

    def __init__(self, views: Views, looks: Looks, *, exports: bool = False) -> None:
        self._views, self._looks, self._exports = views, looks, exports

    def _note(self, view: str, customer_id: str | None = None, customers: int = 1) -> None:
        self._looks.note("export" if self._exports else view, customer_id, customers)

    def at_risk(self, filters: AtRiskFilters, page: int, size: int, as_of: datetime) -> AtRisk:
        """Return the customers at risk."""
        found = self._views.at_risk(filters, page, size, as_of)
        self._note("at_risk", customers=len(found.rows))
        return found

    def at_risk_by_and_by(
        self, filters: AtRiskFilters, most: int, size: int, as_of: datetime
    ) -> Iterator[list[AtRiskRow]]:
        """Yield the rows of customers at risk; each piece is a look."""
        for rows in self._views.at_risk_by_and_by(filters, most, size, as_of):
            self._note("at_risk", customers=len(rows))
            yield rows

    def customer(
        self, customer_id: str, as_of: datetime, *, items: int = MOST_ROWS, page: int = 1
    ) -> CustomerPage | None:
        """Return what is known of a customer, with a page of its timeline; None if nothing is."""
        self._note("customer", customer_id)
        return self._views.customer(customer_id, as_of, items=items, page=page)

    def contact(self, customer_id: str, as_of: datetime) -> Contact:
        """Return what a service desk needs to know of a customer, known or not."""
        self._note("contact", customer_id)
        return self._views.contact(customer_id, as_of)

    def retention(self, filters: RetentionFilters, as_of: datetime) -> Retention:
        """Return the figures of retention, which are of no customer."""
        return self._views.retention(filters, as_of)

    def drill(self, key: str, page: int, size: int, as_of: datetime) -> Drill | None:
        """Return the customers behind a number; None if no number has that key."""
        found = self._views.drill(key, page, size, as_of)
        if found is not None:
            self._note("drill", customers=len(found.rows))
        return found

    def signals(self, severity: Severity, horizon_days: int, as_of: datetime) -> Signals:
        """Return the worth of the signals, which is of no customer."""
        return self._views.signals(severity, horizon_days, as_of)

    def pipeline(self, as_of: datetime) -> Pipeline:
        """Return how far the topics are read."""
        return self._views.pipeline(as_of)
