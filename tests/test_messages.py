"""Messages: which days of e-mails are kept, and that nothing else is."""

from typing import Any

import pytest

from retention import day_counts
from retention.calendar import instant
from retention.engine.partition_state import PartitionState
from retention.features.base import DUPLICATE, NOTHING
from retention.features.messages.facets import ENGAGED, MAILED
from retention.features.messages.section import CLICKED, DELIVERED, MESSAGES, OPENED, engaged, messages_seen
from retention.policy import Policy
from retention.state.codec import decode, encode
from retention.state.customer import Customer
from tests.building import Log, at
from tests.playing import DECODERS, Shelf

POLICY = Policy()


def mail(log: Log, kind: str, *days: float, **fields: Any) -> Log:
    for day in days:
        log.add(f"message.{kind}", day, **{"message_id": f"m-{day}", **fields})
    return log


def played(log: Log, policy: Policy = POLICY) -> tuple[Customer, list[Any]]:
    """Return a customer after a log, and what each event changed."""
    partition_state = PartitionState(policy, Shelf())
    events = [DECODERS["messages"].decode(line) for line in log.lines()]
    facets = [partition_state.observe(event, instant(event.occurred_at), "messages", None) for event in events]
    found = partition_state.customers.find("c-1")
    assert found is not None
    return decode(encode(found)), facets


def days_after(customer: Customer, what: str) -> dict[int, int]:
    """Return how many there were, by day since the start."""
    counts = messages_seen(customer).get(what, [])
    start = POLICY.calendar.day(instant(at(0)))
    return {day - start: count for day, count in zip(day_counts.days(counts), counts[1::2], strict=True)}


def test_emails_are_counted_by_day_and_by_what_became_of_them() -> None:
    log = mail(Log(), "delivered", 1, 1.5, 9)
    mail(mail(mail(log, "opened", 1.6), "clicked", 1.7, 10), "bounced", 12)

    customer, facets = played(log)

    assert facets == [MAILED] * 3 + [ENGAGED] * 3 + [NOTHING]
    assert days_after(customer, DELIVERED) == {9: 1, 1: 2}
    assert days_after(customer, OPENED) == {1: 1}
    assert days_after(customer, CLICKED) == {10: 1, 1: 1}
    assert len(day_counts.days(engaged(customer))) == 2


def test_what_a_machine_opens_is_no_opening() -> None:
    customer, facets = played(mail(mail(Log(), "opened", 1, machine=True), "opened", 2, machine=False))

    assert facets == [NOTHING, ENGAGED]
    assert days_after(customer, OPENED) == {2: 1}


@pytest.mark.parametrize("channel", ["sms", "push", "in_app", "pigeon"])
def test_of_messages_by_other_channels_nothing_is_kept(channel: str) -> None:
    log = Log()
    for kind in ("delivered", "opened", "clicked"):
        mail(log, kind, 1, channel=channel)

    customer, facets = played(log)

    assert facets == [NOTHING] * 3
    assert not MESSAGES.is_kept(customer)


def test_a_second_delivery_counts_once_and_two_types_may_have_one_id() -> None:
    log = mail(mail(Log(), "delivered", 1, event_id="7"), "clicked", 1, event_id="7")
    log.events += log.events

    customer, facets = played(log)

    assert facets == [MAILED, ENGAGED, DUPLICATE, DUPLICATE]
    assert days_after(customer, DELIVERED) == days_after(customer, CLICKED) == {1: 1}


def test_days_are_those_of_the_company() -> None:
    log = mail(Log(), "delivered", 0.99)

    assert days_after(played(log)[0], DELIVERED) == {0: 1}
    assert days_after(played(log, Policy(zone="Europe/Madrid"))[0], DELIVERED) == {1: 1}


def test_a_year_of_daily_emails_is_small() -> None:
    log = mail(mail(Log(), "delivered", *range(365)), "opened", *range(0, 365, 3))

    customer, _ = played(log)

    assert len(MESSAGES.encode(messages_seen(customer))) < 1_100
