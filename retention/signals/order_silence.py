"""Finds since when a customer that orders nothing is missed: what the signals of absent orders have in common.

Rule: it is missed once it has ordered nothing for some days, and was not seen otherwise for some more.

    order          login             14 days          7 more
    ──┼──────────────┼─────────────┬────┴────┬──────────┴───┬──►
      └── for too long ────────────┘         └─ low         └─ medium

Reason: a customer that still looks around is not lost; but only an order ends the signal, not a look around. A customer
is missed only where orders make a customer (`metrics.basis`): orders beside subscriptions have no rhythm that tells
anything about leaving.
"""

from typing import Final

from retention.calendar import NEVER, Instant, LocalDay
from retention.features.base import Facet
from retention.features.logins.facets import LOGINS as SIGNED_IN
from retention.features.purchases.section import PURCHASES
from retention.features.purchases.silence import FAR, logins_since, silent_from
from retention.liveness import gaps_written, heard_after, heard_between, quiet_from
from retention.policy import SignalPolicy
from retention.signals.base import Fact, Numbers, Stretch, View
from retention.wording import Language, day_text, days_text

QUIET: Final = (("quiet_days", 14), ("lasting_days", 21))
"""Days without any activity, and how many of them make it more severe."""
OVER_DAYS: Final = 90
"""So many days after it began, the customer is no longer expected to order."""
SOURCE: Final = "purchases"
BASIS: Final = "purchase"
LOGINS: Final = "logins"


def silence(view: View, last: LocalDay, limit: int, end: Instant, baseline: dict[str, Fact]) -> Stretch | None:
    """Return the time from when a customer is missed, after more than `limit` days without an order, to the next one.

    None if it has ordered again by then, or if the company lives by something else. Texts may use the days, when the
    last order was, and what is usual.
    """
    if view.policy.basis != BASIS:
        return None
    calendar, silent_days = view.calendar, view.silent_days(SOURCE)
    first, lasting = _missed_from(view, last, heard_after(last, limit + 1, silent_days))
    start, over = calendar.start_of_day(first), calendar.start_of_day(first + OVER_DAYS)
    if start > end:
        return None

    def shown(at: Instant) -> Numbers:
        today = calendar.day(at)
        away = heard_between(last, today, silent_days)

        def words(language: Language) -> dict[str, Fact]:
            usual = days_text(int(baseline.get("usual_gap_days", 0)), language)
            return {"days": days_text(away, language), "on": day_text(last, language), "usual": usual}

        return Numbers(observed={"days_without_order": away}, words=words, data_gaps=_gaps(view, last, today))

    numbers = shown(start)
    return Stretch(
        start=start,
        end=min(end, over),
        since=calendar.start_of_day(last),
        observed=numbers.observed,
        baseline=baseline,
        words=numbers.words,
        harsher=(calendar.start_of_day(lasting),),
        lapses=over < end,
        outcome="lapsed" if over < end else "recovered",
        data_gaps=numbers.data_gaps,
        later=shown,
    )


def _missed_from(view: View, last: LocalDay, late: LocalDay) -> tuple[LocalDay, LocalDay]:
    """Return the days from which a customer is missed, and missed for long, whose order is late from a day on."""
    logins, unheard = logins_since(view.customer, last), view.silent_days(LOGINS)
    first = quiet_from(late, int(view.tuned.threshold("quiet_days")), logins, unheard)
    return first, quiet_from(first, int(view.tuned.threshold("lasting_days")), logins, unheard)


def _gaps(view: View, last: LocalDay, today: LocalDay) -> tuple[str, ...]:
    return tuple(
        gap
        for source in (SOURCE, LOGINS)
        for gap in gaps_written(source, [day for day in view.silent_days(source) if last < day < today])
    )


def quiet_until(view: View) -> Instant:
    """Return the first instant at which a customer may be missed, if that does not depend on more than when it ordered.

    `NEVER` for a customer without orders, or of another basis; 0 if the signal has to be evaluated.
    """
    customer, tuned = view.customer, view.tuned
    if view.policy.basis != BASIS or not PURCHASES.is_kept(customer):
        return NEVER
    found = silent_from(customer, view.policy, view.as_of, int(tuned.threshold("min_days")))
    if not found or found > view.as_of + FAR or not customer.logins:
        return found
    seen, start_of_day = customer.logins[0], view.calendar.start_of_day
    return (
        max(found, start_of_day(seen + int(tuned.threshold("quiet_days")) + 1)) if start_of_day(seen) < found else found
    )


def patience(facet: Facet, tuned: SignalPolicy) -> int:
    """Return after how many days without a login, or without an order, a customer may be missed."""
    return int(tuned.threshold("quiet_days" if facet is SIGNED_IN else "min_days")) + 1
