"""A subscriber of Backstay: says what to do about whom, once, while it is of use. README.md beside it explains it."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaConsumer, ConsumerRecord, errors

SEEN = "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)"
WAITS = "INSERT OR REPLACE INTO waiting SELECT ?, ?, ?, ?, ? WHERE (?, ?) NOT IN (SELECT source, id FROM seen)"


class Notifier:
    def __init__(self, file: str, send: Callable[[str, str], None], now: Callable[[], datetime]) -> None:
        self.store, self.send, self.now = sqlite3.connect(file, isolation_level=None), send, now
        self.store.executescript("""CREATE TABLE IF NOT EXISTS seen (source, id, at, PRIMARY KEY (source, id));
            CREATE TABLE IF NOT EXISTS waiting (episode, action, id, text, until, PRIMARY KEY (episode, action));""")

    def take(self, record: ConsumerRecord) -> None:
        about = {name: value.decode() for name, value in record.headers if name.startswith("ce_")}
        seen = about.get("ce_source"), about.get("ce_id"), self.now().isoformat()
        if not record.value or None in seen or not self.store.execute(SEEN, seen).rowcount:
            return
        said, kind = json.loads(record.value), about["ce_type"].removeprefix("io.backstay.")
        what, title = (said.get("episode", ""), said.get("action", "alarm")), said.get("action") or said.get("severity")
        if kind in {"action.withdrawn.v1", "churn_signal.cleared.v1"}:
            self.store.execute("DELETE FROM waiting WHERE (episode, action) = (?, ?)", what)
            if said["cause"] == "erased":  # its key is another one: it may be read before what it withdraws
                self.store.execute(SEEN, (*what, self.now().isoformat()))
        elif kind == "action.recommended.v1" or (kind.startswith("churn_signal.") and title in {"high", "critical"}):
            text = f"{title} for {said['customer_id']}: {said['explanation']['en']}"
            until = said.get("expires_at") or (datetime.fromisoformat(about["ce_time"]) + timedelta(days=1)).isoformat()
            self.store.execute(WAITS, (*what, about["ce_id"], text, until, *what))

    def say_what_waits(self) -> None:
        for *what, ident, text, until in self.store.execute("SELECT * FROM waiting ORDER BY rowid").fetchall():
            if self.now() < datetime.fromisoformat(until):
                self.send(ident, text)
            self.store.execute("DELETE FROM waiting WHERE (episode, action) = (?, ?)", what)
        self.store.execute("DELETE FROM seen WHERE at < ?", ((self.now() - timedelta(days=31)).isoformat(),))


async def listen(host: str, notifier: Notifier, **more: object) -> None:
    more |= {"isolation_level": "read_committed", "auto_offset_reset": "earliest", "enable_auto_commit": False}
    log = AIOKafkaConsumer("churn-signals", "actions", bootstrap_servers=host, group_id="notifier", **more)
    try:
        await log.start()
        while (batches := await log.getmany(timeout_ms=1_000)) is not None:
            notifier.store.execute("BEGIN")  # what was read is in the file, then the position moves, then it is said
            for record in (record for batch in batches.values() for record in batch):
                notifier.take(record)
            notifier.store.execute("COMMIT")
            await (log.commit() if batches else asyncio.sleep(0))
            notifier.say_what_waits()
    finally:
        await log.stop()


if __name__ == "__main__":
    broker, file = (sys.argv[1:] + ["127.0.0.1:9092", "notifier.db"][len(sys.argv) - 1 :])[:2]
    try:
        asyncio.run(listen(broker, Notifier(file, lambda *said: print(*said, flush=True), lambda: datetime.now(UTC))))
    except (errors.KafkaError, sqlite3.Error) as error:
        sys.exit(f"notifier: cannot read from the broker {broker}, or keep what it has said in {file}: {error}")
