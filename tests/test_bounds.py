"""Events before the horizon, and the largest size of a customer."""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from aiokafka.partitioner import murmur2
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from retention.calendar import DAY, HOUR, NEVER, SECOND, Calendar, instant, moment
from retention.contacts import CONTACTS
from retention.engine.partition_state import PartitionState
from retention.errors import Rejected, UnknownVersion
from retention.features.deliveries.section import DELIVERIES
from retention.features.purchases.orders import MAX_ORDERS, MAX_REFUNDS, Order, Refund, activity, bound
from retention.features.purchases.section import add_order, find_order, orders_of, orders_seen
from retention.features.subscriptions.renewals_section import RENEWALS
from retention.features.subscriptions.section import timeline_seen
from retention.features.subscriptions.timeline import (
    KEPT_FOR_REQUESTS,
    MAX_OPS,
    Op,
    Opening,
    OpKind,
    Subscription,
    Timeline,
    has_room,
    is_end,
)
from retention.features.tickets.section import tickets_of, tickets_seen
from retention.features.tickets.tickets import MAX_TICKETS
from retention.identity import digest, packed, unpacked
from retention.policy import Policy
from retention.risk.section import CARD, ON_CARD
from retention.signals.no_login import NO_LOGIN
from retention.spans import merged
from retention.state.codec import MAX_VALUE_BYTES, decode, due_of, encode, with_due
from retention.state.customer import Customer, newcomer
from retention.state.section import Section
from retention.state.seen_ids import MAX_RECENT, RECENT_BYTES
from retention.statements import Statement
from schemas.decoding import Decoder
from schemas.families import TOPIC_OF
from schemas.logins import LOGINS
from schemas.purchases import PURCHASES
from schemas.subscriptions import SUBSCRIPTIONS
from schemas.tickets import TICKETS
from streams import home
from streams.broker import BATCH_BYTES
from tests.building import START, Log, at, text
from tests.playing import DECODERS, Run, Shelf, play

YEARS = 900
GOLDEN = Path(__file__).parent / "golden"


def later(log: Log) -> Log:
    """Add a login far behind everything else, so that event time has moved on."""
    return log.add("login.succeeded", YEARS)


def test_behaviour_from_before_the_horizon_is_too_late() -> None:
    log = later(Log()).login(1).asks(2, "t")

    outcome = play(log.lines(), at(YEARS + 1), run=Run(batch=1))

    assert outcome.counts["too_late"] == 2


def test_an_old_start_is_opening_state_and_not_late() -> None:
    log = later(Log()).starts(1, "30")

    outcome = play(log.lines(), at(YEARS + 40), run=Run(batch=1))

    assert outcome.counts["too_late"] == 0
    assert outcome.update("mrr|subscription|EUR|month|2026-06-01|all").value == "30.00"


def test_an_old_change_of_what_is_settled_is_too_late() -> None:
    log = later(Log().starts(1, "30")).add("login.failed", YEARS + 40).changes(5, mrr="99")

    outcome = play(log.lines(), at(YEARS + 70), run=Run(batch=1))

    assert outcome.counts["too_late"] == 1
    assert outcome.update("mrr|subscription|EUR|month|2026-06-01|all").value == "30.00"


def test_an_old_first_order_makes_a_later_one_a_return() -> None:
    log = later(Log()).buys(YEARS + 1, "o-2")
    new = play(log.lines(), at(YEARS + 60), run=Run(batch=1))

    returned = play(log.buys(1, "o-1").lines(), at(YEARS + 60), run=Run(batch=1))

    key = "crr|purchase||month|2026-06-01|all"
    assert (new.update(key).components["new"], new.update(key).components["returned"]) == (1, 0)
    assert (returned.update(key).components["new"], returned.update(key).components["returned"]) == (0, 1)
    assert returned.counts["too_late"] == 0


