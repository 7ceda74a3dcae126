"""Subscriptions that stand together: what is kept up to date is what adding all of them up anew would give."""

from fractions import Fraction
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from retention.calendar import DAY, NEVER, Instant
from retention.standings import Point, Standing, Terms, lapse_of, points
from retention.timeline import Op, Opening, OpKind, Status, Subscription, Timeline, apply

NAMES = ("s-1", "s-2", "s-3")
_days = st.integers(0, 40).map(lambda day: day * DAY)
_money = st.tuples(st.integers(0, 3), st.sampled_from([1, 3]))
_currency, _plan = st.sampled_from(["EUR", "USD"]), st.sampled_from(["a", "b"])
_status = st.sampled_from(get_args(Status))
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
)


def anew(timeline: Timeline, terms: Terms, as_of: Instant, at: Instant) -> Point:
    """Give how a customer stands at an instant from nothing but what the words mean."""
    standing = {name: replace(one) for name, one in timeline.opening.subscriptions.items()}
    for op in timeline.ops:
        if op.at <= at:
            apply(standing, op)
    sums: dict[str, Standing] = {}
    for one in standing.values():
        lapsed = lapse_of(one, terms) <= min(at, as_of - 1)
        worth = one.amount() if one.status != "trialing" else Fraction()
        paused = bool(worth) and one.paused_at is not None
        pays = bool(worth) and not paused and not lapsed
        before = sums.get(one.currency, Standing(Fraction(), active=False, paused=False))
        sums[one.currency] = Standing(
            before.total + (worth if pays else 0),
            active=before.active or pays or (paused and not lapsed),
            paused=before.paused or paused,
        )
    dearest = sorted(standing.items(), key=lambda item: (-item[1].amount(), item[0]))
    return Point(at, sums, dearest[0][1].plan if dearest else None, tuple(op for op in timeline.ops if op.at == at))


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
    terms = Terms(limits[0] * DAY, limits[1] * DAY)
    timeline = Timeline(Opening(subscriptions=opening))
    for op in ops:
        timeline.add(op)
    as_of = NEVER if until is None else until * DAY

    history = points(timeline, terms, as_of)

    assert {op.at for op in ops} <= {point.at for point in history}
    for point in history[1:]:
        assert point == anew(timeline, terms, as_of, point.at)
