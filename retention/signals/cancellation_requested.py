"""`cancellation-requested`: a customer has announced that it will leave, and can still be persuaded.

    requested       requested again                            revoked: recovered
    ──┼───────────────┼──────────────────────────────────────────┼──►
      raised          joins the first: one episode, its          or the service ends: took effect
                      evidence both, its reason the last named   or its term_end passes: took effect, by time alone

Rule: a request waits for the subscription that it names, or for all that run, and is over when the last of them is. One
that takes effect at once ends them, and raises nothing. One about a subscription that is not known waits for an answer
with the same name. One that a renewal has overtaken still waits, for an event, and no day is named any more.

Reason: a customer with two subscriptions that gives notice of both has left once both have ended, and not before.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from retention.actions.save_by_reason import SAVE_BY_REASON
from retention.calendar import NEVER, Instant, iso_day
from retention.features.subscriptions.changes import effect_of
from retention.features.subscriptions.facets import REQUESTS, TERMS, TIMELINE
from retention.features.subscriptions.section import SUBSCRIPTIONS, subscribes, timeline_seen
from retention.features.subscriptions.timeline import Op, Subscription, is_end, order_of, terms_of
from retention.features.subscriptions.walk import Moment, moments
from retention.identity import KeptId
from retention.policy import SignalPolicy
from retention.signals.base import MAX_EVIDENCE, Fact, Outcome, Signal, Stretch, View
from retention.wording import REASONS, Language, date_text

ANSWERS: Final = frozenset({"revoked", "ended"})
"""Events that may settle a request about an unknown subscription."""
_TERMS: Final = frozenset({"started", "changed", "renewed"})
"""Events that state until when a term runs."""


class _Asked:
    """A request that is followed through the history: the subscriptions it waits for, and its end."""

    def __init__(self, request: Op, names: Iterable[str]) -> None:
        self.request, self.waiting = request, set(names)
        self.reason = request.reason or "other"
        self.bound = bool(self.waiting)
        """Whether it waits for existing subscriptions; else for an answer about the same unknown one."""
        self.evidence = [request.event_id]
        self.end, self.timed = NEVER, False
        self.outcome: Outcome = "recovered"
        self.effective: Instant | None = None
        """When the last of the subscriptions ends by time alone; None if none does, as after a renewal."""
        self.renewed = False
        """Whether one of them was renewed after the request."""

    def look(self, subscriptions: Mapping[str, Subscription]) -> None:
        """Note until when those that it waits for run, and whether one was renewed after all; at its end nothing."""
        if not self.waiting:
            return
        those = [subscriptions[name] for name in self.waiting]
        ends = [effect_of(one) for one in those]
        self.effective = max((at for at in ends if at is not None), default=None)
        self.renewed = any(one.requested is not None and one.requested.renewed for one in those)

    def settle(self, at: Instant, outcome: Outcome, *, timed: bool = False) -> None:
        """Note how it ended."""
        self.end, self.outcome, self.timed = at, outcome, timed

    def take_in(self, other: "_Asked") -> None:
        """Join a request that came while this one waited.

        Both have the id of the first, end with the one that is settled last, and have the last reason that is named.
        """
        if other.reason != "other":
            self.reason = other.reason
        if len(self.evidence) < MAX_EVIDENCE:
            self.evidence.append(other.request.event_id)
        if other.end == self.end:
            ends = [at for at in (self.effective, other.effective) if at is not None]
            self.effective, self.renewed = max(ends, default=None), self.renewed or other.renewed
        elif other.end > self.end:
            self.effective, self.renewed = other.effective, other.renewed
        if other.end >= self.end:
            self.settle(other.end, other.outcome, timed=other.timed)


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the spans from a request until it is revoked or takes effect."""
    joined: list[_Asked] = []
    for asked in sorted(_requests(view), key=_order_of):
        if joined and asked.request.at < joined[-1].end:
            joined[-1].take_in(asked)
        else:
            joined.append(asked)
    for asked in reversed(joined):
        yield _stretch(view, asked)


def _order_of(asked: _Asked) -> tuple[Instant, KeptId]:
    return asked.request.at, asked.request.event_id


def _requests(view: View) -> list[_Asked]:
    """Return every request to leave at the end of a term, of running subscriptions, and how each was settled."""
    if not subscribes(view.customer):
        return _without_subscription(timeline_seen(view.customer).ops)
    found: list[_Asked] = []
    ended: set[str | None] = set()
    stood: set[str] = set()
    for moment in moments(timeline_seen(view.customer), terms_of(view.policy)):
        if moment.changed or any(op.kind in ANSWERS for op in moment.ops):
            for asked in found:
                if asked.end == NEVER:
                    _follow(asked, moment)
                    if moment.ops or moment.at < view.clock:  # what time will change is not so yet
                        asked.look(moment.subscriptions)
        ends = {op.subscription for op in moment.ops if is_end(op)}
        left = [name for name in moment.changed if name not in moment.subscriptions]
        gone = [name for name in left if name in stood or name in ends]
        requests = [op for op in moment.ops if op.kind == "requested" and op.at_period_end]
        found += [_asked(op, moment) for op in requests if not _is_over(op, ended, moment, gone)]
        ended.update(gone)
        stood.update(moment.subscriptions)
        if gone and not moment.subscriptions:
            ended.add(None)
    return found


