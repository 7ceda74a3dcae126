"""Asks a signal about a customer: its episodes are derived from the stretches of its rule, so a replay yields the same.

    since       start             harsher                      end
    ──┼───────────[─────────────────┼───────────────────────────)───────────[──────────►
      last normal  raised: low       escalated: medium           cleared     the next one: not raised before
      moment                                                                 the cooldown after `end` is over

    `ask` as of an instant in it: the episode, and `due`, the next of these instants, at which a timer fires

Rule: an episode is the newest stretch that has begun, and has not ended, of a customer that has not left since. It is
raised at its start, or when the cooldown after the one before is over; and it is known by the beginning of its stretch,
so that the same history gives it the same id. What was published of it is compared in `episodes.py`.
"""

from collections.abc import Iterator

from retention.calendar import NEVER, Calendar, Instant
from retention.identity import derived_id, packed
from retention.policy import SEVERITIES, Severity
from retention.signals.base import Signal, Stretch, View
from retention.state.customer import OpenEpisode
from retention.structs import Value


class Episode(Value, frozen=True):
    """One stretch as it is published. Signal, customer and the local day of `since`, or its instant, identify it."""

    severity: Severity
    raised_at: Instant
    severe_since: Instant
    """When it reached its severity: the instant of an escalation."""
    stretch: Stretch
    """As the rule yields it. Published is what it is as of `severe_since`: most episodes are only compared."""
    reached: tuple[Instant, ...] = ()
    """When it reached each severity, from the mildest of its signal to its own."""


class Answer(Value, frozen=True):
    """The answer of a signal about a customer: the open episode, if any, and when time alone may change that."""

    episode: Episode | None
    due: Instant
    newest: tuple[Stretch, ...] = ()
    """The newest two stretches that the history shows."""


def ask(signal: Signal, view: View) -> Answer:
    """Return the answer of one signal about one customer, as of the instant of the view."""
    if not view.tuned.enabled:
        return Answer(None, NEVER)
    return _answered(signal, view, signal.stretches(view))


def _answered(signal: Signal, view: View, stretches: Iterator[Stretch]) -> Answer:
    as_of, clock = view.as_of, view.clock
    newest = next(stretches, None)
    if newest is None:
        return Answer(None, NEVER)
    before = next(stretches, None)
    raised_at = newest.start if before is None else max(newest.start, _quiet_until(view, before))
    shown = (newest,) if before is None else (newest, before)
    if raised_at >= newest.end or newest.end <= (clock if newest.lapses else as_of):
        return Answer(None, NEVER, shown)
    if raised_at > as_of:
        return Answer(None, raised_at, shown)
    if view.left_since(raised_at) is not None:
        return Answer(None, newest.end, shown)  # it may be back by then, by an event that was read ahead of time
    return _open(signal, view, newest, raised_at, shown)


def _quiet_until(view: View, before: Stretch) -> Instant:
    return view.calendar.add_days(before.end, view.tuned.cooldown_days) if view.tuned.cooldown_days else 0


def _open(signal: Signal, view: View, stretch: Stretch, raised_at: Instant, shown: tuple[Stretch, ...]) -> Answer:
    tuned = view.tuned
    known = max(view.clock, raised_at)  # what makes it more severe from its beginning needs no time to pass
    due, reached = stretch.end if stretch.end > known else NEVER, list[Instant]()
    if not signal.is_opportunity:
        for at in (*stretch.harsher, view.calendar.add_days(raised_at, tuned.escalate_after_days)):
            if at <= known:
                reached.append(max(raised_at, at))
            elif at < due:
                due = at
        reached.sort()
    mildest = SEVERITIES.index(tuned.severity)
    reached = [raised_at, *reached[: len(SEVERITIES) - mildest - 1]]
    severity = SEVERITIES[mildest + len(reached) - 1]
    return Answer(Episode(severity, raised_at, reached[-1], stretch, tuple(reached)), due, shown)


def ask_of_then(signal: Signal, view: View) -> Episode | None:
    """Return the episode of a customer that was open at an instant of the past: the one of the view.

    The state may know of later events. Conditions that begin after the instant are passed over; so they hide none of
    before, as they would if the signal was asked what is to be expected.
    """
    begun = (stretch for stretch in signal.stretches(view) if stretch.start <= view.as_of)
    return _answered(signal, view, begun).episode


def identity(signal: Signal, stretch: Stretch, calendar: Calendar) -> tuple[int | str, ...]:
    """Return what sets the episode of a stretch apart from others of its signal and customer."""
    if not signal.exact:
        return (calendar.day(stretch.since),)
    return (stretch.since, stretch.part) if stretch.part else (stretch.since,)


def episode_id(signal: Signal, customer_id: str, stretch: Stretch, calendar: Calendar) -> str:
    """Return an id derived from the signal, the customer and the beginning of a stretch: a replay repeats it."""
    return derived_id("episode", signal.name, customer_id, *identity(signal, stretch, calendar))


def is_published(signal: Signal, stretch: Stretch, published: OpenEpisode, view: View) -> bool:
    """Report whether a published episode is that of a stretch."""
    if not signal.exact:
        return view.calendar.day(stretch.since) == view.calendar.day(published.since)
    if stretch.since != published.since:
        return False
    return not stretch.part or packed(episode_id(signal, view.customer_id, stretch, view.calendar)) == published.episode
