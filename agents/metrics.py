"""The aggregator's agent: adds the sums of all partitions to the books that figures are published from."""

from collections.abc import Iterable

from agents.record import Record
from retention.engine.editions import Books
from retention.engine.partials import take


def metrics(records: Iterable[Record], books: Books) -> None:
    """Add the sums that partitions have sent to the books."""
    for record in records:
        if record.value is not None:
            take(books, record.value)
