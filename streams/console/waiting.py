"""Waits for what a thread does to the store, whatever happens meanwhile."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def to_the_end(doing: Awaitable[T]) -> T:
    """Wait for a write, also if this is cancelled meanwhile: a thread goes on, and may not meet a closed store."""
    task = asyncio.ensure_future(doing)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
