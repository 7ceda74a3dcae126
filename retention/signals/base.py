"""Defines a signal, and what its rule is written with: the customer as it sees it, and the stretches that it yields.

Rule: a rule yields the stretches of time in which its condition holds, the newest first, and nothing else. Cooldown,
severity, recovery and the next due instant follow from them for all signals alike (`engine/signal_answers.py`).

    since       start                                          end
    ──┼───────────[─────────────────┼───────────────────────────)───────────►
      last normal  it holds          harsher                     normal again, or so long ago that it `lapses`
      moment

Reason: events arrive late. A rule that is a function of the history alone gives the same stretches in whatever order
they came, and a late event moves, joins or removes them without code of its own.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from retention.actions.base import Action
from retention.calendar import DAY, NEVER, Calendar, Instant, LocalDay
from retention.features.base import Facet
from retention.features.subscriptions.section import timeline_seen
from retention.features.subscriptions.subscription_state import Point, points
from retention.features.subscriptions.timeline import terms_of
from retention.identity import KeptId
from retention.liveness import Sources
from retention.measures import basis
from retention.measures.segments import had_value
from retention.policy import Policy, SignalPolicy
from retention.reference import NO_FACTS, Facts, Incident
from retention.spans import Span, active_at
from retention.state.customer import OPPORTUNITY, Customer
from retention.state.section import Section, bits_of
from retention.structs import Value
from retention.wording import Language, Text
from schemas.encoding import unvalidated
from schemas.outbound import Explanation

MAX_EVIDENCE: Final = 20
InWords: Final = unvalidated(Explanation)
"""An explanation without validation, as it is created by the thousand."""

Trigger = Literal["on_event", "on_time"]
Role = Literal["evidence", "engagement", "intent", "opportunity"]
"""What a signal is on the card of its customer: evidence of trouble, of less engagement, or the customer's own word. An
opportunity is nothing of it: no sign of leaving, but something that may be made more of."""
Outcome = Literal["recovered", "took_effect", "lapsed"]
"""How a condition ended: the customer is back to normal, the announced change took effect, or so much time has passed
that it is no longer watched."""
Fact = int | str
Words = Callable[[Language], dict[str, Fact]]


class Numbers(Value, frozen=True):
    """The numbers and words of a condition at an instant at which it holds."""

    observed: dict[str, Fact]
    words: Words
    template: str = "main"
    data_gaps: tuple[str, ...] = ()


class Stretch(Value, frozen=True):
    """A stretch of time in which a condition holds, from `start` to `end`, and its evidence.

    `since` is the last normal moment; `harsher` are the instants at which it becomes one level more severe; `lapses`
    says that no event ends it but time; `outcome` how it ends; `data_gaps` are the days that do not count, as their
    source was silent.
    What is observed is that of `start`; where that changes while it lasts, `later` returns it as of an instant.
    `evidence_at` are the instants from which on each piece of evidence counts; without them, all does from `start`.
    `part` sets stretches of one signal apart that may have one `since`, if their signal is `exact`.
    """

    start: Instant
    end: Instant
    since: Instant
    observed: dict[str, Fact]
    baseline: dict[str, Fact]
    words: Words
    evidence: tuple[KeptId, ...] = ()
    harsher: tuple[Instant, ...] = ()
    lapses: bool = False
    template: str = "main"
    data_gaps: tuple[str, ...] = ()
    later: Callable[[Instant], Numbers] | None = None
    outcome: Outcome = "recovered"
    evidence_at: tuple[Instant, ...] = ()
    part: str = ""

    def as_of(self, at: Instant) -> "Stretch":
        """Return the stretch with the numbers of an instant: on the seventh day it shows the numbers of that day.

        Its evidence is that of the instant, too: an event that is read ahead of time is no reason for what was before.
        """
        known = self.known(at)
        if self.later is None or at <= self.start:
            return known
        now = self.later(at)
        return msgspec.structs.replace(
            known, observed=now.observed, words=now.words, template=now.template, data_gaps=now.data_gaps
        )

    def known(self, at: Instant) -> "Stretch":
        """Return the stretch with the evidence of an instant."""
        if not self.evidence_at or max(self.evidence_at) <= at:
            return self
        known = [piece for piece, since in zip(self.evidence, self.evidence_at, strict=True) if since <= at]
        return msgspec.structs.replace(self, evidence=tuple(known), evidence_at=())

    def dated(self) -> dict[KeptId, Instant]:
        """Return the pieces of evidence, each with the instant from which on it counts."""
        since = self.evidence_at or (self.start,) * len(self.evidence)
        return dict(zip(self.evidence, since, strict=True))


class View:
    """A customer as a signal sees it: with the events before `as_of`, and the changes by time before `clock`.

    Events may lie ahead of the watermark. They count at once, but they do not prove that time has passed: a topic that
    is read later may still contain older ones.
    """

    def __init__(
        self,
        customer_id: str,
        customer: Customer,
        policy: Policy,
        tuned: SignalPolicy,
        as_of: Instant,
        clock: Instant,
        sources: Sources,
        facts: Facts = NO_FACTS,
    ) -> None:
        self.customer_id, self.customer, self.facts = customer_id, customer, facts
        self.policy, self.tuned, self.sources = policy, tuned, sources
        self.as_of, self.clock = as_of, clock
        self._history: list[Point] | None = None
        self._activity: list[Span] | None = None

    @property
    def calendar(self) -> Calendar:
        """Return the company's calendar."""
        return self.policy.calendar

    @property
    def history(self) -> list[Point]:
        """Return the customer's standing after each change."""
        if self._history is None:
            self._history = points(timeline_seen(self.customer), terms_of(self.policy), self.clock)
        return self._history

    def activity(self) -> list[Span]:
        """Return the spans in which the customer was active, on the company's own basis."""
        if self._activity is None:
            self._activity = self._activity_by(self.clock)
        return self._activity

    def _activity_by(self, clock: Instant) -> list[Span]:
        active = basis(self.policy.basis).active
        return active(self.customer, self.policy, clock) if active is not None else []

    def silent_days(self, source: str) -> Sequence[LocalDay]:
        """Return the whole local days before `as_of` on which a source was silent: absence on them proves nothing."""
        rhythm = self.sources.rhythms.get(source)
        return rhythm.silent_days(self.calendar.day(self.as_of), self.calendar) if rhythm is not None else ()

    def silent_days_by_now(self, source: str) -> Sequence[LocalDay]:
        """Return the local days on which a source was silent by `as_of`, including the day of `as_of` itself."""
        rhythm = self.sources.rhythms.get(source)
        return rhythm.silent_days_by(self.as_of, self.calendar) if rhythm is not None else ()

    def incidents(self, since: LocalDay, following: LocalDay) -> list[Incident]:
        """Return the incidents on local days from one to before another that concern the customer, by their starts."""
        if not self.facts.incidents():  # the usual case
            return []
        start, end = self.calendar.start_of_day(since), self.calendar.start_of_day(following)
        found = [one for one in self.facts.incidents() if max(one.start, start) < min(one.end, end)]
        return [one for one in found if not one.by or self._was_in(one)]

    def _was_in(self, incident: Incident) -> bool:
        between = incident.start, incident.end
        return had_value(self.customer, self.policy, self.clock, incident.by, incident.value, between)

    def later(self, as_of: Instant) -> "View":
        """Return a view of the same customer as of a later instant."""
        return View(
            self.customer_id, self.customer, self.policy, self.tuned, as_of, self.clock, self.sources, self.facts
        )

    def left_since(self, start: Instant) -> Instant | None:
        """Return when the customer left, if after `start` or if it was not active: open episodes are over then.

        If the event with which it left is read ahead of event time, a change that time brings before that event may
        bring the customer back, such as the end of a discount that left nothing to pay.
        """
        left = self._left_since(start, self.activity())
        if left is None or self.as_of <= self.clock:
            return left
        return left if self._left_since(start, self._activity_by(self.as_of)) is not None else None

    def _left_since(self, start: Instant, spans: list[Span]) -> Instant | None:
        if not spans:
            return None
        after = [end for _, end in spans if start <= end <= self.as_of]
        if after:
            return after[0]
        before = [end for _, end in spans if end < start]
        return None if not before or active_at(spans, start + 1) else before[-1]