def busy() -> Log:
    """Return 70 days of a customer that signs in five times a day, and does something of most kinds."""
    log = Log().starts(0, "10").add("seats.changed", 0.5, paid=20, active=4)
    log.add("milestone.reached", 1, milestone="import").add("feature.used", 1.1, feature="export", user_id="u-1")
    for day in range(1, 71):
        log.login(*[day + part / 10 for part in range(5)]).buys(day + 0.2, f"o-{day}", amount=str(day))
        if day % 3 == 0:
            log.changes(day + 0.4, mrr=str(10 + day % 40)).asks(day + 0.5, f"t-{day}").solves(day + 0.6, f"t-{day}")
        if day % 10 == 0:
            log.add("survey.answered", day + 0.7, kind="nps", score=day % 11).refunds(day + 0.8, f"o-{day}")
    return log


def kept_of(lines: list[bytes]) -> tuple[int, int, dict[str, Any], list[Statement]]:
    """Return on how many days a customer signed in, how often, its figures, and the movements of its MRR."""
    outcome = play(lines, at(130), Policy(stickiness=True), Run(batch=100))
    (state,) = outcome.partition_states
    counts = state.customers.look("c-1").logins
    figures = {key: found[:2] for key, found in outcome.finals().items()}
    return len(counts[::2]), sum(counts[1::2]), figures, [s for s in outcome.statements if "movement" in s.type]


def test_of_a_history_that_comes_twice_figures_count_nothing_again_but_logins_beyond_256_do() -> None:
    once_days, once_logins, *once = kept_of(busy().lines())

    days, logins, *twice = kept_of(busy().lines() * 2)

    assert twice == once
    assert (days, once_days) == (70, 70)
    assert (once_logins, logins) == (350, 700)


@given(st.lists(st.tuples(st.integers(0, 900), st.none() | st.integers(0, 200)), min_size=MAX_ORDERS, max_size=260))
def test_orders_that_are_dropped_carried_nothing(drawn: list[tuple[int, int | None]]) -> None:
    calendar = Policy().calendar
    orders = {
        digest(f"o-{place}"): Order(
            day * DAY,
            packed(f"e-{place}"),
            100,
            "EUR",
            [Refund(b"r", (day + back) * DAY, None)] if back is not None else [],
        )
        for place, (day, back) in enumerate(drawn)
    }
    before, number = activity(orders, calendar, 30), len(orders)

    dropped = bound(orders, calendar, 30)

    assert activity(orders, calendar, 30) == before
    assert len(orders) == number - dropped
    assert len(orders) <= MAX_ORDERS * 3 // 4 or not bound(orders, calendar, 30)


def test_a_customer_of_very_many_events_stays_within_its_bound() -> None:
    shelf = Shelf()
    partition_state = PartitionState(Policy(), shelf)
    number, decoders = 0, {f.topic: Decoder(f) for f in (LOGINS, PURCHASES, TICKETS, SUBSCRIPTIONS)}
    log = Log()
    for day in range(250):
        log.login(*[day + n / 100 for n in range(60)])
        log.buys(day, f"order-number-{day}").buys(day + 0.5, f"another-order-{day}").refunds(
            day + 0.6, f"another-order-{day}"
        )
        log.asks(day, f"ticket-number-{day}").solves(day + 0.5, f"ticket-number-{day}")
    refused: Counter[str] = Counter()
    for number, (event, line) in enumerate(zip(log.events, log.lines(), strict=True)):
        topic = {"login": "logins", "purchase": "purchases", "ticket": "tickets"}.get(event["type"].split(".")[0])
        try:
            decoded = decoders[topic or "subscriptions"].decode(line)
            partition_state.observe(decoded, instant(decoded.occurred_at), topic or "subscriptions", number)
        except Rejected as refusal:
            refused[refusal.reason] += 1
        partition_state.statements.clear()
    shelf.commit()

    value = shelf.values["c-1"]
    assert number > 15_000
    assert len(value) <= MAX_VALUE_BYTES
    assert not refused
    assert decode(value).dropped > 0
    assert len(decode(value).recent) == MAX_RECENT * RECENT_BYTES


