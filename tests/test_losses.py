"""Losses and the signals that were open before: cases, against the raw log, and however a log is read."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import DAY, SECOND, Instant, instant
from retention.engine.joining import join
from retention.engine.losses import Losses as EngineLosses
from retention.engine.partition_state import PartitionState
from retention.engine.sums import figures_digest
from retention.errors import Rejected
from retention.features import REGISTER
from retention.features.base import Facet
from retention.liveness import Sources
from retention.losses import LOSSES, MAX_LOSSES, Losses, Lost, OpenBefore, losses_seen, set_losses
from retention.measures import MEASURES, basis
from retention.measures.lost import LOST
from retention.policy import SEVERITIES, Policy, SignalPolicy
from retention.signals import RISKS, SIGNALS, name_of
from retention.state.codec import decode, encode
from retention.state.customer import Customer, newcomer
from schemas.decoding import Refused
from schemas.families import TOPIC_OF
from schemas.outbound import MetricUpdate
from streams.web.view import figures_of
from tests.building import START, Log, at, line, text
from tests.playing import DECODERS, Outcome, Run, Shelf, play, play_on
from tests.raw_figures import period_of
from tests.test_laws import POLICY, UNTIL, Event, doubled, lines, log_of, logs, overtaken

GOLDEN = Path(__file__).parent / "golden/section-27-1.hex"
SUBSCRIBED, BOUGHT = POLICY, replace(POLICY, basis="purchase")
both = pytest.mark.parametrize("policy", [SUBSCRIBED, BOUGHT], ids=["subscription", "purchase"])


def figure(outcome: Outcome, name: str = "warned_losses", period: str = "2024-02-01", by: str = "all") -> MetricUpdate:
    return outcome.update(f"{name}|lost||month|{period}|{by}")


def customers(outcome: Outcome) -> dict[str, Customer]:
    return {name: one for state in outcome.partition_states for name, one in state.customers.every()}  # type: ignore[attr-defined]


def losses_of(outcome: Outcome) -> dict[str, list[Lost]]:
    return {name: list(losses_seen(one)) for name, one in customers(outcome).items() if losses_seen(one)}


# Cases


def leaving(name: str = "c-1") -> Log:
    """Return a customer that asks on 11 January to cancel, and leaves on 10 February."""
    return Log(name).starts(1, "20").add("cancellation.requested", 10, subscription_id="s-1").ends(40)


def test_of_two_losses_one_was_warned_of_and_the_lead_is_that_of_the_alarm() -> None:
    events = [*leaving().events, *Log("c-2").starts(2, "20").ends(41).events]
    outcome = play([line(one) for one in sorted(events, key=lambda one: one["occurred_at"])], at(60))

    warned, lead = figure(outcome), figure(outcome, "warning_lead")

    assert (warned.value, warned.numerator, warned.denominator) == ("0.5000000000", "1", "2")
    assert warned.components["by_signal"]["cancellation-requested"]["mean_lead_seconds"] == str(30 * 86_400)
    assert warned.interval is not None
    assert abs(float(lead.value or 0) / (30 * 86_400) - 1) <= 0.01
    assert figure(outcome, "signalled_losses").value == "0.5000000000"


def test_a_low_signal_is_a_sign_and_no_warning() -> None:
    policy = Policy(signals={"cancellation-requested": SignalPolicy(severity="low", escalate_after_days=90)})

    outcome = play(leaving().lines(), at(60), policy)

    assert (figure(outcome).value, figure(outcome, "signalled_losses").value) == ("0.0000000000", "1.0000000000")
    assert figure(outcome, "warning_lead").value is None
    assert figure(outcome).components["by_signal"] == {
        "cancellation-requested": {"low": "1", "mean_lead_seconds": str(30 * 86_400)}
    }


def test_a_loss_counts_under_the_plan_that_the_customer_had() -> None:
    outcome = play(Log().starts(1, "20", plan="pro").ends(40).lines(), at(60), POLICY)

    assert figure(outcome, by="plan=pro").components["losses"] == "1"


def test_a_loss_that_late_evidence_takes_back_is_no_loss_and_restates_the_month() -> None:
    log = Log().starts(1, "20").ends(40).starts(75, "20", name="s-3")
    late = Log().starts(30, "20", name="s-2").events[0] | {"event_id": "late-1"}

    outcome = play([*log.lines(), line(late)], at(90), run=Run(batch=1, publish_every=1))

    found = figure(outcome)
    assert (found.components["losses"], found.value, found.reason) == ("0", None, "empty_base")
    assert (found.edition, found.causes) == ("restated", ["late-1"])
    assert losses_of(outcome) == {}


def test_a_request_that_arrives_after_the_loss_has_warned_of_it() -> None:
    """No figure but this one reads a ticket, so the event takes the short way for all others."""
    log = Log().starts(1, "20").ends(40).starts(100, "20")
    late = [one | {"event_id": f"late-{place}"} for place, one in enumerate(Log().asks(20, "t-1").events)]

    outcome = play([*log.lines(), *map(line, late)], at(110), run=Run(batch=1, publish_every=1))

    assert list(figure(outcome).components["by_signal"]) == ["support-stuck"]
    assert (figure(outcome).edition, figure(outcome).causes) == ("restated", ["late-0"])


def test_a_customer_that_never_left_has_nothing_of_it_in_its_state() -> None:
    outcome = play(Log().starts(1, "20").add("cancellation.requested", 10, subscription_id="s-1").lines(), at(30))

    (customer,) = customers(outcome).values()
    assert customer.part(LOSSES.id) is None
    assert not [key for key in outcome.updates if "|lost|" in key]


def test_an_erased_customer_leaves_its_losses_without_a_name_and_is_none_itself() -> None:
    outcome = play([*leaving().lines(), *map(line, Log("c-2").starts(45, "20").events)], at(60))
    (state,) = outcome.partition_states

    left = [state.forget(name, instant(at(60))) for name in ("c-1", "c-2")]

    counted = [vector for one in left for (series, _), vector in one.items() if series.basis == "lost"]
    assert [vector["losses"] for vector in counted] == [1, 1]  # of the month and of the quarter


def test_a_customer_of_two_ids_was_lost_when_both_had_left() -> None:
    kept, other = newcomer(), newcomer()
    for customer in (kept, other):
        set_losses(customer, [Lost(5)], POLICY)

    join(kept, other, REGISTER, POLICY)

    assert losses_seen(kept) == []  # the engine judges anew


def test_the_page_of_a_worker_has_them_by_month() -> None:
    outcome = play(leaving().lines(), at(60))

    rows = {row["period"]: row["warned"] for row in figures_of(outcome.books)}

    assert (rows["2024-01"], rows["2024-02"]) == (None, 1.0)


# Laws

SELDOM = 1_000
"""After how many batches figures are published where a law reads none: what is kept of customers depends on none."""


@both
@given(events=logs(), seed=st.integers(0, 1_000), restart_every=st.sampled_from((None, 3)), keeps_sums=st.booleans())
def test_what_is_stored_are_the_losses_that_the_basis_shows(
    policy: Policy, events: list[Event], seed: int, restart_every: int | None, keeps_sums: bool
) -> None:
    arriving = overtaken(events, timedelta(hours=40), seed)

    outcome = play(
        lines(arriving),
        UNTIL,
        policy,
        Run(2, 7, restart_every=restart_every, keeps_sums=keeps_sums, publish_every=SELDOM),
    )

    active = basis(policy.basis).active
    assert active is not None
    for customer in customers(outcome).values():
        spans = active(customer, policy, instant(UNTIL))
        lost = {end for _, end in spans if end < instant(UNTIL)} - {start for start, _ in spans}
        assert [one.at for one in losses_seen(customer)] == sorted(lost)


@both
@given(events=logs(), seed=st.integers(0, 1_000))
def test_they_are_the_same_however_the_log_is_read(policy: Policy, events: list[Event], seed: int) -> None:
    arriving = doubled(overtaken(events, timedelta(hours=46), seed), seed)

    one = play(lines(events), UNTIL, policy, Run(1, 1, publish_every=SELDOM))
    other = play(lines(arriving), UNTIL, policy, Run(3, 9, publish_every=SELDOM))

    assert losses_of(one) == losses_of(other)


@both
@given(seed=st.integers(0, 2**32))
def test_the_signals_of_a_loss_are_those_that_were_published_if_all_came_in_time(policy: Policy, seed: int) -> None:
    events = log_of(seed, 60)
    for name, losses in losses_of(play(lines(events), UNTIL, policy, Run(batch=1, publish_every=SELDOM))).items():
        for loss in losses:
            then = as_of(events, name, loss.at - 1, policy)
            published = {
                (name_of(key), one.level, (loss.at - one.raised_at) // SECOND)
                for key, one in then.open_signals().items()
            }
            assert {(one.signal, one.level, one.raised) for one in loss.warned} == published, (name, loss.at)


def as_of(events: list[Event], name: str, until: Instant, policy: Policy) -> Customer:
    """Return a customer as the worker has it when the events up to an instant came in order, and no others.

    No source is known to be silent: in a log of a few events nearly all would be.
    """
    shelf = Shelf()
    state = PartitionState(policy, shelf, sources=Sources())
    for event in events:
        happened = instant(datetime.fromisoformat(event["occurred_at"]))
        if event["customer_id"] != name or happened > until:
            continue
        topic = TOPIC_OF[event["type"]]
        try:
            decoded = DECODERS[topic].decode(line(event))
            state.advance(max(state.watermark, happened - policy.disorder))
            state.observe(decoded, happened, topic, None)
        except (Rejected, Refused):
            continue
    state.take_statements()
    state.advance(until)
    state.take_statements()
    return shelf.look(name)


# Against the raw log

WEEKLY = SignalPolicy(severity="low", escalate_after_days=7)
OTHERS = {one.name: replace(one.default, enabled=False) for one in SIGNALS}
PLAIN = Policy(signals=OTHERS | {"cancellation-requested": WEEKLY, "paused": WEEKLY}, horizon_months=24)
MINUTE = timedelta(minutes=1)


class Loss(NamedTuple):
    at: datetime
    warned: dict[str, tuple[int, int, int]]
    """By signal: its severity, and the seconds since it was raised, and since it was medium."""


def draw(seed: int) -> list[Event]:
    """Draw what some customers do with one subscription each: pauses, requests, ends and returns."""
    random, events = Random(seed), list[Event]()
    for number in range(random.randrange(1, 6)):
        when, runs = START, False
        for place in range(random.randrange(1, 12)):
            when += timedelta(days=random.choice((1, 3, 10, 40, 100)), minutes=random.randrange(1, 1_000))
            kind = random.choice(LATER) if runs else "subscription.started"
            runs = kind != "subscription.ended"
            event = {"event_id": f"e-{number}-{place}", "type": kind, "customer_id": f"c-{number}"}
            terms = {"mrr": "10", "currency": "EUR"} if kind == "subscription.started" else {}
            events.append(event | terms | {"subscription_id": f"s-{number}", "occurred_at": text(when)})
    return sorted(events, key=lambda one: (one["occurred_at"], one["event_id"]))


LATER = (
    *("cancellation.requested",) * 2,
    "cancellation.revoked",
    *("subscription.paused",) * 2,
    "subscription.resumed",
    *("subscription.ended",) * 2,
)
DRAWN_UNTIL = START + timedelta(days=1_400)


def of_raw(events: list[Event]) -> dict[str, list[Loss]]:
    """Return the losses of each customer by a plain reading of its log, with the signals right before."""
    return {
        name: found
        for name in {one["customer_id"] for one in events}
        if (found := _losses([one for one in events if one["customer_id"] == name]))
    }


def _losses(events: list[Event]) -> list[Loss]:
    found = list[Loss]()
    since: dict[str, datetime] = {}
    is_customer = False
    for event, following in pairwise([*events, None]):
        assert event is not None
        when, kind = datetime.fromisoformat(event["occurred_at"]), event["type"]
        if kind == "subscription.ended" and is_customer:
            found.append(Loss(when, _warned(since, when, found)))
        _apply(since, kind, when)
        is_customer = kind != "subscription.ended" and (is_customer or "paused" not in since)
        rests = since.get("paused")
        end = datetime.fromisoformat(following["occurred_at"]) if following is not None else DRAWN_UNTIL
        if rests is not None and is_customer and when <= rests + timedelta(days=90) < end:
            lapse = rests + timedelta(days=90)
            found.append(Loss(lapse, _warned(since, lapse, found)))
            is_customer = False
    return found


def _apply(since: dict[str, datetime], kind: str, when: datetime) -> None:
    match kind:
        case "cancellation.requested":
            since.setdefault("cancellation-requested", when)
        case "cancellation.revoked":
            since.pop("cancellation-requested", None)
        case "subscription.paused":
            since.setdefault("paused", when)
        case "subscription.resumed":
            since.pop("paused", None)
        case "subscription.ended":
            since.clear()


def _warned(since: dict[str, datetime], when: datetime, before: list[Loss]) -> dict[str, tuple[int, int, int]]:
    left = before[-1].at if before else START
    return {name: _severity(name, raised, when) for name, raised in since.items() if raised >= left}


def _severity(name: str, raised: datetime, when: datetime) -> tuple[int, int, int]:
    days = (7, 60) if name == "paused" else (7,)
    reached = [raised + timedelta(days=one) for one in days if raised + timedelta(days=one) < when]
    medium = (when - reached[0]) // timedelta(seconds=1) if reached else 0
    return len(reached), (when - raised) // timedelta(seconds=1), medium


@given(
    st.integers(0, 2**32),
    st.sampled_from((None, 2)),
    st.booleans(),
    st.sampled_from((("month", "quarter"), ("week", "month", "year"), ("month", "t90d"))),
)
def test_they_are_those_of_the_raw_log_in_open_and_closed_periods(
    seed: int, restart_every: int | None, keeps_sums: bool, kinds: tuple[str, ...]
) -> None:
    events = draw(seed)
    policy = replace(PLAIN, periods=kinds, horizon_months=60)
    arriving = doubled(overtaken(events, timedelta(hours=40), seed), seed)

    outcome = play(lines(arriving), DRAWN_UNTIL, policy, Run(2, 5, restart_every=restart_every, keeps_sums=keeps_sums))

    assert {name: [as_raw(one) for one in losses] for name, losses in losses_of(outcome).items()} == of_raw(events)
    every = [one for losses in of_raw(events).values() for one in losses]
    for update in outcome.updates.values():
        if update.basis == "lost":
            period = period_of(policy, update.period.kind, update)
            inside = [one for one in every if period.start <= instant(one.at) < period.end]
            warned = [one for one in inside if any(level for level, _, _ in one.warned.values())]
            assert update.components["losses"] == str(len(inside))
            assert update.components["warned"] == str(len(warned))
            assert update.components["signalled"] == str(len([one for one in inside if one.warned]))
    assert bool(every) == any(update.basis == "lost" for update in outcome.updates.values())


def as_raw(loss: Lost) -> Loss:
    warned = {one.signal: (one.level, one.raised, one.alarmed) for one in loss.warned}
    return Loss(START + timedelta(microseconds=loss.at - instant(START)), warned)


# What is kept


def test_what_is_kept_is_read_as_it_was_written() -> None:
    golden = bytes.fromhex(GOLDEN.read_text())
    customer = newcomer()
    customer.replace_part(LOSSES.id, golden)

    assert losses_seen(customer) == [
        Lost(instant(at(40)), ()),
        Lost(
            instant(at(90)),
            (OpenBefore("payment-failing", 2, 1_209_600, 950_400), OpenBefore("no-login", 0, 86_400, 0)),
        ),
    ]
    LOSSES.of(customer)
    assert decode(encode(customer)).part(LOSSES.id) == golden


def test_losses_of_years_take_no_more_bytes_than_those_that_are_kept() -> None:
    customer = newcomer()
    set_losses(customer, [Lost(day * DAY) for day in range(1, 500)], POLICY)
    customer.put_away()

    assert len(losses_seen(customer)) == MAX_LOSSES
    assert len(customer.part(LOSSES.id) or b"") < 1_000


def test_losses_that_are_too_many_are_not_judged_at_each_event(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Instant] = []
    ask = EngineLosses._open_before

    def noted(
        own: EngineLosses, customer: Customer, when: Instant, known: Lost | None, facet: Facet | None
    ) -> tuple[OpenBefore, ...]:
        asked.append(when)
        return ask(own, customer, when, known, facet)

    monkeypatch.setattr(EngineLosses, "_open_before", noted)
    log = Log()
    for number in range(MAX_LOSSES + 10):
        log.buys(1 + 3 * number, f"o-{number}")
    policy = Policy(basis="purchase", purchase_window_days=1)

    outcome = play(log.lines(), at(3 * (MAX_LOSSES + 12)), policy, Run(batch=1))

    assert len(losses_of(outcome)["c-1"]) == MAX_LOSSES
    assert len(asked) == len(set(asked)) == MAX_LOSSES + 10


def test_of_a_state_of_an_older_build_they_are_derived_when_it_is_read() -> None:
    older = tuple(one for one in MEASURES if one is not LOST)
    then = Run(measures=older, batch=1)
    first = play(leaving().lines(), at(60), POLICY, then)
    assert losses_of(first) == {}
    assert figures_digest(POLICY, older) != figures_digest(POLICY)

    now = play_on(first, (POLICY, then), (POLICY, Run()), [], at(61))

    assert [one.signal for one in losses_of(now)["c-1"][0].warned] == ["cancellation-requested"]
    assert figure(now).value == "1.0000000000"


def test_names_of_signals_are_in_the_order_of_the_register() -> None:
    assert [one.name for one in RISKS] == [one.name for one in SIGNALS if not one.is_opportunity]
    assert SEVERITIES[1] == "medium"
    assert Losses().losses == []