def never_quiet(_view: View) -> Instant:
    """Return 0: the rule has to be evaluated to know whether its condition holds."""
    return 0


@dataclass(frozen=True)
class Signal:
    """One line of the register: what is watched, the signal's texts, its severity, its action."""

    name: str
    trigger: Trigger
    reads: frozenset[Facet]
    stretches: Callable[[View], Iterator[Stretch]]
    texts: dict[str, dict[Language, str]]
    recommends: Action
    weight: float = 0
    half_life_days: int | None = None
    default: SignalPolicy = field(default_factory=SignalPolicy)
    quiet_until: Callable[[View], Instant] = never_quiet
    """A cheap bound, never too late: the instant before which the condition cannot hold unless another event comes."""
    needs: tuple[Section[Any], ...] = ()
    """The sections of the state that it reads: for a customer without any of them its condition never holds, and it is
    not asked. None: it reads the core."""
    prolonged_by: frozenset[Facet] = frozenset()
    """Facets that can neither end an open episode nor change its beginning, if they come at or after it."""
    absence_of: Facet | tuple[Facet, ...] | None = None
    """For a signal of absence: the facet that it misses, or each of several, whose days are known, or which it reads
    ahead of event time. None: no event sets a timer for it, and it is checked again at the instants at which its
    stretches begin and end."""
    patience_days: Callable[[SignalPolicy], int] = lambda _: 0
    """The least number of local days after an event of that facet after which its absence can matter."""
    patience_of: Callable[[Facet, SignalPolicy], int] | None = None
    """The same by facet, for a signal that misses several, each after another number of days."""
    source: str | None = None
    """For a signal that time raises: the topic whose silence mutes it."""
    of_basis: str | None = None
    """The basis (`metrics.basis`) that it is about: companies that live by another one are not asked. None: any."""
    exactly: Callable[[View, Instant], Instant] = lambda _, end: end
    """For a signal whose stretches end with a local day: the instant on that day, as far as it is known."""
    forgets: bool = False
    """Whether what an episode began with may be dropped while it lasts: then the only one, which seems to begin later,
    is the same."""
    exact: bool = False
    """Whether the instant of `since` identifies its episodes, and not the local day: for one that time raises, whose
    episodes may be shorter than a day. An event within the allowed disorder may still move the `since` of one that an
    event raises."""
    incidents_by: frozenset[Facet] = frozenset()
    """For a signal that reads incidents of the company: those of the facets that it reads which only say whom incidents
    concern. Its open episodes are checked again when an incident is told late."""
    rule_version: int = 1
    role: Role = "evidence"
    """A signal of `engagement` is folded into the card of a customer of whom one of `intent` is open."""
    stops_promotion: bool = False
    """Whether the actions of opportunities are held while its condition holds."""
    key: str = ""
    """The key of its open episodes in the state: a letter that no other signal has; by default its name. That of an
    opportunity has a plus sign before its name."""
    split_texts: dict[str, dict[Language, Text]] = field(init=False, repr=False, compare=False)
    needs_bits: int = field(init=False, repr=False, compare=False)
    """The bits of the sections that it needs, 0 if none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.key or (OPPORTUNITY + self.name if self.is_opportunity else self.name))
        if self.is_opportunity and (self.weight or self.half_life_days is not None or self.default.severity != "low"):
            raise ValueError(f"{self.name} is an opportunity: it has no weight, no half-life, and the severity low")
        split = {name: {to: Text(text, to) for to, text in texts.items()} for name, texts in self.texts.items()}
        object.__setattr__(self, "split_texts", split)
        object.__setattr__(self, "needs_bits", bits_of(self.needs))
        for awaited in self.awaited:
            if not awaited.awaitable or awaited not in self.reads:
                raise ValueError(
                    f"{self.name} waits for {awaited.name}: `reads` has to name that facet, and the facet its `days`"
                )

    @property
    def awaited(self) -> tuple[Facet, ...]:
        """Return the facets whose absence it reads."""
        if self.absence_of is None:
            return ()
        return self.absence_of if isinstance(self.absence_of, tuple) else (self.absence_of,)

    @property
    def is_opportunity(self) -> bool:
        """Report whether it is no sign of leaving."""
        return self.role == "opportunity"

    def is_of(self, policy: Policy) -> bool:
        """Report whether it is about companies with the basis of this policy."""
        return self.of_basis is None or self.of_basis == policy.basis

    def patience(self, facet: Facet, tuned: SignalPolicy) -> int:
        """Return after how many local days the absence of one of its facets can matter at the earliest."""
        return self.patience_days(tuned) if self.patience_of is None else self.patience_of(facet, tuned)

    def concerns(self, customer: Customer) -> bool:
        """Report whether its condition may hold for a customer, by the sections of its state. Nothing is decoded."""
        return self.may_concern(customer.there())

    def may_concern(self, there: int) -> bool:
        """Report whether its condition may hold for a customer with these sections, given as the sum of their bits."""
        return not self.needs_bits or bool(self.needs_bits & there)

    def tuned(self, policy: Policy) -> SignalPolicy:
        """Return the tuning of this signal."""
        return policy.signal(self.name, self.default)


def explain(signal: Signal, stretch: Stretch) -> Explanation:
    """Return the explanation in every language. Its numbers come from the state; text of producers is made visible."""
    texts, words = signal.split_texts[stretch.template], stretch.words
    return InWords(
        en=texts["en"].filled(words("en")), es=texts["es"].filled(words("es")), it=texts["it"].filled(words("it"))
    )


def so_far(view: View, stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """Yield stretches, given in order of time, the newest first: those that have begun, and the next one if none lasts.

    For a rule that knows in advance when its condition will hold, or whose events are read ahead of time: what is to
    come must not hide what is, and what comes first sets the timer.
    """
    begun = [stretch for stretch in stretches if stretch.start <= view.as_of]
    if not begun or begun[-1].end <= (view.clock if begun[-1].lapses else view.as_of):
        begun += [stretch for stretch in stretches if stretch.start > view.as_of][:1]
    return reversed(begun)


def waited(
    view: View, at: Instant, wait: Instant, silent_days: Sequence[LocalDay]
) -> tuple[Instant, tuple[LocalDay, ...]]:
    """Return when something has waited for a time, and the local days that do not count as their source was silent."""
    if not silent_days:
        return at + wait, ()
    over, not_counted, first = at + wait, list[LocalDay](), view.calendar.day(at)
    for day in silent_days:
        if first <= day <= view.calendar.day(over):
            not_counted.append(day)
            over += DAY
    return over, tuple(not_counted)


def next_start(view: View, stretches: Iterator[Stretch]) -> Instant:
    """Return when the newest of stretches begins: 0 if it lasts, `NEVER` if it is over, or if there is none.

    The `quiet_until` of a rule whose stretches are known in advance.
    """
    newest = next(stretches, None)
    if newest is None or newest.end <= view.as_of:
        return NEVER
    return newest.start if newest.start > view.as_of else 0


def joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Yield the stretches, the newest first, joined where they overlap (the first one identifies the episode)."""
    whole: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda s: (s.start, s.evidence)):
        if whole and stretch.start < whole[-1].end:
            whole[-1] = _extended(whole[-1], stretch)
        else:
            whole.append(stretch)
    return reversed(whole)


def _extended(first: Stretch, more: Stretch) -> Stretch:
    if len(first.evidence) == MAX_EVIDENCE and more.end <= first.end and more.lapses == first.lapses:
        return first
    evidence = more.dated() | first.dated()
    pieces = tuple(dict.fromkeys(first.evidence + more.evidence))[:MAX_EVIDENCE]
    return Stretch(
        first.start,
        max(first.end, more.end),
        first.since,
        first.observed,
        first.baseline,
        first.words,
        pieces,
        first.harsher,
        _lapses_last(first, more),
        first.template,
        first.data_gaps,
        first.later,
        first.outcome if first.end > more.end else more.outcome,
        tuple([evidence[piece] for piece in pieces]),
        first.part,
    )


def _lapses_last(first: Stretch, more: Stretch) -> bool:
    """Report whether time alone ends two joined stretches: so it does if it ends the one that ends last."""
    return (first if first.end > more.end else more).lapses
