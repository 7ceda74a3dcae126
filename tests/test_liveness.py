"""A silent source is not a silent customer, and what fills history in raises nothing for the past."""

from datetime import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.calendar import DAY, HOUR, NEVER, Calendar, Instant, instant, iso_day
from retention.liveness import SLOT, Rhythm, patience
from retention.policy import Policy
from retention.signals import SIGNALS
from schemas.families import FAMILIES
from streams.partition_record import sources_of, stored_sources
from tests.building import Log, at
from tests.playing import Outcome, Run, play

MADRID = Calendar("Europe/Madrid")


def pulse(until: float, *outages: tuple[float, float], every: float = 1 / 24) -> Log:
    """Return logins every hour, but for the outages."""
    log, day = Log("c-pulse"), 0.0
    while day < until:
        if not any(since <= day < end for since, end in outages):
            log.login(day)
        day += every
    return log


def merged(*logs: Log) -> list[bytes]:
    """Return several logs as one, in order of time."""
    events = sorted((event for log in logs for event in log.events), key=lambda e: (e["occurred_at"], e["event_id"]))
    merging = Log()
    merging.events = events
    return merging.lines()


def visitor(last: float, name: str = "c-1") -> Log:
    """Return logins every second day until a day."""
    return Log(name).login(*(day + 0.4 for day in range(int(last) % 2, int(last) + 1, 2)))


def raised(outcome: Outcome, name: str = "c-1") -> list[Any]:
    return [s for s in outcome.signals("no-login") if s.customer_id == name and s.transition == "raised"]


def test_without_an_outage_the_eighth_day_raises() -> None:
    (signal,) = raised(play(merged(pulse(60), visitor(30)), at(60)))

    assert signal.raised_at == at(38)
    assert signal.data_gaps == []


def test_days_on_which_the_source_was_silent_do_not_count_and_the_signal_says_so() -> None:
    outcome = play(merged(pulse(60, (33.5, 36.5)), visitor(30)), at(60))

    (signal,) = raised(outcome)
    assert signal.raised_at == at(42)  # 8 days of 30, and the four of which a part was silent
    assert signal.observed == {"days_without_login": 8}
    assert signal.data_gaps == ["logins 2024-02-03/2024-02-06"]
    assert signal.explanation.en == (
        "8 days without a login, not counting 4 days without data; nine gaps in ten are 2 days or shorter"
    )
    assert "4 días sin datos" in signal.explanation.es
    assert "4 giorni senza dati" in signal.explanation.it


def test_while_a_source_is_silent_its_signal_is_mute() -> None:
    outcome = play(merged(pulse(33.5), visitor(30), Log("c-2").asks(80, "t-1")), at(80))

    assert raised(outcome) == []
    assert raised(outcome, "c-pulse") == []
    (partition_state,) = outcome.partition_states
    # The last hour that spoke ends at 33.4792; five usual gaps of an hour later it counts as silent.
    assert partition_state.sources.silent(partition_state.watermark) == {
        "logins": instant(at(33.5)) - HOUR + SLOT + 5 * HOUR
    }


def test_every_signal_of_absence_names_the_source_whose_silence_mutes_it() -> None:
    topics = {family.topic for family in FAMILIES}
    for signal in SIGNALS:
        assert signal.source in topics or signal.absence_of is None, signal.name
        assert signal.source is None or (signal.source in topics and signal.trigger == "on_time"), signal.name


def test_a_source_that_seldom_speaks_is_never_called_silent() -> None:
    assert len(raised(play(visitor(30).lines(), at(60)))) == 1


def test_events_that_come_after_all_take_the_excuse_away() -> None:
    """The line was cut for three days; on the fourth all of it arrives, and shows who was really away."""
    whole = merged(pulse(60), visitor(30), visitor(40, "c-2"))
    cut = instant(at(33.5)), instant(at(36.5))
    late = [line for line in whole if cut[0] <= _when(line) < cut[1]]
    on_time = [line for line in whole if line not in set(late)]
    place = next(n for n, line in enumerate(on_time) if _when(line) >= cut[1] + 2 * HOUR)
    arrived = [*on_time[:place], *late, *on_time[place:]]

    plain, after = play(whole, at(60)), play(arrived, at(60), run=Run(batch=10))

    assert after.open_signals() == plain.open_signals() != set()
    assert [signal.data_gaps for signal in raised(after)] == [[]]


@pytest.mark.parametrize("run", [Run(batch=1), Run(batch=7, restart_every=3), Run(batch=40, restart_every=2)])
def test_neither_batches_nor_restarts_change_what_an_outage_means(run: Run) -> None:
    logs = [pulse(60, (20, 21), (33.5, 36.5)), *(visitor(20 + n, f"c-{n}") for n in range(20))]

    plain, other = play(merged(*logs), at(60)), play(merged(*logs), at(60), run=run)

    assert {s.id for s in other.statements} == {s.id for s in plain.statements}
    assert other.open_signals() == plain.open_signals()


