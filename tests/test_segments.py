"""Segments by attributes of customers: against a recomputation, by law, by the recipe, and as settings."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.calendar import DAY, NEVER, instant
from retention.engine import partials
from retention.engine.editions import Books
from retention.engine.partition_state import PartitionState
from retention.engine.sums import figures_digest
from retention.errors import Rejected
from retention.features.customers.profile import FOLDED, MAX_CHANGES
from retention.features.customers.section import CUSTOMERS, profile_seen
from retention.features.tickets.facets import TICKETS as TICKETS_CHANGED
from retention.features.tickets.facets import TROUBLES
from retention.features.tickets.section import TICKETS
from retention.measures import MEASURES, segments
from retention.measures.base import NOTHING_SHOWN, Level, Measure, Shown, Step, Track, Vector, Window, add, summed
from retention.measures.segments import SEGMENTS, Segment, is_counted
from retention.policy import Policy
from retention.state.codec import decode, encode
from retention.state.customer import Customer
from retention.state.section import Horizon
from schemas.outbound import MetricUpdate
from streams.errors import BadSettings
from streams.gauges import Gauges
from streams.recomputation.lines import distinct
from streams.recomputation.periods import first_days, trailing
from streams.recomputation.rules import Rules
from streams.recomputation.segments import Attribute, purchase_segments, subscription_segments
from streams.setting_sources import read_settings
from tests.building import START, Log, at, text
from tests.playing import DECODERS, Outcome, Run, Shelf, play, unsealed
from tests.test_commands import backstay
from tests.test_laws import DAYS, UNTIL, Event, doubled, lines, logs, overtaken
from tests.test_periods import assert_counts, assert_money, named

COUNTRY = ("country", ("ES", "IT"))
TIER = ("tier", ("1", "gold"))
POLICY = Policy(segments=(COUNTRY, TIER))
DRAWN: dict[str, list[Any]] = {
    "country": ["ES", "IT", "FR", None, "x" * 65],
    "tier": [1, "gold", True],
    "shoe_size": [46],
}


def described(events: list[Event], seed: int) -> list[Event]:
    """Return a drawn log with what was said of its customers besides: mostly in the instant of another event."""
    random = Random(seed)
    said: list[Event] = []
    for number in range(random.choice((4, 12, 30))):
        moment = text(START + timedelta(days=random.randrange(DAYS), minutes=random.randrange(1440)))
        names = random.sample(sorted(DRAWN), random.randrange(4))
        said.append(
            {
                "event_id": f"u-{number:04d}",
                "type": "customer.updated",
                "customer_id": f"c-{random.randrange(4)}",
                "occurred_at": moment if random.random() < 0.6 else random.choice(events)["occurred_at"],
                "attributes": {name: random.choice(DRAWN[name]) for name in names},
            }
        )
    return sorted([*events, *said], key=lambda e: (e["occurred_at"], e["event_id"]))


described_logs = st.builds(described, logs(), st.integers(0, 2**32))
runs = st.builds(
    Run,
    partitions=st.sampled_from((1, 3)),
    batch=st.sampled_from((1, 7, 40)),
    publish_every=st.sampled_from((1, 6)),
    restart_every=st.sampled_from((None, 1, 4)),
    keeps_sums=st.booleans(),
)


def documents_of(events: list[Event]) -> list[dict[str, Any]]:
    """Return a log as the recomputation reads it; it knows values as text."""
    found = distinct(lines(events))
    for one in found:
        if "attributes" in one:
            one["attributes"] = {
                name: value if isinstance(value, str | None) else json.dumps(value)
                for name, value in one["attributes"].items()
            }
    return found


def assert_recomputed(outcome: Outcome, events: list[Event], attribute: Attribute, kind: str, since: date) -> None:
    documents, rules = documents_of(events), Rules(outcome.books.policy.zone)
    bound = min(since + timedelta(days=100 if kind == "month" else 10), last_of(events).date() + timedelta(days=30))
    spans = list(pairwise(first_days(kind, since, bound, rules)) if kind == "month" else trailing(kind, since, bound))
    for currency, digits in (("EUR", 2), ("JPY", 0)):
        found = subscription_segments(documents, spans, currency, rules, attribute)
        for (span, value), wanted in found.items():
            where = f"subscription|{currency}|{kind}|{named(kind, span)}|{attribute.name}={value}"
            assert_counts(outcome, where, wanted)
            assert_money(outcome, where, wanted, digits)
    for (span, value), wanted in purchase_segments(documents, spans, rules, attribute).items():
        assert_counts(outcome, f"purchase||{kind}|{named(kind, span)}|{attribute.name}={value}", wanted)


def last_of(events: list[Event]) -> datetime:
    return datetime.fromisoformat(events[-1]["occurred_at"])


@settings(max_examples=8)
@given(
    described_logs,
    st.sampled_from(("month", "t30d")),
    st.sampled_from(("UTC", "America/New_York")),
    runs,
    st.integers(0, 2**32),
)
def test_figures_by_attribute_equal_a_recomputation(
    events: list[Event], kind: str, zone: str, run: Run, seed: int
) -> None:
    """Late by up to forty hours, delivered twice, in batches, and with restarts."""
    policy = replace(POLICY, zone=zone, periods=(kind,), disorder=40 * DAY // 24)
    arriving = doubled(overtaken(events, timedelta(hours=40), seed), seed)

    outcome = play(lines(arriving), last_of(events) + timedelta(days=70), policy, run)

    first = date.fromisoformat(events[0]["occurred_at"][:10])
    since = first + timedelta(days=seed % ((last_of(events).date() - first).days + 1))
    assert_recomputed(outcome, events, Attribute("country", ("ES", "IT")), kind, since)
    assert_recomputed(outcome, events, Attribute("tier", ("1", "gold")), kind, since)


@settings(max_examples=12)
@given(described_logs, runs, st.integers(0, 2**32))
def test_events_that_come_much_too_late_leave_the_figures_of_those_in_time(
    events: list[Event], run: Run, seed: int
) -> None:
    """Attributes may be sent months after they held, as of one who exports them once a quarter."""
    late = [event for event in events if event["type"] == "customer.updated"]
    arriving = [event for event in events if event not in late] + Random(seed).sample(late, len(late))

    outcome = play(lines(arriving), UNTIL, POLICY, run)

    assert figures(outcome) == figures(play(lines(events), UNTIL, POLICY))


def figures(outcome: Outcome) -> dict[str, Any]:
    """Return the figures of closed periods, whether they were final at once or restated."""
    return {key: found[:2] for key, found in outcome.finals().items()}


@settings(max_examples=6)
@given(described_logs)
def test_segments_add_up_to_all(events: list[Event]) -> None:
    policy = replace(POLICY, plans=("basic",), periods=("month", "t30d"))

    run = Run(partitions=2, batch=40, publish_every=1_000)
    books = play(lines(events), START + timedelta(days=390), policy, run).books

    rows = defaultdict(list)
    for (series, index), one in books.rows.items():
        rows[series[:3], index, series.by].append(one)
    for (series, index), whole in books.rows.items():
        for by in ("plan", "country", "tier") if series.by == "all" else ():
            split = rows[series[:3], index, by]
            for part in (attrgetter("at_start"), attrgetter("at_end")):
                assert summed(map(part, split)) == part(whole), (series, index, by)
            flows = summed(one.flows for one in split)
            assert {k: v for k, v in flows.items() if k != "unpaid"} == {
                k: v for k, v in whole.flows.items() if k != "unpaid"
            }


@settings(max_examples=12)
@given(described_logs, runs)
def test_without_segments_attributes_change_no_figure_and_no_byte(events: list[Event], run: Run) -> None:
    bare = [event for event in events if event["type"] != "customer.updated"]

    beside, alone = (play(lines(one), UNTIL, Policy(), replace(run, restart_every=None)) for one in (events, bare))

    assert beside.finals() == alone.finals()
    names = {event["customer_id"] for event in bare}
    for partition_state in beside.partition_states:
        for name, customer in partition_state.customers.every():  # type: ignore[attr-defined]
            assert not CUSTOMERS.is_kept(customer)
            assert name in names or not customer.present


@settings(max_examples=6)
@given(described_logs, st.lists(st.integers(0, 530), min_size=1, max_size=3).map(sorted))
def test_what_goes_behind_the_horizon_changes_no_unsealed_figure(events: list[Event], days: list[int]) -> None:
    policy = replace(POLICY, periods=("month", "t30d"))
    run = Run(batch=40, publish_every=1_000)
    (partition_state,) = play(lines(events), START + timedelta(days=370), policy, run).partition_states
    for _, customer in partition_state.customers.every():  # type: ignore[attr-defined]
        for day in days:
            then = PartitionState(policy, Shelf(), instant(START) + (370 + day) * DAY)
            before = unsealed(customer, policy, then.watermark)

            then._forget_old(customer)

            assert unsealed(customer, policy, then.watermark) == before


@settings(max_examples=12)
@given(described_logs, st.integers(0, 360))
def test_a_forgotten_customer_stays_in_its_segments_as_a_number(events: list[Event], day: int) -> None:
    (partition_state,) = play(lines(events), START + timedelta(days=day), POLICY).partition_states
    for name in list(partition_state.customers.names()):
        left = partition_state.forget(name, partition_state.watermark)

        for by in ("country", "tier"):
            mine, whole = (summed_by(left, one) for one in (by, "all"))
            assert mine == whole
        assert not any(name in str(key) for key in left)
    assert not list(partition_state.customers.names())


def summed_by(found: dict[Any, Any], by: str) -> dict[Any, Any]:
    """Return what the segments of an attribute come to: without shifts between them, of which the whole has one."""
    total: dict[Any, Any] = {}
    for (series, index), vector in found.items():
        if series.by == by:
            key = series[:3], index
            total[key] = summed([total.get(key, {}), {k: v for k, v in vector.items() if k != "unpaid"}])
    return {key: vector for key, vector in total.items() if vector}


# Rule 9, as one would count


def crr(outcome: Outcome, month: str, segment: str) -> tuple[int, ...] | None:
    update = outcome.updates.get(f"crr|subscription|EUR|month|2024-{month}-01|{segment}")
    return None if update is None else tuple(update.components[name] for name in ("S", "E", "new", "lost"))


def statements(log: Log, day: float, **attributes: Any) -> Log:
    return log.add("customer.updated", day, attributes=attributes)


def test_a_customer_stays_in_the_segment_in_which_it_began_the_period() -> None:
    """January begins on day 0, February on day 31, March on day 60."""
    log = statements(statements(Log().starts(5), 2, country="ES"), 40, country="IT").ends(70)

    outcome = play(sorted_lines(log), at(200), POLICY)

    spain, italy = ([crr(outcome, month, f"country={one}") for month in ("01", "02", "03")] for one in ("ES", "IT"))
    assert spain == [(0, 1, 1, 0), (1, 1, 0, 0), (0, 0, 0, 0)]
    assert italy == [None, None, (1, 0, 0, 1)]
    assert outcome.update("mrr|subscription|EUR|month|2024-02-01|country=ES").value == "10.00"
    assert outcome.update("ndr|subscription|EUR|month|2024-03-01|country=IT").value == "0.0000000000"
    assert {update.segment.value for update in outcome.updates.values() if update.segment.by == "tier"} == {"other"}


def test_a_customer_of_whom_nothing_is_said_yet_is_in_other_until_the_next_period() -> None:
    outcome = play(statements(Log().starts(5), 6, country="ES").lines(), at(100), POLICY)

    assert [crr(outcome, "01", f"country={one}") for one in ("other", "ES")] == [(0, 1, 1, 0), None]
    assert [crr(outcome, "02", f"country={one}") for one in ("other", "ES")] == [(0, 0, 0, 0), (1, 1, 0, 0)]


def test_a_late_attribute_restates_the_figures_of_both_segments_and_is_their_cause() -> None:
    log = statements(Log().starts(5).login(80), 2, country="ES")
    late = log.events[-1]["event_id"]

    outcome = play(log.lines(), at(85), POLICY, Run(batch=1, publish_every=1))

    restated = [
        one for one in outcome.editions if (one.metric, one.edition, one.currency) == ("crr", "restated", "EUR")
    ]
    assert {(one.segment.by, one.segment.value, f"{one.period.start}") for one in restated} == {
        *(("country", "other", f"2024-0{month}-01") for month in (1, 2)),
    }
    assert {tuple(one.causes) for one in restated} == {(late,)}
    assert [crr(outcome, "02", f"country={one}") for one in ("other", "ES")] == [(0, 0, 0, 0), (1, 1, 0, 0)]


def sorted_lines(log: Log) -> list[bytes]:
    log.events.sort(key=lambda one: one["occurred_at"])
    return log.lines()


# What is kept of a customer


def kept(log: Log, policy: Policy = POLICY) -> Customer:
    shelf = Shelf()
    partition_state = PartitionState(policy, shelf)
    observe(partition_state, log)
    customer = shelf.find("c-1")
    assert customer is not None
    return decode(encode(customer))


def observe(partition_state: PartitionState, log: Log) -> None:
    for value in log.lines():
        partition_state.observe(*DECODERS["customers"].read(value), "customers", None)


def test_only_attributes_that_figures_are_split_by_are_kept() -> None:
    log = statements(Log(), 1, country="ES", shoe_size=46, email_of_the_boss="who@example.com")

    customer = kept(log)

    assert list(profile_seen(customer)) == ["country"]
    assert b"example" not in encode(customer)
    assert not CUSTOMERS.is_kept(kept(log, Policy()))


def test_an_attribute_that_is_no_longer_set_goes_with_the_horizon() -> None:
    customer = kept(statements(Log(), 1, country="ES", tier="gold"))
    after = replace(POLICY, segments=(TIER,))

    CUSTOMERS.prune(customer, Horizon(0, 0, after))

    assert list(profile_seen(customer)) == ["tier"]


def test_values_are_kept_as_text_and_those_that_no_list_can_have_as_none() -> None:
    policy = Policy(segments=tuple((name, ("x",)) for name in "abcdef"))
    customer = kept(statements(Log(), 1, a=12, b=True, c=None, d="x" * 65, e=1.5, f=["x"]), policy)

    assert {name: one[0].value for name, one in profile_seen(customer).items()} == {
        "a": "12",
        "b": "true",
        "c": "",
        "d": "",
        "e": "1.5",
        "f": "",
    }


@pytest.mark.parametrize("other", [["a", "b"], {"city": "Roma"}, [], {}])
def test_a_list_or_an_object_does_not_lose_the_attributes_beside_it(other: object) -> None:
    customer = kept(statements(Log(), 1, country="IT", other=other), Policy(segments=(COUNTRY,)))

    assert [one.value for one in profile_seen(customer)["country"]] == ["IT"]


def test_before_the_horizon_only_the_value_at_it_is_kept_and_older_ones_are_refused() -> None:
    log = statements(statements(statements(Log(), 1, country="ES"), 2, country="IT"), 600, country="ES")
    shelf = Shelf()
    partition_state = PartitionState(POLICY, shelf)
    observe(partition_state, log)
    partition_state.advance(instant(at(601)))
    observe(
        partition_state, statements(Log(), 3, tier="gold")
    )  # of an instant before the horizon: nothing newer is known

    customer = shelf.find("c-1")
    assert customer is not None
    assert [(one.event_id == FOLDED, one.value) for one in profile_seen(customer)["country"]] == [
        (True, "IT"),
        (False, "ES"),
    ]
    assert [one.value for one in profile_seen(customer)["tier"]] == ["gold"]
    with pytest.raises(Rejected, match="too_late: older than the horizon, and newer values"):
        observe(partition_state, statements(Log(), 1, country="ES"))


def test_what_is_kept_of_one_customer_is_bounded_and_repeated_values_go_first() -> None:
    log = statements(statements(Log(), 1, country="ES"), 2, country="IT")
    for number in range(3 * MAX_CHANGES):
        statements(log, 3 + number / 100, country="IT", tier="gold")

    customer = kept(log)

    profile = profile_seen(customer)
    assert sum(map(len, profile.values())) == MAX_CHANGES
    assert [one.value for one in profile["country"]][:3] == ["ES", "IT", "IT"]
    assert customer.dropped == 2 + 2 * 3 * MAX_CHANGES - MAX_CHANGES

    for number in range(2 * MAX_CHANGES):
        statements(log, 10 + number / 100, country=("ES", "IT")[number % 2])
    profile = profile_seen(kept(log))
    assert sum(map(len, profile.values())) == MAX_CHANGES
    assert profile["tier"][-1].value == "gold"
    assert profile["country"][-1].value == "IT"


@given(st.permutations(range(6)), st.lists(st.booleans(), min_size=6, max_size=6))
def test_the_order_of_arrival_changes_no_byte_of_a_profile(order: list[int], writes: list[bool]) -> None:
    log = Log()
    statements(statements(statements(log, 1, country="ES"), 2, tier="gold"), 2, country="IT")
    statements(statements(statements(log, 2, country=None), 4, country="ES"), 5, country="ES", tier=1)
    events = list(log.events)
    shelf = Shelf()
    partition_state = PartitionState(POLICY, shelf)
    for place, write in zip(order, writes, strict=True):
        log.events = [events[place]]
        observe(partition_state, log)
        if write:
            shelf.commit()
    log.events = events

    found = shelf.find("c-1")

    assert found is not None
    assert decode(encode(found)).part(CUSTOMERS.id) == kept(log).part(CUSTOMERS.id)


# Settings that change


def test_a_list_of_values_that_changes_derives_sums_anew_and_takes_back_what_no_longer_holds() -> None:
    """A customer of `other` has a segment of its own now, and one that had a segment is in `other`."""
    logs = statements(Log("a").starts(5), 2, country="ES"), statements(Log("b").starts(5), 2, country="IT")
    before, after = (Policy(segments=(("country", values),)) for values in (("ES",), ("IT",)))
    shelf = Shelf()
    events = sorted((one for log in logs for one in log.events), key=lambda one: one["occurred_at"])
    outcome = play(lines(events), at(100), before, Run(partitions=1, batch=1))
    (partition_state,) = outcome.partition_states
    shelf = partition_state.customers  # type: ignore[assignment]
    books = Books(after, 1)
    books.published = dict(outcome.books.published)
    for value in shelf.sums.values():
        partials.take(books, value)

    restarted = PartitionState(after, shelf, partition_state.watermark)
    for name, customer in shelf.every():
        restarted.load(name, customer)
    partials.replace_kept(restarted.sums, shelf.sums.values())
    for _, value in partials.changes(restarted.sums, 0, 1):
        partials.take(books, value)
    partials.take(books, partials.watermark(0, restarted.watermark, 1)[1])
    said = {one.key: one.body for one in books.publish()}

    whole = play(lines(events), at(100), after)
    for key, update in whole.updates.items():
        found = said.get(key, books.published.get(key))
        assert isinstance(found, MetricUpdate), key
        assert (found.value, found.components) == (update.value, update.components), key
    assert not any("country=ES" in key for key in said)
    assert figures_digest(before) != figures_digest(after)


def test_a_value_that_is_listed_no_more_is_not_shown() -> None:
    policy = Policy(segments=(COUNTRY,), plans=("basic",))

    assert all(is_counted(policy, "country", one) for one in ("ES", "IT", "other"))
    assert all(is_counted(policy, "plan", one) for one in ("basic", "other"))
    assert not any(is_counted(policy, *one) for one in (("country", "FR"), ("tier", "gold"), ("plan", "pro")))


WRONG = {
    "segments.country.values=": "segments.country.values: write at least 1 value",
    "segments.country.values=ES,other": "segments.country.values: leave other out",
    "segments.country.values=a|b": r"segments.country.values: 'a\|b' cannot be a value",
    f"segments.country.values={'x' * 65}": "needs 1 to 64 printable characters",
    "segments.plan.values=gold": "plan is no attribute of customer.updated: metrics.plans lists the plans",
    "segments.all.values=gold": "all is no attribute of customer.updated: it is every customer",
    "segments.the country.values=ES": "'the country' cannot name an attribute",
    "segments.country.value=ES": "there is no setting 'value'; did you mean 'values'",
    "segments.country=ES": "segments.country: is a section: write segments.country.values = …",
    "segments.country.values="
    + ",".join(map(str, range(51))): "segments.country.values: has 51 values; at most 50 are allowed",
}


@pytest.mark.parametrize(("said", "fault"), WRONG.items())
def test_segments_that_cannot_be_used_are_refused_with_what_to_write(said: str, fault: str) -> None:
    name, _, value = said.partition("=")

    with pytest.raises(BadSettings, match=fault):
        read_settings(None, {name: value})


def test_more_attributes_than_can_be_kept_are_refused() -> None:
    with pytest.raises(BadSettings, match="21 attributes: at most 20 can be kept"):
        read_settings(None, {f"segments.a{number}.values": "x" for number in range(21)})


def test_segments_are_read_from_a_file_and_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backstay.toml"
    file.write_text('[segments.country]\nvalues = ["IT", "ES", "IT"]\n')
    monkeypatch.setenv("BACKSTAY_SEGMENTS__TIER__VALUES", "gold,1")

    assert read_settings(file).policy().segments == (("country", ("IT", "ES")), ("tier", ("gold", "1")))


# The recipe of CONTRIBUTING.md


def test_a_segment_attribute_is_configuration_alone(tmp_path: Path) -> None:
    """From a file of records and a setting to what is published, as a user runs it."""
    (tmp_path / "log").write_bytes(b"\n".join(sorted_lines(statements(Log().starts(5).login(100), 2, country="ES"))))
    set_to = ("--set", "segments.country.values=ES,IT")

    done = backstay("replay", str(tmp_path / "log"), "--out", str(tmp_path / "out"), *set_to)

    assert done.returncode == 0, done.stderr
    said = [json.loads(one)["value"] for one in (tmp_path / "out/metric-updates.jsonl").read_text().splitlines()]
    found = [one for one in said if (one["metric"], one["currency"], one["period"]["kind"]) == ("mrr", "EUR", "month")]
    split = {(f"{one['period']['start']}", one["segment"]["value"]): one["value"] for one in found}
    assert {key: split.get(key) for key in (("2024-01-01", "ES"), ("2024-02-01", "ES"), ("2024-02-01", "IT"))} == {
        ("2024-01-01", "ES"): "10.00",
        ("2024-02-01", "ES"): "10.00",
        ("2024-02-01", "IT"): None,
    }


def test_the_gauges_show_each_segment_by_its_label() -> None:
    policy = read_settings(None, {"segments.country.values": "ES,IT"}).policy()
    log = statements(Log().starts(5), 2, country="ES")

    outcome = play(sorted_lines(log), at(100), policy)

    gauges = Gauges()
    gauges.figures(outcome.books, [])
    value = gauges.registry.get_sample_value(
        "backstay_monthly_recurring_revenue",
        {"basis": "subscription", "period": "month", "segment": "country=ES", "currency": "EUR", "edition": "final"},
    )
    assert value == 10.0


def test_an_attribute_of_another_source_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Return how many tickets a customer has opened: an attribute that does not come from its profile."""

    def loudness(customer: Customer, _policy: Policy, _as_of: int) -> Iterator[tuple[int, str]]:
        opened = sorted(ticket.first_at() for ticket in (TICKETS.seen(customer) or {}).values())
        return ((when, "loud") for when in opened[1:2])

    line = Segment("voice", lambda _policy: ("loud",), loudness, frozenset({TICKETS_CHANGED, TROUBLES}))
    monkeypatch.setattr(segments, "SEGMENTS", (*segments.SEGMENTS, line))

    for policy in (Policy(), Policy(segments=(COUNTRY,))):
        outcome = play(Log().starts(5).asks(8, "t-1").asks(9, "t-2").lines(), at(100), policy)

        assert [crr(outcome, month, "voice=loud") for month in ("01", "02")] == [None, (1, 1, 0, 0)]


