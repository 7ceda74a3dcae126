"""CCR = lost / S = 1 − CRR [S]."""

from retention.measures import BASES
from retention.metrics import customers
from retention.metrics.base import RATIO, Count, Metric, Ratio

CHURN_RATE = Metric(
    name="churn_rate",
    help="Customer churn rate: customers of the period's start that are gone at its end, over all of them.",
    gauge="customer_churn_ratio",
    of=BASES,
    unit=RATIO,
    value=Ratio(Count(lambda values: values.flow("lost")), Count(customers.start)),
    sample=customers.start,
    components=customers.components,
    proportion=True,
)
