"""Facts of the company: one state in every partition, whatever arrives where and when, and nothing of a customer."""

from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.calendar import DAY, instant
from retention.features import REGISTER
from retention.identity import packed
from retention.policy import Policy
from retention.reference import LASTS, MOST, PLAN, RATE, RESOLVED, STARTED, Fact, Facts, Incident
from schemas.decoding import Refused
from streams.broker import Broker
from streams.learning import Replay
from streams.loading import Survey
from streams.records import LogRecord
from streams.reference import PREFIX, Reference
from streams.settings import Settings
from streams.topics import INPUTS
from tests.building import Log, at, line, text
from tests.homes import NEVER_LATE, Homes
from tests.playing import DECODERS

Event = dict[str, Any]
POLICY = Policy(zone="Europe/Madrid")
NAME = "somebody"


def fact(kind: str, day: float, ident: str = "f-1", **fields: Any) -> Event:
    return {"event_id": ident, "type": kind, "occurred_at": text(at(day)), **fields}


def rate(day: float, value: str, ident: str = "f-1", **fields: Any) -> Event:
    return fact("rate.published", day, ident, base="EUR", quote="USD", rate=value, **fields)


def started(day: float, name: str = "inc-1", ident: str = "f-1", **fields: Any) -> Event:
    return fact("incident.started", day, ident, incident_id=name, **fields)


def resolved(day: float, name: str = "inc-1", ident: str = "f-2") -> Event:
    return fact("incident.resolved", day, ident, incident_id=name)


def stated(event: Event) -> Fact:
    decoded, happened = DECODERS["reference"].read(line(event))
    return REGISTER.facts[decoded.type](decoded, happened, POLICY)


def all_of(facts: Facts) -> list[Fact]:
    return sorted(facts.every())


# What is known is a function of the set of facts

few = st.integers(0, 3)
facts = st.builds(
    Fact,
    st.sampled_from([RATE, PLAN]),
    st.sampled_from([("EUR", "USD"), ("EUR", "JPY")]),
    few,
    few,
    few.map(lambda number: packed(f"f-{number}")),
    few.map(lambda number: (str(number),)),
) | st.builds(
    Fact,
    st.sampled_from([STARTED, RESOLVED]),
    few.map(lambda number: (f"inc-{number}",)),
    few,
    few,
    few.map(lambda number: packed(f"f-{number}")),
    st.just(("high", "", "")),
)


@given(st.lists(facts, max_size=12), st.randoms(use_true_random=False))
def test_facts_are_the_same_in_whatever_order_and_however_often_they_come(said: list[Fact], random: Random) -> None:
    again = said + random.sample(said, random.randrange(len(said) + 1))
    random.shuffle(again)

    assert all_of(Facts(again)) == all_of(Facts(said))
    assert Facts(again).incidents() == Facts(said).incidents()


@given(st.lists(facts, max_size=12), st.randoms(use_true_random=False))
def test_what_is_reported_as_changed_is_what_changed(said: list[Fact], random: Random) -> None:
    known, mirror = Facts(), dict[Any, Fact]()
    for one in said:
        for key in known.learn(one):
            now = known.get(key)
            if now is None:
                del mirror[key]
            else:
                mirror[key] = now

    assert sorted(mirror.values()) == all_of(known)


@given(st.randoms(use_true_random=False))
@settings(max_examples=5)
def test_of_more_facts_than_are_kept_the_newest_stay_whatever_comes_first(random: Random) -> None:
    said = [Fact(STARTED, (f"inc-{n}", "f"), n, n, packed("f"), ("high", "", "")) for n in range(MOST[STARTED] + 40)]
    shuffled = random.sample(said, len(said))

    assert all_of(Facts(shuffled)) == sorted(said[40:])


def test_the_latest_published_rate_of_a_day_holds_from_that_day_on() -> None:
    known = Facts(map(stated, [rate(3, "1.10", "b"), rate(2, "1.08", "a", effective_on="2024-01-04")]))
    assert len(known) == 1  # day 3 of the log is 4 January

    days = [known.standing(RATE, ("EUR", "USD"), day + 19_723) for day in (2, 3, 90)]

    assert [one and one.says for one in days] == [None, ("1.10",), ("1.10",)]


def test_a_fact_without_a_day_holds_from_the_local_day_on_which_it_was_told() -> None:
    late = rate(0, "1.1") | {"occurred_at": "2024-01-01T23:30:00Z"}  # half past midnight in Madrid

    assert stated(late).since == stated(rate(0, "1.1", effective_on="2024-01-02")).since


