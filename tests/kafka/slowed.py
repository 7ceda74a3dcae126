"""`backstay` on a slow line: what is killed in a backlog has to find one for long enough.

SECONDS_A_BATCH is how long each 200 records of a topic take to come in, or as many as there are.
"""

import asyncio
import os
from typing import Final

from aiokafka import TopicPartition

from streams.cli import main
from streams.partition_log import Batch, PartitionLog

SECONDS = float(os.environ.get("SECONDS_A_BATCH", "0"))
PIECE: Final = 200
_fetch_from = PartitionLog._fetch_from


async def fetch_slowly(log: PartitionLog, where: list[TopicPartition], timeout_ms: int) -> list[Batch]:
    """Fetch, and let each batch take its time."""
    found = await _fetch_from(log, where, timeout_ms)
    await asyncio.sleep(SECONDS * sum(max(1, -(-len(batch.records) // PIECE)) for batch in found))
    return found


if __name__ == "__main__":
    PartitionLog._fetch_from = fetch_slowly  # type: ignore[method-assign, assignment]
    main()
