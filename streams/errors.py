"""What ends a worker, or keeps it from starting. Each says what to do; each has an exit code."""


class StreamError(Exception):
    """Any of the errors below. `exit_code` is what the process ends with."""

    exit_code = 1


class BadSettings(StreamError):
    """Raised while settings are read: nothing has started, the text says which setting to change."""

    exit_code = 2


class BrokerUnreachable(StreamError):
    """Raised at start when no broker answers: check the address, or start one."""

    exit_code = 3


class TopicsUnfit(StreamError):
    """Raised at start when topics are missing or not co-partitioned."""

    exit_code = 4


class StateBehind(StreamError):
    """Raised at start when the changelog cannot be the state that goes with the committed offsets: fail closed."""

    exit_code = 5


class Lost(StreamError):
    """Raised when the log skipped records or a batch was left half applied. Crash: the committed state is the truth."""

    exit_code = 70
