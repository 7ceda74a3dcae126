"""(E − acquired) / S: over 100 % when customers return, under 0 % when newcomers leave. To reconcile, not to steer."""

from fractions import Fraction

from retention.metrics.base import Metric

CRR_NAIVE = Metric(
    name="crr_naive",
    help="The careless CRR, (E - acquired) / S: shown only to reconcile with other tools.",
    unit="ratio",
    subject="customers",
    gauge="customer_retention_naive_ratio",
    numerator=lambda f: Fraction(f.E - f.acquired),
    denominator=lambda f: Fraction(f.S),
)
