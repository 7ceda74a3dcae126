"""NDR = Σ end MRR of the customers with start MRR > 0 / Σ their start MRR [S]. Newcomers do not count."""

from retention.metrics.base import Metric

NDR = Metric(
    name="ndr",
    help="Net dollar retention: what the customers of the start are worth at the end, over what they were worth.",
    unit="ratio",
    subject="revenue",
    gauge="net_dollar_retention_ratio",
    numerator=lambda f: f.start_cohort_end,
    denominator=lambda f: f.mrr_start,
)
