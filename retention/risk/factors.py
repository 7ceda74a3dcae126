"""The factors of a fitted risk: what is known of a customer at an instant, each as a number from 0 to 1.

    day       . . . x . x x . . . . . . |           away       7 days since it was there, of 7 + 14: 0.333
                        └─ last seen    └─ at       overdue    the same, of 7 + 4 times as long as it usually stays away

Rule: a factor is a pure function of one customer's state and an instant. What came after the instant does not count, so
what a worker calculates at midnight, late or after a restart, is what `backstay learn` calculated. Values are
thousandths, by whole numbers alone; what is unknown, or not there at all, is 0.

Sign-ins and use count by whole days, those before the local day of the instant. Days are company days, and those on
which the source of the events was silent are no absence.
"""

import itertools
from collections.abc import Callable, Sequence
from statistics import median_low
from typing import Any, Final, NamedTuple

from retention import day_counts
from retention.calendar import DAY, HOUR, Calendar, Instant, LocalDay
from retention.day_counts import DayCounts
from retention.features.feedback.said import CES, COMPLAINT, CSAT, NPS, PRAISE, REVIEW, Said
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.features.messages.section import DELIVERED, MESSAGES, engaged, messages_seen
from retention.features.payments.section import PAYMENTS, payments_seen
from retention.features.purchases.orders import Order, known
from retention.features.purchases.section import PURCHASES, orders_seen
from retention.features.relations.section import RELATIONS, relations_seen
from retention.features.subscriptions.section import SUBSCRIPTIONS, timeline_seen
from retention.features.subscriptions.timeline import terms_of
from retention.features.subscriptions.walk import moments
from retention.features.tickets.section import TICKETS, tickets_seen
from retention.features.tickets.tickets import ESCALATED, OPENED, REOPENED, SOLVED, Ticket
from retention.features.usage.section import USAGE, usage_seen
from retention.fitted import MILLI
from retention.liveness import Sources
from retention.policy import Policy
from retention.risk.arithmetic import ONE, STEPS, combined, decayed
from retention.risk.model import Evidence
from retention.risk.standing import Standing
from retention.signals import RISKS
from retention.spans import Span
from retention.state.customer import Customer
from retention.state.section import Section, bits_of
from schemas.currencies import DECIMALS

VERSION: Final = 1
"""Raised if a factor is calculated otherwise than before: models that were fitted to the earlier ones are refused."""
OF_SIGNAL: Final = "signal:"
"""In front of the name of a signal: the factor that says whether it is open, how severe it is, and for how long."""
EVIDENCE: Final = "evidence"
"""The factor with the risk by the weights of the catalogue: all open signals together."""
OF_SEVERITY: Final = (400, 700, 900, MILLI)
"""Of an open signal, by severity: halved with each half-life since it was raised."""

_SHORT: Final = 7
_MONTH: Final = 28
_QUARTER: Final = 84
_SEASON: Final = 90 * DAY
_TWO_MONTHS: Final = 60 * DAY
_YEAR: Final = 365
_MONTHS: Final = 12
_STUCK: Final = 72 * HOUR
_LOW_NPS: Final = 7
_TEN: Final = 10
_HUNDRED: Final = 100
_BITS_OF_WORTH: Final = 24
"""Up to 16 million major units in a year tell two customers apart."""
_FRACTION: Final = 16


class Silences(NamedTuple):
    """The local days on which sources were silent: those of sign-ins, of use, and of orders."""

    logins: Sequence[LocalDay] = ()
    usage: Sequence[LocalDay] = ()
    purchases: Sequence[LocalDay] = ()


HEARD: Final = Silences()
"""No source was silent on any day."""


def silences_at(sources: Sources, calendar: Calendar, at: Instant) -> Silences:
    """Return the days before that of an instant on which sources were silent."""
    return Silences(*[_missed(sources, name, calendar, at) for name in Silences._fields])


def _missed(sources: Sources, name: str, calendar: Calendar, at: Instant) -> Sequence[LocalDay]:
    rhythm = sources.rhythms.get(name)
    return rhythm.days_missed(calendar.day(at), calendar) if rhythm is not None else ()


class Scene(NamedTuple):
    """A customer at an instant: what the factors are calculated from.

    `begun` are the spans in which it was active that have begun, the last one of which lasts.
    """

    customer: Customer
    at: Instant
    day: LocalDay
    policy: Policy
    silences: Silences
    begun: list[Span]
    standing: Standing
    found: list[Evidence]


