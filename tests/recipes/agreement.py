"""A measure and a metric about neither customers nor money: how content those are that asked within 30 days.

The topic of a ticket stands for the answer to a survey here: `how_to` for a promoter, `billing` for a detractor.
"""

from typing import Final

from retention.calendar import DAY, NEVER
from retention.features.tickets.facets import TICKETS, TROUBLES
from retention.features.tickets.section import TICKETS as KEPT
from retention.features.tickets.tickets import opened_at
from retention.measures.base import Level, Measure, Values
from retention.measures.lapsing import Lapsing, Spell
from retention.metrics.base import RATIO, Count, Metric, Ratio
from retention.policy import Policy
from retention.state.customer import Customer

HOLDS_DAYS: Final = 30


def _spells(customer: Customer, _policy: Policy) -> list[Spell]:
    """Return the answers in order of time; of those of one instant the one with the greatest id is the latest."""
    asked = [one for one in (KEPT.seen(customer) or {}).values() if opened_at(one) < NEVER]
    answers = {opened_at(one): one.topic for one in sorted(asked, key=lambda one: min(one.steps).event_id)}
    return [
        Spell(at, at + HOLDS_DAYS * DAY, (1, int(topic == "how_to"), int(topic == "billing")))
        for at, topic in sorted(answers.items())
    ]


def _window(_policy: Policy) -> int:
    return HOLDS_DAYS


_LAPSING: Final = Lapsing(_spells)

AGREEMENT: Final = Measure(
    "agreement",
    reads=frozenset({TICKETS, TROUBLES}),
    levels=(Level("answers"), Level("promoters"), Level("detractors")),
    shown=_LAPSING.shown,
    next_step=_LAPSING.next_step,
    window=_window,
)


def _balance(values: Values) -> int:
    return int(values.end("promoters") - values.end("detractors"))


def _answers(values: Values) -> int:
    return int(values.end("answers"))


AGREEMENT_BALANCE: Final = Metric(
    name="agreement_balance",
    help="Share of promoters less share of detractors, of the latest answers of 30 days.",
    gauge="agreement_balance_ratio",
    of=(AGREEMENT,),
    unit=RATIO,
    value=Ratio(Count(_balance), Count(_answers)),
    sample=_answers,
)
