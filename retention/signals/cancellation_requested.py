"""`cancellation-requested`: a customer has said that it will leave and can still be heard."""

from collections.abc import Iterator

from retention.calendar import NEVER, Instant
from retention.fold import Aspect
from retention.policy import SignalPolicy
from retention.signals.base import MAX_EVIDENCE, Fact, Signal, Stretch, View
from retention.timeline import Op
from retention.wording import REASONS, Language, date_text


class _Overlap:
    """Requests that overlap are one: the first names it, the last to be settled ends it."""

    def __init__(self, request: Op, end: Instant) -> None:
        self.request, self.end, self.evidence = request, end, [request.event_id]

    def takes_in(self, request: Op, end: Instant) -> bool:
        """Add a request that came while it lasted."""
        if request.at >= self.end:
            return False
        self.end = max(self.end, end)
        if len(self.evidence) < MAX_EVIDENCE:
            self.evidence.append(request.event_id)
        return True


def stretches(view: View) -> Iterator[Stretch]:
    """Requested and not yet effective; ended when it is revoked, or takes effect."""
    overlaps: list[_Overlap] = []
    for request, end in _requests(view.customer.timeline.ops):
        if not (overlaps and overlaps[-1].takes_in(request, end)):
            overlaps.append(_Overlap(request, end))
    for overlap in reversed(overlaps):
        yield _stretch(view, overlap)


def _requests(ops: list[Op]) -> list[tuple[Op, Instant]]:
    """Give every request of what had not ended yet, and when it was settled."""
    turns: list[Op] = []
    answers: list[tuple[int, Op]] = []
    requests: list[tuple[int, Op]] = []
    for place, op in enumerate(ops):
        if op.kind in {"started", "ended"}:
            turns.append(op)
        if op.kind in {"revoked", "ended"}:
            answers.append((place, op))
        elif op.kind == "requested" and not (turns and _over(turns, op)):
            requests.append((place, op))
    return [(request, _settled_at(answers, place, request)) for place, request in requests]


def _settled_at(answers: list[tuple[int, Op]], place: int, request: Op) -> Instant:
    for at, op in answers:
        if at > place and _answers(op, request):
            return op.at
    return NEVER


def _over(turns: list[Op], request: Op) -> bool:
    """Tell whether what is to be cancelled has ended already."""
    last = next((op for op in reversed(turns) if _concerns(op, request)), None)
    return last is not None and last.kind == "ended"


def _concerns(op: Op, request: Op) -> bool:
    return op.subscription is None or request.subscription is None or op.subscription == request.subscription


def _stretch(view: View, overlap: _Overlap) -> Stretch:
    request = overlap.request
    effective = _effective_at(view, request)
    reason = request.reason or "other"

    def words(language: Language) -> dict[str, Fact]:
        on = date_text(effective, view.calendar, language) if effective is not None else ""
        return {"on": on, "reason": REASONS[reason][language]}

    return Stretch(
        start=request.at,
        end=overlap.end,
        since=request.at,
        observed={"reason": reason, "at_period_end": int(request.at_period_end)},
        baseline={},
        words=words,
        evidence=tuple(overlap.evidence),
        template="main" if effective is not None else "undated",
    )


def _answers(op: Op, request: Op) -> bool:
    """Tell whether an end or a revocation settles a request: of the same subscription, or of all of them."""
    return op.subscription is None or op.subscription == request.subscription


def _effective_at(view: View, request: Op) -> Instant | None:
    """Give when service will end: the end of the term where that is known, or at once."""
    if not request.at_period_end:
        return request.at
    terms = [
        op.until
        for op in view.customer.timeline.ops
        if op.until is not None and op.kind in {"started", "changed", "renewed"} and _concerns(op, request)
    ]
    return terms[-1] if terms else None


def quiet_until(view: View) -> Instant:
    """Nobody leaves quietly: without a request there is nothing to tell."""
    return 0 if any(op.kind == "requested" for op in view.customer.timeline.ops) else NEVER


CANCELLATION_REQUESTED = Signal(
    name="cancellation-requested",
    trigger="on_event",
    reads=frozenset({Aspect.REQUESTS, Aspect.TIMELINE}),
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
    },
    recommends="save-by-reason",
    weight=0.90,
    half_life_days=None,
    default=SignalPolicy(severity="high"),
)
