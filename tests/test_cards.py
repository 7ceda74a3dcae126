"""The card of a customer: the arithmetic of its risk, what it says, and when it is written."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import permutations
from math import prod
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import DAY, instant
from retention.engine.partition_state import PartitionState
from retention.engine.rounds import Turn
from retention.identity import unpacked
from retention.policy import Policy
from retention.risk.arithmetic import ONE, STEPS, combined, contributions, decayed
from retention.risk.health import health, in_last_week, since_last_order
from retention.risk.section import CARD, card_seen
from retention.risk.standing import at_risk
from retention.signals import SIGNALS
from retention.signals.support_stuck import SUPPORT_STUCK
from retention.state.codec import decode, encode
from retention.state.customer import newcomer
from schemas.outbound import ChurnSignal, CustomerHealth
from tests.building import Log, at, in_order
from tests.conftest import shared
from tests.playing import DECODERS, Outcome, Run, Shelf, play
from tests.test_laws import POLICY, UNTIL, Event, doubled, lines, logs, overtaken

WEIGHTS = st.lists(st.integers(0, 1_000_000).map(lambda weight: weight * (ONE // 1_000_000)), max_size=5)
ROUNDED = Fraction(1, STEPS)

runs = st.builds(
    Run,
    partitions=st.sampled_from((1, 4)),
    batch=st.sampled_from((1, 3, 17, 1_000)),
    restart_every=st.sampled_from((None, 1, 4)),
    keeps_sums=st.booleans(),
    cards_every=st.sampled_from((1, 2, 7, 10_000)),
)


def plain(card: CustomerHealth) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(card))
    return found


def held(outcome: Outcome) -> dict[str, Any]:
    """Return what the last cards promise: all of it for whoever is at risk, else the open signals, and the money.

    When a signal that is over now was raised, or cleared, depends on what was read together: so does the instant of the
    last card of a customer that is not at risk.
    """
    found: dict[str, Any] = {}
    for name, card in outcome.cards().items():
        document = plain(card)
        signals = [(one["signal"], one["episode"], one["severity"]) for one in document["open_signals"]]
        if card.band != "low":
            found[name] = document
        elif signals:
            found[name] = (signals, document["mrr"])
    return found


# The arithmetic


@pytest.mark.parametrize("name", ["M-44", "M-45", "M-46", "M-51", "M-52"])
def test_a_worked_example_of_the_definitions_comes_out(name: str) -> None:
    examples = {one["id"]: one["expected"] for one in json.loads(shared("examples/metrics.json").read_text())}

    assert WORKED[name] in examples[name], examples[name]


def _risk(*weights: float, age: int = 0) -> str:
    parts = [round(weight * 100) * ONE // 100 for weight in weights]
    return f"{combined([decayed(parts[0], age, 14), *parts[1:]]) / STEPS:.2f}"


def _of_health() -> str:
    found = health({"usage": 80, "support": 40, "payment": 100, "survey": None})
    return f"{found.score}, coverage {float(found.coverage):.0%}".replace("%", " %")


WORKED = {
    "M-44": _of_health(),
    "M-45": f"risk {_risk(0.3, 0.2, 0.5)}; first signal aged one half-life → {_risk(0.3, 0.2, 0.5, age=14)}",
    "M-46": f"value at risk {at_risk(Fraction(900), 7_200)}",
    # 3 sign-ins in the last seven days, and 10 in each of the four weeks before.
    "M-51": f"drop {100 - (in_last_week([[106, 3, 7, 10, 7, 10, 7, 10, 7, 10]], 107) or 0)} %",
    # 40 days after an order, of a usual gap of 14: a ratio of 2.86 leaves (3 − 2.86) / 2 of 100.
    "M-52": f"{3 - (since_last_order([0, 14 * DAY, 28 * DAY], 68 * DAY) or 0) / 50:.2f}",
}


@given(WEIGHTS)
def test_contributions_are_shapley_values_and_add_up_to_the_risk(parts: list[int]) -> None:
    found = contributions(parts)

    assert sum(found) == combined(parts)
    exact = [Fraction(part, ONE) for part in parts]
    assert abs(Fraction(combined(parts), STEPS) - (1 - prod(1 - one for one in exact))) <= ROUNDED / 2 + Fraction(
        1, 10**9
    )
    for share, wanted in zip(found, _by_permutations(exact), strict=True):
        assert abs(Fraction(share, STEPS) - wanted) <= ROUNDED


def _by_permutations(parts: list[Fraction]) -> list[Fraction]:
    """Return the mean of what each adds, over all orders: the definition of a Shapley value."""
    total, orders = [Fraction()] * len(parts), list(permutations(range(len(parts))))
    for order in orders:
        left = Fraction(1)
        for place in order:
            total[place] += left * parts[place]
            left *= 1 - parts[place]
    return [one / len(orders) for one in total]


@given(st.integers(0, ONE), st.integers(0, 3_000 * DAY), st.integers(1, 365))
def test_a_weight_halves_with_each_half_life(weight: int, age: int, days: int) -> None:
    wanted = weight * 2.0 ** (-age / (days * DAY))

    assert abs(decayed(weight, age, days * DAY) - wanted) <= weight * 0.0003 + 1


def test_inputs_of_which_nothing_is_known_leave_no_score() -> None:
    nothing = health(dict.fromkeys(("usage", "support", "payment", "survey")))
    critical = health({"usage": 100, "support": 100, "payment": 0, "survey": None})

    assert (nothing.score, nothing.coverage, nothing.status) == (None, "0.00", None)
    assert (critical.score, critical.status) == ("75.0", "poor")


def test_a_customer_that_never_did_much_can_miss_nothing() -> None:
    assert in_last_week([[], []], 100) is None
    assert in_last_week([[80, 3]], 100) is None
    assert in_last_week([[80, 2], [80, 2]], 100) == 0
    assert in_last_week([[100, 50]], 100) is None  # of the present day
    assert since_last_order([0, DAY], 90 * DAY) is None
    assert since_last_order([0, DAY, 2 * DAY], 90 * DAY) == 0


# What a card says

NOT_STUCK = {SUPPORT_STUCK.name: replace(SUPPORT_STUCK.default, enabled=False)}
"""Without the signal that the tickets of these logs, which are never solved, raise as well."""


def leaving() -> Log:
    """Return the log of somebody who pays, has trouble, and asks to leave."""
    log = Log().starts(0, "50", plan="pro").login(*range(1, 41))
    return in_order(log.asks(30, "t-1").asks(31, "t-2").asks(32, "t-3").add("cancellation.requested", 60))


def test_a_card_says_what_is_known_of_a_customer() -> None:
    outcome = play(leaving().lines(), at(61), Policy(plans=("pro",), signals=NOT_STUCK))

    card = outcome.cards()["c-1"]

    assert (card.as_of, card.band, card.stage, card.plan) == (at(60), "high", "leaving", "pro")
    assert card.segments == {"plan": "pro"}
    assert [(one.signal, one.folded) for one in card.open_signals] == [
        ("cancellation-requested", False),
        ("repeated-ticket", False),
        ("no-login", True),
    ]
    assert [(one.amount, one.currency) for one in card.mrr] == [("50.00", "EUR")]
    (value,) = card.value_at_risk
    assert (value.amount, value.unit) == (f"{float(card.risk) * 600:.2f}", "mrr_12_months")
    assert (card.last_activity, card.health.coverage) == (at(39).date() + timedelta(1), "0.60")
    assert (card.model.calibrated, card.model.says) == (False, "uncalibrated: weights of the catalogue")


def test_contributions_on_a_card_add_up_to_its_risk_without_those_that_are_folded() -> None:
    card = play(leaving().lines(), at(61)).cards()["c-1"]

    assert sum(Fraction(one.contribution) for one in card.open_signals) == Fraction(card.risk)
    assert [one.contribution for one in card.open_signals if one.folded] == ["0.0000"]


def test_bands_begin_where_the_settings_say() -> None:
    log = Log().login(*range(1, 20)).lines()

    found = [
        play(log, at(28), Policy(medium_from=medium, high_from=high)).cards()["c-1"].band
        for medium, high in ((3_300, 6_600), (2_000, 6_600), (1_000, 2_000))
    ]

    assert found == ["low", "medium", "high"]


def test_the_value_of_somebody_without_a_subscription_is_what_it_spent_in_a_year() -> None:
    log = Log().buys(0, "o-0", "999").buys(300, "o-1", "80").buys(310, "o-2", "20").refunds(320, "o-2", amount="5")
    log.login(*range(300, 330))

    card = play(log.lines(), at(341), Policy(basis="purchase")).cards()["c-1"]

    (value,) = card.value_at_risk
    assert (value.unit, Fraction(value.amount)) == ("spend_12_months", round(Fraction(card.risk) * 1_094, 2))


STAGES = {
    "prospect": Log().login(1),
    "trial": Log().starts(0, "50", status="trialing"),
    "new": Log().starts(0, "50"),
    "established": Log().starts(-200, "50"),
    "returned": Log().starts(-200, "50").ends(-100).starts(0, "50", name="s-2"),
    "paused": Log().starts(-200, "50").pauses(30),
    "former": Log().starts(-200, "50").ends(0),
}


@pytest.mark.parametrize("stage", STAGES)
def test_the_stage_of_a_customer_is_that_of_its_basis(stage: str) -> None:
    from retention.risk.model import evidence
    from retention.risk.standing import stage_of, standing_of

    policy, shelf = Policy(), Shelf()
    state = PartitionState(policy, shelf)
    for one in STAGES[stage].lines():
        topic = "logins" if b"login" in one else "cancellations" if b"cancellation" in one else "subscriptions"
        event = DECODERS[topic].decode(one)
        state.observe(event, instant(event.occurred_at), topic, None)
    customer, now = shelf.look("c-1"), instant(at(40))

    found = stage_of(customer, now, policy, standing_of(customer, now, policy), evidence(customer, now))

    assert found == stage


LIVES = {
    "subscription": Log().starts(0).ends(30).starts(530, name="s-2"),
    "purchase": Log().buys(0, "o-1").buys(530, "o-2"),
}


@pytest.mark.parametrize("basis", LIVES)
def test_who_comes_back_after_more_than_the_horizon_has_returned_and_is_not_new(basis: str) -> None:
    #  day   0 ─── left ···················· horizon ··· 530 ──── 531    540
    #        first                           of 542      again    ticket  login
    log = Log()
    log.events = [*LIVES[basis].events]
    log.add("ticket.opened", 531, ticket_id="t-1", topic="billing", priority="urgent").login(540)

    outcome = play(log.lines(), at(542), Policy(basis=basis), run=Run(batch=1))

    assert {card.stage for card in outcome.of_type("customer.health") if card.as_of > at(531)} == {"returned"}


@pytest.mark.parametrize("basis", LIVES)
def test_who_was_a_customer_before_the_horizon_is_a_former_one_and_no_prospect(basis: str) -> None:
    from retention.risk.standing import stage_of, standing_of

    policy = Policy(basis=basis)
    log = Log()
    log.events = LIVES[basis].events[:-1]
    outcome = play(log.login(600, 601).lines(), at(610), policy, run=Run(batch=1))
    customer, now = outcome.partition_states[0].customers.look("c-1"), instant(at(610))

    assert stage_of(customer, now, policy, standing_of(customer, now, policy), ()) == "former"


# When it is written


def written(outcome: Outcome) -> list[tuple[datetime, str]]:
    return [(card.as_of, card.band) for card in outcome.of_type("customer.health")]


def test_somebody_at_risk_gets_a_card_at_each_midnight() -> None:
    log = Log().starts(0, "50").add("cancellation.requested", 10.5)
    ticking = in_order(log.login(*(day + 0.25 for day in range(15))))

    found = written(play(ticking.lines(), at(15), run=Run(batch=1)))

    assert found == [(at(10.5), "high"), *((at(day), "high") for day in range(11, 15))]


def test_of_days_that_pass_at_once_only_the_last_one_has_a_card() -> None:
    log = Log().starts(0, "50").add("cancellation.requested", 10.5)

    assert written(play(log.lines(), at(25), run=Run(batch=1)))[-1] == (at(24), "high")


@pytest.mark.parametrize("cards_every", [1, 3, 1_000])
def test_whose_risk_falls_to_low_by_time_gets_one_more_card_however_late_that_is_seen(cards_every: int) -> None:
    """Weights 0.30 and 0.30 with half-lives of 21 and 60 days, from days 32 and 33 on; neither signal is over."""
    log = Log().starts(0, "50").asks(31, "t-1").asks(31.5, "t-2").asks(32, "t-3").changes(33, mrr="30")
    ticking = in_order(log.login(*(day + 0.25 for day in range(60))))
    run = Run(batch=2, cards_every=cards_every)

    card = play(ticking.lines(), at(60), Policy(signals=NOT_STUCK), run).cards()["c-1"]

    low_since = next(
        day
        for day in range(34, 60)
        if 1 - (1 - 0.3 / 2 ** ((day - 32) / 21)) * (1 - 0.3 / 2 ** ((day - 33) / 60)) < 0.33
    )
    assert [one.signal for one in card.open_signals] == ["repeated-ticket", "downgrade"]
    assert (card.band, card.as_of) == ("low", at(low_since))


def test_a_customer_without_open_signals_has_none_and_costs_nothing() -> None:
    log = Log().starts(0, "50").changes(10, mrr="80").login(*range(20))

    outcome = play(log.lines(), at(21))

    assert not outcome.cards()
    (customer,) = [customer for _, customer in outcome.partition_states[0].customers.every()]  # type: ignore[attr-defined]
    assert not CARD.is_kept(customer)


def test_money_that_changes_while_a_signal_is_open_is_on_the_next_card() -> None:
    log = Log().starts(0, "50").add("cancellation.requested", 10).changes(10.25, mrr="80")

    card = play(log.lines(), at(10.5), run=Run(batch=1)).cards()["c-1"]

    assert [(one.amount, card.as_of) for one in card.mrr] == [("80.00", at(10.25))]


def test_whose_signals_are_over_gets_a_last_card_that_says_so_and_nothing_is_kept() -> None:
    log = Log().starts(0, "50").add("cancellation.requested", 10).add("cancellation.revoked", 12)

    outcome = play(log.lines(), at(40), run=Run(batch=1))

    card = outcome.cards()["c-1"]
    assert (card.risk, card.band, card.open_signals, card.as_of) == ("0.0000", "low", [], at(12))
    (customer,) = [customer for _, customer in outcome.partition_states[0].customers.every()]  # type: ignore[attr-defined]
    assert not CARD.is_kept(customer)


def state_of(log: Log, shelf: Shelf) -> PartitionState:
    state = PartitionState(Policy(), shelf)
    for one in log.lines():
        topic = "cancellations" if b"cancellation" in one else "subscriptions"
        event = DECODERS[topic].decode(one)
        state.observe(event, instant(event.occurred_at), topic, None)
    return state


def test_a_card_that_waits_when_a_worker_dies_is_written_once_by_the_next() -> None:
    shelf = Shelf()
    state = state_of(Log().starts(0, "50").add("cancellation.requested", 10), shelf)
    (raised,) = [one for one in state.take_statements() if one.type == "churn_signal.raised"]
    shelf.commit()
    assert state.cards.turn.waiting == 1

    following = PartitionState(Policy(), shelf, state.watermark, turn=state.cards.turn)
    for name, customer in shelf.every():
        following.load(name, customer)

    assert following.cards_are_due()
    assert not following.write_cards(10)
    (card,) = following.take_statements()
    assert (card.type, card.cause, card.at) == ("customer.health", raised.id, instant(at(10)))
    assert not card_seen(shelf.look("c-1")).cause
    assert not following.cards_are_due()


def test_a_day_whose_cards_are_written_in_part_is_gone_on_with_after_a_restart() -> None:
    names, shelf = [f"c-{number}" for number in range(7)], Shelf()
    state = PartitionState(Policy(), shelf)
    for name in names:
        for one in Log(name).starts(0, "50").add("cancellation.requested", 10).lines():
            topic = "cancellations" if b"cancellation" in one else "subscriptions"
            event = DECODERS[topic].decode(one)
            state.observe(event, instant(event.occurred_at), topic, None)
    state.take_statements()
    assert not state.write_cards(100)
    assert sorted(one.key for one in state.take_statements()) == names
    state.advance(instant(at(12.5)))

    assert state.write_cards(3)
    first = [one.key for one in state.take_statements() if one.type == "customer.health"]
    shelf.commit()
    turn = msgspec.msgpack.decode(msgspec.msgpack.encode(state.cards.turn), type=Turn)
    following = PartitionState(Policy(), shelf, state.watermark, turn=turn)
    for name, customer in shelf.every():
        following.load(name, customer)
    assert not following.write_cards(100)
    rest = following.take_statements()

    assert len(first) == 3
    assert sorted([*first, *(one.key for one in rest)]) == names
    assert {one.at for one in rest} == {instant(at(12))}


def test_nothing_is_said_of_somebody_who_was_forgotten_before_its_card_was_written() -> None:
    shelf = Shelf()
    state = state_of(Log().starts(0, "50").add("cancellation.requested", 10), shelf)
    state.write_cards(10)

    state.forget("c-1", instant(at(11)))

    assert not [one for one in state.take_statements() if one.type == "customer.health"]
    assert not state.cards_are_due()


def test_what_is_kept_of_a_card_is_read_as_it_was_written() -> None:
    golden = bytes.fromhex((Path(__file__).parent / "golden/section-20-1.hex").read_text())
    customer = newcomer()
    customer.replace_part(CARD.id, golden)

    found = card_seen(customer)

    assert (found.at, unpacked(found.cause)) == (instant(at(10)), "6f0c1d5e-7a53-5d0b-9a3e-2f6f7f5b8c11")
    assert customer.put_away() == decode(encode(customer)).put_away()
    assert customer.part(CARD.id) == golden


# Laws


@given(logs(), runs)
def test_batches_restarts_and_when_cards_are_written_do_not_change_the_last_cards(
    events: list[Event], run: Run
) -> None:
    first = play(lines(events), UNTIL, POLICY, Run(batch=5))

    other = play(lines(events), UNTIL, POLICY, run)

    assert held(other) == held(first)


@given(logs(), st.integers(0, 1_000), runs)
def test_any_order_within_the_lateness_gives_the_same_last_cards(events: list[Event], seed: int, run: Run) -> None:
    first = play(lines(events), UNTIL, POLICY, Run(batch=5))

    late = play(lines(doubled(overtaken(events, timedelta(hours=46), seed), seed)), UNTIL, POLICY, run)

    assert held(late) == held(first)


@given(logs(), st.sampled_from((0, 6, 46)), st.integers(0, 1_000), runs)
def test_the_risk_on_each_card_follows_from_the_signals_that_were_said(
    events: list[Event], hours: int, seed: int, run: Run
) -> None:
    """Recompute it from `churn-signals` alone, in decimals of the machine."""
    outcome = play(lines(overtaken(events, timedelta(hours=hours), seed)), UNTIL, POLICY, run)

    for name, card in outcome.cards().items():
        there: dict[str, ChurnSignal] = {}
        for signal in outcome.signals():
            if signal.customer_id == name:
                there.pop(signal.signal, None)
                if signal.transition != "cleared":
                    there[signal.signal] = signal
        assert sorted(there) == sorted(one.signal for one in card.open_signals)
        folded = FOLDED if "cancellation-requested" in there else set()
        left = 1.0
        for one in there.values():
            age = (card.as_of - one.raised_at) / timedelta(days=1)
            left *= 1 - (one.signal not in folded) * one.weight * (
                2 ** (-age / one.half_life_days) if one.half_life_days else 1
            )
        assert abs(1 - left - float(card.risk)) < 0.0002
        band = "high" if float(card.risk) >= 0.66 else "medium" if float(card.risk) >= 0.33 else "low"
        assert card.band == band


FOLDED = {signal.name for signal in SIGNALS if signal.role == "engagement"}
