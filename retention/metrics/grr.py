"""GRR = Σ min(start, end) / Σ start: what is kept before anything grows."""

from retention.measures.subscription import SUBSCRIPTION
from retention.metrics import customers, revenue
from retention.metrics.base import RATIO, Metric, Money, Ratio

GRR = Metric(
    name="grr",
    help="Gross revenue retention: as net dollar retention, with no customer above its start. At most 1.",
    gauge="gross_revenue_retention_ratio",
    of=(SUBSCRIPTION,),
    unit=RATIO,
    value=Ratio(Money(revenue.cohort_kept), Money(revenue.start)),
    sample=customers.start,
    is_money=True,
    components=revenue.components,
)
