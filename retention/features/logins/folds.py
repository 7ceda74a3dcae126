"""Folds a login into a customer: its day is counted, and the instant is stored if it ends a silence.

Both are stored in the core of the customer: seven events in ten are logins.
"""

from retention import day_counts
from retention.calendar import Instant, LocalDay
from retention.features.base import Facet
from retention.features.logins.facets import LOGINS
from retention.policy import Policy
from retention.state.customer import MAX_WOKE, Customer
from retention.state.section import Horizon
from schemas.logins import LoginSucceeded


def signed_in(customer: Customer, _event: LoginSucceeded, at: Instant, policy: Policy) -> Facet:
    """Count a login on its local day."""
    day = policy.calendar.day(at)
    logins = customer.logins
    usual = logins and (0 < day - logins[0] <= policy.least_silence or (day == logins[0] and at >= customer.latest))
    if not usual:
        _note_return(customer, at, day, policy)
    day_counts.add(logins, day)
    return LOGINS


def _note_return(customer: Customer, at: Instant, day: LocalDay, policy: Policy) -> None:
    """Store when a silence ended: the first login of a day after more than the least number of days without one.

    Of other logins only the day is stored. The very first counts, too: an earlier one may arrive later.
    """
    least, dated = policy.least_silence, policy.calendar.day
    earlier, later = day_counts.around(customer.logins, day)
    begins = earlier is None or day - earlier > least
    if not begins and (later is None or later == day or later - day > least):
        return
    if later is None:  # nearly all of them
        customer.wakes(at)
        return
    woke = customer.woke
    if later == day:
        woke = [min(at, other) if dated(other) == day else other for other in woke]
    else:
        if later - day <= least:
            woke = [other for other in woke if dated(other) != later]
        if begins:
            woke = sorted([*woke, at])
    customer.woke = woke[-MAX_WOKE:]


def prune(customer: Customer, horizon: Horizon) -> None:
    """Drop the days, and the ends of silences, from before the horizon."""
    day_counts.prune(customer.logins, horizon.first_day)
    customer.woke = [at for at in customer.woke if at >= horizon.at]


def join(customer: Customer, other: Customer, policy: Policy) -> None:
    """Add the days of another customer; keep the ends of silences of both that still end a silence of the two together.

    A day that ends a silence of both together ends one of each who was there on it: its first login is known.
    """
    day_counts.put_together(customer.logins, other.logins)
    dated, first = policy.calendar.day, dict[LocalDay, Instant]()
    for at in sorted([*customer.woke, *other.woke], reverse=True):
        first[dated(at)] = at
    woke: list[Instant] = []
    for day, at in first.items():
        earlier, _ = day_counts.around(customer.logins, day)
        if earlier is None or day - earlier > policy.least_silence:
            woke.append(at)
    customer.woke = sorted(woke)[-MAX_WOKE:]
