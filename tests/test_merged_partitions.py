"""Merges across partitions: whatever arrives when, one customer is left, as if its events had always had one id."""

from datetime import datetime
from random import Random
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import instant
from retention.identity import packed
from retention.merging import MAX_MERGES, Merge, kept_as, union
from retention.statements import Statement
from schemas.outbound import ChurnSignal, MrrMovement
from streams.merging import MERGED_PREFIX, MOVED_PREFIX
from tests.building import Log, at, text
from tests.homes import Homes
from tests.test_laws import UNTIL, Event, logs
from tests.test_merging import core, figures, lives

IDS = ["c-0", "c-1", "c-2", "c-3", "c-4"]


def merge(old: str, into: str, day: float, ident: str = "m-1") -> Event:
    return {
        "event_id": ident,
        "type": "customer.merged",
        "customer_id": old,
        "into": into,
        "occurred_at": text(at(day)),
    }


def spread(events: list[Event], random: Random, ids: list[str]) -> list[Event]:
    return [event | {"customer_id": random.choice(ids)} for event in events]


def some_merges(random: Random, ids: list[str]) -> list[Event]:
    """Draw merges that make one customer of all ids: chains, stars, circles, and the same one twice."""
    order = random.sample(ids, len(ids))
    pairs = [(name, random.choice(order[:place])) for place, name in enumerate(order) if place]
    pairs = [pair if random.random() < 0.6 else (pair[1], pair[0]) for pair in pairs]
    pairs += [tuple(random.sample(ids, 2)) for _ in range(random.randrange(3))]  # type: ignore[misc]
    found = [merge(*pair, random.randrange(330), f"m-{number}") for number, pair in enumerate(pairs)]
    return found + random.sample(found, random.randrange(len(found) + 1))


def last_id(merges: list[Event], name: str) -> str:
    facts = [
        Merge(
            instant(datetime.fromisoformat(one["occurred_at"])),
            packed(one["event_id"]),
            one["customer_id"],
            one["into"],
        )
        for one in merges
    ]
    return kept_as(union(facts, ()), name)


async def play(homes: Homes, events: list[Event], random: Random, *, restarts: bool = True) -> None:
    for event in events:
        homes.read(event, random.randrange(homes.number) if random.random() < 0.05 else None)
        await homes.go_on(random, restarts=restarts)
    homes.end(instant(UNTIL))


def shuffled_in(events: list[Event], merges: list[Event], random: Random) -> list[Event]:
    """Let merges arrive anywhere among the events, which keep their order."""
    found: list[Event] = list(events)
    for one in merges:
        found.insert(random.randrange(len(found) + 1), one)
    return found


def left_open(said: list[Statement], kept: str) -> set[str]:
    """Return the episodes of other ids that were raised and never cleared."""
    found: dict[str, str] = {}
    for one in said:
        if one.type.startswith("churn_signal.") and one.key != kept:
            body = cast("ChurnSignal", one.body)  # made without validation, so of a class of its own
            found[body.episode] = body.transition
    return {episode for episode, transition in found.items() if transition != "cleared"}


def last_movements(said: list[Statement]) -> dict[Any, Any]:
    """Return the last word about each movement that still is one."""
    found: dict[Any, Any] = {}
    for one in said:
        if one.type.startswith("movement."):
            body = cast("MrrMovement", one.body)
            found[one.key, one.at, body.currency] = (body.kind, body.before, body.after, body.segments)
    return {key: word for key, word in found.items() if word[0] != "none" or word[-1] is not None}


SEGMENTS: dict[str, Any] = {"segments__country__values": "ES", "metrics__plans": "basic,pro"}


@given(logs() | lives, st.integers(0, 2**32), st.sampled_from((1, 2, 3, 5)))
async def test_however_merges_and_events_travel_one_customer_is_left(
    events: list[Event], seed: int, partitions: int
) -> None:
    random = Random(seed)
    ids = IDS[: random.randrange(2, 6)]
    merges = some_merges(random, ids)
    kept = last_id(merges, ids[0])
    plain, merged = Homes(partitions, **SEGMENTS), Homes(partitions, **SEGMENTS)
    several = spread(events, random, ids)
    await play(plain, [event | {"customer_id": kept} for event in several], Random(seed), restarts=False)

    await play(merged, shuffled_in(several, merges, random), random)

    states, wanted = merged.states(), plain.states()
    assert set(states) == set(wanted)
    assert [core(one) for one in states.values()] == [core(one) for one in wanted.values()]
    assert figures(merged.outcome()) == figures(plain.outcome())
    assert merged.outcome().open_signals() == plain.outcome().open_signals()
    assert left_open(merged.statements, kept) == set()
    assert {name: body for (name, *_), body in last_movements(merged.statements).items() if name != kept} == {}
    assert last_movements(merged.statements) == last_movements(plain.statements)


