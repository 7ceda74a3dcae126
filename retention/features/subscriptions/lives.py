"""Derives the lives of a customer's subscriptions from its timeline: from a start to an end, with the terms between.

started            renewed                ended, and started again
──┼──────────────────┼──────────────────────┼──────────────────────►
  life 1, term 1     term 2                 life 2
"""

from collections.abc import Iterator
from typing import NamedTuple

from retention.calendar import NEVER, Instant
from retention.features.subscriptions.timeline import Terms, Timeline
from retention.features.subscriptions.walk import moments


class Life(NamedTuple):
    """A subscription from its start to its end (`NEVER` if it runs), and whether time alone ended it.

    `terms` are the ends of its terms, each with the instant since which it stands.
    """

    name: str
    start: Instant
    end: Instant
    timed: bool
    terms: tuple[tuple[Instant, Instant | None], ...]

    def term_end(self, at: Instant) -> Instant | None:
        """Return the end of its term as it stood at an instant."""
        return next((end for since, end in reversed(self.terms) if since <= at), None)


def lives(timeline: Timeline, terms: Terms) -> Iterator[Life]:
    """Yield the lives of the subscriptions of a customer, those that run the last."""
    running: dict[str, Life] = {}
    for moment in moments(timeline, terms):
        started = {op.subscription for op in moment.ops if op.kind == "started"}
        for name in moment.changed:
            one, life = moment.subscriptions.get(name), running.get(name)
            if life is not None and (one is None or name in started):
                yield running.pop(name)._replace(end=moment.at, timed=not moment.ops)
                life = None
            if one is not None and life is None:
                begun = one.since if one.since != NEVER else moment.at
                running[name] = Life(name, begun, NEVER, False, ((moment.at, one.term_end),))
            elif one is not None and life is not None and life.terms[-1][1] != one.term_end:
                running[name] = life._replace(terms=(*life.terms, (moment.at, one.term_end)))
    yield from running.values()
