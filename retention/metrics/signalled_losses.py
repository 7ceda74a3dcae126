"""Signalled losses = losses at which a signal of any severity was open, over all losses."""

from retention.measures.lost import LOST
from retention.metrics import losses
from retention.metrics.base import RATIO, Breakdown, Count, Metric, Ratio

SIGNALLED_LOSSES = Metric(
    name="signalled_losses",
    help="Customers lost in the period for whom a signal of any severity was open, over all lost.",
    gauge="signalled_losses_ratio",
    of=(LOST,),
    unit=RATIO,
    value=Ratio(Count(lambda values: values.flow("signalled")), Count(losses.losses)),
    sample=losses.losses,
    components=losses.components,
    proportion=True,
    breakdowns=(
        Breakdown(
            "losses_by_signal",
            "Losses of the period at which a signal was open.",
            "signal",
            losses.by_signal,
        ),
    ),
)
