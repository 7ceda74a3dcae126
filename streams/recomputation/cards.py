"""Computes, from all events before an instant, what the card of a customer has to say: its MRR, its plan, its stage."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.recomputation.lines import Document, time_of
from streams.recomputation.orders import buys
from streams.recomputation.rules import Rules
from streams.recomputation.standing import instants, is_paid, is_resting, running, worth

_INSTANT = timedelta(microseconds=1)
_NEW = timedelta(days=90)


class Says(NamedTuple):
    """The MRR by currency, the plan and the stage."""

    mrr: dict[str, Fraction]
    plan: str | None
    stage: str


def says(events: list[Document], at: datetime, basis: str, rules: Rules, *, leaving: bool) -> Says:
    """Return what a card has to say at an instant; `leaving` is whether a request to leave stands."""
    of_terms = [one for one in events if one["type"].startswith(("subscription.", "cancellation."))]
    there = running(of_terms, at, rules)
    mrr: dict[str, Fraction] = {}
    for one in there.values():
        if is_paid(one, at, rules):
            mrr[one["currency"]] = mrr.get(one["currency"], Fraction()) + worth(one)
    rests = not mrr and any(is_resting(one, at, rules) for one in there.values())
    tries = not mrr and not rests and any(one["status"] == "trialing" for one in there.values())
    begun = _begun(events, of_terms, at, basis, rules)
    dearest = min(there, key=lambda name: (-worth(there[name]), name), default=None)
    stage = _stage(begun, at, tries=tries, rests=rests, leaving=leaving)
    return Says(mrr, there[dearest]["plan"] if dearest is not None else None, stage)


def _stage(begun: list[tuple[datetime, bool]], at: datetime, *, tries: bool, rests: bool, leaving: bool) -> str:
    """Return the stage of a customer that became active, or ceased to be, at these instants."""
    if not begun:
        return "trial" if tries else "prospect"
    since, active = begun[-1]
    if not active:
        return "former"
    if leaving or rests:
        return "leaving" if leaving else "paused"
    if at - _INSTANT - since >= _NEW:
        return "established"
    return "new" if len(begun) == 1 else "returned"


def _begun(
    events: list[Document], of_terms: list[Document], at: datetime, basis: str, rules: Rules
) -> list[tuple[datetime, bool]]:
    """Return when a customer became active, or ceased to be, by what is known right after each instant."""
    found: list[tuple[datetime, bool]] = []
    for when in _turns(events, of_terms, at, basis, rules):
        after = when + _INSTANT
        if basis == "purchase":
            active = buys(events, after, rules)
        else:
            there = running(of_terms, after, rules).values()
            active = any(is_paid(one, after, rules) or is_resting(one, after, rules) for one in there)
        if active is not (found[-1][1] if found else False):
            found.append((when, active))
    return found


def _turns(events: list[Document], of_terms: list[Document], at: datetime, basis: str, rules: Rules) -> list[datetime]:
    """Return the instants before one at which a customer may have become active, or ceased to be."""
    if basis == "purchase":
        times = [time_of(one["occurred_at"]) for one in events if one["type"].startswith("purchase.")]
        ends = [_days_later(one, rules.window_days, rules.zone) for one in times]
    else:
        times = instants(of_terms, at, rules)
        ends = [one + timedelta(days=days) for one in times for days in (rules.pause_days, rules.grace_days)]
    return sorted({one for one in (*times, *ends) if one < at})


def _days_later(at: datetime, days: int, zone: str) -> datetime:
    local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(days=days)
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(at.tzinfo)
