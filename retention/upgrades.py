"""How states that an older program wrote become those of this one: bytes to bytes, a function a version."""

from typing import Final

import msgspec

from retention.calendar import NEVER

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
