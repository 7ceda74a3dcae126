"""ARPA = MRR / customers, both at the end of the period."""

from retention.measures.subscription import SUBSCRIPTION
from retention.metrics import customers, revenue
from retention.metrics.base import Count, Metric, Money, Ratio

ARPA = Metric(
    name="arpa",
    help="MRR at the end of the period per customer that is active then.",
    gauge="average_revenue_per_account",
    of=(SUBSCRIPTION,),
    unit="currency_per_month",
    value=Ratio(Money(revenue.end), Count(customers.end)),
    sample=customers.end,
    is_money=True,
    components=revenue.components,
)
