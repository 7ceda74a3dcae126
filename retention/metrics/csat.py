"""CSAT = share of the ratings of a period that are 4 or 5 of 5 [S]."""

from retention.measures.support_answers import SUPPORT_ANSWERS
from retention.metrics.base import RATIO, Count, Metric, Ratio

CSAT = Metric(
    name="csat",
    help="Customer satisfaction: share of the period's ratings that are 4 or more of 5.",
    gauge="customer_satisfaction_ratio",
    of=(SUPPORT_ANSWERS,),
    unit=RATIO,
    value=Ratio(
        Count(lambda values: values.flow("csat_good")),
        Count(lambda values: values.flow("csat_answers")),
    ),
    sample=lambda values: values.flow("csat_answers"),
    proportion=True,
)