def _at_every_bound(ids: Iterator[str]) -> Log:
    """Return a log of a customer beyond every bound of its state, with ids from a list."""
    log, name = Log(), list(itertools.islice(ids, 400))
    for number in range(150):
        log.login(number).add("login.failed", number)
        log.add("ticket.opened", number, event_id=next(ids), ticket_id=name[number], topic=name[number % 3])
        for step in range(2):
            log.add("ticket.reopened", number + step / 10, event_id=next(ids), ticket_id=name[number])
    for number in range(220):
        bought = {"order_id": name[number], "amount": "12345678.90", "currency": "EUR"}
        log.add("purchase.completed", number * 1.5, event_id=next(ids), **bought)
    for number in range(MAX_REFUNDS + 20):
        log.add("purchase.refunded", number, event_id=next(ids), order_id=next(ids), amount="0.01", currency="EUR")
    plan = name[0] if len(name[0]) == 128 else "enterprise"
    terms = {"subscription_id": name[0], "currency": "EUR", "plan": plan, "status": "active"}
    for number in range(MAX_OPS + 10):
        kind = "subscription.changed" if number else "subscription.started"
        end = text(at(number + 365))
        log.add(kind, number, event_id=next(ids), mrr=f"{1_000 + number % 7}.89", term_end=end, **terms)
    for number in range(KEPT_FOR_REQUESTS + 2):
        kind = "cancellation.revoked" if number % 2 else "cancellation.requested"
        log.add(kind, MAX_OPS + 20 + number, event_id=next(ids), subscription_id=name[0])
    return log.ends(MAX_OPS + 40, name[0], event_id=next(ids), reason="customer_service")


@pytest.mark.parametrize(
    ("ids", "most"),
    [
        ((str(UUID(int=n, version=4)) for n in itertools.count(2**90)), MAX_VALUE_BYTES),
        ((f"{n:0128d}" for n in itertools.count()), BATCH_BYTES - 4_096),
    ],
)
def test_a_state_fits_whatever_a_customer_does(ids: Iterator[str], most: int) -> None:
    log = _at_every_bound(ids)

    outcome = play(log.lines(), at(380), run=Run(batch=1_000))

    ((_, customer),) = outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    value = encode(customer)
    assert most / 2 < len(value) <= most
    refused = {"refunds": 20, "terms": 10 + KEPT_FOR_REQUESTS + 1, "requests": 2}
    assert outcome.counts["too_many"] == sum(refused.values())
    assert len(timeline_seen(customer).ops) == MAX_OPS
    assert customer.dropped > 0


def test_more_subscription_events_than_a_state_holds_are_dead_letters_and_not_forgotten_in_silence() -> None:
    log = Log().starts(0)
    for number in range(320):
        log.changes(1 + number / 2, mrr=str(10 + number % 7))

    outcome = play(log.lines(), at(170), run=Run(batch=100))

    assert outcome.counts["too_many"] == 321 - (MAX_OPS - KEPT_FOR_REQUESTS - 1)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_customer_of_very_many_events_still_asks_to_leave_and_leaves(at_once: bool) -> None:
    log = Log().starts(0)
    for number in range(400):
        log.changes(1 + number / 24, mrr=str(10 + number % 7))
    log.add("cancellation.requested", 20, subscription_id="s-1").add("cancellation.revoked", 21, subscription_id="s-1")
    if at_once:
        log.add("cancellation.requested", 25, subscription_id="s-1", at_period_end=False)
    else:
        log.ends(25)

    outcome = play(log.lines(), at(70), run=Run(batch=100))

    assert [s.transition for s in outcome.signals("cancellation-requested")] == ["raised", "cleared"]
    assert outcome.update("mrr|subscription|EUR|month|2024-01-01|all").value == "0.00"


@given(st.integers(0, 2**32), st.sampled_from((1, 5, 40, 400)))
def test_an_end_of_what_stands_always_has_room(seed: int, names: int) -> None:
    dice, timeline, standing = Random(seed), Timeline(Opening()), set[str]()
    for opened in dice.sample(range(names), dice.randrange(names)):
        timeline.opening.subscriptions[f"s-{opened}"] = Subscription("EUR")
        standing.add(f"s-{opened}")
        if len(standing) * 2 >= MAX_OPS - KEPT_FOR_REQUESTS:
            break
    for number in range(900):
        kind: OpKind = dice.choice(("started", "started", "changed", "renewed", "ended", "requested", "revoked"))
        name = f"s-{dice.randrange(names)}" if kind == "started" or dice.random() < 0.98 else None
        op = Op(number, packed(f"e-{number}"), kind, name, at_period_end=dice.random() < 0.7)
        ends = is_end(op) and bool(standing if name is None else name in standing)
        room = has_room(timeline, op)
        assert room or not ends
        if room:
            timeline.add(op)
            if kind == "started":
                standing.add(name or "")
            elif is_end(op):
                standing -= standing if name is None else {name}
        assert len(timeline.ops) + len(timeline.opening.subscriptions) <= MAX_OPS


