"""Finds whether an episode that the history shows begins now, and when to ask again if it does not.

    event time      ────────────┼──────────────┼─────►
                                start of a stretch
    timer           fires at it                           raised, even if an event that is read ahead has ended it
    event           read before the start                 a timer is set for it
    event           read at it, before its timers fire    a timer is set for this very instant
    event           read later                            raised in hindsight, if it still lasts

Rule: what time raises is raised by the timer at its start. `passed` is the newest instant whose timers have fired for
the customer. Event time itself counts as passed only once its timers have fired, because events may be read between two
timers of one instant.

Reason: if whichever event is read next raised the signal, it would depend on the order of arrival. An instant that is
taken as passed too early loses the signal; one that is taken as passed too late raises it twice.
"""

from retention.calendar import Instant
from retention.engine.signal_answers import Answer, Episode, ask, identity
from retention.identity import KeptId, packed
from retention.signals.base import Signal, View
from retention.statements import PASSING, Occasion


def may_raise(signal: Signal, episode: Episode, view: View, occasion: Occasion, fired: Instant) -> bool:
    """Report whether to raise an episode that the history shows.

    An episode that time raises is raised when its timer fires, even if an early event has ended it already: so it is
    raised whatever the order of arrival. After that it is raised only if late evidence shows it and it still lasts.
    """
    if signal.trigger == "on_event" or (occasion is PASSING and episode.raised_at == view.as_of == fired):
        return True
    if episode.raised_at >= view.as_of or view.as_of > view.clock:
        return False
    now = ask(signal, _with_all_read(view)).episode
    if now is None:
        return False
    return identity(signal, now.stretch, view.calendar) == identity(signal, episode.stretch, view.calendar)


def raising_event(occasion: Occasion, episode: Episode) -> KeptId:
    """Return the event that raises an episode in hindsight, one of another instant than the beginning; else nothing."""
    return packed(occasion.event) if occasion.event and occasion.at != episode.raised_at else b""


def next_look(signal: Signal, view: View, answer: Answer, passed: Instant) -> Instant:
    """Return when to ask again about an episode that was just cleared, or that is shown and not raised.

    The timers of instants up to `passed` have fired.

    A rule that does not look ahead shows no stretch to come, and knows only when it has to look again. With events that
    are read ahead of time, a stretch seems to last already, or to be over: time raises it when it reaches its start.
    """
    due = answer.due
    if answer.episode is None and (quiet := signal.quiet_until(view)) > view.as_of:
        due = min(due, quiet)
    if signal.trigger == "on_event" or not view.tuned.enabled:
        return due
    if answer.episode is not None and answer.episode.raised_at > passed:
        due = min(due, answer.episode.raised_at)
    for stretch in signal.stretches(_with_all_read(view)):
        if stretch.start <= passed:
            break
        due = min(due, stretch.start)
    return due


def _with_all_read(view: View) -> View:
    """Return a customer with all events, also those that are read ahead of time."""
    return view.later(max(view.customer.latest + 1, view.as_of))
