"""Company days: sums of weights, their inverse, and silences that are counted in them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.company import USUAL, CompanyDays, Weights
from retention.liveness import heard_after
from retention.policy import Policy, company_days
from retention.tails import days_of_silence, dispersion_of, silence_after, weighed_dispersion_of

DAY_0 = date(1970, 1, 1).toordinal()
WEEK = (1_300, 1_300, 1_300, 1_300, 1_200, 350, 250)
MONTHS = (1_000,) * 7 + (500, 1_000, 1_100, 1_100, 900)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - DAY_0


OFFICE = Weights(
    weekdays=WEEK,
    months=MONTHS,
    holiday=200,
    holidays=frozenset([day("2026-12-25"), day("2027-01-01"), day("2026-12-27")]),
    closures=((day("2026-12-28"), day("2026-12-30"), 0),),
)

days = st.integers(day("2026-01-01"), day("2028-12-31"))
usable = st.builds(
    Weights,
    weekdays=st.lists(st.integers(0, 3_000), min_size=7, max_size=7).filter(any).map(tuple),
    months=st.lists(st.integers(1, 2_000), min_size=12, max_size=12).map(tuple),
    holiday=st.integers(0, 1_500),
    holidays=st.frozensets(days, max_size=20),
    closures=st.lists(st.tuples(days, st.integers(0, 40), st.integers(0, 900)), max_size=3).map(
        lambda found: tuple((first, first + more, weight) for first, more, weight in found)
    ),
)


@pytest.mark.parametrize(
    ("on", "weight"),
    [
        ("2026-11-30", 1_430),  # a Monday of November
        ("2026-08-03", 650),
        ("2026-12-25", 180),  # a holiday in December
        ("2026-12-27", 180),  # and one on a Sunday, which is 250 × 0.9 without it
        ("2026-12-28", 0),
        ("2026-12-31", 1_170),
    ],
)
def test_a_day_weighs_as_its_weekday_its_month_and_its_holiday(on: str, weight: int) -> None:
    assert CompanyDays(OFFICE).weight(day(on)) == weight


@given(usable, days, st.integers(-5, 900), st.frozensets(days, max_size=8))
def test_what_lies_between_is_the_sum_of_the_days(
    weights: Weights, first: int, more: int, silent: frozenset[int]
) -> None:
    company, silent_days = CompanyDays(weights), sorted(silent)

    heard = [company.weight(one) for one in range(first, first + more) if one not in silent]
    assert company.heard_between(first, first + more, silent_days) == sum(heard)


@given(usable, days, st.integers(0, 60_000), st.frozensets(days, max_size=8))
def test_the_day_after_is_the_first_by_which_so_much_has_passed(
    weights: Weights, first: int, wanted: int, silent: frozenset[int]
) -> None:
    company, silent_days = CompanyDays(weights), sorted(silent)

    found = company.day_after(first, wanted, silent_days)

    assert company.heard_between(first, found, silent_days) >= wanted
    assert found == first or company.heard_between(first, found - 1, silent_days) < wanted


@given(days, st.integers(0, 400), st.integers(0, 90_000))
def test_without_a_calendar_company_days_are_local_days(first: int, more: int, wanted: int) -> None:
    assert Policy().company.is_usual
    assert company_days(Policy(), first, first + more) == more * USUAL
    assert Policy().company.day_after(first, wanted) == first + -(-wanted // USUAL)


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 2_000))
def test_spans_that_weigh_the_same_have_the_usual_dispersion(counts: list[int], weight: int) -> None:
    assert weighed_dispersion_of(counts, [weight] * len(counts)) == dispersion_of(counts)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"weekdays": (0,) * 7}, "weekday"),
        ({"weekdays": (1_000,) * 6}, "7"),
        ({"months": (0, *(1_000,) * 11)}, "month"),
        ({"holiday": -1}, "between"),
        ({"closures": ((10, 9, 0),)}, "before it begins"),
    ],
)
def test_weights_with_which_time_would_stand_still_are_refused(wrong: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Weights(**wrong)  # type: ignore[arg-type]


def test_a_silence_in_a_slow_month_is_longer_by_the_calendar() -> None:
    """Twelve days of 28: one silence in 300 has 14 usual days."""
    july = [day("2026-07-31") - one for one in (0, 1, 3, 4, 7, 8, 10, 14, 15, 17, 21, 24)]
    march = [one - day("2026-07-31") + day("2026-03-27") for one in july]
    company, usual = CompanyDays(OFFICE), CompanyDays(Weights())

    in_august = silence_after(company, july, july[-1], july[0], 28, 300)
    in_april = silence_after(company, march, march[-1], march[0], 28, 300)

    assert silence_after(usual, july, july[-1], july[0], 28, 300) == days_of_silence(12, 25, 300) == 12
    assert in_april < 18 < in_august


def test_days_on_which_the_source_was_silent_do_not_count() -> None:
    company, events = CompanyDays(OFFICE), [day("2026-03-27") - one for one in range(0, 28, 2)]
    plain = silence_after(company, events, events[-1], events[0], 28, 300)
    silent_days = list(range(events[0] + 2, events[0] + 9))

    assert silence_after(company, events, events[-1], events[0], 28, 300, silent_days) == plain


def test_a_floor_of_days_is_longer_where_the_days_are_slow_and_never_shorter() -> None:
    company = CompanyDays(OFFICE)

    assert company.at_least(day("2026-07-31"), 14) > 21
    assert company.at_least(day("2026-10-05"), 14) == 14
    assert CompanyDays(Weights()).at_least(day("2026-07-31"), 14) == 14


@given(usable, days, st.integers(0, 60), st.frozensets(days, max_size=8))
def test_a_floor_is_the_first_by_which_so_many_company_days_have_passed(
    weights: Weights, last: int, floor: int, silent: frozenset[int]
) -> None:
    company, silent_days = CompanyDays(weights), sorted(silent)

    found = company.at_least(last, floor, silent_days)

    over = heard_after(last, found + 1, silent_days)
    assert found == floor or company.heard_between(last + 1, over - 1, silent_days) < floor * USUAL
    assert company.heard_between(last + 1, over, silent_days) >= floor * USUAL
