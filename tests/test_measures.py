"""Laws of every measure, and one more of each made for a test: nothing shared had to be changed for them."""

import contextlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retention.calendar import DAY, NEVER, Instant, instant
from retention.engine import partials
from retention.engine.editions import Books
from retention.engine.figures import update_key
from retention.engine.partition_state import PartitionState
from retention.engine.parts import Parts, Series, net, parts, parts_of, residue
from retention.engine.sums import Sums, figures_digest
from retention.errors import Rejected
from retention.features import REGISTER
from retention.measures import BASES, MEASURES
from retention.measures.base import Measure, Vector, summed
from retention.measures.lost import LOST
from retention.measures.purchase import PURCHASE
from retention.measures.subscription import SUBSCRIPTION
from retention.metrics import METRICS
from retention.policy import Policy
from retention.spans import active_at
from retention.state.customer import Customer
from schemas.decoding import Refused
from schemas.families import TOPIC_OF
from schemas.outbound import MetricUpdate
from streams.partition_record import Residue
from tests.building import START, Log, at, line
from tests.playing import DECODERS, Run, Shelf, play
from tests.recipes.agreement import AGREEMENT, AGREEMENT_BALANCE, HOLDS_DAYS
from tests.test_laws import POLICY, UNTIL, Event, lines, logs, overtaken
from tests.test_signals import without

ALL = (*MEASURES, AGREEMENT)
each = pytest.mark.parametrize("measure", ALL, ids=lambda one: one.name)


def customers_of(events: list[Event]) -> list[Customer]:
    played = play(lines(events), UNTIL, POLICY, Run()).partition_states
    return [customer for partition_state in played for _, customer in partition_state.customers.every()]  # type: ignore[attr-defined]


def untold(events: list[Event]) -> list[Customer]:
    """Return customers of which everything has happened, and whose time has not passed."""
    shelf = Shelf()
    partition_state = PartitionState(POLICY, shelf)
    for offset, event in enumerate(lines(events)):
        topic = TOPIC_OF[events[offset]["type"]]
        with contextlib.suppress(Rejected, Refused):
            decoded = DECODERS[topic].decode(event)
            partition_state.observe(decoded, instant(decoded.occurred_at), topic, offset)
    return list(shelf.touched.values())


@each
@given(events=logs())
def test_between_two_steps_of_time_a_history_reads_the_same(measure: Measure, events: list[Event]) -> None:
    """A change that `next_step` forgets would be counted only with the next event.

    The engine asks all measures when one of them has a step: the plan that orders count under ends with a subscription.
    """
    for customer in untold(events):
        at, end = instant(START), instant(UNTIL)
        while at < end:
            following = min(end, *(one.next_step(customer, POLICY, at) for one in {*MEASURES, measure}))
            assert measure.shown(customer, POLICY, at).tracks == measure.shown(customer, POLICY, following).tracks
            at = following + 1


@each
@given(events=logs(), day=st.integers(0, 360))
def test_what_time_has_brought_lies_before_the_instant_and_is_a_step(
    measure: Measure, events: list[Event], day: int
) -> None:
    as_of = instant(START) + day * DAY
    for customer in untold(events):
        brought = measure.shown(customer, POLICY, as_of).brought
        assert brought == sorted(brought)
        assert all(at < as_of and measure.next_step(customer, POLICY, at) == at for at in brought)


@pytest.mark.parametrize("measure", [one for one in MEASURES if one.needs], ids=lambda one: one.name)
@given(events=logs(), day=st.integers(0, 360))
def test_a_measure_shows_nothing_of_a_customer_without_the_sections_that_it_needs(
    measure: Measure, events: list[Event], day: int
) -> None:
    """The engine does not ask it about such a customer: all other sections, and the core, are there."""
    needed, as_of = {section.id for section in measure.needs}, instant(START) + day * DAY
    for customer in untold(events):
        lacking = without(customer, needed)

        assert not measure.shown(lacking, POLICY, as_of).tracks
        assert measure.next_step(lacking, POLICY, as_of) == NEVER


@pytest.mark.parametrize("measure", BASES, ids=lambda one: one.name)
@given(events=logs(), day=st.integers(0, 360))
def test_the_first_level_of_a_basis_says_when_there_was_a_customer(
    measure: Measure, events: list[Event], day: int
) -> None:
    as_of = instant(START) + day * DAY
    for customer in customers_of(events):
        spans = measure.active(customer, POLICY, as_of) if measure.active is not None else []
        tracks = measure.shown(customer, POLICY, as_of).tracks
        assert bool(spans) <= bool(tracks)
        for step in [step for track in tracks if track.currency is None for step in track.steps]:
            assert bool(step.levels[0]) == active_at(spans, step.at + 1)


