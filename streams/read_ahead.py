"""Reads several streams one after the other, and waits for the beginnings of many at once.

reader   1  2  3  4
waits    |  |  |  |    together: most of the time an empty partition is waited for, and nothing comes
read     11 22 33 44   in order, and no more than the first batch of each is held before its turn
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import TypeVar

T = TypeVar("T")


async def in_order(readers: Sequence[AsyncGenerator[T, None]], ahead: int) -> AsyncGenerator[tuple[int, T], None]:
    """Yield what readers yield, each with the number of its reader, in order of the readers.

    The first batch of at most `ahead` readers is awaited before their turn. All readers are closed in the end.
    """
    begun: dict[int, asyncio.Task[T | None]] = {}
    try:
        for number, reader in enumerate(readers):
            for following in range(number, min(number + ahead, len(readers))):
                if following not in begun:
                    begun[following] = asyncio.create_task(_next(readers[following]))
            batch = await begun[number]
            while batch is not None:
                yield number, batch
                batch = await _next(reader)
    finally:
        for task in begun.values():
            task.cancel()
        await asyncio.gather(*begun.values(), return_exceptions=True)
        for reader in readers:
            await reader.aclose()


async def _next(reader: AsyncGenerator[T, None]) -> T | None:
    """Return the next batch of a reader, None at its end."""
    return await anext(reader, None)
