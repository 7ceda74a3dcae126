"""The bytes of a state follow from the log, wherever a worker has committed, died and started again in a backlog.

    event time   ├── step ──┼── step ──┼── step ──┤      time passes up to each step before its records are applied
    commits                 x    x     x                 before a step, or while time passes
    read back                    └ a worker that has died rings again what had rung, and goes on

A customer that a timer leaves as it was is not written, so a worker that starts again knows an older due instant of it.
It rings again before anything is read (`PartitionProcessor.restore`): an event is then written beside the same instant.
Nothing may be known of a customer that stays decoded, and not of one that is decoded anew (docs/decisions/0079).
The order of the records is another matter: a lane that is not waited for changes the digests of ids, and due instants.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import Instant, instant
from retention.engine.partition_state import PartitionState
from retention.errors import Rejected
from retention.features import REGISTER
from retention.policy import Policy
from schemas.decoding import Refused
from schemas.families import TOPIC_OF
from streams.backlog_order import STEP
from streams.companies import KINDS
from streams.companies.base import Company
from streams.customers import CustomerStore
from streams.partition_record import sources_of, stored_sources
from tests.playing import DECODERS
from tests.test_laws import POLICY, UNTIL, Event, lines, log_of, overtaken

RANKS = {topic: rank for rank, topic in enumerate(REGISTER.topics_in_order)}
DAYS = 220
BATCH = 100
NO_ROOM = 2**40
"""Partitions among which the room for decoded customers is divided, so that none is left."""
SOME = 4
"""Timers that fire, at most, before a commit that is made while time passes."""


class Read(NamedTuple):
    step: int
    rank: int
    offset: int
    topic: str
    at: Instant
    event: Any


def in_backlog_order(arriving: list[Event]) -> list[Read]:
    found = []
    for offset, (event, line) in enumerate(zip(arriving, lines(arriving), strict=True)):
        topic = TOPIC_OF[event["type"]]
        with suppress(Refused):
            read = DECODERS[topic].decode(line)
            at = instant(read.occurred_at)
            found.append(Read(at // STEP, RANKS[topic], offset, topic, at, read))
    return sorted(found, key=lambda one: one[:3])


class Worker:
    """One partition, and what is written of its customers."""

    def __init__(self) -> None:
        self.written: dict[str, bytes] = {}
        self.said: list[str] = []
        self.store = CustomerStore()
        self.state = PartitionState(POLICY, self.store)

    def commit(self) -> None:
        self.said += [one.id for one in self.state.take_statements()]
        self.written |= {name.decode(): value for name, value in self.store.detach()}

    def start_again(self) -> None:
        """Lose everything but what was written, and what stands beside it."""
        before, self.store = self.state, CustomerStore()
        for name, value in self.written.items():
            self.store.restore(name, value)
        self.state = PartitionState(POLICY, self.store, before.watermark, sources_of(stored_sources(before)))
        for name, customer in self.store.every():
            self.state.load(name, customer)
        self.state.advance(before.watermark)


def worked_off(records: Iterable[Read], dice: Random | None) -> Worker:
    """Return a worker that has read a log, and has committed and started again as the dice say; quiet without them."""
    worker, begun = Worker(), -1

    def maybe_stop() -> None:
        if dice is not None and dice.random() < 0.5:
            worker.commit()
            if dice.random() < 0.6:
                worker.start_again()

    for one in records:
        if one.step > begun:
            begun = one.step
            if dice is not None:
                worker.state.advance(begun * STEP - POLICY.disorder, dice.randrange(1, SOME))
                maybe_stop()
            worker.state.advance(begun * STEP - POLICY.disorder)
            maybe_stop()
        with suppress(Rejected):
            worker.state.observe(one.event, one.at, one.topic, None)
    worker.state.advance(instant(UNTIL))
    worker.commit()
    return worker


@given(st.integers(0, 2**32), st.integers(1, 80), st.sampled_from((0, 6, 46)))
def test_the_bytes_of_states_follow_from_the_log_wherever_a_worker_starts_again(
    seed: int, size: int, hours: int
) -> None:
    records = in_backlog_order(overtaken(log_of(seed, size), timedelta(hours=hours), seed))

    quiet, other = worked_off(records, None), worked_off(records, Random(seed))

    assert sorted(other.said) == sorted(quiet.said)
    assert other.written == quiet.written
    assert [other.store.due(name) for name in quiet.written] == [quiet.store.due(name) for name in quiet.written]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_bytes_of_states_do_not_depend_on_which_customers_stay_decoded(kind: str) -> None:
    """Many events are applied before time passes them, as where one topic is behind the others."""
    company = Company(KINDS[kind], 7, UNTIL - timedelta(days=DAYS), DAYS, 30)
    arriving = [arrival.event for arrival in company.history()]

    warm, cold = (applied_ahead(arriving, CustomerStore(partitions)) for partitions in (1, NO_ROOM))

    assert [written for written in cold if written not in warm] == []
    assert cold == warm


def applied_ahead(arriving: list[Event], store: CustomerStore) -> list[tuple[str, bytes]]:
    """Return what is written of customers if it is committed after each batch, and after the time that passes then."""
    state, records, written = PartitionState(Policy(), store), in_backlog_order(arriving), list[tuple[str, bytes]]()
    for begin in range(0, len(records), BATCH):
        batch = records[begin : begin + BATCH]
        for one in batch:
            with suppress(Rejected):
                state.observe(one.event, one.at, one.topic, None)
        state.advance(batch[-1].at)
        written += [(name.decode(), value) for name, value in store.detach()]
    return written
