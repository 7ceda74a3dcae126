"""Levels that lapse by time alone: the author states what holds from when, and until when.

    given        given                     lapses
    ──┼────────────┼─────────────────────────┼──►   the second takes the place of the first; then nothing is left

A lapse counts once event time has passed it, and not at all where something newer was given by then.
"""

from collections.abc import Callable
from typing import NamedTuple

from retention.calendar import NEVER, Instant
from retention.measures.base import NOTHING_SHOWN, Number, Shown, Step, Track, changes
from retention.policy import Policy
from retention.state.customer import Customer


class Spell(NamedTuple):
    """The levels of a customer from an instant on, and when they lapse; `NEVER` if not by themselves."""

    since: Instant
    lapses: Instant
    levels: tuple[Number, ...]


Spells = Callable[[Customer, Policy], list[Spell]]
"""Returns the spells of a customer in order of their beginning: each holds until it lapses, or the next one begins."""


def _ends(spells: list[Spell]) -> list[Instant]:
    """Return for each spell when the next one begins."""
    return [*(spell.since for spell in spells[1:]), NEVER][: len(spells)]


class Lapsing:
    """`shown` and `next_step` of a measure, from the spells of a customer."""

    def __init__(self, spells: Spells) -> None:
        self._spells = spells

    def shown(self, customer: Customer, policy: Policy, as_of: Instant) -> Shown:
        """Return the steps of a customer, spell after spell."""
        spells = self._spells(customer, policy)
        if not spells:
            return NOTHING_SHOWN
        nothing = (0,) * len(spells[0].levels)
        steps, brought = [Step(-NEVER, nothing)], list[Instant]()
        for spell, following in zip(spells, _ends(spells), strict=True):
            steps.append(Step(spell.since, spell.levels))
            if spell.lapses < min(following, as_of):
                steps.append(Step(spell.lapses, nothing))
                brought.append(spell.lapses)
        return Shown([Track(None, changes(steps), spells[0].since, NEVER)], brought)

    def next_step(self, customer: Customer, policy: Policy, after: Instant) -> Instant:
        """Return the first lapse at or after an instant."""
        spells = self._spells(customer, policy)
        if not spells:  # of most customers, at each of their timers
            return NEVER
        followed = zip(spells, _ends(spells), strict=True)
        return min((one.lapses for one, then in followed if after <= one.lapses < then), default=NEVER)
