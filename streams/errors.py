"""What ends a worker, or keeps it from starting. Each says what to do; each has an exit code."""

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

from retention.errors import UnknownVersion

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
"""What a broker says to a worker that was away for longer than its session, by what it was about to do."""


class StreamError(Exception):
    """Any of the errors below. `exit_code` is what the process ends with."""

    exit_code = 1


class BadSettings(StreamError):
    """Raised while settings are read: nothing has started, the text says which setting to change."""

    exit_code = 2


class BadLog(StreamError):
    """Raised by `replay` and `load` for a file that is no log of events, or of which nothing could be applied."""

    exit_code = 65


class BrokerUnreachable(StreamError):
    """Raised at start when no broker answers: check the address, or start one."""

    exit_code = 3


class TopicsUnfit(StreamError):
    """Raised at start when topics are missing or not co-partitioned."""

    exit_code = 4


class DiskFailed(StreamError):
    """Raised when the copy of states on disk cannot be opened or written: the changelog still has everything."""

    exit_code = 74


class StateBehind(StreamError):
    """Raised at start when the changelog cannot be the state that goes with the committed offsets: fail closed."""

    exit_code = 5


class NotAllowed(StreamError):
    """Raised when the broker refuses who we are, or what we want: it names what to grant."""

    exit_code = 9


class WorkersRunning(StreamError):
    """Raised when something is to be changed that workers hold: stop them first."""

    exit_code = 7


class InputsGone(StreamError):
    """Raised when the state cannot be made anew, because what it was made of is not kept any more."""

    exit_code = 8


class LogGap(StreamError):
    """Raised when records that were not read yet are gone. The state is whole up to there: `backstay accept-gap`."""

    exit_code = 10


class CodecMissing(StreamError):
    """Raised when compressed records cannot be read here: install the library that is named."""

    exit_code = 11


class NewerState(StreamError):
    """Raised when a newer build has written what is to be read: run that one again, or rebuild."""

    exit_code = 12


class Replaced(StreamError):
    """Raised when another worker has taken a partition over: this one was away for longer than its session."""

    exit_code = 6


class Lost(StreamError):
    """Raised when the log skipped records or a batch was left half applied. Crash: the committed state is the truth."""

    exit_code = 70


def explained(error: BaseException, servers: str) -> BaseException:
    """Give what an error of the Kafka client means for whoever runs the worker; any other error as it is.

    The client wraps what its sender could not foresee, more than once: the cause counts then.
    """
    meaning: BaseException = error
    while (known := _meaning(meaning, servers)) is None:
        if not isinstance(meaning, KafkaError) or meaning.__cause__ is None:
            return error
        meaning = meaning.__cause__
    return known


def _meaning(error: BaseException, servers: str) -> StreamError | None:
    if isinstance(error, TAKEN_OVER):
        return Replaced(
            "another worker has taken over: this one did not answer for longer than kafka.session_timeout. "
            "Nothing of what it did since was written; start it again"
        )
    if isinstance(error, REFUSALS):
        return NotAllowed(
            f"the broker at {servers} refuses this user something ({type(error).__name__}: {error}): "
            "check kafka.username and password, and grant what `backstay topics acl` prints"
        )
    if isinstance(error, KafkaConnectionError | KafkaTimeoutError | NodeNotReadyError | TimeoutError | OSError):
        return BrokerUnreachable(
            f"the broker at {servers} does not answer any more ({type(error).__name__}). What was not committed is "
            "read again; start the worker again when the broker is back"
        )
    if isinstance(error, UnsupportedCodecError):
        return CodecMissing(f"a record is compressed in a way that cannot be read here ({error}): `backstay doctor`")
    if isinstance(error, UnknownVersion):
        return NewerState(
            f"the changelog was written by a newer build than this one ({error}). Nothing was changed: start that "
            "build again, or stop all workers and run `backstay rebuild` with this one"
        )
    return None
