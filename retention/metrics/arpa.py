"""ARPA = MRR / customers, both at the end of the period."""

from retention.measures.subscription import SUBSCRIPTION
from retention.metrics import customers, revenue
from retention.metrics.base import CURRENCY_PER_MONTH, Count, Metric, Money, Ratio

ARPA = Metric(
    name="arpa",
    help="MRR at the end of the period per customer that is active then.",
    gauge="average_revenue_per_account",
    of=(SUBSCRIPTION,),
    unit=CURRENCY_PER_MONTH,
    value=Ratio(Money(revenue.end), Count(customers.end)),
    sample=customers.end,
    is_money=True,
    components=revenue.components,
)
