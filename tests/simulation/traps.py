"""Former mistakes, of this project or of the driver that it replaced, each as it was.

Numbers are those of ../design/driver-subclass.md. Each mistake, put in again, has to be found. Not here is 6.1 d, a
commit that continues after the revocation: it is fenced, and positions travel with the state.
"""

import asyncio
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

import msgspec
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError
from aiokafka.structs import ConsumerRecord

from retention.engine import partials
from retention.engine.partition_state import PartitionState
from retention.statements import Statement
from schemas.outbound import CustomerChurned
from streams.broker import Broker
from streams.channels import Delivery
from streams.fetching import Fetching
from streams.forgetting import Forgotten
from streams.local_state import LocalState
from streams.outgoing import Outgoing, packed
from streams.partition_log import PartitionLog
from streams.partition_processor import PartitionProcessor
from streams.partition_record import OWN_KEY, Residue
from streams.record_outcomes import RecordOutcomes
from streams.rocks import Entry
from streams.unit_of_work import UnitOfWork
from tests.simulation import clients
from tests.simulation.clients import SimBroker
from tests.simulation.cluster import Cluster
from tests.simulation.ledger import CHANGELOG, Ledger

Trap = Callable[[pytest.MonkeyPatch], None]

WITHOUT_TRANSACTIONS: Final = [
    seed for seed in range(0, 1_600, 4) if seed // 16 % 2 == 0 and seed % 3 != 1 and seed % 5 != 2
]
"""Seeds that are played as on the embedded broker, and where the log tells the time: the quicker ones.

States are in memory, and the changelog is never lost.
"""
ON_DISK: Final = [seed for seed in range(679, 1_500, 3) if seed % 4 and seed // 3 % 2 and seed // 6 % 2]
"""Seeds with standbys, and copies that grow old within the story."""
IN_ORDER: Final = [
    seed for seed in range(100) if seed % 4 and (seed // 4 % 4 == 0 or (seed // 4 % 4, seed // 16 % 2) == (1, 1))
]
"""Seeds in which all statements are compared, but for those of the second kind that forget a customer."""


def begun_with(first: Sequence[int], others: Sequence[int]) -> list[int]:
    """Return seeds, those first which have found the mistake where names have the hashes of `make simulate`.

    A seed takes a second or two, and the one that finds a mistake may be the forty-seventh. Another topic of events
    moves all stories: then the others are tried again, and those that find it may be put first instead.
    """
    return [*first, *(one for one in others if one not in first)]


def positions_by_record(patch: pytest.MonkeyPatch) -> None:
    """Commit the offsets of records (4.4 a): markers and gaps are overlooked."""
    bind = Fetching._delivery

    def by_record(
        fetching: Fetching, unit: UnitOfWork, lane: str, records: Sequence[ConsumerRecord], following: int
    ) -> Delivery:
        return bind(fetching, unit, lane, records, records[-1].offset + 1 if records else following)

    patch.setattr(Fetching, "_delivery", by_record)


def queues_cleared_on_resume(patch: pytest.MonkeyPatch) -> None:
    """Drop batches between fetch and agent (4.4 b, 6.1 g and h), without a check that the log continues."""
    opened = UnitOfWork.open

    async def clearing(unit: UnitOfWork) -> None:
        await opened(unit)
        for channel in cast("PartitionLog", unit.log).channels.values():
            for subscriber in channel._subscribers:
                subscriber.queue._queue.clear()  # type: ignore[attr-defined]

    def trusting(unit: UnitOfWork, _lane: str, _start: int) -> bool:
        return unit.live

    patch.setattr(UnitOfWork, "open", clearing)
    patch.setattr(UnitOfWork, "claim", trusting)


def state_encoded_after_the_outputs(patch: pytest.MonkeyPatch) -> None:
    """Await between detaching outputs and encoding states (4.4 c); the state runs ahead of the outputs."""

    async def write(unit: UnitOfWork, outgoing: list[Outgoing], moved: dict[TopicPartition, int]) -> None:
        producer, ledger = unit._producer(), unit.owner
        if unit.log.transactions:
            await producer.begin_transaction()
        await unit._send([record for record in outgoing if record.topic != CHANGELOG])
        later = ledger.detach(unit.next)
        unit.owner.said += [record for record in later if record.topic != CHANGELOG]  # type: ignore[attr-defined]
        keys = {record.key for record in outgoing} | {record.key for record in later}
        states = [
            Outgoing(CHANGELOG, key, str(ledger.counts[key]).encode())  # type: ignore[attr-defined]
            for key in sorted(keys)
            if not key.startswith(b"\x00")
        ]
        await unit._send([*states, later[-1]])
        if unit.log.transactions:
            await producer.send_offsets_to_transaction(moved, unit.log.group)
            await producer.commit_transaction()
        else:
            await unit.log.consumer.commit(moved)

    patch.setattr(UnitOfWork, "_write", write)


def transactions_left_open(patch: pytest.MonkeyPatch) -> None:
    """Write without a commit in the same call (4.4 d)."""
    write = UnitOfWork._write
    calls: dict[int, int] = defaultdict(int)

    async def sometimes(unit: UnitOfWork, outgoing: list[Outgoing], moved: dict[TopicPartition, int]) -> None:
        calls[id(unit)] += 1
        if unit.log.transactions and calls[id(unit)] % 3 == 0:
            await unit._producer().begin_transaction()
            await unit._send(outgoing)
            return
        await write(unit, outgoing, moved)

    patch.setattr(UnitOfWork, "_write", sometimes)


def position_of_the_last_record(patch: pytest.MonkeyPatch) -> None:
    """Store the position of the last record (4.4 e), and not of the one after it."""
    restore = Ledger.restore

    async def one_less(ledger: Ledger, broker: Broker, committed: Mapping[str, int | None]) -> Mapping[str, int]:
        return {topic: max(0, at - 1) for topic, at in (await restore(ledger, broker, committed)).items()}

    patch.setattr(Ledger, "restore", one_less)


def owners_outlive_their_partition(patch: pytest.MonkeyPatch) -> None:
    """Keep what a revoked partition had buffered (4.4 f), and publish it again."""
    create = PartitionLog.__init__

    def remembering(log: PartitionLog, *arguments: Any, **options: Any) -> None:
        create(log, *arguments, **options)
        own, kept = log.own, {}

        def again(number: int) -> Any:
            if number not in kept:
                kept[number] = own(number)
            return kept[number]

        log.own = again

    patch.setattr(PartitionLog, "__init__", remembering)


def failed_batches_overlooked(patch: pytest.MonkeyPatch) -> None:
    """Ignore errors of batches (6.1 c); the transaction commits without them."""

    async def hopeful(unit: UnitOfWork, outgoing: Iterable[Outgoing]) -> None:
        for topic, partition, builder in packed(outgoing, unit.number, unit._producer().create_batch):
            await unit._producer().send_batch(builder, topic, partition=partition)

    patch.setattr(UnitOfWork, "_send", hopeful)


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """Use transactional ids of the process, not of the partition number (6.2): a former owner can still write."""
    simulated = SimBroker.producer

    def of_process(broker: SimBroker, **options: Any) -> Any:
        if "transactional_id" in options:
            options["transactional_id"] += f"-{id(broker)}"
        return simulated(broker, **options)

    patch.setattr(SimBroker, "producer", of_process)


def restored_before_the_fence(patch: pytest.MonkeyPatch) -> None:
    """Read the changelog before the former owner is fenced (4.4 d, 6.1): its open transaction hides records."""

    async def late(unit: UnitOfWork) -> None:
        log = unit.log
        group = {lane: await log.consumer.committed(tp) for lane, tp in unit.lanes.items()}
        restored = await unit.owner.restore(log.broker, group)
        options = {"transactional_id": f"{log.group}-{unit.number}"} if log.transactions else {}
        unit.producer = log.broker.producer(**options)
        await unit.producer.start()
        unit.next = {lane: restored.get(lane, 0) for lane in unit.lanes}
        unit.saved = {lane: offset if offset is not None else -1 for lane, offset in group.items()}
        unit.fetched = dict(unit.next)
        for lane, tp in unit.lanes.items():
            log.consumer.seek(tp, unit.next[lane])
        log.consumer.resume(*unit.lanes.values())
        unit.live = True

    patch.setattr(UnitOfWork, "open", late)


def positions_of_the_group(patch: pytest.MonkeyPatch) -> None:
    """Restart from the group's positions and not from the state's, without transactions."""
    restore = Ledger.restore

    async def of_group(ledger: Ledger, broker: Broker, committed: Mapping[str, int | None]) -> Mapping[str, int]:
        await restore(ledger, broker, committed)
        return {topic: at or 0 for topic, at in committed.items()}

    patch.setattr(Ledger, "restore", of_group)


# Mistakes of the product itself: the first two were found here.


def first_commit_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Keep states whose first commit was cut short, without timers and sums (no transactions)."""
    restore = PartitionProcessor.restore

    async def trusting(
        processor: PartitionProcessor, broker: Broker, committed: Mapping[str, int | None]
    ) -> Mapping[str, int]:
        kept = await processor._read_changelog(broker)
        if OWN_KEY not in kept:
            return {}
        return await restore(processor, broker, committed)

    patch.setattr(PartitionProcessor, "restore", trusting)
    cut_short_once(patch)


PATIENCE: Final = 50
"""Commits of a partition that wait for states, before one is made without."""


def cut_short_once(patch: pytest.MonkeyPatch) -> None:
    """Cut one of the first commits of each story short between the states and their positions.

    Until then commits wait a little for states to write: the first of a story has some.
    """
    send, commit, seen = UnitOfWork._send, UnitOfWork.commit, weakref.WeakSet[Cluster]()
    waited = weakref.WeakKeyDictionary[UnitOfWork, int]()

    async def waiting(unit: UnitOfWork) -> None:
        processor, cluster = unit.owner, cast("SimBroker", unit.log.broker).client.cluster
        waited[unit] = waited.get(unit, 0) + 1
        if (
            cluster in seen
            or not isinstance(processor, PartitionProcessor)
            or processor.store.touched
            or waited[unit] > PATIENCE
        ):
            await commit(unit)

    async def cutting(unit: UnitOfWork, outgoing: list[Outgoing]) -> dict[str, int]:
        cluster = cast("SimBroker", unit.log.broker).client.cluster
        last = bool(outgoing) and all(record.together for record in outgoing)
        if last and cluster not in seen and not unit.log.commits:
            seen.add(cluster)
            raise KafkaTimeoutError
        return await send(unit, outgoing)

    patch.setattr(UnitOfWork, "commit", waiting)
    patch.setattr(UnitOfWork, "_send", cutting)


def sent_past_a_hole(patch: pytest.MonkeyPatch) -> None:
    """Send batches after a lost one, without transactions; positions and origins claim that all before arrived."""

    async def all_at_once(unit: UnitOfWork, outgoing: Iterable[Outgoing]) -> dict[str, int]:
        create, sent = unit._producer().create_batch, []
        for topic, partition, builder in packed(outgoing, unit.number, create):
            sent.append(await unit._producer().send_batch(builder, topic, partition=partition))
        await asyncio.gather(*sent)
        return {}

    patch.setattr(UnitOfWork, "_send", all_at_once)
    patch.setattr(clients, "LOSS", 0.01)
    patch.setattr(clients, "BATCH_BYTES", 600)


def suppression_not_restored(patch: pytest.MonkeyPatch) -> None:
    """Remember erased customers in the process only."""
    patch.setattr(Forgotten, "restore", lambda *_: None)


def residue_not_restored(patch: pytest.MonkeyPatch) -> None:
    """Leave out what erased customers left in the sums when those are derived again (no transactions)."""
    patch.setattr(Residue, "restore", lambda *_: None)


def sums_not_restored(patch: pytest.MonkeyPatch) -> None:
    """Restart from empty sums."""
    patch.setattr(partials, "restore", lambda *_: None)


def outcomes_of_the_process(patch: pytest.MonkeyPatch) -> None:
    """Count the outcomes of records from the start of each process."""
    create = RecordOutcomes.__init__
    patch.setattr(RecordOutcomes, "__init__", lambda outcomes, *_: create(outcomes))


def fresh_when_written(patch: pytest.MonkeyPatch) -> None:
    """Take a copy for whole as of its last write: a process that was frozen has missed deletions by then."""
    write = LocalState._write

    def stamped(local: LocalState, entries: Iterable[Entry], meta: Any, dues: Any = ()) -> None:
        meta.whole_at = local.clock()
        write(local, entries, meta, dues)

    patch.setattr(LocalState, "_write", stamped)


def old_copies_gone_on_with(patch: pytest.MonkeyPatch) -> None:
    """Ignore the age of a copy."""
    patch.setattr(LocalState, "old", lambda _: False)


def over_before_it_was_told(patch: pytest.MonkeyPatch) -> None:
    """Publish nothing of an episode within one commit: whether there is one depends on the load."""
    take = PartitionState.take_statements

    def thinned(partition_state: PartitionState) -> list[Statement]:
        said = take(partition_state)
        over = {_episode(one) for one in said if one.type == "churn_signal.cleared"}
        over &= {_episode(one) for one in said if one.type == "churn_signal.raised"}
        return [one for one in said if _episode(one) not in over]

    patch.setattr(PartitionState, "take_statements", thinned)


def open_signals_of_the_process(patch: pytest.MonkeyPatch) -> None:
    """A loss names only signals that were raised since the process took the partition over."""
    take = PartitionState.take_statements
    raised = weakref.WeakKeyDictionary[PartitionState, set[str]]()

    def forgetful(partition_state: PartitionState) -> list[Statement]:
        said, known = take(partition_state), raised.setdefault(partition_state, set())
        known |= {_episode(one) for one in said if one.type == "churn_signal.raised"}
        return [_naming_only(known, one) for one in said]

    patch.setattr(PartitionState, "take_statements", forgetful)


def _naming_only(known: set[str], said: Statement) -> Statement:
    if not isinstance(said.body, CustomerChurned):
        return said
    named = [signal for signal in said.body.open_signals if signal.episode in known]
    return msgspec.structs.replace(said, body=said.body.model_copy(update={"open_signals": named}))


def _episode(said: Statement) -> str:
    return str(getattr(said.body, "episode", said.id))


COMPANY_TRAPS: Final[Mapping[Trap, Sequence[int]]] = {
    first_commit_forgotten: begun_with((360, 680, 776), WITHOUT_TRANSACTIONS),
    sent_past_a_hole: begun_with((104, 356), WITHOUT_TRANSACTIONS),
    residue_not_restored: WITHOUT_TRANSACTIONS,
    suppression_not_restored: range(100),
    sums_not_restored: range(100),
    outcomes_of_the_process: range(100),
    fresh_when_written: begun_with((730, 838, 898), ON_DISK),
    old_copies_gone_on_with: ON_DISK,
    over_before_it_was_told: IN_ORDER,
    open_signals_of_the_process: begun_with((34, 98), IN_ORDER),
}
"""Each with the seeds that may find it."""

TRAPS: Final[tuple[Trap, ...]] = (
    positions_by_record,
    queues_cleared_on_resume,
    state_encoded_after_the_outputs,
    transactions_left_open,
    position_of_the_last_record,
    owners_outlive_their_partition,
    failed_batches_overlooked,
    no_fence,
    restored_before_the_fence,
    positions_of_the_group,
)
