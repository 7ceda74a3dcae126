"""The choices of a customer: what it has refused or consented to, by purpose and channel, and since when.

    marketing, all channels     ────────────────────────── yes ──────►
    marketing, email            ──── unsubscribed ────────────────────►
                                                           └─ the later choice decides: e-mails are wanted again

A channel that no contract knows (`other`) may be any of them: a refusal of it counts for each, until a later consent to
that one. A consent to it counts for none.
"""

from typing import Final, Literal

from retention.calendar import Instant
from retention.identity import KeptId, unpacked
from retention.ordering import together
from retention.structs import KeptFact
from schemas.privacy import ContactChannel

MARKETING: Final = "m"
CONTACT: Final = "c"
PurposeKey = Literal["m", "c"]
"""A purpose, as it is stored: messages, or any contact."""
CHANNEL_KEYS: Final[dict[ContactChannel, str]] = {
    "email": "e",
    "sms": "s",
    "push": "p",
    "in_app": "i",
    "phone": "t",
    "other": "o",
}
"""A channel, as it is stored."""
ALL: Final = ""
"""In its place: all channels."""
GRANTED: Final = "y"
WITHDRAWN: Final = "n"
UNSUBSCRIBED: Final = "u"
COMPLAINED: Final = "c"
ChoiceKind = Literal["y", "n", "u", "c"]
FOLDED: Final = b""
"""The id of a choice that stands for those before the horizon."""
MAX_CHOICES: Final = 64
"""Choices of one customer together. The newest of each purpose and channel stays, however many those are."""


class Choice(KeptFact, frozen=True):
    """A choice of a customer, since when it holds, and the event that says so."""

    at: Instant
    event_id: KeptId
    kind: "ChoiceKind"


Choices = dict[str, list[Choice]]
"""By purpose and channel (`key_of`), each in order of time."""


def key_of(purpose: PurposeKey, channel: ContactChannel | None) -> str:
    """Return the key of the choices about a purpose and a channel; None: all channels."""
    return purpose + (ALL if channel is None else CHANNEL_KEYS[channel])


def order_of(choice: Choice) -> tuple[Instant, str, str]:
    """Return the sort key: time, then event id (metrics.md, rule 2)."""
    return choice.at, unpacked(choice.event_id), choice.kind


def refuses(choice: Choice) -> bool:
    """Report whether a choice is no consent."""
    return choice.kind != GRANTED


def is_superseded(choices: list[Choice], at: Instant) -> bool:
    """Report whether a choice of this instant was replaced before the horizon."""
    return any(one.event_id == FOLDED and at <= one.at for one in choices)


def folded(choices: list[Choice], horizon: Instant) -> list[Choice]:
    """Return the choices since the horizon, after those that still stood at it: the last, and since when it refuses.

    A refusal is kept for as long as its customer is known: without it, messages would be sent again.
    """
    before = [one for one in choices if one.at < horizon]
    run = before[-1:]
    for earlier in reversed(before[:-1]):
        if not refuses(run[-1]) or not refuses(earlier):
            break
        run = [*run[:1], earlier]
    return [Choice(one.at, FOLDED, one.kind) for one in reversed(run)] + choices[len(before) :]


def bound(kept: Choices) -> int:
    """Keep at most `MAX_CHOICES`; return how many were dropped: the oldest that newer ones of their kind replaced."""
    surplus = sum(map(len, kept.values())) - MAX_CHOICES
    if surplus <= 0:
        return 0
    replaced = sorted((order_of(one), key) for key, choices in kept.items() for one in choices[:-1])
    gone = set(replaced[:surplus])
    for key, choices in kept.items():
        kept[key] = [one for one in choices if (order_of(one), key) not in gone]
    return len(gone)


def deciding(kept: Choices, purpose: PurposeKey, channel: ContactChannel, until: Instant) -> Choice | None:
    """Return the choice that decided about a channel at an instant, if there was one."""
    decides = _last(kept, (key_of(purpose, None), key_of(purpose, channel)), until)
    unknown = _last(kept, (key_of(purpose, "other"),), until)
    if unknown is None or not refuses(unknown):
        return decides
    return unknown if decides is None or order_of(unknown) > order_of(decides) else decides


def _last(kept: Choices, keys: tuple[str, ...], until: Instant) -> Choice | None:
    found = [one for key in keys for one in kept.get(key, ()) if one.at <= until]
    return max(found, key=order_of, default=None)


def may_be_contacted(kept: Choices, channel: ContactChannel, until: Instant) -> bool:
    """Report whether a person may reach a customer by a channel, as far as its choices up to an instant say."""
    decides = deciding(kept, CONTACT, channel, until)
    return decides is None or not refuses(decides)


def may_be_sent(kept: Choices, channel: ContactChannel, until: Instant, *, unasked: bool) -> bool:
    """Report whether messages may be sent by a channel; `unasked`: also to a customer that has made no choice."""
    if not may_be_contacted(kept, channel, until):
        return False
    decides = deciding(kept, MARKETING, channel, until)
    return unasked if decides is None else not refuses(decides)


def joined(kept: Choices, others: Choices) -> Choices:
    """Return the choices of two customers. Those that stand for what lies before the horizon are told apart by time."""
    return {
        key: together(kept.get(key, []), others.get(key, []), _of_one_event, order_of)
        for key in sorted({*kept, *others})
    }


def _of_one_event(choice: Choice) -> tuple[KeptId, str, Instant]:
    return choice.event_id, choice.kind, choice.at if choice.event_id == FOLDED else 0
