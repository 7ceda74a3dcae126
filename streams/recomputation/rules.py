"""The definitions of the figures, written a second time: the worker's policy is not used."""

from typing import NamedTuple


class Rules(NamedTuple):
    """The company's bounds, as the worker has them."""

    zone: str = "UTC"
    window_days: int = 90
    pause_days: int = 90
    grace_days: int = 30
    fiscal_start_month: int = 1
