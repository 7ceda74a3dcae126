"""Upgrades states of older versions: bytes to bytes, one function a version."""

from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

import msgspec

from retention.calendar import DAY, NEVER
from retention.identity import digest, packed
from retention.money import money_text
from retention.policy import SEVERITIES
from schemas.currencies import DECIMALS

_values: Final = msgspec.msgpack.Decoder().decode
_encode: Final = msgspec.msgpack.Encoder().encode
_fields: Final = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_NO_ENTRIES: Final = _encode({})
_KEYS_4: Final = {
    "cancellation-requested": "c",
    "downgrade": "d",
    "no-login": "l",
    "paused": "p",
    "repeated-ticket": "t",
}
"""The letters under which version 4 stored open episodes, by the names that older ones used."""
_TOPICS_6: Final = ("logins", "purchases", "tickets", "cancellations", "subscriptions", "privacy")
"""The topics in the order in which version 6 stored their offsets; an older state lacks the last ones."""


def version_2(state: bytes) -> bytes:
    """Upgrade the part after the header in version 1, which had no nested bytes, and `due` twice."""
    (
        offsets,
        _due,
        latest,
        settled,
        recent,
        logins,
        failed_logins,
        orders,
        _last_order,
        purchase_lapse,
        untold_lapses,
        first_order,
        tickets,
        timeline,
        told,
        pruned_to,
        dropped,
    ) = _fields(state)
    active_since = NEVER
    row = (offsets, latest, settled, recent, logins, failed_logins, active_since, purchase_lapse, untold_lapses)
    parts = (bytes(orders), bytes(tickets), bytes(timeline))
    return _encode((*row, first_order, told, pruned_to, dropped, *parts))


def version_3(state: bytes) -> bytes:
    """Upgrade the part after the header in version 2, which stored every id as its text."""
    *before, told, pruned_to, dropped, orders, tickets, timeline = _values(state)
    opening, ops = _values(timeline)
    parts = (
        {digest(name): _order_3(*order) for name, order in _values(orders).items()},
        {digest(name): (topic, list(map(_second_packed, steps))) for name, (topic, steps) in _values(tickets).items()},
        (opening, list(map(_second_packed, ops))),
    )
    open_signals = {name: _told_3(*episode) for name, episode in told.items()}
    return _encode((*before, open_signals, pruned_to, dropped, *map(_encode, parts)))


def _told_3(episode: str, severity: str, since: int, raised_at: int, evidence: list[str], due: int = 0) -> list[Any]:
    return [packed(episode), severity, since, raised_at, list(map(packed, evidence)), due]


def _order_3(at: int, event_id: str, amount: int, currency: str, refunds: list[Any]) -> list[Any]:
    given_back = [(packed(event.decode()), *more) for event, *more in refunds]
    return [at, packed(event_id) if event_id else b"", amount, currency, given_back]


def _second_packed(fact: list[Any]) -> list[Any]:
    """Return a step of a ticket or a subscription event with its id packed; both begin with time and event id."""
    at, event_id, *more = fact
    return [at, packed(event_id), *more]