@pytest.mark.parametrize("seed", range(5))
def test_disorder_does_not_change_what_an_outage_means(seed: int) -> None:
    logs = [pulse(60, (20, 21), (33.5, 36.5)), *(visitor(20 + n, f"c-{n}") for n in range(20))]
    random, lines = Random(seed), merged(*logs)
    shuffled = sorted(lines, key=lambda line: _when(line) + random.random() * 0.999 * Policy().disorder)

    plain, other = play(lines, at(60)), play(shuffled, at(60), run=Run(batch=3, restart_every=40))

    assert {s.id for s in other.statements} == {s.id for s in plain.statements}


def _when(line: bytes) -> Instant:
    text = line.decode().split('"occurred_at":"')[1].split('"')[0]
    return instant(datetime.fromisoformat(text))


# The rhythm itself: a function of the set of quarter hours, held against counting from scratch.

slots = st.lists(st.integers(0, 3 * 96), min_size=1, max_size=200)


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(0, 200))
def test_dark_days_depend_on_what_was_said_and_not_on_its_order(seed: int, density: int, outage: int) -> None:
    random = Random(seed)
    spoken = [slot for slot in range(24 * 96) if random.randrange(density) == 0 and not 2000 <= slot < 2000 + outage]
    in_order, mixed, ahead = Rhythm(), Rhythm(), Rhythm()
    for slot in spoken:
        in_order.seen(slot * SLOT, NEVER)
    for slot in sorted(spoken, key=lambda slot: slot + random.random() * 192):
        mixed.seen(slot * SLOT + random.randrange(SLOT), NEVER)
    for slot in random.sample(spoken, len(spoken)):  # as from several partitions, weeks apart
        ahead.seen(slot * SLOT + random.randrange(SLOT), 0)
    for slot in sorted(random.choices(range(24 * 96), k=20)):
        ahead.come_to(slot * SLOT)
    ahead.come_to(NEVER)

    wanted = counted_from_scratch(spoken, 60)
    assert [iso_day(day) for day in in_order.silent_days(60, MADRID)] == wanted
    assert [iso_day(day) for day in mixed.silent_days(60, MADRID)] == wanted
    assert [iso_day(day) for day in ahead.silent_days(60, MADRID)] == wanted


def counted_from_scratch(spoken: list[int], before: int) -> list[str]:
    end, silent_days = MADRID.start_of_day(before) // SLOT, set()
    for place, slot in enumerate(spoken):
        following = min([*spoken[place + 1 : place + 2], end])
        if following - slot > 5:
            silent = range(slot + 1 + patience(spoken[: place + 1]), following)
            silent_days |= {MADRID.day(silent_slot * SLOT) for silent_slot in silent}
    return [iso_day(day) for day in sorted(silent_days)]


@given(st.lists(st.sampled_from([1, 1, 1, 1, 2, 3, 7, 40, 700, 2_687, 2_688, 2_689, 3_000]), max_size=400))
def test_the_patience_noted_slot_by_slot_is_that_of_all_slots(gaps: list[int]) -> None:
    """The first 150 slots come each quarter hour, so that a usual gap is known early."""
    slots, rhythm = [10_000], Rhythm()
    rhythm.seen(10_000 * SLOT, NEVER)
    for gap in [1] * 150 + gaps:
        slots.append(slots[-1] + gap)
        rhythm.seen(slots[-1] * SLOT, NEVER)
        since = rhythm.silent_since(NEVER)

        expected = slots[-1] + 1 + patience(slots)
        assert since == (expected * SLOT if expected * SLOT < NEVER else None)


@given(slots, st.integers(0, 3 * 96))
def test_what_is_ahead_is_kept_once_and_in_order(spoken: list[int], reached: int) -> None:
    rhythm = Rhythm()
    for slot in spoken:
        rhythm.seen(slot * SLOT, -1)
    assert rhythm.ahead == sorted(set(spoken))

    rhythm.come_to(reached * SLOT)

    assert rhythm.ahead == sorted({slot for slot in spoken if slot > reached})
    assert rhythm.spoken() == sorted({slot for slot in spoken if slot <= reached})


@given(slots)
def test_a_rhythm_comes_back_from_its_record_as_it_was(spoken: list[int]) -> None:
    (partition_state,) = play([], 0).partition_states
    for slot in spoken:
        partition_state.sources.seen("logins", 10**15 + slot * SLOT, 10**15 + 2 * DAY)
    partition_state.sources.fill_in(10**15)

    again = sources_of(stored_sources(partition_state))

    for name, rhythm in partition_state.sources.rhythms.items():
        kept = again.rhythms[name]
        assert (kept.base, kept.bits, kept.newest) == (rhythm.base, rhythm.bits, rhythm.newest)
        assert (kept.silences, kept.ahead) == (rhythm.silences, rhythm.ahead)
    assert again.quiet_until == 10**15 + DAY