class Group(NamedTuple):
    """Factors that are calculated together, all 0 for a customer without any of some sections (0: of any customer)."""

    names: tuple[str, ...]
    values: Callable[[Scene], tuple[int, ...]]
    needs: int = 0


def part(number: int, half: int) -> int:
    """Return a number as a share: 0 of nothing, 0.5 of `half`, and never quite 1.

    >>> part(0, 14), part(14, 14), part(42, 14), part(-3, 14)
    (0, 500, 750, 0)
    """
    return MILLI * number // (number + half) if number > 0 else 0


def share(number: int, whole: int) -> int:
    """Return a number as a share of a whole, at most 1.

    >>> share(7, 28), share(99, 28), share(-1, 28)
    (250, 1000, 0)
    """
    return max(0, min(MILLI, MILLI * number // whole))


def _needs(*sections: Section[Any]) -> int:
    return bits_of(sections)


# Presence


def acts_before(customer: Customer, day: LocalDay) -> list[LocalDay]:
    """Return the days before one on which a customer signed in or used anything, the newest first."""
    days = day_counts.days(day_counts.before(customer.logins, day))
    usage = usage_seen(customer) if USAGE.is_kept(customer) else None
    if usage is None or not usage.uses:
        return days
    uses = day_counts.before(usage.uses, day)
    used = [one for one, number in zip(day_counts.days(uses), uses[1::2], strict=True) if number]
    return sorted({*days, *used}, reverse=True)


def _between(days: list[LocalDay], first: LocalDay, last: LocalDay) -> int:
    """Return how many of some days lie from one up to another, which does not count."""
    found = 0
    for one in days:
        if one < first:
            break
        found += one < last
    return found


def _presence(scene: Scene) -> tuple[int, ...]:
    """Return how long a customer has stayed away, by the calendar and by its own pace, and how often it is there."""
    day, company = scene.day, scene.policy.company
    days = acts_before(scene.customer, day)
    if not days:
        return 0, 0, 0, 0, 0, 0, 0, MILLI
    silent = scene.silences.logins if scene.customer.logins else scene.silences.usage
    last = days[0]
    away = company.heard_between(last + 1, day, silent)
    begins = max(days[-1], last - _QUARTER + 1)
    pace = company.heard_between(begins, last + 1, silent) // _between(days, begins, last + 1)
    month = _between(days, day - _MONTH, day)
    usual = _expected(scene, days, _MONTH, _QUARTER, silent)
    week, usual_week = _between(days, day - _SHORT, day), _expected(scene, days, _SHORT, _MONTH, silent)
    return (
        part(away, 14 * MILLI),
        part(away, 4 * max(MILLI, pace)),
        part(usual - MILLI * month, 2 * MILLI + MILLI * month),
        part(MILLI * month - usual, 2 * MILLI + usual),
        part(usual_week - MILLI * week, MILLI + MILLI * week),
        share(month, _MONTH),
        share(_between(days, day - _MONTH - _QUARTER, day - _MONTH), _QUARTER),
        0,
    )


def _expected(scene: Scene, days: list[LocalDay], now: int, before: int, silent: Sequence[LocalDay]) -> int:
    """Return on how many of the last days a customer was there if it were as usual, in thousandths of a day."""
    company, day = scene.policy.company, scene.day
    first = max(days[-1], day - now - before)
    heard = company.heard_between(first, day - now, silent)
    if heard <= 0:
        return 0
    seen = _between(days, first, day - now)
    return MILLI * seen * company.heard_between(day - now, day, silent) // heard


def _volume(scene: Scene) -> tuple[int, ...]:
    """Return how much less a customer uses than before, its errors, its milestones and its empty seats."""
    usage, day = usage_seen(scene.customer), scene.day
    if usage is None:
        return 0, 0, 0, 0
    uses = day_counts.before(usage.uses, day)
    month = _sum(uses, day - _MONTH, day)
    usual = _sum(uses, day - _MONTH - _QUARTER, day - _MONTH) * _MONTH // _QUARTER
    errors = sum(_sum(day_counts.before(one, day), day - _MONTH, day) for one in usage.errors.values())
    reached = sum(one.at <= scene.at for one in usage.milestones)
    seats = [one for one in usage.seats if one.at <= scene.at and one.active >= 0 and one.paid > 0]
    empty = share(seats[-1].paid - seats[-1].active, seats[-1].paid) if seats else 0
    return part(usual - month, 5 + month), part(errors, 5), part(reached, 3), empty


def _sum(counts: DayCounts, first: LocalDay, last: LocalDay) -> int:
    found = 0
    for day, number in zip(day_counts.days(counts), counts[1::2], strict=True):
        if day < first:
            break
        if day < last:
            found += number
    return found


# Life, money


def _life(scene: Scene) -> tuple[int, ...]:
    """Return for how long the customer is one, whether it is new, and hardly there, and how often it came back."""
    since = max(0, scene.at - scene.begun[-1][0])
    new = share(_SEASON - since, _SEASON)
    seen = _between(acts_before(scene.customer, scene.day), scene.day - _MONTH, scene.day)
    return (
        part(since, 180 * DAY),
        new,
        new * (MILLI - share(seen, 8)) // MILLI,
        part(len(scene.begun) - 1, 1),
        MILLI if scene.standing.paused else 0,
    )


def _worth(scene: Scene) -> tuple[int, ...]:
    """Return what a customer is worth in a year, by the logarithm: 12 MRR, or what its orders of a year came to."""
    return (share(_logarithm(worth_of(scene)), _FRACTION * _BITS_OF_WORTH),)


def worth_of(scene: Scene) -> int:
    """Return what a customer is worth in a year, in whole major units: of several currencies, the largest number."""
    if scene.standing.mrr:
        return int(_MONTHS * max(scene.standing.mrr.values()))
    spent: dict[str, int] = {}
    for order in orders_at(scene):
        if order.at > scene.at - _YEAR * DAY:
            spent[order.currency] = spent.get(order.currency, 0) + order.worth(scene.at)
    return max([amount // 10 ** DECIMALS[currency] for currency, amount in spent.items()], default=0)


def _logarithm(number: int) -> int:
    """Return the logarithm to base 2 of a number and 1, in sixteenths, linear between powers of 2.

    >>> _logarithm(0), _logarithm(1), _logarithm(5), _logarithm(1_023)
    (0, 16, 40, 160)
    """
    power = (number + 1).bit_length() - 1
    return _FRACTION * power + ((number + 1 - (1 << power)) * _FRACTION >> power)


def orders_at(scene: Scene) -> list[Order]:
    """Return the orders of a customer up to an instant, in order of time."""
    if not PURCHASES.is_kept(scene.customer):
        return []
    return [order for order in known(orders_seen(scene.customer)) if order.at <= scene.at]


def _buying(scene: Scene) -> tuple[int, ...]:
    """Return how old the last order is, also of the customer's own gap, that gap, and how many orders there were."""
    orders, calendar, company = orders_at(scene), scene.policy.calendar, scene.policy.company
    if not orders:
        return 0, 0, 0, 0, 0, 0
    instants = [order.at for order in orders]
    silent = scene.silences.purchases
    age = company.heard_between(calendar.day(instants[-1]) + 1, scene.day, silent)
    gaps = [later - earlier for earlier, later in itertools.pairwise(instants)]
    gap = MILLI * median_low(gaps) // DAY if gaps else 0
    recent = sum(at > scene.at - _YEAR * DAY for at in instants)
    returned = sum(at > scene.at - _SEASON for order in orders for at, _ in order.given_back() if at <= scene.at)
    return (
        share(age, MILLI * scene.policy.purchase_window_days),
        part(age, 2 * max(MILLI, gap)) if gaps else 0,
        part(gap, 30 * MILLI),
        MILLI if len(orders) == 1 else 0,
        part(recent, 5),
        part(returned, 1),
    )


def _paying(scene: Scene) -> tuple[int, ...]:
    """Return the failed attempts of the last 60 days."""
    failed = payments_seen(scene.customer).failed
    return (part(sum(scene.at - _TWO_MONTHS < one.at <= scene.at for one in failed), 1),)


def _renewing(scene: Scene) -> tuple[int, ...]:
    """Return how near the end of a term is: 1 within 90 days and within no day, falling to 0 at 120 and at 30."""
    ends: list[Instant] = []
    for moment in moments(timeline_seen(scene.customer), terms_of(scene.policy), scene.at + 1):
        if moment.at > scene.at:
            break
        ends = [one.term_end for one in moment.subscriptions.values() if one.term_end is not None]
    left = min([end - scene.at for end in ends if end > scene.at], default=_YEAR * DAY)
    return share(120 * DAY - left, 30 * DAY), share(30 * DAY - left, 30 * DAY)


# What went wrong, what was said


def _support(scene: Scene) -> tuple[int, ...]:
    """Return the tickets that were opened of late, are open, and are open for long, escalated or opened again."""
    opened = unsolved = grave = 0
    for ticket in tickets_seen(scene.customer).values():
        steps = [step for step in ticket.steps if step.at <= scene.at]
        if not steps or steps[-1].at <= scene.at - _SEASON:
            continue
        begun = next((step.at for step in steps if step.kind == OPENED), steps[0].at)
        is_open = steps[-1].kind != SOLVED
        opened += begun > scene.at - _MONTH * DAY
        unsolved += is_open
        grave += _is_grave(ticket, scene.at) or (is_open and begun <= scene.at - _STUCK)
    return part(opened, 2), part(unsolved, 1), part(grave, 1)


def _is_grave(ticket: Ticket, at: Instant) -> bool:
    return any(step.kind in {REOPENED, ESCALATED} and at - _TWO_MONTHS < step.at <= at for step in ticket.steps)


def _opinion(scene: Scene) -> tuple[int, ...]:
    """Return the worst and the best that was said in the last 90 days."""
    said = [one for one in feedback_seen(scene.customer) if scene.at - _SEASON < one.at <= scene.at]
    return max([_displeasure(one) for one in said], default=0), max([_pleasure(one) for one in said], default=0)


def _of_ten(said: Said) -> int | None:
    """Return a score on a scale from 0 to 10, in thousandths; None if it has none."""
    if said.kind in {NPS, CSAT, CES}:
        return int(said.on((0, _TEN)) * MILLI)
    return int(said.stars() * 2 * MILLI) if said.kind == REVIEW and said.highest else None


def _displeasure(said: Said) -> int:
    score, worst = _of_ten(said), 700 if said.kind == COMPLAINT else 0
    if score is not None:
        worst = max(worst, (_LOW_NPS * MILLI - score) // _LOW_NPS)
    return max(worst, -said.sentiment * said.confidence * MILLI // (_HUNDRED * _HUNDRED))


def _pleasure(said: Said) -> int:
    score = _of_ten(said)
    if said.kind == PRAISE:
        return 700
    return share(score - _LOW_NPS * MILLI, 3 * MILLI) if score is not None else 0


def _mail(scene: Scene) -> tuple[int, ...]:
    """Return how many e-mails of the last 60 days were delivered while none was clicked or opened."""
    first = scene.day - 60
    if _sum(day_counts.before(engaged(scene.customer), scene.day), first, scene.day):
        return (0,)
    delivered = messages_seen(scene.customer).get(DELIVERED, [])
    return (part(_sum(day_counts.before(delivered, scene.day), first, scene.day), 8),)


def _contact(scene: Scene) -> tuple[int, ...]:
    """Return how long ago the company last spoke to a customer, of whom such contacts are known."""
    last = day_counts.around(relations_seen(scene.customer).contacts, scene.day)[0]
    return (part(scene.day - last, 60),) if last is not None else (0,)


# Open signals


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
    Group(("away", "overdue", "slower", "faster", "slower-week", "often", "often-before", "never-there"), _presence),
    Group(("less-use", "errors", "milestones", "empty-seats"), _volume, _needs(USAGE)),
    Group(("tenure", "new", "slow-start", "came-back", "paused"), _life),
    Group(("worth",), _worth, _needs(SUBSCRIPTIONS, PURCHASES)),
    Group(("order-age", "order-overdue", "order-gap", "one-order", "orders", "refunds"), _buying, _needs(PURCHASES)),
    Group(("payment-trouble",), _paying, _needs(PAYMENTS)),
    Group(("renewal-in-90-days", "renewal-in-30-days"), _renewing, _needs(SUBSCRIPTIONS)),
    Group(("tickets", "tickets-open", "tickets-grave"), _support, _needs(TICKETS)),
    Group(("displeased", "pleased"), _opinion, _needs(FEEDBACK)),
    Group(("mail-ignored",), _mail, _needs(MESSAGES)),
    Group(("out-of-touch",), _contact, _needs(RELATIONS)),
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
