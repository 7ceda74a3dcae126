"""ARR = 12 × MRR."""

from retention.measures.subscription import SUBSCRIPTION
from retention.metrics import customers, revenue
from retention.metrics.base import CURRENCY_PER_YEAR, Metric, Money, Total

ARR = Metric(
    name="arr",
    help="Annual recurring revenue at the end of the period: 12 x MRR.",
    gauge="annual_recurring_revenue",
    of=(SUBSCRIPTION,),
    unit=CURRENCY_PER_YEAR,
    value=Total(Money(lambda values: 12 * revenue.end(values))),
    sample=customers.end,
    is_money=True,
    components=revenue.components,
)
