"""The console with many customers: its first view, its look-up, its memory, and how soon a record is a row.

    python -m benchmarks.console views [--customers 100000]
    python -m benchmarks.console filters [--customers 100000] [--store FOLDER]
    python -m benchmarks.console day [--customers 100000]
    python -m benchmarks.console latency [--rate 1000] [--seconds 20] [--customers 50000]

`views` fills a store with a card, two signals, an action and two movements of each customer, starts `backstay console`
on it as a process of its own, and asks it over HTTP. `filters` asks the views of such a store within this process, for
each kind of filter, order and page, with plans, owners, countries and bands that differ, and writes the file for
spreadsheets; a store that `--store` names is filled once, and asked again by the next run. `day` fills a store with
cards, lets a month pass, and asks for a page every two seconds while they are brought to that day. `latency` runs
Apache Kafka, a worker and a console, sends events at a steady rate, and watches the store of the console: a
cancellation is a row once its customer's card has it.
Everything runs on 127.0.0.1 and ends by itself. Prints one JSON object.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from benchmarks.console_customers import outputs, questions, varied
from benchmarks.latency import Clock, send
from benchmarks.own_broker import own_broker
from benchmarks.throughput import spawn_worker, until_ready
from benchmarks.traffic import events
from streams.broker import Broker
from streams.console.aging import Aging
from streams.console.api import csv_pages
from streams.console.documents import AtRiskFilters
from streams.console.store import NAME, Store
from streams.console.viewing import StoreViews
from streams.console.views.shared import Company
from streams.embedded import EmbeddedBroker, free_port
from streams.forgetting import key_of
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.topics import HEALTH
from tests.building import at

LOOKUPS: Final = 2_000
FIRST: Final = 20
POLL: Final = 0.005
EVERY: Final = 2.0
EACH: Final = 9
"""Answers to each question of `filters`."""


def filled(folder: Path, settings: Settings, customers: int) -> dict[str, float]:
    """Fill a store; return how long it took, and how large it is."""
    store, begun, number, spent = Store(folder, key_of(settings)), time.monotonic(), 0, 0.0
    for batch in outputs(customers):
        begun_at = time.monotonic()
        store.apply(batch)
        spent += time.monotonic() - begun_at
        number += len(batch)
    size = store.size()
    store.close()
    with sqlite3.connect(folder / NAME) as link:
        link.execute("DELETE FROM reads")  # the topics of the console that follows are empty
    return {
        "records": number,
        "records_a_second": round(number / spent),
        "store_mb": round(size / 2**20),
        "seconds": round(time.monotonic() - begun, 1),
    }


def started(settings: Settings, folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Start a console; return its process and its address."""
    options = {
        "kafka.bootstrap_servers": settings.kafka.bootstrap_servers,
        "kafka.group": settings.kafka.group,
        "topics.prefix": settings.topics.prefix,
        "console.dir": str(folder),
        "time.clock": "log",
        "log_level": "error",
    }
    sets = [part for name, value in options.items() for part in ("--set", f"{name}={value}")]
    command = [sys.executable, "-c", "from streams.cli import main; main()", "console", "--port", "0", *sets]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": os.getcwd()})  # noqa: PTH109 - ours
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    return process, process.stdout.readline().removeprefix("console ").strip()


def asked(url: str, accept: str = "application/json") -> float:
    """Ask once; return the milliseconds until the whole answer was there."""
    begun = time.perf_counter()
    with urlopen(Request(url, headers={"Accept": accept})) as answer:  # noqa: S310 - our own console
        answer.read()
    return (time.perf_counter() - begun) * 1_000


def share(taken: list[float], of: float) -> float:
    """Return the time that a share of the answers did not exceed."""
    return round(sorted(taken)[int(of * (len(taken) - 1))], 1)


def memory_mb(pid: int) -> int:
    """Return the largest resident memory that a process had."""
    line = next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


