"""The monthly price of a subscription: recurring lines and discounts, which events state bit by bit.

MRR = Σ unit price × quantity × periods per month − recurring discounts (metrics.md, Recurring revenue). An event states
a part of the terms; parts that it leaves out keep their value. A discount of n periods ends n billing periods after its
event, on the company's calendar: a month after 31 January is 28 or 29 February. One that states its end ends then: it
counts if it is of two periods, or if the subscription's second period, as it is billed at the event, begins before.
"""

from fractions import Fraction
from typing import Final, Optional

from retention.calendar import DAY, NEVER, Calendar, Instant, instant
from retention.errors import Rejected
from retention.money import LARGEST
from retention.structs import KeptFact
from schemas.subscriptions import Discount, PricedItem, Terms

PERIODS_PER_MONTH: Final = {
    "day": Fraction(365, 12),
    "week": Fraction(52, 12),
    "month": Fraction(1),
    "quarter": Fraction(1, 3),
    "year": Fraction(1, 12),
}
_MIN_RECURRING_PERIODS: Final = 2
_MOST_PERIODS: Final = 10**9
_FAR_DAYS: Final = 2_000_000
_FAR_MONTHS: Final = 60_000
DISCOUNT_DIGITS: Final = 6
"""Decimals of an MRR that could not be stored exactly otherwise (see `_kept`)."""
_DEFAULT: Final = "month"
"""The billing period of a subscription whose events state its MRR and no interval."""
_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}

Line = tuple[str, int, int, int]
"""The lines of one interval together: its name and count (empty or 0: that of the subscription), and the price of
one period, as numerator and denominator in major units."""
Rebate = tuple[int, int, int, int, int]
"""A share (numerator, denominator; 0 for none) or an amount of one billing period (likewise), and the number of
billing periods: 0 for ever. Beyond `_MOST_PERIODS` it is the instant of its end; a negative one of a discount that
counts only if a second period begins before. In a `Pricing`, the last is its end instead; `NEVER` for ever."""
Ratio = tuple[int, int]


class Priced(KeptFact, frozen=True):
    """The price, and the end of a trial, that one event states; None for what it leaves out."""

    lines: "Optional[list[Line]]" = None
    interval: "Optional[str]" = None
    count: "Optional[int]" = None
    discounts: "Optional[list[Rebate]]" = None
    trial_end: "Optional[Instant]" = None

    def prices(self) -> bool:
        """Report whether it states anything of the price."""
        return (self.lines, self.interval, self.count, self.discounts) != (None, None, None, None)


class Pricing(KeptFact, frozen=True):
    """The parts that make up the price of a subscription."""

    lines: "list[Line]"
    interval: str = ""
    count: int = 0
    discounts: "list[Rebate]" = []


def stated_price(terms: Terms, trial_end: Instant | None = None) -> tuple[Ratio | None, Priced | None]:
    """Return the price that an event states: an MRR, or parts that one follows from; None if it states none.

    Metered lines and discounts of a single period do not count. Raises `Rejected` for a price that cannot be stored
    exactly: it would take more than 18 digits.
    """
    if terms.mrr is not None:
        mrr = Fraction(terms.mrr)
        _check_digits(mrr)
        count = terms.interval_count if terms.interval is not None else None
        said = Priced(None, terms.interval, count, None, trial_end)
        return (mrr.numerator, mrr.denominator), said if said.prices() or trial_end is not None else None
    lines = _lines(terms.items) if terms.items is not None else None
    rebates = [_rebate(one) for one in terms.discounts if _recurs(one)] if terms.discounts is not None else None
    said = Priced(lines, terms.interval, terms.interval_count, rebates, trial_end)
    if lines is not None:
        _check_digits(monthly_price(Pricing(lines, said.interval or "", said.count or 0, rebates or [])))
    return None, said if said.prices() or trial_end is not None else None


def _lines(items: list[PricedItem]) -> list[Line]:
    totals: dict[tuple[str, int], Fraction] = {}
    for item in items:
        if not item.metered:
            key = (item.interval or "", item.interval_count or (1 if item.interval else 0))
            totals[key] = totals.get(key, Fraction()) + Fraction(item.price) * item.quantity
    for total in totals.values():
        _check_digits(total)
    return [(name, count, total.numerator, total.denominator) for (name, count), total in sorted(totals.items())]


def _recurs(discount: Discount) -> bool:
    """Report whether a discount counts, or may count: the subscription's billing period decides on some."""
    lasts = discount.periods >= _MIN_RECURRING_PERIODS or discount.ends_at is not None
    return (discount.duration in {None, "repeating"} and lasts) or discount.duration == "forever"


def _rebate(discount: Discount) -> Rebate:
    periods = _lasting(discount)
    if discount.percent is not None:
        share = Fraction(round(Fraction(discount.percent) * 10**15), 10**17)  # more digits cannot be stored
        return share.numerator, share.denominator, 0, 1, periods
    amount = Fraction(discount.amount or 0)
    _check_digits(amount)
    return 0, 1, amount.numerator, amount.denominator, periods


def _lasting(discount: Discount) -> int:
    """Return the last number of a rebate: periods, or an end."""
    if discount.ends_at is None:
        return discount.periods if discount.duration != "forever" else 0
    end = max(instant(discount.ends_at), _MOST_PERIODS + 1)
    recurs = discount.duration == "forever" or discount.periods >= _MIN_RECURRING_PERIODS
    return end if recurs else -end


