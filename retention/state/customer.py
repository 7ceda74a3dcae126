"""One customer: its core, which nearly every event touches, and the sections of the families. Folds change it.

`retention/state/codec.py` makes bytes of it, `retention/state/section.py` says what a section is.
"""

from typing import Final

from retention.calendar import NEVER, Instant, LocalDay
from retention.identity import KeptId
from retention.kept import Kept
from retention.panes import Pane
from retention.policy import SEVERITIES, Severity
from retention.state.section import Sectioned

MAX_WOKE: Final = 32
"""How many ends of silences are kept as instants. Of older ones, only the day is kept."""
_NO_DAY: Final = 2**31


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
        """The severity that was last published."""
        return SEVERITIES[self.level]

    @property
    def raised_at(self) -> Instant:
        """When the condition began to hold."""
        return self.since + self.patience


Row = tuple[
    Instant,
    Instant,
    bytes,
    Pane,
    bytes,
    Instant,
    Instant,
    list[Instant],
    Instant,
    dict[str, Told],
    LocalDay,
    int,
    dict[str, int],
    int,
    bytes,
]
"""A customer as it is written, by field. Of the first order: how long before `active_since` it came."""

_NOTHING_TOLD: Final[dict[str, Told]] = {}
_NO_LAPSES: Final[list[Instant]] = []
_NOTHING_APPLIED: Final[dict[str, int]] = {}
"""Shared by all who have none: one object that is always in the cache, and not one each that never is."""
_INSTANT_BYTES: Final = 8


class Customer(Sectioned):
    """What is kept of one customer. All else is derived from it. `newcomer` returns an empty one.

    Do not keep the value of a section beyond the next `put_away`, which encodes it.
    """

    due: Instant
    """When time alone may change something next. Lapses from here on are neither counted nor told yet."""
    latest: Instant
    """The newest event time seen."""
    settled: Instant
    """Right behind the last instant at which time has changed something, and that is counted and told; 0 before one."""
    recent: bytes
    """Digests of the last event ids of countable behaviour (`seen_ids.py`), oldest first."""
    logins: Pane
    _kept_woke: bytes
    active_since: Instant
    """Since when the orders have made this an active customer, without a break; `NEVER` where that is not known.

    This and the next three follow from the orders. They are in the core because timers and the usual order need nothing
    else of the orders, so no section is split for them.
    """
    purchase_lapse: Instant
    """When the orders stop making this an active customer, if no other comes; 0 where none ever made it one."""
    untold_lapses: list[Instant]
    """Earlier lapses, between orders, that event time has not passed yet. Never changed, only replaced."""
    first_order: Instant
    """When the first order came that made an active customer, of all that were ever known; `NEVER` if none did."""
    told: dict[str, Told]
    """By `Signal.key`. Never changed, only replaced."""
    oldest: LocalDay
    """Until the horizon passes this day, no detail of the customer has to be dropped."""
    dropped: int
    """How many old details went because of the bound on the state."""
    applied: dict[str, int]
    """The last applied source offset, by topic, in alphabetical order.

    Only on a broker without transactions, which may keep a state without the positions that it was written with.
    """
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
            self.latest,
            self.settled,
            self.recent,
            self.logins,
            self._kept_woke,
            self.active_since,
            self.purchase_lapse,
            self.untold_lapses,
            active_after_first,
            told,
            self.oldest,
            self.dropped,
            applied,
            present,
            sections,
        ) = row
        self.first_order = self.active_since - active_after_first
        self.untold_lapses = self.untold_lapses or _NO_LAPSES
        self.told = told or _NOTHING_TOLD
        self.applied = applied or _NOTHING_APPLIED
        super().__init__(present, sections)

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

    def has_applied(self, topic: str, offset: int) -> bool:
        """Report whether a record was applied before, by what is kept of offsets."""
        return bool(self.applied) and offset <= self.applied.get(topic, -1)

    def note_applied(self, topic: str, offset: int) -> None:
        """Remember a record as the last one applied of its topic."""
        if topic in self.applied:
            self.applied[topic] = offset
        else:  # another topic than those so far: the bytes may not depend on which one came first
            self.applied = dict(sorted([*self.applied.items(), (topic, offset)]))

    def rearm(self, due: Instant) -> None:
        """Set when time may change it next, and write nothing because of that."""
        if self.touched and self.rung_from < 0:
            self.rung_from = self.due
        self.due = due

    def put_away(self) -> Row:
        """Make bytes of the sections that were opened; return all that is kept."""
        sections = self.put_sections_away()
        return (
            self.latest,
            self.settled,
            self.recent,
            self.logins,
            self._kept_woke,
            self.active_since,
            self.purchase_lapse,
            self.untold_lapses,
            self.active_since - self.first_order,
            self.told,
            self.oldest,
            self.dropped,
            self.applied,
            self.present,
            sections,
        )


def newcomer() -> Customer:
    """Return a customer of whom nothing is known."""
    return Customer(NEVER, (0, 0, b"", [], b"", NEVER, 0, [], 0, {}, _NO_DAY, 0, {}, 0, b""))
