"""`feedback-unanswered`: a customer complained, or would not recommend the company, and still waits for a reply."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from retention.actions.reply_to_feedback import REPLY_TO_FEEDBACK
from retention.calendar import HOUR, NEVER, Instant, LocalDay
from retention.features.feedback.facets import OPINIONS, RECOMMENDATIONS, REPLIES
from retention.features.feedback.said import COMPLAINT, NPS, Said, recommendations, reply_to
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.liveness import gaps_written
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View, joined, so_far, waited

WAIT_HOURS: Final = 48
MAX_SCORE: Final = 6
SOURCE: Final = "feedback"


class _Waiting(NamedTuple):
    """A complaint or a score that waits: since when too long, the days that do not count, and when the reply came."""

    said: Said
    start: Instant
    end: Instant
    silent_days: tuple[LocalDay, ...]


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the spans in which a complaint, or an NPS answer of 6 or less, has waited for 48 hours, up to the reply.

    A later NPS answer of 7 or more ends it, too: the customer is no detractor any more.
    A day on which the source was silent does not count: the reply may have come, and not have reached us.
    """
    waiting = _waiting(view)
    return so_far(view, list(joined(_stretch(waiting, one) for one in waiting))[::-1])


def _waiting(view: View) -> list[_Waiting]:
    """Return what waits, or has waited, too long."""
    kept, highest = feedback_seen(view.customer), view.tuned.threshold("max_score")
    waits = [said for said in kept if said.kind == COMPLAINT or (said.kind == NPS and said.score <= highest)]
    found: list[_Waiting] = []
    if waits:  # timers ask this of every customer, and most have said nothing
        silent_days = view.silent_days_by_now(SOURCE)
        for said in waits:
            start, not_counted = waited(view, said.at, _wait(view), silent_days)
            end = reply_to(said, kept)
            if said.kind == NPS:
                better = (one.at for one in recommendations(kept) if one.at > said.at and one.score > highest)
                end = min(end, min(better, default=NEVER))
            if start < end:
                found.append(_Waiting(said, start, end, not_counted))
    return found


def _wait(view: View) -> Instant:
    return int(view.tuned.threshold("hours") * HOUR)


def _stretch(waiting: list[_Waiting], one: _Waiting) -> Stretch:
    shown = _shown(waiting, one, one.start)
    return Stretch(
        start=one.start,
        end=one.end,
        since=one.said.at,
        observed=shown.observed,
        baseline={},
        words=shown.words,
        evidence=(one.said.event_id,),
        template=shown.template,
        data_gaps=shown.data_gaps,
        later=lambda at: _shown(waiting, one, at),
    )


def _shown(waiting: list[_Waiting], first: _Waiting, at: Instant) -> Numbers:
    """Return how long the customer has waited at an instant: for the oldest reply that had not come by then."""
    oldest = next((one for one in waiting if one.start <= at < one.end), first)
    said, hours = oldest.said, (at - oldest.said.at) // HOUR
    gaps = gaps_written(SOURCE, oldest.silent_days) if oldest.silent_days else ()
    if said.kind == COMPLAINT:
        topic: Fact = said.about
        return Numbers({"hours": hours, "topic": topic}, lambda _: {"hours": hours, "topic": topic}, "complaint", gaps)
    score: Fact = said.score
    return Numbers({"hours": hours, "score": score}, lambda _: {"hours": hours, "score": score}, "main", gaps)


def quiet_until(view: View) -> Instant:
    """Return when something will first have waited too long; `NEVER` if nothing waits."""
    return min([one.start for one in _waiting(view) if one.end > view.as_of], default=NEVER)


FEEDBACK_UNANSWERED = Signal(
    name="feedback-unanswered",
    trigger="on_time",
    reads=frozenset({RECOMMENDATIONS, OPINIONS, REPLIES}),
    needs=(FEEDBACK,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Waiting {hours} h for an answer to an NPS score of {score}",
            "es": "Espera respuesta desde hace {hours} h, tras una nota NPS de {score}",
            "it": "Attende una risposta da {hours} h, dopo un voto NPS di {score}",
        },
        "complaint": {
            "en": "Waiting {hours} h for an answer to a complaint about {topic}",
            "es": "Espera respuesta desde hace {hours} h a una queja sobre {topic}",
            "it": "Attende una risposta da {hours} h a un reclamo su {topic}",
        },
    },
    recommends=REPLY_TO_FEEDBACK,
    weight=0.10,
    half_life_days=14,
    default=SignalPolicy(
        severity="low", escalate_after_days=STAYS, thresholds=(("hours", WAIT_HOURS), ("max_score", MAX_SCORE))
    ),
    source=SOURCE,
    exact=True,
)
