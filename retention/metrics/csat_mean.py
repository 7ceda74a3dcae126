"""The mean of the ratings of a period, from 1 to 5."""

from retention.measures.support_answers import SUPPORT_ANSWERS
from retention.metrics.base import SCORE, Count, Exact, Metric, Ratio

CSAT_MEAN = Metric(
    name="csat_mean",
    help="Mean of the period's ratings, from 1 to 5.",
    gauge="customer_satisfaction_score",
    of=(SUPPORT_ANSWERS,),
    unit=SCORE,
    value=Ratio(
        Exact(lambda values: values.flow("csat_scores")),
        Count(lambda values: values.flow("csat_answers")),
    ),
    sample=lambda values: values.flow("csat_answers"),
)
