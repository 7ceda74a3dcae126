"""Errors that end a worker or a command. Each message contains the remedy, and each class has an exit code."""

from typing import Final

from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    CommitFailedError,
    GroupAuthorizationFailedError,
    IllegalGenerationError,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTxnState,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NodeNotReadyError,
    ProducerFenced,
    RebalanceInProgressError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnknownMemberIdError,
    UnsupportedCodecError,
)

from retention.errors import NotItsBase, UnknownVersion

REFUSALS: Final = (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)


TAKEN_OVER: Final = (
    CommitFailedError,
    IllegalGenerationError,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTxnState,
    ProducerFenced,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
"""Errors that a broker returns to a worker that was silent for longer than its session, depending on its next
request."""


class StreamError(Exception):
    """Base class of the errors below. The process ends with its `exit_code`."""

    exit_code = 1


class BadSettings(StreamError):
    """Raised while settings are read, before anything starts. The text says which setting to change."""

    exit_code = 2


class BadLog(StreamError):
    """Raised by `replay` and `load` for a file that is not a log of events, or of which no event could be applied."""

    exit_code = 65


class BrokerUnreachable(StreamError):
    """Raised when no broker answers: check the address, or start the broker."""

    exit_code = 3


class TopicsUnfit(StreamError):
    """Raised at start if topics are missing, not co-partitioned, or configured so that they lose records."""

    exit_code = 4


class DiskFailed(StreamError):
    """Raised when the local copy of the state (`state.dir`) cannot be opened or written. The changelog has it all."""

    exit_code = 74


class StateBehind(StreamError):
    """Raised at start if the changelog is older than the committed offsets: the worker does not start on it."""

    exit_code = 5


class NotAllowed(StreamError):
    """Raised when the broker denies the login or an operation. The text says what to grant."""

    exit_code = 9


class WorkersRunning(StreamError):
    """Raised when a command changes what running workers use: stop the workers first."""

    exit_code = 7


class InputsGone(StreamError):
    """Raised when the state cannot be rebuilt, because the input topics no longer have all records."""

    exit_code = 8


class LogGap(StreamError):
    """Raised when records were deleted before they were read. Run `backstay accept-gap`; the state is kept."""

    exit_code = 10


class CodecMissing(StreamError):
    """Raised when a library to read compressed records is missing: install the one that is named."""

    exit_code = 11


class NewerState(StreamError):
    """Raised when the state was written by a newer build: run that build again, or rebuild the state."""

    exit_code = 12


class Replaced(StreamError):
    """Raised when another worker has taken over a partition, as this one was silent for longer than its session."""

    exit_code = 6


class Lost(StreamError):
    """Raised when the log skipped records, or a batch was left half applied. A restart goes on from the last commit."""

    exit_code = 70


def explained(error: BaseException, servers: str, process: str = "the worker") -> BaseException:
    """Return the `StreamError` that explains an error of the Kafka client to an operator; any other error unchanged.

    `process` is what the operator is to start again.

    The client wraps unexpected errors of its sender, sometimes twice: then the cause is explained.
    """
    meaning: BaseException = error
    while (known := _meaning(meaning, servers, process)) is None:
        if not isinstance(meaning, KafkaError) or meaning.__cause__ is None:
            return error
        meaning = meaning.__cause__
    return known


def _meaning(error: BaseException, servers: str, process: str) -> StreamError | None:
    if isinstance(error, TAKEN_OVER):
        return Replaced(
            "another worker has taken over: this one sent no heartbeat for longer than kafka.session_timeout. "
            "Nothing that it did since then was written; start it again"
        )
    if isinstance(error, REFUSALS):
        return NotAllowed(
            f"the broker at {servers} denied this operation ({type(error).__name__}: {error}): "
            "check kafka.username and kafka.password, and grant the ACLs that `backstay topics acl` prints"
        )
    if isinstance(error, KafkaConnectionError | KafkaTimeoutError | NodeNotReadyError | TimeoutError | OSError):
        return BrokerUnreachable(
            f"the broker at {servers} does not answer any more ({type(error).__name__}). Records since the last "
            f"commit will be read again; start {process} again when the broker is back"
        )
    if isinstance(error, UnsupportedCodecError):
        return CodecMissing(
            f"a record uses a compression codec that cannot be read here ({error}): run `backstay doctor`"
        )
    return _meaning_of_state(error)


def _meaning_of_state(error: BaseException) -> StreamError | None:
    if isinstance(error, UnknownVersion):
        return NewerState(
            f"the changelog was written by a newer build than this one ({error}). Nothing was changed: start that "
            "build again, or stop all workers and run `backstay rebuild` with this one"
        )
    if isinstance(error, NotItsBase):
        return StateBehind(
            f"the changelog is damaged: {error}. Nothing was changed. Stop all workers and run `backstay rebuild`, "
            "which rebuilds the state from the input topics, or restore the changelog topic; then start again"
        )
    return None