def test_what_is_usual_includes_what_came_later_than_silences_are_looked_at_for() -> None:
    hourly = range(0, 30 * 96, 4)
    missed = [slot for slot in hourly if 1_000 <= slot < 1_100]
    in_order, late = Rhythm(), Rhythm()
    for slot in hourly:
        in_order.seen(slot * SLOT, NEVER)
        if slot not in missed:
            late.seen(slot * SLOT, NEVER)

    for slot in missed:  # three weeks late
        late.seen(slot * SLOT, NEVER)

    assert late.spoken() == in_order.spoken()
    assert late.silent_since(NEVER) == in_order.silent_since(NEVER)


@given(
    every=st.sampled_from((4, 8)),
    after=st.integers(10, 60),
    outages=st.lists(st.sampled_from((300, 700, 3_500)), min_size=1, max_size=3),
    late=st.integers(1, 280),
)
def test_silences_do_not_depend_on_when_they_are_asked_for(
    every: int, after: int, outages: list[int], late: int
) -> None:
    """A worker asks at each commit: in a backlog months may lie between two of them.

    After each outage an event comes late, while it still counts, and then months go by without a silence.
    """
    asked, left_alone = Rhythm(), Rhythm()
    spoken = list(range(0, 150 * every, every))
    for outage in outages:
        back = spoken[-1] + outage
        spoken += range(back, back + after * every, every)
        now = spoken[-1]
        spoken += [now - late, *range(now + every, now + 7_000, every)]
    for slot in spoken:
        for rhythm in (asked, left_alone):
            rhythm.seen(slot * SLOT, NEVER)
        assert asked.silences == sorted(asked.silences)

    assert left_alone.silences == asked.silences


def test_a_rhythm_stays_small() -> None:
    rhythm = Rhythm()
    for slot in range(130 * 96):
        rhythm.seen(slot * SLOT, slot * SLOT)
    rhythm.seen(NEVER, NEVER)

    assert rhythm.bits.bit_length() <= 2 * 31 * 96


# What fills history in


def backfilled(log: Log) -> Log:
    for event in log.events:
        event["backfill"] = True
    return log


def test_a_backfill_raises_only_what_is_still_true_at_its_end() -> None:
    asks = Log("c-asks").asks(1, "a").asks(2, "b").asks(3, "c").solves(4, "a").solves(4, "b").solves(4, "c")
    leaves = Log("c-leaves").starts(0).add("cancellation.requested", 38.5, subscription_id="s-1", at_period_end=True)
    away = visitor(20, "c-away")
    back = Log("c-back").login(*range(10), *range(25, 40))  # was away once, and is here
    others = pulse(39, every=0.5)  # history ends where it has no event for a day
    others.customer = "c-other"
    past = [backfilled(log) for log in (asks, leaves, away, back, others)]

    outcome = play(merged(*past, pulse(60)), at(60))

    told = {(s.customer_id, s.signal): s.raised_at for s in outcome.signals() if s.transition == "raised"}
    assert ("c-asks", "repeated-ticket") not in told
    assert ("c-leaves", "cancellation-requested") in told
    assert ("c-away", "no-login") in told
    assert not any(s.customer_id == "c-back" and s.raised_at < at(39) for s in outcome.signals())


def test_live_events_after_a_backfill_raise_at_once() -> None:
    log = backfilled(Log("c-1").starts(0, "10")).add("cancellation.requested", 5, subscription_id="s-1")

    outcome = play(log.lines(), at(10))

    (signal,) = [s for s in outcome.signals() if s.transition == "raised"]
    assert signal.raised_at == at(5)


def test_a_backfill_changes_no_figure() -> None:
    log = Log("c-1").starts(0, "10").changes(40, mrr="5").ends(70)
    plain, filled = play(log.lines(), at(130)), play(backfilled(log).lines(), at(130))

    assert filled.finals() == plain.finals()
    assert {s.id for s in filled.statements if s.type.startswith("movement")} == {
        s.id for s in plain.statements if s.type.startswith("movement")
    }


@pytest.mark.parametrize("run", [Run(batch=1), Run(batch=9, restart_every=2)])
def test_neither_batches_nor_restarts_change_what_a_backfill_raises(run: Run) -> None:
    logs = [backfilled(visitor(15 + n, f"c-{n}")) for n in range(12)] + [pulse(60)]
    plain, other = play(merged(*logs), at(60)), play(merged(*logs), at(60), run=run)

    assert other.open_signals() == plain.open_signals() != set()
