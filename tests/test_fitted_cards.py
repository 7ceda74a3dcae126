"""Cards by a fitted model: what adds up to the risk, who gets one without any signal, and when all are looked at."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import instant
from retention.engine.partition_state import PartitionState
from retention.engine.rounds import Round, Turn
from retention.fitted import Model, Weighed
from retention.identity import digest
from retention.policy import Policy
from retention.risk.section import AT_RISK, CARD, was_at_risk
from retention.signals.onboarding_stalled import ONBOARDING_STALLED
from retention.state.customer import newcomer
from schemas.families import TOPIC_OF
from schemas.outbound import CustomerHealth
from tests.building import Log, at, in_order
from tests.playing import DECODERS, Outcome, Run, Shelf, play, play_on
from tests.test_cards import held, plain, runs, written
from tests.test_laws import UNTIL, Event, doubled, lines, logs, overtaken

MODEL = Model(
    "0123456789abcdef",
    "subscription",
    90,
    -2_000,
    (
        Weighed("away", 4_000, 300),
        Weighed("often", -1_500, 100),
        Weighed("tenure", -500, 400),
        Weighed("displeased", 1_500, 50),
        Weighed("tickets-open", 900, 100),
        Weighed("evidence", 2_000),
        Weighed("signal:cancellation-requested", 1_500),
        Weighed("signal:no-login", 400),
    ),
    slope=900,
    offset=100,
    medium_from=3_000,
    high_from=6_000,
)
POLICY = Policy(plans=("basic", "pro"), model=MODEL, medium_from=MODEL.medium_from, high_from=MODEL.high_from)
SHOP = replace(POLICY, basis="purchase", model=replace(MODEL, basis="purchase"))
NEWCOMERS = {ONBOARDING_STALLED.name: replace(ONBOARDING_STALLED.default, enabled=False)}
"""Without the signal about customers that hardly begin: these tests are about such without any."""
QUIET = replace(POLICY, signals=NEWCOMERS)
policies = st.sampled_from((POLICY, SHOP))


def adds_up(card: CustomerHealth) -> bool:
    each = [*(one.contribution for one in card.open_signals), *(one.contribution for one in card.factors)]
    return Fraction(card.usual_risk) + sum(map(Fraction, each)) == Fraction(card.risk)


def above(outcome: Outcome) -> set[str]:
    """Return the customers of whom is kept that their last card is above low."""
    every = [pair for state in outcome.partition_states for pair in state.customers.every()]  # type: ignore[attr-defined]
    return {name for name, customer in every if was_at_risk(customer)}


def kept_instants(outcome: Outcome) -> list[Any]:
    every = [pair for state in outcome.partition_states for pair in state.customers.every()]  # type: ignore[attr-defined]
    return [name for name, customer in every if CARD.is_kept(customer) and not customer.open_episodes]


# What a card says


def test_a_card_by_a_model_says_what_adds_up_to_the_risk_and_by_which_file() -> None:
    log = Log().starts(0, "50", plan="pro").login(*range(1, 41))
    log = in_order(log.asks(30, "t-1").asks(31, "t-2").asks(32, "t-3").add("cancellation.requested", 60))

    card = play(log.lines(), at(61), POLICY).cards()["c-1"]

    assert (card.model.name, card.model.digest, card.model.calibrated) == ("fitted", MODEL.digest, True)
    assert card.model.says == "calibrated: lost within 90 days on the basis subscription"
    assert adds_up(card)
    shares = {one.signal: Fraction(one.contribution) for one in card.open_signals}
    assert shares["cancellation-requested"] > shares["repeated-ticket"] > 0  # which has its part of the evidence
    assert shares["no-login"] == 0  # folded
    assert {one.name for one in card.factors} <= {one.name for one in MODEL.factors}
    assert card.band == "high"


def test_without_a_model_there_are_no_factors_and_signals_add_up_to_the_risk() -> None:
    log = Log().starts(0, "50").add("cancellation.requested", 10)

    card = play(log.lines(), at(10.5)).cards()["c-1"]

    assert (card.usual_risk, card.factors) == ("0.0000", [])
    assert adds_up(card)


def test_who_has_left_has_no_risk() -> None:
    log = Log().starts(0, "50").login(*range(1, 30)).add("cancellation.requested", 40).ends(50)

    card = play(log.lines(), at(60), POLICY).cards()["c-1"]

    assert (card.risk, card.band, card.stage, card.factors) == ("0.0000", "low", "former", [])


# When it is written


def test_who_is_at_risk_without_any_signal_gets_a_card_at_each_midnight_until_it_is_not() -> None:
    """Three sign-ins are no habit, so no signal is raised; after a while of silence the model says medium."""
    log = Log().starts(0, "50").login(1, 2, 3, 40).lines()
    others = Log("c-2").starts(0, "50").login(*(day + 0.25 for day in range(45)))
    mixed = sorted([*log, *others.lines()], key=lambda one: msgspec.json.decode(one)["occurred_at"])

    outcome = play(mixed, at(45), QUIET, Run(batch=1))

    of_first = [one for one in outcome.of_type("customer.health") if one.customer_id == "c-1"]
    assert not outcome.signals()
    days = [(one.as_of - at(0)) / timedelta(1) for one in of_first]
    bands = [one.band for one in of_first]
    begins = days[0]
    assert 5 < begins < 25
    assert bands[0] == "medium"
    assert days == [begins + place for place in range(len(days))]  # one each day
    assert days[-1] == 41  # the sign-in of day 40 is on the card of the day after it
    assert bands[-1] == "low"
    assert "low" not in bands[:-1]
    assert all(adds_up(one) for one in of_first)
    assert above(outcome) == set()


def test_nothing_is_kept_of_who_is_not_at_risk() -> None:
    outcome = play(Log().starts(0, "50").login(*range(30)).lines(), at(30), POLICY)

    (customer,) = [one for _, one in outcome.partition_states[0].customers.every()]  # type: ignore[attr-defined]
    assert not AT_RISK.is_kept(customer)
    assert not CARD.is_kept(customer)
    assert not outcome.cards()


def test_what_is_kept_is_one_byte_and_gone_when_it_is_over() -> None:
    customer = newcomer()
    AT_RISK.of(customer).above = True
    customer.put_away()

    assert customer.part(AT_RISK.id) == bytes([1, 1])

    AT_RISK.of(customer).above = False
    customer.put_away()
    assert customer.part(AT_RISK.id) is None


# A day's turn


@given(st.sets(st.text("abcdef0123456789-", max_size=6), max_size=60), st.integers(1, 9), st.integers(0, 256))
def test_a_round_goes_through_customers_in_the_order_of_their_digests(names: set[str], piece: int, first: int) -> None:
    behind = bytes([first]) if first < 256 else b""
    round_ = Round(names, behind)
    while not round_.gather(piece):
        pass

    found = list(iter(round_.next, None))

    assert found == sorted((digest(name), name) for name in names if digest(name) > behind)


def silent_company(shelf: Shelf, names: list[str]) -> PartitionState:
    state = PartitionState(QUIET, shelf)
    for name in names:
        for one in Log(name).starts(0, "50").login(1, 2).lines():
            topic = TOPIC_OF[msgspec.json.decode(one)["type"]]
            event = DECODERS[topic].decode(one)
            state.observe(event, instant(event.occurred_at), topic, None)
    state.take_statements()
    return state


def all_cards(state: PartitionState) -> list[Any]:
    while state.write_cards(1_000):
        pass
    return [one for one in state.take_statements() if one.type == "customer.health"]


def test_a_turn_that_is_written_in_part_is_gone_on_with_after_a_restart() -> None:
    names, shelf = [f"c-{number}" for number in range(9)], Shelf()
    state = silent_company(shelf, names)
    assert not all_cards(state)
    state.advance(instant(at(60.5)))

    assert state.write_cards(4)
    first = [one.key for one in state.take_statements()]
    shelf.commit()
    turn = msgspec.msgpack.decode(msgspec.msgpack.encode(state.cards.turn), type=Turn)
    following = PartitionState(QUIET, shelf, state.watermark, turn=turn)
    for name, customer in shelf.every():
        following.load(name, customer)
    rest = all_cards(following)

    assert len(first) == 4
    assert sorted([*first, *(one.key for one in rest)]) == names
    assert {one.at for one in rest} == {instant(at(60))}
    assert {one.id for one in rest}.isdisjoint(first)


def test_a_customer_that_is_forgotten_during_a_turn_gets_no_card() -> None:
    names, shelf = [f"c-{number}" for number in range(9)], Shelf()
    state = silent_company(shelf, names)
    all_cards(state)
    state.advance(instant(at(60.5)))
    state.write_cards(4)
    gone = sorted(names, key=digest)[6]

    state.forget(gone, instant(at(60.5)))

    assert sorted(one.key for one in all_cards(state)) == sorted(set(names) - {gone})


def test_a_worker_without_the_model_takes_back_what_it_said() -> None:
    log = Log().starts(0, "50").login(1, 2, 3).lines()
    with_signal = Log("c-2").starts(0, "50").add("cancellation.requested", 5).lines()
    first = play([*log, *with_signal], at(40), QUIET, Run(batch=1))
    plainly = Policy(plans=("basic", "pro"), signals=NEWCOMERS)
    assert above(first) == {"c-1", "c-2"}

    after = play_on(first, (QUIET, Run()), (plainly, Run()), [], at(42))

    cards = after.cards()
    assert (cards["c-1"].band, cards["c-1"].risk, cards["c-1"].model.name) == ("low", "0.0000", "catalogue")
    assert (cards["c-2"].band, cards["c-2"].model.name) == ("high", "catalogue")
    assert above(after) == set()
    assert after.partition_states[0].cards.turn.model == ""


def test_a_worker_with_another_model_says_so_of_whoever_has_a_signal() -> None:
    log = Log().starts(0, "50").login(*range(1, 40)).asks(36, "t-1").asks(37, "t-2").asks(38, "t-3")
    plainly = Policy(plans=("basic", "pro"))
    first = play(in_order(log).lines(), at(40), plainly, Run(batch=1))
    mild = replace(POLICY, model=replace(MODEL, intercept=-9_000))

    after = play_on(first, (plainly, Run()), (mild, Run()), [], at(40.9))

    card = after.cards()["c-1"]
    assert (card.band, card.model.digest, card.as_of) == ("low", MODEL.digest, at(40))
    assert card.open_signals
    assert [one for one, band in written(after) if band != "low"] == []


# Laws


@given(logs(), runs, policies)
def test_batches_and_restarts_do_not_change_the_last_cards(events: list[Event], run: Run, policy: Policy) -> None:
    first = play(lines(events), UNTIL, policy, Run(batch=5))

    other = play(lines(events), UNTIL, policy, run)

    assert held(other) == held(first)
    assert above(other) == above(first) == {name for name, card in first.cards().items() if card.band != "low"}
    assert all(adds_up(card) for card in other.cards().values())
    assert not kept_instants(other)


@given(logs(), st.integers(0, 1_000), runs, policies)
def test_any_order_within_the_lateness_gives_the_same_last_cards(
    events: list[Event], seed: int, run: Run, policy: Policy
) -> None:
    first = play(lines(events), UNTIL, policy, Run(batch=5))

    late = play(lines(doubled(overtaken(events, timedelta(hours=46), seed), seed)), UNTIL, policy, run)

    assert held(late) == held(first)
    assert above(late) == above(first)


@given(logs(), runs)
def test_a_model_changes_nothing_but_cards(events: list[Event], run: Run) -> None:
    plainly = replace(POLICY, model=None)

    with_model, without = play(lines(events), UNTIL, POLICY, run), play(lines(events), UNTIL, plainly, run)

    assert with_model.open_signals() == without.open_signals()
    assert [one for one in with_model.statements if one.type != "customer.health"] == [
        one for one in without.statements if one.type != "customer.health"
    ]
    assert plain_of_signals(with_model) == plain_of_signals(without)


def plain_of_signals(outcome: Outcome) -> dict[str, Any]:
    cards = {name: plain(card)["open_signals"] for name, card in outcome.cards().items()}
    return {name: [one["signal"] for one in signals] for name, signals in cards.items() if signals}


@pytest.mark.parametrize("basis", ["subscription", "purchase"])
def test_a_log_of_the_laws_has_customers_at_risk_without_a_signal(basis: str) -> None:
    """Else the laws above would hold of nothing new."""
    from tests.test_laws import log_of

    policy = POLICY if basis == "subscription" else SHOP
    found = [card for seed in range(12) for card in play(lines(log_of(seed, 60)), UNTIL, policy).cards().values()]

    assert any(card.band != "low" and not card.open_signals for card in found)
    assert any(card.band != "low" and card.open_signals for card in found)
    assert any(card.band == "low" for card in found)