@each
@given(events=logs(), day=st.integers(0, 360))
def test_levels_of_the_parts_are_the_levels_of_the_track(measure: Measure, events: list[Event], day: int) -> None:
    as_of = instant(START) + day * DAY
    for customer in customers_of(events):
        history = measure.shown(customer, POLICY, as_of)
        found = parts_of(measure, history, POLICY)
        for track in history.tracks:
            mine = [v for (s, _), v in found.items() if s[1:4] == (track.currency, "month", "all")]
            levels = [summed(map(net, mine)).get(level.name, 0) for level in measure.levels]
            assert tuple(levels) == track.steps[-1].levels


@each
@given(events=logs(), day=st.integers(0, 360))
def test_a_forgotten_customer_leaves_what_it_did_and_ends_with_nothing(
    measure: Measure, events: list[Event], day: int
) -> None:
    for customer in customers_of(events):
        end = max(instant(START) + day * DAY, customer.latest + 1)
        left = residue(customer, POLICY, end, [measure])
        levels: dict[Any, Vector] = {}
        for (series, _), vector in left.items():
            levels[series] = summed((levels.get(series, {}), net(vector)))
        assert not any(levels.values())
        period = POLICY.calendar.period_index("month", end)
        known = parts(customer, POLICY, end, [measure])
        assert before(left, period) == before(known, period)


def before(found: Parts, period: int) -> Parts:
    return {key: vector for key, vector in found.items() if key[0].kind == "month" and key[1] < period}


@given(events=logs())
def test_exchanging_a_customer_for_nothing_leaves_nothing(events: list[Event]) -> None:
    sums = Sums(POLICY, ALL)
    found = [parts(customer, POLICY, instant(UNTIL), ALL) for customer in customers_of(events)]
    for one in found:
        sums.exchange({}, one)
    for one in reversed(found):
        sums.exchange(one, {})

    assert not any(sums.parts.values())


def test_names_of_measures_and_fields_are_told_apart() -> None:
    names = [measure.name for measure in MEASURES]

    assert len(set(names)) == len(names)
    for measure in MEASURES:
        assert len({level.name for level in measure.levels}) == len(measure.levels)
        assert measure.reads <= set(REGISTER.facets)
    assert {measure for metric in METRICS for measure in metric.of} <= set(MEASURES)


def test_measures_of_today_leave_every_event_its_way() -> None:
    reads = SUBSCRIPTION.reads | PURCHASE.reads

    assert REGISTER.read_by(reads) == REGISTER.entries


def test_kept_sums_are_derived_anew_where_a_measure_means_something_else() -> None:
    newer = [replace(MEASURES[0], version=2), *MEASURES[1:]]

    assert figures_digest(POLICY, newer) != figures_digest(POLICY) == figures_digest(Policy(plans=POLICY.plans))
    assert figures_digest(POLICY, ALL) != figures_digest(POLICY)


@given(logs(), st.integers(0, 1_000), st.sampled_from((None, 3)), st.booleans())
def test_a_measure_of_its_own_is_right_in_open_and_closed_periods(
    events: list[Event], seed: int, restart_every: int | None, keeps_sums: bool
) -> None:
    events = [{**event, "ticket_id": event["event_id"]} if "topic" in event else event for event in events]
    arriving = overtaken(events, timedelta(hours=40), seed)
    run = Run(2, 7, restart_every=restart_every, keeps_sums=keeps_sums)

    outcome = play(lines(arriving), UNTIL, POLICY, replace(run, measures=ALL, metrics=(*METRICS, AGREEMENT_BALANCE)))

    calendar, now = POLICY.calendar, outcome.books.as_of
    opened = [event for event in events if event["type"] == "ticket.opened"]
    assume(opened)
    first = min(map(moment, opened))
    for kind in ("month", "quarter"):
        for index in range(calendar.period_index(kind, first), calendar.period_index(kind, now) + 1):
            period = calendar.period(kind, index)
            series = Series("agreement", None, kind, "all", "all")
            update = outcome.update(update_key(AGREEMENT_BALANCE, series, period))
            answers, balance = answered(opened, min(period.end, now))
            assert (update.numerator, update.denominator) == (str(balance), str(answers))
            assert (update.value is None) == (update.reason == "empty_base") == (not answers)


def answered(opened: list[Event], at: Instant) -> tuple[int, int]:
    """Return how many answers hold at an instant, and by how many the promoters are more: from the raw log."""
    latest: dict[str, Event] = {}
    for event in sorted(opened, key=lambda event: (moment(event), event["event_id"])):
        if moment(event) < at:
            latest[event["customer_id"]] = event
    holding = [event["topic"] for event in latest.values() if moment(event) + HOLDS_DAYS * DAY >= at]
    return len(holding), holding.count("how_to") - holding.count("billing")


