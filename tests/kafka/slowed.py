"""`backstay` on a slow line: what is killed in a backlog has to find one for long enough.

SECONDS_A_BATCH is how long each 200 records of a topic take to come in, or as many as there are.
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
    """Fetch, and let each batch take its time."""
    found = await _fetch(fetching, where, timeout_ms)
    await asyncio.sleep(SECONDS * sum(max(1, -(-len(one.batch.records) // PIECE)) for one in found))
    return found


if __name__ == "__main__":
    Fetching.fetch = fetch_slowly  # type: ignore[method-assign, assignment]
    main()
