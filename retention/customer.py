"""One customer: what is kept of it, and how that becomes bytes. It changes only in `fold.py`.

A value is one version byte, the next due instant as eight bytes (so that timers are rebuilt without decoding), and
the state as MessagePack.
"""

from hashlib import blake2b
from typing import Final

import msgspec

from retention.calendar import NEVER, Instant
from retention.errors import UnknownVersion
from retention.kept import Kept
from retention.orders import Orders
from retention.panes import Pane
from retention.policy import Severity
from retention.tickets import Tickets
from retention.timeline import Opening, Timeline
from schemas.families import FAMILIES

VERSION: Final = 1
MAX_RECENT: Final = 256
DIGEST_BYTES: Final = 8
MAX_VALUE_BYTES: Final = 65_536
_HEADER: Final = 9
_hashing: Final = blake2b(digest_size=DIGEST_BYTES)


class Told(Kept):
    """An open episode as it was last told to the world."""

    episode: str
    severity: "Severity"
    since: Instant
    raised_at: Instant
    evidence: "list[str]" = []
    due: Instant = 0
    """When time alone may change it next."""


class Customer(Kept):
    """Everything that is kept of one customer. All else is derived from it. `newcomer` gives an empty one."""

    offsets: "list[int]"
    """The last applied source offset, by place of the topic in `FAMILIES`; −1 before the first."""
    due: Instant
    """When time alone may change something next. Lapses from here on are neither counted nor told yet."""
    latest: Instant
    """The newest event time seen."""
    settled: Instant
    """Up to where its lapses were counted and told when it was last written."""
    recent: bytes
    """Digests of the last event ids of countable behaviour, eight bytes each, oldest first."""
    logins: "Pane"
    failed_logins: "Pane"
    orders: "Orders"
    last_order: Instant
    purchase_lapse: Instant
    """When the orders stop making this an active customer, if no other comes."""
    untold_lapses: "list[Instant]"
    """Earlier lapses, between orders, that event time has not passed yet."""
    first_order: Instant
    tickets: "Tickets"
    timeline: Timeline
    told: "dict[str, Told]" = {}
    pruned_to: Instant = -NEVER
    """The horizon when old details were last dropped."""
    dropped: int = 0
    """How many old details went because of the bound on the state."""


def saw(customer: Customer, event_id: str) -> bool:
    """Remember the id of a countable event; tell whether it was among the last ones already."""
    hashing = _hashing.copy()  # 0.36 µs where a new one takes 0.59
    hashing.update(event_id.encode())
    digest = hashing.digest()
    recent = customer.recent
    at = recent.find(digest)
    while at % DIGEST_BYTES and at >= 0:  # a match across two digests is none
        at = recent.find(digest, at + 1)
    if at >= 0:
        return True
    customer.recent = recent[-(MAX_RECENT - 1) * DIGEST_BYTES :] + digest
    return False


def newcomer(horizon: Instant = -NEVER) -> Customer:
    """Give a customer of whom nothing is known, pruned to a horizon."""
    return Customer(
        offsets=[-1] * len(FAMILIES),
        due=NEVER,
        latest=0,
        settled=0,
        recent=b"",
        logins=[],
        failed_logins=[],
        orders={},
        last_order=0,
        purchase_lapse=0,
        untold_lapses=[],
        first_order=NEVER,
        tickets={},
        timeline=Timeline(Opening()),
        pruned_to=horizon,
    )


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Customer).decode


def encode(customer: Customer) -> bytes:
    """Write a customer."""
    return bytes([VERSION]) + customer.due.to_bytes(8, "big") + _encode(customer)


def decode(value: bytes) -> Customer:
    """Read a customer; raise `UnknownVersion` for a value of a newer program."""
    if value[0] != VERSION:
        raise UnknownVersion(f"a customer of state version {value[0]}; this program knows {VERSION}")
    customer = _decode(memoryview(value)[_HEADER:])
    customer.due = due_of(value)
    if len(customer.offsets) < len(FAMILIES):  # written before a family was added
        customer.offsets += [-1] * (len(FAMILIES) - len(customer.offsets))
    return customer


def with_due(value: bytes, due: Instant) -> bytes:
    """Give a value with another due instant. The header's counts, the one inside is left as it was."""
    return value[:1] + due.to_bytes(8, "big") + value[_HEADER:]


def due_of(value: bytes) -> Instant:
    """Give the next due instant without decoding the rest."""
    return int.from_bytes(value[1:_HEADER], "big")