@given(logs() | lives, st.integers(0, 2**32), st.sampled_from((1, 3, 5)))
async def test_an_erasure_of_any_id_forgets_all_whatever_comes_first(
    events: list[Event], seed: int, partitions: int
) -> None:
    random = Random(seed)
    ids = IDS[: random.randrange(2, 6)]
    merges = some_merges(random, ids)
    gone = {"event_id": "please", "type": "erasure.requested", "customer_id": random.choice(ids)}
    gone["occurred_at"] = text(at(random.randrange(340)))
    homes = Homes(partitions, **SEGMENTS)

    await play(homes, shuffled_in(spread(events, random, ids), [*merges, gone], random), random)

    assert homes.states() == {}
    assert [homes.bytes_of(name) for name in IDS] == [[]] * len(IDS)
    for name in ids:
        assert name in homes.processors[homes.home(name)].forgotten
    receipts = [one for one in homes.statements if one.type == "customer.erased"]
    assert len({one.key for one in receipts}) == len(receipts) == len(ids)
    assert not any(timer for one in homes.processors for timer in one.partition_state.episodes.open.values())
    for one in homes.processors:
        assert one.partition_state.without_effect == 0


OLD, KEPT = "c-1", "c-0"


def apart() -> Homes:
    """Return two partitions, each the home of one of the ids."""
    homes = Homes(2)
    assert homes.home(OLD) != homes.home(KEPT)
    return homes


def test_who_pays_under_two_ids_is_one_customer_from_the_beginning() -> None:
    homes = apart()
    for event in [*Log(OLD).starts(0, "30", "s-old").events, *Log(KEPT).starts(5, "10", "s-kept").events]:
        homes.read(event)
    homes.end(instant(at(80)))
    key = "mrr|subscription|EUR|month|2024-01-01|all"
    before = homes.updates["crr|subscription|EUR|month|2024-02-01|all"], homes.updates[key]
    assert (before[0].components["S"], before[1].value) == (2, "40.00")

    homes.read(merge(OLD, KEPT, 70))
    homes.end(instant(at(90)))

    crr = homes.updates["crr|subscription|EUR|month|2024-02-01|all"]
    assert (crr.components["S"], crr.components["E"], crr.components["lost"]) == (1, 1, 0)
    assert (crr.edition, crr.reason, crr.causes) == ("restated", "merged", ["m-1"])
    assert homes.updates[key].value == "40.00"
    assert list(homes.states()) == [KEPT]
    moved: dict[Any, Any] = {}
    for one in homes.statements:
        if one.type.startswith("movement."):
            moved[one.key, one.at] = one.body
    assert {key: (body.kind, body.before, body.after) for key, body in moved.items()} == {
        (OLD, instant(at(0))): ("none", "0.00", "0.00"),
        (KEPT, instant(at(0))): ("new", "0.00", "30.00"),
        (KEPT, instant(at(5))): ("expansion", "30.00", "40.00"),
    }
    assert not [one for one in homes.statements if one.type in {"customer.churned", "customer.returned"}]


def test_signals_of_the_id_that_goes_are_cleared_and_raised_again_under_the_other() -> None:
    homes = apart()
    for event in Log(OLD).starts(0).add("cancellation.requested", 10, subscription_id="s-1").events:
        homes.read(event)
    homes.end(instant(at(12)))

    homes.read(merge(OLD, KEPT, 12))
    homes.end(instant(at(13)))

    said = [(one.type, one.key, getattr(one.body, "cause", None)) for one in homes.statements if "signal" in one.type]
    assert said == [
        ("churn_signal.raised", OLD, None),
        ("churn_signal.cleared", OLD, "merged"),
        ("churn_signal.raised", KEPT, None),
    ]
    assert [one.type for one in homes.statements if one.type.startswith("action.")] == [
        "action.recommended",
        "action.withdrawn",
        "action.recommended",
    ]
    assert (
        homes.outcome().open_signals()
        == {
            (name, signal, episode, severity)
            for name, signal, episode, severity in homes.outcome().open_signals()
            if name == KEPT
        }
        != set()
    )


