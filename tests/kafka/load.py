"""The number of faults: what CI has time for, and what `make chaos` does."""

import os
from typing import Final, NamedTuple


class Load(NamedTuple):
    """The number of times that each thing happens."""

    kills: int
    customers: int
    """Of the log that is played meanwhile: 84 events each."""
    cycles: int
    steps: int
    """How often a worker is killed inside each step."""
    sleepers: int
    outages: int
    patience: int
    """Seconds that a test may take."""


CI: Final = Load(25, 450, 15, 3, 1, 3, 900)
CHAOS: Final = Load(100, 6_000, 60, 20, 10, 20, 5_400)
LOAD: Final = CHAOS if os.environ.get("BACKSTAY_CHAOS") else CI
