"""CCR = lost / S = 1 − CRR [S]."""

from fractions import Fraction

from retention.metrics.base import Metric

CHURN_RATE = Metric(
    name="churn_rate",
    help="Customer churn rate: customers of the period's start that are gone at its end, over all of them.",
    unit="ratio",
    subject="customers",
    gauge="customer_churn_ratio",
    numerator=lambda f: Fraction(f.lost),
    denominator=lambda f: Fraction(f.S),
    proportion=True,
)
