"""Folds of the family `outcomes`: each adds what an event says to the section of its customer."""

from retention.calendar import Instant
from retention.features.base import DUPLICATE, NOTHING, Facet, Fold
from retention.features.outcomes.facets import EXPOSURES, OUTCOMES
from retention.features.outcomes.outcomes import (
    BY_A_PERSON,
    BY_ITSELF,
    UNSAID,
    Exposure,
    Outcome,
    OutcomeKind,
    exposure_key,
    outcome_key,
)
from retention.features.outcomes.section import OUTCOMES as SECTION
from retention.features.outcomes.section import outcomes_of
from retention.identity import digest, packed
from retention.policy import Policy
from retention.state.customer import Customer
from schemas.outcomes import ActionConverted, ActionDelivered, ActionDismissed, ExperimentExposed


def outcome(kind: OutcomeKind) -> Fold:
    """Return the fold that adds an outcome of a kind."""

    def fold(
        customer: Customer, event: ActionDelivered | ActionConverted | ActionDismissed, at: Instant, policy: Policy
    ) -> Facet:
        kept, ident = outcomes_of(customer), packed(event.event_id)
        if any(known.event_id == ident and known.kind == kind for known in kept.outcomes):
            return DUPLICATE
        said = Outcome(
            at,
            ident,
            kind,
            event.action or "",
            _digest(event.recommendation_id),
            _digest(event.episode),
            _automated(event),
        )
        kept.outcomes = sorted([*kept.outcomes, said], key=outcome_key)
        customer.dropped += SECTION.bound(kept, policy)
        return OUTCOMES

    return fold


def _automated(event: ActionDelivered | ActionConverted | ActionDismissed) -> int:
    said: bool | None = getattr(event, "automated", None)
    return UNSAID if said is None else BY_ITSELF if said else BY_A_PERSON


def _digest(ident: str | None) -> bytes:
    return digest(ident) if ident is not None else b""


def exposed(customer: Customer, event: ExperimentExposed, at: Instant, policy: Policy) -> Facet:
    """Add the exposure to an experiment; of several, the earliest one counts."""
    kept, said = outcomes_of(customer), Exposure(at, packed(event.event_id), event.arm)
    known = kept.exposures.get(event.experiment)
    if known is not None and exposure_key(known) <= exposure_key(said):
        return DUPLICATE if known == said else NOTHING
    kept.exposures[event.experiment] = said
    customer.dropped += SECTION.bound(kept, policy)
    return EXPOSURES
