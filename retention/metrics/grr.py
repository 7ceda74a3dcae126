"""GRR = Σ min(start, end) / Σ start: what is kept before anything grows."""

from retention.metrics.base import Metric

GRR = Metric(
    name="grr",
    help="Gross revenue retention: as net dollar retention, with no customer above its start. At most 1.",
    unit="ratio",
    subject="revenue",
    gauge="gross_revenue_retention_ratio",
    numerator=lambda f: f.start_cohort_kept,
    denominator=lambda f: f.mrr_start,
)
