"""How a worker uses memory: it looks for garbage seldom, and keeps what it has freed for the next fetch."""

import ctypes
import gc
from contextlib import suppress
from typing import Final

KEPT_FREE: Final = 67_108_864
"""Bytes at the end of the heap that may be free and stay with the process."""
LARGEST_KEPT: Final = 33_554_432
"""Bytes of the largest block that comes from the heap and not, each time anew, from the system."""
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
"""Of `mallopt(3)`."""


def settle() -> None:
    """Set this process up for steady work. What it has imported so far is never looked at for garbage again.

    Nearly nothing here is cyclic, and a look costs 400 ns for each container that has come to stay: of a million events
    28 looks, one after 50,000 containers, took 0.6 to 0.9 s and collected 1,612 objects. A fetch passes through buffers
    of megabytes, which glibc gives back to the system and takes again, page by page: keeping them saved 8 to 20 % of
    the retention job (../docs/decisions/0022, 0025). Another C library is left as it is.
    """
    gc.set_threshold(500_000, 5, 10)
    gc.freeze()
    with suppress(AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(_TRIM_THRESHOLD, KEPT_FREE)


def collect() -> None:
    """Collect what a rebalance has left behind, now: a settled process would look for it after hours.

    The producers, connections and tasks of a partition refer to each other in circles. Its states are gone by then, so
    there is little to look at: some 10 ms. What that frees lies between what is still used, and goes back to the system
    only if it is asked to: the next owner of those states needs it.
    """
    gc.collect()
    with suppress(AttributeError):  # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)
