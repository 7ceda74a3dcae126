"""Streams that are read one after the other, their beginnings ahead of their turn."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from streams.read_ahead import in_order


class Readers:
    """Readers that note when they begin to wait, and whether they are closed."""

    def __init__(self, lengths: list[int]) -> None:
        self.begun: list[int] = []
        self.closed: list[int] = []
        self.all = [self._reader(number, length) for number, length in enumerate(lengths)]

    async def _reader(self, number: int, length: int) -> AsyncGenerator[str, None]:
        self.begun.append(number)
        try:
            await asyncio.sleep(0)
            for batch in range(length):
                yield f"{number}.{batch}"
        finally:
            self.closed.append(number)


@pytest.mark.parametrize("ahead", [1, 2, 3, 9])
@pytest.mark.parametrize("lengths", [[], [0], [2, 0, 3], [0, 0, 1, 2], [1] * 7])
async def test_everything_comes_in_order_and_every_reader_is_closed(ahead: int, lengths: list[int]) -> None:
    readers = Readers(lengths)
    found = [piece async for piece in in_order(readers.all, ahead)]
    assert found == [(n, f"{n}.{batch}") for n, length in enumerate(lengths) for batch in range(length)]
    assert sorted(readers.closed) == list(range(len(lengths)))


async def test_no_more_than_so_many_begin_before_their_turn() -> None:
    readers = Readers([1, 1, 1, 1, 1])
    reading = in_order(readers.all, 3)
    assert await anext(reading) == (0, "0.0")
    await asyncio.sleep(0)
    assert readers.begun == [0, 1, 2]
    await reading.aclose()
    assert sorted(readers.closed) == [0, 1, 2]


async def test_the_error_of_a_reader_comes_in_its_turn_and_the_others_are_closed() -> None:
    readers = Readers([2, 1, 1])

    async def broken() -> AsyncGenerator[str, None]:
        raise OSError("no connection")
        yield ""

    reading = in_order([readers.all[0], broken(), readers.all[1]], 3)
    assert [await anext(reading), await anext(reading)] == [(0, "0.0"), (0, "0.1")]
    with pytest.raises(OSError, match="no connection"):
        await anext(reading)
    assert sorted(readers.closed) == [0, 1]
