"""The median of the latest answers of 90 days: a quantile of a level."""

from fractions import Fraction

from retention.metrics.base import Metric, Quantile, Unit
from retention.money import decimal_text
from tests.recipes.panels.approval import APPROVAL

MEDIAN_MARK = Metric(
    name="median_mark",
    help="Half of the latest answers of 90 days are no higher than this, from 0 to 10.",
    gauge="median_mark",
    of=(APPROVAL,),
    unit=Unit("mark", lambda value, _currency: decimal_text(value, 1)),
    value=Quantile("score", Fraction(1, 2), at_end=True),
    sample=lambda values: values.end("answers"),
)
