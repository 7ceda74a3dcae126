"""CRR = (E − N) / S: the share of the customers of the start that the end still has [S]."""

from fractions import Fraction

from retention.metrics.base import Metric

CRR = Metric(
    name="crr",
    help="Customer retention rate: customers of the period's start that are still there, over all of them.",
    unit="ratio",
    subject="customers",
    gauge="customer_retention_ratio",
    numerator=lambda f: Fraction(f.E - f.N),
    denominator=lambda f: Fraction(f.S),
    proportion=True,
)
