"""The marks of dead letters that are done, and the erased customers: both are read from `audit`.

Rule: `audit` has a mark for each dead letter that was sent again or dropped: ranges of offsets of one partition of
`dead-letters`, with who did it, when and why. On a broker with transactions a mark is written in the same transaction
as the records that it speaks of, so that a letter is either sent and marked or neither (docs/decisions/0064).

    dead-letters-2   0 1 2 3 4 5 6 7 8        mark   retried 1–3, 6
                       r r r     r                   a later retry of all takes 0, 4, 5, 7 and 8

Reason: the letters to take are chosen by reason, topic, time and customer, so that no single offset says how far the
work has come, as it does for a consumer group.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from schemas.outbound import CustomerErased, DeadLettersDone
from streams.broker import Broker
from streams.errors import TopicsUnfit
from streams.forgetting import Forgotten, key_of, of_receipt
from streams.letters.letter import Letter
from streams.named import named_in
from streams.outbox import kind_of
from streams.topics import AUDIT, DEAD_LETTERS

Done = Literal["retried", "dropped"]
DONE: Final[tuple[Done, ...]] = ("retried", "dropped")
TYPES: Final = {f"dead_letters.{done}" for done in DONE}
ERASED: Final = "customer.erased"


class Marks:
    """The dead letters that are done: one byte an offset, up to the last that is marked."""

    def __init__(self) -> None:
        self._done: dict[int, bytearray] = {}

    def add(self, done: Done, number: int, ranges: Iterable[tuple[int, int]]) -> None:
        """Note ranges of offsets of a partition, the last of each included."""
        marks = self._done.setdefault(number, bytearray())
        code = DONE.index(done) + 1
        for first, last in ranges:
            marks.extend(bytes(max(0, last + 1 - len(marks))))
            marks[first : last + 1] = bytes([code]) * (last + 1 - first)

    def of(self, number: int, offset: int) -> Done | None:
        """Return what was done with a dead letter; None if nothing was.

        >>> marks = Marks()
        >>> marks.add("retried", 2, [(1, 3), (6, 6)])
        >>> [offset for offset in range(9) if marks.of(2, offset) is None], marks.of(2, 6)
        ([0, 4, 5, 7, 8], 'retried')
        """
        marks = self._done.get(number, b"")
        code = marks[offset] if offset < len(marks) else 0
        return DONE[code - 1] if code else None


def ranges_of(offsets: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield ascending offsets as ranges, the last of each included.

    >>> list(ranges_of([1, 2, 3, 6]))
    [(1, 3), (6, 6)]
    """
    first = last = -1
    for offset in offsets:
        if offset != last + 1 or first < 0:
            if first >= 0:
                yield first, last
            first = offset
        last = offset
    if first >= 0:
        yield first, last


class Known:
    """The contents of `audit`: the marks of the present topic `dead-letters`, and the erased customers."""

    def __init__(self, broker: Broker, ident: str) -> None:
        self.topic, self.ident = broker.topic(DEAD_LETTERS), ident
        self.marks = Marks()
        self._erased = Forgotten(key_of(broker.settings))

    def take(self, kind: str, value: bytes) -> None:
        """Take one record of `audit`. Marks of a topic that was deleted and created again are of other letters."""
        if kind in TYPES:
            done = DeadLettersDone.model_validate_json(value)
            if (done.topic, done.topic_id) == (self.topic, self.ident):
                self.marks.add(done.done, done.partition, done.offsets)
        elif kind == ERASED:
            receipt = CustomerErased.model_validate_json(value)
            self._erased.restore(*of_receipt(receipt))

    def names_erased(self, letter: Letter) -> bool:
        """Report whether a dead letter names an erased customer: it was written before the request."""
        return self.names_erased_in(letter.key, letter.value)

    def names_erased_in(self, key: bytes | None, value: bytes | None) -> bool:
        """Report whether a key and a value name an erased customer."""
        return bool(self._erased) and any(name in self._erased for name in named_in(key, value))


async def known_of(broker: Broker) -> tuple[Known, dict[str, int]]:
    """Read all of `audit`; return what it says, and the number of partitions of every topic."""
    widths = await broker.widths()
    audit, letters = broker.topic(AUDIT), broker.topic(DEAD_LETTERS)
    missing = [name for name in (audit, letters) if not widths[name]]
    if missing:
        raise TopicsUnfit(
            f"topics are missing: {', '.join(missing)}; run `backstay topics create`; or, if they are there and this "
            "user may not see them, grant what `backstay topics acl` prints for operators"
        )
    known = Known(broker, (await broker.topic_ids([letters])).get(letters, ""))
    for number in range(widths[audit]):
        async for records in broker.read(audit, number):
            for record in records:
                known.take(kind_of(dict(record.headers).get("ce_type")), record.value or b"")
    return known, widths
