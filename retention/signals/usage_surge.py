"""`usage-surge`: a customer suddenly does much more than usual, and has trouble with it."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from retention import day_counts
from retention.actions.offer_help import OFFER_HELP
from retention.calendar import NEVER, Instant, LocalDay
from retention.features.tickets.facets import TICKETS
from retention.features.tickets.section import tickets_seen
from retention.features.tickets.tickets import opened_at
from retention.features.usage.facets import ERRORS, USED
from retention.features.usage.section import USAGE, usage_seen
from retention.features.usage.usage import Usage
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View, so_far
from retention.tails import ONE, at_least, weighed_dispersion_of
from retention.wording import Language, number_text

SPAN: Final = 7
WEEKS: Final = 4
TIMES: Final = 3
CALM: Final = Fraction(3, 2)
CALM_DAYS: Final = 7
MIN_USES: Final = 20
"""Uses in the week that is a surge: three where one is usual are none."""
ONCE_IN: Final = 300
SOURCE: Final = "usage"
TEN: Final = 10
_TROUBLES: Final[dict[Language, tuple[tuple[str, str], tuple[str, str]]]] = {
    "en": (("error", "errors"), ("ticket", "tickets")),
    "es": (("error", "errores"), ("incidencia", "incidencias")),
    "it": (("errore", "errori"), ("richiesta", "richieste")),
}
_AND: Final[dict[Language, str]] = {"en": " and ", "es": " y ", "it": " e "}
OVER_DAYS: Final = 28
"""After so many days a higher level is the usual one."""


class _Days(NamedTuple):
    """Uses by day, errors by day, and the days on which tickets were opened."""

    uses: dict[LocalDay, int]
    errors: dict[LocalDay, int]
    tickets: list[LocalDay]
    first: LocalDay
    silent: Sequence[LocalDay]
    """Days on which the source was silent: what was used on them may not have been sent."""

    def used(self, judged: LocalDay) -> int:
        """Return the uses in the week before a day."""
        return sum(self.uses.get(day, 0) for day in range(judged - SPAN, judged))

    def troubles(self, judged: LocalDay) -> tuple[int, int]:
        """Return the errors and the new tickets in the week before a day."""
        errors = sum(self.errors.get(day, 0) for day in range(judged - SPAN, judged))
        return errors, len([day for day in self.tickets if judged - SPAN <= day < judged])

    def weeks_before(self, judged: LocalDay) -> list[int]:
        """Return the uses in each of the four weeks before the last one."""
        return [self.used(judged - SPAN * number) for number in range(1, WEEKS + 1)]


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from a week of more than 3 times the usual uses, with an error or a ticket in it, to a calm week.

    The usual week is the mean of the four before it, in all of which the customer was there. So much use must not be
    chance: one week in 300 has as much, at that mean and with the bursts that those weeks show. Calm is a week in which
    the uses of 7 days never exceeded 1.5 usual ones. Whole days are judged; after 28 days a higher level is usual.
    """
    usage = usage_seen(view.customer)
    return so_far(view, list(_found(view, usage))) if usage is not None and usage.uses else iter(())


def _days(view: View, usage: Usage, following: LocalDay) -> _Days:
    errors: dict[LocalDay, int] = {}
    for counts in usage.errors.values():
        for day, number in _by_day(counts, following).items():
            errors[day] = errors.get(day, 0) + number
    uses = _by_day(usage.uses, following)
    tickets = [day for day in _ticket_days(view) if day < following]
    return _Days(uses, errors, tickets, min(uses, default=following), view.silent_days(SOURCE))


def _by_day(counts: day_counts.DayCounts, following: LocalDay) -> dict[LocalDay, int]:
    found = day_counts.before(counts, following)
    return dict(zip(day_counts.days(found), found[1::2], strict=True))


def _ticket_days(view: View) -> list[LocalDay]:
    opened = [opened_at(ticket) for ticket in tickets_seen(view.customer).values()]
    return [view.calendar.day(at) for at in opened if at != NEVER]


def _found(view: View, usage: Usage) -> Iterator[Stretch]:
    today = view.calendar.day(view.as_of)
    days = _days(view, usage, today)
    troubled = [*days.errors, *days.tickets]
    if not troubled:
        return
    judged = max(min(troubled) + 1, days.first + SPAN * (WEEKS + 1))
    last = min(today, max(troubled) + SPAN)
    while judged <= last:
        usual = _surges(view, days, judged)
        if usual is None:
            judged += 1
            continue
        end = _calm(days, judged, usual)
        yield _stretch(view, days, judged, end, usual)
        judged = end + 1


