"""`tier-near`: a customer lacks a tenth, or less, of the points of its next loyalty tier. An opportunity."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from retention.actions.tier_reminder import TIER_REMINDER
from retention.calendar import NEVER, Instant
from retention.features.loyalty.facets import LOYALTY as CHANGED
from retention.features.loyalty.loyalty import Points
from retention.features.loyalty.section import LOYALTY, points_seen
from retention.policy import SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View

SHARE: Final = 0.1


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the times in which a tenth of the points, or less, is to go to one and the same tier.

    points   400 of 500    460 of 500    500 of 900
                           [-------------)             the tier is reached, and the next one is far
    """
    near = Fraction(str(view.tuned.threshold("share")))
    rows: list[tuple[list[Points], Instant]] = []
    running: list[Points] = []
    for one in points_seen(view.customer):
        is_near = 0 < one.needed - one.points <= near * one.needed
        goes_on = running and is_near and (one.tier, one.needed) == (running[-1].tier, running[-1].needed)
        if running and not goes_on:
            rows.append((running, one.at))
            running = []
        if is_near:
            running = [*running, one]
    if running:
        rows.append((running, NEVER))
    for row, end in reversed(rows):
        if end > row[0].at:
            yield _stretch(row, end)


def _stretch(row: list[Points], end: Instant) -> Stretch:
    first = row[0]
    numbers = _shown(first)
    return Stretch(
        start=first.at,
        end=end,
        since=first.at,
        observed=numbers.observed,
        baseline={"points_needed": first.needed},
        words=numbers.words,
        evidence=(first.event_id,) if first.event_id else (),
        template=numbers.template,
        later=lambda at: _shown([one for one in row if one.at <= at][-1]),
    )


def _shown(one: Points) -> Numbers:
    observed: dict[str, Fact] = {"points": one.points, "points_to_go": one.needed - one.points}
    words: dict[str, Fact] = {"left": one.needed - one.points, "points": one.points, "needed": one.needed}
    if one.tier:
        observed["next_tier"] = words["tier"] = one.tier
    return Numbers(observed, lambda _: words, "main" if one.tier else "unnamed")


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer whose points are not known."""
    return 0 if points_seen(view.customer) else NEVER


TIER_NEAR: Final = Signal(
    name="tier-near",
    role="opportunity",
    trigger="on_event",
    reads=frozenset({CHANGED}),
    needs=(LOYALTY,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "{left} points to the tier {tier}: {points} of {needed}",
            "es": "Faltan {left} puntos para el nivel {tier}: {points} de {needed}",
            "it": "Mancano {left} punti al livello {tier}: {points} su {needed}",
        },
        "unnamed": {
            "en": "{left} points to the next tier: {points} of {needed}",
            "es": "Faltan {left} puntos para el siguiente nivel: {points} de {needed}",
            "it": "Mancano {left} punti al livello successivo: {points} su {needed}",
        },
    },
    recommends=TIER_REMINDER,
    default=SignalPolicy(severity="low", thresholds=(("share", SHARE),)),
)
