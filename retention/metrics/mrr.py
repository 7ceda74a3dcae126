"""MRR at the end of the period, after everything that happened before its end."""

from retention.metrics.base import Metric

MRR = Metric(
    name="mrr",
    help="Monthly recurring revenue at the end of the period, in major units of its currency.",
    unit="currency_per_month",
    subject="revenue",
    gauge="monthly_recurring_revenue",
    numerator=lambda f: f.mrr_end,
    denominator=None,
)