def test_money_that_cannot_be_kept_exactly_is_a_dead_letter_and_the_largest_that_can_is_counted_to_the_cent() -> None:
    """Neither may end the worker when it writes its state: it would come back with every start."""
    large = "999999999999999"
    log = Log().starts(0, mrr="123456789012345.123456789").starts(1, mrr="1000")
    line = {"price": large, "quantity": 10**9}
    log.add("subscription.changed", 2, subscription_id="s-1", interval="day", items=[line])
    for number in range(20_000, 20_010):
        log.starts(3, mrr=large, name=f"s-{number}").buys(4, f"o-{number}", f"{large}.99")
    others = [Log(f"d-{number}").starts(3, mrr=large).lines()[0] for number in range(9_500)]

    outcome = play([*log.lines(), *others], at(70), run=Run(batch=500, restart_every=7, keeps_sums=True))

    assert outcome.counts["contract"] == 2
    total = 9_510 * int(large) + 1_000
    assert outcome.update("mrr|subscription|EUR|month|2024-02-01|all").value == f"{total}.00"


@pytest.mark.parametrize("zone", ["UTC", "Europe/Madrid", "America/New_York"])
@pytest.mark.parametrize(
    ("never", "refused"),
    [("9999-12-31T23:59:59Z", 0), ("9999-12-31T23:59:59-05:00", 0), ("0001-01-01T00:00:00Z", 3)],
)
def test_a_date_that_is_written_for_never_is_no_end_or_a_dead_letter(never: str, refused: int, zone: str) -> None:
    """No calendar can show those in every zone: a worker would end of them at each start."""
    log = Log().starts(0, term_end=never).starts(1, name="s-2").pauses(3, name="s-2", until=never)
    log.add("subscription.renewed", 8, subscription_id="s-1", term_end=never)
    log.add("cancellation.requested", 9, reason="price", at_period_end=True)

    outcome = play(log.lines(), at(60), Policy(zone=zone), run=Run(batch=2))

    assert outcome.counts["contract"] == refused
    (told,) = [s for s in outcome.signals("cancellation-requested") if s.transition == "raised"]
    assert told.explanation.en == "Cancellation requested for the end of the term: price"
    assert len(outcome.signals("paused")) > 0 or refused


def test_a_trouble_longer_than_what_is_kept_of_it_stays_one_episode() -> None:
    log = Log()
    for number in range(MAX_TICKETS * 3):
        log.asks(1 + number / 3, f"t-{number}")
    log.add("ticket.solved", MAX_TICKETS, ticket_id=f"t-{MAX_TICKETS * 3 - 1}")

    outcome = play(log.lines(), at(MAX_TICKETS + 5), run=Run(batch=7))

    told = [signal for signal in outcome.signals("repeated-ticket") if signal.transition != "escalated"]
    assert [signal.transition for signal in told] == ["raised"]


@pytest.mark.parametrize("batch", [1, 50])
@pytest.mark.parametrize("until", [100, 460, 500, 900])
def test_who_began_long_before_the_log_is_lost_once_and_stays_so_when_that_is_sealed(until: int, batch: int) -> None:
    """A company that comes with its history: the start is of 1999, and reaches us as the level of what is sealed."""
    log = Log().login(30).add("subscription.started", 0, occurred_at="1999-12-31T23:59:59Z", subscription_id="s-1")
    log.events[-1] |= {"mrr": "10", "currency": "EUR"}
    log.add("subscription.ended", 59, subscription_id="s-1")

    outcome = play(log.lines(), at(until), run=Run(batch=batch))

    lost = outcome.update("crr|subscription||month|2024-02-01|all").components
    assert (lost["S"], lost["lost"], lost["E"]) == (1, 1, 0)
    assert outcome.update("mrr|subscription|EUR|month|2024-01-01|all").value == "10.00"


