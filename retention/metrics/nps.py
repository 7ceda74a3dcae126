"""NPS = share of promoters less share of detractors, of the latest answers of 90 days [S]."""

from retention.measures.nps_answers import NPS_ANSWERS
from retention.metrics.base import RATIO, Count, Metric, Ratio

NPS = Metric(
    name="nps",
    help="Share of promoters (9, 10) less share of detractors (0 to 6), of customers' latest answers of 90 days.",
    gauge="net_promoter_score_ratio",
    of=(NPS_ANSWERS,),
    unit=RATIO,
    value=Ratio(
        Count(lambda values: values.end("promoters") - values.end("detractors")),
        Count(lambda values: values.end("answers")),
    ),
    sample=lambda values: values.end("answers"),
)
