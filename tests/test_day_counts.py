"""Day buckets: whatever the order of arrival, they count as a plain counter of days does."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from retention.day_counts import DayCounts, add, before, counts_to, days, first_from, prune

DAYS = st.integers(20_000, 20_030) | st.integers(-500, 60_000)


def filled(arriving: list[int]) -> DayCounts:
    counts: DayCounts = []
    for day in arriving:
        add(counts, day)
    return counts


def counted(counts: DayCounts) -> Counter[int]:
    """Count what a list of counts says, by day."""
    found = days(counts)
    assert found == sorted(set(found), reverse=True)
    return Counter(dict(zip(found, counts[1::2], strict=True)))


@given(st.lists(DAYS))
def test_days_are_counted_in_whatever_order_they_come(arriving: list[int]) -> None:
    assert counted(filled(arriving)) == Counter(arriving)


@given(st.lists(DAYS), DAYS)
def test_a_pane_is_cut_at_a_day_into_what_lies_before_and_what_does_not(arriving: list[int], day: int) -> None:
    counts = filled(arriving)
    earlier, kept = before(counts, day), filled(arriving)
    prune(kept, day)

    assert counted(earlier) == Counter(one for one in arriving if one < day)
    assert counted(kept) == Counter(one for one in arriving if one >= day)
    assert first_from(counts, day) == min((one for one in arriving if one >= day), default=None)
    assert counts == filled(arriving)


@given(st.lists(DAYS), st.integers(0, 12))
def test_a_pane_counts_to_what_it_holds(arriving: list[int], number: int) -> None:
    assert counts_to(filled(arriving), number) == (len(arriving) >= number)
