"""One customer: its core, which nearly every event touches, and the sections of the families. Folds change it.

`retention/state/codec.py` turns it into bytes, `retention/state/section.py` defines sections.
"""

from typing import Final

from retention.calendar import NEVER, Instant, LocalDay
from retention.day_counts import DayCounts
from retention.identity import KeptId
from retention.policy import SEVERITIES, Severity
from retention.state.section import Sectioned
from retention.state.written import NEVER_WRITTEN, Written
from retention.structs import Kept

MAX_WOKE: Final = 32
"""Ends of silences that are stored as instants. Of older ones, only the day is stored."""
_NO_DAY: Final = 2**31
OPPORTUNITY: Final = "+"
"""The first character of the keys of opportunities. By it a build tells those that it does not know, too."""


def is_opportunity(key: str) -> bool:
    """Report whether a key of an episode is that of an opportunity."""
    return key.startswith(OPPORTUNITY)


class OpenEpisode(Kept):
    """An open episode as it was last published."""

    episode: KeptId
    level: int
    """The severity, as an index of `SEVERITIES`."""
    since: Instant
    patience: Instant
    """How long after `since` it was raised."""
    evidence: "list[KeptId]" = []
    due: Instant = 0
    """When time alone may next change it."""
    stopped: bool = False
    """Whether gates have stopped its action each time so far. Older values have no such field: false."""
    found_by: KeptId = b""
    """The event that raised it in hindsight, if one did: older values have no such field.

    An episode may be over, and be raised again by late evidence. If it ends at the same instant then, this sets its
    second end apart from the first one (docs/decisions/0087).
    """

    @property
    def severity(self) -> Severity:
        """Return the severity that was last published."""
        return SEVERITIES[self.level]

    @property
    def raised_at(self) -> Instant:
        """Return when the condition began to hold."""
        return self.since + self.patience


Row = tuple[
    Instant,
    Instant,
    bytes,
    DayCounts,
    bytes,
    Instant,
    Instant,
    list[Instant],
    Instant,
    dict[str, OpenEpisode],
    LocalDay,
    int,
    dict[str, int],
    int,
    bytes,
]
"""The written form of a customer, by field. For the first order: how long before `active_since` it came."""

_NONE_OPEN: Final[dict[str, OpenEpisode]] = {}
_NO_LAPSES: Final[list[Instant]] = []
_NOTHING_APPLIED: Final[dict[str, int]] = {}
"""Shared by all customers without offsets: one object that is always in the cache, and not one each that never is."""
_INSTANT_BYTES: Final = 8


class Customer(Sectioned):
    """The state of one customer. Everything else is derived from it. `newcomer` returns an empty one.

    Do not use the value of a section beyond the next `put_away`, which encodes it.
    """

    due: Instant
    """When time alone may next change something. Lapses from here on are neither counted nor published yet."""
    latest: Instant
    """The newest event time seen."""
    settled: Instant
    """Right behind the last instant at which time has changed something that is counted and published; 0 before one."""
    recent: bytes
    """Digests of the last event ids of countable behaviour (`seen_ids.py`), oldest first."""
    logins: DayCounts
    _kept_woke: bytes
    active_since: Instant
    """Since when the orders have made this customer active, without a break; `NEVER` if unknown.

    This and the next three follow from the orders. They are in the core because timers and the usual order need nothing
    else of the orders, so no section is split for them.
    """
    purchase_lapse: Instant
    """When the orders stop making this customer active, unless another one comes; 0 if none ever made it active."""
    untold_lapses: list[Instant]
    """Earlier lapses, between orders, that event time has not passed yet. Never changed, only replaced."""
    first_order: Instant
    """The instant of the first order ever known that made this customer active; `NEVER` if none did."""
    open_episodes: dict[str, OpenEpisode]
    """Open episodes by `Signal.key`. Never changed, only replaced."""
    oldest: LocalDay
    """Until the horizon passes this day, no detail of the customer has to be dropped."""
    dropped: int
    """Number of old details that were dropped because of the bound on the state."""
    applied: dict[str, int]
    """The last applied source offset, by topic, in alphabetical order.

    Only on a broker without transactions, where the state may be stored without its positions.
    """
    touched: bool
    """Whether its store has noted that it is to be written. Not stored, like everything below: it is for the store."""
    rung_from: Instant
    """The due instant set by its last event, if a timer has fired since and changed nothing; −1 if none has."""
    written: Written
    """What was last written of it, as long as it stays decoded; empty until then."""
    again: bool
    """Whether it was written again since its turn to be encoded came last."""

    def __init__(self, due: Instant, row: Row) -> None:
        self.due, self.touched, self.rung_from, self.written, self.again = due, False, -1, NEVER_WRITTEN, False
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
            open_episodes,
            self.oldest,
            self.dropped,
            applied,
            present,
            sections,
        ) = row
        self.first_order = self.active_since - active_after_first
        self.untold_lapses = self.untold_lapses or _NO_LAPSES
        self.open_episodes = open_episodes or _NONE_OPEN
        self.applied = applied or _NOTHING_APPLIED
        super().__init__(present, sections)

    @property
    def woke(self) -> list[Instant]:
        """Return when it first signed in, and again after each silence that may matter.

        Stored as bytes: few events need them, and a list of instants would be decoded and encoded with every customer.
        """
        kept = self._kept_woke
        return [
            int.from_bytes(kept[place : place + _INSTANT_BYTES], "big", signed=True)
            for place in range(0, len(kept), _INSTANT_BYTES)
        ]

    @woke.setter
    def woke(self, instants: list[Instant]) -> None:
        self._kept_woke = b"".join([at.to_bytes(_INSTANT_BYTES, "big", signed=True) for at in instants])

    def wakes(self, at: Instant) -> None:
        """Store the end of a silence that is newer than all others."""
        kept = self._kept_woke + at.to_bytes(_INSTANT_BYTES, "big", signed=True)
        self._kept_woke = kept[-MAX_WOKE * _INSTANT_BYTES :]

    def open_signals(self) -> dict[str, OpenEpisode]:
        """Return the open episodes that are signs of leaving, by `Signal.key`: all but opportunities."""
        found = self.open_episodes
        for key in found:
            if key.startswith(OPPORTUNITY):
                break
        else:
            return found
        return {key: one for key, one in found.items() if not is_opportunity(key)}

    def has_applied(self, topic: str, offset: int) -> bool:
        """Report whether a record was applied before, according to the stored offsets."""
        return bool(self.applied) and offset <= self.applied.get(topic, -1)

    def note_applied(self, topic: str, offset: int) -> None:
        """Store a record as the last one applied of its topic."""
        if topic in self.applied:
            self.applied[topic] = offset
        else:  # a new topic: the bytes may not depend on the order in which topics came
            self.applied = dict(sorted([*self.applied.items(), (topic, offset)]))

    def rearm(self, due: Instant) -> None:
        """Set the due instant; this alone is no reason to write the customer."""
        if self.touched and self.rung_from < 0:
            self.rung_from = self.due
        self.due = due

    def put_away(self) -> Row:
        """Encode the sections that were opened; return everything to store."""
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
            self.open_episodes,
            self.oldest,
            self.dropped,
            self.applied,
            self.present,
            sections,
        )


def newcomer() -> Customer:
    """Return a customer without any events."""
    return Customer(NEVER, (0, 0, b"", [], b"", NEVER, 0, [], 0, {}, _NO_DAY, 0, {}, 0, b""))
