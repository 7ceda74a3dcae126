"""The family `outcomes`: what is stored follows from the set of events, and is bounded."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import instant
from retention.engine.partition_state import PartitionState
from retention.features import REGISTER
from retention.features.base import DUPLICATE, NOTHING
from retention.features.outcomes.outcomes import BY_A_PERSON, MAX_EXPERIMENTS, MAX_OUTCOMES, Outcomes
from retention.features.outcomes.section import OUTCOMES, outcomes_seen
from retention.policy import Policy
from retention.state.codec import decode, encode
from retention.state.customer import Customer, newcomer
from schemas.decoding import Refused
from tests.building import Log, at, line
from tests.playing import DECODERS, Run, Shelf, play

POLICY = Policy()
Event = dict[str, Any]
KINDS = ("action.delivered", "action.converted", "action.dismissed")


def fold(customer: Customer, event: Event) -> Any:
    """Apply one event of the family to a customer; return the facet."""
    decoded = DECODERS["outcomes"].decode(line(event))
    return REGISTER.entries[decoded.type].fold(customer, decoded, instant(decoded.occurred_at), POLICY)


def folded(log: Log) -> Outcomes:
    """Return what is stored of a customer after a log."""
    customer = newcomer()
    for event in log.events:
        fold(customer, event)
    return outcomes_seen(decode(encode(customer)))


def exposed(day: float, arm: str, experiment: str = "prices") -> Event:
    event = Log().add("experiment.exposed", day, experiment=experiment, arm=arm).events[0]
    return event | {"event_id": f"{experiment}-{arm}-{day}"}


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Draw the outcomes of one customer; several lie in one instant, and ids of two kinds coincide."""
    random = Random(draw(st.integers(0, 2**32)))
    events: list[Event] = []
    for number in range(draw(st.integers(1, 120))):
        day, log = random.randrange(60), Log()
        if random.random() < 0.5:
            arm = {"experiment": f"x-{random.randrange(30)}", "arm": random.choice("ab")}
            log.add("experiment.exposed", day, **arm)
        else:
            log.add(random.choice(KINDS), day, action="we-miss-you", episode=f"e-{random.randrange(5)}")
        events.append(log.events[0] | {"event_id": f"{log.events[0]['type']}-{number // 2}"})
    known: dict[str, Event] = {}
    for event in events:
        known.setdefault(event["event_id"], event)
    return list(known.values())


@given(histories(), st.integers(0, 1_000))
def test_the_bytes_follow_from_the_set_of_events_alone(events: list[Event], seed: int) -> None:
    mixed = [*events, *Random(seed).sample(events, len(events) // 2)]
    Random(seed).shuffle(mixed)
    one, other = newcomer(), newcomer()

    for event in events:
        fold(one, event)
    for event in mixed:
        fold(other, event)
        other = decode(encode(other))

    one.dropped = other.dropped  # what the bound has dropped is counted again if it comes again
    assert encode(one) == encode(other)


@given(histories(), st.integers(0, 1_000))
def test_each_outcome_is_stated_once_with_one_id_whatever_comes_when(events: list[Event], seed: int) -> None:
    mixed = [*events, *Random(seed).sample(events, len(events) // 2)]
    Random(seed).shuffle(mixed)

    found = play(map(line, mixed), at(60), run=Run(batch=1 + seed % 9, restart_every=seed % 3, partitions=2))

    stated = {one.id: one for one in found.statements if one.type == "action.reported"}
    wanted = Counter((event["type"], event["event_id"]) for event in events if event["type"] in KINDS)
    assert Counter((f"action.{one.body.outcome}", one.cause) for one in stated.values()) == wanted  # type: ignore[attr-defined]
    assert not found.counts.keys() - {"applied", "duplicate"}


def test_an_outcome_is_stated_as_its_event_names_the_action() -> None:
    log = Log().add("action.delivered", 1, recommendation_id="r-1", source="crm", automated=True)
    log.add("action.dismissed", 2, action="dunning", episode="e-1")

    first, second = play(map(line, log.events), at(3)).of_type("action.reported")

    assert first.model_dump() == {
        "customer_id": "c-1",
        "outcome": "delivered",
        "recommendation_id": "r-1",
        "action": None,
        "episode": None,
        "at": at(1),
        "source": "crm",
    }
    assert (second.outcome, second.action, second.episode, second.source) == ("dismissed", "dunning", "e-1", None)


def test_a_customer_stays_in_the_first_arm_that_it_was_exposed_to() -> None:
    customer = newcomer()

    facets = [fold(customer, event) for event in (exposed(5, "b"), exposed(9, "a"), exposed(5, "b"), exposed(3, "c"))]

    assert [facet.name for facet in facets] == ["exposures", NOTHING.name, DUPLICATE.name, "exposures"]
    assert outcomes_seen(customer).exposures["prices"].arm == "c"


def test_a_second_delivery_is_a_duplicate_and_two_kinds_may_share_an_id() -> None:
    customer = newcomer()
    events = [Log().add(kind, 1, recommendation_id="r-1").events[0] | {"event_id": "7"} for kind in KINDS]

    facets = [fold(customer, event) for event in (*events, *events)]

    assert [facet is DUPLICATE for facet in facets] == [False] * 3 + [True] * 3


def test_what_is_stored_of_a_customer_is_bounded_and_the_newest_stays() -> None:
    log = Log()
    for number in range(200):
        log.add("action.delivered", number, recommendation_id=f"r-{number}", automated=False)
        log.add("experiment.exposed", number, experiment=f"x-{number:03d}", arm="a")

    kept = folded(log)

    assert (len(kept.outcomes), len(kept.exposures)) == (MAX_OUTCOMES, MAX_EXPERIMENTS)
    assert kept.outcomes[0].at == instant(at(200 - MAX_OUTCOMES))
    assert min(kept.exposures) == f"x-{200 - MAX_EXPERIMENTS:03d}"
    assert kept.outcomes[0].automated == BY_A_PERSON


def test_what_lies_before_the_horizon_is_dropped_and_an_empty_section_is_not_written() -> None:
    shelf = Shelf()
    state = PartitionState(POLICY, shelf)
    log = Log().add("action.delivered", 0, recommendation_id="r").add("experiment.exposed", 1, experiment="x", arm="a")
    for offset, event in enumerate(log.login(900, 901).events):
        topic = "logins" if event["type"].startswith("login") else "outcomes"
        decoded = DECODERS[topic].decode(line(event))
        state.observe(decoded, instant(decoded.occurred_at), topic, offset)
        state.advance(instant(decoded.occurred_at))

    customer = shelf.find("c-1")

    assert customer is not None
    assert decode(encode(customer)).part(OUTCOMES.id) is None


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("action.delivered", {}, "`recommendation_id`"),
        ("action.converted", {"action": "dunning"}, "both the `action` and the `episode`"),
        ("action.dismissed", {"episode": "e-1"}, "both the `action` and the `episode`"),
        ("action.delivered", {"action": "", "episode": "e-1"}, "action"),
        ("experiment.exposed", {"experiment": "x"}, "arm"),
        ("experiment.exposed", {"experiment": "x" * 129, "arm": "a"}, "experiment"),
    ],
)
def test_what_could_not_be_used_is_refused_and_says_what_is_missing(kind: str, fields: Event, said: str) -> None:
    with pytest.raises(Refused) as refusal:
        DECODERS["outcomes"].decode(line(Log().add(kind, 1, **fields).events[0]))

    assert (refusal.value.reason, said in refusal.value.detail) == ("contract", True)
