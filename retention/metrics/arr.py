"""ARR = 12 × MRR."""

from retention.measures.subscription import SUBSCRIPTION
from retention.metrics import customers, revenue
from retention.metrics.base import Metric, Money, Total

ARR = Metric(
    name="arr",
    help="Annual recurring revenue at the end of the period: 12 x MRR.",
    gauge="annual_recurring_revenue",
    of=(SUBSCRIPTION,),
    unit="currency_per_year",
    value=Total(Money(lambda values: 12 * revenue.end(values))),
    sample=customers.end,
    is_money=True,
    components=revenue.components,
)
