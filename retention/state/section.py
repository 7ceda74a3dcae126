"""The sections of a customer: the state of each family, encoded until it is needed.

    sections of a customer      {1: 01 …, 2: 01 …, 9: 03 …}      MessagePack, ids ascending
                                     │                │
                                     │                └─ unknown here: carried as it is
                                     └─ the version of the section, and then its body

A customer is read for every event, and most events need one section or none. So all sections stay one byte string until
one is needed. Then the string is split, and only that section is decoded. Only sections that were taken to be changed
are encoded again: most are just read, by signals and cards. An empty section is not written. One number has a bit for
each section that exists, so that a look-up of an absent one splits nothing.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

import msgspec

from retention.calendar import Instant, LocalDay
from retention.errors import UnknownVersion
from retention.policy import Policy
from retention.state.packing import bytes_head, content, entries
from retention.structs import Value

T = TypeVar("T")

_encode: Final = msgspec.msgpack.Encoder().encode
_split: Final = msgspec.msgpack.Decoder(dict[int, bytes]).decode


class Horizon(NamedTuple):
    """The instant back to which details are kept: those before `at`, on the local day `first_day`, may be dropped."""

    at: Instant
    first_day: LocalDay
    policy: Policy


def bit(ident: int) -> int:
    """Return the bit of the section of an id in `Sectioned.present`."""
    return 1 << (ident - 1)


class First(Value, frozen=True):
    """The first section of a customer: the start of its head, the end of its bytes, and the bytes."""

    place: int
    end: int
    part: bytes


class Sectioned:
    """The sections of one customer, as bytes and as opened values. `Section` decodes them."""

    present: int
    """The sections that exist: the sum of their bits."""
    _kept: bytes
    """All sections, as last read or written."""
    _parts: dict[int, bytes] | None
    """The same by id, once a section was needed."""
    _open: "dict[Section[Any], Any] | None"
    """The values of the opened sections, which replace their bytes."""
    _opened: int
    """The opened sections: the sum of their bits."""
    _to_encode: int
    """Those of them that were taken to be changed: the sum of their bits. The bytes of the others still stand."""
    _changed: bool
    """Whether a section was replaced as bytes."""
    _derived: dict[int, object] | None
    """By id, what was derived from sections that were not changed since (`keep_derived`)."""

    def __init__(self, present: int, kept: bytes) -> None:
        self.present, self._kept, self._parts, self._open, self._changed = present, kept, None, None, False
        self._opened, self._to_encode, self._derived = 0, 0, None

    def there(self) -> int:
        """Return the sections that exist or were opened to be filled, as the sum of their bits."""
        return self.present | self._opened

    def opened(self, section: "Section[Any]") -> Any:  # noqa: ANN401 - each section has a value of its own type
        """Return the value of a section that is open, else None."""
        return self._open[section] if self._opened & section.bit and self._open is not None else None

    def open_as(self, section: "Section[Any]", value: object) -> None:
        """Store the value of an opened section. It replaces the bytes from now on."""
        self.open_to_read(section, value)
        self.open_to_change(section)

    def open_to_read(self, section: "Section[Any]", value: object) -> None:
        """Store the value of a section that its bytes say, too: they stay, unless it is opened to be changed."""
        if self._open is None:  # not shared by customers with none open: it is added to
            self._open = {}
        self._open[section] = value
        self._opened |= section.bit

    def open_to_change(self, section: "Section[Any]") -> None:
        """Note that the value of an opened section may change: it is encoded when the customer is put away."""
        self._to_encode |= section.bit
        self.changes(section.id)

    def changes(self, ident: int) -> None:
        """Drop what was derived from the section of an id, because it may change."""
        if self._derived is not None:
            self._derived.pop(ident, None)

    def derived(self, section: "Section[Any]") -> object:
        """Return what was derived from a section and kept, None if nothing was."""
        return self._derived.get(section.id) if self._derived is not None else None

    def keep_derived(self, section: "Section[Any]", value: object) -> None:
        """Keep what was derived from a section alone, until code takes the section to change it, or it is put away."""
        if self._derived is None:
            self._derived = {}
        self._derived[section.id] = value

    def lacks(self, section: "Section[Any]", some: bytes) -> bool:
        """Report whether a section certainly does not contain some bytes. Nothing is split or decoded for that."""
        if self.opened(section) is not None:
            return False
        if self._parts is None:
            return self._kept.find(some) < 0
        return self._parts.get(section.id, b"").find(some) < 0

    def first_part(self, ident: int) -> "First | None":
        """Return the section of an id if it is the first one and nothing is split yet, else None."""
        kept = self._kept
        if self._parts is not None or not kept:
            return None
        _, place = entries(kept, 0)
        if kept[place] != ident:
            return None
        begin, end = content(kept, place + 1)
        return First(place + 1, end, kept[begin:end])

    def replace_first(self, first: "First", part: bytes) -> None:
        """Replace the first section in the bytes of all sections."""
        self._derived = None
        self._kept = b"".join((self._kept[: first.place], bytes_head(len(part)), part, self._kept[first.end :]))

    def others(self, known: int) -> dict[int, bytes]:
        """Return the sections that are not among the known ones, whose bits are given."""
        if not self.present & ~known:
            return {}
        return {ident: part for ident, part in self._by_id().items() if not known & bit(ident)}

    def part(self, ident: int) -> bytes | None:
        """Return the bytes of a section, which begin with its version; None if the customer has none."""
        return self._by_id()[ident] if self.present & bit(ident) else None

    def replace_part(self, ident: int, part: bytes) -> None:
        """Replace the bytes of a section that is not open."""
        self._by_id()[ident] = part
        self.present |= bit(ident)
        self._changed = True
        self.changes(ident)

    def _by_id(self) -> dict[int, bytes]:
        parts = self._parts
        if parts is None:
            parts = self._parts = _split(self._kept) if self._kept else {}
        return parts

    def put_sections_away(self) -> bytes:
        """Encode the sections that were opened to be changed; return the bytes of all sections."""
        if self._open is not None:
            if self._to_encode:
                self._close(self._open)
            self._open, self._opened, self._to_encode = None, 0, 0
        if self._changed:
            self._kept, self._changed = _encode(self._parts) if self._parts else b"", False
        self._parts = self._derived = None
        return self._kept

    def _close(self, opened: "dict[Section[Any], Any]") -> None:
        parts, added = self._by_id(), False
        for section, value in opened.items():
            if not self._to_encode & section.bit:
                continue
            body = section.encode(value)
            if body:
                added = added or section.id not in parts
                parts[section.id] = section.mark + body
                self.present |= section.bit
            elif section.id in parts:
                del parts[section.id]
                self.present -= section.bit
        if added and not _ascend(parts):  # sorting each time cost an order 0.5 µs
            self._parts = dict(sorted(parts.items()))
        self._changed = True


def _ascend(parts: dict[int, bytes]) -> bool:
    last = 0
    for ident in parts:
        if ident < last:
            return False
        last = ident
    return True


class Section(Generic[T]):
    """One kind of section: its name, and how its value becomes bytes. There is one instance of each.

    `encode` returns empty bytes if nothing is left to store. `upgrades` convert the body of each earlier version to the
    next, beginning with version 1. `prune` drops from a customer with this section what is older than the horizon and
    no longer needed; `bound` drops old details if there are too many, and returns how many it dropped. `join` returns
    the value that the events of two customers together would have left, bounded, and how many details were dropped: it
    may change the first of its values, and the second is of the customer that goes.
    """

    id: int
    """From 1 to 63; never reused for another section."""
    bit: int
    """Its bit in `Sectioned.present`."""
    name: str
    version: int
    mark: bytes
    """The byte before its body: the version."""

    def __init__(
        self,
        *,
        ident: int,
        name: str,
        version: int,
        new: Callable[[], T],
        encode: Callable[[T], bytes],
        decode: Callable[[bytes], T],
        prune: Callable[[Any, Horizon], None],
        bound: Callable[[T, Policy], int],
        join: Callable[[T, T, Policy], tuple[T, int]],
        upgrades: tuple[Callable[[bytes], bytes], ...] = (),
    ) -> None:
        self.id, self.bit, self.name, self.version, self.mark = ident, bit(ident), name, version, bytes([version])
        self.new, self.encode, self.decode, self.upgrades = new, encode, decode, upgrades
        self.prune, self.bound, self.join = prune, bound, join

    def of(self, customer: Sectioned) -> T:
        """Return the value of a customer's section, to change it; a new one if there is none.

        Do not store the value: it is encoded, and put away, when the customer is next written.
        """
        found = self.seen(customer)
        if found is None:
            found = self.new()
            customer.open_as(self, found)
        else:
            customer.open_to_change(self)
        return found

    def seen(self, customer: Sectioned) -> T | None:
        """Return the value of a customer's section, to read only; None if there is none.

        Raise `UnknownVersion` for a section that a newer program has written.
        """
        found = customer.opened(self)
        if found is not None:
            return cast("T", found)
        part = customer.part(self.id)
        if part is None:
            return None
        if part and part[0] == self.version:
            value = self.decode(part[1:])
            customer.open_to_read(self, value)
        else:
            value = self.decode(self._upgraded(part))
            customer.open_as(self, value)
        return value

    def is_kept(self, customer: Sectioned) -> bool:
        """Report whether a customer has this section, or it was opened to be filled. Nothing is split for that."""
        return customer.there() & self.bit != 0

    def raw(self, customer: Sectioned) -> bytes | None:
        """Return the bytes of a customer's section, for code that reads or extends them without decoding.

        None if the customer has no such section, if it is open, or if an older program has written it.
        """
        if customer.opened(self) is not None:
            return None
        part = customer.part(self.id)
        return part if part and part[0] == self.version else None

    def _upgraded(self, part: bytes) -> bytes:
        """Return the body of a section of an older version in the present form."""
        version = part[0] if part else 0
        if not 0 < version < self.version:
            raise UnknownVersion(f"section {self.name} of version {version}; this program knows {self.version}")
        body = part[1:]
        for upgrade in self.upgrades[version - 1 :]:
            body = upgrade(body)
        return body


def bits_of(sections: Iterable[Section[Any]]) -> int:
    """Return the sum of the bits of several sections, to compare with `Sectioned.there`."""
    bits = 0
    for section in sections:
        bits |= section.bit
    return bits
