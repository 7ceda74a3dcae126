"""Sets how a process uses memory: it rarely collects garbage, and a worker keeps freed memory for the next fetch."""

import gc
from contextlib import suppress
from typing import Final

KEPT_FREE: Final = 67_108_864
"""Free bytes at the end of the heap that stay with the process."""
LARGEST_KEPT: Final = 33_554_432
"""Bytes of the largest block that comes from the heap; larger ones come from the system each time."""
_SELDOM: Final = (500_000, 5, 10)
"""Containers that are added before a collection, and how many collections of each generation before one of the next."""
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
"""A parameter of `mallopt(3)`."""


def begin() -> None:
    """Set this process up to import a command without looking for garbage: modules stay, and leave next to none.

    Else 296 collections look through all that is imported by then: a sixth of the start (docs/performance.md).
    """
    gc.set_threshold(*_SELDOM)


def end() -> None:
    """Keep everything out of the garbage collections with which Python ends: 0.15 s, in which memory is freed."""
    gc.freeze()


def settle() -> None:
    """Set this process up for steady work. Modules imported so far are excluded from garbage collection.

    Nearly nothing here is cyclic, and a collection costs 400 ns for each container that stays: over a million events 28
    collections, one after 50,000 containers, took 0.6 to 0.9 s and found 1,612 objects. A fetch passes through buffers
    of megabytes, which glibc returns to the system and takes again, page by page: keeping them saved 8 to 20 % of the
    retention job (../docs/decisions/0022, 0025). With another C library nothing is set.
    """
    gc.set_threshold(*_SELDOM)
    gc.freeze()
    import ctypes  # most commands do without

    with suppress(AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(_TRIM_THRESHOLD, KEPT_FREE)


def collect() -> None:
    """Collect the garbage of a rebalance now: after `settle` it would stay for hours.

    The producers, connections and tasks of a partition refer to each other in circles. Its states are gone by then, so
    a collection takes some 10 ms only. The memory that it frees lies between blocks in use, and returns to the system
    only on request: the next owner of those states needs it.
    """
    import ctypes

    gc.collect()
    with suppress(AttributeError):  # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)