def _without_subscription(ops: list[Op]) -> list[_Asked]:
    """Return the requests of a customer without a subscription: no walk is needed, because nothing changes by time."""
    found: list[_Asked] = []
    requests = [op for op in ops if op.kind == "requested" and op.at_period_end]
    if not requests:
        return found
    answers = [op for op in ops if op.kind in ANSWERS]
    void_by = [op for op in ops if op.kind == "revoked" or is_end(op)]
    for request in requests:
        asked = _Asked(request, ())
        for answer in answers:
            if answer.at > request.at and _answers(answer, request):
                asked.settle(answer.at, "recovered" if answer.kind == "revoked" else "took_effect")
                break
        if not any(_is_void(request, other) for other in void_by):
            found.append(asked)
    return found


def _is_void(request: Op, other: Op) -> bool:
    """Report whether the subject of a request had ended already, or the request was revoked in its own instant."""
    if is_end(other):
        about = other.subscription is not None and request.subscription in {None, other.subscription}
        return about and other.at <= request.at
    return other.at == request.at and order_of(other) > order_of(request) and _answers(other, request)


def _asked(request: Op, moment: Moment) -> _Asked:
    """Return a request as it begins: what it waits for, and until when that runs."""
    found = _Asked(request, _waiting_for(request, moment))
    found.look(moment.subscriptions)
    return found


def _waiting_for(request: Op, moment: Moment) -> list[str]:
    """Return the subscriptions that a request waits for, including one whose end was requested before."""
    names = moment.subscriptions if request.subscription is None else [request.subscription]
    return [name for name in names if name in moment.subscriptions and moment.subscriptions[name].requested is not None]


def _is_over(request: Op, ended: set[str | None], moment: Moment, gone: list[str]) -> bool:
    """Report whether the subject of a request has ended, or the request was revoked in its own instant."""
    later = moment.ops[moment.ops.index(request) + 1 :]
    if any(op.kind == "revoked" and _answers(op, request) for op in later):
        return True
    if request.subscription is None:
        return not moment.subscriptions and (None in ended or bool(gone))
    return request.subscription not in moment.subscriptions and request.subscription in {*ended, *gone}


def _follow(asked: _Asked, moment: Moment) -> None:
    """Settle a request if a moment does so."""
    if not asked.bound:
        answer = next((op for op in moment.ops if _answers(op, asked.request)), None)
        if answer is not None:
            asked.settle(moment.at, "recovered" if answer.kind == "revoked" else "took_effect")
        return
    for name in moment.changed:
        one = moment.subscriptions.get(name)
        if name in asked.waiting and (one is None or one.requested is None):
            asked.waiting.remove(name)
            if not asked.waiting:
                asked.settle(moment.at, "recovered" if one is not None else "took_effect", timed=not moment.ops)


def _answers(op: Op, request: Op) -> bool:
    """Report whether an end or a revocation settles a request about an unknown subscription."""
    return op.kind in ANSWERS and (op.subscription is None or op.subscription == request.subscription)


def _stretch(view: View, asked: _Asked) -> Stretch:
    request = asked.request
    if not asked.bound:
        _look_for_terms(timeline_seen(view.customer).ops, asked)
    effective, reason = asked.effective, asked.reason
    ends = {} if effective is None else {"term_ends": iso_day(view.calendar.day(effective))}

    def words(language: Language) -> dict[str, Fact]:
        on = date_text(effective, view.calendar, language) if effective is not None else ""
        return {"on": on, "reason": REASONS[reason][language]}

    return Stretch(
        start=request.at,
        end=asked.end,
        since=request.at,
        observed={"reason": reason, "at_period_end": int(request.at_period_end), **ends},
        baseline={},
        words=words,
        evidence=tuple(asked.evidence),
        lapses=asked.timed,
        template="main" if effective is not None else "renewed" if asked.renewed else "undated",
        outcome=asked.outcome,
    )


def _look_for_terms(ops: list[Op], asked: _Asked) -> None:
    """Note until when service runs where no subscription is known, as far as events say, and whether it was renewed."""
    request = asked.request
    about = [op for op in ops if _concerns(op, request)]
    asked.renewed = any(op.kind == "renewed" and op.at > request.at for op in about)
    terms = [op.until for op in about if op.until is not None and op.kind in _TERMS]
    asked.effective = terms[-1] if terms and not asked.renewed else None


def _concerns(op: Op, request: Op) -> bool:
    return op.subscription is None or request.subscription is None or op.subscription == request.subscription


def quiet_until(view: View) -> Instant:
    """Return `NEVER` without a request: then the condition cannot hold."""
    return 0 if any(op.kind == "requested" for op in timeline_seen(view.customer).ops) else NEVER


CANCELLATION_REQUESTED = Signal(
    name="cancellation-requested",
    stops_promotion=True,
    key="c",
    role="intent",
    trigger="on_event",
    reads=frozenset({REQUESTS, TERMS, TIMELINE}),
    needs=(SUBSCRIPTIONS,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Cancellation set for {on}: {reason}",
            "es": "Cancelación prevista para el {on}: {reason}",
            "it": "Disdetta prevista per il {on}: {reason}",
        },
        "undated": {
            "en": "Cancellation requested for the end of the term: {reason}",
            "es": "Cancelación solicitada para el final del periodo: {reason}",
            "it": "Disdetta richiesta per la fine del periodo: {reason}",
        },
        "renewed": {
            "en": "Cancellation requested, but renewed since: {reason}",
            "es": "Cancelación solicitada, pero con una renovación posterior: {reason}",
            "it": "Disdetta richiesta, ma con un rinnovo successivo: {reason}",
        },
    },
    recommends=SAVE_BY_REASON,
    weight=0.90,
    half_life_days=None,
    default=SignalPolicy(severity="high"),
)
