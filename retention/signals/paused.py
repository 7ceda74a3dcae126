"""`paused`: a customer rests. Many that rest do not come back."""

from collections.abc import Iterator
from typing import Final

from retention.calendar import DAY, NEVER, Instant, rfc3339
from retention.fold import Aspect
from retention.identity import KeptId
from retention.policy import SignalPolicy
from retention.signals.base import Fact, Signal, Stretch, View, joined
from retention.timeline import Op
from retention.wording import Language, date_text

BEFORE_END_DAYS: Final = 14
LONG_DAYS: Final = 60


def stretches(view: View) -> Iterator[Stretch]:
    """From the start of a pause to its end; more severe 14 days before its planned end, or after 60 days."""
    return joined(_pauses(view))


def _pauses(view: View) -> Iterator[Stretch]:
    opening = view.customer.timeline.opening.subscriptions
    resting: dict[str, tuple[Instant, Instant | None, tuple[KeptId, ...]]] = {
        name: (s.paused_at, s.paused_until, ()) for name, s in opening.items() if s.paused_at is not None
    }
    standing = set(opening)
    for op in view.customer.timeline.ops:
        yield from (_stretch(view, *resting.pop(name), end=op.at) for name in _ended_by(op, list(resting)))
        standing = _standing(standing, op)
        if op.kind == "paused" and op.subscription in standing and op.subscription not in resting:
            resting[op.subscription] = op.at, op.until, (op.event_id,)
    yield from (_stretch(view, *pause, end=NEVER) for pause in resting.values())


def _ended_by(op: Op, resting: list[str]) -> list[str]:
    if op.kind not in {"resumed", "ended", "started"}:
        return []
    return [name for name in resting if op.subscription in {None, name}]


def _standing(standing: set[str], op: Op) -> set[str]:
    if op.kind == "started" and op.subscription is not None:
        return {*standing, op.subscription}
    if op.kind == "ended":
        return standing - {op.subscription} if op.subscription is not None else set()
    return standing


def _stretch(view: View, at: Instant, until: Instant | None, evidence: tuple[KeptId, ...], *, end: Instant) -> Stretch:
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
