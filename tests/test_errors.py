"""Errors that end a worker are explained, however deep the Kafka client has wrapped them."""

import pytest
from aiokafka.errors import IllegalStateError, KafkaConnectionError, KafkaError, ProducerFenced

from retention.errors import UnknownVersion
from streams.errors import TAKEN_OVER, BrokerUnreachable, Lost, NewerState, Replaced, StreamError, explained


def wrapped(error: BaseException, times: int) -> BaseException:
    """Wrap an error as the sender of the client does."""
    for _ in range(times):
        try:
            raise KafkaError("Unexpected error during batch delivery") from error
        except KafkaError as outer:
            error = outer
    return error


@pytest.mark.parametrize("times", [0, 1, 2])
@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (KafkaConnectionError("closed"), BrokerUnreachable),
        (TimeoutError(), BrokerUnreachable),
        (ProducerFenced(), Replaced),
        (UnknownVersion("a customer of state version 9; this program knows 7"), NewerState),
    ],
)
def test_what_the_client_has_wrapped_is_told_in_words(
    error: BaseException, meaning: type[StreamError], times: int
) -> None:
    told = explained(wrapped(error, times), "kafka:9092")

    assert isinstance(told, meaning)
    assert "start" in str(told)


@pytest.mark.parametrize("error", [wrapped(ValueError("unknown"), 2), IllegalStateError("unassigned"), Lost("a gap")])
def test_what_nobody_knows_stays_as_it_is(error: BaseException) -> None:
    assert explained(error, "kafka:9092") is error


def test_the_error_says_what_to_start_again() -> None:
    told = explained(KafkaConnectionError("closed"), "kafka:9092", "`backstay webhooks run`")

    assert "start `backstay webhooks run` again when the broker is back" in str(told)


def test_an_error_of_our_own_is_not_taken_for_its_cause() -> None:
    ours = RuntimeError("a bug")
    ours.__cause__ = KafkaConnectionError("closed")

    assert explained(ours, "kafka:9092") is ours


@pytest.mark.parametrize("kind", TAKEN_OVER)
def test_whatever_the_broker_says_of_a_session_that_is_lost_ends_a_worker_alike(kind: type[Exception]) -> None:
    assert getattr(explained(kind(), "127.0.0.1:1"), "exit_code", None) == 6
