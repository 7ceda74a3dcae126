"""The facts of the company in the changelog of a partition: an entry for each, under a key of the partition's own.

    \\0reference|["rate","EUR","USD",20514]     one entry for what it is about and since when: a later one overwrites it

They name no customer, so an erasure leaves them alone.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from retention.reference import Fact, Facts, Key, key_of

PREFIX: Final = b"\0reference|"
"""Prefix of the keys of facts in the changelog."""

Entry = tuple[bytes, bytes | None]
"""Key and value in the changelog."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Fact).decode


def entry_key(key: Key) -> bytes:
    """Return the key in the changelog of a fact."""
    kind, about, since = key
    return PREFIX + msgspec.json.encode([kind, *about, since])


class Reference:
    """The facts that a partition knows, and which of them are not written yet."""

    def __init__(self) -> None:
        self.facts = Facts()
        self._fresh: dict[Key, None] = {}

    def note(self, changed: Iterable[Key]) -> None:
        """Note keys under which something else is known now."""
        self._fresh |= dict.fromkeys(changed)

    def knows(self, fact: Fact) -> bool:
        """Report whether a fact is known already, as it stands."""
        return self.facts.get(key_of(fact)) == fact

    def restore(self, kept: Mapping[bytes, bytes]) -> None:
        """Restore the facts from the partition's entries in the changelog."""
        for key, value in kept.items():
            if key.startswith(PREFIX) and value:
                self.facts.learn(_decode(value))

    def freshen(self) -> None:
        """Mark every fact to be written again."""
        self._fresh = dict.fromkeys(map(key_of, self.facts.every()))

    def detach(self) -> list[Entry]:
        """Return the entries that are not written yet; those of facts that are no longer kept have no value."""
        fresh, self._fresh = self._fresh, {}
        found = ((key, self.facts.get(key)) for key in fresh)
        return [(entry_key(key), None if fact is None else _encode(fact)) for key, fact in found]
