"""Counts how content customers are: the latest answer of each customer, for 90 local days.

answer           answer                lapse
──┼────────────────┼─────────────────────┼──►   the score of the latest one counts, and then none
"""

from typing import Final

from retention.measures.base import Level, Measure
from retention.measures.lapsing import Lapsing, Spell
from retention.policy import Policy
from retention.state.customer import Customer
from tests.recipes.panels.facets import VOTES
from tests.recipes.panels.section import answers_seen

HOLDS_DAYS: Final = 90
PROMOTER, DETRACTOR = 9, 6


def _spells(customer: Customer, policy: Policy) -> list[Spell]:
    return [
        Spell(
            at,
            policy.calendar.add_days(at, HOLDS_DAYS),
            (1, int(score >= PROMOTER), int(score <= DETRACTOR), score),
        )
        for at, _, score in answers_seen(customer)
    ]


def _window(_policy: Policy) -> int:
    return HOLDS_DAYS


_LAPSING: Final = Lapsing(_spells)

APPROVAL: Final = Measure(
    "panels",
    reads=frozenset({VOTES}),
    levels=(Level("answers"), Level("promoters"), Level("detractors"), Level("score", spread=int)),
    shown=_LAPSING.shown,
    next_step=_LAPSING.next_step,
    window=_window,
)
