"""The aggregator: the sums of all partitions in, the figures of the company out."""

from collections.abc import Iterable

from agents.record import Record
from retention.editions import Books
from retention.partials import take


def metrics(records: Iterable[Record], books: Books) -> None:
    """Take in what the partitions have sent."""
    for record in records:
        if record.value is not None:
            take(books, record.value)