def test_events_of_the_id_that_went_are_sent_on_and_count_once() -> None:
    homes = apart()
    homes.read(merge(OLD, KEPT, 1))
    homes.settle()
    login = Log(OLD).login(2).events[0]
    for _ in range(2):
        homes.read(login)
    homes.read(Log(KEPT).login(2).events[0])
    homes.read(login, homes.home(KEPT))  # misplaced: it comes back by way of its own home
    homes.settle()
    homes.settle()

    assert homes.states()[KEPT].logins[1::2] == [2]
    assert homes.counted("logins", "rekeyed") == 4
    assert (homes.counted("logins", "applied"), homes.counted("logins", "duplicate")) == (2, 2)


def test_a_record_that_comes_back_to_its_partition_counts_after_later_ones_of_the_kept_id() -> None:
    """Without transactions, states remember the positions that they contain: that of a record on its way is none."""
    homes = Homes(2, atomic=False)
    homes.read(merge(OLD, KEPT, 1))
    homes.settle()
    homes.read(Log(OLD).login(2).events[0], homes.home(KEPT))  # misplaced: its home sends it back
    homes.read(Log(KEPT).login(3).events[0] | {"event_id": "later"})

    homes.settle()

    assert homes.states()[KEPT].logins[1::2] == [1, 1]


async def test_a_worker_that_derives_its_sums_again_knows_what_customers_that_moved_left() -> None:
    homes = apart()
    for event in [*Log(OLD).starts(0, "30", "s-old").events, *Log(KEPT).starts(5, "10", "s-kept").events]:
        homes.read(event)
    homes.read(merge(OLD, KEPT, 20))
    homes.settle()
    sums = [clean(one.partition_state.sums.parts) for one in homes.processors]
    homes.atomic = False  # then sums are derived from the states

    for number in range(2):
        await homes.restart(number)

    assert [clean(one.partition_state.sums.parts) for one in homes.processors] == sums
    assert any(sums[homes.home(OLD)])
    homes.end(instant(at(80)))
    assert homes.updates["mrr|subscription|EUR|month|2024-02-01|all"].value == "40.00"


def clean(parts: Any) -> Any:
    found = {key: {field: number for field, number in vector.items() if number} for key, vector in parts.items()}
    return {key: vector for key, vector in found.items() if vector}


async def test_a_state_that_is_sent_twice_for_want_of_transactions_is_joined_once() -> None:
    homes = Homes(2, atomic=False)
    for event in Log(OLD).login(1, 2, 3).events:
        homes.read(event)
    homes.settle()
    kept = dict(homes.changelogs[homes.home(OLD)])
    homes.read(merge(OLD, KEPT, 4))
    homes.commit(homes.home(OLD))
    homes.changelogs[homes.home(OLD)] = kept  # it had sent, and died before its state was written
    await homes.reopen(homes.home(OLD))
    homes.offsets["customers", homes.home(OLD)] -= 1
    homes.read(merge(OLD, KEPT, 4))
    homes.settle()

    assert list(homes.states()) == [KEPT]
    assert homes.states()[KEPT].logins[1::2] == [1, 1, 1]


def test_a_customer_of_too_many_ids_takes_no_more() -> None:
    homes = Homes(3)
    for number in range(MAX_MERGES + 2):
        homes.read(merge(f"v-{number}", KEPT, 1, f"m-{number}"))
        homes.settle()
    homes.read(merge(KEPT, "c-another", 2, "m-last"))
    homes.settle()

    assert homes.dead_letters() == ["too_many"]
    known = homes.processors[homes.home(KEPT)].merging.ids.merges(KEPT)
    assert len(known) == MAX_MERGES + 2  # who is told of a merge takes it: no home may refuse what another one took


def test_a_merge_into_itself_is_a_dead_letter() -> None:
    homes = Homes(1)

    homes.read(merge(OLD, OLD, 1))
    homes.settle()

    assert homes.dead_letters() == ["contract"]


def test_customers_that_were_never_merged_have_nothing_in_the_changelog_of_merges() -> None:
    homes = apart()
    for event in [*Log(OLD).login(1).events, *Log(KEPT).login(1).events]:
        homes.read(event)
    homes.settle()

    assert not any(key.startswith((MERGED_PREFIX, MOVED_PREFIX)) for log in homes.changelogs for key in log)
