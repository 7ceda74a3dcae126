"""The register of the factors of a fitted risk: what is known of a customer at an instant, as numbers from 0 to 1.

Rule: a factor is a pure function of one customer's state and an instant. What came after the instant does not count, so
what a worker calculates at midnight, late or after a restart, is what `backstay learn` calculated. Values are
thousandths, by whole numbers alone; what is unknown, or not there at all, is 0.

They stand by what they are about: `presence.py`, `business.py`, `experience.py`; those of open signals are here.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from retention.calendar import DAY, Instant
from retention.features.feedback.section import FEEDBACK
from retention.features.messages.section import MESSAGES
from retention.features.payments.section import PAYMENTS
from retention.features.purchases.section import PURCHASES
from retention.features.relations.section import RELATIONS
from retention.features.subscriptions.section import SUBSCRIPTIONS
from retention.features.tickets.section import TICKETS
from retention.features.usage.section import USAGE
from retention.fitted import MILLI
from retention.risk.arithmetic import ONE, STEPS, combined, decayed
from retention.risk.business import buying, life, paying, renewing, worth
from retention.risk.experience import contact, mail, opinion, support
from retention.risk.model import Evidence
from retention.risk.presence import presence, volume
from retention.risk.scene import Scene
from retention.signals import RISKS
from retention.state.section import Section, bits_of

VERSION: Final = 1
"""Raised if a factor is calculated otherwise than before: models that were fitted to the earlier ones are refused."""
OF_SIGNAL: Final = "signal:"
"""In front of the name of a signal: the factor that says whether it is open, how severe it is, and for how long."""
EVIDENCE: Final = "evidence"
"""The factor with the risk by the weights of the catalogue: all open signals together."""
OF_SEVERITY: Final = (400, 700, 900, MILLI)
"""Of an open signal, by severity: halved with each half-life since it was raised."""


class Group(NamedTuple):
    """Factors that are calculated together, all 0 for a customer without any of some sections (0: of any customer)."""

    names: tuple[str, ...]
    values: Callable[[Scene], tuple[int, ...]]
    needs: int = 0


def _needs(*sections: Section[Any]) -> int:
    return bits_of(sections)


def _signals(scene: Scene) -> tuple[int, ...]:
    parts = [one.part for one in scene.found if not one.folded]
    if not parts:
        return _NO_SIGNALS
    known = {one.signal.key: _strength(one, scene.at) for one in scene.found if not one.folded}
    return (MILLI * combined(parts) // STEPS, *[known.get(key, 0) for key in _KEYS])


def _strength(one: Evidence, at: Instant) -> int:
    half_life = one.signal.half_life_days * DAY if one.signal.half_life_days else 0
    return OF_SEVERITY[one.episode.level] * decayed(ONE, at - one.episode.raised_at, half_life) // ONE


_KEYS: Final = tuple([signal.key for signal in RISKS])
_NO_SIGNALS: Final = (0,) * (1 + len(RISKS))

GROUPS: Final[tuple[Group, ...]] = (
    Group(("away", "overdue", "slower", "faster", "slower-week", "often", "often-before", "never-there"), presence),
    Group(("less-use", "errors", "milestones", "empty-seats"), volume, _needs(USAGE)),
    Group(("tenure", "new", "slow-start", "came-back", "paused"), life),
    Group(("worth",), worth, _needs(SUBSCRIPTIONS, PURCHASES)),
    Group(("order-age", "order-overdue", "order-gap", "one-order", "orders", "refunds"), buying, _needs(PURCHASES)),
    Group(("payment-trouble",), paying, _needs(PAYMENTS)),
    Group(("renewal-in-90-days", "renewal-in-30-days"), renewing, _needs(SUBSCRIPTIONS)),
    Group(("tickets", "tickets-open", "tickets-grave"), support, _needs(TICKETS)),
    Group(("displeased", "pleased"), opinion, _needs(FEEDBACK)),
    Group(("mail-ignored",), mail, _needs(MESSAGES)),
    Group(("out-of-touch",), contact, _needs(RELATIONS)),
    Group((EVIDENCE, *[OF_SIGNAL + signal.name for signal in RISKS]), _signals),
)
NAMES: Final = tuple([name for group in GROUPS for name in group.names])
"""The factors of this build, in their order."""


def factors(scene: Scene) -> list[int]:
    """Return the values of all factors, in the order of `NAMES`."""
    there, found = scene.customer.there(), list[int]()
    for group in GROUPS:
        if group.needs and not group.needs & there:
            found += [0] * len(group.names)
        else:
            found += group.values(scene)
    return found
