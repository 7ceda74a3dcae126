"""The card of a customer goes on with MRR, plan and stage after its last signal is over, and by time alone."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import NEVER, instant
from retention.engine.partition_state import PartitionState
from retention.identity import packed
from retention.money import money_text
from retention.policy import Policy
from retention.risk.section import CARD, ON_CARD, OnCard, on_card, wait
from retention.signals import SIGNALS
from retention.state.codec import decode, encode
from retention.state.customer import Customer, newcomer
from retention.statements import Statement
from schemas.families import TOPIC_OF
from schemas.outbound import CustomerHealth
from streams.recomputation.cards import says
from streams.recomputation.lines import by_customer, distinct
from streams.recomputation.rules import Rules
from tests.building import Log, at, in_order
from tests.playing import DECODERS, Outcome, Run, Shelf, play, play_on
from tests.test_cards import NOT_STUCK, runs
from tests.test_fitted_cards import POLICY as FITTED
from tests.test_fitted_cards import SHOP as FITTED_SHOP
from tests.test_laws import POLICY, UNTIL, Event, doubled, lines, log_of, logs, overtaken

INTENT = {"cancellation-requested", "auto-renew-off"}
GOLDEN = Path(__file__).parent / "golden/section-25-1.hex"
OFF = {one.name: replace(one.default, enabled=False) for one in SIGNALS}
FEW = Policy(
    signals={name: one for name, one in OFF.items() if name not in {"cancellation-requested", "repeated-ticket"}}
)
"""Settings by which only a request to leave is a signal, and one topic that comes again and again."""
policies = st.sampled_from((POLICY, replace(POLICY, basis="purchase"), FITTED, FITTED_SHOP))


def shown(card: CustomerHealth) -> tuple[dict[str, str], str | None, str]:
    """Return what a card says of the standing of its customer."""
    return {one.currency: one.amount for one in card.mrr}, card.plan, card.stage


def shown_by_all(outcome: Outcome) -> dict[str, Any]:
    return {name: shown(card) for name, card in outcome.cards().items()}


def by_the_raw_log(events: list[Event], outcome: Outcome, basis: str) -> dict[str, Any]:
    """Return the same of each customer that has a card, computed from all its events, as of the end."""
    documents, leaving = (
        by_customer(distinct(lines(events))),
        {name for name, signal, *_ in outcome.open_signals() if signal in INTENT},
    )
    found: dict[str, Any] = {}
    for name in outcome.cards():
        mrr, plan, stage = says(documents[name], UNTIL, basis, Rules(), leaving=name in leaving)
        found[name] = {one: money_text(total, one) for one, total in mrr.items()}, plan, stage
    return found


def customers(outcome: Outcome) -> dict[str, Customer]:
    """Return the states of all customers at the end."""
    return {name: one for state in outcome.partition_states for name, one in state.customers.every()}  # type: ignore[attr-defined]


# Laws


@given(logs(), st.sampled_from((0, 6, 46)), st.integers(0, 1_000), runs, policies)
def test_the_last_card_of_each_customer_says_what_the_raw_log_says_at_the_end(
    events: list[Event], hours: int, seed: int, run: Run, policy: Policy
) -> None:
    arriving = doubled(overtaken(events, timedelta(hours=hours), seed), seed)

    outcome = play(lines(arriving), UNTIL, policy, run)

    assert shown_by_all(outcome) == by_the_raw_log(events, outcome, policy.basis)


@given(logs(), st.sampled_from((0, 46)), st.integers(0, 1_000), runs, policies)
def test_what_cards_say_is_kept_of_those_that_have_one_and_of_no_other(
    events: list[Event], hours: int, seed: int, run: Run, policy: Policy
) -> None:
    outcome = play(lines(overtaken(events, timedelta(hours=hours), seed)), UNTIL, policy, run)

    kept = customers(outcome)
    assert {name for name, one in kept.items() if ON_CARD.is_kept(one)} == outcome.cards().keys()
    assert not [name for name, one in kept.items() if CARD.is_kept(one) and not one.open_episodes]
    ids = [one.id for one in outcome.statements if one.type == "customer.health"]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("basis", ["subscription", "purchase"])
def test_a_log_of_the_laws_has_cards_that_would_go_stale(basis: str) -> None:
    """Else the laws above would hold of nothing new."""
    policy, found = replace(POLICY, basis=basis), set[str]()
    for seed in range(12):
        outcome = play(lines(log_of(seed, 60)), UNTIL, policy, Run(batch=3))
        causes = {one.cause for one in outcome.statements if one.type == "customer.health"}
        found |= {one.partition(" ")[0].partition("-")[0] for one in causes}

    assert {"e", "passed"} <= found  # of events, and of time alone


# Of a customer whose signals are over


def eased() -> Log:
    """Return the log of a customer that asked to leave, and stays: it has a card, and no open signal."""
    return Log().starts(0, "50", plan="pro").add("cancellation.requested", 10).add("cancellation.revoked", 12)


def in_trouble(log: Log) -> Log:
    """Add three tickets of one topic, which is a signal."""
    return log.asks(1, "t-1").asks(2, "t-2").asks(3, "t-3")


CHANGES = {
    "pays more": (eased().changes(30, mrr="80"), 40, ({"EUR": "80.00"}, "pro", "new"), 30),
    "another plan for the same money": (eased().changes(30, plan="team"), 40, ({"EUR": "50.00"}, "team", "new"), 30),
    "leaves": (eased().ends(30), 40, ({}, None, "former"), 30),
    "is no longer new": (eased(), 91, ({"EUR": "50.00"}, "pro", "established"), 90),
    "pauses": (eased().pauses(30), 40, ({}, "pro", "paused"), 30),
    "pauses until a day": (
        eased().pauses(30, until="2024-02-15T00:00:00Z"),
        50,
        ({"EUR": "50.00"}, "pro", "new"),
        45,
    ),
    "pauses for too long": (eased().pauses(30), 121, ({}, "pro", "former"), 120),
    "does not pay for longer than the grace": (eased().changes(30, status="past_due"), 61, ({}, "pro", "former"), 60),
    "comes back": (eased().ends(30).starts(60, "20", name="s-2"), 70, ({"EUR": "20.00"}, None, "returned"), 60),
    "has been back for long": (
        eased().ends(30).starts(60, "20", name="s-2"),
        151,
        ({"EUR": "20.00"}, None, "established"),
        150,
    ),
    "begins to pay after a trial": (
        in_trouble(Log().starts(0, "50", status="trialing")).changes(60, status="active"),
        70,
        ({"EUR": "50.00"}, None, "new"),
        60,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("run", [Run(batch=1), Run(batch=1, restart_every=1), Run(batch=100)], ids=str)
def test_the_card_of_somebody_without_open_signals_follows(name: str, run: Run) -> None:
    log, days, wanted, changed = CHANGES[name]

    outcome = play(in_order(log).lines(), at(days), FEW, run)

    card = outcome.cards()["c-1"]
    assert shown(card) == wanted
    assert card.as_of == at(changed)


def test_a_customer_of_orders_has_left_when_its_window_is_over() -> None:
    log = Log().buys(0, "o-1").asks(1, "t-1").asks(2, "t-2").asks(3, "t-3")
    policy = Policy(basis="purchase", signals=NOT_STUCK)

    found = [play(log.lines(), at(day), policy, Run(batch=1)).cards()["c-1"].stage for day in (80, 91)]

    assert found == ["new", "former"]


def test_events_that_change_nothing_on_the_card_write_none() -> None:
    log = eased().login(*range(13, 30)).add("subscription.renewed", 31, subscription_id="s-1").buys(32, "o-1")

    outcome = play(log.lines(), at(40), FEW, Run(batch=1))

    assert [one.as_of for one in outcome.of_type("customer.health") if one.as_of > at(11)] == [at(12)]


def test_of_a_customer_that_never_had_a_card_nothing_is_kept() -> None:
    log = Log().starts(0, "50").changes(10, mrr="80").pauses(20).resumes(30).login(*range(40))

    outcome = play(in_order(log).lines(), at(41), Policy(signals=OFF), Run(batch=1))

    assert not outcome.cards()
    assert not ON_CARD.is_kept(customers(outcome)["c-1"])


# What is kept


def test_what_is_kept_of_a_card_takes_few_bytes_and_is_read_as_it_was_written() -> None:
    golden = bytes.fromhex(GOLDEN.read_text())
    customer = newcomer()
    customer.replace_part(ON_CARD.id, golden)

    found = on_card(customer)

    assert found == OnCard(instant(at(10)), instant(at(100)), b"8 bytes.")
    assert decode(encode(customer)).part(ON_CARD.id) == golden
    ON_CARD.of(customer).following = NEVER
    assert len(encode(customer)) - len(encode(newcomer())) < 40


def test_that_time_changes_nothing_takes_one_byte_and_is_read_as_an_older_build_wrote_it() -> None:
    said = OnCard(instant(at(10)), NEVER, b"8 bytes.")

    body, whole = ON_CARD.encode(said), msgspec.msgpack.encode(said)

    assert len(body) == len(whole) - 8
    assert ON_CARD.decode(body) == ON_CARD.decode(whole) == said


def test_an_older_build_looks_once_more_at_a_card_that_time_does_not_change() -> None:
    """It reads an instant before all others, and takes the card for due with whatever timer fires next."""
    body = ON_CARD.encode(OnCard(instant(at(10)), NEVER, b"8 bytes."))

    assert msgspec.msgpack.decode(body, type=OnCard).following <= 0


def test_a_card_of_an_older_build_is_compared_when_time_comes_to_its_customer() -> None:
    """It kept the card while a signal was open, and nothing of what it said."""
    shelf = Shelf()
    state = _state(shelf, Log().starts(0, "50").add("cancellation.requested", 10).lines())
    _cards(state)
    customer = shelf.find("c-1")
    assert customer is not None
    customer.open_as(ON_CARD, OnCard())
    shelf.commit()
    assert not ON_CARD.is_kept(shelf.look("c-1"))
    following = PartitionState(Policy(), shelf, state.watermark, turn=state.cards.turn)
    for name, one in shelf.every():
        following.load(name, one)

    following.advance(instant(at(40)))
    found = _cards(following)
    shelf.commit()

    assert shown(found[-1].body) == ({"EUR": "50.00"}, None, "leaving")  # type: ignore[arg-type]
    assert ON_CARD.is_kept(shelf.look("c-1"))


def test_other_settings_are_on_the_next_card() -> None:
    before, after = FEW, replace(FEW, basis="purchase")
    first = play(eased().buys(1, "o-1").lines(), at(200), before, Run(batch=1))
    assert shown(first.cards()["c-1"])[2] == "established"

    then = play_on(first, (before, Run()), (after, Run()), [], at(201))

    assert shown(then.cards()["c-1"]) == ({"EUR": "50.00"}, "pro", "former")


def test_a_card_that_waits_for_no_signal_survives_a_restart() -> None:
    shelf = Shelf()
    state = _state(shelf, eased().changes(30, mrr="80").lines())
    (_,) = [one for one in state.take_statements() if one.type == "churn_signal.raised"]
    shelf.commit()
    assert state.cards.turn.waiting == 1
    following = PartitionState(Policy(), shelf, state.watermark, turn=state.cards.turn)
    for name, customer in shelf.every():
        following.load(name, customer)

    (card,) = _cards(following)

    assert (card.cause, card.at, shown(card.body)) == ("c-1-e00004", instant(at(30)), ({"EUR": "80.00"}, "pro", "new"))  # type: ignore[arg-type]
    assert not CARD.is_kept(shelf.look("c-1")) or not shelf.look("c-1").open_episodes


def test_a_cause_is_kept_of_a_card_about_no_instant_yet() -> None:
    customer = newcomer()
    wait(customer, 0, packed("passed 7"))

    kept = CARD.seen(decode(encode(customer)))

    assert kept is not None
    assert (kept.at, kept.cause) == (0, packed("passed 7"))


def _state(shelf: Shelf, found: list[bytes]) -> PartitionState:
    state = PartitionState(Policy(), shelf)
    for one in found:
        topic = next(topic for kind, topic in TOPIC_OF.items() if f'"{kind}"'.encode() in one)
        event = DECODERS[topic].decode(one)
        state.observe(event, instant(event.occurred_at), topic, None)
    return state


def _cards(state: PartitionState) -> list[Statement]:
    state.take_statements()
    while state.write_cards(10):
        pass
    return [one for one in state.take_statements() if one.type == "customer.health"]
