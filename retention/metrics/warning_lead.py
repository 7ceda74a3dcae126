"""Warning lead = how long before the loss the first of the signals that warned of it was of medium severity: median."""

from fractions import Fraction

from retention.measures.lost import LEAD, LOST
from retention.metrics import losses
from retention.metrics.base import SECONDS, Metric, Quantile

WARNING_LEAD = Metric(
    name="warning_lead",
    help="Median seconds from when a signal of medium severity or more warned of a loss to the loss, of those warned.",
    gauge="warning_lead_seconds",
    of=(LOST,),
    unit=SECONDS,
    value=Quantile(LEAD, Fraction(1, 2)),
    sample=lambda values: values.flow("warned"),
    components=losses.components,
)
