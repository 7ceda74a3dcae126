"""What a signal is, and how any signal lives: episodes derived from history, so a replay tells the same story.

A rule gives the stretches of time in which its condition holds; everything else (cooldown, severity, recovery, the
next due instant) follows here, for all of them.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from retention.calendar import NEVER, Calendar, Instant
from retention.customer import Customer
from retention.fold import Aspect, terms_of
from retention.orders import activity as orders_activity
from retention.policy import SEVERITIES, Policy, Severity, SignalPolicy
from retention.spans import Span, active_at, until
from retention.timeline import Point, activity, points
from retention.wording import LANGUAGES, Language

NAMESPACE: Final = uuid.UUID("6f0c1d5e-7a53-5d0b-9a3e-2f6f7f5b8c11")
"""Of every id that this project derives."""

MAX_EVIDENCE: Final = 20

Trigger = Literal["on_event", "on_time"]
Fact = int | str
Words = Callable[[Language], dict[str, Fact]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in which a condition holds, from `start` to `end`, and what shows it.

    `since` is the last normal moment; `harsher` are the instants at which it becomes one level more severe; `lapses`
    says that no event ends it but time.
    """

    start: Instant
    end: Instant
    since: Instant
    observed: dict[str, Fact]
    baseline: dict[str, Fact]
    words: Words
    evidence: tuple[str, ...] = ()
    harsher: tuple[Instant, ...] = ()
    lapses: bool = False
    template: str = "main"


@dataclass(frozen=True)
class View:
    """A customer as one signal may see it: with the events before `as_of`, and with what time did before `clock`.

    Events may lie ahead of settled event time. They count at once, but they do not prove that time has passed: a
    topic that is read later may still hold something older.
    """

    customer_id: str
    customer: Customer
    policy: Policy
    tuned: SignalPolicy
    as_of: Instant
    clock: Instant

    @property
    def calendar(self) -> Calendar:
        """The company's calendar."""
        return self.policy.calendar

    @cached_property
    def history(self) -> list[Point]:
        """How the customer's subscriptions stood after each change."""
        return points(self.customer.timeline, terms_of(self.policy), self.clock)

    @cached_property
    def activity(self) -> list[Span]:
        """When the customer was one, on the basis the company lives by."""
        if self.policy.basis == "subscription":
            return activity(self.history, None)
        spans = orders_activity(self.customer.orders, self.calendar, self.policy.purchase_window_days)
        return until(spans, self.clock)

    def left_since(self, start: Instant) -> Instant | None:
        """Give when the customer left, if that was after `start` or it was gone by then: what was open is over."""
        after = [end for _, end in self.activity if start <= end <= self.as_of]
        if after:
            return after[0]
        before = [end for _, end in self.activity if end < start]
        return None if not before or active_at(self.activity, start + 1) else before[-1]


@dataclass(frozen=True)
class Signal:
    """One line of the register: what is watched, how it reads, what it weighs, what to do."""

    name: str
    trigger: Trigger
    reads: frozenset[Aspect]
    stretches: Callable[[View], Iterator[Stretch]]
    texts: dict[str, dict[Language, str]]
    recommends: str
    weight: float
    half_life_days: int | None
    default: SignalPolicy = field(default_factory=SignalPolicy)
    patience_days: Callable[[SignalPolicy], int] = lambda _: 0
    """Of a signal that time raises: how many days after an event its absence can matter at the earliest."""
    rule_version: int = 1

    def tuned(self, policy: Policy) -> SignalPolicy:
        """Give how this signal is tuned."""
        return policy.signal(self.name, self.default)


@dataclass(frozen=True, slots=True)
class Episode:
    """One stretch as the world is told of it."""

    id: str
    severity: Severity
    raised_at: Instant
    stretch: Stretch


@dataclass(frozen=True, slots=True)
class Answer:
    """What a signal says of a customer: the open episode, if any, and when time alone may change that."""

    episode: Episode | None
    due: Instant
    ends: dict[str, Instant] = field(default_factory=dict)
    """Episodes that the history still shows, and when each of them ends."""


