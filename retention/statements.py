"""A statement: one output, and the occasion on which it is made."""

from collections.abc import Callable
from typing import Final, NamedTuple

from pydantic import BaseModel

from retention.calendar import NEVER, Instant
from retention.identity import derived_id
from retention.structs import Value


class Occasion(Value, frozen=True):
    """The occasion of a statement: an event, or time alone, and its instant.

    It is late if a newer event of the same customer was known.
    """

    event: str = ""
    at: Instant = NEVER
    late: bool = False

    def sets_apart(self) -> tuple[str, ...]:
        """Return what the id of a signal needs of its occasion: two events may cause the same statement.

        It may have been revoked in between. A statement caused by time is made once.
        """
        return (self.event,) if self.event else ()

    def cause(self) -> str:
        """Return the event, or a name of the instant at which time caused it."""
        return self.event or derived_id("time", self.at)


PASSING: Final = Occasion()
"""Time alone has passed."""


class Statement(Value, frozen=True):
    """One output: its type, its id, its customer, when it became true, and its cause."""

    type: str
    id: str
    key: str
    at: Instant
    cause: str
    body: BaseModel


class LastWord(NamedTuple):
    """Joins the statements of one type of which a commit publishes only the last.

    - `about`: the thing that a statement is about, besides its customer and instant.
    - `goes_on`: whether the second statement continues the first.
    - `joined`: both as one; None if the second revokes the first.
    """

    about: Callable[[Statement], str]
    goes_on: Callable[[Statement, Statement], bool]
    joined: Callable[[Statement, Statement], Statement | None]