def test_a_plan_costs_what_its_latest_statement_says() -> None:
    monthly = fact("plan.published", 0, plan="pro", currency="EUR", mrr="29")
    yearly = fact("plan.published", 1, plan="pro", currency="EUR", price="290", interval="year", mrr=None)

    assert [stated(one).says for one in (monthly, yearly)] == [("29", "month", "1"), ("290", "year", "1")]


def test_an_incident_ends_when_it_is_resolved_and_may_begin_anew() -> None:
    said = [started(1), started(2, ident="f-3", segment={"by": "country", "value": "ES"}), resolved(3)]
    said += [started(5, ident="f-4", features=["export", "api"], severity="high"), started(9, "inc-2", "f-5")]

    found = Facts(map(stated, said)).incidents()

    days = [instant(at(day)) for day in (1, 2, 3, 5, 9)]
    assert found == (
        Incident("inc-1", days[0], days[2], "", "", (), "other"),
        Incident("inc-1", days[1], days[2], "country", "ES", (), "other"),
        Incident("inc-1", days[3], days[3] + LASTS, "", "", ("api", "export"), "high"),
        Incident("inc-2", days[4], days[4] + LASTS, "", "", (), "other"),
    )


# What is refused


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (started(1, customer_id="c-1"), "customer_id: "),
        (started(1, customer_id="c-1"), "names no customer: leave `customer_id` out"),
        (rate(1, "0"), "a rate is a decimal above 0"),
        (rate(1, "0.000"), "a rate is a decimal above 0"),
        (rate(1, "1e2"), "a rate is a decimal above 0"),
        (rate(1, "1") | {"rate": 1.5}, "write it as text"),
        (rate(1, "1", effective_on="2024-02-30"), "a day such as"),
        (fact("plan.published", 1, plan="pro", currency="EUR", price="3"), "both `price` and `interval`"),
        (started(1, features=[f"f-{n}" for n in range(21)]), "at most 20"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_write(event: Event, says: str) -> None:
    with pytest.raises(Refused) as refusal:
        DECODERS["reference"].decode(line(event))

    assert (refusal.value.reason, says in refusal.value.detail) == ("contract", True)


def test_a_fact_that_cannot_be_used_is_one_dead_letter_and_reaches_no_partition() -> None:
    homes = Homes(3)
    for event in (rate(1, "1.1") | {"quote": "EUR"}, started(1, customer_id="c-1")):
        homes.read(event, 1)
    homes.settle()
    homes.settle()

    assert homes.dead_letters() == ["contract", "contract"]
    assert known_by(homes) == [[], [], []]


def test_a_synthetic_fact_is_left_out_and_a_heartbeat_is_one() -> None:
    homes = Homes(2)
    homes.read(started(1, synthetic=True), 0)
    beat = line({"type": "source.heartbeat", "occurred_at": text(at(4))})
    homes.readers["reference"]([LogRecord("reference", 0, 1, NEVER_LATE, None, beat, ())], homes.processors[0])
    homes.settle()

    assert (homes.counted("reference", "left_out"), homes.counted("reference", "heartbeat")) == (1, 1)
    assert homes.processors[0].watermarks.marks["reference"] == instant(at(4))
    assert known_by(homes) == [[], []]


# Every partition knows the same


def known_by(homes: Homes) -> list[list[Fact]]:
    return [all_of(one.reference.facts) for one in homes.processors]


def stored_by(homes: Homes) -> list[list[Fact]]:
    """Return the facts in the changelog of each partition."""
    found = []
    for log in homes.changelogs:
        reference = Reference()
        reference.restore({key: value for key, value in log.items() if value is not None})
        found.append(all_of(reference.facts))
    return found


def some_facts(random: Random) -> list[Event]:
    said = [rate(random.randrange(4), f"1.{n}", f"r-{n % 3}") for n in range(random.randrange(4))]
    said += [started(random.randrange(9), f"inc-{n % 2}", f"s-{n}") for n in range(random.randrange(4))]
    said += [resolved(random.randrange(9), f"inc-{n % 2}", f"e-{n}") for n in range(random.randrange(3))]
    said.append(fact("plan.published", 1, "p-1", plan="pro", currency="EUR", mrr="29"))
    random.shuffle(said)
    return said + random.sample(said, random.randrange(len(said) + 1))


@given(st.integers(0, 2**32), st.sampled_from((1, 2, 3, 5)), st.booleans())
async def test_every_partition_comes_to_know_the_same_facts(seed: int, partitions: int, atomic: bool) -> None:
    random = Random(seed)
    said, homes = some_facts(random), Homes(partitions, atomic=atomic)

    for event in said:
        homes.read(event, random.randrange(partitions))
        for number in range(partitions):
            if random.random() < 0.3:
                homes.commit(number)
            if random.random() < 0.3:
                homes.deliver(number, random.choice((1, 1_000)))
            if random.random() < 0.2:
                await homes.restart(number)
    homes.settle()

    wanted = all_of(Facts(map(stated_in_utc, said)))
    assert known_by(homes) == stored_by(homes) == [wanted] * partitions
    for number in range(partitions):
        await homes.restart(number)
    assert known_by(homes) == [wanted] * partitions
    assert homes.counted("reference", "applied") + homes.counted("reference", "duplicate") == len(said)
    assert all(one.heard_by(other) for one in homes.processors for other in homes.processors if one is not other)


def stated_in_utc(event: Event) -> Fact:
    decoded, happened = DECODERS["reference"].read(line(event))
    return REGISTER.facts[decoded.type](decoded, happened, Policy())


async def test_a_fact_that_was_stored_without_its_position_is_sent_again_and_counts_once() -> None:
    homes = Homes(2, atomic=False)
    homes.read(started(1), 0)
    homes.commit(0)
    homes.rekeyed[1].clear()  # it had died before that was sent
    await homes.reopen(0)
    homes.offsets["reference", 0] -= 1
    homes.read(started(1), 0)
    homes.settle()

    assert known_by(homes) == [[stated_in_utc(started(1))]] * 2


def test_a_company_without_facts_has_nothing_of_them_in_its_changelog_and_sends_nothing() -> None:
    homes = Homes(2)
    for event in Log().starts(0).login(1, 2, 3).events:
        homes.read(event)
    homes.settle()

    assert not any(key.startswith(PREFIX) for log in homes.changelogs for key in log)
    assert homes.rekeyed == [[], []]
    assert not any(one.partition_state.has_news for one in homes.processors)


def test_an_erasure_leaves_facts_alone_and_nothing_of_a_customer_is_in_them() -> None:
    homes = Homes(2)
    homes.read(started(1), 0)
    homes.read(rate(1, "1.1", "f-9"), 1)
    for event in Log(NAME).starts(0).login(1, 2, 3).events:
        homes.read(event)
    homes.settle()
    before = stored_by(homes)

    homes.read(Log(NAME).add("erasure.requested", 5).events[0])
    homes.settle()

    assert stored_by(homes) == before
    assert homes.bytes_of(NAME) == []


def test_only_a_fact_that_concerns_customers_has_all_of_them_checked_again() -> None:
    homes = Homes(1)
    for event in Log().starts(0).login(1, 2, 3).events:
        homes.read(event)
    homes.end(instant(at(5)))
    state = homes.processors[0].partition_state

    homes.read(rate(4, "1.1"), 0)
    assert not state.has_news

    homes.read(started(4), 0)
    assert state.has_news
    homes.pass_time(0, instant(at(5)) + DAY)
    assert not state.has_news


def test_dates_in_the_log_are_what_these_tests_say() -> None:
    assert at(3) == datetime.fromisoformat("2024-01-04T00:00:00+00:00")


def test_a_history_to_learn_from_may_have_facts_in_it() -> None:
    replay = Replay(Policy())
    for event in [*Log().starts(0).login(1).events, started(1), rate(2, "1.1"), started(2, customer_id="c-1")]:
        replay.take(event["type"], line(event))

    assert (replay.history.events, replay.history.refused) == (2, 1)
    assert all_of(replay._state.facts) == [stated_in_utc(rate(2, "1.1")), stated_in_utc(started(1))]


def test_a_history_with_facts_is_weighed_where_they_will_be(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_bytes(b"\n".join([line(Log().login(1).events[0]), line(started(2))]) + b"\n")
    survey = Survey(Broker(Settings()), {topic.name: 4 for topic in INPUTS})

    survey.take(file)

    assert survey.events == {file: 2}
    assert {name for name, _ in survey.bytes} == {"logins", "reference"}
    assert survey.newest == instant(at(2))