def test_a_state_keeps_its_next_due_instant_in_front() -> None:
    customer = newcomer()
    customer.due = 123_456

    assert due_of(encode(customer)) == 123_456
    assert decode(encode(customer)).put_away() == customer.put_away()


_HEX = st.text("0123456789abcdefABCDEF-", min_size=32, max_size=36)
_UUIDS = st.uuids().map(str) | st.uuids().map(lambda one: one.hex)


@st.composite
def nearly_uuids(draw: st.DrawFn) -> str:
    """Draw what would be a UUID but for a character or two."""
    ident = list(draw(_UUIDS))
    wrong = draw(st.sampled_from("- Ag0é"))
    for place in draw(st.sets(st.integers(0, len(ident) - 1), min_size=1, max_size=2)):
        ident[place] = wrong
    return "".join(ident)


@given(st.text(max_size=40) | _UUIDS | nearly_uuids() | _HEX)
def test_an_id_is_given_back_as_it_was(ident: str) -> None:
    assert unpacked(packed(ident)) == ident


@given(st.uuids())
def test_the_ids_that_most_producers_give_are_kept_in_half_their_bytes(ident: UUID) -> None:
    assert len(packed(str(ident))) == len(packed(ident.hex)) == 17


STAND_IN = "~0112233445566778899aabbccddeeff"
"""For an id that older programs took, and that no contract takes any more."""


def eventful() -> Log:
    """Return a log that leaves something in each part of a state, with ids of every shape."""
    uuid, digits = "0a1b2c3d-0001-4e5f-8a9b-0123456789ab", "00112233445566778899aabbccddeeff"
    log = Log().starts(0).login(1, 2, 3, 4, 5).add("login.failed", 5)
    log.add("purchase.completed", 3, event_id=uuid, order_id="o-1", amount="10", currency="EUR")
    log.add("purchase.completed", 4, event_id=digits, order_id=uuid, amount="20", currency="EUR")
    log.add("purchase.refunded", 6, event_id=uuid.upper(), order_id="o-1", amount="4").refunds(7, "o-not-seen")
    log.add("ticket.opened", 9, event_id=digits.upper(), ticket_id="t-1", topic="billing").asks(9, "t-2")
    log.add("ticket.reopened", 10, event_id=STAND_IN, ticket_id="t-1")
    return log.pauses(11, event_id="é").add("cancellation.requested", 12, event_id="{", reason="price")


def eventful_state() -> bytes:
    """Return the state that it leaves, after three weeks.

    `no-login` is tuned as in older programs: they made it `medium` at once, and `high` after a week at the latest.
    """
    before = dataclasses.replace(NO_LOGIN.default, severity="medium", escalate_after_days=7)
    outcome = play(eventful().lines(), at(21), Policy(signals={"no-login": before}), Run(batch=4))
    ((_, customer),) = outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    older = {packed(STAND_IN): packed("\x01" + STAND_IN[1:])}
    for ticket in tickets_of(customer).values():
        ticket.steps = [replace(step, event_id=older.get(step.event_id, step.event_id)) for step in ticket.steps]
    for told in customer.open_episodes.values():
        told.evidence = [older.get(ident, ident) for ident in told.evidence]
    customer.open_episodes["l"].due = NEVER
    customer.due = min(told.due for told in customer.open_episodes.values())
    return encode(customer)


