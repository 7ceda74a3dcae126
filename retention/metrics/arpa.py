"""ARPA = MRR / customers, both at the end of the period."""

from fractions import Fraction

from retention.metrics.base import Metric

ARPA = Metric(
    name="arpa",
    help="MRR at the end of the period per customer that is active then.",
    unit="currency_per_month",
    subject="revenue",
    gauge="average_revenue_per_account",
    numerator=lambda f: f.mrr_end,
    denominator=lambda f: Fraction(f.E),
)
