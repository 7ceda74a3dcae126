"""How states that an older program wrote become those of this one: bytes to bytes, a function a version."""

from typing import Any, Final

import msgspec

from retention.calendar import NEVER
from retention.identity import digest, packed

_values: Final = msgspec.msgpack.Decoder().decode
_encode: Final = msgspec.msgpack.Encoder().encode
_fields: Final = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode


def version_2(state: bytes) -> bytes:
    """Upgrade what follows the header in version 1, which knew no bytes within bytes and said `due` twice."""
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
    """Upgrade what follows the header in version 2, which kept every id as its text."""
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
    """Steps of a ticket and subscription events begin alike: when, and the id of the event."""
    at, event_id, *more = fact
    return [at, packed(event_id), *more]


UPGRADES: Final = (version_2, version_3)
"""In their order: the first one takes version 1."""


def upgraded(state: bytes, version: int) -> bytes:
    """Give what follows the header of a state of a version as this program would have written it."""
    for upgrade in UPGRADES[version - 1 :]:
        state = upgrade(state)
    return state
