"""The erased customers of a partition, by pseudonym: an entry suppresses a customer, but does not contain its id."""

import hashlib
import hmac
from typing import Final

import msgspec

from retention.calendar import Instant, instant
from schemas.outbound import CustomerErased
from streams.settings import Settings

PREFIX: Final = b"\x00forgotten|"
"""Prefix of the entries' keys in the changelog."""

Entry = tuple[bytes, bytes]
"""Key and value in the changelog."""


def entry_of(pseudonym: str, at: Instant) -> Entry:
    """Return the entry of a customer that was erased at an instant."""
    return PREFIX + pseudonym.encode(), msgspec.msgpack.encode(at)


def of_receipt(receipt: CustomerErased) -> Entry:
    """Return the entry of the changelog that the receipt of an erasure on `audit` stands for."""
    return entry_of(receipt.pseudonym, instant(receipt.at))


class Forgotten:
    """The suppression entries of one partition. Kept as long as the changelog, for late and replayed events."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._since: dict[str, Instant] = {}
        self._fresh: list[str] = []

    def __len__(self) -> int:
        return len(self._since)

    def __contains__(self, customer_id: str) -> bool:
        return bool(self._since) and self.pseudonym(customer_id) in self._since

    def pseudonym(self, customer_id: str) -> str:
        """Return the pseudonym of a customer: HMAC-SHA-256 under the key of this deployment, 128 bits as hex."""
        return hmac.new(self._key, customer_id.encode(), hashlib.sha256).hexdigest()[:32]

    def add(self, customer_id: str, at: Instant) -> str:
        """Add an entry; return the pseudonym."""
        pseudonym = self.pseudonym(customer_id)
        self._since[pseudonym] = at
        self._fresh.append(pseudonym)
        return pseudonym

    def restore(self, key: bytes, value: bytes) -> None:
        """Restore one entry of the changelog."""
        self._since[key.removeprefix(PREFIX).decode()] = msgspec.msgpack.decode(value, type=int)

    def freshen(self) -> None:
        """Mark every entry to be written again."""
        self._fresh = list(self._since)

    def detach(self) -> list[Entry]:
        """Return the entries that are not written yet."""
        fresh, self._fresh = self._fresh, []
        return [entry_of(name, self._since[name]) for name in fresh]


def key_of(settings: Settings) -> bytes:
    """Return the key of pseudonyms: the configured secret, or else one that can be guessed from the group."""
    secret = settings.privacy.pseudonym_key
    return secret.get_secret_value().encode() if secret is not None else f"backstay|{settings.kafka.group}".encode()
