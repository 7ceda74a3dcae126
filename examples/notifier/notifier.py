"""A subscriber of Backstay: says what to do about whom, once, while it is of use. README.md beside it explains it."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

KEPT = timedelta(days=31)  # as long as the topic `actions` keeps its records
TABLES = """CREATE TABLE IF NOT EXISTS seen (source, id, at, PRIMARY KEY (source, id));
CREATE TABLE IF NOT EXISTS waiting (episode, action, id, text, until, PRIMARY KEY (episode, action));"""


class Notifier:
    """Keeps what was seen, and what waits to be said, in a file: both outlive a restart."""

    def __init__(self, file: str, send: Callable[[str, str], None], now: Callable[[], datetime]) -> None:
        self.store, self.send, self.now = sqlite3.connect(file), send, now
        self.store.executescript(TABLES)

    def is_new(self, source: str, ident: str) -> bool:
        row = source, ident, self.now().isoformat()
        return self.store.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", row).rowcount == 1

    def take(self, record: ConsumerRecord) -> None:
        about = {name: value.decode() for name, value in record.headers if name.startswith("ce_")}
        if not record.value or "ce_id" not in about or not self.is_new(about["ce_source"], about["ce_id"]):
            return
        said, kind = json.loads(record.value), about["ce_type"].removeprefix("io.backstay.")
        what = said.get("episode", ""), said.get("action", "alarm")
        if kind in {"action.withdrawn.v1", "churn_signal.cleared.v1"}:
            self.store.execute("DELETE FROM waiting WHERE (episode, action) = (?, ?)", what)
            if said["cause"] == "erased":  # its key is another one: it may be read before what it withdraws
                self.is_new(*what)
        elif kind == "action.recommended.v1":
            if not self.store.execute("SELECT 1 FROM seen WHERE (source, id) = (?, ?)", what).fetchall():
                self.put(what, about["ce_id"], said["action"], said, datetime.fromisoformat(said["expires_at"]))
        elif kind.startswith("churn_signal.") and said["severity"] in {"high", "critical"}:
            until = datetime.fromisoformat(about["ce_time"]) + timedelta(days=1)
            self.put(what, about["ce_id"], said["severity"], said, until)

    def put(self, what: tuple[str, str], ident: str, title: str, said: dict[str, Any], until: datetime) -> None:
        text = f"{title} for {said['customer_id']}: {said['explanation']['en']}"
        row = *what, ident, text, until.isoformat()
        self.store.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?)", row)

    def say_what_waits(self) -> None:
        for *what, ident, text, until in self.store.execute("SELECT * FROM waiting ORDER BY rowid").fetchall():
            if self.now() < datetime.fromisoformat(until):
                self.send(ident, text)
            with self.store:
                self.store.execute("DELETE FROM waiting WHERE (episode, action) = (?, ?)", what)
        with self.store:
            self.store.execute("DELETE FROM seen WHERE at < ?", ((self.now() - KEPT).isoformat(),))


async def listen(servers: str, notifier: Notifier, **options: Any) -> None:
    options |= {"group_id": "notifier", "isolation_level": "read_committed", "auto_offset_reset": "earliest"}
    topics = "churn-signals", "actions"
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=servers, enable_auto_commit=False, **options)
    async with consumer:
        while True:
            batches = await consumer.getmany(timeout_ms=1_000)
            with notifier.store:  # first what was read is in the file, then the position moves, then it is said
                for record in (record for batch in batches.values() for record in batch):
                    notifier.take(record)
            await (consumer.commit() if batches else asyncio.sleep(0))
            notifier.say_what_waits()


def say(ident: str, text: str) -> None:
    print(ident, text, flush=True)


if __name__ == "__main__":
    broker, file = (sys.argv[1:] + ["127.0.0.1:9092", "notifier.db"][len(sys.argv) - 1 :])[:2]
    asyncio.run(listen(broker, Notifier(file, say, lambda: datetime.now(UTC))))
