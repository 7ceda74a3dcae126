"""Signalled losses = losses at which a signal of any severity was open, over all losses."""

from retention.metrics.base import Breakdown
from retention.metrics.losses import by_signal, share_of_losses

SIGNALLED_LOSSES = share_of_losses(
    "signalled_losses",
    "Customers lost in the period for whom a signal of any severity was open, over all lost.",
    "signalled",
    Breakdown("losses_by_signal", "Losses of the period at which a signal was open.", "signal", by_signal),
)