def _surges(view: View, days: _Days, judged: LocalDay) -> Fraction | None:
    """Return the usual uses of a week if there are far more of them in the week before a day, with trouble."""
    used = days.used(judged)
    if used < int(view.tuned.threshold("min_uses")) or not any(days.troubles(judged)):
        return None
    weeks = days.weeks_before(judged)
    usual = Fraction(sum(weeks), WEEKS)
    if not usual or used <= Fraction(str(view.tuned.threshold("times"))) * usual:
        return None
    once_in, spans = max(2, int(view.tuned.threshold("once_in"))), view.policy.company.weeks_before(judged, WEEKS + 1)
    dispersion = weighed_dispersion_of(weeks, spans[1:])
    expected = Fraction(sum(weeks) * spans[0], max(1, sum(spans[1:])))
    return usual if at_least(used, expected, dispersion) * once_in <= ONE else None


def _calm(days: _Days, judged: LocalDay, usual: Fraction) -> LocalDay:
    """Return the day up to which a week was calm; at the latest, the 28th day."""
    calm = 0
    for day in range(judged + 1, judged + OVER_DAYS):
        heard = not any(day - SPAN <= silent < day for silent in days.silent)
        calm = calm + 1 if heard and days.used(day) <= CALM * usual else 0
        if calm >= CALM_DAYS:
            return day
    return judged + OVER_DAYS


def _stretch(view: View, days: _Days, judged: LocalDay, end: LocalDay, usual: Fraction) -> Stretch:
    def shown(at: Instant) -> Numbers:
        day = view.calendar.day(at)
        used, (errors, tickets) = days.used(day), days.troubles(day)
        times = _written(used / usual)

        def words(language: Language) -> dict[str, Fact]:
            return {"times": number_text(times, language), "troubles": _troubles(errors, tickets, language)}

        observed: dict[str, Fact] = {"uses": used, "errors": errors, "tickets": tickets}
        return Numbers(observed=observed, words=words, template="main" if errors or tickets else "alone")

    start = view.calendar.start_of_day(judged)
    numbers = shown(start)
    return Stretch(
        start=start,
        end=view.calendar.start_of_day(end),
        since=start,
        observed=numbers.observed,
        baseline={"uses": int(usual)},
        words=numbers.words,
        template=numbers.template,
        lapses=True,
        outcome="lapsed" if end == judged + OVER_DAYS else "recovered",
        later=shown,
    )


def _troubles(errors: int, tickets: int, language: Language) -> str:
    """Return the errors and tickets as text, without those of which there are none."""
    numbers = zip((errors, tickets), _TROUBLES[language], strict=True)
    found = [f"{number} {one if number == 1 else many}" for number, (one, many) in numbers if number]
    return _AND[language].join(found)


def _written(times: Fraction) -> str:
    """Return a number with one decimal, from 10 on without one."""
    if times >= TEN:
        return str(int(times))
    tenths = int(times * 10)
    return f"{tenths // 10}.{tenths % 10}"


def quiet_until(view: View) -> Instant:
    """Return the end of the present day while there is trouble in a week: by then its uses are known."""
    usage = usage_seen(view.customer)
    if usage is None or not usage.uses or not (usage.errors or tickets_seen(view.customer)):
        return NEVER
    newest = next(stretches(view), None)
    if newest is not None and newest.start <= view.as_of < newest.end:
        return 0
    tomorrow = view.calendar.day(view.as_of) + 1
    return min((view.calendar.start_of_day(day) for day in _next_looks(view, usage, tomorrow)), default=NEVER)


def _next_looks(view: View, usage: Usage, tomorrow: LocalDay) -> Sequence[LocalDay]:
    """Return the days from tomorrow on that are the first in whose week there is trouble."""
    troubled = [*_ticket_days(view), *(day for counts in usage.errors.values() for day in day_counts.days(counts))]
    return [max(tomorrow, day + 1) for day in troubled if day >= tomorrow - SPAN]


USAGE_SURGE = Signal(
    name="usage-surge",
    trigger="on_time",
    reads=frozenset({USED, ERRORS, TICKETS}),
    needs=(USAGE,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Usage {times} × normal in 7 days, with {troubles}",
            "es": "Uso {times} veces el habitual en 7 días, con {troubles}",
            "it": "Utilizzo pari a {times} volte il normale in 7 giorni, con {troubles}",
        },
        "alone": {
            "en": "Usage {times} × normal in 7 days",
            "es": "Uso {times} veces el habitual en 7 días",
            "it": "Utilizzo pari a {times} volte il normale in 7 giorni",
        },
    },
    recommends=OFFER_HELP,
    weight=0.12,
    half_life_days=14,
    default=SignalPolicy(
        severity="low",
        escalate_after_days=STAYS,
        thresholds=(("times", TIMES), ("min_uses", MIN_USES), ("once_in", ONCE_IN)),
    ),
    absence_of=USED,
    patience_days=lambda _: SPAN,
    source=SOURCE,
)
