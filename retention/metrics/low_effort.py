"""Low effort = the share of the answers of a period that found it easy to be helped: 5 or more of 7 [S]."""

from retention.measures.support_answers import SUPPORT_ANSWERS
from retention.metrics.base import RATIO, Count, Metric, Ratio

LOW_EFFORT = Metric(
    name="low_effort",
    help="Share of the period's answers about effort that are 5 or more of 7.",
    gauge="low_effort_ratio",
    of=(SUPPORT_ANSWERS,),
    unit=RATIO,
    value=Ratio(
        Count(lambda values: values.flow("ces_good")),
        Count(lambda values: values.flow("ces_answers")),
    ),
    sample=lambda values: values.flow("ces_answers"),
    proportion=True,
)
