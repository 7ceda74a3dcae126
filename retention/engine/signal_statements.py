"""Statements about signals: an episode has begun, became more severe, or is over.

Ids derive from the contents of a statement, so that a replay repeats them and no two statements share one.
"""

from typing import Final, Literal

from retention.calendar import Calendar, Instant, local_date, moment
from retention.identity import derived_id, unpacked
from retention.signals import name_of
from retention.signals.base import Episode, InWords, Signal, explain
from retention.state.customer import Customer, OpenEpisode
from retention.statements import PASSING, Occasion, Statement
from retention.wording import days_text
from schemas.encoding import unvalidated
from schemas.outbound import ChurnSignal, ClearedCause, Explanation, OpenSignal

_ChurnSignal: Final = unvalidated(ChurnSignal)


def open_signals(customer: Customer, at: Instant) -> list[OpenSignal]:
    """Return the open signals that were raised by the instant of a loss, in order of their names.

    A loss may become known long after its instant, by a late event, or after events that came ahead of the watermark. A
    signal that was raised in between warned of nothing.
    """
    named = sorted(
        (name_of(key), published) for key, published in customer.open_episodes.items() if published.raised_at <= at
    )
    return [
        OpenSignal(signal=name, episode=unpacked(published.episode), raised_at=moment(published.raised_at))
        for name, published in named
    ]


def raised(signal: Signal, customer_id: str, ident: str, episode: Episode, occasion: Occasion) -> Statement:
    """Return the statement that an episode has begun; `ident` is its id."""
    return _signal(signal, customer_id, ident, episode, occasion, transition="raised")


def escalated(signal: Signal, customer_id: str, ident: str, episode: Episode, occasion: Occasion) -> Statement:
    """Return the statement that an open episode became more severe."""
    return _signal(signal, customer_id, ident, episode, occasion, transition="escalated")


def _signal(
    signal: Signal,
    customer_id: str,
    ident: str,
    episode: Episode,
    occasion: Occasion,
    *,
    transition: Literal["raised", "escalated"],
) -> Statement:
    stretch = episode.stretch
    body = _ChurnSignal(
        signal=signal.name,
        customer_id=customer_id,
        episode=ident,
        transition=transition,
        severity=episode.severity,
        since=local_date(episode.day),
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


def _signal_id(
    customer_id: str,
    signal: Signal,
    episode: str,
    transition: str,
    severity: str,
    raised_at: Instant,
    at: Instant,
    occasion: Occasion,
) -> str:
    """Return a derived id, with the instants in it: late evidence can raise the same episode again."""
    facts = (customer_id, signal.name, episode, transition, severity, raised_at, at, signal.rule_version)
    return derived_id(*facts, *occasion.sets_apart())


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
    body = _ChurnSignal(
        signal=signal.name,
        customer_id=customer_id,
        episode=episode,
        transition="cleared",
        severity=published.severity,
        since=local_date(calendar.day(published.since)),
        raised_at=moment(published.raised_at),
        cleared_at=moment(at),
        cause=why,
        observed={},
        baseline={},
        weight=signal.weight,
        half_life_days=signal.half_life_days,
        evidence=list(map(unpacked, published.evidence)),
        data_gaps=[],
        explanation=CLEARED_TEXTS[why]
        if why != "lapsed"
        else _lapsed(calendar.day(at) - calendar.day(published.since)),
        recommended_action="none",
        rule_version=signal.rule_version,
    )
    ends_it = occasion.late or why == "late_evidence" or occasion.at == at
    taking_back = occasion if ends_it else PASSING  # otherwise it only turns out to be over
    ident = _signal_id(
        customer_id, signal, episode, "cleared", published.severity, published.raised_at, at, taking_back
    )
    return Statement("churn_signal.cleared", ident, customer_id, at, occasion.event or episode, body)