async def views(customers: int) -> dict[str, Any]:
    """Measure what is asked over HTTP."""
    folder = Path(tempfile.mkdtemp(prefix="backstay-bench-"))
    try:
        async with EmbeddedBroker() as broker:
            settings = read_settings(overrides={"kafka.bootstrap_servers": broker.address})
            await Broker(settings).create_topics()
            made = filled(folder, settings, customers)
            process, url = started(settings, folder)
            try:
                found = await asyncio.to_thread(_answers, url, customers)
                return {"what": "console views", "customers": customers, **made, **found, "mb": memory_mb(process.pid)}
            finally:
                process.terminate()
                process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(url: str, customers: int) -> dict[str, Any]:
    while True:
        try:
            asked(f"{url}/readyz")
            break
        except OSError:
            time.sleep(0.1)
    first = asked(f"{url}/", "text/html")
    api = f"{url}/api/v1"
    pages = [asked(f"{url}/", "text/html") for _ in range(FIRST)]
    rows = [asked(f"{api}/at-risk") for _ in range(FIRST)]
    filtered = [asked(f"{api}/at-risk?segment=country%3DES&search=9&page=3") for _ in range(FIRST)]
    lookups = [asked(f"{api}/customers/cust-{n * 7919 % customers:06d}/contact") for n in range(LOOKUPS)]
    return {
        "first_page_ms": round(first, 1),
        "page_p50_ms": share(pages, 0.5),
        "page_max_ms": share(pages, 1),
        "at_risk_p50_ms": share(rows, 0.5),
        "filtered_p50_ms": share(filtered, 0.5),
        "lookup_p50_ms": share(lookups, 0.5),
        "lookup_p99_ms": share(lookups, 0.99),
        "signals_ms": round(asked(f"{api}/signals"), 1),
        "retention_ms": round(asked(f"{api}/retention"), 1),
        "customer_ms": round(asked(f"{api}/customers/cust-000001"), 1),
    }


async def filters(customers: int, folder: Path | None) -> dict[str, Any]:
    """Measure each kind of question, and the file for spreadsheets, within this process."""
    where = folder or Path(tempfile.mkdtemp(prefix="backstay-bench-"))
    has_store = (where / NAME).exists()
    store, now = Store(where, b"a key of a benchmark, of 32 bytes"), at(30.5)
    try:
        if not has_store:
            for batch in varied(customers):
                store.apply(batch)
        views, found = StoreViews(store, Company()), dict[str, Any]()
        for name, (asked_for, page) in questions(customers).items():
            found[name] = [_milliseconds(views, asked_for, page) for _ in range(EACH)]
        begun = time.process_time()
        lines = sum(text.count("\r\n") for text in csv_pages(views, AtRiskFilters(), now))
        file = {"csv_rows": lines - 1, "csv_seconds": round(time.process_time() - begun, 1)}
        medians = {f"{name}, ms": share(taken, 0.5) for name, taken in found.items()}
        return {"what": "console filters", "customers": customers, **medians, **file, "mb": memory_mb(os.getpid())}
    finally:
        store.close()
        if folder is None:
            shutil.rmtree(where, ignore_errors=True)


def _milliseconds(views: StoreViews, filters: AtRiskFilters, page: int) -> float:
    """Ask once; return the milliseconds of processor time: those by the clock depend on what else runs here."""
    begun = time.process_time()
    views.at_risk(filters, page, 25, at(30.5))
    return (time.process_time() - begun) * 1_000


