"""The story of a simulated customer: whether it leaves, when, why, and whether anything shows before.

    joins                shows            says                 leaves
    ──┼────────────────────┼────────────────┼────────────────────┼──►
      usual behaviour      it changes       asks to cancel       is no customer any more

Reason: stories are drawn first and behaviour follows from them, so that every customer has a label. At least a fifth of
those that leave show nothing before, and many that stay show the same signs for a while and recover.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from streams.judging import Life


class Why(StrEnum):
    """The possible courses of a customer's story."""

    STAYS = "stays"
    RECOVERS = "recovers"
    """It uses less for some weeks, as those that leave, and returns to its habit."""
    COMPLAINS = "complains"
    """It has trouble, as those that leave because of it, and stays."""
    PAYS_LATE = "pays_late"
    """Its payment fails, and succeeds at another attempt."""
    REVOKES = "revokes"
    """It asks to cancel, and withdraws that."""
    FADES = "fades"
    FRUSTRATED = "frustrated"
    UNPAID = "unpaid"
    PRICE = "price"
    NEVER_STARTED = "never_started"
    """It hardly uses what it bought in the first weeks."""
    SILENT = "silent"
    """It leaves, and nothing shows before."""


LEAVING: Final = frozenset({Why.FADES, Why.FRUSTRATED, Why.UNPAID, Why.PRICE, Why.NEVER_STARTED, Why.SILENT})


class Story(NamedTuple):
    """The events to come in the life of one customer. Instants that do not occur are None."""

    why: Why
    shows: datetime | None = None
    """When its behaviour begins to differ from its habit."""
    says: datetime | None = None
    """When it asks to cancel."""
    leaves: datetime | None = None
    """When it stops being a customer."""
    over: datetime | None = None
    """When what showed is over, for a customer that stays."""


class Label(NamedTuple):
    """The outcome of one customer, as far as the simulated days reach."""

    customer_id: str
    joined: datetime
    story: Story

    def life(self, until: datetime) -> Life:
        """Return the label as alarms are judged by it."""
        story = self.story
        left = story.leaves if story.leaves is not None and story.leaves < until else None
        return Life(self.customer_id, self.joined, left, story.says, story.shows)

    def as_json(self, until: datetime) -> dict[str, Any]:
        """Return the label as `backstay simulate --labels` writes it; what lies after the last day is not known."""
        story = self.story

        def known(at: datetime | None) -> str | None:
            return (
                at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at is not None and at < until else None
            )

        left = known(story.leaves)
        return {
            "customer_id": self.customer_id,
            "joined_at": known(self.joined),
            "outcome": "left" if left else "stayed",
            "left_at": left,
            "announced_at": known(story.says) if left else None,
            "signs_since": known(story.shows) if left else None,
            "why": story.why.value,
        }
