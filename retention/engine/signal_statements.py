"""Statements about signals and opportunities: an episode has begun, became more severe, or is over.

Ids derive from the contents of a statement, so that a replay repeats them and no two statements share one.
"""

from typing import Any, Final, Literal

from retention.calendar import Calendar, Instant, local_date, moment
from retention.engine.signal_answers import Episode
from retention.identity import derived_id, unpacked
from retention.signals import name_of
from retention.signals.base import InWords, Signal, explain
from retention.state.customer import Customer, OpenEpisode
from retention.statements import PASSING, Occasion, Statement
from retention.wording import days_text
from schemas.encoding import unvalidated
from schemas.outbound import ChurnSignal, ClearedCause, Explanation, OpenSignal, Opportunity

_ChurnSignal: Final = unvalidated(ChurnSignal)
_Opportunity: Final = unvalidated(Opportunity)


def open_signals(customer: Customer, at: Instant) -> list[OpenSignal]:
    """Return the open signals that were raised by the instant of a loss, in order of their names.

    A loss may become known long after its instant, by a late event, or after events that came ahead of the watermark. A
    signal that was raised in between warned of nothing.
    """
    named = sorted(
        (name_of(key), published) for key, published in customer.open_signals().items() if published.raised_at <= at
    )
    return [
        OpenSignal(signal=name, episode=unpacked(published.episode), raised_at=moment(published.raised_at))
        for name, published in named
    ]


def raised(
    signal: Signal, customer_id: str, ident: str, episode: Episode, calendar: Calendar, occasion: Occasion
) -> Statement:
    """Return the statement that an episode has begun; `ident` is its id."""
    if signal.is_opportunity:
        return _opportunity(signal, customer_id, ident, episode, calendar, occasion)
    return _signal(signal, customer_id, ident, episode, calendar, occasion, transition="raised")


def escalated(
    signal: Signal, customer_id: str, ident: str, episode: Episode, calendar: Calendar, occasion: Occasion
) -> Statement:
    """Return the statement that an open episode became more severe."""
    return _signal(signal, customer_id, ident, episode, calendar, occasion, transition="escalated")


def _signal(
    signal: Signal,
    customer_id: str,
    ident: str,
    episode: Episode,
    calendar: Calendar,
    occasion: Occasion,
    *,
    transition: Literal["raised", "escalated"],
) -> Statement:
    stretch = episode.stretch.as_of(episode.severe_since)
    body = _ChurnSignal(
        signal=signal.name,
        customer_id=customer_id,
        episode=ident,
        transition=transition,
        severity=episode.severity,
        since=local_date(calendar.day(stretch.since)),
        raised_at=moment(episode.raised_at),
        observed=stretch.observed,
        baseline=stretch.baseline,
        weight=signal.weight,
        half_life_days=signal.half_life_days,
        evidence=list(map(unpacked, stretch.evidence)),
        data_gaps=list(stretch.data_gaps),
        explanation=explain(signal, stretch),
        recommended_action=signal.recommends.name,
        rule_version=signal.rule_version,
    )
    at = episode.raised_at if transition == "raised" else episode.severe_since
    own = _signal_id(customer_id, signal, ident, transition, episode.severity, episode.raised_at, at, occasion)
    return Statement(f"churn_signal.{transition}", own, customer_id, at, occasion.event or ident, body)


def _opportunity(
    signal: Signal, customer_id: str, ident: str, episode: Episode, calendar: Calendar, occasion: Occasion
) -> Statement:
    stretch = episode.stretch.as_of(episode.severe_since)
    body = _Opportunity(
        opportunity=signal.name,
        customer_id=customer_id,
        episode=ident,
        transition="raised",
        since=local_date(calendar.day(stretch.since)),
        raised_at=moment(episode.raised_at),
        observed=stretch.observed,
        baseline=stretch.baseline,
        evidence=list(map(unpacked, stretch.evidence)),
        data_gaps=list(stretch.data_gaps),
        explanation=explain(signal, stretch),
        recommended_action=signal.recommends.name,
        rule_version=signal.rule_version,
    )
    at = episode.raised_at
    own = _signal_id(customer_id, signal, ident, "raised", episode.severity, at, at, occasion)
    return Statement(OPPORTUNITY_RAISED, own, customer_id, at, occasion.event or ident, body)


