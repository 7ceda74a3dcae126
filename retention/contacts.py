"""The section `contacts`: the messages that were recommended for a customer. Its body is an array of MessagePack.

    recommended     delivered       recommended, and dismissed       proposed
    ────┼───────────────┼──────────────────────┼─────────────────────────┼────►
        └─ one message ─┘                      └ none                    └ too soon, or one too many?

A message counts when it was recommended; once `outcomes` say that it was delivered, then; and not at all if they say
that it was dismissed. Messages that only they know count, too, if no person had a part in them.

What was recommended depends on what was read before, as open episodes do, so no feature keeps it: the engine does.
"""

from typing import Final

import msgspec

from retention.calendar import DAY, Instant
from retention.features.outcomes.outcomes import BY_ITSELF, DELIVERED, DISMISSED, UNSAID, Outcome
from retention.features.outcomes.section import OUTCOMES, outcomes_seen
from retention.identity import digest
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section
from retention.structs import Kept, KeptFact

MONTH: Final = 30 * DAY
MAX_MESSAGES: Final = 32
"""More than the most that may be allowed in 30 days."""


class Recommended(KeptFact, frozen=True):
    """A message: when it was recommended, and digests of its recommendation and of its episode."""

    at: Instant
    recommendation: bytes
    episode: bytes


class Contacts(Kept):
    """The newest messages, in order of time."""

    messages: "list[Recommended]" = []


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Contacts).decode


def _encoded(one: Contacts) -> bytes:
    return _encode(one) if one.messages else b""


def _prune(_customer: Customer, _horizon: Horizon) -> None:
    """Drop nothing: each new message drops those that are too old to matter."""


def _bound(one: Contacts, _policy: Policy) -> int:
    """Drop messages that can no longer hold back a later one. No figure reads them, so none is counted as dropped."""
    if one.messages:
        oldest = one.messages[-1].at - 2 * MONTH
        one.messages = [message for message in one.messages if message.at >= oldest][-MAX_MESSAGES:]
    return 0


def _join(one: Contacts, other: Contacts, policy: Policy) -> tuple[Contacts, int]:
    found = Contacts(sorted({*one.messages, *other.messages}))
    return found, _bound(found, policy)


CONTACTS: Final[Section[Contacts]] = Section(
    ident=26,
    name="contacts",
    version=1,
    new=Contacts,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def note(customer: Customer, at: Instant, recommendation: str, episode: str, policy: Policy) -> None:
    """Store that a message was recommended, unless nothing limits how many may be."""
    if not (policy.message_gap or policy.messages_in_30_days):
        return
    kept = CONTACTS.of(customer)
    kept.messages = sorted([*kept.messages, Recommended(at, digest(recommendation), digest(episode))])
    _bound(kept, policy)


def waiting_of(customer: Customer, episodes: frozenset[bytes], until: Instant) -> list[Recommended]:
    """Return the messages of some episodes, by their digests, of which no outcome up to an instant says anything."""
    kept = CONTACTS.seen(customer) if CONTACTS.is_kept(customer) else None
    found = [message for message in kept.messages if message.episode in episodes] if kept is not None else []
    if not found or not OUTCOMES.is_kept(customer):
        return found
    settled = _settled_by(customer, until)
    return [message for message in found if not any(_is_of(one, message) for one in settled)]


def take_back(customer: Customer, messages: list[Recommended]) -> None:
    """Remove messages that were withdrawn before they were delivered."""
    kept = CONTACTS.of(customer)
    kept.messages = [message for message in kept.messages if message not in messages]


def has_room(
    customer: Customer,
    at: Instant,
    until: Instant,
    policy: Policy,
    automated: frozenset[str] = frozenset(),
    yielding: frozenset[bytes] = frozenset(),
) -> bool:
    """Report whether one more message at an instant is far enough from all others, by the outcomes up to another.

    `automated` are the actions that are messages unless their outcome says otherwise; `yielding` are the digests of
    recommendations that give way to this one.
    """
    most, gap = policy.messages_in_30_days, policy.message_gap
    others = sorted(_instants(customer, until, automated, yielding))
    if any(abs(at - other) < gap for other in others):
        return False
    place = sum(other <= at for other in others)
    row = [*others[:place], at, *others[place:]]
    first = range(max(0, place - most), min(place, len(row) - 1 - most) + 1)
    return not most or all(row[one + most] - row[one] >= MONTH for one in first)


def _settled_by(customer: Customer, until: Instant) -> list[Outcome]:
    known = outcomes_seen(customer).outcomes
    return [one for one in known if one.at <= until and one.kind in {DELIVERED, DISMISSED}]


def _instants(
    customer: Customer, until: Instant, automated: frozenset[str], yielding: frozenset[bytes]
) -> list[Instant]:
    kept = CONTACTS.seen(customer) if CONTACTS.is_kept(customer) else None
    messages = kept.messages if kept is not None else []
    if yielding:
        messages = [message for message in messages if message.recommendation not in yielding]
    if not OUTCOMES.is_kept(customer):
        return [message.at for message in messages]
    known = [one for one in outcomes_seen(customer).outcomes if one.at <= until]
    settled = _settled_by(customer, until)
    waiting = [message.at for message in messages if not any(_is_of(one, message) for one in settled)]
    return waiting + [one.at for one in known if one.kind == DELIVERED and _is_message(one, messages, automated)]


def _is_of(outcome: Outcome, message: Recommended) -> bool:
    """Report whether an outcome is about a message: by its recommendation or, if it names none, by its episode."""
    if outcome.recommendation:
        return outcome.recommendation == message.recommendation
    return outcome.episode == message.episode and outcome.at >= message.at


def _is_message(delivered: Outcome, messages: list[Recommended], automated: frozenset[str]) -> bool:
    """Report whether what was delivered is a message that no person had a part in."""
    if delivered.automated != UNSAID:
        return delivered.automated == BY_ITSELF
    return delivered.action in automated or any(_is_of(delivered, message) for message in messages)
