"""Laws: the customers behind a number of a segment add up to what was published of it, and each is behind one of them.

a drawn company ── workers ──► movements, losses, figures ── console ──► customers of each month, segment and number
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from retention.calendar import DAY, instant
from retention.identity import derived_id
from retention.policy import Policy
from retention.statements import Statement
from schemas.encoding import to_json
from schemas.outbound import MetricUpdate, MrrMovement
from streams.console.documents import Cohort, Drill, RetentionFilters
from streams.console.store import NAME, Store
from streams.console.viewing import StoreViews
from streams.console.views import keys
from streams.console.views.behind import next_month
from streams.console.views.shared import Company
from tests.building import START, Log, at
from tests.console.said import KEY, Told, by_statements, stored
from tests.console.said import views_of as said_views
from tests.homes import Homes
from tests.playing import Outcome, Run, play
from tests.test_laws import UNTIL, Event, doubled, lines, logs, overtaken
from tests.test_merged_partitions import IDS, SEGMENTS, shuffled_in, some_merges, spread
from tests.test_merged_partitions import play as play_at_homes
from tests.test_segments import COUNTRY, POLICY, described, described_logs, runs

LATER: Final = datetime(2026, 1, 1, tzinfo=START.tzinfo)
ENDS: Final[tuple[Literal["opening", "closing"], ...]] = ("opening", "closing")
COUNTRIES: Final = Policy(segments=(COUNTRY,))
LEFT: Final = instant(at(39))


def updates_of(updates: Iterable[tuple[str, MetricUpdate]]) -> list[Statement]:
    cause = derived_id("metric.updated")
    return [
        Statement("metric.updated", derived_id("said", key), key, instant(UNTIL), cause, one) for key, one in updates
    ]


def views_of(statements: list[Statement], updates: dict[str, MetricUpdate], zone: str = "UTC") -> StoreViews:
    """Return the console's views of what was said, read in the order of each partition."""
    store = stored(by_statements([*statements, *updates_of(updates.items())]), 500)
    return StoreViews(store, Company(zone=zone))


def keys_of(one: MetricUpdate) -> Iterator[str]:
    """Yield the keys of the customers behind a figure, and behind each step of its waterfall."""
    start, end = one.period.start, one.period.end
    if one.metric == "crr" and one.basis == "subscription":
        yield keys.of_segment(keys.lost(one.basis, start, end), one.segment)
    if one.metric == "ndr" and one.currency is not None:
        span = one.currency, start, end
        kinds = [kind for kind in one.components["period_view"] if kind not in {"mrr_start", "mrr_end", "fx"}]
        for key in (*(keys.level(end, *span) for end in ENDS), *(keys.moved(kind, *span) for kind in ("any", *kinds))):
            yield keys.of_segment(key, one.segment)


def drills(views: StoreViews, updates: Iterable[MetricUpdate]) -> dict[str, Drill]:
    """Return the customers behind each number."""
    found = {key: views.drill(key, 1, 200, LATER) for one in updates for key in keys_of(one)}
    return {key: drill for key, drill in found.items() if drill is not None}


def assert_adds_up(
    outcome: Outcome, random: Random, zone: str = "UTC", metrics: frozenset[str] = frozenset({"crr", "ndr"})
) -> None:
    """Assert that numbers of segments are those of their customers, and that each of all is in one segment.

    Of three periods, of which any number may be in a log.
    """
    spans = sorted({(one.period.kind, one.period.start) for one in outcome.updates.values()})
    chosen = random.sample(spans, min(3, len(spans)))
    updates = {key: one for key, one in outcome.updates.items() if (one.period.kind, one.period.start) in chosen}
    asked = [one for one in updates.values() if one.metric in metrics]
    shown = drills(views_of(outcome.statements, updates, zone), asked)
    for key, drill in shown.items():
        assert drill.agrees is not False, (key, drill.said, drill.found)
        assert (drill.unplaced, "segment_as_known" in drill.limits) == (0, False), key
    split, attributes = defaultdict[str, Counter[tuple[str, str]]](Counter), defaultdict[str, set[str]](set)
    for key, drill in shown.items():
        if drill.segment is not None:
            whole = key.rsplit("|", 2)[0]
            attributes[whole].add(drill.segment.by)
            split[whole].update((drill.segment.by, row.customer_id) for row in drill.rows)
    for key, parts in split.items():
        names = {row.customer_id for row in shown[key].rows}
        assert parts == Counter((by, name) for by in attributes[key] for name in names), key


