"""The family `usage`: what is kept of a customer's use, however its events arrive, and in how few bytes."""

import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import instant
from retention.day_counts import DayCounts, days
from retention.features.usage.section import USAGE
from retention.features.usage.usage import (
    KEPT_DAYS,
    KEPT_WEEKS,
    LONGEST_NAME,
    MAX_FEATURES,
    MAX_USERS,
    FeatureUse,
    Usage,
    days_of,
    kept_name,
    mark,
    used_on,
    user_key,
)
from retention.policy import Policy
from retention.state.codec import decode, encode
from retention.state.customer import Customer
from tests.building import START, Log, at, line, text
from tests.playing import Outcome, Run, play
from tests.test_laws import overtaken, runs

MADRID = Policy(zone="Europe/Madrid")
FIRST_DAY = instant(START) // (86_400 * 10**6)
LONG = 2 * KEPT_DAYS

Event = dict[str, Any]


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Draw what one customer does with the product over more weeks than are kept, in order of time."""
    random, size = Random(draw(st.integers(0, 2**32))), draw(st.integers(1, 120))
    reach = random.choice((3, 30, LONG))
    events = [_event(random, number, reach) for number in range(size)]
    return sorted(events, key=lambda event: (event["occurred_at"], event["event_id"]))


def _event(random: Random, number: int, reach: int) -> Event:
    kind = random.choice(
        (
            *("feature.used",) * 6,
            *("session.ended", "error.occurred", "milestone.reached", "seats.changed"),
            *("community.posted", "content.viewed", "login.succeeded"),
        )
    )
    moment = START + timedelta(days=random.randrange(reach), minutes=random.choice((0, random.randrange(1440))))
    event: Event = {"event_id": f"e-{number:04d}", "type": kind, "customer_id": "c-1", "occurred_at": text(moment)}
    match kind:
        case "feature.used":
            event |= {"feature": f"f-{random.randrange(5)}", "count": random.choice((1, 1, 7))}
            event |= {"user_id": f"u-{random.randrange(4)}"} if random.random() < 0.5 else {}
        case "error.occurred":
            event |= {"feature": f"f-{random.randrange(3)}"} if random.random() < 0.6 else {}
        case "milestone.reached":
            due = text(moment + timedelta(days=random.randrange(20)))
            event |= {"milestone": "import"} | ({"next_due_at": due} if random.random() < 0.5 else {})
        case "seats.changed":
            event |= {"paid": 10} | ({"active": random.randrange(10)} if random.random() < 0.5 else {})
    return event


def customer_of(outcome: Outcome) -> Customer:
    customer: Customer
    ((_, customer),) = [one for shelf in outcome.partition_states for one in shelf.customers.every()]  # type: ignore[attr-defined]
    return customer


def usage_of(outcome: Outcome) -> Usage:
    return USAGE.seen(customer_of(outcome)) or Usage()


def played(events: list[Event], policy: Policy = MADRID, run: Run | None = None) -> Outcome:
    return play(map(line, events), at(LONG + 20), policy, run or Run(batch=5))


def day_of(event: Event) -> int:
    return MADRID.calendar.day(instant(datetime.fromisoformat(event["occurred_at"])))


def by_day(counts: DayCounts) -> dict[int, int]:
    return dict(zip(days(counts), counts[1::2], strict=True))


def wanted(sums: Counter[int], kept: int) -> dict[int, int]:
    """Return the counts that are kept: those of the last days or weeks up to the newest."""
    return {day: number for day, number in sums.items() if day > max(sums) - kept}


# What is kept


@given(logs(), st.integers(0, 1_000), runs)
def test_what_is_kept_is_that_of_the_set_of_events_however_they_arrive(
    events: list[Event], seed: int, run: Run
) -> None:
    plain = played(events)

    other = played(overtaken(events, timedelta(hours=47), seed) + events[-3:], run=run)

    assert customer_of(other).part(USAGE.id) == customer_of(plain).part(USAGE.id)
    assert other.open_signals() == plain.open_signals()


@given(logs())
def test_it_is_what_a_count_of_all_events_gives(events: list[Event]) -> None:
    uses, users, errors = (
        Counter[int](),
        defaultdict[str, Counter[int]](Counter),
        defaultdict[str, Counter[int]](Counter),
    )
    features, community = defaultdict[str, set[int]](set), Counter[int]()
    for event in events:
        day = day_of(event)
        match event["type"]:
            case "feature.used":
                uses[day] += event["count"]
                features[event["feature"]].add(day)
                if "user_id" in event:
                    users[event["user_id"]][day // 7] += event["count"]
            case "session.ended":
                uses[day] += 0
            case "error.occurred":
                errors[event.get("feature", "")][day] += 1
            case "community.posted":
                community[day] += 1

    usage = usage_of(played(events))

    assert by_day(usage.uses) == wanted(uses, KEPT_DAYS)
    assert {
        name: {day for day in range(FIRST_DAY, FIRST_DAY + LONG + 9) if used_on(use, day)}
        for name, use in usage.features.items()
    } == {name: {day for day in found if day > max(found) - KEPT_DAYS} for name, found in features.items()}
    assert {key: by_day(user.weeks) for key, user in usage.users.items()} == {
        user_key(user): wanted(found, KEPT_WEEKS) for user, found in users.items()
    }
    assert {name: by_day(found) for name, found in usage.errors.items()} == {
        name: wanted(found, KEPT_DAYS) for name, found in errors.items()
    }
    earlier = [day for day in community if day <= max(community) - KEPT_DAYS]
    one_more = {max(earlier): community[max(earlier)]} if earlier else {}
    assert by_day(usage.community) == (wanted(community, KEPT_DAYS) | one_more if community else {})


@given(st.lists(st.integers(0, LONG), min_size=1), st.integers(0, LONG))
def test_the_days_of_a_feature_are_bits(used: list[int], following: int) -> None:
    use = FeatureUse(used[0], b"\1")
    for day in used:
        mark(use, day)

    kept = {day for day in used if day > max(used) - KEPT_DAYS}
    assert use.newest == max(used)
    assert len(use.days) <= KEPT_DAYS // 8
    assert days_of(use, following) == sorted((day for day in kept if day < following), reverse=True)
    assert [used_on(use, day) for day in range(LONG)] == [day in kept for day in range(LONG)]


def test_one_more_use_on_a_day_of_use_is_counted_without_asking_any_signal() -> None:
    log = Log()
    for number in range(300):
        log.add("feature.used", 1 + number / 1_000, feature="export", user_id="u-1")

    outcome = play(log.lines(), at(2), run=Run(batch=1))

    usage = usage_of(outcome)
    assert usage.uses == [FIRST_DAY + 1, 300]
    assert [user.weeks[1] for user in usage.users.values()] == [300]


def test_of_many_features_and_users_those_used_last_are_kept() -> None:
    log = Log()
    for number in range(60):
        log.add("feature.used", number, feature=f"f-{number:02d}", user_id=f"u-{number}")
    log.add("feature.used", 59.5, feature="f-00", user_id="u-0")

    usage = usage_of(play(log.lines(), at(70)))

    assert list(usage.features) == ["f-00", *(f"f-{number}" for number in range(60 - MAX_FEATURES + 1, 60))]
    assert len(usage.users) == MAX_USERS
    assert usage.users[user_key("u-0")].newest == FIRST_DAY + 59


def test_a_long_name_is_cut_and_stays_one_feature() -> None:
    log = Log().add("feature.used", 1, feature="x" * 128).add("feature.used", 2, feature="x" * 127)

    assert list(usage_of(play(log.lines(), at(3))).features) == [kept_name("x" * 128)]
    assert len(kept_name("x" * 128)) == LONGEST_NAME


def test_no_user_no_word_and_no_duration_is_kept() -> None:
    log = Log().add("feature.used", 1, feature="export", user_id="somebody-17", channel="a-channel")
    log.add("session.ended", 2, duration=987_654_321, user_id="somebody-17").add("community.posted", 3)
    log.events[-1]["kind"] = "a-word"
    log.add("content.viewed", 4, user_id="somebody-17")

    outcome = play(log.lines(), at(60))

    kept = encode(customer_of(outcome))
    said = b"".join(repr(statement).encode() for statement in outcome.statements)
    for word in (b"somebody", b"a-word", b"a-channel", (987_654_321).to_bytes(4, "big")):
        assert word not in kept
        assert word not in said


@pytest.mark.parametrize("named", ["feature.used", "error.occurred"])
def test_a_count_of_none_is_refused(named: str) -> None:
    log = Log().add(named, 1, feature="export", count=0)

    assert play(log.lines(), at(2)).counts == {"contract": 1}


@pytest.mark.parametrize(("written", "counted"), [("12.75", 1), ("0", 1), ("-1", 0), ('"12"', 0), ("1e300", 0)])
def test_a_duration_may_have_decimals(written: str, counted: int) -> None:
    value = json.dumps(Log().add("session.ended", 1).events[0])[:-1] + f', "duration": {written}}}'

    assert play([value.encode()], at(2)).counts["applied"] == counted


def test_a_typical_customer_takes_few_bytes() -> None:
    """Eight features, each on six in ten of the days of use, of which there are 15 a month, for four months."""
    random, log = Random(1), Log()
    for day in range(120):
        if random.random() < 0.5:
            for feature in ("dashboard", "reports", "export", "import", "invoices", "search", "sharing", "api"):
                if random.random() < 0.6:
                    log.add("feature.used", day, feature=feature, count=random.randrange(1, 7))

    part = customer_of(play(log.lines(), at(125))).part(USAGE.id)

    assert part is not None
    assert len(part) < 400


def test_what_lies_before_the_horizon_goes_but_the_seats_that_hold() -> None:
    log = Log().add("feature.used", 1, feature="export", user_id="u-1").add("error.occurred", 1)
    log.add("community.posted", 1).add("milestone.reached", 1, milestone="import").add("seats.changed", 1, paid=5)
    log.add("session.ended", 900).add("session.ended", 901)

    outcome = play(log.lines(), at(902), run=Run(batch=1))

    usage = usage_of(outcome)

    assert (usage.features, usage.users, usage.errors, usage.community, usage.milestones) == ({}, {}, {}, [], [])
    assert usage.uses == [FIRST_DAY + 901, 0, 1, 0]
    assert [(one.event_id, one.paid) for one in usage.seats] == [(b"", 5)]
    assert decode(encode(customer_of(outcome))).part(USAGE.id) is not None


def test_nothing_is_kept_of_who_only_reads() -> None:
    customer = customer_of(play(Log().add("content.viewed", 1).lines(), at(2)))

    assert customer.part(USAGE.id) is None
