"""Occasions: opportunities that begin with an event, and are over some days later, or with the next such event.

    reached        reached                     7 days
    ──┼──────────────┼──────────────────────────┼──►
      [ an episode ──)[ another one ────────────)

Those of one local day are one occasion: no customer is congratulated twice on a day.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from retention.calendar import Instant
from retention.identity import KeptId
from retention.signals.base import MAX_EVIDENCE, Numbers, Stretch, View


class Occasion(NamedTuple):
    """The instant of an event, its id if it is kept, and what is to be said of it."""

    at: Instant
    event_id: KeptId
    numbers: Callable[[], Numbers]


def occasions(view: View, found: Sequence[Occasion], days: int) -> Iterator[Stretch]:
    """Yield the occasions, given in order of time, the newest first, each for some local days."""
    following: Instant | None = None
    for together in reversed(_by_day(view, found)):
        first = together[0]
        over = view.calendar.add_days(first.at, days)
        end = over if following is None else min(over, following)
        numbers, told = first.numbers(), [one for one in together if one.event_id][:MAX_EVIDENCE]
        yield Stretch(
            start=first.at,
            end=end,
            since=first.at,
            observed=numbers.observed,
            baseline={},
            words=numbers.words,
            evidence=tuple([one.event_id for one in told]),
            evidence_at=tuple([one.at for one in told]),
            lapses=end == over,
            outcome="lapsed" if end == over else "recovered",
            template=numbers.template,
        )
        following = first.at


def _by_day(view: View, found: Sequence[Occasion]) -> list[list[Occasion]]:
    days: dict[int, list[Occasion]] = {}
    for one in found:
        days.setdefault(view.calendar.day(one.at), []).append(one)
    return list(days.values())
