"""What is said to the world: one statement, and the occasion on which it is made."""

from collections.abc import Callable
from typing import Final, NamedTuple

from pydantic import BaseModel

from retention.calendar import NEVER, Instant
from retention.identity import derived_id
from retention.values import Value


class Occasion(Value, frozen=True):
    """What makes something be said: an event, or nothing but time, and when that was.

    It is late if something newer of the same customer was known.
    """

    event: str = ""
    at: Instant = NEVER
    late: bool = False

    def sets_apart(self) -> tuple[str, ...]:
        """Return what the id of a signal needs of its occasion: what one event says, another may say again.

        It may have been taken back in between. What time says it says once.
        """
        return (self.event,) if self.event else ()

    def cause(self) -> str:
        """Return the event, or a name of the instant at which time brought it about."""
        return self.event or derived_id("time", self.at)


PASSING: Final = Occasion()
"""Nothing happened but time."""


class Statement(Value, frozen=True):
    """One thing to be said: which type, under which id, about whom, when it became true, and what caused it."""

    type: str
    id: str
    key: str
    at: Instant
    cause: str
    body: BaseModel


class LastWord(NamedTuple):
    """How the statements of one type are put together, of which a commit says only the last word.

    - `about`: what sets the thing apart that a statement is about, besides its customer and instant.
    - `goes_on`: whether the second statement starts from where the first one ended.
    - `joined`: what both come to; None where the second takes back the first.
    """

    about: Callable[[Statement], str]
    goes_on: Callable[[Statement, Statement], bool]
    joined: Callable[[Statement, Statement], Statement | None]
