"""The store of the console: SQLite, written by one subscriber, read by many views.

Rule: a batch of records and the offsets after it are one transaction. A kill at any moment leaves the state after some
batch, and reading goes on from its offsets. A record is known by its `ce_id`, so reading it twice changes nothing.

Rule: of a customer that is erased no byte stays. Deleted content is overwritten (`secure_delete`), and the write-ahead
log is emptied before a batch with an erasure counts as done.
"""

import fcntl
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from retention.calendar import DAY, SECOND, Instant
from streams.console.aging import age
from streams.console.erasing import erase, gone
from streams.console.fading import USUAL, Bands
from streams.console.intake import PASSED_OVER, Read, Unread, event_time, said_by, type_of
from streams.console.tables import ALL_TABLES, PRUNED_BUT_FOR_THE_LAST, TABLES, UPGRADES, VERSION
from streams.console.taking import Taking
from streams.errors import BadSettings
from streams.forgetting import Forgotten
from streams.partition_record import OWN_PREFIX
from streams.topics import DEAD_LETTERS, HEALTH

NAME: Final = "console.sqlite3"
LOCK: Final = "console.lock"
CACHE_KIB: Final = 16_384
"""Pages that the writer keeps in memory; a reader keeps a quarter of them."""
CLEAN_MS: Final = 50
"""Milliseconds that a reader may delay the cleaning of the write-ahead log; then it is tried again."""
BUSY_SECONDS: Final = 30
NOTE_EVERY: Final = 10 * SECOND
"""How often the time of reading is noted, if nothing comes."""


