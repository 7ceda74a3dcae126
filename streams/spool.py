"""Spreads the lines of log files over temporary files, one for each topic, so that each topic is read on its own.

    a.jsonl    1 login   2 order   3 login   4 ticket        logins      1  3  |  2
    b.jsonl    1 order   2 login                             purchases   2  |  1
                                                             tickets     4

Rule: within a topic lines stay in the order in which they stand, one file after another, each with its file and number.
They can be read again from the first one on.

Reason: topics of a log are read in backlog order (`backlog_order.py`), one far ahead of another, and the lines between
would not fit into memory.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final, Self

import msgspec

from schemas.decoding import MAX_BYTES
from schemas.families import TOPIC_OF
from schemas.logins import LOGINS
from streams.foreign_logs import UNREAD, LogReader, Translated, wanted
from streams.line_account import Account, Place
from streams.logfile import Line, opened
from streams.progress import Progress, no_progress
from streams.rejected import TOO_LARGE
from streams.strands import disk_failed

AT_ONCE: Final = 500
"""Lines of a topic that are read from the spool together."""
SHOW_EVERY: Final = 1_000
"""Lines after which progress is shown."""
MERGED: Final = "customer.merged"
_HEAD: Final = struct.Struct(">IQI")
"""What stands before a line in the spool: the place of its file, its number and its bytes."""


class Spool:
    """The lines of a log by topic, in temporary files: each topic is read on its own, in order of arrival.

    It may be read several times, from its first line on.
    """

    def __init__(self) -> None:
        self.account = Account()
        """What became of the lines that were read: those in it have no outcome yet."""
        self._stored: Counter[str] = Counter()
        self._files: dict[str, Any] = {}
        self._places: list[tuple[str, str]] = []
        self.left: Counter[str] = Counter()
        """Lines that are not taken yet, by topic."""
        self.joins = False
        """Whether customers are merged in the log."""
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begin(self, file: str, noun: str) -> None:
        """Note that the following lines are of another file."""
        self._places.append((file, noun))

    def put(self, line: Line) -> None:
        """Store a line with its topic's; raise `DiskFailed` if it cannot be written."""
        kind = line.kind or _type_of(line.text)
        self.joins = self.joins or kind == MERGED
        topic = TOPIC_OF.get(kind, LOGINS.topic)
        try:
            if topic not in self._files:
                self._files[topic] = self._open.enter_context(_temporary())
            self._files[topic].write(_HEAD.pack(len(self._places) - 1, line.number, len(line.text)) + line.text)
        except OSError as error:
            raise disk_failed(error) from error
        self._stored[topic] += 1

    def rewind(self) -> None:
        """Return to the first line of each topic: nothing is put from here on."""
        self.left = self._stored.copy()
        try:
            for stream in self._files.values():
                stream.seek(0)
        except OSError as error:
            raise disk_failed(error) from error

    def take(self, topic: str) -> list[tuple[Place, bytes]]:
        """Return the next lines of a topic."""
        stream, found = self._files[topic], list[tuple[Place, bytes]]()
        for _ in range(min(AT_ONCE, self.left[topic])):
            where, number, size = _HEAD.unpack(stream.read(_HEAD.size))
            file, noun = self._places[int(where)]
            found.append((Place(file, noun, number), stream.read(size)))
        self.left[topic] -= len(found)
        return found


def _temporary() -> AbstractContextManager[Any]:
    return TemporaryFile(prefix="backstay-")


class _Typed(msgspec.Struct):
    type: str = ""


_typed: Final = msgspec.json.Decoder(_Typed).decode


def _type_of(line: bytes) -> str:
    try:
        return _typed(line).type
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ""


@contextmanager
def spooled(logs: Sequence[Path], reader: LogReader | None = None, progress: Progress = no_progress) -> Iterator[Spool]:
    """Return the lines of log files, one after another in order of arrival; raise `BadLog` if one is no log."""
    with Spool() as spool:
        for file in logs:
            with opened(file, wanted(reader)) as log:
                lines = Translated(log, reader)
                store(spool, lines, (str(file), log.noun), progress)
                spool.account.skipped += lines.skipped.total()
        yield spool


def store(spool: Spool, lines: Iterable[Line], where: tuple[str, str], progress: Progress) -> None:
    """Store the lines of one file: its name, and what is counted there."""
    account = spool.account
    spool.begin(*where)
    for line in lines:
        account.lines += 1
        if line.wrong:
            account.reject(UNREAD, Place(*where, line.number), line.wrong)
        elif max(line.size, len(line.text)) > MAX_BYTES:
            error = f"{line.size:,} bytes; at most {MAX_BYTES:,} are read"
            account.reject(TOO_LARGE, Place(*where, line.number), error)
        else:
            spool.put(line)
        if account.lines % SHOW_EVERY == 0:
            progress("reading", account.lines, 0)
