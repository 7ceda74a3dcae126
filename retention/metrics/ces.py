"""CES = the mean of the answers of a period about how easy it was to be helped, from 1 to 7 [S]."""

from retention.measures.support_answers import SUPPORT_ANSWERS
from retention.metrics.base import SCORE, Count, Exact, Metric, Ratio

CES = Metric(
    name="ces",
    help="Customer effort score: mean of the period's answers, from 1 to 7, the higher the easier.",
    gauge="customer_effort_score",
    of=(SUPPORT_ANSWERS,),
    unit=SCORE,
    value=Ratio(
        Exact(lambda values: values.flow("ces_scores")),
        Count(lambda values: values.flow("ces_answers")),
    ),
    sample=lambda values: values.flow("ces_answers"),
)