def aged_state() -> bytes:
    """Return a state with what `eventful_state` has not: an opening balance, a discount, lapses that are still to come.

    Of what lies before the horizon a subscription stands, one has ended, and one is known by a late event alone.
    """
    half: dict[str, Any] = {"discounts": [{"percent": 50, "duration": "repeating", "periods": 9}]}
    yearly: dict[str, Any] = {"mrr": None, "items": [{"price": "120", "quantity": 3}], "interval": "year"}
    log = Log().starts(0, **yearly, plan="gold").starts(1, "30", name="s-2", **half).ends(40, "s-2").login(5)
    log.add("login.succeeded", YEARS).add("cancellation.requested", YEARS, reason="price", at_period_end=True)
    outcome = play(log.lines(), at(YEARS), run=Run(batch=1))
    (partition_state,) = outcome.partition_states
    log.changes(3, "s-3", mrr="7").buys(YEARS - 2, "o-1").buys(YEARS - 1, "o-2").refunds(YEARS, "o-2", amount="1.5")
    log.buys(YEARS + 200, "o-3").changes(YEARS + 1, **half).asks(YEARS, "t-1").solves(YEARS + 1, "t-1")
    for offset, written in enumerate(log.lines()):
        family = TOPIC_OF[log.events[offset]["type"]]
        event = DECODERS[family].decode(written)
        partition_state.observe(event, instant(event.occurred_at), family, offset)
    partition_state.take_statements()
    partition_state.customers.commit()  # type: ignore[attr-defined]
    ((_, customer),) = partition_state.customers.every()  # type: ignore[attr-defined]
    return encode(customer)


WRITERS = {
    f"customer.state-{version}{which}": writer
    for version in (5, 6, 7)
    for which, writer in (("", eventful_state), ("-old", aged_state))
}
"""What makes each state that the first program of its version wrote."""


def opened(state: Customer) -> Customer:
    """Return a customer whose tickets are read, so that they are written in the present form."""
    tickets_seen(state)
    return state


def as_known_then(value: bytes, then: Customer) -> Customer:
    """Return a customer without what older programs did not store or watch: later sections, and later signals."""
    customer = decode(value)
    later: tuple[Section[Any], ...] = (RENEWALS, DELIVERIES, CARD, ON_CARD, CONTACTS)
    for section in later:
        customer.open_as(section, section.new())
    customer.open_episodes = {key: customer.open_episodes[key] for key in then.open_episodes}
    assert customer.due <= then.due
    customer.due = then.due
    return customer


@pytest.mark.parametrize("name", WRITERS)
def test_a_state_of_versions_5_to_7_becomes_what_this_program_would_have_written(name: str) -> None:
    state = decode(bytes.fromhex((GOLDEN / f"{name}.hex").read_text()))

    assert encode(opened(state)) == encode(as_known_then(WRITERS[name](), state))


def test_an_aged_state_has_something_in_each_of_its_parts() -> None:
    customer = decode(aged_state())
    timeline = timeline_seen(customer)
    opening = timeline.opening

    assert opening.subscriptions.keys() == {"s-1"}
    assert (list(opening.ended), [op.subscription for op in opening.late]) == ([digest("s-2")], ["s-3"])
    assert opening.subscriptions["s-1"].pricing is not None
    assert [op.priced is not None for op in timeline.ops] == [False, True]
    assert customer.untold_lapses == [instant(at(YEARS + 89))]
    assert [len(order.refunds) for order in orders_seen(customer).values()] == [0, 1, 0]
    assert len(tickets_seen(customer)) == 1


@pytest.mark.parametrize("version", [2, 3, 4])
def test_a_state_of_a_version_before_becomes_what_this_program_would_have_written(version: int) -> None:
    state = decode(bytes.fromhex((GOLDEN / f"customer.state-{version}.hex").read_text()))

    assert state.open_episodes.keys() == {"l", "t", "c", "p"}
    wanted = as_known_then(eventful_state(), state)
    assert state.oldest <= wanted.oldest  # they knew since when nothing had been dropped, not how old the oldest was
    assert (state.woke, len(wanted.woke)) == ([], 1)  # they knew days of logins alone
    # They knew how far time had come, not when it last changed something: it never did.
    assert (state.settled, wanted.settled) == (instant(at(20)) + 1, 0)
    # They told ids apart without regard to the type of their events.
    (failed,) = [event["event_id"] for event in eventful().events if event["type"] == "login.failed"]
    by_type, by_id = digest(f"login.failed {failed}")[:RECENT_BYTES], digest(failed)[:RECENT_BYTES]
    assert by_type in wanted.recent
    assert state.recent == wanted.recent.replace(by_type, by_id)
    state.oldest, state.woke, state.settled = wanted.oldest, wanted.woke, wanted.settled
    state.recent = wanted.recent
    assert encode(opened(state)) == encode(wanted)


