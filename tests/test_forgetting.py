"""The remains of an erased customer, before anything is written."""

from retention.calendar import instant
from retention.engine.partition_state import PartitionState
from retention.policy import Policy
from tests.building import Log, at
from tests.playing import DECODERS, Shelf


def portfolio_of(*logs: Log) -> PartitionState:
    partition_state = PartitionState(Policy(), Shelf())
    for log in logs:
        for offset, (event, line) in enumerate(zip(log.events, log.lines(), strict=True)):
            topic = "cancellations" if event["type"].startswith("cancellation") else "subscriptions"
            decoded = DECODERS[topic].decode(line)
            partition_state.observe(decoded, instant(decoded.occurred_at), topic, offset)
    return partition_state


def test_what_was_about_to_be_said_of_a_forgotten_customer_is_not_said() -> None:
    logs = [Log(name).starts(0).add("cancellation.requested", 10) for name in ("gone", "stays")]
    partition_state = portfolio_of(*logs)
    assert {statement.key for statement in partition_state.statements} == {"gone", "stays"}

    partition_state.forget("gone", instant(at(11)))

    assert {statement.key for statement in partition_state.take_statements()} == {"stays"}
    assert sum(partition_state.episodes.open.values()) == 1
    assert partition_state.without_effect == 1


def test_somebody_who_was_never_known_leaves_nothing() -> None:
    partition_state = portfolio_of(Log("stays").starts(0))

    assert partition_state.forget("nobody", instant(at(11))) == {}
    assert {statement.key for statement in partition_state.take_statements()} == {"stays"}