def _signal_id(
    customer_id: str,
    signal: Signal,
    episode: str,
    transition: str,
    severity: str,
    raised_at: Instant,
    at: Instant,
    occasion: Occasion,
    ended: OpenEpisode | None = None,
) -> str:
    """Return a derived id, with the instants in it: late evidence can raise the same episode again, and end it again.

    Of one that is `ended`, the event that raised it in hindsight is in it.
    """
    facts = (customer_id, signal.name, episode, transition, severity, raised_at, at, signal.rule_version)
    found_by = (f"found by {unpacked(ended.found_by)}",) if ended is not None and ended.found_by else ()
    return derived_id(*facts, *occasion.sets_apart(), *found_by)


OPPORTUNITY_RAISED: Final = "opportunity.raised"
OPPORTUNITY_CLEARED: Final = "opportunity.cleared"

CLEARED_TEXTS: Final[dict[ClearedCause, Explanation]] = {
    "recovered": InWords(en="Back to normal", es="Ha vuelto a la normalidad", it="Tornato alla normalità"),
    "took_effect": InWords(
        en="What was announced took effect", es="Lo anunciado se hizo efectivo", it="Quanto annunciato ha avuto effetto"
    ),
    "churned": InWords(en="The customer has left", es="El cliente se ha ido", it="Il cliente se n'è andato"),
    "late_evidence": InWords(
        en="Events that came late show that it never was",
        es="Eventos llegados tarde muestran que no era así",
        it="Eventi arrivati in ritardo mostrano che non era così",
    ),
    "disabled": InWords(
        en="The signal was switched off",
        es="La señal se desactivó",
        it="Il segnale è stato disattivato",
    ),
    "merged": InWords(
        en="The customer goes on under another id",
        es="El cliente sigue con otro identificador",
        it="Il cliente continua con un altro identificativo",
    ),
}


_OVER: Final = InWords(en="No longer the case", es="Ya no es así", it="Non è più così")
"""Of an opportunity: what is over is no return to normal."""


def _why(signal: Signal, why: ClearedCause, days: int) -> Explanation:
    """Return the explanation of an episode that is over, so many days after it began."""
    if why == "lapsed":
        return _lapsed(days)
    return _OVER if signal.is_opportunity and why == "recovered" else CLEARED_TEXTS[why]


def _lapsed(days: int) -> Explanation:
    """Return the explanation of an episode that is no longer watched, so many days after it began."""
    is_one = days == 1
    return InWords(
        en=f"No longer watched: {days_text(days, 'en')} {'has' if is_one else 'have'} passed",
        es=f"Ya no se sigue: {'ha' if is_one else 'han'} pasado {days_text(days, 'es')}",
        it=f"Non più seguito: {'è passato' if is_one else 'sono passati'} {days_text(days, 'it')}",
    )


def cleared(
    signal: Signal,
    customer_id: str,
    published: OpenEpisode,
    calendar: Calendar,
    at: Instant,
    why: ClearedCause,
    occasion: Occasion,
) -> Statement:
    """Return the statement that an open episode is over, and why."""
    episode = unpacked(published.episode)
    facts: dict[str, Any] = {
        "customer_id": customer_id,
        "episode": episode,
        "transition": "cleared",
        "since": local_date(calendar.day(published.since)),
        "raised_at": moment(published.raised_at),
        "cleared_at": moment(at),
        "cause": why,
        "observed": {},
        "baseline": {},
        "evidence": list(map(unpacked, published.evidence)),
        "data_gaps": [],
        "explanation": _why(signal, why, calendar.day(at) - calendar.day(published.since)),
        "recommended_action": "none",
        "rule_version": signal.rule_version,
    }
    ends_it = occasion.late or why == "late_evidence" or occasion.at == at
    taking_back = occasion if ends_it else PASSING  # otherwise it only turns out to be over
    ident = _signal_id(
        customer_id, signal, episode, "cleared", published.severity, published.raised_at, at, taking_back, published
    )
    cause = occasion.event or episode
    if signal.is_opportunity:
        body = _Opportunity(opportunity=signal.name, **facts)
        return Statement(OPPORTUNITY_CLEARED, ident, customer_id, at, cause, body)
    of_signal = _ChurnSignal(
        signal=signal.name,
        severity=published.severity,
        weight=signal.weight,
        half_life_days=signal.half_life_days,
        **facts,
    )
    return Statement("churn_signal.cleared", ident, customer_id, at, cause, of_signal)
