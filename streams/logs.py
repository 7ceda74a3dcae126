"""Formats the log: one JSON object a line, control characters escaped, never a payload."""

import json
import logging
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Final

from aiokafka.errors import KafkaError

from schemas.visible import readable, visible

NOISY: Final = ("faust", "mode", "aiokafka", "kafka")
"""Libraries that log keys and values at debug level, and a line for each retry of an outage."""

REPEAT_AFTER: Final = 30.0


PASSING: Final = frozenset(
    {
        "Group Coordinator Request failed: %s",
        "Got error produce response on topic-partition %s, retrying. Error: %s",
        "Heartbeat failed for group %s because it is rebalancing",
    }
)
"""Messages of the Kafka client on a healthy broker, about requests that it retries: a group without a coordinator
yet, a former transaction that is still ending, a group that another worker joins."""
HARMLESS: Final = ("Unclosed AIOKafkaConnection", "Exception in callback MessageAccumulator._pop_batch.")
"""First words of messages of asyncio that concern the Kafka client, and no loss. The first is about a connection
that was closed while it was being opened: the garbage collector closes it. The second is about a batch that was to
be sent again and has failed: the error is raised where the send is awaited
(findings/aiokafka-batch-put-back-raises-in-callback.sh)."""
PERSISTS_AFTER: Final = 5.0


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one record as a line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": visible(record.getMessage()),
        }
        if record.exc_info:
            error = record.exc_info[1]
            # An unreachable broker is no bug: the client's traceback would not help.
            foreseen = isinstance(error, KafkaError | OSError)
            line["error"] = visible(repr(error)) if foreseen else readable(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class ForPeople(logging.Formatter):
    """One sentence a line, for a terminal: an error as other commands print theirs, all else with its time."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one record as a line, with the traceback of an internal error below it."""
        text = visible(record.getMessage())
        at = datetime.fromtimestamp(record.created, UTC).astimezone()
        line = f"backstay: {text}" if record.levelno >= logging.ERROR else f"{at:%H:%M:%S} {text}"
        return line if not record.exc_info else f"{line}\n{readable(self.formatException(record.exc_info))}"


class OncePerHalfMinute(logging.Filter):
    """Passes a message of a library once in 30 seconds, with its count: no outage floods the log."""

    def __init__(self) -> None:
        super().__init__()
        self.suppressed = 0
        """Number of lines left out since the start."""
        self._last: dict[tuple[str, str], float] = {}
        self._held: Counter[tuple[str, str]] = Counter()
        self._since: dict[tuple[str, str], tuple[float, float]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Report whether a record is to be written."""
        if record.name == "asyncio" and record.getMessage().startswith(HARMLESS):
            self.suppressed += 1
            return False
        if record.name.partition(".")[0] not in NOISY:
            return True
        key = record.name, str(record.msg)
        if record.msg in PASSING and not self._persists(key, record.created):
            return False
        if record.created - self._last.get(key, -REPEAT_AFTER) < REPEAT_AFTER:
            self._held[key] += 1
            self.suppressed += 1
            return False
        self._last[key] = record.created
        held = self._held.pop(key, 0)
        if held:
            record.msg, record.args = f"{record.getMessage()} ({held} more like this were left out)", ()
        return True

    def _persists(self, key: tuple[str, str], at: float) -> bool:
        """Report whether a message about a passing state has been repeated for five seconds."""
        first, last = self._since.get(key, (at, at))
        first = at if at - last > PERSISTS_AFTER else first
        self._since[key] = first, at
        return at - first >= PERSISTS_AFTER


REPEATS: Final = OncePerHalfMinute()
"""The one of this process."""


def set_up_logs(level: str) -> None:
    """Send all logs to standard error as JSON lines; to a terminal as sentences.

    Libraries log warnings and above: below, they print payloads. On a terminal they are silent: what their errors mean
    is said by ours.
    """
    is_terminal = sys.stderr.isatty()
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(ForPeople() if is_terminal else JsonLines())
    output.addFilter(REPEATS)
    logging.basicConfig(level=level.upper(), handlers=[output], force=True)
    for name in NOISY:
        least = logging.CRITICAL if is_terminal else logging.WARNING
        logging.getLogger(name).setLevel(max(least, logging.getLevelName(level.upper())))
