"""Merges at one partition: the merges of its customers' ids, and the messages about them to other partitions.

Rule: the home of each id stores all merges of its customer. A merge that is new to it is sent on to the homes of the
other ids, in a message (`Word`); a state goes to where the customer is kept, in the transaction that removes it here.

    home of a     a ─► b arrives ─► stores it, removes a's state ─► word to b: the merge, and the state of a
    home of b                                                          └─► stores it, joins the state with b's
    home of a     a login of a arrives ─► sent to the home of b, to be applied as one of b

Reason: the merges of a customer are a set that only grows, so all homes come to know the same set in whatever order
messages arrive, and the same id follows from it (`retention/merging.py`, docs/decisions/0053).
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol

import msgspec

from retention.calendar import Instant
from retention.engine import partials
from retention.engine.partition_state import Moved, PartitionState
from retention.engine.parts import Parts
from retention.errors import Rejected
from retention.identity import packed
from retention.merging import MAX_MERGES, Merge, Merges, decoded, encoded, ids_of, kept_as, union
from retention.statements import Occasion
from schemas.customers import CustomerMerged
from streams.home import home_of

MERGED_PREFIX: Final = b"\x00merged|"
"""Prefix of the keys of merges in the changelog: behind it stands an id of a merged customer."""
MOVED_PREFIX: Final = b"\x00moved|"
"""Prefix of the keys of what customers that moved left in the sums of this partition, or brought into them."""

Entry = tuple[bytes, bytes | None]
"""Key and value in the changelog."""


class Word(msgspec.Struct, array_like=True):
    """A message from the home of one id to the home of another id of the same customer."""

    about: str
    """The id at whose home it is to arrive."""
    event: str
    """The event because of which it is told."""
    at: Instant
    merges: Merges = []
    is_told: bool = True
    """Whether the homes of all ids in `merges` are told the same."""
    erased: bool = False
    """Whether the customer is to be forgotten."""
    old: str = ""
    """The id under which the state was kept until now; empty if no state comes with it."""
    state: bytes = b""
    share: list[bytes] = []
    """The state's share in the sums, as records of a residue."""
    is_left: bool = False
    """Whether that share is stored as what it left in the sums of its former partition."""
    number: int = 0
    """How many states the old id had sent before."""
    sender: int = 0
    place: int = 0
    """The number of the partition that sends it, and how many words that one had sent then."""


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Word).decode


def written(word: Word) -> bytes:
    """Return a word as bytes."""
    return zlib.compress(_encode(word))


def read(value: bytes) -> Word:
    """Return the word of some bytes."""
    return _decode(zlib.decompress(value))


class Known(msgspec.Struct, array_like=True):
    """All merges of the customer of an id, and how many states of the id its home has sent on."""

    merges: bytes
    sent: int = 0
    taken: dict[str, int] = {}
    """How many states of each other id have come to this one, and their shares been left; without transactions only."""


