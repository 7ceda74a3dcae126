"""Measures how fast logs are read: the same orders as JSON lines, CSV and Parquet, as rows and through a mapping.

python -m benchmarks.table_logs [ROWS]
"""

import csv
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb

from streams.foreign_logs import Translated, reader_of, wanted
from streams.logfile import opened
from streams.setting_sources import read_settings

NAMES: Final = ["order", "user", "at", "total", "currency"]
RULE: Final[dict[str, Any]] = {
    "type": "purchase.completed",
    "event_id": "order",
    "customer_id": "user",
    "occurred_at": "at",
    "fields": {"order_id": "order", "amount": "total", "currency": "currency"},
}
TYPED: Final = (
    'COPY (SELECT "order"::BIGINT AS "order", "user", "at"::TIMESTAMPTZ AS "at", total::DECIMAL(10, 2) AS total, '
    "currency FROM read_csv('{0}.csv', all_varchar = true)) TO '{0}.parquet' (FORMAT parquet)"
)


def orders(number: int) -> Iterator[list[str]]:
    """Yield the cells of orders."""
    for i in range(number):
        clock = f"{i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d}"
        yield [str(i), f"c-{i % 5000:05d}", f"2026-03-01T{clock}Z", f"{i % 9000 / 100:.2f}", "EUR"]


def write(base: Path, number: int) -> list[Path]:
    """Write the orders in each format, and return the files."""
    files = [base.with_suffix(f".{kind}") for kind in ("jsonl", "csv", "parquet")]
    with files[0].open("w") as stream:
        stream.writelines(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in orders(number))
    with files[1].open("w", newline="") as stream:
        csv.writer(stream).writerows([NAMES, *orders(number)])
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(TYPED.format(base))
    return files


def measured(lines: Iterable[Any]) -> float:
    """Return the lines read per second of this process."""
    begun = time.process_time()
    number = sum(not line.wrong for line in lines)
    return number / (time.process_time() - begun)


def main() -> None:
    """Print lines per CPU second of each format."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    overrides = {"sources.log": "mapping", "sources.mapping.events": json.dumps([RULE])}
    reader = reader_of(read_settings(overrides=overrides))
    with TemporaryDirectory() as folder:
        for file in write(Path(folder) / "orders", number):
            with opened(file, wanted(reader)) as log:
                rows = measured(log)
            with opened(file, wanted(reader)) as log:
                events = measured(Translated(log, reader))
            print(f"{file.suffix[1:]:8} {rows:>11,.0f} rows {events:>9,.0f} events a CPU second")


if __name__ == "__main__":
    main()
