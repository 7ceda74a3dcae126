"""One output as webhooks deliver it, read from its record."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from retention.calendar import SECOND, Instant, instant
from streams.outbox import kind_of
from streams.records import LogRecord

WITHDRAWN: Final = "action.withdrawn"
RECOMMENDED: Final = "action.recommended"
CLEARED: Final = "churn_signal.cleared"
ENDED_BY: Final = {
    RECOMMENDED: WITHDRAWN,
    "churn_signal.raised": CLEARED,
    "churn_signal.escalated": CLEARED,
}
"""What a receiver holds to be so until it is told the end, and the type of that."""
CARD: Final = "customer.health"
LATE: Final = "late_evidence"
ERASED: Final = "customer.erased"


@dataclass(frozen=True, slots=True)
class Output:
    """One output: its CloudEvents id, type and time, and its content."""

    type: str
    id: str
    at: Instant
    data: dict[str, Any]
    topic: str
    partition: int
    offset: int
    written: Instant = 0
    """Time of its record."""

    @property
    def ages_from(self) -> Instant:
        """Return the instant from which its age counts: its time, or of a correction that of its record.

        A signal that ended before it was raised was raised wrongly, and a loss or a return with the cause
        `late_evidence` takes back one that was said before: what showed that came late. Who was told the one has to be
        told the other, however old the evidence is.
        """
        raised = self.data.get("raised_at")
        is_late = isinstance(raised, str) and instant(datetime.fromisoformat(raised)) > self.at
        return max(self.at, self.written) if is_late or self.data.get("cause") == LATE else self.at

    @property
    def customer(self) -> str:
        """Return the id of its customer; empty if it is about none."""
        return str(self.data.get("customer_id") or "")

    @property
    def episode(self) -> str:
        """Return the episode of its signal; empty if it is about none."""
        return str(self.data.get("episode") or "")

    @property
    def action(self) -> str:
        """Return the action that it is about; empty if it is about none."""
        return str(self.data.get("action") or "")

    @property
    def expires(self) -> Instant | None:
        """Return when it is of no use any more; None if it is not said."""
        text = self.data.get("expires_at")
        return instant(datetime.fromisoformat(text)) if isinstance(text, str) else None


def output_of(record: LogRecord) -> Output | None:
    """Return the output that a record holds; None for a tombstone, and for what no build of ours writes."""
    headers = _headers(record.headers)
    kind = kind_of(dict(record.headers).get("ce_type"))
    ident, at = (headers.get(name, "") for name in ("ce_id", "ce_time"))
    if record.value is None or not kind or not ident:
        return None
    try:
        data, time = json.loads(record.value), instant(datetime.fromisoformat(at))
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    written = record.timestamp * SECOND // 1_000
    return Output(kind, ident, time, data, record.topic, record.partition, record.offset, written)


def _headers(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    return {name: value.decode(errors="replace") for name, value in headers if name.startswith("ce_") and value}