def ask(signal: Signal, customer_id: str, customer: Customer, policy: Policy, as_of: Instant, clock: Instant) -> Answer:
    """Ask one signal about one customer, as of an instant."""
    tuned = signal.tuned(policy)
    if not tuned.enabled:
        return Answer(None, NEVER)
    view = View(customer_id, customer, policy, tuned, as_of, clock)
    stretches = signal.stretches(view)
    newest = next(stretches, None)
    if newest is None:
        return Answer(None, NEVER)
    before = next(stretches, None)
    newest_id = episode_id(signal, view, newest)
    ends = {newest_id: newest.end}
    raised_at = newest.start
    if before is not None:
        ends.setdefault(episode_id(signal, view, before), before.end)
        raised_at = max(raised_at, _quiet_until(view, before))
    if raised_at >= newest.end or newest.end <= (clock if newest.lapses else as_of):
        return Answer(None, NEVER, ends)
    if raised_at > as_of:
        return Answer(None, raised_at, ends)
    if view.left_since(raised_at) is not None:
        return Answer(None, NEVER, ends)
    return _open(view, newest, newest_id, raised_at, ends)


def left_since(customer: Customer, policy: Policy, as_of: Instant, clock: Instant, start: Instant) -> Instant | None:
    """Give when a customer left, if that was after `start`."""
    return View("", customer, policy, SignalPolicy(), as_of, clock).left_since(start)


def _quiet_until(view: View, before: Stretch) -> Instant:
    return view.calendar.add_days(before.end, view.tuned.cooldown_days) if view.tuned.cooldown_days else 0


def _open(view: View, stretch: Stretch, ident: str, raised_at: Instant, ends: dict[str, Instant]) -> Answer:
    generic = view.calendar.add_days(raised_at, view.tuned.escalate_after_days)
    harsher = [max(raised_at, at) for at in stretch.harsher] + [generic]
    level = SEVERITIES.index(view.tuned.severity) + sum(at <= view.clock for at in harsher)
    severity = SEVERITIES[min(level, len(SEVERITIES) - 1)]
    due = min([at for at in (*harsher, stretch.end) if at > view.clock], default=NEVER)
    return Answer(Episode(ident, severity, raised_at, stretch), due, ends)


def episode_id(signal: Signal, view: View, stretch: Stretch) -> str:
    """Derive the id of an episode from the signal, the customer and its first day: a replay gives the same."""
    day = view.calendar.day(stretch.since)
    return str(uuid.uuid5(NAMESPACE, f"episode|{signal.name}|{view.customer_id}|{day}"))


def explain(signal: Signal, stretch: Stretch) -> dict[Language, str]:
    """Write the explanation in every language. Its numbers come from the state, so the text can be checked."""
    texts = signal.texts[stretch.template]
    return {language: texts[language].format(**stretch.words(language)) for language in LANGUAGES}


def joined(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    """Join stretches that overlap (the first one names the episode) and give them newest first."""
    whole: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda s: (s.start, s.evidence)):
        if whole and stretch.start < whole[-1].end:
            whole[-1] = _extended(whole[-1], stretch)
        else:
            whole.append(stretch)
    return reversed(whole)


def _extended(first: Stretch, more: Stretch) -> Stretch:
    evidence = tuple(dict.fromkeys(first.evidence + more.evidence))[:MAX_EVIDENCE]
    return Stretch(
        first.start,
        max(first.end, more.end),
        first.since,
        first.observed,
        first.baseline,
        first.words,
        evidence,
        first.harsher,
        _lapses_last(first, more),
        first.template,
    )


def _lapses_last(first: Stretch, more: Stretch) -> bool:
    """Tell whether time alone ends two stretches that are one: as the one does that ends last."""
    return (first if first.end > more.end else more).lapses