async def day(customers: int) -> dict[str, Any]:
    """Measure how long the cards take to be of a new day, and a page meanwhile."""
    folder, company, now = Path(tempfile.mkdtemp(prefix="backstay-bench-")), Company(), at(60.5)
    store, pages = Store(folder, b"a key of a benchmark, of 32 bytes"), list[float]()
    try:
        for batch in outputs(customers):
            store.apply([read for read in batch if read.place.topic == HEALTH.name])
        aging = asyncio.create_task(Aging(store, lambda: company.today(now), lambda: False).finish())
        begun = time.monotonic()
        while not (await asyncio.wait([aging], timeout=EVERY))[0]:
            asked_at = time.monotonic()
            await asyncio.to_thread(StoreViews(store, company).at_risk, AtRiskFilters(), 1, 50, now)
            pages.append((time.monotonic() - asked_at) * 1_000)
        seconds = time.monotonic() - begun
        return {
            "what": "console day",
            "customers": customers,
            "seconds": round(seconds, 1),
            "pages": len(pages),
            "page_p50_ms": share(pages, 0.5) if pages else None,
            "page_max_ms": share(pages, 1) if pages else None,
        }
    finally:
        store.close()
        shutil.rmtree(folder, ignore_errors=True)


async def watch(file: Path, clock: Clock) -> None:
    """Look at the store every 5 ms: a cancellation is a row once the card of its customer names it."""
    link, last, waiting = sqlite3.connect(f"file:{file}?mode=ro", uri=True), 0, dict[int, str]()
    query = "SELECT seq, customer, body FROM records WHERE seq > ? AND type = 'churn_signal.raised' AND name = ?"
    while True:
        for seq, customer, body in link.execute(query, (last, "cancellation-requested")).fetchall():
            last = max(last, seq)
            waiting[customer] = json.loads(body)["evidence"][0]
        now = time.monotonic()
        for customer in list(waiting):
            known = "SELECT 1 FROM card_signals WHERE customer = ? AND signal = ?"
            if link.execute(known, (customer, "cancellation-requested")).fetchone():
                begun = clock.sent.pop(waiting.pop(customer), None)
                if begun is not None:
                    clock.taken.append(now - begun)
        await asyncio.sleep(POLL)


async def latency(rate: int, seconds: float, customers: int) -> dict[str, Any]:
    """Measure how soon a record in the input is a row of the console."""
    with own_broker() as kafka:
        settings, clock = read_settings(overrides={"kafka.bootstrap_servers": kafka.address}), Clock()
        await Broker(settings).create_topics()
        port = free_port()
        worker = spawn_worker(settings, port)
        await until_ready(port)
        console, url = started(settings, kafka.folder / "console")
        await asyncio.to_thread(_ready, url)
        log = iter(list(events(int(rate * (seconds + 4)), customers)))
        watching = asyncio.create_task(watch(kafka.folder / "console" / NAME, clock))
        await send(settings, log, rate, 3, None)
        begun = time.monotonic()
        await send(settings, log, rate, seconds, clock)
        wall = time.monotonic() - begun
        await _until_seen(clock)
        watching.cancel()
        memory = memory_mb(console.pid)
        for process in (console, worker):
            process.terminate()
            process.wait(timeout=30)
        return {
            "what": "console latency",
            "asked_per_second": rate,
            "sent_per_second": round(rate * seconds / wall),
            "rows": len(clock.taken),
            "unseen": len(clock.sent),
            **({f"p{one}_ms": clock.milliseconds(one / 100) for one in (50, 99, 100)} if clock.taken else {}),
            "console_mb": memory,
        }


async def _until_seen(clock: Clock) -> None:
    """Wait until no more rows come: customers that asked before raise no second signal."""
    before = -1
    while before != len(clock.taken):
        before = len(clock.taken)
        await asyncio.sleep(5)


def _ready(url: str) -> None:
    while True:
        try:
            asked(f"{url}/readyz")
        except OSError:
            time.sleep(0.1)
        else:
            return


async def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["views", "filters", "day", "latency"])
    parser.add_argument("--customers", type=int)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=20)
    chosen = parser.parse_args()
    if chosen.what == "views":
        found = await views(chosen.customers or 100_000)
    elif chosen.what == "filters":
        found = await filters(chosen.customers or 100_000, chosen.store)
    elif chosen.what == "day":
        found = await day(chosen.customers or 100_000)
    else:
        found = await latency(chosen.rate, chosen.seconds, chosen.customers or 50_000)
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the broker, too
    asyncio.run(main())
