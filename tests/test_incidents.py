"""Incidents: errors inside one are met whatever their number, by whom it concerns, and whenever it is told."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import DAY, Instant, instant
from schemas.outbound import ChurnSignal
from tests.building import Log, at, uses
from tests.homes import Homes
from tests.test_reference import resolved, started
from tests.test_usage_signals import UNTIL, logs

Event = dict[str, Any]
SETTINGS: dict[str, Any] = {"segments__country__values": "ES,IT"}
ES = {"by": "country", "value": "ES"}


def signals(homes: Homes, name: str = "errors-met") -> list[ChurnSignal]:
    return homes.outcome().signals(name)


def told(homes: Homes) -> list[tuple[str, str | None, float]]:
    """Return what was said: what happened, because of what, and on which day after the start it was raised."""
    return [(one.transition, one.cause, (instant(one.raised_at) - instant(at(0))) / DAY) for one in signals(homes)]


def played(events: list[Event], until: float, homes: Homes | None = None) -> Homes:
    """Read events, and pass time day by day."""
    homes = homes or Homes(1, **SETTINGS)
    for event in events:
        homes.read(event, 0)
    homes.settle()
    days(homes, until)
    return homes


def days(homes: Homes, until: float) -> None:
    while homes.time[0] < instant(at(until)):
        homes.pass_time(0, min(instant(at(until)), max(homes.time[0], instant(at(0))) + DAY))
        homes.settle()


def an_error(**fields: Any) -> list[Event]:
    """Return some uses of a customer in Spain, and one error on day 10."""
    log = uses(40, ["export"]).add("customer.updated", 0, attributes={"country": "ES"})
    return log.add("error.occurred", 10.5, **{"feature": "export", **fields}).events


def test_one_error_inside_an_incident_is_met_and_the_incident_is_named() -> None:
    homes = played([*an_error(), started(10.4, segment=ES), resolved(10.6)], 20)

    raised, cleared = signals(homes)
    assert told(homes) == [("raised", None, 11), ("cleared", "recovered", 11)]
    assert raised.observed == {"errors": 1, "uses": 7, "feature": "export", "incident": "inc-1"}
    assert raised.explanation.en == "Errors within 7 days: 1; incident inc-1 concerns this customer"
    assert raised.explanation.es == "Errores en 7 días: 1; la incidencia inc-1 afecta a este cliente"
    assert raised.explanation.it == "Errori in 7 giorni: 1; l'incidente inc-1 riguarda questo cliente"
    assert raised.recommended_action == "proactive-notice"
    assert cleared.cleared_at == at(14)


def test_without_an_incident_one_error_is_none_to_speak_of() -> None:
    assert told(played(an_error(), 20)) == []


@pytest.mark.parametrize(
    "incident",
    [
        [started(10, segment={"by": "country", "value": "IT"})],
        [started(10, segment={"by": "tier", "value": "gold"})],
        [started(10, segment={"by": "plan", "value": "pro"})],
        [started(10, features=["import"])],
        [started(11)],
        [started(8), resolved(9.9)],
        [started(10, synthetic=True)],
    ],
)
def test_an_incident_of_others_or_of_another_time_is_no_reason(incident: list[Event]) -> None:
    assert told(played([*an_error(), *incident], 20)) == []


@pytest.mark.parametrize(
    "incident",
    [
        [started(10.4)],
        [started(10.4, segment=ES, features=["import", "export"])],
        [started(1, segment={"by": "plan", "value": "pro"})],
        [started(9, features=["import"]), started(10, ident="f-7", features=["export"])],
        [started(1), resolved(2), started(10, ident="f-7")],
    ],
)
def test_an_incident_that_concerns_the_customer_is_one(incident: list[Event]) -> None:
    pays = Log("c-1").starts(5, plan="pro").events[0] | {"event_id": "pays"}

    assert told(played([*an_error(), pays, *incident], 20))[0] == ("raised", None, 11)


def test_a_long_name_of_a_feature_is_the_one_that_is_stored() -> None:
    name = "export of everything " * 4

    assert told(played([*an_error(feature=name), started(10, features=[name])], 20))[0] == ("raised", None, 11)


def test_an_incident_that_is_told_later_raises_it_then_and_of_the_same_day() -> None:
    in_time = signals(played([started(10), *an_error()], 12))
    homes = played(an_error(), 12.5)
    assert told(homes) == []

    homes.read(started(10), 0)
    days(homes, 13)

    assert told(homes) == [("raised", None, 11)]
    assert [one.episode for one in signals(homes)] == [one.episode for one in in_time]


def test_an_end_that_is_told_later_takes_it_back() -> None:
    homes = played([started(9), *an_error()], 12)
    assert told(homes) == [("raised", None, 11)]

    homes.read(resolved(9.5), 0)
    days(homes, 13)

    assert told(homes)[1:] == [("cleared", "late_evidence", 11)]


def test_who_turns_out_to_be_of_the_segment_is_concerned() -> None:
    homes = played([started(10, segment={"by": "country", "value": "IT"}), *an_error()], 12)
    assert told(homes) == []
    moved = Log().add("customer.updated", 9, attributes={"country": "IT"}).events[0] | {"event_id": "moved"}

    homes.read(moved, 0)
    days(homes, 13)

    assert told(homes) == [("raised", None, 11)]


async def test_that_customers_are_still_to_be_checked_survives_a_restart() -> None:
    homes = played(an_error(), 12)
    homes.read(started(10), 0)

    await homes.restart(0)
    days(homes, 13)

    assert told(homes) == [("raised", None, 11)]


def some_incidents(random: Random) -> list[Event]:
    found: list[Event] = []
    for number in range(random.randrange(1, 4)):
        begins, name = random.randrange(130), f"inc-{number % 2}"
        about: dict[str, Any] = random.choice(({}, {"segment": ES}, {"segment": {"by": "plan", "value": "pro"}}))
        named = random.choice(({}, {}, {"features": ["f-0", "f-1"]}))
        found.append(started(begins, name, f"s-{number}", **about, **named))
        if random.random() < 0.7:
            found.append(resolved(begins + random.choice((0, 0.5, 3, 20)), name, f"e-{number}"))
    return found


def who_they_are(random: Random) -> list[Event]:
    found: list[Event] = []
    for number in range(random.randrange(5)):
        where = {"country": random.choice(("ES", "IT"))}
        event = Log(f"c-{1 + number % 2}").add("customer.updated", random.randrange(130), attributes=where).events[0]
        found.append(event | {"event_id": f"u-{number}"})
    return found


async def play(homes: Homes, events: list[Event], facts: list[Event], random: Random) -> None:
    """Have events read in order and facts at any time, at any partition, between commits and restarts."""
    turns: list[Event] = list(events)
    for one in facts:
        turns.insert(random.randrange(len(turns) + 1), one)
    newest: Instant = 0
    for event in turns:
        if "customer_id" in event:
            homes.read(event)
            newest = homes.newest
        else:
            homes.read(event, random.randrange(homes.number))
            homes.newest = newest
        for number in range(homes.number):
            if random.random() < 0.1:
                homes.commit(number)
            if random.random() < 0.1:
                homes.deliver(number, random.choice((1, 1_000)))
            if random.random() < 0.1:
                homes.pass_time(number, newest - homes.settings.policy().disorder)
            if random.random() < 0.03:
                await homes.restart(number)
    homes.end(instant(UNTIL))


@given(logs(), st.integers(0, 2**32), st.sampled_from((1, 2, 3)))
async def test_whenever_and_wherever_facts_are_read_the_same_signals_are_open(
    events: list[Event], seed: int, partitions: int
) -> None:
    random = Random(seed)
    facts, events = some_incidents(random), sorted([*events, *who_they_are(random)], key=lambda one: one["occurred_at"])
    plain, other = Homes(1, **SETTINGS), Homes(partitions, **SETTINGS)
    for event in facts:
        plain.read(event, 0)
    for event in events:
        plain.read(event, 0)
    plain.end(instant(UNTIL))

    await play(other, events, facts, random)

    assert other.outcome().open_signals() == plain.outcome().open_signals()
