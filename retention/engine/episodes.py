"""Episodes: the published life of each signal of each customer, kept in line with the customer's history.

Rule: a signal returns, from the history alone, the stretches in which its condition holds. This module compares them
with what was published, and publishes the difference.

    stretches            [-----------------------------)
    published            raised        escalated        cleared
    checked at           the event     a due instant    the event that ends it, or a due instant

A signal raised by an event is checked with that event. One raised by time (`no-login`) is checked when its timer fires:
an event can end it, but never raise it.

Reason: events arrive late and out of order. Derived from the history, an episode is the same in whatever order they
arrive; a late event that removes the condition clears it as `late_evidence`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, cast

from retention.calendar import NEVER, Instant
from retention.contacts import note, take_back, waiting_of
from retention.engine.absences import absences
from retention.engine.recommending import (
    SUPPRESSED,
    recommended,
    superseded,
    withdrawn,
    withdrawn_before_sent,
    withdrawn_of_erased,
)
from retention.engine.signal_answers import Answer, ask, episode_id
from retention.engine.signal_beginnings import may_raise, next_look, raising_event
from retention.engine.signal_endings import ending_of, is_another, waits_until
from retention.engine.signal_statements import cleared, escalated, raised
from retention.engine.timers import Timer
from retention.features import REGISTER
from retention.features.base import Facet
from retention.features.register import Register
from retention.identity import digest, packed, unpacked
from retention.liveness import Sources
from retention.measures import basis
from retention.policy import SEVERITIES, Policy, SignalPolicy
from retention.reference import NO_FACTS, Facts
from retention.signals import SIGNALS, name_of
from retention.signals.base import Signal, View
from retention.state.customer import Customer, OpenEpisode
from retention.statements import PASSING, Occasion, Statement
from schemas.outbound import ActionRecommended

_OF_INCIDENTS: Final = frozenset(signal.key for signal in SIGNALS if signal.incidents_by)


class Episodes:
    """Raises, escalates and clears episodes.

    Statements go to `statements`; methods return when to check a customer next.
    """

    def __init__(
        self,
        policy: Policy,
        statements: list[Statement],
        sources: Sources,
        register: Register = REGISTER,
        facts: Facts = NO_FACTS,
    ) -> None:
        self.policy, self.statements, self.sources, self.facts = policy, statements, sources, facts
        self.open: Counter[tuple[str, str]] = Counter()
        """The open signals by name and severity; opportunities are none."""
        self.watermark: Instant = 0
        self.rung: Timer = (0, "")
        """The last timer that has fired: those of one instant fire by id, and events may be read in between."""
        self._found: _Found | None = None
        """The open episode that `quiet_until` has found last: `ring` need not ask again."""
        self.has_news = False
        """Whether customers are checked because of facts of the company: those may end what no time would."""
        self._signals = [(signal, signal.tuned(policy)) for signal in SIGNALS]
        asked = [(signal, tuned) for signal, tuned in self._signals if signal.is_of(policy)]
        # A loss or a return of the customer concerns every episode.
        leaves_or_returns = basis(policy.basis).reads
        self._reading = {
            facet: [(s, tuned) for s, tuned in asked if facet.whole in s.reads or facet in leaves_or_returns]
            for facet in register.facets
        }
        self._raised_by_time = [(s, tuned) for s, tuned in asked if _raised_by_time(s, tuned)]
        self._raised_by_time_of: dict[int, list[tuple[Signal, SignalPolicy]]] = {}
        """The signals that time may raise for customers with the same sections: found once for each combination."""
        self._ringing = [
            _Ringing(s, tuned, s.is_of(policy) and _raised_by_time(s, tuned), tuned.enabled and _reads_lapses(s))
            for s, tuned in self._signals
        ]
        self._ringing_of: dict[int, _Group] = {}
        """Those of the signals that are enabled and may concern customers with the same sections."""
        self._holding = [(s, replace(tuned, enabled=True)) for s, tuned in self._signals if s.stops_promotion]
        """The signals that hold opportunities, also where they are switched off themselves."""
        self.absences = absences(register.facets, self._reading, policy)
        self.awaited = [a for facet, a in self.absences.items() if a.suffices < NEVER and facet.days is not None]

    def load(self, customer: Customer) -> None:
        """Count the open episodes of a restored customer."""
        for key, published in customer.open_signals().items():
            self.open[name_of(key), published.severity] += 1

    def drop(self, customer: Customer, at: Instant, unsent: Sequence[Statement]) -> None:
        """Withdraw the actions of an erased customer, and remove its open episodes from the counts.

        `unsent` are the statements about it that are not sent and never will be: a withdrawal among them names the
        episode alone. An episode of a signal that only another build knows names no action here.
        """
        ended = withdrawn_before_sent(unsent)
        for key, published in customer.open_signals().items():
            self.open[name_of(key), published.severity] -= 1
        for signal in SIGNALS:
            told_of = customer.open_episodes.get(signal.key)
            if told_of is not None and not told_of.stopped:
                ended.append((signal.name, unpacked(told_of.episode)))
            self.statements += [
                withdrawn_of_erased(signal.recommends, name, episode, at)
                for name, episode in ended
                if name == signal.name
            ]

    def end_merged(self, name: str, customer: Customer, occasion: Occasion) -> None:
        """End the open episodes of a customer that goes on under another id, where its history is judged again."""
        for signal in SIGNALS:
            published = customer.open_episodes.get(signal.key)
            if published is not None:
                over = max(occasion.at, published.raised_at)
                over_now = cleared(signal, name, published, self.policy.calendar, over, "merged", occasion)
                self.statements += [over_now, withdrawn(signal, over_now)]
        for key, published in customer.open_signals().items():
            self.open[name_of(key), published.severity] -= 1
        customer.open_episodes = {}

    def review(self, name: str, customer: Customer, facet: Facet, occasion: Occasion) -> Instant:
        """Check the signals that an event may concern; return when time alone may change the result."""
        now, has_rung = max(customer.latest + 1, self.watermark), self._has_rung(name, self.watermark)
        due, view = NEVER, None
        for signal, tuned in self._reading[facet]:
            if signal.key not in customer.open_episodes and not (tuned.enabled and signal.concerns(customer)):
                continue
            if facet in signal.prolonged_by and self._lasts(signal, tuned, customer, occasion.at):
                continue
            on_event = signal.trigger == "on_event"
            as_of = now if on_event else self.watermark
            view = self._view(view, name, customer, tuned, as_of, passed=has_rung)
            answer = self._reconcile(signal, view, occasion, self.watermark)
            if not on_event and now > self.watermark and signal.key in customer.open_episodes:
                # An event may end at once what only time raises.
                view = self._view(view, name, customer, tuned, now, passed=has_rung)
                answer = self._reconcile(signal, view, occasion, self.watermark)
            due = min(due, answer.due)
        return due

    def _has_rung(self, name: str, at: Instant) -> bool:
        """Report whether the timers of a customer have fired that are due at an instant, which time has come to."""
        return (at, name) <= self.rung

    def _lasts(self, signal: Signal, tuned: SignalPolicy, customer: Customer, at: Instant) -> bool:
        """Report whether an open episode began by an instant and has not reached its due instant.

        The due instant is never too late: then the signal is asked.
        """
        published = customer.open_episodes.get(signal.key)
        if published is None or published.since > at or not tuned.enabled:
            return False
        return published.due > max(customer.latest, self.watermark)

    def ring(self, name: str, customer: Customer, due: Instant, *, lapsed: bool) -> Instant:
        """Check every signal that may change because a due instant has passed; return the next due instant.

        A lapse concerns every open episode, because the customer may have left, and every signal that reads the
        timeline: otherwise the change would only be noticed with some other event, or never.
        """
        open_again = self.sources.quiet_until + 1
        following, there = open_again if due < open_again else NEVER, customer.there()
        after_latest, view = customer.latest + 1, None
        found, self._found = self._found, None
        if found is not None and (found.name != name or found.due != due):
            found = None
        every = due == open_again
        for one in self._ringing if every else self._to_ring(there, customer):
            signal, tuned = one.signal, one.tuned
            published = customer.open_episodes.get(signal.key)
            asked = one.of_time or (lapsed and one.of_lapses) or every
            if published is None and not (asked and signal.may_concern(there)):
                continue
            is_told = self.has_news and bool(signal.incidents_by)
            if published is not None and published.due > due and not lapsed and not is_told:
                following = min(following, published.due)
                continue
            as_of = max(due, after_latest) if signal.trigger == "on_event" else due
            view = self._view(view, name, customer, tuned, as_of, passed=lapsed)
            known = found.answer if found is not None and found.signal is signal else None
            answer = self._reconcile(signal, view, PASSING, due, known)
            following = min(following, answer.due)
            if as_of < after_latest and signal.key in customer.open_episodes:
                # An episode that time has just raised may already have ended by a later event.
                view = self._view(view, name, customer, tuned, after_latest, passed=lapsed)
                answer = self._reconcile(signal, view, PASSING, due)
                following = min(following, answer.due)
        return following

    def quiet_until(self, name: str, customer: Customer, due: Instant) -> Instant:
        """Return until when a due instant changes nothing, or 0 if the signals have to be checked.

        A rule whose cheap bound has passed is asked: mostly its condition does not hold, and all others are quiet, too.
        """
        quiet, open_episodes = NEVER, customer.open_episodes
        if self.has_news and not _OF_INCIDENTS.isdisjoint(open_episodes):
            return 0
        for published in open_episodes.values():
            quiet = min(quiet, published.due)
        if due <= self.sources.quiet_until + 1:  # signals held back while history was filled in have to be checked
            quiet = min(quiet, self.sources.quiet_until + 1)
        view = None
        for signal, tuned in self._asked(customer.there()):
            if quiet <= due:
                return 0
            if signal.key not in open_episodes:
                view = self._view(view, name, customer, tuned, due)
                until = signal.quiet_until(view)
                if until <= due and signal.trigger == "on_time":
                    answer = ask(signal, view)
                    if answer.episode is not None:
                        self._found = _Found(name, due, signal, answer)
                        return 0
                    until = answer.due
                quiet = min(quiet, until)
        return quiet if quiet > due else 0

    def _to_ring(self, there: int, customer: Customer) -> "list[_Ringing]":
        """Return the signals that a timer of a customer with these sections may concern, and all that are open."""
        found = self._ringing_of.get(there)
        if found is None:
            found = self._ringing_of[there] = _Group(
                [one for one in self._ringing if one.tuned.enabled and one.signal.may_concern(there)]
            )
        return found.all if found.keys.issuperset(customer.open_episodes) else self._ringing

    def _asked(self, there: int) -> list[tuple[Signal, SignalPolicy]]:
        """Return the signals that time may raise for a customer with these sections, and the tuning of each."""
        found = self._raised_by_time_of.get(there)
        if found is None:
            found = self._raised_by_time_of[there] = [
                (signal, tuned) for signal, tuned in self._raised_by_time if signal.may_concern(there)
            ]
        return found

    def _view(
        self,
        last: View | None,
        name: str,
        customer: Customer,
        tuned: SignalPolicy,
        as_of: Instant,
        *,
        passed: bool = False,
    ) -> View:
        """Return a customer as a signal sees it; with `passed`, including what ends at this very instant.

        If it is as of the same instant as the last view on this occasion, it is that one: what one signal has derived,
        the next one finds.
        """
        if last is None or last.as_of != as_of:
            return View(name, customer, self.policy, tuned, as_of, self.watermark + passed, self.sources, self.facts)
        last.tuned = tuned
        return last

    def _reconcile(
        self, signal: Signal, view: View, occasion: Occasion, fired: Instant, known: Answer | None = None
    ) -> Answer:
        """Bring the published episode of one signal in line with the history.

        Timers may have fired up to `fired`: without an event as `occasion`, the one of that very instant fires now.
        `known` is the answer of the signal, if it has been asked just now.
        """
        name, customer, as_of = view.customer_id, view.customer, view.as_of
        published = customer.open_episodes.get(signal.key)
        if known is None and published is None and (quiet := signal.quiet_until(view)) > as_of:
            return Answer(None, quiet)
        answer = ask(signal, view) if known is None else known
        episode, calendar = answer.episode, self.policy.calendar
        is_quiet = published is None and episode is None
        if published is not None and (episode is None or is_another(signal, answer, episode, published, view)):
            over = ending_of(signal, answer, published, view)
            not_before = waits_until(signal, published, view, over)
            if not_before:
                published.due = not_before
                return Answer(None, not_before, answer.newest)
            over_now = cleared(signal, name, published, calendar, over.since, over.why, occasion)
            self.statements += [over_now, withdrawn(signal, over_now)]
            self._forget(signal, customer)
            published = None
        if episode is None or (published is None and not may_raise(signal, episode, view, occasion, fired)):
            passed = fired if occasion is PASSING or self._has_rung(name, fired) else fired - 1
            return answer if is_quiet else Answer(None, next_look(signal, view, answer, passed), answer.newest)
        if published is None and as_of <= self.sources.quiet_until:
            return Answer(None, min(answer.due, self.sources.quiet_until + 1), answer.newest)
        if published is None:
            ident = episode_id(signal, name, episode.stretch, calendar)
            stopped = self._recommend(signal, customer, raised(signal, name, ident, episode, calendar, occasion))
        elif SEVERITIES.index(episode.severity) > published.level:
            ident = unpacked(published.episode)
            self.open[signal.name, published.severity] -= 1
            # An event at the very instant at which time escalates the episode is not its cause.
            why_now = PASSING if episode.severe_since == published.due else occasion
            worse = escalated(signal, name, ident, episode, calendar, why_now)
            stopped = self._say_again(signal, customer, published, worse)
        else:
            published.due = answer.due
            return answer
        stretch = episode.stretch
        level, patience = SEVERITIES.index(episode.severity), episode.raised_at - stretch.since
        evidence = list(stretch.known(episode.severe_since).evidence)
        found_by = published.found_by if published is not None else raising_event(occasion, episode)
        due = answer.due
        published = OpenEpisode(packed(ident), level, stretch.since, patience, evidence, due, stopped, found_by)
        # In order of keys: which of two was raised first shows nowhere in what is kept.
        customer.open_episodes = dict(sorted((customer.open_episodes | {signal.key: published}).items()))
        self._count(signal, episode.severity, 1)
        return answer

    def _recommend(self, signal: Signal, customer: Customer, statement: Statement) -> bool:
        """Publish a signal, and its action; report whether a gate stopped the action.

        A history that is filled in is over as a whole, however far this partition has read it.
        """
        now = max(self.watermark, self.sources.quiet_until + 1)
        conflicts = self._conflicts(statement.key, customer, max(statement.at, now)) if signal.is_opportunity else ()
        action = recommended(signal, statement, customer, self.policy, now, conflicts)
        if self.policy.deliveries_reported and action.type == SUPPRESSED and signal.recommends.automated:
            action = self._give_way(signal, customer, statement, action, now, conflicts)
        self.statements += [statement, action]
        if action.type == SUPPRESSED:
            return True
        if signal.recommends.automated:
            episode = cast("ActionRecommended", action.body).episode
            note(customer, max(statement.at, now), action.id, episode, self.policy)
        return False

    def _give_way(
        self,
        signal: Signal,
        customer: Customer,
        statement: Statement,
        held: Statement,
        now: Instant,
        conflicts: tuple[str, ...],
    ) -> Statement:
        """Return a message that is held, recommended after all if only others of lower priority that wait hold it.

        Those are withdrawn. Their signals go on, and propose them again when they become more severe.
        """
        lower = {
            digest(unpacked(published.episode)): (other, published)
            for other, _ in self._signals
            if other.recommends.automated
            and other.recommends.priority < signal.recommends.priority
            and (published := customer.open_episodes.get(other.key)) is not None
        }
        messages = waiting_of(customer, frozenset(lower), max(statement.at, now + self.policy.disorder))
        if not messages:
            return held
        yielding = frozenset([message.recommendation for message in messages])
        action = recommended(signal, statement, customer, self.policy, now, conflicts, yielding)
        if action.type == SUPPRESSED:
            return held
        take_back(customer, messages)
        for one in dict.fromkeys(message.episode for message in messages):
            other, published = lower[one]
            published.stopped = True
            self.statements.append(superseded(other, unpacked(published.episode), action))
        return action

    def _conflicts(self, name: str, customer: Customer, at: Instant) -> tuple[str, ...]:
        """Return the signals by which opportunities of a customer are held, as its history shows them at an instant."""
        there = customer.there()
        return tuple(
            signal.name
            for signal, tuned in self._holding
            if signal.may_concern(there)
            and ask(signal, View(name, customer, self.policy, tuned, at, at, self.sources, self.facts)).episode
            is not None
        )

    def _say_again(self, signal: Signal, customer: Customer, published: OpenEpisode, statement: Statement) -> bool:
        """Publish that an episode became more severe; report whether its action has been stopped each time so far.

        The action is recommended again only if it repeats, or has never been recommended in this episode.
        """
        if signal.recommends.repeats or published.stopped:
            return self._recommend(signal, customer, statement) and published.stopped
        self.statements.append(statement)
        return False

    def _count(self, signal: Signal, severity: str, number: int) -> None:
        if not signal.is_opportunity:
            self.open[signal.name, severity] += number

    def _forget(self, signal: Signal, customer: Customer) -> None:
        self._count(signal, customer.open_episodes[signal.key].severity, -1)
        customer.open_episodes = {
            key: published for key, published in customer.open_episodes.items() if key != signal.key
        }


class _Ringing:
    """A signal, whether time alone may raise it, and whether it may be raised by what lapses."""

    def __init__(self, signal: Signal, tuned: SignalPolicy, of_time: bool, of_lapses: bool) -> None:  # noqa: FBT001
        self.signal, self.tuned, self.of_time, self.of_lapses = signal, tuned, of_time, of_lapses


class _Group:
    """Signals that a timer may concern, and their keys."""

    def __init__(self, ringing: list[_Ringing]) -> None:
        self.all, self.keys = ringing, frozenset([one.signal.key for one in ringing])


class _Found:
    """The answer of a signal about a customer at a due instant."""

    def __init__(self, name: str, due: Instant, signal: Signal, answer: Answer) -> None:
        self.name, self.due, self.signal, self.answer = name, due, signal, answer


def _raised_by_time(signal: Signal, tuned: SignalPolicy) -> bool:
    """Report whether time alone may raise a signal: most are raised by an event, and those switched off by nothing."""
    return tuned.enabled and (signal.trigger == "on_time" or tuned.cooldown_days > 0)


def _reads_lapses(signal: Signal) -> bool:
    """Report whether a signal reads changes that time alone makes, as the lapse of an unpaid subscription."""
    return any(facet.timed for facet in signal.reads)
