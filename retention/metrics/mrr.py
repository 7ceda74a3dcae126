"""MRR at the end of the period, after everything that happened before its end."""

from retention.measures.subscription import SUBSCRIPTION
from retention.metrics import customers, revenue
from retention.metrics.base import CURRENCY_PER_MONTH, Metric, Money, Total

MRR = Metric(
    name="mrr",
    help="Monthly recurring revenue at the end of the period, in major units of its currency.",
    gauge="monthly_recurring_revenue",
    of=(SUBSCRIPTION,),
    unit=CURRENCY_PER_MONTH,
    value=Total(Money(revenue.end)),
    sample=customers.end,
    is_money=True,
    components=revenue.components,
)
