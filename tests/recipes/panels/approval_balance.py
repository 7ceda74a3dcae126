"""Approval = share of promoters less share of detractors, of the latest answers of 90 days [S]."""

from retention.metrics.base import RATIO, Count, Metric, Ratio
from tests.recipes.panels.approval import APPROVAL

APPROVAL_BALANCE = Metric(
    name="approval_balance",
    help="Share of promoters (9, 10) less share of detractors (0 to 6), of the latest answers of 90 days.",
    gauge="approval_balance_ratio",
    of=(APPROVAL,),
    unit=RATIO,
    value=Ratio(
        Count(lambda values: values.end("promoters") - values.end("detractors")),
        Count(lambda values: values.end("answers")),
    ),
    sample=lambda values: values.end("answers"),
)