def test_a_state_that_an_older_program_wrote_is_read_and_upgraded_on_touch() -> None:
    """Five families, episodes without a due instant of their own: what the first program wrote, kept as it was."""
    shelf = Shelf()
    shelf.values["c-1"] = bytes.fromhex((GOLDEN / "customer.state-1.hex").read_text())
    partition_state = PartitionState(Policy(), shelf, instant(at(30)))
    partition_state.load("c-1", shelf.look("c-1"))
    event = Decoder(LOGINS).decode(Log().login(31).lines()[0].replace(b"c-1-e00001", b"another"))

    partition_state.observe(event, instant(at(31)), LOGINS.topic, 10**6)
    partition_state.advance(instant(at(60)))
    shelf.commit()

    customer = decode(shelf.values["c-1"])
    assert list(customer.applied) == sorted(customer.applied)
    assert customer.logins[1::2] == [1] * 6
    transitions = [
        (getattr(s.body, "signal", ""), s.type)
        for s in partition_state.statements
        if s.type.startswith("churn_signal.")
    ]
    assert transitions[0] == ("no-login", "churn_signal.cleared")
    assert customer.open_episodes["c"].severity == "critical"


@pytest.mark.parametrize("early", [85, 91, 95])
def test_a_loss_that_a_state_ahead_of_the_watermark_has_told_is_not_told_again(early: int) -> None:
    """Without transactions a state may be kept without the time that it was written at; a timer may ring early."""
    log = Log().add("purchase.completed", 1, order_id="o-1", amount="10", currency="EUR")
    lost = at(91)
    outcome = play(log.lines(), at(100))
    ((_, customer),) = outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    assert customer.purchase_lapse == instant(lost)
    shelf = Shelf()
    shelf.values["c-1"] = with_due(encode(customer), instant(at(early)))
    partition_state = PartitionState(Policy(), shelf, instant(at(80)))
    partition_state.load("c-1", shelf.look("c-1"))

    partition_state.advance(instant(at(120)))

    assert [s.type for s in partition_state.statements if s.type == "customer.churned"] == []
    assert partition_state.sums.parts == outcome.partition_states[0].sums.parts


def test_what_is_due_before_a_watermark_that_stands_still_is_told_now() -> None:
    """A timer may lie behind the watermark: set by a late event, or kept so. A rebuild takes all of that for told."""
    log = Log().add("purchase.completed", 1, order_id="o-1", amount="10", currency="EUR")
    ((_, customer),) = play(log.lines(), at(80)).partition_states[0].customers.every()  # type: ignore[attr-defined]
    shelf = Shelf()
    shelf.values["c-1"] = encode(customer)
    partition_state = PartitionState(Policy(), shelf, instant(at(100)))
    partition_state.load("c-1", shelf.look("c-1"))

    partition_state.advance(instant(at(100)))

    assert [s.type for s in partition_state.statements] == ["customer.churned"]


def test_a_state_of_a_newer_program_is_refused() -> None:
    with pytest.raises(UnknownVersion, match="state version 9"):
        decode(b"\x09" + bytes(8))


def test_months_are_folded_without_changing_a_figure() -> None:
    log = Log().starts(1, "10", plan="basic").pauses(40).resumes(50).changes(100, mrr="25").starts(200, "5", name="s-2")
    for month in range(30):
        log.add("login.failed", 30 * month + 15)
    log.ends(860, "s-2")
    log.events.sort(key=lambda e: e["occurred_at"])

    outcome = play(log.lines(), START + timedelta(days=930), run=Run(batch=2, restart_every=3))

    customer = dict(outcome.partition_states[0].customers.every())["c-1"]  # type: ignore[attr-defined]
    assert timeline_seen(customer).opening.at > 0
    assert outcome.update("mrr|subscription|EUR|month|2026-04-01|all").value == "30.00"
    assert outcome.update("mrr|subscription|EUR|month|2026-05-01|all").value == "25.00"