class MergedIds:
    """The ids of this partition whose customers have several, each with all merges of its customer."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._fresh: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._known)

    def merges(self, name: str) -> Merges:
        """Return the merges of the customer of an id."""
        known = self._known.get(name)
        return decoded(known.merges) if known is not None else []

    def kept_as(self, name: str) -> str:
        """Return the id under which the customer of an id is kept."""
        return kept_as(self.merges(name), name) if name in self._known else name

    def learn(self, name: str, merges: Iterable[Merge]) -> bool:
        """Add merges to those of an id; return whether any of them is new."""
        before = self.merges(name)
        now = union(before, merges)
        if now == before:
            return False
        known = self._known.get(name)
        self._known[name] = Known(encoded(now)) if known is None else Known(encoded(now), known.sent, known.taken)
        self._fresh[name] = None
        return True

    def sends(self, name: str) -> int:
        """Note that the state of an id is sent on; return how many were before."""
        known = self._known[name]
        known.sent += 1
        self._fresh[name] = None
        return known.sent - 1

    def takes(self, name: str, old: str, number: int) -> bool:
        """Note that a state of another id has come to this one; return whether that is known.

        Nothing is noted of an id that is erased.
        """
        known = self._known.get(name)
        if known is None or known.taken.get(old, 0) > number:
            return True
        known.taken = known.taken | {old: number + 1}
        self._fresh[name] = None
        return False

    def forget(self, name: str) -> None:
        """Remove an id: its customer is forgotten."""
        if self._known.pop(name, None) is not None:
            self._fresh[name] = None

    def restore(self, key: bytes, value: bytes) -> None:
        """Restore one entry of the changelog."""
        self._known[key.removeprefix(MERGED_PREFIX).decode()] = msgspec.msgpack.decode(value, type=Known)

    def detach(self) -> list[Entry]:
        """Return the entries that are not written yet; those of forgotten customers have no value."""
        fresh, self._fresh = self._fresh, {}
        return [(MERGED_PREFIX + name.encode(), self._value(name)) for name in fresh]

    def _value(self, name: str) -> bytes | None:
        known = self._known.get(name)
        return msgspec.msgpack.encode(known) if known is not None else None


class Partition(Protocol):
    """The side of the processor that merges need."""

    number: int
    partitions: int
    atomic: bool
    partition_state: PartitionState

    def is_forgotten(self, name: str) -> bool:
        """Report whether a customer was erased."""

    def erase(self, name: str, request: str, at: Instant) -> None:
        """Erase a customer of this partition, known or not, and write a receipt."""

    def left(self, share: Parts) -> None:
        """Store what a customer that moved has left in the sums, or (negative) brought into them."""

    def tell(self, word: Word, home: int) -> None:
        """Send a word to another partition, with the next commit."""


class Merging:
    """Applies merges and words to the customers of one partition, and tells the other ids."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.ids = MergedIds()
        self.everywhere: Mapping[str, Merges] = {}
        """In a rebuild, which reads all merges of the company first: those of each merged id's customer."""

    def know(self, everywhere: Mapping[str, Merges]) -> None:
        """Start a rebuild with all merges of the company: each customer is kept under one id from the beginning."""
        self.everywhere = everywhere
        for name, merges in everywhere.items():
            if home_of(name.encode(), self.partition.partitions) == self.partition.number:
                self.ids.learn(name, merges)

    def merge(self, event: CustomerMerged, at: Instant) -> bool:
        """Apply a merge at the home of the id that goes; return whether it is new. Raise `Rejected` for too many."""
        name, merge = event.customer_id, merge_in(event, at)
        known = self.ids.merges(name)
        if event.into == name:
            raise Rejected("contract", "into: it is the id that goes; name the one that is kept")
        if merge in known:
            return False
        if len(known) >= MAX_MERGES:
            raise Rejected("too_many", f"more than {MAX_MERGES} merges of one customer")
        self.hear(Word(name, event.event_id, at, [merge], is_told=False))
        return True

    def hear(self, word: Word) -> None:
        """Apply what is told about an id of this partition."""
        if word.erased:
            self.erase(word.about, word.event, word.at)
        elif self.partition.is_forgotten(word.about):
            self._bury(word)
        else:
            self._learn(word)

    def _learn(self, word: Word) -> None:
        name = word.about
        is_new = self.ids.learn(name, word.merges)
        merges = self.ids.merges(name)
        is_news = is_new and not (word.is_told and len(merges) == len(word.merges))
        target = kept_as(merges, name)
        occasion = Occasion(word.event, word.at, late=True)
        going: list[Word] = []
        if target == name:
            if word.old:
                self._take_in(word, occasion)
        else:
            if word.old:
                going.append(msgspec.structs.replace(word, about=target, merges=merges))
            going += self._let_go(name, target, merges, occasion)
        for other in ids_of(merges, name):
            if other != name and (is_news or (other == target and going)):
                carrying = going if other == target else []
                for one in carrying or [Word(other, word.event, word.at, merges)]:
                    self._tell(one)

    def _let_go(self, name: str, target: str, merges: Merges, occasion: Occasion) -> Iterator[Word]:
        moved = self.partition.partition_state.let_go(name, occasion)
        if moved is not None:
            share = [value for _, value in partials.residue(moved.share, self.partition.number)]
            number = self.ids.sends(name)
            yield Word(
                target, occasion.event, occasion.at, merges, old=name, state=moved.state, share=share, number=number
            )

    def _take_in(self, word: Word, occasion: Occasion) -> None:
        """Join the state of a word with that of its id, and take its share off what this partition adds up itself.

        Without transactions a commit may be cut short when the state is written and the share is not: then the word
        comes again, the state tells that it has come, and its share has still to be left.
        """
        share = partials.residue_of(word.share)
        guard = None if self.partition.atomic else (f"merged|{word.old}", word.number)
        is_new = self.partition.partition_state.take_in(word.about, Moved(word.state, share), occasion, guard)
        if guard is not None and not self.ids.takes(word.about, word.old, word.number):
            is_new = True
        if word.is_left and is_new:
            self.partition.left(negative(share))

    def _tell(self, word: Word) -> None:
        home = home_of(word.about.encode(), self.partition.partitions)
        if home == self.partition.number:
            self.hear(word)
            return
        if word.old and not word.is_left:
            self.partition.left(partials.residue_of(word.share))
            word.is_left = True
        self.partition.tell(word, home)

    def erase(self, name: str, request: str, at: Instant, others: Iterable[str] = ()) -> None:
        """Erase the customer of an id, and have it erased under all its other ids."""
        ids = {*ids_of(self.ids.merges(name), name), *others}
        if not self.partition.is_forgotten(name):
            self.partition.erase(name, request, at)
        self.ids.forget(name)
        for other in sorted(ids - {name}):
            self._tell(Word(other, request, at, erased=True))

    def _bury(self, word: Word) -> None:
        """Erase what comes with a word about an erased customer, and have its other ids erased."""
        if word.old:
            self._take_in(word, Occasion(word.event, word.at, late=True))
        self.partition.erase(word.about, word.event, word.at)
        for other in ids_of(word.merges, word.about):
            if other != word.about:
                self._tell(Word(other, word.event, word.at, erased=True))


def merge_in(event: CustomerMerged, at: Instant) -> Merge:
    """Return what an event says."""
    return Merge(at, packed(event.event_id), event.customer_id, event.into)


def negative(share: Parts) -> Parts:
    """Return a share with the opposite numbers."""
    return {key: {field: -number for field, number in vector.items()} for key, vector in share.items()}


def everywhere(merges: Iterable[Merge]) -> dict[str, Merges]:
    """Return the merges of each merged id's customer, from all merges of a company."""
    found: dict[str, list[Merge]] = {}
    for merge in merges:
        if merge.gone == merge.into:  # it was refused
            continue
        both = found.get(merge.gone, []) + found.get(merge.into, []) + [merge]
        for name in ids_of(both, merge.gone):
            found[name] = both
    return {name: union(of_one, ()) for name, of_one in found.items()}
