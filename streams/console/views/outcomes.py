"""Finds what became of the actions for a customer: what people said in a console, and what services have reported.

    recommended (r-1)      outcome of r-1       recommended again, more severe (r-2)       outcome of r-2
    ──┼────────────────────────┼──────────────────────────┼──────────────────────────────────┼──►
      of the action for this episode: both; of what holds now: the second one alone

A report names its recommendation, or the action and the episode: then it is of the one before it.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from retention.calendar import Instant, moment
from schemas.outbound import ActionOutcome
from streams.console.documents import Reported

_OF_CUSTOMER: Final = """
SELECT coalesce(r.episode, a.episode), coalesce(r.name, a.action), a.recommendation, a.outcome, a.at, 1, a.source
FROM action_reports a LEFT JOIN records r
ON r.ident = a.recommendation AND r.customer = a.customer AND r.type = 'action.recommended' WHERE a.customer = ?
UNION ALL
SELECT r.episode, r.name, r.ident, p.outcome, p.at, 0, p.who FROM records r
JOIN reports p ON p.recommendation = r.ident WHERE r.type = 'action.recommended' AND r.customer = ?
"""


class Outcome(NamedTuple):
    """One report of what became of an action."""

    episode: bytes | None
    action: str | None
    recommendation: bytes | None
    outcome: ActionOutcome
    at: Instant
    by_service: bool
    by: str | None


class Became(NamedTuple):
    """Holds what became of an action for an episode, the newest first, and the last since it was last recommended."""

    outcomes: list[Reported]
    last: Reported | None


Reports = Mapping[tuple[bytes | None, str | None], Sequence[Outcome]]
"""Reports by the episode and the action that they are of."""


def outcomes_of(link: sqlite3.Connection, customer: int) -> Reports:
    """Return all reports about a customer's actions, in order of time, and a person before a service."""
    found = defaultdict[tuple[bytes | None, str | None], list[Outcome]](list)
    rows = (Outcome(*row) for row in link.execute(_OF_CUSTOMER, (customer, customer)))
    for one in sorted(rows, key=lambda one: (one.at, one.by_service, one.by or "")):
        found[one.episode, one.action].append(one)
    return found


def became(reports: Sequence[Outcome], recommendation: bytes | None, since: Instant | None) -> Became:
    """Return what became of an action, by the reports about it; of the same told twice the first counts."""
    first: dict[tuple[bytes | None, ActionOutcome], Outcome] = {}
    for one in reports:
        first.setdefault((one.recommendation, one.outcome), one)
    newest = sorted(first.values(), key=lambda one: (-one.at, one.outcome, one.recommendation or b""))
    is_of_now = (
        one.recommendation == recommendation if one.recommendation is not None else since is None or one.at >= since
        for one in newest
    )
    shown = [Reported(outcome=one.outcome, by=one.by, at=moment(one.at)) for one in newest]
    return Became(shown, next((one for one, holds in zip(shown, is_of_now, strict=True) if holds), None))
