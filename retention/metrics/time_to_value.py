"""Time to value = first key action − activation [S]: the median of the customers that first used the product."""

from fractions import Fraction

from retention.measures.first_value import FIRST_VALUE, WAITED
from retention.metrics.base import SECONDS, Metric, Quantile

TIME_TO_VALUE = Metric(
    name="time_to_value",
    help="Median seconds from a customer's first subscription to its first use, of the first uses in the period.",
    gauge="time_to_value_seconds",
    of=(FIRST_VALUE,),
    unit=SECONDS,
    value=Quantile(WAITED, Fraction(1, 2)),
    sample=lambda values: values.flow("first_uses"),
)
