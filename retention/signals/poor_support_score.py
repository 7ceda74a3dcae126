"""`poor-support-score`: a customer rated the support badly, or found it hard to be helped."""

from collections.abc import Iterator
from typing import Final

from retention.actions.supervisor_call import SUPERVISOR_CALL
from retention.calendar import NEVER, Instant
from retention.features.feedback.facets import SUPPORT_SCORES
from retention.features.feedback.said import CES_SCALE, CSAT, CSAT_SCALE, Said, Spell, spells, support_scores
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.policy import SignalPolicy
from retention.signals.base import MAX_EVIDENCE, Fact, Numbers, Signal, Stretch, View

CSAT_MAX: Final = 2
CES_MAX: Final = 3
RECOVERED: Final = 4


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the spans from a CSAT of 2 or less of 5, or a CES of 3 or less of 7, to the next of either of 4 or more.

    Scores on other scales are read on these.
    """
    csat, ces = view.tuned.threshold("csat_max"), view.tuned.threshold("ces_max")
    recovered = view.tuned.threshold("recovered")

    def begins(said: Said, _before: Said | None) -> bool:
        return usual(said) <= (csat if said.kind == CSAT else ces)

    for spell in spells(support_scores(feedback_seen(view.customer)), begins, lambda said: usual(said) >= recovered):
        yield _stretch(spell)


def usual(said: Said) -> float:
    """Return a score on the usual scale of its kind, in hundredths: whole scores are exact."""
    return round(float(said.on(CSAT_SCALE if said.kind == CSAT else CES_SCALE)), 2)


def _stretch(spell: Spell) -> Stretch:
    first = spell.low[0]
    shown = _shown(spell, first.at)
    return Stretch(
        start=first.at,
        end=spell.end,
        since=first.at,
        observed=shown.observed,
        baseline={},
        words=shown.words,
        evidence=tuple([said.event_id for said in spell.low[:MAX_EVIDENCE]]),
        evidence_at=tuple([said.at for said in spell.low[:MAX_EVIDENCE]]),
        template=shown.template,
        later=lambda at: _shown(spell, at),
    )


def _shown(spell: Spell, at: Instant) -> Numbers:
    """Return the newest score of a spell by an instant, as it was given."""
    said = [one for one in spell.low if one.at <= at][-1]
    kind = "csat" if said.kind == CSAT else "ces"
    observed: dict[str, Fact] = {"survey": kind, "score": said.score, "of": said.highest}
    if said.about:
        observed["ticket"] = said.about
    words: dict[str, Fact] = {"score": said.score, "of": said.highest, "ticket": said.about}
    return Numbers(observed, lambda _: words, f"{kind}_of_ticket" if said.about else kind)


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer that has answered no survey about support."""
    return 0 if support_scores(feedback_seen(view.customer)) else NEVER


POOR_SUPPORT_SCORE = Signal(
    name="poor-support-score",
    trigger="on_event",
    reads=frozenset({SUPPORT_SCORES}),
    needs=(FEEDBACK,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "csat": {
            "en": "Rated the support {score} of {of}",
            "es": "Valoró la atención con un {score} de {of}",
            "it": "Ha valutato l'assistenza {score} su {of}",
        },
        "csat_of_ticket": {
            "en": "Rated {score} of {of} after ticket {ticket}",
            "es": "Valoró con un {score} de {of} la incidencia {ticket}",
            "it": "Ha dato {score} su {of} dopo la richiesta {ticket}",
        },
        "ces": {
            "en": "Effort score {score} of {of}: it was hard to be helped",
            "es": "Facilidad: {score} de {of}. Le costó que le ayudaran",
            "it": "Facilità: {score} su {of}. È stato difficile farsi aiutare",
        },
        "ces_of_ticket": {
            "en": "Effort score {score} of {of} after ticket {ticket}: it was hard to be helped",
            "es": "Facilidad: {score} de {of} tras la incidencia {ticket}. Le costó que le ayudaran",
            "it": "Facilità: {score} su {of} dopo la richiesta {ticket}. È stato difficile farsi aiutare",
        },
    },
    recommends=SUPERVISOR_CALL,
    weight=0.25,
    half_life_days=30,
    default=SignalPolicy(
        severity="medium", thresholds=(("csat_max", CSAT_MAX), ("ces_max", CES_MAX), ("recovered", RECOVERED))
    ),
)
