"""Who is forgotten on a partition, by pseudonym: an entry says that somebody is not to come back, and not who."""

import hashlib
import hmac
from typing import Final

import msgspec

from retention.calendar import Instant
from streams.settings import Settings

PREFIX: Final = b"\x00forgotten|"
"""Of the keys of the entries in the changelog."""

Entry = tuple[bytes, bytes]
"""Key and value in the changelog."""


def entry_of(pseudonym: str, at: Instant) -> Entry:
    """Return the entry of somebody who was forgotten at an instant."""
    return PREFIX + pseudonym.encode(), msgspec.msgpack.encode(at)


class Forgotten:
    """The suppression entries of one partition. Kept as long as the changelog: late and replayed events meet them."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._since: dict[str, Instant] = {}
        self._fresh: list[str] = []

    def __len__(self) -> int:
        return len(self._since)

    def __contains__(self, customer_id: str) -> bool:
        return bool(self._since) and self.pseudonym(customer_id) in self._since

    def pseudonym(self, customer_id: str) -> str:
        """Give what stands for a customer: HMAC-SHA-256 under the key of this deployment, 128 bits as hex."""
        return hmac.new(self._key, customer_id.encode(), hashlib.sha256).hexdigest()[:32]

    def add(self, customer_id: str, at: Instant) -> str:
        """Take an entry in; give the pseudonym."""
        pseudonym = self.pseudonym(customer_id)
        self._since[pseudonym] = at
        self._fresh.append(pseudonym)
        return pseudonym

    def restore(self, key: bytes, value: bytes) -> None:
        """Put back one entry of the changelog."""
        self._since[key.removeprefix(PREFIX).decode()] = msgspec.msgpack.decode(value, type=int)

    def freshen(self) -> None:
        """Have every entry written again."""
        self._fresh = list(self._since)

    def detach(self) -> list[Entry]:
        """Give the entries that are not written yet."""
        fresh, self._fresh = self._fresh, []
        return [entry_of(name, self._since[name]) for name in fresh]


def key_of(settings: Settings) -> bytes:
    """Give the key of pseudonyms: the secret that was set, or one that anybody could guess who knows the group."""
    secret = settings.privacy.pseudonym_key
    return secret.get_secret_value().encode() if secret is not None else f"backstay|{settings.kafka.group}".encode()
