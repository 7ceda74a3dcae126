"""The family `payments`: what is stored follows from the set of events, and is as little as its signals need."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import DAY, instant
from retention.engine.partition_state import PartitionState
from retention.features import REGISTER
from retention.features.base import DUPLICATE, NOTHING
from retention.features.payments import payments
from retention.features.payments.payments import KEPT_DAYS, MAX_PAYMENTS, MAX_STATEMENTS, Payments
from retention.features.payments.section import PAYMENTS, payments_seen
from retention.policy import Policy
from retention.state.codec import decode, encode
from retention.state.customer import Customer, newcomer
from schemas.decoding import Refused
from tests.building import Log, line, text
from tests.building import at as moment
from tests.playing import DECODERS, Shelf

POLICY = Policy()
Event = dict[str, Any]


def fold(customer: Customer, event: Event) -> Any:
    """Apply one event of the family to a customer; return the facet."""
    decoded = DECODERS["payments"].decode(line(event))
    return REGISTER.entries[decoded.type].fold(customer, decoded, instant(decoded.occurred_at), POLICY)


def folded(*logs: Log) -> Payments:
    """Return what is stored of a customer after some logs, in their order."""
    customer = newcomer()
    for log in logs:
        for event in log.events:
            fold(customer, event)
    return payments_seen(decode(encode(customer)))


def paid(day: float, ident: str = "p", **fields: Any) -> Log:
    return Log().add("payment.succeeded", day, payment_id=ident, **fields)


def failing(day: float, ident: str = "p", **fields: Any) -> Log:
    return Log().add("payment.failed", day, payment_id=ident, **fields)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Draw the payments of one customer over a year; several lie in one instant, and ids of two sources coincide."""
    random = Random(draw(st.integers(0, 2**32)))
    events = []
    for number in range(draw(st.integers(1, 30))):
        day = random.choice((random.randrange(365), 7 * random.randrange(52)))
        events.append(_drawn(random, day) | {"event_id": f"e-{random.choice((number, number // 2))}"})
    return events


def _drawn(random: Random, day: int) -> Event:
    named: Event = {"subscription_id": f"s-{random.randrange(2)}"} if random.random() < 0.6 else {}
    ident = {f"{random.choice(('payment', 'invoice'))}_id": f"i-{random.randrange(5)}"}
    log = Log()
    match random.randrange(4):
        case 0:
            grace = {"grace_ends_at": text(moment(day + 20))} if random.random() < 0.5 else {}
            log.add("payment.failed", day, **ident, **named, **grace)
        case 1:
            card = {"card_id": f"k-{random.randrange(3)}"} if random.random() < 0.5 else {}
            log.add("payment.succeeded", day, **ident, **named, **card)
        case 2:
            log.add("card.expiring", day, expires="2024-06", **named)
        case _:
            log.add("price.announced", day, effective_at=text(moment(day + 30)), percent=12.5, **named)
    return log.events[0]


