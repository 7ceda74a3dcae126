"""The processor of the one partition of sums: the aggregator's books, what they publish, and the gauges."""

from collections.abc import Callable, Mapping
from typing import Final

from retention.engine import partials
from retention.engine.editions import Books
from retention.policy import Policy
from retention.statements import Statement
from schemas.outbound import MetricUpdate
from streams.broker import Broker
from streams.outbox import Outbox
from streams.outgoing import Outgoing
from streams.topics import PARTIALS, UPDATES

PAUSE: Final = 0.5
"""Seconds between two publications: an open period changes with every event, but is read once in a while."""


class FiguresListener:
    """Is called by the processor with the figures that hold now. Does nothing by itself."""

    def figures(self, books: Books, statements: list[Statement]) -> None:
        """Note figures that were committed."""

    def no_figures(self) -> None:
        """Note that another worker owns the figures now."""


class FiguresProcessor:
    """Owns the company's figures while this worker owns the partition of sums."""

    def __init__(
        self, policy: Policy, partitions: int, broker: Broker, listener: FiguresListener, clock: Callable[[], float]
    ) -> None:
        self.books = Books(policy, partitions)
        self.outbox, self.listener = Outbox(broker), listener
        self.clock = clock
        self._partials, self._updates = broker.topic(PARTIALS), broker.topic(UPDATES)
        self.logs: dict[str, str] = {}
        self._statements: list[Statement] = []
        self._published_at = 0.0

    async def restore(self, broker: Broker, committed: Mapping[str, int | None]) -> Mapping[str, int]:
        """Read the published figures, and the sums up to the committed position."""
        async for records in broker.read(self._updates, 0):
            for record in records:
                if record.value is not None:
                    ident = dict(record.headers).get("ce_id", b"").decode()
                    self.books.note(record.key.decode(), MetricUpdate.model_validate_json(record.value), ident)
        position = committed.get(self._partials)
        if position:
            async for records in broker.read(self._partials, 0, until=position):
                for record in records:
                    if record.value is not None and record.offset < position:
                        partials.take(self.books, record.value)
        return {self._partials: position} if position else {}

    def has_work(self) -> bool:
        """Report whether figures may have changed since they were last published."""
        return self.books.stale and self.clock() - self._published_at >= PAUSE

    def has_outputs(self) -> bool:
        """Report whether figures may have changed, as `has_work` does: nothing else is written."""
        return self.has_work()

    def detach(self, applied: Mapping[str, int]) -> list[Outgoing]:
        """Return the figures that changed."""
        if not self.has_work():
            return []
        self._published_at = self.clock()
        self._statements = list(self.books.publish())
        return [self.outbox.record(statement) for statement in self._statements]

    def committed(self, _ends: Mapping[str, int]) -> None:
        """Show the committed figures."""
        statements, self._statements = self._statements, []
        self.listener.figures(self.books, statements)

    def closed(self) -> None:
        """Stop showing the figures, which another worker owns now: two copies of a gauge would double every sum."""
        self.listener.no_figures()