@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "find", "open", "write"]), st.text("ab-", min_size=1, max_size=3)),
        max_size=80,
    )
)
def test_orders_put_behind_others_as_bytes_are_those_of_a_dict(steps: list[tuple[str, str]]) -> None:
    """Ids that lie within each other and within event ids: what looks like an id in the bytes need not be one."""
    customer, wanted = newcomer(), dict[bytes, Order]()
    for number, (step, order_id) in enumerate(steps):
        key = order_id.encode()
        if step == "put" and find_order(customer, key) is None:
            order = Order(number, f"e-{order_id}-{number}".encode(), number * 100, "EUR")
            wanted[key] = order
            assert add_order(customer, key, order) == len(wanted)
        elif step == "write":
            customer = decode(encode(customer))
        elif step == "open":
            orders_of(customer)
        assert find_order(customer, key) == wanted.get(key)

    assert list(orders_seen(decode(encode(customer))).items()) == list(wanted.items())


@given(st.binary(max_size=40))
def test_a_customer_lives_where_the_partitioner_of_every_client_sends_it(key: bytes) -> None:
    assert home.murmur2(key) == murmur2(key)


CLOCKS = {
    "Europe/Madrid": (2024, 3, 31, 1, 0, 0),
    "America/New_York": (2024, 11, 3, 6, 0, 0),
    "Australia/Lord_Howe": (2024, 4, 6, 15, 0, 0),
    "America/Havana": (2026, 11, 1, 5, 0, 0),
    "Africa/Cairo": (2024, 10, 31, 21, 0, 0),
    "America/Asuncion": (2017, 10, 1, 4, 0, 0),
    "Pacific/Apia": (2011, 12, 30, 10, 0, 0),
    "Antarctica/Troll": (2024, 3, 31, 1, 0, 0),
    "America/St_Johns": (2001, 4, 1, 3, 31, 0),
    "Africa/Monrovia": (1972, 1, 7, 0, 44, 30),
}
"""When clocks were set in some zones, in UTC: by an hour, half of one, two, at midnight, by a day, and at odd times."""


@given(
    st.sampled_from(sorted(CLOCKS)),
    st.sampled_from((1, 7, 90)),
    st.booleans(),
    st.integers(-50 * 4, 50 * 4),
    st.sampled_from((-1, 0, 1, 400_000_000)),
    st.lists(st.integers(-50 * 60, 50 * 60), max_size=20),
)
@example(zone="America/St_Johns", days=90, near_its_end=True, quarters=0, beside=30 * SECOND, minutes=[])
def test_a_window_of_local_days_is_the_same_local_time_days_before(
    zone: str, days: int, near_its_end: bool, quarters: int, beside: int, minutes: list[int]
) -> None:
    """Whatever clocks are set between: an order lasts up to the last instant whose window still holds it."""
    set_at = instant(datetime(*CLOCKS[zone], tzinfo=UTC))
    order = set_at - (days * DAY if near_its_end else 0) + quarters * 15 * 60 * SECOND + beside

    end = Calendar(zone).add_days(order, days)

    assert _window_start(end, days, zone) <= order
    for minute in [0, 1, *map(abs, minutes)]:
        assert _window_start(end + 1 + minute * 60 * SECOND, days, zone) > order


def _window_start(at: int, days: int, zone: str) -> int:
    """Return what metrics.md says, by the standard library alone: t − W."""
    local = moment(at).astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    return instant((local - timedelta(days=days)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC))


@given(
    st.lists(st.tuples(st.integers(0, 400 * 24), st.none() | st.integers(0, 500 * 24)), max_size=12),
    st.integers(1, 90),
)
def test_activity_is_what_the_window_of_each_order_covers(hours: list[tuple[int, int | None]], window: int) -> None:
    """Orders close to each other are joined without the calendar. Clocks change twice in what is drawn."""
    madrid = Calendar("Europe/Madrid")
    orders = {
        digest(f"o-{n}"): Order(
            start * HOUR, packed(f"e-{n}"), 100, "EUR", [] if back is None else [Refund(b"r", back * HOUR, None)]
        )
        for n, (start, back) in enumerate(hours)
    }

    alone = [(o.at, min(madrid.add_days(o.at, window), o.refunded_at())) for o in orders.values()]
    assert activity(orders, madrid, window) == merged(alone)
