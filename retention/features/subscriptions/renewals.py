"""Defines what events state about the automatic renewal of a customer's subscriptions.

    started, auto_renew   changed, off      changed, on
    ──┼───────────────────────┼─────────────────┼──►
      not stored              stored            stored: it ends what the one before began

A start with automatic renewal says what is usual, so it is not stored: a start that is stored sells a term that ends by
itself, and nothing is switched off there.
"""

from typing import Final

from retention.calendar import NEVER, Instant
from retention.identity import KeptId, unpacked
from retention.structs import KeptFact

MAX_STATEMENTS: Final = 60


class Stated(KeptFact, frozen=True):
    """One statement about a subscription: whether it renews by itself from an instant on."""

    at: Instant
    event_id: KeptId
    subscription: bytes
    """The digest of its id."""
    on: bool
    initial: bool = False
    """Whether its start said so."""


Renewals = list[Stated]
"""The statements about all subscriptions of a customer, in order of time."""


def order_of(stated: Stated) -> tuple[Instant, bool, str, bytes]:
    """Return the sort key: time, then the start before what refers to it, then event id (metrics.md, rule 2)."""
    return stated.at, not stated.initial, unpacked(stated.event_id), stated.subscription


def add(renewals: Renewals, stated: Stated) -> None:
    """Store a statement at its place in time, once."""
    if stated not in renewals:
        renewals.append(stated)
        renewals.sort(key=order_of)


def joined(renewals: Renewals, others: Renewals) -> Renewals:
    """Return what is stated about the subscriptions of two customers, in order of time."""
    return sorted({*renewals, *others}, key=order_of)


def prune(renewals: Renewals, before: Instant, begun: dict[bytes, Instant]) -> None:
    """Drop statements from before the horizon, but of each known subscription the one since which it is as it is.

    `begun` are the known subscriptions and when each began, as far as that is known.
    """
    holds: dict[bytes, Stated] = {}
    for stated in renewals:
        if stated.at < before and stated.at >= begun.get(stated.subscription, NEVER):
            known = holds.get(stated.subscription)
            if known is None or known.on is not stated.on:
                holds[stated.subscription] = stated
    renewals[:] = [stated for stated in renewals if stated.at >= before or holds.get(stated.subscription) is stated]


def bound(renewals: Renewals) -> int:
    """Keep at most `MAX_STATEMENTS`, the newest; return how many were dropped."""
    surplus = max(0, len(renewals) - MAX_STATEMENTS)
    del renewals[:surplus]
    return surplus
