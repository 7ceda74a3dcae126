"""MRR at the end of the period, after everything that happened before its end."""

from retention.measures.subscription import SUBSCRIPTION
from retention.metrics import customers, revenue
from retention.metrics.base import Metric, Money, Total

MRR = Metric(
    name="mrr",
    help="Monthly recurring revenue at the end of the period, in major units of its currency.",
    gauge="monthly_recurring_revenue",
    of=(SUBSCRIPTION,),
    unit="currency_per_month",
    value=Total(Money(revenue.end)),
    sample=customers.end,
    is_money=True,
    components=revenue.components,
)