@settings(max_examples=6)
@given(
    described_logs,
    runs,
    st.sampled_from(("UTC", "America/New_York")),
    st.sampled_from((("month",), ("month", "t30d"), ("quarter", "week"))),
    st.integers(0, 2**32),
)
def test_the_customers_behind_numbers_of_segments_add_up_to_them(
    events: list[Event], run: Run, zone: str, periods: tuple[str, ...], seed: int
) -> None:
    """Late by up to forty hours, delivered twice, in batches, and with restarts."""
    policy = replace(POLICY, zone=zone, plans=("basic", "pro"), periods=periods, disorder=40 * DAY // 24)
    arriving = doubled(overtaken(events, timedelta(hours=40), seed), seed)

    outcome = play(lines(arriving), UNTIL, policy, run)

    assert_adds_up(outcome, Random(seed), zone)


@settings(max_examples=6)
@given(described_logs, runs, st.integers(0, 2**32))
def test_they_add_up_when_attributes_starts_and_ends_come_months_late(events: list[Event], run: Run, seed: int) -> None:
    random = Random(seed)
    late = [one for one in events if one["type"] == "customer.updated"]
    moving = [one for one in events if one["type"].startswith(("subscription.", "cancellation."))]
    late += random.sample(moving, len(moving) // 3)
    arriving = [one for one in events if one not in late] + random.sample(late, len(late))

    outcome = play(lines(arriving), UNTIL, replace(POLICY, plans=("basic", "pro")), run)

    assert_adds_up(outcome, random)


@settings(max_examples=6)
@given(logs(), st.integers(0, 2**32), st.sampled_from((1, 2, 3)))
async def test_they_add_up_when_customers_were_merged(events: list[Event], seed: int, partitions: int) -> None:
    random = Random(seed)
    ids = IDS[: random.randrange(2, 6)]
    merges = some_merges(random, ids) if random.random() < 0.8 else []
    homes = Homes(partitions, **SEGMENTS)

    await play_at_homes(homes, shuffled_in(spread(described(events, seed), random, ids), merges, random), random)

    # A loss of an id that was merged away stays said: the tombstone of its card, if any, takes it from the console.
    assert_adds_up(homes.outcome(), random, metrics=frozenset({"ndr"}))


@settings(max_examples=6)
@given(described_logs)
def test_each_customer_of_a_cohort_is_in_that_of_one_segment_and_stays_there(events: list[Event]) -> None:
    outcome = play(lines(events), UNTIL, replace(POLICY, plans=("basic", "pro")))
    views = views_of(outcome.statements, outcome.updates)
    whole = views.retention(RetentionFilters(), UNTIL)

    for by in ("country", "plan"):
        found = [
            views.retention(RetentionFilters(segment=choice), UNTIL)
            for choice in whole.choices
            if choice.startswith(f"{by}=")
        ]
        cells = Counter[tuple[Any, int | None]]()
        for one in found:
            for cohort in one.cohorts:
                for after, customers, key in _cells(cohort):
                    drill = views.drill(key, 1, 200, UNTIL)
                    assert drill is not None
                    assert drill.page.total == customers
                    cells[cohort.month, after] += customers
        assert +cells == +Counter(
            {(cohort.month, after): customers for cohort in whole.cohorts for after, customers, _ in _cells(cohort)}
        )


def _cells(cohort: Cohort) -> Iterator[tuple[int | None, int, str]]:
    yield None, cohort.customers, cohort.drill
    yield from ((cell.after, cell.customers, cell.drill) for cell in cohort.cells)


# As one would count. January begins on day 0, February on day 31, March on day 60.


def behind(outcome: Outcome, what: str, month: str, country: str) -> tuple[list[str], str]:
    start = datetime.fromisoformat(f"2024-{month}-01").date()
    end = next_month(start)
    views = views_of(outcome.statements, outcome.updates)
    drill = views.drill(f"{what}|EUR|{start}|{end}|country|{country}", 1, 9, UNTIL)
    assert drill is not None
    assert drill.agrees
    return [row.customer_id for row in drill.rows], drill.found


def updated(log: Log, day: float, **attributes: Any) -> Log:
    return log.add("customer.updated", day, attributes=attributes)


def in_order(log: Log) -> list[bytes]:
    return lines(sorted(log.events, key=lambda one: one["occurred_at"]))


def said_of(outcome: Outcome) -> list[tuple[Any, ...]]:
    """Return each movement that was said, with the segments from then on."""
    return [
        (one.type.partition(".")[2], body.kind, body.before, body.after, body.segments and body.segments["country"])
        for one in outcome.statements
        if one.type.startswith("movement.")
        for body in (one.body,)
        if isinstance(body, MrrMovement)
    ]


def test_a_customer_that_only_changes_its_segment_is_behind_the_numbers_of_the_next_one_from_the_next_period() -> None:
    log = updated(updated(Log().starts(5, "10"), 2, country="ES"), 40, country="IT").changes(70, mrr="25")

    outcome = play(in_order(log), at(120), COUNTRIES)

    assert said_of(outcome) == [
        ("made", "new", "0.00", "10.00", "ES"),
        ("made", "none", "10.00", "10.00", "IT"),
        ("made", "expansion", "10.00", "25.00", "IT"),
    ]
    assert behind(outcome, "closing", "02", "ES") == (["c-1"], "10.00")
    assert behind(outcome, "opening", "03", "IT") == (["c-1"], "10.00")
    assert behind(outcome, "moved|expansion", "03", "IT") == (["c-1"], "15.00")
    assert behind(outcome, "moved|expansion", "03", "ES") == ([], "0")


def test_a_segment_that_changes_as_a_period_begins_counts_from_the_next_one() -> None:
    log = updated(updated(Log().starts(5, "10"), 2, country="ES"), 31, country="IT")

    outcome = play(in_order(log), at(120), COUNTRIES)

    assert behind(outcome, "opening", "02", "ES") == behind(outcome, "closing", "02", "ES") == (["c-1"], "10.00")
    assert behind(outcome, "opening", "03", "IT") == (["c-1"], "10.00")


def test_amounts_that_are_rounded_one_by_one_agree_with_their_sum() -> None:
    log = Log("c-1").starts(5, "8.333")
    log.events += Log("c-2").starts(5, "8.333").events

    outcome = play(log.lines(), at(120), Policy())

    drill = views_of(outcome.statements, outcome.updates).drill("closing|EUR|2024-02-01|2024-03-01", 1, 9, UNTIL)
    assert drill is not None
    assert (drill.said, drill.found, drill.agrees) == ("16.67", "16.66", True)


def test_a_late_attribute_corrects_what_was_said_since() -> None:
    log = updated(Log().starts(5, "10").changes(40, mrr="25").login(80), 2, country="ES")
    late = log.events[-1]["event_id"]

    outcome = play(log.lines(), at(85), COUNTRIES, Run(batch=1, publish_every=1))

    assert said_of(outcome) == [
        ("made", "new", "0.00", "10.00", "other"),
        ("made", "expansion", "10.00", "25.00", "other"),
        ("corrected", "new", "0.00", "10.00", "ES"),
        ("corrected", "expansion", "10.00", "25.00", "ES"),
    ]
    assert [one.cause for one in outcome.statements if one.type == "movement.corrected"] == [late, late]


def test_a_change_that_turns_out_to_be_none_is_taken_back_without_segments() -> None:
    log = updated(updated(Log().starts(5, "10"), 2, country="ES"), 40, country="IT").login(80)
    log = updated(log, 30, country="IT")  # so that nothing changes on day 40

    outcome = play(lines([*log.events[:1], *log.events[1:]]), at(85), COUNTRIES, Run(batch=1, publish_every=1))

    assert said_of(outcome)[-2:] == [
        ("made", "none", "10.00", "10.00", "IT"),
        ("corrected", "none", "10.00", "10.00", None),
    ]
    assert behind(outcome, "opening", "02", "IT") == (["c-1"], "10.00")


def test_who_has_left_counts_in_no_segment_and_a_change_then_is_not_said() -> None:
    log = updated(Log().starts(5, "10").ends(40), 2, country="ES")

    outcome = play(in_order(updated(log, 50, country="IT").starts(95, "7", name="s-2")), at(120), COUNTRIES)

    churned, returned = (one.body for one in outcome.statements if one.type == "movement.made" and one.at > LEFT)
    assert isinstance(churned, MrrMovement)
    assert isinstance(returned, MrrMovement)
    assert (churned.segments, returned.segments) == ({}, {"country": "IT"})
    assert behind(outcome, "moved|churn", "02", "ES") == (["c-1"], "10.00")
    assert behind(outcome, "moved|reactivation", "04", "IT") == (["c-1"], "7.00")


def test_a_change_of_long_ago_is_said_of_the_balance_that_is_kept() -> None:
    """The start of a customer that pays the same for two years is behind the horizon; its country comes late."""
    log = updated(Log().starts(5, "10").login(*range(10, 800, 30)), 100, country="ES")

    outcome = play(log.lines(), at(810), COUNTRIES, Run(batch=1, publish_every=1))

    assert said_of(outcome)[-1][1:] == ("none", "10.00", "10.00", "ES")
    key = "closing|EUR|2026-02-01|2026-03-01|country|ES"
    drill = views_of(outcome.statements, outcome.updates).drill(key, 1, 9, LATER)
    assert drill is not None
    assert (drill.agrees, [row.customer_id for row in drill.rows]) == (True, ["c-1"])


@settings(max_examples=12)
@given(described_logs, runs)
def test_without_segments_no_byte_of_a_movement_differs(events: list[Event], run: Run) -> None:
    bare = [event for event in events if event["type"] != "customer.updated"]

    beside, alone = (play(lines(one), UNTIL, Policy(), replace(run, restart_every=None)) for one in (events, bare))

    said = [to_json(one.body) for one in beside.statements if one.type.startswith("movement.")]
    assert sorted(said) == sorted(to_json(one.body) for one in alone.statements if one.type.startswith("movement."))
    assert not any(b"segments" in one for one in said)


def test_what_an_older_worker_said_is_placed_by_cards_and_the_page_says_so() -> None:
    """The first of two customers moved before its worker was upgraded, the second one after that."""
    told = Told().moves("c-1", 1, "new", "0.00", "10.00").card("c-1", 20)
    told.moves("c-2", 2, "new", "0.00", "5.00", segments={"country": "ES"}).card("c-2", 3, segments={"country": "IT"})
    views = said_views(stored(told.reads()))

    drill = views.drill("closing|EUR|2024-02-01|2024-03-01|country|ES", 1, 9, at(90))

    assert drill is not None
    assert [row.customer_id for row in drill.rows] == ["c-1", "c-2"]
    assert "segment_as_known" in drill.limits


def test_a_store_of_before_reads_the_segments_of_the_records_that_it_has(tmp_path: Path) -> None:
    store = Store(tmp_path, KEY)
    told = Told().moves("c-1", 1, "new", "0.00", "10.00").moves("c-2", 2, "new", "0", "5", segments={"país": "ES"})
    told.moves("c-2", 3, "none", "5", "5", segments={"país": "IT"}).moves("c-2", 4, "churn", "5", "0", segments={})
    told.moves("c-2", 3, "none", "5", "5").moves("c-3", 9, "resume", "0", "5", segments={"país": "ES"})
    store.apply(told.reads())
    wanted = store.contents()
    store.close()
    with sqlite3.connect(tmp_path / NAME) as other:
        other.executescript("DROP TABLE standings; PRAGMA user_version = 6")

    again = Store(tmp_path, KEY)

    assert len(wanted["standings"]) == 4
    assert again.contents() == wanted
