"""What one commit would state and correct of a customer is stated once, as it stands at its end (metrics.md, Movement).

Of a movement, a loss or a return that several events of a commit bear on, only the last word is said, and nothing at
all where it takes back what was never said. Signals are not touched: a raise and its clear are an episode.
"""

from typing import Final, cast

from retention.measures.subscription import movement_said
from retention.statements import Statement
from schemas.outbound import CustomerChurned, CustomerReturned, MrrMovement

MOVEMENTS: Final = frozenset({"movement.made", "movement.corrected"})
FACTS: Final = frozenset({"customer.churned", "customer.returned"})
"""A loss, or its opposite."""

_About = tuple[str, str, int]
"""Currency or basis, customer, and instant."""


def once(said: list[Statement]) -> list[Statement]:
    """Return what is left to be said of a row of statements."""
    left: list[Statement | None] = []
    places: dict[_About, list[int]] = {}
    """Where in `left` something is said of a thing: of a loss or a return, it may be taken back first."""
    for statement in said:
        about, now = _about(statement), cast("Statement | None", statement)
        if about is not None:
            earlier = places.setdefault(about, [])
            if earlier and _goes_on(first := cast("Statement", left[earlier[-1]]), statement):
                left[earlier.pop()] = None
                now = _joined(first, statement)
            if now is not None:
                earlier.append(len(left))
        left.append(now)
    for earlier in places.values():
        for place in earlier[:-1]:
            left[place] = None
    return [statement for statement in left if statement is not None]


def _about(statement: Statement) -> _About | None:
    body = statement.body
    if statement.type in MOVEMENTS:
        return cast("MrrMovement", body).currency, statement.key, statement.at
    if statement.type in FACTS:
        return cast("CustomerChurned | CustomerReturned", body).basis, statement.key, statement.at
    return None


def _goes_on(first: Statement, then: Statement) -> bool:
    """Report whether one statement starts from where another one ended; a loss does so from a return."""
    return isinstance(then.body, MrrMovement) or first.type != then.type


def _joined(first: Statement, then: Statement) -> Statement | None:
    """Return two statements about one thing as one; None where the second takes back the first."""
    if not isinstance(first.body, MrrMovement) or not isinstance(then.body, MrrMovement):
        return None  # a loss and its opposite
    was, now = first.body.corrects, then.body
    if (was.kind, was.before, was.after) == (now.kind, now.before, now.after) if was is not None else _is_none(now):
        return None
    return movement_said(was, now, then.at, then.cause)


def _is_none(movement: MrrMovement) -> bool:
    return movement.kind == "none"
