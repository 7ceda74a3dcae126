"""Whole dead letters, as JSON and as lines for a terminal, on which no character of a producer acts."""

import base64
import heapq
from collections.abc import AsyncIterator, Iterator
from typing import Any

from schemas.visible import visible
from streams.letters.letter import Letter
from streams.letters.tally import when

ERASED = "the customer was erased: only the place of the record is shown"


async def newest(letters: AsyncIterator[Letter], most: int) -> list[Letter]:
    """Return the letters that were refused last, at most so many, oldest first."""
    found: list[tuple[tuple[int, int, int], Letter]] = []
    async for letter in letters:
        entry = (letter.at, letter.number, letter.offset), letter
        if len(found) < most:
            heapq.heappush(found, entry)
        else:
            heapq.heappushpop(found, entry)
    return [letter for _, letter in sorted(found, key=lambda one: one[0])]


def as_json(letter: Letter, *, erased: bool) -> dict[str, Any]:
    """Return a dead letter as JSON. Of an erased customer it has nothing but where the record stood."""
    found: dict[str, Any] = {
        "letter": letter.place,
        "refused_at": when(letter.at),
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.position,
        "timestamp": when(letter.timestamp),
        "reason": letter.reason,
        "remedy": letter.remedy,
        "worker_version": letter.version,
    }
    if erased:
        return found | {"left_out": ERASED}
    return found | {
        "error": letter.error,
        "key": _bytes(letter.key),
        "value": _bytes(letter.value),
        "headers": [{"name": name, "value": _bytes(value)} for name, value in letter.headers],
        "left_out": letter.lacks or None,
    }


def as_lines(letter: Letter, *, erased: bool) -> Iterator[str]:
    """Yield a dead letter as lines that are safe to print."""
    yield f"{letter.place}  {visible(letter.stood)}, of {when(letter.timestamp)}, refused {when(letter.at)}"
    yield f"  reason   {visible(letter.reason)}{'' if erased else ': ' + visible(letter.error)}"
    yield f"  remedy   {letter.remedy}"
    if erased:
        yield f"  content  left out: {ERASED}"
        return
    if letter.lacks_all:
        yield f"  lacks    {letter.lacks}"
        return
    if letter.lacks:
        yield f"  lacks    {letter.lacks}; the record stands in {visible(letter.stood)}"
    yield f"  key      {_shown(letter.key)}"
    for name, value in letter.headers:
        yield f"  header   {visible(name)}: {_shown(value)}"
    yield f"  value    {_shown(letter.value)}"


def _bytes(value: bytes | None) -> dict[str, str] | None:
    if value is None:
        return None
    try:
        return {"text": value.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def _shown(value: bytes | None) -> str:
    found = _bytes(value)
    if found is None:
        return "none"
    return visible(found["text"]) if "text" in found else f"base64 {found['base64']}"
