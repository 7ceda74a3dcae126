"""`backstay` on a slow line, so that a backlog lasts long enough to be killed in.

SECONDS_A_BATCH is the time that each batch of up to 200 records of a topic takes to arrive.
"""

import asyncio
import os
from typing import Final

from aiokafka import TopicPartition

from streams.channels import Delivery
from streams.cli import main
from streams.fetching import Fetching

SECONDS = float(os.environ.get("SECONDS_A_BATCH", "0"))
PIECE: Final = 200
_fetch = Fetching.fetch


async def fetch_slowly(fetching: Fetching, where: list[TopicPartition], timeout_ms: int) -> list[Delivery]:
    """Fetch, and delay each batch."""
    found = await _fetch(fetching, where, timeout_ms)
    await asyncio.sleep(SECONDS * sum(max(1, -(-len(one.batch.records) // PIECE)) for one in found))
    return found


if __name__ == "__main__":
    Fetching.fetch = fetch_slowly  # type: ignore[method-assign, assignment]
    main()