class Store:
    """The tables, in a file or in memory."""

    def __init__(self, folder: Path | None, key: bytes, keep_days: int = 400, bands: Bands = USUAL) -> None:
        self._names = Forgotten(key)
        self._keep = keep_days * DAY
        self._bands = bands
        self._aged_to: Instant = 0
        """The instant that all cards were brought to since this store was opened."""
        self._file = folder / NAME if folder is not None else None
        self._lock = threading.RLock()
        self._threads = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._noted: dict[tuple[str, int], int] = {}
        self._read_at: Instant = 0
        self.revision = 0
        """Grows with every batch."""
        self.cleaned = True
        """Whether nothing of an erased customer is left in the write-ahead log."""
        self._held = _prepared(folder) if folder is not None else None
        """A file that is locked for as long as this store is open; the system lets go of it after a kill, too."""
        self._writer = self._connect(CACHE_KIB)
        self._create()

    # Opening and closing

    def _connect(self, cache: int) -> sqlite3.Connection:
        where = str(self._file) if self._file is not None else ":memory:"
        try:
            link = sqlite3.connect(where, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
            link.execute("PRAGMA secure_delete = ON")
            link.execute("PRAGMA temp_store = MEMORY")
            link.execute(f"PRAGMA cache_size = -{cache}")
            if self._file is not None:
                link.execute("PRAGMA journal_mode = WAL")
                link.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.DatabaseError as error:
            raise BadSettings(
                f"cannot open the store of the console in {self._file}: {error}. Name another folder in console.dir, "
                "or delete the file: everything in it is read again from the topics"
            ) from error
        self._opened.append(link)
        return link

    def _create(self) -> None:
        with self._lock:
            while (version := self._version()) in UPGRADES:
                self._upgrade(version)
            if self._version() != VERSION:
                self.clear()
            self._begin_bands()

    def _upgrade(self, version: int) -> None:
        """Bring the tables to the version after another one; all of it, or nothing."""
        with self._transaction():
            self._define(UPGRADES[version], version + 1)

    def _define(self, statements: str, version: int) -> None:
        for statement in filter(str.strip, statements.split(";")):
            self._writer.execute(statement)
        self._writer.execute(f"PRAGMA user_version = {version}")

    def _begin_bands(self) -> None:
        """Compute all bands anew if their bounds are others than before."""
        with self._transaction():
            now = f"{self._bands.medium} {self._bands.high}"
            found = self._writer.execute("SELECT value FROM meta WHERE name = 'bands'").fetchone()
            if found is not None and found[0] == now:
                return
            self._writer.execute("INSERT OR REPLACE INTO meta VALUES ('bands', ?)", (now,))
            self._writer.execute("UPDATE cards SET aged = 0 WHERE fades AND aged > as_of")

    def _version(self) -> int:
        found: int = self._writer.execute("PRAGMA user_version").fetchone()[0]
        return found

    def clear(self) -> None:
        """Delete everything: all topics are read again from their beginning."""
        with self._lock, self._transaction():
            present = [name for (name,) in self._writer.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in present:
                if not name.startswith("sqlite_"):
                    self._writer.execute(f"DROP TABLE {name}")
            self._define(TABLES, VERSION)
            self._noted.clear()
            self._aged_to = 0
            self.revision += 1
        self.clean()

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for link in self._opened:
                link.close()
            if self._held is not None:
                self._held.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._writer.execute("ROLLBACK")
            raise
        self._writer.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that shows one state, which a batch that comes meanwhile does not change."""
        if self._file is None:
            with self._lock:
                yield self._writer
            return
        link = getattr(self._threads, "link", None)
        if link is None:
            with self._lock:
                link = self._threads.link = self._connect(CACHE_KIB // 4)
            link.execute("PRAGMA query_only = ON")
        link.execute("BEGIN")
        try:
            yield link
        finally:
            link.execute("ROLLBACK")

    # What it is of

    def belongs_to(self, identity: str) -> bool:
        """Report whether the store is of these topics; a new one is of any, from now on."""
        with self._lock, self._transaction():
            found = self._writer.execute("SELECT value FROM meta WHERE name = 'identity'").fetchone()
            if found is None:
                self._writer.execute("INSERT INTO meta VALUES ('identity', ?)", (identity,))
            return found is None or found[0] == identity

    def positions(self) -> dict[tuple[str, int], int]:
        """Return the next offset of each partition that was read."""
        with self._lock:
            return {
                (topic, number): following
                for topic, number, following in self._writer.execute("SELECT topic, partition, next FROM reads")
            }

    def skip(self, topic: str, partition: int, first: int) -> int:
        """Note the first offset that a partition still has; return how many are missing before it."""
        with self._lock, self._transaction():
            found = self._writer.execute(
                "SELECT next FROM reads WHERE topic = ? AND partition = ?", (topic, partition)
            ).fetchone()
            missed = max(0, first - found[0]) if found is not None and found[0] else 0
            self._writer.execute(
                "INSERT INTO reads (topic, partition, next, missed) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "next = max(next, excluded.next), missed = missed + excluded.missed",
                (topic, partition, first, missed),
            )
            return missed

    # Writing

    def was_away_since(self, at: Instant) -> bool:
        """Report whether the store holds something, and nothing was read since an instant by the clock."""
        with self._lock:
            row = self._writer.execute("SELECT value FROM meta WHERE name = 'read_at'").fetchone()
            return row is not None and int(row[0]) < at

    def apply(
        self, batch: Sequence[Read], ends: Mapping[tuple[str, int], int] | None = None, now: Instant | None = None
    ) -> None:
        """Take a batch of records, and note the offsets after it; all of it, or nothing.

        `ends` are further positions: offsets that hold no record of ours, as marks of transactions. `now` is the time
        by the clock at which it was read.
        """
        ends = {place: at for place, at in (ends or {}).items() if at > self._noted.get(place, -1)}
        is_due = now is not None and now >= self._read_at + NOTE_EVERY
        if not (batch or ends or is_due):
            if not self.cleaned:
                self.clean()
            return
        with self._lock:
            with self._transaction():
                taking = Taking(self._writer, self._names, self._bands)
                outcomes = Counter(self._take_one(taking, read) for read in batch)
                self._count(outcomes)
                self._advance(batch, ends)
                self._prune(taking)
                if now is not None and is_due:
                    self._writer.execute("INSERT OR REPLACE INTO meta VALUES ('read_at', ?)", (str(now),))
                self.revision += 1
            self._noted |= ends
            self._read_at = now if now is not None and is_due else self._read_at
            if taking.has_erased:
                self.cleaned = False
        if not self.cleaned:
            self.clean()

    def age(self, at: Instant, most: int) -> bool:
        """Bring some cards to an instant, and all that come from now on; return whether there may be more."""
        with self._lock:
            if at <= self._aged_to:
                return False
            with self._transaction():
                self._writer.execute(
                    "INSERT INTO meta VALUES ('day', ?) ON CONFLICT DO UPDATE SET value = excluded.value", (str(at),)
                )
                number = age(self._writer, at, most, self._bands)
                self.revision += bool(number)
            if number < most:
                self._aged_to = at
            return number == most

    def _take_one(self, taking: Taking, read: Read) -> tuple[str, str]:
        topic = read.place.topic
        if topic == DEAD_LETTERS.name:
            return topic, taking.letter(read)
        if read.key is not None and read.key.startswith(OWN_PREFIX):
            return topic, "other"
        if read.value is None:
            return topic, taking.tombstone(read) if topic == HEALTH.name else "other"
        if type_of(read.headers) in PASSED_OVER:
            return topic, "other"
        try:
            said = said_by(read)
        except Unread as unread:
            self._writer.execute(
                "INSERT INTO unknown VALUES (?, 1) ON CONFLICT DO UPDATE SET number = number + 1", (unread.what[:200],)
            )
            return topic, "unknown"
        return topic, taking.take(said, read.place)

    def _count(self, outcomes: Mapping[tuple[str, str], int]) -> None:
        self._writer.executemany(
            "INSERT INTO outcomes VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET number = number + excluded.number",
            [(topic, outcome, number) for (topic, outcome), number in outcomes.items()],
        )

    def _advance(self, batch: Sequence[Read], ends: Mapping[tuple[str, int], int]) -> None:
        following, event, stamp = dict(ends), Counter[tuple[str, int]](), Counter[tuple[str, int]]()
        for read in batch:
            where = read.place.topic, read.place.partition
            following[where] = max(following.get(where, 0), read.place.offset + 1)
            stamp[where] = max(stamp[where], read.stamp)
            if where[0] != DEAD_LETTERS.name:  # those have the time of whoever sent them, right or wrong
                event[where] = max(event[where], event_time(read.headers))
        self._writer.executemany(
            "INSERT INTO reads (topic, partition, next, event, stamp) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "next = max(next, excluded.next), event = max(event, excluded.event), stamp = max(stamp, excluded.stamp)",
            [(*where, offset, event[where], stamp[where]) for where, offset in following.items()],
        )

    def _prune(self, taking: Taking) -> None:
        """Delete what is older than the store keeps, when event time has come to another day."""
        newest = self._writer.execute("SELECT max(event) FROM reads").fetchone()[0] or 0
        cut = newest // DAY * DAY - self._keep
        known = self._writer.execute("SELECT value FROM meta WHERE name = 'cut'").fetchone()
        if known is None or int(known[0]) < cut:
            self._writer.execute("INSERT OR REPLACE INTO meta VALUES ('cut', ?)", (str(cut),))
            if self._writer.execute("SELECT 1 FROM records WHERE at < ? LIMIT 1", (cut,)).fetchone() is None:
                return
        elif taking.oldest >= cut:
            return
        for table in ("records", "edges", "points", "reports"):
            self._writer.execute(f"DELETE FROM {table} WHERE at < ?", (cut,))  # noqa: S608 - a name of ours
        for statement in PRUNED_BUT_FOR_THE_LAST:
            self._writer.execute(statement, {"cut": cut})
        for table, record in (("episodes", "last"), ("actions", "last"), ("action_reports", "record")):
            self._writer.execute(f"DELETE FROM {table} WHERE {record} NOT IN (SELECT seq FROM records)")  # noqa: S608
        self._writer.execute(
            "DELETE FROM customers WHERE id NOT IN (SELECT customer FROM records UNION SELECT customer FROM cards "
            "UNION SELECT customer FROM points UNION SELECT customer FROM movements "
            "UNION SELECT customer FROM standings)"
        )

    # Erasing

    def forget(self, names: Iterable[str]) -> None:
        """Erase customers, of which nothing is taken again."""
        with self._lock:
            with self._transaction():
                for name in names:
                    erase(self._writer, self._names.pseudonym(name))
                self.revision += 1
            self.cleaned = False
        self.clean()

    def is_gone(self, name: str) -> bool:
        """Report whether a customer was erased, or goes on under another id."""
        with self.reading() as link:
            return gone(link, self._names.pseudonym(name))

    def begin_sweep(self) -> None:
        """Read all cards again: customers whose tombstone the log cleaner has taken away have none any more."""
        with self._lock, self._transaction():
            self._writer.execute(
                "INSERT INTO meta VALUES ('sweep', '1') ON CONFLICT DO UPDATE SET value = CAST(value + 1 AS TEXT)"
            )
            self._writer.execute("UPDATE reads SET next = 0 WHERE topic = ?", (HEALTH.name,))
            self._noted.clear()

    def end_sweep(self) -> int:
        """Erase the customers whose cards were not found again; return how many they are."""
        with self._lock:
            found = self._writer.execute("SELECT value FROM meta WHERE name = 'sweep'").fetchone()
            if found is None:
                return 0
            missing = [
                name for (name,) in self._writer.execute("SELECT name FROM cards WHERE sweep < ?", (int(found[0]),))
            ]
        if missing:
            self.forget(missing)
        return len(missing)

    def clean(self) -> None:
        """Empty the write-ahead log, which may hold pages as they were; a reader may delay it to the next batch."""
        if self._file is None:
            self.cleaned = True
            return
        with self._lock:
            self._writer.execute(f"PRAGMA busy_timeout = {CLEAN_MS}")
            busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._writer.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1_000}")
            self.cleaned = not busy

    # About itself

    def size(self) -> int:
        """Return the bytes of the tables."""
        with self.reading() as link:
            pages, size = (link.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
            return int(pages) * int(size)

    def contents(self) -> dict[str, list[Any]]:
        """Return every row of every table, for tests."""
        with self.reading() as link:
            return {name: link.execute(f"SELECT * FROM {name}").fetchall() for name in ALL_TABLES}  # noqa: S608


def _prepared(folder: Path) -> IO[bytes]:
    """Return a file that keeps other consoles from the folder, which is made if it is not there.

    Two of them would each note how far the topics are read, while one may have emptied the tables of the other.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / NAME).touch(mode=0o600, exist_ok=True)
        held = (folder / LOCK).open("ab")
    except OSError as error:
        raise BadSettings(f"cannot use console.dir {folder}: {error.strerror or error}. Name another folder") from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        held.close()
        raise BadSettings(
            f"another console uses console.dir {folder}: stop that one, or give this one a folder of its own"
        ) from error
    except OSError:
        return held  # a file system without locks
    return held
