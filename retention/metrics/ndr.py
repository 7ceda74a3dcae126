"""NDR = Σ end MRR of the customers with start MRR > 0 / Σ their start MRR [S]. Newcomers do not count."""

from retention.measures.subscription import SUBSCRIPTION
from retention.metrics import customers, revenue
from retention.metrics.base import RATIO, Breakdown, Metric, Money, Ratio

NDR = Metric(
    name="ndr",
    help="Net dollar retention: what the customers of the start are worth at the end, over what they were worth.",
    gauge="net_dollar_retention_ratio",
    of=(SUBSCRIPTION,),
    unit=RATIO,
    value=Ratio(Money(revenue.cohort_end), Money(revenue.start)),
    sample=customers.start,
    is_money=True,
    components=revenue.components,
    breakdowns=(
        Breakdown(
            "recurring_revenue_movement",
            "MRR that moved in the period, in major units: one series for each kind of movement.",
            "movement",
            revenue.moved,
        ),
    ),
)
