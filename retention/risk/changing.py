"""Finds out when a customer's standing last changed: its MRR, its plan or its stage; and when time changes it next.

    starts            pays less                  new no longer
    ──┼──────────────────┼─────────────────────────────┼──►     since: the last of them that time has passed
      └───────────── 90 days, unless it leaves ────────┘

A request to leave is no change here, though it is one of the stage: it is a signal, and those have cards of their own.
"""

from fractions import Fraction
from hashlib import blake2b
from typing import Final, NamedTuple

from retention.calendar import DAY, NEVER, Instant
from retention.features.base import Facet
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.section import subscribes, timeline_seen
from retention.features.subscriptions.subscription_state import points
from retention.features.subscriptions.timeline import terms_of
from retention.measures import basis
from retention.policy import Policy
from retention.risk.section import OnCard
from retention.risk.standing import NEW, stage_of, standing_of
from retention.spans import Span
from retention.state.customer import Customer

_BYTES: Final = 8


class _Terms(NamedTuple):
    """The terms of a customer at an instant, as far as a card shows them."""

    mrr: dict[str, Fraction]
    plan: str | None
    paused: bool
    tries: bool


def facets_read(policy: Policy) -> frozenset[Facet]:
    """Return the facets of a customer after a change of which its MRR, its plan or its stage may be another."""
    return frozenset({TIMELINE}) | basis(policy.basis).reads


def changing(customer: Customer, policy: Policy, as_of: Instant, horizon: Instant, known: OnCard | None) -> OnCard:
    """Return what a card says of a customer's standing as of an instant: changes by time at it do not count yet.

    What lies before the horizon may have been dropped: a change of that age counts if it is `known`.
    """
    spans = _spans(customer, policy, as_of)
    found = max(_terms_since(customer, policy, as_of), _stage_since(spans, as_of))
    if known is not None and found <= horizon + policy.purchase_window_days * DAY:
        found = known.since
    at = max(found, as_of - 1)
    standing = standing_of(customer, at, policy)
    facts = standing.mrr, standing.plan, stage_of(customer, at, policy, standing, ())
    says = blake2b(repr(facts).encode(), digest_size=_BYTES).digest()
    return OnCard(found, _stage_until(spans, at), says)


def _spans(customer: Customer, policy: Policy, as_of: Instant) -> list[Span]:
    active = basis(policy.basis).active
    return active(customer, policy, as_of) if active is not None else []


def _terms_since(customer: Customer, policy: Policy, as_of: Instant) -> Instant:
    """Return when the terms of a customer last changed; 0 if they never did since the opening balance."""
    if not subscribes(customer):
        return 0
    timeline, terms = timeline_seen(customer), terms_of(policy)
    found = 0
    before: _Terms | None = None
    for point in points(timeline, terms, as_of):
        mrr = {currency: one.total for currency, one in point.standings.items() if one.total}
        paused = any(one.paused for one in point.standings.values())
        now = _Terms(mrr, point.plan, paused, point.tries)
        if before is not None and now != before:
            found = point.at
        before = now
    return found


def _stage_since(spans: list[Span], as_of: Instant) -> Instant:
    """Return when a customer last became active, ceased to be, or was so for as long as a new one."""
    found = 0
    for start, end in spans:
        found = max(found, start, end if end < NEVER else 0)
        if start + NEW < min(end, as_of):
            found = max(found, start + NEW)
    return found


def _stage_until(spans: list[Span], at: Instant) -> Instant:
    """Return when a customer that became active is no longer new, unless an event or a measure comes before."""
    return min((start + NEW for start, end in spans if at < start + NEW < end), default=NEVER)