def moment(event: Event) -> Instant:
    return instant(datetime.fromisoformat(event["occurred_at"]))


@given(logs(), st.integers(0, 1_000))
def test_figures_of_today_are_the_same_beside_one_more_measure(events: list[Event], seed: int) -> None:
    arriving = overtaken(events, timedelta(hours=40), seed)

    alone, beside = (play(lines(arriving), UNTIL, POLICY, Run(2, 7, measures=measures)) for measures in (MEASURES, ALL))

    assert alone.updates == beside.updates
    assert sorted(one.id for one in alone.statements) == sorted(one.id for one in beside.statements)


@pytest.mark.parametrize("first", [0, 1])
def test_the_cause_of_a_movement_is_no_event_that_only_another_measure_reads(first: int) -> None:
    events = [*Log().starts(5).events, *Log("c-1").asks(5, "t-1").events]
    events = [event | {"event_id": f"e-{(place + first) % 2}"} for place, event in enumerate(events)]

    outcome = play(lines(events), at(9), POLICY, Run(measures=ALL))

    assert [one.cause for one in outcome.statements if one.type == "movement.made"] == [events[0]["event_id"]]


# Records of builds that knew the levels `active` and `mrr` alone, and wrote no net change of them

GOLDEN = Path(__file__).parent / "golden"


def history() -> list[bytes]:
    """Return a log with a plan that changes, a pause, a return, an unpaid start, two currencies, and orders."""
    customers = (
        Log("a").starts(1, "20", plan="basic").changes(40, mrr="30", plan="pro").pauses(75).resumes(80).ends(200),
        Log("b").starts(3, "15.5", plan="pro").ends(50).starts(90, "10", name="s-2", plan="basic"),
        Log("c").buys(2, "o-1").buys(60, "o-2").buys(400, "o-3"),
        Log("d").starts(5, "0", plan="basic"),
        Log("e").starts(10, "700", currency="JPY", plan="basic").buys(12, "o-4"),
        Log("f").starts(15, "9", plan="basic").changes(33, mrr="12", plan="pro").buys(20, "o-5"),
    )
    events = [event for customer in customers for event in customer.events]
    return [line(event) for event in sorted(events, key=lambda one: one["occurred_at"])]


def golden(name: str) -> list[bytes]:
    return (GOLDEN / f"{name}.version-3.jsonl").read_bytes().splitlines()


THEN = tuple(measure for measure in MEASURES if measure is not LOST)
"""The measures that have anything to say of that log, as those builds knew them."""


def test_sums_that_an_older_build_kept_are_those_of_today() -> None:
    [partition_state] = play(history(), at(620), POLICY, Run(batch=2, measures=THEN)).partition_states
    then = Sums(POLICY, THEN)
    then.seal(partition_state.watermark)

    partials.restore(then, golden("sums"))

    assert {key: vector for key, vector in then.parts.items() if vector} == {
        key: vector for key, vector in partition_state.sums.parts.items() if vector
    }
    assert then.levels == partition_state.sums.levels


def test_figures_from_records_of_an_older_build_are_those_of_today() -> None:
    outcome = play(history(), at(620), POLICY, Run(batch=2, measures=THEN))
    books = Books(POLICY, 1)
    for value in golden("sums"):
        partials.take(books, value)
    partials.take(books, partials.watermark(0, outcome.books.as_of, 0)[1])

    said = {one.key: one.body for one in books.publish()}

    assert said
    for key, update in outcome.updates.items():
        body = said.get(key)
        assert isinstance(body, MetricUpdate), key
        assert (body.value, body.components) == (update.value, update.components), key


def test_what_a_forgotten_customer_left_with_an_older_build_counts_as_today() -> None:
    [partition_state] = play(history(), at(620), POLICY, Run(batch=2, measures=THEN)).partition_states

    left = partition_state.forget("f", partition_state.watermark)

    assert partials.residue_of(golden("residue")) == left
    assert any(">mrr" in vector for vector in left.values())


def test_what_is_left_of_a_measure_of_a_newer_build_is_carried_unchanged() -> None:
    ours = golden("residue")
    foreign = ours[0].replace(b'"subscription"', b'"moods"').replace(b'"purchase"', b'"moods"')
    residue_kept = Residue()

    residue_kept.restore([*ours, foreign])
    residue_kept.freshen()

    assert residue_kept.parts == partials.residue_of(ours)
    assert foreign in [value for _, value in residue_kept.detach(0)]
    assert residue_kept.detach(0) == []
