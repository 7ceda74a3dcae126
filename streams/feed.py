"""The newest outputs about a partition's customers, for people to look at; none of erased customers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from aiokafka.structs import ConsumerRecord
from pydantic import BaseModel, ValidationError

from retention.calendar import instant
from retention.statements import Statement
from schemas.outbound import ChurnSignal, CustomerChurned, CustomerReturned
from streams.forgetting import Forgotten
from streams.outbox import kind_of

MOST: Final = 40
READ_AGAIN: Final = 400
"""Offsets of `churn-signals` to read after a start: with transactions, every commit takes an offset of its own."""
BODIES: Final[dict[str, type[BaseModel]]] = {
    "churn_signal.raised": ChurnSignal,
    "churn_signal.escalated": ChurnSignal,
    "churn_signal.cleared": ChurnSignal,
    "customer.churned": CustomerChurned,
    "customer.returned": CustomerReturned,
}
"""The types of output that are shown to people."""


def is_shown(statement: Statement, basis: str) -> bool:
    """Report whether an output is shown to people; facts on another basis than the company's would distract."""
    return statement.type in BODIES and getattr(statement.body, "basis", basis) == basis


class Feed:
    """The newest outputs of one partition, by when they became true."""

    def __init__(self, basis: str, forgotten: Forgotten) -> None:
        self._basis, self._forgotten = basis, forgotten
        self.newest: list[Statement] = []
        """The newest first; of one instant, the last sent first."""

    def take(self, statements: Iterable[Statement]) -> None:
        """Add committed outputs, except those of customers that have been erased meanwhile."""
        shown = [s for s in statements if is_shown(s, self._basis) and s.key not in self._forgotten]
        if shown:
            self.newest = newest_first([*reversed(shown), *self.newest])

    def forget(self, customer_id: str) -> None:
        """Remove a customer from the page."""
        self.newest = [one for one in self.newest if one.key != customer_id]

    def restore(self, records: Iterable[ConsumerRecord]) -> None:
        """Add outputs that were sent before a restart."""
        self.take(filter(None, map(_statement, records)))


def newest_first(statements: Iterable[Statement]) -> list[Statement]:
    """Return the newest outputs in the order in which they are shown."""
    return sorted(statements, key=lambda one: one.at, reverse=True)[:MOST]


def _statement(record: ConsumerRecord) -> Statement | None:
    """Return the output that a record of ours holds; None if it is not shown, or has the fields of another version."""
    headers: Sequence[tuple[str, bytes | None]] = record.headers
    said = {name: value.decode("utf-8", "replace") for name, value in headers if value is not None}
    kind = kind_of(dict(headers).get("ce_type"))
    if kind not in BODIES or record.value is None or record.key is None:
        return None
    try:
        body = BODIES[kind].model_validate_json(record.value)
        at = instant(datetime.fromisoformat(said["ce_time"]))
    except (ValidationError, KeyError, ValueError):
        return None
    return Statement(kind, said.get("ce_id", ""), record.key.decode(), at, said.get("ce_causationid", ""), body)
