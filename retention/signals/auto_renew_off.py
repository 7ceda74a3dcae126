"""`auto-renew-off`: a customer has switched off the automatic renewal of a subscription.

    started      changed, auto_renew: false          changed, auto_renew: true
    ──┼──────────────────┼──────────────────────────────────┼──►
                         raised                             cleared; or the subscription ends, and it took effect

In a subscription that was sold without automatic renewal, nothing was switched off. There is no other event which
states that a customer does not intend to renew.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from retention.actions.renewal_talk import RENEWAL_TALK
from retention.calendar import NEVER, Instant, iso_day
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.lives import Life, lives
from retention.features.subscriptions.renewals import Stated
from retention.features.subscriptions.renewals_section import RENEWALS, renewals_seen
from retention.features.subscriptions.section import timeline_seen
from retention.features.subscriptions.timeline import terms_of
from retention.identity import digest
from retention.policy import SignalPolicy
from retention.signals.base import Fact, Numbers, Outcome, Signal, Stretch, View, joined
from retention.wording import Language, date_text


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the times from a switch to its return, or to the end of the subscription, joined over subscriptions."""
    kept = renewals_seen(view.customer)
    found: list[Stretch] = []
    if kept:
        for life in lives(timeline_seen(view.customer), terms_of(view.policy)):
            found += _switched_off(view, life, kept)
    return joined(found)


def _switched_off(view: View, life: Life, kept: Iterable[Stated]) -> Iterator[Stretch]:
    """Yield the times in which the automatic renewal of one subscription was off, and had not been off at its start."""
    key = digest(life.name)
    about = [one for one in kept if one.subscription == key and life.start <= one.at < life.end]
    off: Stated | None = None
    for stated in about:
        if stated.on and off is not None:
            if not off.initial and stated.at > off.at:
                yield _stretch(view, life, off, stated.at, "recovered")
            off = None
        elif not stated.on and off is None:
            off = stated
    if off is not None and not off.initial:
        yield _stretch(view, life, off, life.end, "took_effect" if life.end < NEVER else "recovered")


def _stretch(view: View, life: Life, off: Stated, end: Instant, outcome: Outcome) -> Stretch:
    shown = _shown(view, life, off, off.at)
    return Stretch(
        start=off.at,
        end=end,
        since=off.at,
        observed=shown.observed,
        baseline={},
        words=shown.words,
        evidence=(off.event_id,),
        lapses=life.timed and outcome == "took_effect",
        template=shown.template,
        later=lambda at: _shown(view, life, off, at),
        outcome=outcome,
    )


def _shown(view: View, life: Life, off: Stated, at: Instant) -> Numbers:
    """Return when it was switched off, and when the term ends by what stands at an instant."""
    until = life.term_end(at)
    observed: dict[str, Fact] = {"switched_off": iso_day(view.calendar.day(off.at))}
    if until is not None:
        observed["term_ends"] = iso_day(view.calendar.day(until))

    def words(language: Language) -> dict[str, Fact]:
        ends = date_text(until, view.calendar, language) if until is not None else ""
        return {"on": date_text(off.at, view.calendar, language), "until": ends}

    return Numbers(observed, words, "main" if until is not None else "undated")


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer that has switched nothing off."""
    return 0 if any(not stated.on for stated in renewals_seen(view.customer)) else NEVER


AUTO_RENEW_OFF: Final = Signal(
    name="auto-renew-off",
    role="intent",
    stops_promotion=True,
    trigger="on_event",
    reads=frozenset({TIMELINE}),
    needs=(RENEWALS,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Auto-renewal switched off on {on}; the term ends on {until}",
            "es": "Renovación automática desactivada el {on}; el periodo termina el {until}",
            "it": "Rinnovo automatico disattivato il {on}; il periodo termina il {until}",
        },
        "undated": {
            "en": "Auto-renewal switched off on {on}",
            "es": "Renovación automática desactivada el {on}",
            "it": "Rinnovo automatico disattivato il {on}",
        },
    },
    recommends=RENEWAL_TALK,
    weight=0.60,
    half_life_days=45,
    default=SignalPolicy(severity="high"),
)
