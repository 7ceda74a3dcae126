"""Seats in use over seats paid, at the end of the period, over all accounts that say both."""

from retention.measures.seats import SEATS_IN_USE
from retention.metrics.base import RATIO, Count, Metric, Ratio

SEAT_UTILISATION = Metric(
    name="seat_utilisation",
    help="Share of the paid seats that are in use at the end of the period, over accounts that report both.",
    gauge="seat_utilisation_ratio",
    of=(SEATS_IN_USE,),
    unit=RATIO,
    value=Ratio(
        Count(lambda values: values.end("in_use")),
        Count(lambda values: values.end("paid")),
    ),
    sample=lambda values: values.end("paid"),
)
