"""ARR = 12 × MRR."""

from retention.metrics.base import Metric

ARR = Metric(
    name="arr",
    help="Annual recurring revenue at the end of the period: 12 x MRR.",
    unit="currency_per_year",
    subject="revenue",
    gauge="annual_recurring_revenue",
    numerator=lambda f: f.mrr_end * 12,
    denominator=None,
)
