"""What is logged and how: one JSON object a line, control characters escaped, never a payload."""

import json
import logging
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Final

from aiokafka.errors import KafkaError

from schemas.visible import readable, visible

NOISY: Final = ("faust", "mode", "aiokafka", "kafka")
"""Libraries that log keys and values at debug level, and outages line after line."""

REPEAT_AFTER: Final = 30.0


PASSING: Final = frozenset(
    {
        "Group Coordinator Request failed: %s",
        "Got error produce response on topic-partition %s, retrying. Error: %s",
        "Heartbeat failed for group %s because it is rebalancing",
    }
)
"""What the Kafka client logs, and tries again, on a healthy broker too: one that has nobody yet to coordinate a group,
one that still ends the transaction before, a group that another worker joins."""
HARMLESS: Final = ("Unclosed AIOKafkaConnection", "Exception in callback MessageAccumulator._pop_batch.")
"""How messages of asyncio begin that concern the Kafka client, and no loss. The first is about a connection that was
closed while it was being opened: the garbage collector closes it. The second is about a batch that was to be sent again
and has failed: whoever waits for it is told (findings/aiokafka-batch-put-back-raises-in-callback.sh)."""
PERSISTS_AFTER: Final = 5.0


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, text."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": visible(record.getMessage()),
        }
        if record.exc_info:
            error = record.exc_info[1]
            # A broker that is gone is nobody's bug: where in the client it was noticed helps nobody.
            foreseen = isinstance(error, KafkaError | OSError)
            line["error"] = visible(repr(error)) if foreseen else readable(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class OncePerHalfMinute(logging.Filter):
    """Lets a message of a library through once in 30 seconds, with how often it came: no outage floods the log."""

    def __init__(self) -> None:
        super().__init__()
        self.suppressed = 0
        """Lines that were not written since the start."""
        self._last: dict[tuple[str, str], float] = {}
        self._held: Counter[tuple[str, str]] = Counter()
        self._since: dict[tuple[str, str], tuple[float, float]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is to be written."""
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
        """Report whether what may pass by itself has come again and again for five seconds."""
        first, last = self._since.get(key, (at, at))
        first = at if at - last > PERSISTS_AFTER else first
        self._since[key] = first, at
        return at - first >= PERSISTS_AFTER


REPEATS: Final = OncePerHalfMinute()
"""The one of this process."""


def set_up_logs(level: str) -> None:
    """Send every log to standard error as JSON lines. Libraries never below warning: they would print payloads."""
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(JsonLines())
    output.addFilter(REPEATS)
    logging.basicConfig(level=level.upper(), handlers=[output], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
