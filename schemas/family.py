"""A family of events: a topic, and a contract for each event type that is read from it."""

from typing import NamedTuple

from pydantic import BaseModel


class Family(NamedTuple):
    """A topic and the event types that are read from it.

    In the fields named by `open_words`, an unknown word is read as `other`.
    """

    topic: str
    contracts: tuple[type[BaseModel], ...]
    open_words: tuple[str, ...] = ()


def type_of(contract: type[BaseModel]) -> str:
    """Return the event type that a contract is for.

    >>> from schemas.logins import LoginSucceeded
    >>> type_of(LoginSucceeded)
    'login.succeeded'
    """
    literal: tuple[str] = contract.model_fields["type"].annotation.__args__  # type: ignore[union-attr]
    return literal[0]
