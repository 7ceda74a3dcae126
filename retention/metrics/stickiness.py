"""Stickiness = daily actives / monthly actives: the mean of the daily ones over the days that have begun."""

from typing import Any

from retention.measures.base import Values
from retention.measures.sign_ins import SIGN_INS
from retention.metrics.base import RATIO, Count, Metric, Ratio, components


def _beside(values: Values, currency: str) -> dict[str, Any]:
    return components(values, currency) | {"days": str(values.days)}


STICKINESS = Metric(
    name="stickiness",
    help="Mean number of customers that signed in on a day of the period, over those that signed in during it.",
    gauge="stickiness_ratio",
    of=(SIGN_INS,),
    unit=RATIO,
    value=Ratio(
        Count(lambda values: values.flow("active_days")),
        Count(lambda values: values.flow("actives") * values.days),
    ),
    sample=lambda values: values.flow("actives"),
    components=_beside,
)
