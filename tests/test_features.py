"""The register of features: laws of every member, members that do not fit together, several of one topic."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from retention.calendar import DAY, Instant, instant
from retention.engine.joining import join
from retention.engine.partition_state import PartitionState
from retention.errors import Rejected
from retention.features import FEATURES, REGISTER
from retention.features.base import COUNTED, DUPLICATE, NOTHING, Case, Facet, Feature, ReadOrder, event_id
from retention.features.logins.facets import LOGINS
from retention.features.logins.feature import LOGINS as LOGINS_FEATURE
from retention.features.purchases.feature import PURCHASES as PURCHASES_FEATURE
from retention.features.register import Register, WrongRegister
from retention.features.tickets.section import TICKETS
from retention.identity import packed
from retention.policy import Policy
from retention.state.codec import decode, encode
from retention.state.customer import Customer, newcomer
from retention.state.section import Horizon, Section
from retention.state.seen_ids import saw
from schemas.base import Event
from schemas.decoding import Decoder, Refused
from schemas.families import TOPIC_OF
from schemas.family import Family, type_of
from tests.building import Log, at, line, text
from tests.contract_records import TYPES, as_json, objects
from tests.playing import DECODERS, Shelf
from tests.test_effects import CUSTOMERS, OURS

POLICY = Policy(segments=(("country", ("ES", "IT")),))
GOLDEN = Path(__file__).parent / "golden"
FOLDED = [(family, contract) for family, contract in TYPES if type_of(contract) in REGISTER.entries]
NAMES = [type_of(contract) for _, contract in FOLDED]
OF_FAMILY = [family for family in REGISTER.families if family.topic not in REGISTER.erasing]
MANY = 450
"""Events of one type and one customer: more than any section keeps."""
A_COUNT = 2
"""Bytes that the number of details that went may grow by."""
WAITING = frozenset(kind for kind in NAMES if TOPIC_OF[kind] in {"cancellations", "subscriptions"})
"""Of a subscription that has not begun, a hundred wait for their start (docs/decisions/0036)."""


def drawn(draw: Callable[..., Any], contract: type[BaseModel]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(as_json(draw(objects(contract))))
    return document | {name: ours for name, ours in OURS.items() if name in document}


def usual_event(contract: type[BaseModel], number: int, day: float) -> dict[str, Any]:
    """Return the golden event of a type, of things of its own."""
    document: dict[str, Any] = json.loads((GOLDEN / f"{type_of(contract)}.v1.json").read_bytes())
    own = {name: f"{name}-{number}" for name in document if name.endswith("_id")}
    return document | own | {"customer_id": "c-1", "occurred_at": text(at(day)), "synthetic": False, "backfill": False}


def folded(customer: Customer, family: Family, document: dict[str, Any]) -> Facet | None:
    """Fold one event in, as the engine does that does not look at figures; None if it is refused."""
    try:
        event, happened = DECODERS[family.topic].read(line(document))
        entry = REGISTER.entries[event.type]
        if entry.known_by is not None and saw(customer, entry.known_by(event)):
            return DUPLICATE
        facet = entry.fold(customer, event, happened, POLICY)
    except (Refused, Rejected):
        return None
    customer.latest = max(customer.latest, happened)
    return facet


@cache
def decoders_of(register: Register) -> dict[str, Decoder]:
    """Return the decoder of each event type: made once, as a worker does, and not for each of thousands of states."""
    decoders = [(Decoder(family), family.contracts) for family in register.families]
    return {type_of(contract): decoder for decoder, contracts in decoders for contract in contracts}


def portfolio_of(log: Log, register: Register = REGISTER) -> PartitionState:
    partition_state = PartitionState(POLICY, Shelf(), register=register)
    for document in log.events:
        decoder = decoders_of(register)[document["type"]]
        partition_state.observe(*decoder.read(line(document)), decoder.family.topic, None)
    return partition_state


def customer_in(partition_state: PartitionState) -> Customer:
    customer = partition_state.customers.find("c-1")
    assert customer is not None
    return customer


# Laws of every member


@pytest.mark.parametrize(("family", "contract"), FOLDED, ids=NAMES)
@given(data=st.data())
def test_an_event_changes_what_its_case_declares_and_nothing_when_it_comes_again(
    family: Family, contract: type[BaseModel], data: st.DataObject
) -> None:
    partition_state = portfolio_of(CUSTOMERS[data.draw(st.sampled_from(sorted(CUSTOMERS)))])
    try:
        event, happened = DECODERS[family.topic].read(line(drawn(data.draw, contract)))
        facet = partition_state.observe(event, happened, family.topic, None)
    except (Refused, Rejected):
        return
    once = encode(customer_in(partition_state))

    changed = facet.parts or (facet,) if facet is not None else ()
    assert set(changed) <= REGISTER.entries[event.type].facets | {DUPLICATE}
    assert partition_state.observe(event, happened, family.topic, None) is DUPLICATE
    assert encode(customer_in(partition_state)) == once


@pytest.mark.parametrize(("family", "contract"), FOLDED, ids=NAMES)
@settings(max_examples=30)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_the_sums_after_an_event_are_those_that_a_restart_derives(
    family: Family, contract: type[BaseModel], data: st.DataObject, seed: int
) -> None:
    """If a case says that it restates nothing, and it does, they differ. Nor does it fail for any customer.

    Each event meets six customers, so that the law takes as long for a type however many customers families add.
    """
    try:
        event, happened = DECODERS[family.topic].read(line(drawn(data.draw, contract)))
    except Refused:
        return
    for name in Random(seed).sample(sorted(CUSTOMERS), 6):
        partition_state = portfolio_of(CUSTOMERS[name])
        with contextlib.suppress(Rejected):
            partition_state.observe(event, happened, family.topic, None)
        restarted = PartitionState(POLICY, partition_state.customers)
        restarted.load("c-1", customer_in(partition_state))

        assert counted(restarted) == counted(partition_state)
        assert restarted.without_effect == partition_state.without_effect


def counted(partition_state: PartitionState) -> dict[Any, Any]:
    """Return all that the sums count, but for what came to nothing."""
    found = {key: {name: n for name, n in vector.items() if n} for key, vector in partition_state.sums.parts.items()}
    return {key: vector for key, vector in found.items() if vector}


@pytest.mark.parametrize("family", OF_FAMILY, ids=lambda family: family.topic)
@settings(max_examples=60)
@given(data=st.data())
def test_the_events_of_a_family_leave_the_same_however_they_arrive(family: Family, data: st.DataObject) -> None:
    folding = [contract for contract in family.contracts if type_of(contract) not in REGISTER.apart]
    usually = [usual_event(contract, 1, 5 + n) for n, contract in enumerate(folding)]
    usually = [event | {"event_id": f"e-{n}"} for n, event in enumerate(usually)]
    arriving = data.draw(st.permutations(usually * 2))
    writes = data.draw(st.sets(st.integers(0, len(arriving))))

    def kept(events: list[dict[str, Any]]) -> tuple[Any, ...]:
        customer = newcomer()
        for place, event in enumerate(events):
            customer = decode(encode(customer)) if place in writes else customer
            folded(customer, family, event)
        customer = decode(encode(customer))
        return [customer.part(section.id) for section in REGISTER.sections], customer.logins, customer.woke

    assert kept(arriving) == kept(usually)


def left_by(family: Family, events: list[dict[str, Any]], customer: Customer | None = None) -> Customer:
    customer = customer or newcomer()
    for event in events:
        folded(customer, family, event)
    return decode(encode(customer))


def bytes_of(customer: Customer) -> tuple[Any, ...]:
    return [customer.part(section.id) for section in REGISTER.sections], customer.logins, customer.woke


@pytest.mark.parametrize("family", OF_FAMILY, ids=lambda family: family.topic)
@settings(max_examples=60)
@given(data=st.data())
def test_what_two_ids_have_left_is_joined_to_what_one_log_leaves(family: Family, data: st.DataObject) -> None:
    """The events are of the same things or of others, before the merge or after it."""
    folding = [contract for contract in family.contracts if type_of(contract) not in REGISTER.apart]
    apart = data.draw(st.sampled_from((1, 40)))  # days: what is kept of the use of a product goes 112 days back
    usually = [usual_event(contract, n % 2, 5 + n * apart) for n, contract in enumerate(folding * 3)]
    usually = [event | {"event_id": f"e-{n}"} for n, event in enumerate(usually)]
    whose = data.draw(st.lists(st.sampled_from("112223"), min_size=len(usually), max_size=len(usually)))

    def those(of: str) -> list[dict[str, Any]]:
        return [event for event, kind in zip(usually, whose, strict=True) if kind == of]

    one, other, plain = left_by(family, those("1")), left_by(family, those("2")), left_by(family, usually)
    join(one, other, REGISTER, POLICY)
    joined = left_by(family, those("3"), one)

    assert bytes_of(joined) == bytes_of(plain)
    assert joined.first_order == plain.first_order


@pytest.mark.parametrize("family", OF_FAMILY, ids=lambda family: family.topic)
def test_each_section_of_a_family_is_joined_and_stays_bounded(family: Family) -> None:
    """However much both ids have left, one customer is no larger than before."""
    folding = [contract for contract in family.contracts if type_of(contract) not in REGISTER.apart]
    of_one = [usual_event(one, n, 5 + n / 1_000) for n in range(MANY) for one in folding]
    of_other = [usual_event(one, n, 6 + n / 1_000) for n in range(MANY, 2 * MANY) for one in folding]
    one, other = left_by(family, of_one), left_by(family, of_other)
    sections = [section for feature in FEATURES if feature.family is family for section in feature.sections]
    assert not sections or any(section.is_kept(one) and section.is_kept(other) for section in sections)
    sizes = []

    for _ in range(4):
        join(one, decode(encode(other)), REGISTER, POLICY)
        one = decode(encode(one))
        sizes.append(len(encode(one)))

    assert sizes[-1] <= max(sizes[:-1]) + A_COUNT
    assert sizes[-1] <= 2 * len(encode(other))


@pytest.mark.parametrize(("family", "contract"), FOLDED, ids=NAMES)
def test_what_is_kept_of_one_customer_is_bounded(family: Family, contract: type[BaseModel]) -> None:
    customer, sizes = newcomer(), []
    for number in range(MANY):
        folded(customer, family, usual_event(contract, number, 5 + number / 1_000))
        sizes.append(len(encode(customer)))
        customer = decode(encode(customer))

    assert max(sizes[-100:]) <= max(sizes[:-100]) + A_COUNT


@pytest.mark.parametrize(("family", "contract"), [one for one in FOLDED if type_of(one[1]) not in WAITING])
def test_what_lies_before_the_horizon_goes(family: Family, contract: type[BaseModel]) -> None:
    customer = newcomer()
    for number in range(5):
        folded(customer, family, usual_event(contract, number, 5 + number))
    before = instant(at(500))

    REGISTER.prune(customer, Horizon(before, POLICY.calendar.day(before), POLICY))

    customer = decode(encode(customer))
    parts = [customer.part(section.id) or b"" for section in REGISTER.sections]
    assert not customer.logins
    assert not customer.woke
    assert not any(packed(f"event_id-{number}") in part for part in parts for number in range(5))


@pytest.mark.parametrize(("family", "contract"), FOLDED, ids=NAMES)
def test_nothing_of_a_forgotten_customer_is_left(family: Family, contract: type[BaseModel]) -> None:
    log = Log()
    log.events = [usual_event(contract, number, 5 + number) for number in range(3)]
    partition_state = portfolio_of(log)

    partition_state.forget("c-1", instant(at(20)))
    partition_state.advance(instant(at(200)))

    assert partition_state.customers.find("c-1") is None
    assert (partition_state.without_effect, +partition_state.episodes.open) == (0, {})
    said = partition_state.take_statements()
    assert {one.body.cause for one in said} <= {"erased"}  # type: ignore[attr-defined]
    assert "c-1" not in repr(said)


def test_every_family_is_read_once_and_in_an_order_that_means_something() -> None:
    ours = ["privacy", "subscriptions", "purchases", "logins", "tickets", "cancellations"]

    assert [topic for topic in REGISTER.topics_in_order if topic in ours] == ours
    assert sorted(REGISTER.topics_in_order) == sorted({family.topic for family in REGISTER.families})
    assert REGISTER.erasing == {"privacy"}


# Members that do not fit together


def section_like(section: Section[Any], **changed: Any) -> Section[Any]:
    whole = {"ident": section.id, "name": section.name, "version": section.version, "upgrades": section.upgrades}
    kept = {name: getattr(section, name) for name in ("new", "encode", "decode", "prune", "bound", "join")}
    return Section(**(kept | whole | changed))


def nothing(_customer: Customer, _event: Event, _at: Instant, _policy: Policy) -> Facet:
    return NOTHING


class MisfitMade(Event):
    """A customer came."""

    type: Literal["misfit.made"]


class MisfitEnded(Event):
    """A customer went."""

    type: Literal["misfit.ended"]


MISFITS_SECTION = section_like(TICKETS, ident=60, name="misfits")
MISFITS = Feature(
    name="misfits",
    family=Family("misfits", (MisfitMade, MisfitEnded)),
    order=ReadOrder.CHANGES,
    cases={"misfit.made": COUNTED, "misfit.ended": COUNTED},
    sections=(MISFITS_SECTION,),
)
"""A family that fits; each case below spoils one part of it. No author would name one so: any other may be added."""
OTHER_LOGINS = replace(LOGINS_FEATURE, name="devices", prune=None)
WRONG: dict[str, tuple[Feature, str]] = {
    "a name": (replace(MISFITS, name="logins"), "two members have the feature name logins"),
    "a topic": (
        replace(MISFITS, family=Family("logins", MISFITS.family.contracts)),
        "logins and misfits read topic logins by two families",
    ),
    "an order": (
        replace(OTHER_LOGINS, order=ReadOrder.ENDS),
        "logins and devices read topic logins in two orders, LOGINS and ENDS",
    ),
    "a type": (
        replace(MISFITS, family=Family("misfits", (*MISFITS.family.contracts, LOGINS_FEATURE.family.contracts[0]))),
        "two members have the event type login.succeeded",
    ),
    "a case without a type": (
        replace(MISFITS, cases=dict(MISFITS.cases) | {"misfit.lost": Case(nothing, frozenset({NOTHING}))}),
        "misfits has a case for misfit.lost, which topic misfits has not",
    ),
    "a type without a case": (
        replace(MISFITS, cases={}),
        "no feature has a case for misfit.ended, misfit.made of topic misfits",
    ),
    "the id of a section": (
        replace(MISFITS, sections=(section_like(MISFITS_SECTION, ident=TICKETS.id),)),
        "two members have the section id 3",
    ),
    "the name of a section": (
        replace(MISFITS, sections=(section_like(MISFITS_SECTION, name="tickets"),)),
        "two members have the section name tickets",
    ),
    "an id too large": (
        replace(MISFITS, sections=(section_like(MISFITS_SECTION, ident=64),)),
        "section misfits has the id 64: take one from 1 to 63",
    ),
    "an upgrade": (
        replace(MISFITS, sections=(section_like(MISFITS_SECTION, version=7, upgrades=()),)),
        "section misfits is of version 7 and has 0 upgrades",
    ),
    "a facet": (
        replace(MISFITS, cases=dict(MISFITS.cases) | {"misfit.made": Case(nothing, frozenset({Facet("logins")}))}),
        "two members have the facet name logins",
    ),
    "an id of two kinds": (
        replace(
            OTHER_LOGINS,
            cases=dict(OTHER_LOGINS.cases) | {"login.failed": Case(nothing, frozenset({NOTHING}), known_by=event_id)},
        ),
        "logins and devices know login.failed by ids of two kinds",
    ),
}


@pytest.mark.parametrize(("feature", "fault"), WRONG.values(), ids=WRONG)
def test_members_that_do_not_fit_are_refused_when_the_register_is_built(feature: Feature, fault: str) -> None:
    with pytest.raises(WrongRegister, match=fault):
        Register((*FEATURES, feature))


# Several features of one topic

DEVICES = Facet("devices")
COUNTS: Section[list[int]] = Section(
    ident=63,  # of no family: those count from 1
    name="devices",
    version=1,
    new=list,
    encode=bytes,
    decode=list,
    prune=lambda _customer, _horizon: None,
    bound=lambda _value, _policy: 0,
    join=lambda value, other, _policy: (value + other, 0),
)


def count_device(customer: Customer, event: Any, _at: Instant, _policy: Policy) -> Facet:
    if event.channel == "none":
        raise Rejected("contract", "channel: no device has that")
    COUNTS.of(customer).append(7)
    return DEVICES


def beside(feature: Feature, kind: str) -> Feature:
    """Return a feature that reads one type of another's topic, and counts it."""
    counting = Case(count_device, frozenset({DEVICES}), known_by=event_id)
    return Feature(
        name="devices", family=feature.family, order=feature.order, cases={kind: counting}, sections=(COUNTS,)
    )


