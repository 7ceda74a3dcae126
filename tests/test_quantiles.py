"""Quantiles from logarithmic buckets: within 1 % of what sorting all values gives; counts and corrections are exact."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.buckets import BOUNDS, bound_of, counts_of, estimate, field_of, place_of, quantile
from retention.calendar import SECOND
from retention.engine.figures import update_key
from retention.engine.parts import Series
from retention.errors import IdentityBroken
from retention.measures import MEASURES
from retention.measures.base import Level, Number, Values, Vector, add, summed
from retention.measures.subscription import SUBSCRIPTION
from retention.metrics import METRICS
from retention.metrics.base import CURRENCY_PER_MONTH, Metric, Quantile
from retention.policy import Policy
from schemas.currencies import DECIMALS
from tests.building import Log, at
from tests.playing import Outcome, Run, play
from tests.recipes.resolution import RESOLUTION, RESOLUTION_MEDIAN, RESOLUTION_P90
from tests.test_laws import UNTIL, Event, lines, logs, overtaken
from tests.test_measures import moment

POLICY = Policy(periods=("month", "quarter", "t30d"))
ALL, METRICS_TOO = (*MEASURES, RESOLUTION), (*METRICS, RESOLUTION_MEDIAN, RESOLUTION_P90)
AMOUNTS = st.integers(0, 10**20) | st.integers(0, 300)
SHARES = st.sampled_from([Fraction(1, 2), Fraction(9, 10), Fraction(99, 100), Fraction(1, 3), Fraction(1)])

# The buckets

AFTER_FIFTY = (
    *(52, 54, 56, 58, 60, 62, 64, 66, 68, 70, 72, 74, 76, 78, 80, 82, 84, 86, 88, 90, 92, 94, 96, 98, 100),
    *(103, 106, 109, 112, 115, 118, 121, 124, 127, 130, 133, 136, 139, 142, 145, 148, 151, 155, 159, 163, 167, 171),
    *(175, 179, 183),
)
"""They name the buckets in records that are kept, so they are never edited."""


def test_the_bounds_of_buckets_are_what_they_ever_were() -> None:
    assert BOUNDS[:51] == tuple(range(51))
    assert BOUNDS[51:101] == AFTER_FIFTY
    assert len(BOUNDS) == 2597
    assert sha256(repr(BOUNDS).encode()).hexdigest()[:16] == "f836154735249e3f"


@given(AMOUNTS)
def test_a_bucket_stands_for_each_of_its_numbers_within_one_percent(value: int) -> None:
    bound = bound_of(value)

    assert bound <= value
    assert abs(estimate(bound) - value) * 100 <= value
    assert field_of("x", value) == f"x@{bound}"


def test_both_ends_of_every_bucket_are_within_one_percent_of_what_stands_for_it() -> None:
    for bound, following in pairwise(BOUNDS):
        for value in (bound, following - 1):
            assert bound_of(value) == bound
            assert abs(estimate(bound) - value) * 100 <= value


def test_what_is_larger_than_any_amount_is_counted_in_the_last_bucket() -> None:
    assert bound_of(10**40) == BOUNDS[-1] == estimate(BOUNDS[-1])
    with pytest.raises(ValueError, match="below zero"):
        bound_of(-1)


def exact(values: list[int], share: Fraction) -> int:
    """Return the smallest value that at least the share of all values does not exceed."""
    return next(one for one in sorted(values) if sum(other <= one for other in values) >= share * len(values))


def estimated(values: list[int], share: Fraction) -> Fraction | None:
    counts = sorted(Counter(map(bound_of, values)).items())
    return quantile(counts, place_of(share, len(values)))


@given(st.lists(AMOUNTS, min_size=1, max_size=60), SHARES)
def test_a_quantile_is_within_one_percent_of_the_exact_one(values: list[int], share: Fraction) -> None:
    found, wanted = estimated(values, share), exact(values, share)

    assert found is not None
    assert abs(found - wanted) * 100 <= wanted


@given(st.lists(st.lists(AMOUNTS, max_size=20), max_size=5), st.lists(AMOUNTS, max_size=20), SHARES)
def test_counts_add_over_partitions_and_a_correction_takes_back_what_it_corrects(
    partitions: list[list[int]], wrong: list[int], share: Fraction
) -> None:
    vectors = [of_values(values) for values in (*partitions, wrong)]
    for value in wrong:
        add(vectors[-1], field_of("x", value), -1)

    together = Values({}, {}, summed(vectors))
    alone = [value for values in partitions for value in values]

    assert Quantile("x", share).value(together) == (estimated(alone, share) if alone else None)
    assert Quantile("x", share).number(together) == len(alone)
    assert vectors[-1] == {}


def of_values(values: list[int]) -> Vector:
    vector: Vector = {}
    for value in values:
        add(vector, field_of("x", value), 1)
    return vector


def test_fewer_than_no_values_in_a_bucket_break_the_identity() -> None:
    with pytest.raises(IdentityBroken, match="less than no values"):
        Quantile("x", Fraction(1, 2)).value(Values({}, {}, {"x@7": -1, "x@9": 2}))


# In figures


def solved(events: list[Event]) -> list[tuple[int, int]]:
    """Return when each ticket was solved that is, and how many seconds that took: from the raw log."""
    steps: dict[Any, list[Event]] = {}
    for event in sorted(events, key=lambda one: (moment(one), one["event_id"])):
        if event["type"].startswith("ticket.") and event["type"] != "ticket.replied":
            steps.setdefault((event["customer_id"], event["ticket_id"]), []).append(event)
    found = []
    for of_ticket in steps.values():
        opened = [moment(event) for event in of_ticket if event["type"] == "ticket.opened"]
        if opened and of_ticket[-1]["type"] == "ticket.solved":
            end = moment(of_ticket[-1])
            found.append((end, max(0, (end - opened[0]) // SECOND)))
    return found


def figure(outcome: Outcome, metric: Metric, kind: str, index: int) -> Any:
    period = POLICY.calendar.period(kind, index)
    return outcome.updates.get(update_key(metric, Series("resolution", None, kind, "all", "all"), period))


@settings(max_examples=6)
@given(logs(), st.integers(0, 1_000), st.sampled_from((None, 3)), st.booleans())
def test_a_quantile_is_right_in_open_and_closed_periods_of_any_kind(
    events: list[Event], seed: int, restart_every: int | None, keeps_sums: bool
) -> None:
    arriving = overtaken(events, timedelta(hours=40), seed)
    run = Run(2, 7, restart_every=restart_every, keeps_sums=keeps_sums, measures=ALL, metrics=METRICS_TOO)

    outcome = play(lines(arriving), UNTIL, POLICY, run)

    known = solved(events)
    for kind in POLICY.periods:
        for index in {POLICY.calendar.period_index(kind, end) for end, _ in known}:
            period = POLICY.calendar.period(kind, index)
            took = [seconds for end, seconds in known if period.start <= end < period.end]
            for metric, share in ((RESOLUTION_MEDIAN, Fraction(1, 2)), (RESOLUTION_P90, Fraction(9, 10))):
                update = figure(outcome, metric, kind, index)
                wanted = exact(took, share)
                assert (update.numerator, update.denominator) == (str(place_of(share, len(took))), str(len(took)))
                assert abs(Fraction(update.value) - wanted) <= Fraction(wanted, 100) + Fraction(1, 2000)
                assert (update.unit, update.components) == ("seconds", {"relative_error": "0.01"})


def helped(*hours: float) -> Log:
    log = Log()
    for number, took in enumerate(hours):
        log.asks(3, f"t-{number}").solves(3 + took / 24, f"t-{number}")
    return log


def january(events: list[Event], until: float, **run: Any) -> Outcome:
    return play(lines(events), at(until), POLICY, Run(measures=ALL, metrics=METRICS_TOO, **run))


JANUARY = 2024 * 12


def test_a_ticket_that_is_opened_again_later_restates_the_quantile_of_a_final_month() -> None:
    log = helped(1, 2, 8).login(36).add("ticket.reopened", 40, ticket_id="t-2").login(90)

    outcome = january(log.events, 91, batch=1, publish_every=1)

    said = [one for one in outcome.editions if one.metric == "resolution_p90" and one.period.start.day == 1]
    said = [one for one in said if one.period.kind == "month" and one.period.start.month == 1]
    assert [(one.edition, one.numerator, one.denominator) for one in said[-1:]] == [("restated", "2", "2")]
    assert Fraction(said[-1].value or 0) == pytest.approx(7200, rel=0.01)
    assert Fraction(said[-1].previous or 0) == pytest.approx(28800, rel=0.01)


def test_a_ticket_solved_in_the_second_in_which_it_was_opened_counts_as_zero() -> None:
    update = figure(january(helped(0).events, 91), RESOLUTION_MEDIAN, "month", JANUARY)

    assert (update.value, update.numerator, update.denominator, update.reason) == ("0.000", "1", "1", None)


def test_a_period_without_values_has_no_quantile_and_says_why() -> None:
    log = helped(1).add("ticket.reopened", 3.5, ticket_id="t-0")

    update = figure(january(log.events, 91, batch=1, publish_every=1), RESOLUTION_MEDIAN, "month", JANUARY)

    assert update is None or (update.value, update.denominator, update.reason) == (None, "0", "empty_base")


def test_values_of_a_forgotten_customer_stay_in_their_periods() -> None:
    [partition_state] = january(helped(1, 2, 8).events, 60).partition_states
    key = Series("resolution", None, "month", "all", "all"), JANUARY
    before = dict(partition_state.sums.parts[key])

    left = partition_state.forget("c-1", partition_state.watermark)

    assert left[key] == partition_state.sums.parts[key] == before
    assert sum(counts_of(before, "resolved").values()) == 3


# Of a level: how much a customer of the end of a period pays


def cents(amount: Number) -> int:
    return round(amount * 100)


PAYING = replace(
    SUBSCRIPTION, name="paying", levels=(Level("active"), Level("mrr", is_money=True, spread=cents)), active=None
)
MEDIAN_MRR = Metric(
    name="median_mrr",
    help="Half of the customers of the end pay no more than this.",
    gauge="median_mrr",
    of=(PAYING,),
    unit=CURRENCY_PER_MONTH,
    value=Quantile("mrr", Fraction(1, 2), per=100, at_end=True),
    sample=lambda values: values.end("active"),
    is_money=True,
)


@settings(max_examples=6)
@given(logs(), st.integers(0, 1_000), st.sampled_from((None, 3)), st.booleans())
def test_the_quantile_of_a_level_is_of_those_who_are_there_at_the_end(
    events: list[Event], seed: int, restart_every: int | None, keeps_sums: bool
) -> None:
    arriving = overtaken(events, timedelta(hours=40), seed)
    run = Run(2, 7, restart_every=restart_every, keeps_sums=keeps_sums, measures=(PAYING,), metrics=(MEDIAN_MRR,))

    outcome = play(lines(arriving), UNTIL, POLICY, run)

    for key, update in outcome.updates.items():
        period_end = POLICY.calendar.start_of_day(update.period.end.toordinal() - 719_163)
        paid = [
            cents(amount)
            for partition_state in outcome.partition_states
            for _, customer in partition_state.customers.every()  # type: ignore[attr-defined]
            for track in SUBSCRIPTION.shown(customer, POLICY, min(period_end, outcome.books.as_of)).tracks
            if track.currency == update.currency
            for active, amount in [[step for step in track.steps if step.at < period_end][-1].levels]
            if active
        ]
        assert update.denominator == str(len(paid)), key
        if paid:
            wanted, digits = exact(paid, Fraction(1, 2)), DECIMALS[update.currency or ""]
            assert abs(Fraction(update.value or 0) * 100 - wanted) <= Fraction(wanted, 100) + Fraction(50, 10**digits)
