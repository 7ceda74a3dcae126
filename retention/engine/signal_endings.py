"""Compares a published episode with the history: whether it is still the one that is shown, and why and when it ended.

    published      raised ─────────────────────────────►
    history        [─────────────────)                     recovered, lapsed or took_effect, at its end
    customer       active ─────────) left                  churned, when it left
    history        no such stretch any more                late_evidence, now

Rule: the instant of an end is that of the history. An end that time alone brings is published when event time reaches
it, not when an early event shows it.

Reason: published earlier, it would be published twice, at the same instant and under the same id, if a late event moved
it in between.
"""

from collections.abc import Iterable
from typing import NamedTuple

from retention.calendar import NEVER, Instant
from retention.engine.signal_answers import Answer, Episode, identity, is_published
from retention.signals.base import Signal, Stretch, View
from retention.state.customer import OpenEpisode
from schemas.outbound import ClearedCause


def is_another(signal: Signal, answer: Answer, episode: Episode, published: OpenEpisode, view: View) -> bool:
    """Report whether the history shows another episode than the published one.

    If details were dropped because of the bound on the state, the only episode may seem to begin later: it is the same
    one, as its beginning is among the dropped details and nothing has ended it.
    """
    if episode.stretch.since > published.since and _may_be_forgotten(signal, answer, view):
        return False
    return not is_published(signal, episode.stretch, published, view)


def _may_be_forgotten(signal: Signal, answer: Answer, view: View) -> bool:
    """Report whether the only episode that the history shows may have begun with what was dropped."""
    return (bool(view.customer.dropped) or signal.forgets) and _is_the_only_one(signal, answer, view)


def _is_the_only_one(signal: Signal, answer: Answer, view: View) -> bool:
    return len({identity(signal, stretch, view.calendar) for stretch in answer.newest}) == 1


class Over(NamedTuple):
    """The end of an episode: its reason, its instant according to the history, and whether time alone brought it."""

    why: ClearedCause
    since: Instant
    timed: bool = False


def ending_of(signal: Signal, answer: Answer, published: OpenEpisode, view: View) -> Over:
    """Return how an episode ended."""
    if not view.tuned.enabled:
        return Over("disabled", view.as_of)
    stretch = _of_it(signal, answer.newest, published, view) or _of_it(signal, signal.stretches(view), published, view)
    if (
        stretch is None
        and signal.forgets
        and _is_the_only_one(signal, answer, view)
        and answer.newest[0].start > published.since
    ):
        stretch = answer.newest[0]
    end = stretch.end if stretch is not None and stretch.start <= view.as_of else None  # it may begin later than it did
    timed = stretch is not None and stretch.lapses and stretch.end <= view.as_of
    left_at = view.left_since(published.raised_at)
    if stretch is not None and stretch.outcome == "took_effect" and stretch.end <= min(left_at or NEVER, view.as_of):
        return Over("took_effect", max(published.raised_at, stretch.end), timed)
    if left_at is not None and (end is None or left_at <= end):
        return Over("churned", min(left_at, view.as_of))
    if end is None:
        return Over("late_evidence", view.as_of)
    if end < NEVER and (exactly := signal.exactly(view, end)) != end:
        return Over("recovered", max(published.raised_at, exactly), timed)
    lapsed = stretch is not None and stretch.outcome == "lapsed" and stretch.end <= view.as_of
    return Over("lapsed" if lapsed else "recovered", max(published.raised_at, min(end, view.as_of)), timed)


def waits_until(signal: Signal, published: OpenEpisode, view: View, over: Over) -> Instant:
    """Return the instant that event time has to reach before an episode may be cleared; 0 if it may be cleared now.

    A signal that time raises may become more severe first. An end that time alone brings, as that of a pause with
    `until`, is published when event time reaches it: an early event may show it, and a late one may revoke it.
    Published earlier, it would be published twice, at the same instant and under the same id.
    """
    if signal.trigger == "on_time" and view.clock < published.due <= over.since:
        return published.due
    return over.since if over.timed and view.clock < over.since else 0


def _of_it(signal: Signal, stretches: Iterable[Stretch], published: OpenEpisode, view: View) -> Stretch | None:
    for stretch in stretches:
        if is_published(signal, stretch, published, view):
            return stretch
    return None