BESIDE_LOGINS = Register((*FEATURES, beside(LOGINS_FEATURE, "login.succeeded")))
BESIDE_PURCHASES = Register((*FEATURES, beside(PURCHASES_FEATURE, "purchase.completed")))


def test_several_features_read_one_topic_and_a_second_delivery_counts_for_none() -> None:
    log = Log().login(1, 2)
    log.events *= 2

    partition_state = portfolio_of(log, BESIDE_LOGINS)

    customer = decode(encode(customer_in(partition_state)))
    assert COUNTS.seen(customer) == [7, 7]
    assert customer.logins == customer_in(portfolio_of(Log().login(1, 2))).logins
    assert [family.topic for family in BESIDE_LOGINS.families] == [family.topic for family in REGISTER.families]


def test_what_one_event_changed_for_several_features_is_followed_for_each() -> None:
    partition_state = portfolio_of(Log().login(1), BESIDE_LOGINS)
    event, happened = DECODERS["logins"].read(Log().login(1, 2).lines()[1])

    facet = partition_state.observe(event, happened, "logins", None)

    assert facet is not None
    assert facet.parts == (LOGINS, DEVICES)
    assert customer_in(partition_state).due < happened + 30 * DAY  # a login sets the clock of the silence after it


def test_a_feature_that_cannot_use_an_event_says_so_and_the_others_use_it() -> None:
    partition_state = portfolio_of(Log().login(1), BESIDE_LOGINS)
    event, happened = DECODERS["logins"].read(line(Log().login(1).add("login.succeeded", 2, channel="none").events[1]))

    with pytest.raises(Rejected, match="no device has that"):
        partition_state.observe(event, happened, "logins", None)

    assert customer_in(partition_state).latest == happened
    assert len(customer_in(partition_state).logins) == len(Log().login(1, 2).events) * 2
    assert COUNTS.seen(customer_in(partition_state)) == [7]


