"""One customer: what is kept of it, and how that becomes bytes. It changes only in `fold.py`.

A value is one version byte, the next due instant as eight bytes (so that timers are rebuilt without decoding), and
the rest as MessagePack. In it the long parts are bytes of their own, and stay so until somebody reads them: most events
are logins, which read no orders, and the usual order is only put behind those before it.
"""

from typing import Final

import msgspec

from retention.calendar import NEVER, Instant, LocalDay
from retention.errors import UnknownVersion
from retention.identity import KeptId, digest
from retention.kept import Kept
from retention.orders import Order, Orders
from retention.panes import Pane
from retention.policy import SEVERITIES, Severity
from retention.tickets import Tickets
from retention.timeline import Op, Opening, Timeline, subscribed
from retention.upgrades import upgraded
from schemas.families import FAMILIES

VERSION: Final = 6
MAX_RECENT: Final = 256
RECENT_BYTES: Final = 7
"""Of a digest. Among 256 of them, one new id in 10¹⁴ would be taken for a known one."""
MAX_WOKE: Final = 32
"""Of the instants at which silences ended: of older ones the day is known."""
MAX_VALUE_BYTES: Final = 65_536
"""Of a customer whose ids are UUIDs, or as short."""
_IN_FRONT: Final = bytes([VERSION])
_HEADER: Final = 9
_SHORT: Final = 0x80
_MOST_SHORT: Final = 15
_LONG: Final = 0xDE

SHORT: Final = {
    "cancellation-requested": "c",
    "downgrade": "d",
    "no-login": "l",
    "paused": "p",
    "repeated-ticket": "t",
}
"""Under what episodes of the usual signals are kept; those of any other one under its name."""
_NAMES: Final = {short: name for name, short in SHORT.items()}


class Told(Kept):
    """An open episode as it was last told to the world."""

    episode: KeptId
    level: int
    """The severity, by its place in `SEVERITIES`."""
    since: Instant
    patience: Instant
    """How long after `since` it was raised."""
    evidence: "list[KeptId]" = []
    due: Instant = 0
    """When time alone may change it next."""

    @property
    def severity(self) -> Severity:
        """How grave it was told to be."""
        return SEVERITIES[self.level]

    @property
    def raised_at(self) -> Instant:
        """When the condition began to hold."""
        return self.since + self.patience


