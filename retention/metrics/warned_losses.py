"""Warned losses = losses at which a signal of medium severity or more was open, over all losses."""

from retention.metrics.base import Breakdown
from retention.metrics.losses import share_of_losses, warned_by

WARNED_LOSSES = share_of_losses(
    "warned_losses",
    "Customers lost in the period for whom a signal of medium severity or more was open, over all lost.",
    "warned",
    Breakdown(
        "losses_warned_by_signal",
        "Losses of the period at which a signal was open, of medium severity or more.",
        "signal",
        warned_by,
    ),
)
