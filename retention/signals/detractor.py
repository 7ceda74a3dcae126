"""`detractor`: a customer would not recommend the company, or far less than it would have before."""

from collections.abc import Iterator
from typing import Final

from retention.actions.close_the_loop import CLOSE_THE_LOOP
from retention.calendar import NEVER, Instant
from retention.features.feedback.facets import RECOMMENDATIONS
from retention.features.feedback.said import Said, Spell, recommendations, spells
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import MAX_EVIDENCE, Fact, Numbers, Signal, Stretch, View

MAX_SCORE: Final = 6
MIN_FALL: Final = 3


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the spans from an answer of 6 or less, or 3 less than the one before, to the next one of 7 or more."""
    highest, fall = view.tuned.threshold("max_score"), view.tuned.threshold("min_fall")

    def begins(said: Said, before: Said | None) -> bool:
        return said.score <= highest or (before is not None and before.score - said.score >= fall)

    for spell in spells(recommendations(feedback_seen(view.customer)), begins, lambda said: said.score > highest):
        yield _stretch(spell)


def _stretch(spell: Spell) -> Stretch:
    first = spell.low[0]
    shown = _shown(spell, first.at)
    baseline: dict[str, Fact] = {"score_before": spell.before.score} if spell.before is not None else {}
    return Stretch(
        start=first.at,
        end=spell.end,
        since=first.at,
        observed=shown.observed,
        baseline=baseline,
        words=shown.words,
        evidence=tuple([said.event_id for said in spell.low[:MAX_EVIDENCE]]),
        evidence_at=tuple([said.at for said in spell.low[:MAX_EVIDENCE]]),
        template=shown.template,
        later=lambda at: _shown(spell, at),
    )


def _shown(spell: Spell, at: Instant) -> Numbers:
    """Return the newest answer by an instant, and the one before the spell if that was higher."""
    score = [said.score for said in spell.low if said.at <= at][-1]
    words: dict[str, Fact] = {"score": score}
    fell = spell.before is not None and spell.before.score > score
    if spell.before is not None and fell:
        words["before"] = spell.before.score
    return Numbers(observed={"score": score}, words=lambda _: words, template="fell" if fell else "main")


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer that has answered no such survey."""
    return 0 if recommendations(feedback_seen(view.customer)) else NEVER


DETRACTOR = Signal(
    name="detractor",
    trigger="on_event",
    reads=frozenset({RECOMMENDATIONS}),
    needs=(FEEDBACK,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "NPS answer: {score} of 10",
            "es": "Respuesta NPS: {score} de 10",
            "it": "Risposta NPS: {score} su 10",
        },
        "fell": {
            "en": "NPS answer: {score} of 10; {before} before",
            "es": "Respuesta NPS: {score} de 10; antes, {before}",
            "it": "Risposta NPS: {score} su 10; prima {before}",
        },
    },
    recommends=CLOSE_THE_LOOP,
    weight=0.25,
    half_life_days=60,
    default=SignalPolicy(
        severity="low", escalate_after_days=STAYS, thresholds=(("max_score", MAX_SCORE), ("min_fall", MIN_FALL))
    ),
)
