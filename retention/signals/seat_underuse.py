"""`seat-underuse`: an account uses far fewer seats than it pays for, or markedly fewer than a month ago."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from retention.actions.adoption_session import ADOPTION_SESSION
from retention.calendar import DAY, NEVER, Instant
from retention.features.usage.facets import SEATS
from retention.features.usage.section import USAGE, usage_seen
from retention.features.usage.usage import Seats
from retention.identity import KeptId
from retention.liveness import heard_after
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View, joined, next_start, so_far
from retention.wording import Language

MIN_SEATS: Final = 5
SHARE: Final = 0.5
FOR_DAYS: Final = 14
WELL_USED: Final = Fraction(6, 10)
FALL: Final = 0.2
FALL_DAYS: Final = 30
SOURCE: Final = "usage"
BACK: Final = Fraction(9, 10)
OVER_DAYS: Final = 60
"""So many days after a fall the lower number is the usual one."""


class _Since(NamedTuple):
    """The seats that were paid and in use from an instant on, and the event that says so."""

    at: Instant
    paid: int
    active: int
    event_id: KeptId

    def reaches(self, share: Fraction) -> bool:
        """Report whether at least a share of the seats is in use."""
        return self.active >= share * self.paid


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time in which fewer than half of the paid seats are in use, from day 14 on; and that after a fall.

    day     0          10   14        20        34
    active  21 of 50             24   35 of 50
            [---- less than half -----)--- 14 d -)
                            [-------------------)      until 60 % have been in use for 14 days

    A fall is one by 20 % or more within 30 days, in an account that is not small: it lasts until 90 % of the seats that
    were in use are so again, for 60 days at most. Days on which the source was silent are none of the
    14. Seats count where `active` was sent; a small account is not judged.
    """
    known = _known(view)
    return so_far(view, list(joined([*_underused(view, known), *_fallen(view, known)]))[::-1])


def _known(view: View) -> list[_Since]:
    """Return what was said of the seats; of one instant the last, and of `paid` alone with the `active` before it."""
    usage = usage_seen(view.customer)
    found: list[_Since] = []
    active = -1
    for fact in usage.seats if usage is not None else ():
        active = fact.active if fact.active >= 0 else active
        if active >= 0:
            if found and found[-1].at == fact.at:
                found.pop()
            found.append(_since(fact, active))
    return found


def _since(fact: Seats, active: int) -> _Since:
    return _Since(fact.at, fact.paid, active, fact.event_id)


def _underused(view: View, known: list[_Since]) -> Iterator[Stretch]:
    least, few = int(view.tuned.threshold("min_seats")), Fraction(str(view.tuned.threshold("share")))
    place = 0
    while place < len(known):
        one = known[place]
        if one.paid < least or one.reaches(few):
            place += 1
            continue
        since = place
        while place < len(known) and known[place].paid >= least and not known[place].reaches(few):
            place += 1
        first = view.calendar.day(one.at)
        start = view.calendar.add_days(one.at, heard_after(first, FOR_DAYS, view.silent_days(SOURCE)) - first)
        if place < len(known) and known[place].at <= start:
            continue
        end, place = _well_used(view, known, place, least)
        yield _stretch(known[since], start, end, known)


def _well_used(view: View, known: list[_Since], place: int, least: int) -> tuple[Instant, int]:
    """Return when 60 % of the seats have been in use for 14 days, from a place on, and the place after that."""
    while place < len(known):
        if known[place].paid >= least and not known[place].reaches(WELL_USED):
            place += 1
            continue
        end = view.calendar.add_days(known[place].at, FOR_DAYS)
        following = place + 1
        while following < len(known) and (known[following].paid < least or known[following].reaches(WELL_USED)):
            following += 1
        if following == len(known) or known[following].at > end:
            return end, following
        place = following
    return NEVER, place


def _fallen(view: View, known: list[_Since]) -> Iterator[Stretch]:
    least, fall = int(view.tuned.threshold("min_seats")), 1 - Fraction(str(view.tuned.threshold("fall")))
    for place, one in enumerate(known):
        earlier = [other for other in known[:place] if one.at - other.at <= FALL_DAYS * DAY]
        standing = [other for other in known[:place] if one.at - other.at > FALL_DAYS * DAY][-1:]
        peak = max((other.active for other in (*standing, *earlier)), default=0)
        if peak < least or one.active > fall * peak or one.active >= known[place - 1].active:
            continue
        over = view.calendar.add_days(one.at, OVER_DAYS)
        back = next((later.at for later in known[place + 1 :] if later.active >= BACK * peak), NEVER)
        yield _stretch(one, one.at, min(back, over), known, lapses=over < back, peak=peak)


def _stretch(
    since: _Since,
    start: Instant,
    end: Instant,
    known: list[_Since],
    *,
    lapses: bool = True,
    peak: int = 0,
) -> Stretch:
    def shown(at: Instant) -> Numbers:
        now = next((one for one in reversed(known) if one.at <= at), since)

        def words(_language: Language) -> dict[str, Fact]:
            return {"active": now.active, "paid": now.paid, "peak": peak}

        observed: dict[str, Fact] = {"active_seats": now.active, "paid_seats": now.paid}
        return Numbers(observed=observed, words=words, template="fall" if peak else "main")

    numbers = shown(start)
    return Stretch(
        start=start,
        end=end,
        since=since.at,
        observed=numbers.observed,
        baseline={"active_seats": peak} if peak else {},
        words=numbers.words,
        evidence=(since.event_id,) if since.event_id else (),
        lapses=lapses,
        outcome="lapsed" if lapses and peak else "recovered",
        template=numbers.template,
        later=shown,
        part="fall" if peak else "underuse",
    )


def quiet_until(view: View) -> Instant:
    """Return when too few seats will have been in use for 14 days; `NEVER` if enough are."""
    usage = usage_seen(view.customer)
    if usage is None or not usage.seats:
        return NEVER
    return next_start(view, stretches(view))


SEAT_UNDERUSE = Signal(
    name="seat-underuse",
    role="engagement",
    trigger="on_time",
    reads=frozenset({SEATS}),
    needs=(USAGE,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "{active} of {paid} seats active",
            "es": "{active} de {paid} licencias activas",
            "it": "{active} licenze attive su {paid}",
        },
        "fall": {
            "en": "{active} of {paid} seats active, {peak} within the 30 days before",
            "es": "{active} de {paid} licencias activas, {peak} en los 30 días anteriores",
            "it": "{active} licenze attive su {paid}, {peak} nei 30 giorni precedenti",
        },
    },
    recommends=ADOPTION_SESSION,
    weight=0.15,
    half_life_days=30,
    default=SignalPolicy(
        severity="low",
        escalate_after_days=STAYS,
        thresholds=(("min_seats", MIN_SEATS), ("share", SHARE), ("fall", FALL)),
    ),
    source=SOURCE,
    exact=True,
)