def test_the_values_of_an_attribute_of_another_source_are_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment has no figures if they are not set: an author adds it without a change of any that there are."""

    def loudness(customer: Customer, _policy: Policy, _as_of: int) -> Iterator[tuple[int, str]]:
        opened = sorted(ticket.first_at() for ticket in (TICKETS.seen(customer) or {}).values())
        return ((when, "loud") for when in opened[1:2])

    line = Segment("voice", segments.listed("voice"), loudness, frozenset({TICKETS_CHANGED, TROUBLES}))
    before = figures_digest(Policy())
    monkeypatch.setattr(segments, "SEGMENTS", (*segments.SEGMENTS, line))
    policy = read_settings(overrides={"segments.voice.values": "loud"}).policy()

    outcome = play(Log().starts(5).asks(8, "t-1").asks(9, "t-2").lines(), at(100), policy)

    assert figures_digest(Policy()) == before
    assert [one.by for one in segments.segments_of(policy)] == ["voice"]
    assert [crr(outcome, month, "voice=loud") for month in ("01", "02")] == [None, (1, 1, 0, 0)]


def test_a_segment_that_is_found_otherwise_needs_new_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = set()
    for line in (
        None,
        Segment("voice", lambda _policy: ("loud",), lambda *_: (), frozenset({TICKETS_CHANGED})),
        Segment("voice", lambda _policy: ("loud", "low"), lambda *_: (), frozenset({TICKETS_CHANGED})),
        Segment("voice", lambda _policy: ("loud",), lambda *_: (), frozenset({TICKETS_CHANGED}), version=2),
    ):
        monkeypatch.setattr(segments, "SEGMENTS", (*SEGMENTS, *([line] if line is not None else [])))
        digests.add(figures_digest(Policy()))

    assert len(digests) == 4


def _asked(customer: Customer, _policy: Policy, _as_of: int) -> Shown:
    """Return a customer that has asked as one level, with each question in the detail of its step."""
    asked = sorted(ticket.first_at() for ticket in (TICKETS.seen(customer) or {}).values())
    steps = [Step(-NEVER, (0,)), *(Step(at, (1,), detail=at) for at in asked)]
    return Shown([Track(None, steps, asked[0], NEVER)], []) if asked else NOTHING_SHOWN


def _book_questions(vector: Vector, window: Window) -> None:
    add(vector, "questions", len(window.steps))


ASKING: Final = Measure(
    "asking",
    reads=frozenset({TICKETS_CHANGED, TROUBLES}),
    levels=(Level("asked"),),
    shown=_asked,
    next_step=lambda *_: NEVER,
    book=_book_questions,
)


def test_an_update_without_a_configured_attribute_is_no_duplicate_of_a_login_of_the_same_number() -> None:
    log = Log().starts(1).add("customer.updated", 2, attributes={"shoe_size": 46}).login(3)
    log.events[2]["event_id"] = log.events[1]["event_id"]

    outcome = play(log.lines(), at(40), Policy())

    assert outcome.counts["applied"] == 3


@pytest.mark.parametrize(
    "other", ['{"crm_id":1234567890123456789}', '{"x":1e400}', '{"":"a"}', '{"note":"%s"}' % ("x" * 70_000)]
)
def test_an_attribute_of_any_size_or_name_does_not_lose_those_beside_it(other: str) -> None:
    line = Log().add("customer.updated", 1, attributes={"country": "ES"}).lines()[0]
    value = line.replace(b'"country"', other[1:-1].encode() + b',"country"')

    event = DECODERS["customers"].decode(value)

    assert event.attributes["country"] == "ES"
    assert event.attributes.get("crm_id", "1234567890123456789") == "1234567890123456789"
    assert "" not in event.attributes


def test_answers_of_a_period_count_where_the_customer_was_at_the_first_of_them() -> None:
    log = Log().starts(1).add("customer.updated", 2, attributes={"country": "ES"})
    log.add("survey.answered", 35, kind="csat", score=5).add("customer.updated", 40, attributes={"country": "IT"})
    log.add("survey.answered", 50, kind="csat", score=1)

    outcome = play(log.lines(), at(120), POLICY)

    february = {key: one for key, one in outcome.updates.items() if key.startswith("csat|") and "2024-02" in key}
    counted = {key.rpartition("|")[2]: one.denominator for key, one in february.items() if "|month|" in key}
    assert counted["country=ES"] == "2"
    assert counted.get("country=IT", "0") == "0"


@pytest.mark.parametrize("kind", ["month", "t30d"])
def test_a_change_of_segment_alone_is_no_event_of_a_measure(kind: str) -> None:
    policy = Policy(plans=("basic", "pro"), periods=(kind,))
    log = Log().starts(1, plan="basic").asks(2, "t-1").changes(5, plan="pro").asks(9, "t-2").changes(12, plan="basic")
    outcome = play(log.lines(), at(100), policy, Run(measures=(*MEASURES, ASKING)))

    found: dict[int, Counter[str]] = defaultdict(Counter)
    for (series, index), vector in outcome.partition_states[0].sums.parts.items():
        if series.basis == "asking":
            found[index][series.by] += int(vector.get("questions", 0))
    assert max(by["all"] for by in found.values()) >= 1
    for index, by in found.items():
        assert by["plan"] == by["all"], index
