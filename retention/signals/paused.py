"""`paused`: a customer rests. Many that rest do not come back."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from retention.calendar import DAY, NEVER, Instant, rfc3339
from retention.fold import Aspect, terms_of
from retention.identity import KeptId
from retention.policy import SignalPolicy
from retention.signals.base import Fact, Signal, Stretch, View, joined
from retention.timeline import Op, moments
from retention.wording import Language, date_text

BEFORE_END_DAYS: Final = 14
LONG_DAYS: Final = 60


class _Pause(NamedTuple):
    at: Instant
    until: Instant | None
    evidence: tuple[KeptId, ...]


def stretches(view: View) -> Iterator[Stretch]:
    """From the start of a pause to its end; more severe 14 days before its planned end, or after 60 days.

    A free month of somebody who pays is no pause that was asked for.
    """
    return joined(_pauses(view))


def _pauses(view: View) -> Iterator[Stretch]:
    resting: dict[str, _Pause] = {}
    for moment in moments(view.customer.timeline, terms_of(view.policy)):
        for name in moment.changed:
            one = moment.subscriptions.get(name)
            rests = one is not None and one.paused_at is not None and not one.trial
            if name in resting and not rests:
                yield _stretch(view, resting.pop(name), end=moment.at, lapses=not moment.ops)
            elif one is not None and rests and name not in resting:
                resting[name] = _Pause(one.paused_at or moment.at, one.paused_until, _evidence(moment.ops, name))
    yield from (_stretch(view, pause, end=NEVER) for pause in resting.values())


def _evidence(ops: tuple[Op, ...], name: str) -> tuple[KeptId, ...]:
    return tuple([op.event_id for op in ops if op.kind == "paused" and op.subscription == name])


def _stretch(view: View, pause: _Pause, *, end: Instant, lapses: bool = False) -> Stretch:
    at, until, evidence = pause
    grave = at + LONG_DAYS * DAY
    if until is not None:
        grave = min(grave, max(at, until - BEFORE_END_DAYS * DAY))

    def words(language: Language) -> dict[str, Fact]:
        on = date_text(until if until is not None else at, view.calendar, language)
        return {"on": on}

    return Stretch(
        start=at,
        end=end,
        since=at,
        observed={"planned_end": rfc3339(until)} if until is not None else {},
        baseline={},
        words=words,
        evidence=evidence,
        harsher=(grave,),
        lapses=lapses,
        template="main" if until is not None else "open_ended",
    )


def quiet_until(view: View) -> Instant:
    """Only what stands can rest."""
    return 0 if view.customer.subscribes() else NEVER


PAUSED = Signal(
    name="paused",
    trigger="on_event",
    reads=frozenset({Aspect.TIMELINE}),
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
    recommends="resume-plan",
    weight=0.35,
    half_life_days=60,
    default=SignalPolicy(severity="low"),
)
