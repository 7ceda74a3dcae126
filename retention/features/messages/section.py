"""The section `messages`: the days on which e-mails were delivered, opened and clicked. A map of MessagePack.

Counts by local day, and of e-mails alone: that is all that a signal reads. Of other channels nothing is stored, and no
machine's openings are: privacy proxies open everything. No id is stored either; the core knows the last 256.
"""

from typing import Final

import msgspec

from retention import day_counts
from retention.day_counts import DayCounts
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

DELIVERED: Final = "d"
OPENED: Final = "o"
CLICKED: Final = "c"
Messages = dict[str, DayCounts]
"""By what happened, in one letter."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Messages).decode


def _new() -> Messages:
    return {}


def _encoded(one: Messages) -> bytes:
    return _encode({what: one[what] for what in sorted(one) if one[what]}) if any(one.values()) else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    for counts in messages_of(customer).values():
        day_counts.prune(counts, horizon.first_day)


def _bound(_one: Messages, _policy: Policy) -> int:
    """Return 0: there are no more days than the horizon has."""
    return 0


def _join(one: Messages, other: Messages, _policy: Policy) -> tuple[Messages, int]:
    for what, counts in other.items():
        day_counts.put_together(one.setdefault(what, []), counts)
    return one, 0


MESSAGES: Final[Section[Messages]] = Section(
    ident=8,
    name="messages",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def messages_of(customer: Customer) -> Messages:
    """Return the messages of a customer, to change them."""
    return MESSAGES.of(customer)


def messages_seen(customer: Customer) -> Messages:
    """Return the messages of a customer, to read only."""
    return MESSAGES.seen(customer) or {}


def engaged(customer: Customer) -> DayCounts:
    """Return the days on which a customer clicked in an e-mail, or opened one itself."""
    kept = messages_seen(customer)
    opened, clicked = kept.get(OPENED, []), kept.get(CLICKED, [])
    if not opened or not clicked:
        return opened or clicked
    found = opened.copy()
    for day in day_counts.days(clicked):
        day_counts.add(found, day)
    return found
