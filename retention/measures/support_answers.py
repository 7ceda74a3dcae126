"""Counts the answers about the support, and their scores: each in the period in which it was given."""

from fractions import Fraction
from typing import Final, NamedTuple, cast

from retention.calendar import NEVER, Instant
from retention.features.feedback.facets import SUPPORT_SCORES
from retention.features.feedback.said import CES_SCALE, CSAT, CSAT_SCALE, Said, support_scores
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.measures.base import NOTHING_SHOWN, Measure, Shown, Step, Track, Vector, Window, add
from retention.policy import Policy
from retention.state.customer import Customer

SATISFIED: Final = 4
EASY: Final = 5


class _Answer(NamedTuple):
    """The kind of an answer, its score on the usual scale, and whether it is a good one."""

    kind: str
    score: Fraction
    good: bool


def shown(customer: Customer, _policy: Policy, _as_of: Instant) -> Shown:
    """Return the answers of a customer as steps of no levels."""
    answers = support_scores(feedback_seen(customer))
    if not answers:
        return NOTHING_SHOWN
    steps = [Step(-NEVER, ()), *(Step(said.at, (), detail=_answer(said)) for said in answers)]
    return Shown([Track(None, steps, NEVER, NEVER)], [])


def _answer(said: Said) -> _Answer:
    if said.kind == CSAT:
        rating = said.on(CSAT_SCALE)
        return _Answer("csat", rating, rating >= SATISFIED)
    effort = said.on(CES_SCALE)
    return _Answer("ces", effort, effort >= EASY)


def book(vector: Vector, window: Window) -> None:
    """Add the answers of a period: how many, how many good ones, and their scores."""
    for step in window.steps:
        answer = cast("_Answer", step.detail)
        add(vector, f"{answer.kind}_answers", 1)
        add(vector, f"{answer.kind}_good", int(answer.good))
        add(vector, f"{answer.kind}_scores", answer.score)


SUPPORT_ANSWERS: Final = Measure(
    "support_answers",
    reads=frozenset({SUPPORT_SCORES}),
    levels=(),
    shown=shown,
    needs=(FEEDBACK,),
    book=book,
)
