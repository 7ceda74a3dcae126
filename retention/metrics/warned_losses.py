"""Warned losses = losses at which a signal of medium severity or more was open, over all losses."""

from retention.measures.lost import LOST
from retention.metrics import losses
from retention.metrics.base import RATIO, Breakdown, Count, Metric, Ratio

WARNED_LOSSES = Metric(
    name="warned_losses",
    help="Customers lost in the period for whom a signal of medium severity or more was open, over all lost.",
    gauge="warned_losses_ratio",
    of=(LOST,),
    unit=RATIO,
    value=Ratio(Count(lambda values: values.flow("warned")), Count(losses.losses)),
    sample=losses.losses,
    components=losses.components,
    proportion=True,
    breakdowns=(
        Breakdown(
            "losses_warned_by_signal",
            "Losses of the period at which a signal was open, of medium severity or more.",
            "signal",
            losses.warned_by,
        ),
    ),
)
