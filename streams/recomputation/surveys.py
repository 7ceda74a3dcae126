"""Computes NPS at an instant and the scores about support in a period again, from the raw log."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.recomputation.lines import Document, by_customer, time_of
from streams.recomputation.rules import Rules

_HOLDS_DAYS = 90
_USUAL = {"csat": (1, 5), "ces": (1, 7)}
_GOOD = {"csat": 4, "ces": 5}


class Recommending(NamedTuple):
    """The customers with an answer that holds, and how many of them are promoters and detractors."""

    answers: int
    promoters: int
    detractors: int

    @property
    def nps(self) -> Fraction | None:
        """Return the share of promoters less that of detractors; None without answers."""
        return Fraction(self.promoters - self.detractors, self.answers) if self.answers else None


class Rated(NamedTuple):
    """The answers of a period to surveys of one kind, how many of them are good, and the sum of their scores."""

    answers: int
    good: int
    total: Fraction


def recommending(documents: list[Document], at: datetime, rules: Rules) -> Recommending:
    """Return how customers answered before an instant, each by its latest answer of 90 local days."""
    zone = ZoneInfo(rules.zone)
    since = (at.astimezone(zone).replace(tzinfo=None) - timedelta(days=_HOLDS_DAYS)).replace(tzinfo=zone)
    scores: list[int] = []
    for events in by_customer(_surveys(documents, "nps")).values():
        said = [event for event in events if time_of(event["occurred_at"]) < at]
        if said and time_of(said[-1]["occurred_at"]) >= since.astimezone(UTC):
            scores.append(said[-1]["score"])
    return Recommending(len(scores), sum(s in {9, 10} for s in scores), sum(s in range(7) for s in scores))


def rated(documents: list[Document], kind: str, since: datetime, until: datetime) -> Rated:
    """Return the answers of a period to surveys of a kind, on its usual scale."""
    scores = [
        _score(event, kind) for event in _surveys(documents, kind) if since <= time_of(event["occurred_at"]) < until
    ]
    return Rated(len(scores), sum(score >= _GOOD[kind] for score in scores), sum(scores, Fraction()))


def _surveys(documents: list[Document], kind: str) -> list[Document]:
    return [event for event in documents if event["type"] == "survey.answered" and event["kind"] == kind]


def _score(event: Document, kind: str) -> Fraction:
    low, high = _USUAL[kind]
    least, most = event.get("lowest", low), event.get("scale", high)
    share = Fraction(event["score"] - least, most - least)
    return low * (1 - share) + high * share
