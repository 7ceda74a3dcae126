"""The acquisition of a customer, its referrals, and contacts with it: by day, and never what was said.

acquisition    the first one known: channel, campaign, cost
referrals      day 40  2          customers that it has brought, by local day
contacts       day 55  1          calls, meetings, mails, chats and visits, by local day
               day 41  3
"""

from typing import Final

from retention import day_counts
from retention.calendar import Instant, LocalDay
from retention.identity import KeptId, unpacked
from retention.structs import Kept, KeptFact

FOLDED: Final = b""
"""In place of the id of an acquisition that lies before the horizon."""
LONGEST_NAME: Final = 64
"""Characters of the name of a channel or campaign that are kept."""
MAX_DAYS: Final = 200
"""Days with referrals, and days with contacts: the newest ones."""
_PER_DAY: Final = 2
"""Numbers of a day in day counts."""


class Acquisition(KeptFact, frozen=True):
    """The channel through which a customer was won, the campaign, and the cost in minor units of a currency."""

    at: Instant
    event_id: KeptId
    channel: str
    campaign: str = ""
    cost: int = 0
    currency: str = ""


class Relations(Kept):
    """All that is kept of one customer by this feature."""

    acquisition: "list[Acquisition]" = []
    """One, or none."""
    referrals: "list[int]" = []
    contacts: "list[int]" = []

    def clear(self) -> None:
        """Remove everything."""
        self.acquisition, self.referrals, self.contacts = [], [], []


NO_RELATIONS: Final = Relations()


def order_of(acquisition: Acquisition) -> tuple[Instant, str]:
    """Return the sort key: time, then event id (metrics.md, rule 2)."""
    return acquisition.at, unpacked(acquisition.event_id) if acquisition.event_id else ""


def kept_name(name: str) -> str:
    """Return the name of a channel or campaign as it is kept."""
    return name[:LONGEST_NAME]


def bound(relations: Relations) -> int:
    """Keep the newest days; return how many were dropped."""
    dropped = 0
    for counts in (relations.referrals, relations.contacts):
        dropped += max(0, len(counts) // _PER_DAY - MAX_DAYS)
        del counts[MAX_DAYS * _PER_DAY :]
    return dropped


def prune(relations: Relations, before: Instant, first_day: LocalDay) -> None:
    """Drop days before the horizon, and the id of an acquisition before it: how the customer was won stays."""
    day_counts.prune(relations.referrals, first_day)
    day_counts.prune(relations.contacts, first_day)
    relations.acquisition = [
        Acquisition(one.at, FOLDED, one.channel, one.campaign, one.cost, one.currency) if one.at < before else one
        for one in relations.acquisition
    ]


def join(relations: Relations, others: Relations) -> None:
    """Add the days of another customer; of two acquisitions the first counts."""
    relations.acquisition = sorted([*relations.acquisition, *others.acquisition], key=order_of)[:1]
    # Lists of the one who has none may be the defaults that all share.
    for name in ("referrals", "contacts"):
        counts = list(getattr(relations, name))
        day_counts.put_together(counts, getattr(others, name))
        setattr(relations, name, counts)
