"""The episodes of the customers of one partition: what was told of each signal, kept in line with the history."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from retention.absences import absences
from retention.calendar import NEVER, Instant, LocalDay
from retention.features import REGISTER
from retention.features.base import Facet
from retention.features.register import Register
from retention.identity import packed, unpacked
from retention.measures import MEASURES
from retention.policy import SEVERITIES, Policy, SignalPolicy
from retention.recommending import recommended, withdrawn
from retention.signals import SIGNALS, name_of
from retention.signals.base import Answer, Episode, Signal, Stretch, View, ask, episode_id
from retention.sources import Sources
from retention.state.customer import Customer, Told
from retention.statements import PASSING, Occasion, Statement
from retention.telling import cleared, escalated, raised
from schemas.outbound import ClearedCause


class Episodes:
    """Raises, escalates and clears. What it has to say goes to `said`; what it gives is when to look again."""

    def __init__(self, policy: Policy, said: list[Statement], sources: Sources, register: Register = REGISTER) -> None:
        self.policy, self.said, self.sources = policy, said, sources
        self.open: Counter[tuple[str, str]] = Counter()
        self.watermark: Instant = 0
        self._signals = [(signal, signal.tuned(policy)) for signal in SIGNALS]
        # Whether there is a customer at all concerns every episode.
        leaves_or_returns = next(measure.reads for measure in MEASURES if measure.name == policy.basis)
        self._reading = {
            facet: [(s, tuned) for s, tuned in self._signals if facet.whole in s.reads or facet in leaves_or_returns]
            for facet in register.facets
        }
        self._raised_by_time = [(s, tuned) for s, tuned in self._signals if _raised_by_time(s, tuned)]
        self.absences = absences(register.facets, self._reading, policy)
        self.awaited = [absence for absence in self.absences.values() if absence.suffices < NEVER]

    def take_up(self, customer: Customer) -> None:
        """Count what is open of a customer that was kept."""
        for key, told in customer.told.items():
            self.open[name_of(key), told.severity] += 1

    def drop(self, customer: Customer) -> None:
        """Count what was open of a forgotten customer no more. Nothing is said of it."""
        for key, told in customer.told.items():
            self.open[name_of(key), told.severity] -= 1

    def review(self, name: str, customer: Customer, facet: Facet, occasion: Occasion) -> Instant:
        """Ask the signals that an event may concern; give when time alone may change what they say."""
        now = max(customer.latest + 1, self.watermark)
        due = NEVER
        for signal, tuned in self._reading[facet]:
            if facet in signal.prolonged_by and self._lasts(signal, tuned, customer, occasion.at):
                continue
            if signal.trigger == "on_event":
                answer = self._reconcile(signal, tuned, name, customer, now, occasion)
            else:
                answer = self._review_on_time(signal, tuned, name, customer, now, occasion)
            due = min(due, answer.due)
        return due

    def _lasts(self, signal: Signal, tuned: SignalPolicy, customer: Customer, at: Instant) -> bool:
        """Tell whether an episode is open that nothing has ended yet, and that began by an instant.

        When it is due, which is never too late, it is asked about.
        """
        told = customer.told.get(signal.key)
        if told is None or told.since > at or not tuned.enabled:
            return False
        return told.due > max(customer.latest, self.watermark)

    def _review_on_time(
        self, signal: Signal, tuned: SignalPolicy, name: str, customer: Customer, now: Instant, occasion: Occasion
    ) -> Answer:
        """Only time raises what the absence of an event shows; an event may end it at once."""
        answer = self._reconcile(signal, tuned, name, customer, self.watermark, occasion)
        if signal.key in customer.told and now > self.watermark:
            return self._reconcile(signal, tuned, name, customer, now, occasion)
        return answer

    def ring(self, name: str, customer: Customer, due: Instant, *, lapsed: bool) -> Instant:
        """Ask what may have changed because a due instant has passed; give the next one.

        What has lapsed concerns every open episode, for the customer may have left, and every signal that reads the
        timeline: without this it would be told when some other event came, or never.
        """
        open_again = self.sources.quiet_until + 1
        following = open_again if due < open_again else NEVER
        for signal, tuned in self._signals:
            told = customer.told.get(signal.key)
            of_time = _raised_by_time(signal, tuned) or (lapsed and _reads_lapses(signal))
            if told is None and not of_time and due != open_again:
                continue
            if told is not None and told.due > due and not lapsed:
                following = min(following, told.due)
                continue
            answer = self._reconcile(signal, tuned, name, customer, due, PASSING, ringing=True, passed=lapsed)
            following = min(following, answer.due)
            if signal.key in customer.told and customer.latest >= due:
                # What an on-time rule has just raised may already be over by what came since.
                answer = self._reconcile(signal, tuned, name, customer, customer.latest + 1, PASSING, passed=lapsed)
                following = min(following, answer.due)
        return following

    def quiet_until(self, name: str, customer: Customer, due: Instant) -> Instant:
        """Give until when a due instant leaves everything as it is, or 0 if the signals have to be asked."""
        quiet = NEVER
        for told in customer.told.values():
            quiet = min(quiet, told.due)
        for signal, tuned in self._raised_by_time:
            if signal.key not in customer.told:
                quiet = min(quiet, signal.quiet_until(self._view(name, customer, tuned, due)))
        if due <= self.sources.quiet_until + 1:  # what was not raised while history was filled in is to be asked for
            quiet = min(quiet, self.sources.quiet_until + 1)
        return quiet if quiet > due else 0

    def _view(
        self, name: str, customer: Customer, tuned: SignalPolicy, as_of: Instant, *, passed: bool = False
    ) -> View:
        """Show a customer to a signal; `passed`: with what ends at this very instant."""
        return View(name, customer, self.policy, tuned, as_of, self.watermark + passed, self.sources)

    def _reconcile(
        self,
        signal: Signal,
        tuned: SignalPolicy,
        name: str,
        customer: Customer,
        as_of: Instant,
        occasion: Occasion,
        *,
        ringing: bool = False,
        passed: bool = False,
    ) -> Answer:
        """Bring what was told of one signal in line with what the history shows."""
        if signal.trigger == "on_event":
            as_of = max(as_of, customer.latest + 1)
        told, view = customer.told.get(signal.key), self._view(name, customer, tuned, as_of, passed=passed)
        if told is None:
            quiet = signal.quiet_until(view)
            if quiet > as_of:
                return Answer(None, quiet)
        answer = ask(signal, view)
        episode, calendar = answer.episode, self.policy.calendar
        if told is not None and (episode is None or _is_another(answer, episode, told, view)):
            over = _why_over(signal, answer, told, view)
            not_before = _not_before(signal, told, view, over)
            if not_before:
                told.due = not_before
                return Answer(None, not_before, answer.newest)
            over_now = cleared(signal, name, told, calendar, over.since, over.why, occasion)
            self.said += [over_now, withdrawn(signal.recommends, over_now)]
            self._forget(signal, customer)
            told = None
        if episode is None or (told is None and not _may_raise(signal, episode, view, ringing=ringing)):
            return answer
        if told is None and as_of <= self.sources.quiet_until:
            return Answer(None, min(answer.due, self.sources.quiet_until + 1), answer.newest)
        if told is None:
            ident = episode_id(signal, name, episode.day)
            self._recommend(signal, customer, raised(signal, name, ident, episode, occasion))
        elif SEVERITIES.index(episode.severity) > told.level:
            ident = unpacked(told.episode)
            self.open[signal.name, told.severity] -= 1
            # An event that is read at the very instant at which time would say it is not why it is said.
            why_now = PASSING if episode.severe_since == told.due else occasion
            self._recommend(signal, customer, escalated(signal, name, ident, episode, why_now), again=True)
        else:
            told.due = answer.due
            return answer
        stretch = episode.stretch
        level, patience = SEVERITIES.index(episode.severity), episode.raised_at - stretch.since
        evidence = list(stretch.evidence)
        told = Told(packed(ident), level, stretch.since, patience, evidence, answer.due)
        customer.told = customer.told | {signal.key: told}
        self.open[signal.name, episode.severity] += 1
        return answer

    def _recommend(self, signal: Signal, customer: Customer, said: Statement, *, again: bool = False) -> None:
        """State what a signal says, and what may be done about it; `again`: its episode became more severe.

        A history that is filled in has happened, all of it, however far this partition has come with it.
        """
        self.said.append(said)
        if not again or signal.recommends.repeats:
            now = max(self.watermark, self.sources.quiet_until + 1)
            self.said.append(recommended(signal.recommends, said, customer, self.policy, now))

    def _forget(self, signal: Signal, customer: Customer) -> None:
        self.open[signal.name, customer.told[signal.key].severity] -= 1
        customer.told = {key: told for key, told in customer.told.items() if key != signal.key}


def _raised_by_time(signal: Signal, tuned: SignalPolicy) -> bool:
    """Tell whether time alone may raise a signal: most have to be shown by an event."""
    return signal.trigger == "on_time" or tuned.cooldown_days > 0


def _is_another(answer: Answer, episode: Episode, told: Told, view: View) -> bool:
    """Tell whether the history shows another episode than the one that was told.

    The only one that is left, and only seems to begin later, is the same where details went because of the bound on
    the state: what had begun it is among them, and nothing has ended it.
    """
    if view.customer.dropped and episode.stretch.since > told.since and _is_the_only_one(answer, view):
        return False
    return episode.day != view.calendar.day(told.since)


def _is_the_only_one(answer: Answer, view: View) -> bool:
    return len({view.calendar.day(stretch.since) for stretch in answer.newest}) == 1


def _reads_lapses(signal: Signal) -> bool:
    """Tell whether what time alone ends, an unpaid subscription beside another, is an event to a signal."""
    return any(facet.timed for facet in signal.reads)


class _Over(NamedTuple):
    """Why an episode is over, since when as far as the history shows it, and whether time alone has ended it."""

    why: ClearedCause
    since: Instant
    timed: bool = False


def _why_over(signal: Signal, answer: Answer, told: Told, view: View) -> _Over:
    """Return how an episode ended."""
    if not view.tuned.enabled:
        return _Over("disabled", view.as_of)
    day = view.calendar.day(told.since)
    stretch = _began_on(day, answer.newest, view) or _began_on(day, signal.stretches(view), view)
    end = stretch.end if stretch is not None else None
    timed = stretch is not None and stretch.lapses and stretch.end <= view.as_of
    left_at = view.left_since(told.raised_at)
    if stretch is not None and stretch.outcome == "took_effect" and stretch.end <= min(left_at or NEVER, view.as_of):
        return _Over("took_effect", max(told.raised_at, stretch.end), timed)
    if left_at is not None and (end is None or left_at <= end):
        return _Over("churned", min(left_at, view.as_of))
    if end is None:
        return _Over("late_evidence", view.as_of)
    if end < NEVER and (exactly := signal.exactly(view, end)) != end:
        return _Over("recovered", max(told.raised_at, exactly), timed)
    return _Over("recovered", max(told.raised_at, min(end, view.as_of)), timed)


def _not_before(signal: Signal, told: Told, view: View, over: _Over) -> Instant:
    """Return the instant that event time has to reach before an episode is said to be over; 0 if it may be said now.

    A signal that time raises may become more severe before. An end that time alone brings, as that of a pause with
    `until`, is said when time has come to it: events that come early may show it, and a late one may take it back. If
    it were said before that, time would say it again, at the same instant and under the same id.
    """
    if signal.trigger == "on_time" and view.clock < told.due <= over.since:
        return told.due
    return over.since if over.timed and view.clock < over.since else 0


def _began_on(day: LocalDay, stretches: Iterable[Stretch], view: View) -> Stretch | None:
    for stretch in stretches:
        if view.calendar.day(stretch.since) == day:
            return stretch
    return None


def _may_raise(signal: Signal, episode: Episode, view: View, *, ringing: bool) -> bool:
    """Tell whether to raise an episode that the history shows.

    One that time raises is raised when its timer rings, even if an event that came early has ended it: it is told
    whatever the order of arrival. After that it is raised only if late evidence brought it up and it still lasts.
    """
    if signal.trigger == "on_event" or (ringing and episode.raised_at == view.as_of):
        return True
    if episode.raised_at >= view.as_of or view.as_of > view.clock:
        return False
    now = ask(signal, view.later(max(view.customer.latest + 1, view.as_of))).episode
    return now is not None and now.day == episode.day
