"""`seats-nearly-full`: an account uses nearly all the seats that it pays for. An opportunity."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from retention.actions.offer_seats import OFFER_SEATS
from retention.calendar import NEVER
from retention.features.usage.facets import SEATS
from retention.features.usage.section import USAGE, usage_seen
from retention.features.usage.usage import Seats
from retention.policy import SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View

MIN_SEATS: Final = 5
SHARE: Final = 0.9
ENOUGH: Final = Fraction(8, 10)


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the times from 90 % of the seats in use to fewer than 80 %.

    active  44 of 50   46 of 50   42 of 50   46 of 60
                       [----------------------)        seats were added

    An account of fewer than five paid seats is not judged: each colleague would fill it.
    """
    usage = usage_seen(view.customer)
    known = [one for one in usage.seats if one.active >= 0] if usage is not None else []
    least, share = int(view.tuned.threshold("min_seats")), Fraction(str(view.tuned.threshold("share")))
    found: list[list[Seats]] = []
    ends: list[int] = []
    for one in known:
        is_open = len(found) > len(ends)
        if is_open and (one.paid < least or one.active < min(share, ENOUGH) * one.paid):
            ends.append(one.at)
        elif is_open:
            found[-1].append(one)
        elif one.paid >= least and one.active >= share * one.paid:
            found.append([one])
    ends += [NEVER] * (len(found) - len(ends))
    for full, end in zip(reversed(found), reversed(ends), strict=True):
        if end > full[0].at:
            yield _stretch(full, end)


def _stretch(full: list[Seats], end: int) -> Stretch:
    first = full[0]
    numbers = _shown(first)
    return Stretch(
        start=first.at,
        end=end,
        since=first.at,
        observed=numbers.observed,
        baseline={},
        words=numbers.words,
        evidence=(first.event_id,) if first.event_id else (),
        later=lambda at: _shown([one for one in full if one.at <= at][-1]),
    )


def _shown(seats: Seats) -> Numbers:
    observed: dict[str, Fact] = {"active_seats": seats.active, "paid_seats": seats.paid}
    return Numbers(observed, lambda _: {"active": seats.active, "paid": seats.paid})


def quiet_until(view: View) -> int:
    """Return `NEVER` for an account of which nothing is known about seats in use."""
    usage = usage_seen(view.customer)
    return 0 if usage is not None and any(one.active >= 0 for one in usage.seats) else NEVER


SEATS_NEARLY_FULL: Final = Signal(
    name="seats-nearly-full",
    role="opportunity",
    trigger="on_event",
    reads=frozenset({SEATS}),
    needs=(USAGE,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "{active} of {paid} seats in use",
            "es": "{active} de {paid} licencias en uso",
            "it": "{active} licenze in uso su {paid}",
        }
    },
    recommends=OFFER_SEATS,
    default=SignalPolicy(severity="low", thresholds=(("min_seats", MIN_SEATS), ("share", SHARE))),
)
