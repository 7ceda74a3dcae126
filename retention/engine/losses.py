"""The losses of each customer, with the signals that its history showed right before: in line with the company's basis.

    event, lapse          ─► the basis shows a loss that is not stored      ─► its signals are asked, and stored with it
                                      shows none where one is stored        ─► it is dropped
    event before a loss   ─► what the history showed then may be another    ─► signals that read it are asked again

Signals are asked about the instant before the loss, by the customer's own events alone: partitions learn of silent
sources and of incidents in different orders, and would answer differently. A signal that does not read what an event
changed keeps its answer, because the older details that it would need may have been dropped.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from retention.calendar import NEVER, SECOND, Instant
from retention.engine.signal_answers import Episode, ask_of_then
from retention.features.base import Facet
from retention.liveness import Sources
from retention.losses import LOSSES, MAX_LOSSES, Lost, OpenBefore, losses_seen, set_losses
from retention.measures import basis
from retention.measures.base import Measure, Shown
from retention.policy import SEVERITIES, Policy
from retention.signals import RISKS
from retention.signals.base import Signal, View
from retention.state.customer import Customer
from retention.state.section import Horizon

MEDIUM: Final = SEVERITIES.index("medium")
_NO_SOURCES: Final = Sources()


class Losses:
    """Stores the losses of customers. Without a measure that reads them, or the basis, it does nothing."""

    def __init__(self, policy: Policy, measures: Sequence[Measure]) -> None:
        self.policy = policy
        self._asked = [(one, tuned) for one in RISKS if one.is_of(policy) and (tuned := one.tuned(policy)).enabled]
        self._leaves_or_returns = basis(policy.basis).reads
        place = {measure.name: place for place, measure in enumerate(measures)}
        reading = [measure for measure in measures if LOSSES in measure.needs]
        self._basis = place.get(policy.basis, -1) if reading else -1
        self._window = max((measure.window(policy) for measure in reading), default=0)
        self.since: Instant = -NEVER
        """Before it, losses are neither added nor dropped: no open period has them, nor has the history perhaps."""

    def set_horizon(self, horizon: Instant) -> None:
        """Set the instant back to which details are kept."""
        self.since = self.policy.calendar.add_days(horizon, self._window) if self._window else horizon

    def prune(self, customer: Customer, horizon: Horizon) -> None:
        """Drop the losses of a customer from before the horizon."""
        if LOSSES.is_kept(customer):
            LOSSES.prune(customer, horizon)

    def concerns(self, customer: Customer, at: Instant, watermark: Instant) -> bool:
        """Report whether an event, before it is noted as the newest, lies before a loss that is stored.

        No loss lies after both event time and the newest event: of nearly all events nothing has to be decoded.
        """
        return (at < customer.latest or at < watermark) and _has_after(customer, at)

    def follow(
        self, customer: Customer, before: Sequence[Shown], after: Sequence[Shown], at: Instant, facet: Facet | None
    ) -> bool:
        """Bring the losses in line with a history, after a change at an instant. Report any difference."""
        basis = self._basis
        if basis < 0 or (before[basis].tracks == after[basis].tracks and not _has_after(customer, at)):
            return False
        return self.settle(customer, after, at, facet)

    def settle(
        self, customer: Customer, shown: Sequence[Shown], changed: Instant = NEVER, facet: Facet | None = None
    ) -> bool:
        """Store the losses that a history shows; judge those after `changed` again. Report any difference.

        With a facet only the signals that read it are asked again.
        """
        if self._basis < 0:
            return False
        kept = losses_seen(customer)
        known = {loss.at: loss for loss in kept}
        found = [loss for loss in kept if loss.at < self.since]
        there = [at for at in _lost_at(shown[self._basis]) if at >= self.since][-MAX_LOSSES:]
        found += [
            known[at]
            if at in known and at <= changed
            else Lost(at, self._open_before(customer, at, known.get(at), facet))
            for at in there
        ]
        if found == kept:
            return False
        set_losses(customer, found, self.policy)
        return True

    def _reads(self, signal: Signal, facet: Facet) -> bool:
        """Report whether a signal may answer otherwise after an event of a facet. Incidents are left out."""
        return any(
            one in self._leaves_or_returns or one.whole in signal.reads - signal.incidents_by
            for one in (facet, *facet.parts)
        )

    def _open_before(
        self, customer: Customer, at: Instant, known: Lost | None, facet: Facet | None
    ) -> tuple[OpenBefore, ...]:
        """Return the signals that were open the instant before a loss: as they are known, if they read nothing new."""
        then, there, found = at - 1, customer.there(), list[OpenBefore]()
        answers = {one.signal: one for one in known.warned} if known is not None and facet is not None else None
        view: View | None = None
        for signal, tuned in self._asked:
            if answers is not None and facet is not None and not self._reads(signal, facet):
                if signal.name in answers:
                    found.append(answers[signal.name])
                continue
            if not signal.may_concern(there):
                continue
            if view is None:
                view = View("", customer, self.policy, tuned, then, then, _NO_SOURCES)
            view.tuned = tuned
            if customer.latest < at and signal.quiet_until(view) > then:
                continue  # the cheap bound knows nothing of later events, which may lie between
            episode = ask_of_then(signal, view)
            if episode is not None:
                found.append(_warned(signal, episode, at))
        return tuple(found)


def _warned(signal: Signal, episode: Episode, at: Instant) -> OpenBefore:
    level = SEVERITIES.index(episode.severity)
    place = MEDIUM - (level - (len(episode.reached) - 1))
    alarmed = episode.reached[max(0, place)] if level >= MEDIUM else at
    return OpenBefore(signal.name, level, (at - episode.raised_at) // SECOND, (at - alarmed) // SECOND)


def _has_after(customer: Customer, at: Instant) -> bool:
    losses = losses_seen(customer)
    return bool(losses) and losses[-1].at > at


def _lost_at(shown: Shown) -> list[Instant]:
    """Return when the customer was lost: when the first level of the basis, over all currencies, fell to nothing."""
    steps = next((track.steps for track in shown.tracks if track.currency is None), [])
    return [then.at for was, then in pairwise(steps) if was.levels[0] and not then.levels[0] and then.at < NEVER]
