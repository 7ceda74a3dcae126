"""What one commit would state and correct of a customer is stated once, as it stands at its end (metrics.md, Movement).

Of a movement, or of a loss, that several events of a commit bear on, only the last word is said, and nothing at all
where it takes back what was never said. Signals are not touched: a raise and its clear are an episode.
"""

from typing import cast

from retention.telling import Statement, movement_said
from schemas.outbound import CustomerChurned, CustomerReturned, MrrMovement

_About = tuple[str, str, int]
"""Currency or basis, customer, and instant."""


def once(said: list[Statement]) -> list[Statement]:
    """Return what is left to be said of a row of statements."""
    last: dict[_About, int] = {}
    left: list[Statement | None] = []
    for statement in said:
        about = _about(statement)
        place = last.pop(about, -1) if about is not None else -1
        now: Statement | None = statement
        if place >= 0:
            now = _joined(cast("Statement", left[place]), statement)
            left[place] = None
        if now is not None and about is not None:
            last[about] = len(left)
        left.append(now)
    return [statement for statement in left if statement is not None]


def _about(statement: Statement) -> _About | None:
    body = statement.body
    if isinstance(body, MrrMovement):
        return body.currency, statement.key, statement.at
    if isinstance(body, CustomerChurned | CustomerReturned):
        return body.basis, statement.key, statement.at
    return None


def _joined(first: Statement, then: Statement) -> Statement | None:
    """Return two statements about one thing as one; None where the second takes back the first."""
    if not isinstance(first.body, MrrMovement) or not isinstance(then.body, MrrMovement):
        return None  # a loss and its opposite: what is lost is lost once, and returns once
    was, now = first.body.corrects, then.body
    if (was.kind, was.before, was.after) == (now.kind, now.before, now.after) if was is not None else _is_none(now):
        return None
    return movement_said(was, now, then.at, then.cause)


def _is_none(movement: MrrMovement) -> bool:
    return movement.kind == "none"