def test_the_usual_order_stays_quick_beside_a_feature_that_only_adds_to_it() -> None:
    log = Log().buys(1, "o-1").buys(2, "o-2").buys(2, "o-2")
    alone, both = portfolio_of(log), portfolio_of(log, BESIDE_PURCHASES)

    assert BESIDE_PURCHASES.entries["purchase.completed"].quick is not None
    assert COUNTS.seen(customer_in(both)) == [7, 7, 7]  # the third has an id of its own, and is no new order
    assert customer_in(both).part(1) == customer_in(alone).part(1)


def test_an_event_from_before_the_horizon_is_only_given_to_features_that_accept_it() -> None:
    alone, both = (portfolio_of(Log().login(700), register) for register in (REGISTER, BESIDE_PURCHASES))
    for partition_state in (alone, both):
        partition_state.advance(instant(at(701)))
        partition_state.observe(*DECODERS["purchases"].read(Log().buys(1, "o-1").lines()[0]), "purchases", None)

    assert COUNTS.seen(customer_in(both)) is None
    assert encode(customer_in(both)) == encode(customer_in(alone))


def test_an_event_from_before_the_horizon_that_no_feature_accepts_is_too_late() -> None:
    partition_state = portfolio_of(Log().login(700), BESIDE_LOGINS)
    partition_state.advance(instant(at(701)))

    with pytest.raises(Rejected, match="too_late"):
        partition_state.observe(*DECODERS["logins"].read(Log().login(1).lines()[0]), "logins", None)
