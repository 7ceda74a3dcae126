"""Subscriptions of one customer: the running sum, and the last walk, equal adding all of them up again."""

import gc
from fractions import Fraction
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from retention.calendar import DAY, NEVER, Instant, calendar_of
from retention.features.subscriptions.pricing import Priced
from retention.features.subscriptions.subscription_state import Point, Standing, next_lapse, points
from retention.features.subscriptions.timeline import Op, Opening, OpKind, Status, Subscription, Terms, Timeline
from retention.features.subscriptions.walk import Moment, moments

NAMES = ("s-1", "s-2", "s-3")
_days = st.integers(0, 40).map(lambda day: day * DAY)
_money = st.tuples(st.integers(0, 3), st.sampled_from([1, 3]))
_currency, _plan = st.sampled_from(["EUR", "USD"]), st.sampled_from(["a", "b"])
_status = st.sampled_from(get_args(Status))
_rebates = st.sampled_from([(1, 2, 0, 1, 2), (0, 1, 1, 1, 3), (1, 4, 0, 1, 0)])
_priced = st.builds(
    Priced,
    st.none() | st.lists(st.sampled_from([("", 0, 7, 1), ("week", 1, 3, 2), ("year", 2, 60, 1)]), max_size=2),
    st.none() | st.sampled_from(["day", "week", "month"]),
    st.none() | st.integers(1, 2),
    st.none() | st.lists(_rebates, max_size=2),
    st.none() | _days,
)
_subscriptions = st.builds(
    Subscription, _currency, _money, _plan, _status, paused_at=st.none() | _days, past_due_at=st.none() | _days
)
_ops = st.builds(
    Op,
    _days,
    st.binary(min_size=3, max_size=4).map(lambda ident: b"e" + ident.hex().encode()),
    st.sampled_from(get_args(OpKind)),
    st.none() | st.sampled_from(NAMES),
    st.none() | _money,
    st.none() | _currency,
    st.none() | _plan,
    st.none() | _status,
    st.none() | _days,
    at_period_end=st.booleans(),
    priced=st.none() | _priced,
)


def anew(moment: Moment, as_of: Instant) -> Point:
    """Return how a customer stands after a moment from nothing but what the words mean."""
    sums: dict[str, Standing] = {}
    for name, one in moment.subscriptions.items():
        lapsed = moment.lapsed.get(name, NEVER) <= min(moment.at, as_of - 1)
        worth = one.amount() if one.status != "trialing" else Fraction()
        paused = bool(worth) and one.paused_at is not None
        pays = bool(worth) and not paused and not lapsed
        before = sums.get(one.currency, Standing(Fraction(), active=False, paused=False))
        sums[one.currency] = Standing(
            before.total + (worth if pays else 0),
            active=before.active or pays or (paused and one.keeps and not lapsed),
            paused=before.paused or (paused and one.keeps),
        )
    dearest = sorted(moment.subscriptions.items(), key=lambda item: (-item[1].amount(), item[0]))
    plan, tries = dearest[0][1].plan if dearest else None, any(one.status == "trialing" for _, one in dearest)
    return Point(moment.at, sums, plan, moment.ops, moment.ending, moment.timed, tries)


@settings(max_examples=500)
@given(
    st.dictionaries(st.sampled_from(NAMES), _subscriptions),
    st.lists(_ops, max_size=12),
    st.tuples(st.integers(1, 30), st.integers(1, 10)),
    st.none() | st.integers(0, 60),
)
def test_what_is_kept_up_to_date_is_what_adding_up_anew_gives(
    opening: dict[str, Subscription], ops: list[Op], limits: tuple[int, int], until: int | None
) -> None:
    terms = Terms(limits[0] * DAY, limits[1] * DAY, calendar_of("UTC"))
    timeline = Timeline(Opening(subscriptions=opening))
    for op in ops:
        timeline.add(op)
    as_of = NEVER if until is None else until * DAY

    history = points(timeline, terms, as_of)

    assert {op.at for op in ops} <= {point.at for point in history}
    assert history == [anew(moment, as_of) for moment in moments(timeline, terms, as_of)]
    assert [point.at for point in history] == sorted({point.at for point in history})


@settings(max_examples=200)
@given(
    st.dictionaries(st.sampled_from(NAMES), _subscriptions),
    st.lists(_ops, min_size=1, max_size=8),
    st.tuples(st.integers(1, 30), st.integers(1, 10)),
    st.lists(st.tuples(st.integers(0, 60), st.integers(-1, 1)), min_size=1, max_size=12),
)
def test_what_was_derived_before_is_what_is_derived_anew(
    opening: dict[str, Subscription], ops: list[Op], limits: tuple[int, int], asked: list[tuple[int, int]]
) -> None:
    """As of whatever instants, in whatever order, and after each event."""
    terms = Terms(limits[0] * DAY, limits[1] * DAY, calendar_of("UTC"))
    timeline = Timeline(Opening(subscriptions=opening))

    for op in ops:
        timeline.add(op)
        for day, more in asked:
            as_of, fresh = day * DAY + more, Timeline(timeline.opening, timeline.ops)
            assert points(timeline, terms, as_of) == points(fresh, terms, as_of)
            timed = [moment.at for moment in moments(timeline, terms) if moment.timed and moment.at >= as_of]
            assert next_lapse(timeline, terms, as_of) == min(timed, default=NEVER)


def test_a_timeline_that_is_put_away_with_what_was_derived_from_it_leaves_nothing_to_collect() -> None:
    """Else each customer that is put away would be garbage that only a search through all objects finds."""
    terms = Terms(30 * DAY, 10 * DAY, calendar_of("UTC"))
    started = Op(DAY, b"e-1", "started", "s-1", (5, 1), "EUR", "a", "active", None)
    gc.collect()
    gc.disable()
    try:
        for _ in range(100):
            timeline = Timeline(Opening(), [started])
            assert points(timeline, terms)
            next_lapse(timeline, terms, DAY)
        del timeline
        left = gc.collect()
    finally:
        gc.enable()
    assert left < 100
