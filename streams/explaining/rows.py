"""The time line of a customer: what came, and what was said. Events that come by the hundred are counted by week.

No text of a customer is in it: of an event only fields with numbers, amounts and words of the contract are shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from retention.calendar import Calendar, Instant, LocalDay, local_date
from retention.statements import Statement
from schemas.base import Event

SHOWN: Final = (
    "plan",
    "status",
    "mrr",
    "currency",
    "amount",
    "quantity",
    "auto_renew",
    "term_end",
    "at_period_end",
    "priority",
    "kind",
    "survey",
    "score",
    "rating",
    "sentiment",
    "reason",
    "attempt",
    "seats",
    "percent",
)
"""Fields of events that are shown: what a producer may write freely is not among them."""
COUNTED: Final = frozenset(
    {
        "login.succeeded",
        "feature.used",
        "session.ended",
        "content.viewed",
        "community.posted",
        "message.delivered",
        "message.opened",
        "message.clicked",
        "error.occurred",
        "cart.updated",
    }
)
"""Types of which a week's events stand in one row."""
_WEEK: Final = 7
_MONDAY: Final = 3
"""The first day of 1970 was a Thursday."""


@dataclass
class Row:
    """One row: from when to when, what, how often, and details."""

    first: Instant
    last: Instant
    what: str
    times: int = 1
    details: dict[str, Any] = field(default_factory=dict)
    says: str = ""


class TimeLine:
    """The rows of one customer."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._rows: list[Row] = []
        self._weeks: dict[tuple[str, LocalDay], Row] = {}
        self._episodes: dict[str, Row] = {}
        """What was last said of each episode."""

    def take(self, event: Event, at: Instant) -> None:
        """Add an event."""
        if event.type not in COUNTED:
            self._rows.append(Row(at, at, event.type, details=details_of(event)))
            return
        week = (event.type, (self._calendar.day(at) + _MONDAY) // _WEEK)
        row = self._weeks.get(week)
        if row is None:
            row = self._weeks[week] = Row(at, at, event.type, 0)
            self._rows.append(row)
        row.first, row.last, row.times = min(row.first, at), max(row.last, at), row.times + 1

    def join(self, at: Instant) -> None:
        """Note that another id has become one of the customer: what came under that before is not shown."""
        self._rows.append(Row(at, at, "customer.merged"))

    def say(self, statement: Statement) -> None:
        """Add what was said of the customer."""
        body: Any = statement.body
        if statement.type.startswith("churn_signal."):
            what = f"{body.signal} {statement.type.removeprefix('churn_signal.')}"
            cause = {"cause": body.cause} if body.cause else {}
            row = Row(statement.at, statement.at, what, details={"severity": body.severity, **cause}, says="signal")
            self._say_of_episode(row, body.episode, body.transition)
        elif statement.type.startswith("opportunity."):
            what = f"{body.opportunity} {body.transition}"
            details = {"cause": body.cause} if body.cause else {}
            row = Row(statement.at, statement.at, what, details=details, says="opportunity")
            self._say_of_episode(row, body.episode, body.transition)
        elif statement.type in {"customer.churned", "customer.returned"}:
            details = {"basis": body.basis, "cause": body.cause}
            self._rows.append(Row(statement.at, statement.at, statement.type, details=details, says="fact"))
        elif statement.type.startswith("movement."):
            details = {"kind": body.kind, "before": body.before, "after": body.after, "currency": body.currency}
            if body.segments is not None:
                details["segments"] = ", ".join(f"{by} {value}" for by, value in body.segments.items()) or "none"
            self._rows.append(Row(statement.at, statement.at, statement.type, details=details, says="money"))

    def _say_of_episode(self, row: Row, episode: str, transition: str) -> None:
        """Add what was said of an episode. One that is raised again had not ended, whatever was said before."""
        before = self._episodes.get(episode)
        if transition == "raised" and before is not None:
            row.details["again"] = True
            before.details |= {"taken_back": True} if before.what.endswith("cleared") else {}
        self._rows.append(row)
        self._episodes[episode] = row

    def clear(self) -> None:
        """Drop all rows: the customer is forgotten."""
        self._rows.clear()
        self._weeks.clear()
        self._episodes.clear()

    def rows(self) -> Sequence[Row]:
        """Return the rows in order of time; of one instant, events come before what was said because of them."""
        return sorted(self._rows, key=lambda row: (row.first, bool(row.says)))


def details_of(event: object) -> dict[str, Any]:
    """Return the fields of an event that may be shown."""
    found = ((name, getattr(event, name, None)) for name in SHOWN)
    return {name: _plain(value) for name, value in found if value is not None}


def _plain(value: object) -> Any:  # noqa: ANN401 - what JSON can hold
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return value if isinstance(value, bool | int) else str(value)


def days_of(rows: Iterable[Row], calendar: Calendar) -> list[tuple[date, date, Row]]:
    """Return rows with the local days on which they begin and end."""
    return [(local_date(calendar.day(row.first)), local_date(calendar.day(row.last)), row) for row in rows]
