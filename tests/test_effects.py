"""Nothing is applied that could not be used: whatever fields an event has, there is a customer whom it changes.

What is compared is a customer as figures and signals read it, without ids of events. The exceptions are a register.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from retention.calendar import NEVER, instant
from retention.engine.partition_state import PartitionState
from retention.errors import Rejected
from retention.features import REGISTER
from retention.features.base import NOTHING
from retention.features.purchases.section import PURCHASES, orders_seen
from retention.features.subscriptions.section import SUBSCRIPTIONS, timeline_seen
from retention.features.subscriptions.timeline import terms_of
from retention.features.subscriptions.walk import moments
from retention.features.tickets.section import TICKETS, tickets_seen
from retention.policy import Policy
from retention.state.codec import decode, encode
from schemas.decoding import Refused
from schemas.families import TOPIC_OF
from schemas.family import type_of
from tests.building import Log, at, line, text
from tests.contract_records import TYPES, as_json, objects
from tests.playing import DECODERS, Run, Shelf, play

POLICY = Policy(segments=(("country", ("ES", "IT")),))
DAY = 100
FOLDED = [contract for _, contract in TYPES if type_of(contract) in REGISTER.entries]
OURS = {
    "event_id": "new",
    "customer_id": "c-1",
    "occurred_at": text(at(DAY)),
    "subscription_id": "s-1",
    "order_id": "o-1",
    "ticket_id": "t-1",
    "feedback_id": "f-1",
    "synthetic": False,
}
YEARLY: dict[str, Any] = {
    "mrr": None,
    "items": [{"price": "120", "quantity": 3}],
    "interval": "year",
    "interval_count": 2,
}
HALF: dict[str, Any] = {"discounts": [{"percent": 50, "duration": "repeating", "periods": 9}]}
CUSTOMERS: dict[str, Log] = {
    "who signs in": Log().login(1, 2, 3),
    "who pays": Log().starts(0, plan="gold", term_end=text(at(400))),
    "who pays something else": Log().starts(0, "17.23", currency="JPY", plan="lead"),
    "who pays by the year, at a discount": Log().starts(0, **YEARLY, **HALF),
    "who pays by the month": Log().starts(0, mrr=None, items=[{"price": "3"}], interval="month"),
    "who does not pay": Log().starts(0, status="past_due"),
    "who rests": Log().starts(0).pauses(90, until=text(at(150))),
    "who has a free month": Log().starts(0).changes(90, status="trialing", trial_end=text(at(120))),
    "who wants to leave": Log().starts(0).add("cancellation.requested", 90, subscription_id="s-1"),
    "who has ordered": Log().buys(90, "o-1", "100").login(3, 5),
    "who has ordered in yen": Log().buys(90, "o-1", "100", "JPY"),
    "who has ordered in units of account": Log().buys(90, "o-1", "100", "CLF"),
    "who has asked": Log().asks(90, "t-1"),
    "who was helped": Log().asks(90, "t-1").solves(91, "t-1"),
    "who has complained": Log().add("feedback.submitted", 90, kind="complaint", feedback_id="f-1"),
}

Document = dict[str, Any]


SECTIONS_READ = (PURCHASES, SUBSCRIPTIONS, TICKETS)
"""Those of which `applied` returns what is read of them; of any other one it returns the bytes."""


def applied(log: list[bytes]) -> Any:
    """Return what figures and signals read of a customer after a log; raise `Rejected` where its last event is."""
    shelf = Shelf()
    partition_state = PartitionState(POLICY, shelf)
    for offset, value in enumerate(log):
        family = TOPIC_OF[json.loads(value)["type"]]
        event = DECODERS[family].decode(value)
        partition_state.observe(event, instant(event.occurred_at), family, offset)
    customer = shelf.find("c-1")
    assert customer is not None
    standings: list[Any] = []
    for moment in moments(timeline_seen(customer), terms_of(POLICY)):
        standing = {
            name: (replace(one, requested=None), one.requested and (one.requested.at, one.requested.renewed))
            for name, one in moment.subscriptions.items()
        }
        if standing != (standings[-1][1] if standings else {}):
            standings.append((moment.at, standing))
    orders = {
        key: (
            one.at,
            one.amount,
            one.currency,
            [(r.amount, r.currency) for r in one.refunds if r.amount not in {0, "0"}],
        )
        for key, one in orders_seen(customer).items()
        if one.at != NEVER
    }
    tickets = {
        key: (one.topic, [(step.at, step.kind) for step in one.steps]) for key, one in tickets_seen(customer).items()
    }
    written = decode(encode(customer))
    others = [written.part(section.id) for section in REGISTER.sections if section not in SECTIONS_READ]
    return standings, orders, tickets, list(customer.logins), customer.woke, others


COMMON = ("event_id", "customer_id", "occurred_at", "subscription_id")
BEFORE = {name: applied(log.lines()) for name, log in CUSTOMERS.items()}
TOPICS_OF = {name: {TOPIC_OF[event["type"]] for event in log.events} for name, log in CUSTOMERS.items()}


def what_comes_of(value: bytes, names: Iterable[str] = CUSTOMERS) -> Iterator[str]:
    """Yield what an event does to each customer: it changes it, or changes nothing, or is rejected."""
    for name in names:
        try:
            yield "nothing" if applied([*CUSTOMERS[name].lines(), value]) == BEFORE[name] else "a change"
        except Rejected:
            yield "rejected"


def with_its_own_first(event: Any) -> list[str]:
    """Return the customers, those first who have an event on the topic of this one: it mostly changes one of them."""
    topic = TOPIC_OF[event.type]
    return sorted(CUSTOMERS, key=lambda name: topic not in TOPICS_OF[name])


def changes_nobody(event: Any, value: bytes) -> bool:
    """Report whether an event is applied to some customer and changes none: found with the first that it changes."""
    outcomes = set()
    for outcome in what_comes_of(value, with_its_own_first(event)):
        if outcome == "a change":
            return False
        outcomes.add(outcome)
    return "nothing" in outcomes


def says_only(event: Any, *names: str) -> bool:
    """Report whether a change says nothing but what stands in some of its fields."""
    common = {"type", "event_id", "customer_id", "occurred_at", "source", "channel", "user_id", "synthetic", "backfill"}
    said = {name for name in event.__struct_fields__ if getattr(event, name) is not None} - common
    return event.type == "subscription.changed" and said <= {"subscription_id", *names}


def never_ends(event: Any, name: str) -> bool:
    return getattr(event, name) is None or getattr(event, name).year >= 9_000


SMALLEST = 0.01
"""The least confidence in a sentiment that is stored: smaller ones are none."""
WITHOUT_EFFECT: dict[str, tuple[Callable[[Any], bool], Document]] = {
    "no figure and no signal reads it yet": (
        lambda event: REGISTER.entries[event.type].facets == {NOTHING},
        {"type": "ticket.replied"},
    ),
    "seats are read by nothing yet, and an unknown status says nothing but is counted": (
        lambda event: (
            says_only(event, "seats", "status", "term_end", "trial_end")
            and (event.seats, event.status) != (None, None)
            and event.status in {None, "other"}
            and never_ends(event, "term_end")
            and never_ends(event, "trial_end")
        ),
        {"type": "subscription.changed", "seats": 3, "status": "a_new_word"},
    ),
    "the year 9999 is no end": (
        lambda event: (
            says_only(event, "term_end", "trial_end")
            and (event.term_end, event.trial_end) != (None, None)
            and never_ends(event, "term_end")
            and never_ends(event, "trial_end")
        ),
        {"type": "subscription.changed", "term_end": "9999-12-31T00:00:00Z"},
    ),
    "it names no attribute that figures are split by": (
        lambda event: (
            event.type == "customer.updated" and not (event.attributes.keys() & {"country"}) and event.points is None
        ),
        {"type": "customer.updated", "attributes": {"shoe_size": 46}},
    ),
    "no figure and no signal reads surveys of this kind yet": (
        lambda event: event.type == "survey.answered" and event.kind in {"exit", "other"},
        {"type": "survey.answered", "kind": "exit", "reason": "price"},
    ),
    "no signal reads it without the sentiment of its text": (
        lambda event: (
            event.type == "feedback.submitted"
            and event.kind in {"idea", "other"}
            and (event.sentiment is None or float(event.confidence) < SMALLEST)
        ),
        {"type": "feedback.submitted", "kind": "idea", "topic": "export", "text": "It could be blue."},
    ),
    "an automatic reply is none": (
        lambda event: event.type == "feedback.answered" and event.automatic,
        {"type": "feedback.answered", "automatic": True},
    ),
    "signals read e-mails that people have opened": (
        lambda event: (
            event.type.startswith("message.") and (event.channel != "email" or getattr(event, "machine", False))
        ),
        {"type": "message.opened", "message_id": "m-1", "machine": True},
    ),
    "no message needs a consent to it": (
        lambda event: event.type == "consent.changed" and event.purpose not in {"marketing", "contact"},
        {"type": "consent.changed", "purpose": "cookies", "granted": False},
    ),
    "a note about no contact": (
        lambda event: event.type == "note.added" and event.kind in {"internal", "other"},
        {"type": "note.added", "kind": "internal", "text": "Asked for a discount."},
    ),
    "a refund of nothing": (
        lambda event: event.type == "purchase.refunded" and event.amount is not None and float(event.amount) == 0,
        {"type": "purchase.refunded", "amount": "0"},
    ),
}
"""Why an event that is `applied` may change nothing (docs/events.md), how it is recognised, and one."""


def decoded(document: Document) -> tuple[Any, bytes]:
    value = line(document)
    return DECODERS[TOPIC_OF[document["type"]]].decode(value), value


@pytest.mark.parametrize("contract", FOLDED, ids=map(type_of, FOLDED))
@given(data=st.data())
def test_whatever_fields_an_event_has_somebody_is_changed_by_it(contract: Any, data: st.DataObject) -> None:
    drawn = json.loads(as_json(data.draw(objects(contract))))
    try:
        event, value = decoded(drawn | {name: ours for name, ours in OURS.items() if name in drawn})
    except Refused:
        return

    if changes_nobody(event, value):
        assert [reason for reason, (matches, _) in WITHOUT_EFFECT.items() if matches(event)], value


@pytest.mark.parametrize("reason", WITHOUT_EFFECT)
def test_what_is_listed_as_without_effect_has_none(reason: str) -> None:
    matches, fields = WITHOUT_EFFECT[reason]
    contract = next(contract for contract in FOLDED if type_of(contract) == fields["type"])
    event, value = decoded({name: ours for name, ours in OURS.items() if name in contract.model_fields} | fields)

    assert matches(event)
    assert set(what_comes_of(value)) == {"nothing"}


@pytest.mark.parametrize(
    ("customer", "said", "outcome"),
    [
        ("who pays", {}, "rejected"),
        ("who pays", {"interval": "month"}, "a change"),
        ("who pays", {"plan": "lead"}, "a change"),
        ("who pays by the month", {}, "a change"),
        ("who signs in", {}, "nothing"),
    ],
)
def test_items_of_which_nobody_knows_how_often_they_are_paid_are_refused(
    customer: str, said: Document, outcome: str
) -> None:
    items = {"type": "subscription.changed", "items": [{"price": "7"}]}
    _, value = decoded({name: OURS[name] for name in COMMON} | items | said)

    assert list(what_comes_of(value, [customer])) == [outcome]


def test_an_interval_that_comes_late_lets_the_items_count() -> None:
    items = Log().starts(0).changes(10, items=[{"price": "7"}]).events
    interval = Log().changes(5, interval="month").events[0] | {"event_id": "another"}

    outcome = play(map(line, [*items, interval]), at(50), run=Run(batch=1))

    assert outcome.counts == {"applied": 2, "contract": 1}
    assert outcome.update("mrr|subscription|EUR|month|2024-01-01|all").value == "7.00"


def test_a_change_of_nothing_is_refused_and_says_what_it_could_have_said() -> None:
    """As one does whose money stands in a field of another name."""
    with pytest.raises(Refused, match=r"contract.*the event changes nothing: it has none of mrr, plan") as refused:
        decoded({"type": "subscription.changed", **OURS, "price": "50"})

    assert refused.value.reason == "contract"


@pytest.mark.parametrize("said", [{}, {"attributes": {}}, {"attributes": None}, {"country": "ES"}])
def test_an_update_of_no_attribute_is_refused_and_says_what_to_write(said: Document) -> None:
    """As one is whose attributes stand in the event itself."""
    with pytest.raises(Refused, match=r'the event changes nothing: name attributes, as in "attributes"') as refused:
        decoded({"type": "customer.updated", **OURS, **said})

    assert refused.value.reason == "contract"


@pytest.mark.parametrize("country", [None, [], {"code": "ES"}])
def test_an_update_that_removes_an_attribute_or_names_one_of_no_use_is_read(country: Any) -> None:
    event, _ = decoded({"type": "customer.updated", **OURS, "attributes": {"country": country}})

    assert event.attributes == {"country": None}