Row = tuple[
    list[int],
    Instant,
    Instant,
    bytes,
    Pane,
    Instant,
    Instant,
    list[Instant],
    Instant,
    dict[str, Told],
    Instant,
    int,
    bytes,
    bytes,
    bytes,
    bytes,
    bytes,
]
"""A customer as it is written, in the order of its fields; the first order as how long before `active_since` it was."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Row).decode
_orders: Final = msgspec.msgpack.Decoder(Orders).decode
_tickets: Final = msgspec.msgpack.Decoder(Tickets).decode
_opening: Final = msgspec.msgpack.Decoder(Opening).decode
_ops: Final = msgspec.msgpack.Decoder(list[Op]).decode
_EMPTY: Final = _encode({})
_NO_DAY: Final = 2**31
_NOTHING_TOLD: Final[dict[str, Told]] = {}
_NO_LAPSES: Final[list[Instant]] = []
_NO_OFFSETS: Final[list[int]] = []
"""Shared by all who have none: one object that is always in the cache, and not one each that never is."""
_INSTANT_BYTES: Final = 8


class Customer:
    """Everything that is kept of one customer. All else is derived from it. `newcomer` gives an empty one.

    Nobody may hold `orders`, `tickets` or `timeline` beyond the next `encode`, which makes bytes of them again.
    """

    due: Instant
    """When time alone may change something next. Lapses from here on are neither counted nor told yet."""
    offsets: list[int]
    """The last applied source offset, by place of the topic in `FAMILIES`; −1 before the first, empty for none.

    Only on a broker without transactions, which may keep a state without the positions that it was written with.
    """
    latest: Instant
    """The newest event time seen."""
    settled: Instant
    """Right behind the last instant at which time has changed something, and that is counted and told; 0 before one."""
    recent: bytes
    """Digests of the last event ids of countable behaviour, `RECENT_BYTES` each, oldest first."""
    logins: Pane
    active_since: Instant
    """Since when the orders have made this an active customer, without a break; `NEVER` where that is not known."""
    purchase_lapse: Instant
    """When the orders stop making this an active customer, if no other comes; 0 where none ever made it one."""
    untold_lapses: list[Instant]
    """Earlier lapses, between orders, that event time has not passed yet. Never changed, only replaced."""
    first_order: Instant
    told: dict[str, Told]
    """By signal. Never changed, only replaced."""
    oldest: LocalDay
    """Before it lies only what was behind the horizon when it came: until the horizon passes it, all may stay."""
    dropped: int
    """How many old details went because of the bound on the state."""
    _kept_woke: bytes
    _kept_orders: bytes
    _kept_tickets: bytes
    _kept_opening: bytes
    _kept_ops: bytes
    """Both empty for whom nothing was ever said of a subscription."""
    touched: bool
    """Whether its store knows that it is to be written. Not kept, as is all that follows: it is for the store."""
    rung_from: Instant
    """When it was due by its last event, if a timer has rung since and found all as before; −1 if none has."""
    written: bytes
    """What was last written of it, as long as it stays at hand; empty until then."""
    again: bool
    """Whether it was written anew since its turn to be put away came last."""

    def __init__(self, due: Instant, row: Row) -> None:
        self.due, self.touched, self.rung_from, self.written, self.again = due, False, -1, b"", False
        (
            self.offsets,
            self.latest,
            self.settled,
            self.recent,
            self.logins,
            self.active_since,
            self.purchase_lapse,
            self.untold_lapses,
            active_after_first,
            told,
            self.oldest,
            self.dropped,
            self._kept_woke,
            self._kept_orders,
            self._kept_tickets,
            self._kept_opening,
            self._kept_ops,
        ) = row
        self.first_order = self.active_since - active_after_first
        self.told = {_NAMES.get(name, name): one for name, one in told.items()} if told else _NOTHING_TOLD
        self.untold_lapses = self.untold_lapses or _NO_LAPSES
        self.offsets = self.offsets or _NO_OFFSETS
        self._orders: Orders | None = None
        self._tickets: Tickets | None = None
        self._timeline: Timeline | None = None

    @property
    def woke(self) -> list[Instant]:
        """When it first signed in, and again after each silence that may matter.

        Kept as bytes: few events ask, and a list of instants would be decoded and encoded with every customer.
        """
        kept = self._kept_woke
        return [
            int.from_bytes(kept[place : place + _INSTANT_BYTES], "big", signed=True)
            for place in range(0, len(kept), _INSTANT_BYTES)
        ]

    @woke.setter
    def woke(self, instants: list[Instant]) -> None:
        self._kept_woke = b"".join([at.to_bytes(_INSTANT_BYTES, "big", signed=True) for at in instants])

    @property
    def orders(self) -> Orders:
        """What it ordered."""
        if self._orders is None:
            self._orders = _orders(self._kept_orders)
        return self._orders

    @property
    def tickets(self) -> Tickets:
        """What it asked about."""
        if self._tickets is None:
            self._tickets = _tickets(self._kept_tickets)
        return self._tickets

    @property
    def timeline(self) -> Timeline:
        """Its subscriptions."""
        if self._timeline is None:
            opening = _opening(self._kept_opening) if self._kept_opening else Opening()
            self._timeline = Timeline(opening, _ops(self._kept_ops) if self._kept_ops else [])
        return self._timeline

    def has_applied(self, topic: int, offset: int) -> bool:
        """Tell whether a record was applied before, by what is kept of offsets."""
        return topic < len(self.offsets) and offset <= self.offsets[topic]

    def note_applied(self, topic: int, offset: int) -> None:
        """Remember a record as the last one applied of its topic."""
        if len(self.offsets) < len(FAMILIES):  # none yet, or written before a family was added
            self.offsets = self.offsets + [-1] * (len(FAMILIES) - len(self.offsets))
        self.offsets[topic] = offset

    def rearm(self, due: Instant) -> None:
        """Set when time may change it next, and write nothing because of that."""
        if self.touched and self.rung_from < 0:
            self.rung_from = self.due
        self.due = due

    def has_timeline(self) -> bool:
        """Report whether anything was ever said of a subscription. An empty timeline is not even opened for that."""
        return self._timeline is not None or bool(self._kept_opening or self._kept_ops)

    def subscribes(self) -> bool:
        """Report whether there is any subscription to tell of."""
        return self.has_timeline() and subscribed(self.timeline)

    def find_order(self, key: bytes) -> Order | None:
        """Give an order, if there is one of this key. Its bytes would be among those that are kept."""
        if self._orders is None and self._kept_orders.find(key) < 0:
            return None
        return self.orders.get(key)

    def add_order(self, key: bytes, order: Order) -> int:
        """Take in an order of a new key; give how many there are now."""
        if self._orders is not None:
            self._orders[key] = order
            return len(self._orders)
        number, body = entries(self._kept_orders)
        self._kept_orders = head(number + 1) + body + _encode(key) + _encode(order)
        return number + 1

    def put_away(self) -> Row:
        """Make bytes of the long parts that were opened; give all that is kept."""
        if self._orders is not None:
            self._kept_orders, self._orders = _encode(self._orders), None
        if self._tickets is not None:
            self._kept_tickets, self._tickets = _encode(self._tickets), None
        if self._timeline is not None:
            opening, ops = self._timeline.opening, self._timeline.ops
            self._kept_opening = _encode(opening) if opening.at != -NEVER else b""
            self._kept_ops = _encode(ops) if ops else b""
            self._timeline = None
        return (
            self.offsets,
            self.latest,
            self.settled,
            self.recent,
            self.logins,
            self.active_since,
            self.purchase_lapse,
            self.untold_lapses,
            self.active_since - self.first_order,
            {SHORT.get(name, name): one for name, one in self.told.items()} if self.told else self.told,
            self.oldest,
            self.dropped,
            self._kept_woke,
            self._kept_orders,
            self._kept_tickets,
            self._kept_opening,
            self._kept_ops,
        )


def entries(packed: bytes) -> tuple[int, bytes]:
    """Give how many entries a map of MessagePack has (fewer than 65,536: the bounds on the state see to it), and those.

    >>> entries(bytes.fromhex("81a16101"))
    (1, b'\\xa1a\\x01')
    """
    first = packed[0]
    if first == _LONG:
        return int.from_bytes(packed[1:3], "big"), packed[3:]
    return first & 0x0F, packed[1:]


def head(number: int) -> bytes:
    """Give what stands before so many entries of a map."""
    return bytes([_SHORT | number]) if number <= _MOST_SHORT else bytes([_LONG]) + number.to_bytes(2, "big")


def saw(customer: Customer, event_id: str) -> bool:
    """Remember the id of a countable event; tell whether it was among the last ones already."""
    seen, recent = digest(event_id)[:RECENT_BYTES], customer.recent
    at = recent.find(seen)
    while at % RECENT_BYTES and at >= 0:  # a match across two digests is none
        at = recent.find(seen, at + 1)
    if at >= 0:
        return True
    if len(recent) >= MAX_RECENT * RECENT_BYTES:
        recent = recent[-(MAX_RECENT - 1) * RECENT_BYTES :]
    customer.recent = recent + seen
    return False


def newcomer() -> Customer:
    """Give a customer of whom nothing is known."""
    row: Row = ([], 0, 0, b"", [], NEVER, 0, [], 0, {}, _NO_DAY, 0, b"", _EMPTY, _EMPTY, b"", b"")
    return Customer(NEVER, row)


def encode(customer: Customer) -> bytes:
    """Write a customer, and put its long parts away."""
    return _IN_FRONT + customer.due.to_bytes(8, "big") + _encode(customer.put_away())


def decode(value: bytes) -> Customer:
    """Read a customer; raise `UnknownVersion` for a value of a newer program."""
    version = value[0]
    if version == VERSION:
        row: Row = _decode(value[_HEADER:])  # a view would take longer than a copy of some 500 bytes
    elif 0 < version < VERSION:
        row = _decode(upgraded(value[_HEADER:], version))
    else:
        raise UnknownVersion(f"a customer of state version {version}; this program knows {VERSION}")
    return Customer(due_of(value), row)


def with_due(value: bytes, due: Instant) -> bytes:
    """Give a value with another due instant; the same value, not a copy, where it has that one already."""
    if due_of(value) == due:
        return value
    return value[:1] + due.to_bytes(8, "big") + value[_HEADER:]


def due_of(value: bytes) -> Instant:
    """Give the next due instant without decoding the rest."""
    return int.from_bytes(value[1:_HEADER], "big")
