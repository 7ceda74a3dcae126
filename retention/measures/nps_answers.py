"""Counts promoters and detractors: by the latest NPS answer of each customer, for 90 local days.

answer           answer                lapse
──┼────────────────┼─────────────────────┼──►   the score of the latest one counts, and then none
"""

from typing import Final

from retention.features.feedback.facets import RECOMMENDATIONS
from retention.features.feedback.said import recommendations
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.measures.base import Level, Measure
from retention.measures.lapsing import Lapsing, Spell
from retention.policy import Policy
from retention.state.customer import Customer

HOLDS_DAYS: Final = 90
PROMOTER: Final = 9
DETRACTOR: Final = 6


def _spells(customer: Customer, policy: Policy) -> list[Spell]:
    return [
        Spell(
            said.at,
            policy.calendar.add_days(said.at, HOLDS_DAYS),
            (1, int(said.score >= PROMOTER), int(said.score <= DETRACTOR)),
        )
        for said in recommendations(feedback_seen(customer))
    ]


def _window(_policy: Policy) -> int:
    return HOLDS_DAYS


_LAPSING: Final = Lapsing(_spells)

NPS_ANSWERS: Final = Measure(
    "nps_answers",
    reads=frozenset({RECOMMENDATIONS}),
    levels=(Level("answers"), Level("promoters"), Level("detractors")),
    shown=_LAPSING.shown,
    next_step=_LAPSING.next_step,
    needs=(FEEDBACK,),
    window=_window,
)
