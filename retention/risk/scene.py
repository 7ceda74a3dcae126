"""Describes what the factors are calculated from, a customer at an instant, and turns numbers into shares."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from retention.calendar import Calendar, Instant, LocalDay
from retention.fitted import MILLI
from retention.liveness import Sources
from retention.policy import Policy
from retention.risk.model import Evidence
from retention.risk.standing import Standing
from retention.spans import Span
from retention.state.customer import Customer


class Silences(NamedTuple):
    """The local days on which sources were silent: those of sign-ins, of use, and of orders."""

    logins: Sequence[LocalDay] = ()
    usage: Sequence[LocalDay] = ()
    purchases: Sequence[LocalDay] = ()


HEARD: Final = Silences()
"""No source was silent on any day."""


def silences_at(sources: Sources, calendar: Calendar, at: Instant) -> Silences:
    """Return the days before that of an instant on which sources were silent."""
    return Silences(*[_missed(sources, name, calendar, at) for name in Silences._fields])


def _missed(sources: Sources, name: str, calendar: Calendar, at: Instant) -> Sequence[LocalDay]:
    rhythm = sources.rhythms.get(name)
    return rhythm.days_missed(calendar.day(at), calendar) if rhythm is not None else ()


class Scene(NamedTuple):
    """A customer at an instant: what the factors are calculated from.

    `begun` are the spans in which it was active that have begun, the last one of which lasts.
    """

    customer: Customer
    at: Instant
    day: LocalDay
    policy: Policy
    silences: Silences
    begun: list[Span]
    standing: Standing
    found: list[Evidence]


def part(number: int, half: int) -> int:
    """Return a number as a share: 0 of nothing, 0.5 of `half`, and never quite 1.

    >>> part(0, 14), part(14, 14), part(42, 14), part(-3, 14)
    (0, 500, 750, 0)
    """
    return MILLI * number // (number + half) if number > 0 else 0


def share(number: int, whole: int) -> int:
    """Return a number as a share of a whole, at most 1.

    >>> share(7, 28), share(99, 28), share(-1, 28)
    (250, 1000, 0)
    """
    return max(0, min(MILLI, MILLI * number // whole))