@given(histories(), st.integers(0, 1_000))
def test_the_bytes_follow_from_the_set_of_events_alone(events: list[Event], seed: int) -> None:
    """In order of time, or in any other, some twice, and written and read again in between."""
    mixed = [*events, *Random(seed).sample(events, len(events) // 2)]
    Random(seed).shuffle(mixed)
    one, other = newcomer(), newcomer()

    for event in _distinct(events):
        fold(one, event)
    for event in _distinct(mixed):
        fold(other, event)
        other = decode(encode(other))

    assert encode(one) == encode(other)


def _distinct(events: list[Event]) -> list[Event]:
    """Return the events, of each id of a type only the first of the log: ids are unique within a source."""
    known: dict[tuple[str, str], Event] = {}
    for event in sorted(events, key=lambda one: (one["occurred_at"], repr(one))):
        known.setdefault((event["type"], event["event_id"]), event)
    return [event for event in events if known[event["type"], event["event_id"]] == event]


def test_a_second_delivery_is_a_duplicate_and_an_old_payment_is_nothing() -> None:
    customer = newcomer()
    logs = [failing(50), paid(50.5), Log().add("card.expiring", 60, expires="2024-06")]
    logs.append(Log().add("price.announced", 61, effective_at=text(moment(90)), percent=12))
    events = [event | {"event_id": f"e-{place}"} for place, log in enumerate(logs) for event in log.events]
    for event in events:
        fold(customer, event)

    assert [fold(customer, event) for event in events] == [DUPLICATE] * 4
    fold(customer, paid(50 + KEPT_DAYS + 1, "q").events[0])
    before = encode(customer)
    assert [fold(customer, event) for event in events[:2]] == [NOTHING] * 2
    assert encode(customer) == before


def test_a_payer_of_every_month_costs_a_hundred_bytes_or_so() -> None:
    log = Log()
    for month in range(24):
        log.add("payment.succeeded", 30 * month, payment_id=f"p-{month}", subscription_id="s-1")

    kept = folded(log)

    assert len(kept.paid) == 4
    assert len(PAYMENTS.encode(kept)) < 150


def test_what_is_stored_of_a_customer_is_bounded() -> None:
    log = Log()
    for number in range(300):
        log.add("payment.failed" if number % 3 else "payment.succeeded", number / 10, payment_id=f"p-{number}")
        log.add("card.expiring", number / 10, expires="2024-06", card_id=f"k-{number}")
        log.add("price.announced", number / 10, effective_at=text(moment(90)), percent=number)

    kept = folded(log)

    assert len(kept.failed) + len(kept.paid) == MAX_PAYMENTS
    assert (len(kept.cards), len(kept.prices)) == (MAX_STATEMENTS, MAX_STATEMENTS)
    assert kept.prices[-1].rise == 29_900
    assert min(kept.failed[0].at, kept.paid[0].at) == instant(moment(18))


def test_what_lies_before_the_horizon_is_dropped_and_an_empty_section_is_not_written() -> None:
    shelf = Shelf()
    state = PartitionState(POLICY, shelf)
    log = failing(0).add("card.expiring", 1, expires="2024-06")
    log.add("price.announced", 1, effective_at=text(moment(30)), percent=10).login(900, 901)
    for offset, event in enumerate(log.events):
        topic = "logins" if event["type"].startswith("login") else "payments"
        decoded = DECODERS[topic].decode(line(event))
        state.observe(decoded, instant(decoded.occurred_at), topic, offset)
        state.advance(instant(decoded.occurred_at))

    customer = shelf.find("c-1")

    assert customer is not None
    assert decode(encode(customer)).part(PAYMENTS.id) is None


@pytest.mark.parametrize(
    ("fields", "rise"),
    [
        ({"percent": 12.5}, 1_250),
        ({"percent": "150"}, 15_000),
        ({"old_price": "10", "price": "11"}, 1_000),
        ({"old_price": "30", "price": "33.0000000001"}, 1_000),
        ({"old_price": "9.99", "price": "10.98"}, 990),
        ({"old_price": "10", "price": "9.995"}, -5),
        ({"old_price": "10", "price": "9.9995"}, -1),
        ({"old_price": "0", "price": "5"}, payments.LARGEST_RISE),
        ({"old_price": "0", "price": "0"}, 0),
        ({"old_price": "0.00000000000001", "price": "999999999999999"}, payments.LARGEST_RISE),
        ({"old_price": "10", "price": "20", "percent": 5}, 500),
    ],
)
def test_a_rise_is_rounded_down_to_a_hundredth_of_a_percent(fields: Event, rise: int) -> None:
    kept = folded(Log().add("price.announced", 1, effective_at=text(moment(30)), **fields))

    assert [one.rise for one in kept.prices] == [rise]


@pytest.mark.parametrize(
    ("expires", "last_day"),
    [
        ("2024-02", 19_782),
        ("2024-02-29", 19_782),
        ("2024-12", 20_088),
        ("8999-12", 2_567_654),
        ("9000-02", 2_567_655),
        ("9999-12-31", 2_567_655),
    ],
)
def test_a_card_is_valid_to_the_last_day_of_its_month(expires: str, last_day: int) -> None:
    assert [one.last_day for one in folded(Log().add("card.expiring", 1, expires=expires)).cards] == [last_day]


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("payment.failed", {"subscription_id": "s-1"}, "`payment_id` or an `invoice_id`"),
        ("payment.succeeded", {}, "`payment_id` or an `invoice_id`"),
        ("payment.failed", {"payment_id": "p", "attempt": 0}, "attempt"),
        ("payment.failed", {"payment_id": "p", "amount": "-3"}, "amount"),
        ("card.expiring", {"expires": "06/26"}, "a month such as 2026-06"),
        ("card.expiring", {"expires": "2026-02-30"}, "a month such as 2026-06"),
        ("card.expiring", {"expires": "2026-13"}, "a month such as 2026-06"),
        ("price.announced", {"percent": 10}, "`effective_at`"),
        ("price.announced", {"effective_at": "2026-01-01T00:00:00Z", "price": "3"}, "`old_price` and `price`"),
        ("price.announced", {"effective_at": "2026-01-01T00:00:00Z"}, "or `accepted`"),
        ("price.announced", {"effective_at": "2026-01-01T00:00:00Z", "percent": -3}, "percent"),
    ],
)
def test_what_could_not_be_used_is_refused_and_says_what_is_missing(kind: str, fields: Event, said: str) -> None:
    with pytest.raises(Refused) as refusal:
        DECODERS["payments"].decode(line(Log().add(kind, 1, **fields).events[0]))

    assert (refusal.value.reason, said in refusal.value.detail) == ("contract", True)


def test_amounts_and_currencies_are_checked_and_not_stored() -> None:
    kept = folded(failing(1, amount="98765.43", currency="EUR"), paid(2, amount="98765.43", currency="EUR"))

    written = PAYMENTS.encode(kept)

    assert b"98765" not in written
    assert b"EUR" not in written
    assert (9_876_543).to_bytes(4, "big") not in written


def test_payments_more_than_a_hundred_days_apart_do_not_share_the_state() -> None:
    kept = folded(failing(0, "a"), paid(KEPT_DAYS, "b"), paid(KEPT_DAYS + 1, "c"))

    assert ([one.at for one in kept.failed], len(kept.paid)) == ([], 2)
    assert kept.newest() - kept.paid[0].at == DAY
