"""Milestones reached over milestones required, of the customers that are new at the end of the period."""

from retention.measures.milestones import ONBOARDING
from retention.metrics.base import RATIO, Count, Metric, Ratio

ONBOARDING_COMPLETION = Metric(
    name="onboarding_completion",
    help="Share of the listed milestones that customers of the last 90 days have reached at the end of the period.",
    gauge="onboarding_completion_ratio",
    of=(ONBOARDING,),
    unit=RATIO,
    value=Ratio(
        Count(lambda values: values.end("reached")),
        Count(lambda values: values.end("required")),
    ),
    sample=lambda values: values.end("required"),
)
