"""A subscriber of Backstay: says what to do about whom, once, while it is of use. README.md beside it explains it."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaConsumer, ConsumerRecord, errors

TABLES = """CREATE TABLE IF NOT EXISTS seen (source, id, at, PRIMARY KEY (source, id));
    CREATE TABLE IF NOT EXISTS waiting (episode, action, id, text, until, PRIMARY KEY (episode, action));"""
SEEN = "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)"
WAITS = "INSERT OR REPLACE INTO waiting SELECT ?, ?, ?, ?, ? WHERE (?, ?) NOT IN (SELECT source, id FROM seen)"


def hear(store: sqlite3.Connection, records: Iterable[ConsumerRecord], send: Callable, now: Callable) -> None:
    store.execute("BEGIN")  # all of a batch is in the file before any of it is said
    for record in records:
        about = {name: value.decode() for name, value in record.headers if name.startswith("ce_")}
        seen = about.get("ce_source"), about.get("ce_id"), now().isoformat()
        if not record.value or None in seen or not store.execute(SEEN, seen).rowcount:
            continue
        said, kind = json.loads(record.value), about["ce_type"].removeprefix("io.backstay.")
        what, title = (said.get("episode", ""), said.get("action", "alarm")), said.get("action") or said.get("severity")
        if kind in {"action.withdrawn.v1", "churn_signal.cleared.v1"}:
            store.execute("DELETE FROM waiting WHERE (episode, action) = (?, ?)", what)
            if said["cause"] == "erased":  # its key is another one: it may be read before what it withdraws
                store.execute(SEEN, (*what, now().isoformat()))
        elif kind == "action.recommended.v1" or (kind.startswith("churn_signal.") and title in {"high", "critical"}):
            text = f"{title} for {said['customer_id']}: {said['explanation']['en']}"
            until = said.get("expires_at") or str(datetime.fromisoformat(about["ce_time"]) + timedelta(days=1))
            store.execute(WAITS, (*what, about["ce_id"], text, until, *what))
    store.execute("COMMIT")
    for *what, ident, text, until in store.execute("SELECT * FROM waiting ORDER BY rowid").fetchall():
        if now() < datetime.fromisoformat(until):
            send(ident, text)
        store.execute("DELETE FROM waiting WHERE (episode, action) = (?, ?)", what)
    store.execute("DELETE FROM seen WHERE at < ?", ((now() - timedelta(days=31)).isoformat(),))


async def listen(host: str, file: str, send: Callable, now: Callable, **more: object) -> None:
    more |= {"isolation_level": "read_committed", "auto_offset_reset": "earliest", "enable_auto_commit": False}
    log = AIOKafkaConsumer("churn-signals", "actions", bootstrap_servers=host, group_id="notifier", **more)
    try:
        store = sqlite3.connect(file, isolation_level=None).executescript(TABLES).connection
        await log.start()
        while (batches := await log.getmany(timeout_ms=1_000)) is not None:
            hear(store, (record for batch in batches.values() for record in batch), send, now)
            await (log.commit() if batches else asyncio.sleep(0))
    except (errors.KafkaError, sqlite3.Error) as error:
        sys.exit(f"notifier: cannot read from the broker {host}, or keep what it has said in {file}: {error}")
    finally:
        await log.stop()


if __name__ == "__main__":
    broker, file = [*sys.argv[1:3], *["127.0.0.1:9092", "notifier.db"][len(sys.argv) - 1 :]]
    asyncio.run(listen(broker, file, lambda *said: print(*said, flush=True), lambda: datetime.now(UTC)))