def version_4(state: bytes) -> bytes:
    """Upgrade the part after the header in version 3, which stored every day in full, and words instead of letters."""
    values = _values(state)
    (offsets, latest, settled, recent), (logins, _failed, *active, untold, first_order) = values[:4], values[4:10]
    told, pruned_to, dropped, orders, tickets, timeline = values[10:]
    open_signals = {_KEYS_4.get(name, name): _told_4(*episode) for name, episode in told.items()}
    asked = {key: (topic, list(map(_step_4, steps))) for key, (topic, steps) in _values(tickets).items()}
    opening, ops = _values(timeline)
    seen = b"".join(recent[at : at + 7] for at in range(0, len(recent), 8))
    row = (offsets, latest, settled, seen, _pane_4(logins), *active, untold, active[0] - first_order)
    parts = (orders, _encode(asked), _encode(opening) if opening[0] != -NEVER else b"", _encode(ops) if ops else b"")
    return _encode((*row, open_signals, pruned_to // DAY, dropped, *parts))


def _pane_4(by_day: list[int]) -> list[int]:
    """Return days in full, the oldest first, as the newest day and the gaps before it."""
    days, counts = by_day[-2::-2], by_day[::-2]
    gaps = [later - earlier for later, earlier in pairwise(days)]
    return [number for pair in zip([*days[:1], *gaps], counts, strict=True) for number in pair]


def _told_4(episode: bytes, severity: str, since: int, raised_at: int, evidence: list[bytes], due: int) -> list[Any]:
    return [episode, SEVERITIES.index(severity), since, raised_at - since, evidence, due]


def _step_4(step: list[Any]) -> list[Any]:
    at, event_id, kind = step
    return [at, event_id, kind[0]]


def version_5(state: bytes) -> bytes:
    """Upgrade the part after the header in version 4.

    Its refunds were all in minor units of their order's currency; of a price it stored the MRR only, and of a login the
    day only.
    """
    *row, orders, tickets, opening, ops = _values(state)
    woke: list[int] = []
    given_back = {key: _order_5(*order) for key, order in _values(orders).items()}
    stood = _encode(_opening_5(*_values(opening))) if opening else b""
    said = _encode([[*op, None] for op in _values(ops)]) if ops else b""
    return _encode((*row, woke, _encode(given_back), tickets, stood, said))


def _opening_5(at: int, subscriptions: dict[str, list[Any]], paid: list[str], first: dict[str, int]) -> list[Any]:
    return [at, {name: [*one, None, None, True, False] for name, one in subscriptions.items()}, paid, first]


def _order_5(at: int, event_id: bytes, amount: int, currency: str, refunds: list[Any]) -> list[Any]:
    given_back = [[event, since, _amount_5(part, currency), ""] for event, since, part in refunds]
    return [at, event_id, amount, currency, given_back]


def _amount_5(part: int | None, currency: str) -> str | None:
    """Return an amount as a refund without a currency writes it."""
    if part is None:
        return None
    whole, _, fraction = money_text(Fraction(part, 10 ** DECIMALS[currency]), currency).partition(".")
    return f"{whole}.{fraction.rstrip('0')}".rstrip(".")


def version_6(state: bytes) -> bytes:
    """Upgrade the part after the header in version 5, which stored the ends of silences as a list.

    It also stored since when a customer is active if the last order was refunded: that must not be used for the next
    order.
    """
    values = _values(state)
    active_since, active_after_first, woke, kept_orders = values[5], values[8], values[12], values[13]
    *_, last = _values(kept_orders).values() or [None]
    if last is not None and last[4]:
        values[5], values[8] = NEVER, NEVER - active_since + active_after_first
    values[12] = b"".join(at.to_bytes(8, "big", signed=True) for at in woke)
    return _encode(values)


def version_7(state: bytes) -> bytes:
    """Upgrade the part after the header in version 6: no sections, and offsets by the place of a topic."""
    offsets, latest, settled, recent, logins, *core, woke, orders, tickets, opening, ops = _values(state)
    sections: dict[int, bytes] = {}
    if orders != _NO_ENTRIES:
        sections[1] = b"\1" + orders
    if opening or ops:
        sections[2] = b"\1" + _encode([opening, ops])
    if tickets != _NO_ENTRIES:
        sections[3] = b"\1" + tickets
    applied = dict(sorted((topic, at) for topic, at in zip(_TOPICS_6, offsets, strict=False) if at >= 0))
    present = sum(1 << (ident - 1) for ident in sections)
    kept = _encode(sections) if sections else b""
    return _encode([latest, settled, recent, logins, woke, *core, applied, present, kept])


UPGRADES: Final = (version_2, version_3, version_4, version_5, version_6, version_7)
"""In order: the first one upgrades version 1."""


def upgraded(state: bytes, version: int) -> bytes:
    """Return the part after the header of an older state in the present form."""
    for upgrade in UPGRADES[version - 1 :]:
        state = upgrade(state)
    return state
