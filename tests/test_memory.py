"""Memory that a worker frees stays with it, so that the next fetch takes no page from the system."""

import ctypes
import subprocess
import sys
from typing import Final

import pytest

PAGE: Final = 4_096
MEGABYTE: Final = 1_048_576
FETCH: Final = 4 * MEGABYTE
ROUNDS: Final = 20
USE: Final = """
import resource, sys
from streams import memory
if sys.argv[1] == "settled":
    memory.settle()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def fetch():
    return [bytearray({size}) for _ in range(4)]
fetch()
begun = faults()
for _ in range({rounds}):
    fetch()
print(faults() - begun)
"""


def pages_taken(how: str) -> int:
    """Count the pages that a process takes in so many fetches of four partitions."""
    program = USE.format(size=FETCH, rounds=ROUNDS)
    said = subprocess.run([sys.executable, "-c", program, how], capture_output=True, text=True, check=True)
    return int(said.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only glibc is told what to keep")
def test_a_settled_process_takes_the_pages_of_a_fetch_once() -> None:
    once = 4 * FETCH // PAGE

    assert pages_taken("settled") < once
    assert pages_taken("as it comes") > ROUNDS // 2 * once
