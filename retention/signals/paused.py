"""`paused`: a customer's subscription is paused. Many paused customers do not return."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from retention.actions.resume_plan import RESUME_PLAN
from retention.calendar import DAY, NEVER, Instant, rfc3339
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.section import SUBSCRIPTIONS, subscribes, timeline_seen
from retention.features.subscriptions.timeline import Op, Subscription, terms_of
from retention.features.subscriptions.walk import moments
from retention.identity import KeptId
from retention.policy import SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View, joined
from retention.wording import Language, date_text

BEFORE_END_DAYS: Final = 14
LONG_DAYS: Final = 60


class _Pause(NamedTuple):
    """A pause and its planned end: the first one stated, and each change of it with its instant."""

    at: Instant
    plans: list[tuple[Instant, Instant | None]]
    evidence: tuple[KeptId, ...]


def stretches(view: View) -> Iterator[Stretch]:
    """Yield pauses, from start to end; more severe 14 days before the planned end, or after 60 days.

    A free month of a paying customer is no requested pause, nor is a subscription that begins in one, unpaid.
    """
    return joined(_pauses(view))


def _pauses(view: View) -> Iterator[Stretch]:
    resting: dict[str, _Pause] = {}
    for moment in moments(timeline_seen(view.customer), terms_of(view.policy)):
        for name in moment.changed:
            one = moment.subscriptions.get(name)
            rests = one is not None and one.paused_at is not None and not one.trial and not _begins_in_it(one)
            if name in resting and not rests:
                yield _stretch(view, resting.pop(name), end=moment.at, lapses=not moment.ops)
            elif one is not None and rests and name not in resting:
                at = moment.at if moment.ops else one.paused_at or moment.at  # a free month may have come before it
                resting[name] = _Pause(at, [(at, one.paused_until)], _evidence(moment.ops, name))
            elif one is not None and rests and one.paused_until != resting[name].plans[-1][1]:
                resting[name].plans.append((moment.at, one.paused_until))
    yield from (_stretch(view, pause, end=NEVER) for pause in resting.values())


def _begins_in_it(one: Subscription) -> bool:
    return one.paused_at == one.since and not one.keeps


def _evidence(ops: tuple[Op, ...], name: str) -> tuple[KeptId, ...]:
    return tuple([op.event_id for op in ops if op.kind == "paused" and op.subscription == name])


def _stretch(view: View, pause: _Pause, *, end: Instant, lapses: bool = False) -> Stretch:
    first = _numbers(view, pause, pause.plans[0][1])

    def later(at: Instant) -> Numbers:
        return _numbers(view, pause, next(until for since, until in reversed(pause.plans) if since <= at))

    return Stretch(
        start=pause.at,
        end=end,
        since=pause.at,
        observed=first.observed,
        baseline={},
        words=first.words,
        evidence=pause.evidence,
        harsher=(_grave(pause),),
        lapses=lapses,
        template=first.template,
        later=later if len(pause.plans) > 1 else None,
    )


def _numbers(view: View, pause: _Pause, until: Instant | None) -> Numbers:
    """Return the numbers of a pause that is to last until an instant; None: until the customer resumes."""

    def words(language: Language) -> dict[str, Fact]:
        return {"on": date_text(until if until is not None else pause.at, view.calendar, language)}

    observed: dict[str, Fact] = {"planned_end": rfc3339(until)} if until is not None else {}
    return Numbers(observed, words, "main" if until is not None else "open_ended")


def _grave(pause: _Pause) -> Instant:
    """Return when a pause becomes more severe: 14 days before the end known then, or after 60 days."""
    ends = [since for since, _ in pause.plans[1:]]
    for (since, until), next_plan in zip(pause.plans, [*ends, NEVER], strict=True):
        grave = pause.at + LONG_DAYS * DAY
        if until is not None:
            grave = min(grave, until - BEFORE_END_DAYS * DAY)
        if max(since, grave) < next_plan:
            return max(since, grave)
    return NEVER


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer without a subscription."""
    return 0 if subscribes(view.customer) else NEVER


PAUSED = Signal(
    name="paused",
    key="p",
    trigger="on_event",
    reads=frozenset({TIMELINE}),
    needs=(SUBSCRIPTIONS,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {"en": "Paused until {on}", "es": "En pausa hasta el {on}", "it": "In pausa fino al {on}"},
        "open_ended": {
            "en": "Paused since {on}, no end given",
            "es": "En pausa desde el {on}, sin fecha de fin",
            "it": "In pausa dal {on}, senza una fine",
        },
    },
    recommends=RESUME_PLAN,
    weight=0.35,
    half_life_days=60,
    default=SignalPolicy(severity="low"),
)
