"""Collects what several events of one instant change of a customer, so that all of it is published together.

    events of one instant   e1  started s-2      e2  ended s-1         the next instant, or the end of a batch
    result of the history   30 ─────────► 50 ───────────────► 20       30 ► 20 is published, with e2 as its cause

Reason: in between the customer was worth 50 for no time at all, and events of one instant may come in any order.
"""

from retention.calendar import Instant
from retention.features.base import Facet
from retention.measures.base import Shown


class Unspoken:
    """The changes of a customer at one instant that are not published yet."""

    def __init__(self, at: Instant) -> None:
        self.at = at
        self.causes: list[str] = []
        """The last event that changed the result of the history, by measure; empty where none did."""
        self.before: list[Shown] = []
        """The former result of the history, by measure; empty if no event has changed it."""
        self.after: list[Shown] = []
        self.changed: dict[Facet, str] = {}
        """Facets, each with the last event that changed it."""

    def take_in(self, before: list[Shown], after: list[Shown], causes: list[str], shifts: list[str]) -> None:
        """Note how an event changed the result of the history.

        `shifts` name it, by measure, if it changes segments alone: it is the cause only where no other event is one.
        """
        self.before, self.after = self.before or before, after
        if self.causes:
            causes = [now or was for was, now in zip(self.causes, causes, strict=True)]
        if shifts:
            causes = [cause or shift for cause, shift in zip(causes, shifts, strict=True)]
        self.causes = causes