def _check_digits(amount: Fraction) -> None:
    if max(amount.numerator, amount.denominator) > LARGEST:
        raise Rejected("contract", "mrr: too many digits to be stored exactly")


def changed_pricing(
    mrr: Ratio,
    before: Pricing | None,
    said: Priced | None,
    at: Instant,
    calendar: Calendar,
    *,
    stated: bool = False,
) -> tuple[Ratio, Pricing | None]:
    """Return MRR and pricing after an event at an instant; `mrr` is the former one, or the `stated` one.

    A stated MRR is the price paid, discounts included: it replaces lines and discounts. Lines without a known billing
    interval change nothing.
    """
    if stated:
        if before is None and (said is None or said.interval is None):
            return mrr, None
        said = Priced([(_DEFAULT, 1, *mrr)], said.interval if said else None, said.count if said else None, [])
    if said is None or not said.prices():
        return mrr, before
    known = before or Pricing([(_DEFAULT, 1, *mrr)])
    interval = said.interval if said.interval is not None else known.interval
    count = said.count if said.count is not None else known.count
    lines = said.lines if said.lines is not None else known.lines
    if not interval and any(not name for name, _, _, _ in lines):
        lines = known.lines
    found = Pricing(lines, interval, count, known.discounts)
    if said.discounts is not None:
        found = Pricing(lines, interval, count, _dated(found, said.discounts, at, calendar))
    return _kept(monthly_price(found), mrr), found


def discounts_at(pricing: Pricing, at: Instant, mrr: Ratio) -> tuple[Ratio, Pricing]:
    """Return MRR and pricing without the discounts that have ended at an instant."""
    left = Pricing(pricing.lines, pricing.interval, pricing.count, [one for one in pricing.discounts if one[4] > at])
    return _kept(monthly_price(left), mrr), left


def next_discount_end(pricing: Pricing) -> Instant:
    """Return when the next discount ends; `NEVER` if none does."""
    found = NEVER
    for one in pricing.discounts:
        found = min(found, one[4])
    return found


def monthly_price(pricing: Pricing) -> Fraction:
    """Return the monthly price of the lines, less the discounts, in their order; never below zero.

    >>> monthly_price(Pricing([("", 0, 120, 1)], "year", 1, [(1, 2, 0, 1, NEVER)]))
    Fraction(5, 1)
    """
    total = Fraction()
    for name, count, numerator, denominator in pricing.lines:
        total += Fraction(numerator, denominator) * _per_month(name or pricing.interval, count or pricing.count)
    billing = _billing(pricing)
    for share, of, numerator, denominator, _ in pricing.discounts:
        rebate = total * Fraction(share, of) if share else Fraction(numerator, denominator) * _per_month(*billing)
        total = max(Fraction(), total - rebate)
    return total


def after_periods(at: Instant, interval: str, number: int, calendar: Calendar) -> Instant:
    """Return the instant so many intervals after another one, at the same local time; `NEVER` if thousands of years."""
    if interval in _DAYS:
        days = number * _DAYS[interval]
        return calendar.add_days(at, days) if days < _FAR_DAYS else NEVER
    months = number * _MONTHS[interval]
    return calendar.add_months(at, months) if months < _FAR_MONTHS else NEVER


def _per_month(interval: str, count: int) -> Fraction:
    return PERIODS_PER_MONTH[interval or _DEFAULT] / (count or 1)


def _billing(pricing: Pricing) -> tuple[str, int]:
    """Return the billing period: that of the subscription, else the shortest of its lines."""
    if pricing.interval:
        return pricing.interval, pricing.count
    own = [(name, count) for name, count, _, _ in pricing.lines if name]
    return max(own, key=lambda one: _per_month(*one)) if own else (_DEFAULT, 1)


def _dated(pricing: Pricing, discounts: list[Rebate], at: Instant, calendar: Calendar) -> list[Rebate]:
    """Return discounts with the instants at which they end, without those that lower one billing period only."""
    ends = [_end(pricing, one[4], at, calendar) for one in discounts]
    return [(*one[:4], end) for one, end in zip(discounts, ends, strict=True) if end > at]


def _end(pricing: Pricing, lasting: int, at: Instant, calendar: Calendar) -> Instant:
    """Return when a discount of an event at an instant ends: at once, if it lowers one billing period only."""
    interval, count = _billing(pricing)
    if lasting > _MOST_PERIODS:
        return lasting
    if lasting < 0:
        second = after_periods(at, interval, count or 1, calendar)
        return -lasting if second < -lasting - DAY else at
    return after_periods(at, interval, lasting * (count or 1), calendar) if lasting else NEVER


def _kept(mrr: Fraction, before: Ratio) -> Ratio:
    """Return an MRR as it is stored.

    One that follows from several events, and would take more than 18 digits, is rounded to six decimals; if it is
    larger than any money, it stays as it was.
    """
    if max(mrr.numerator, mrr.denominator) > LARGEST:
        mrr = Fraction(round(mrr * 10**DISCOUNT_DIGITS), 10**DISCOUNT_DIGITS)
    return (mrr.numerator, mrr.denominator) if mrr.numerator <= LARGEST else before
