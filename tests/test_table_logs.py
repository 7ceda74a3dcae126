"""Logs that are tables: CSV and Parquet give the events that the same records give as JSON lines, value by value."""

import asyncio
import csv
import gzip
import io
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import loading
from streams.broker import Broker
from streams.cli.check import check
from streams.columns import TABLE_BYTES, Columns
from streams.csv_log import BadTable, CsvRows, TableForm, delimiter_of
from streams.embedded import EmbeddedBroker
from streams.errors import BadLog, BadSettings
from streams.foreign_logs import LogReader, Translated, reader_of, wanted
from streams.logfile import Line, opened
from streams.setting_sources import read_settings
from tests.building import Log
from tests.running import on
from tests.test_loading import load, on_topics

ORDER: dict[str, Any] = {
    "type": "purchase.completed",
    "event_id": "order",
    "customer_id": "user.id",
    "occurred_at": "at",
    "fields": {"order_id": "order", "amount": "total", "currency": "currency", "coupon": "coupon"},
}
NAMES = ["order", "user.id", "at", "total", "currency", "coupon"]
YEARS = datetime.fromisoformat("2001-01-01"), datetime.fromisoformat("2025-01-01")
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1, max_size=8)
ORDERS = st.lists(
    st.fixed_dictionaries(
        {
            "order": st.integers(1, 10**15),
            "user.id": st.from_regex(r"0{0,3}[1-9]\d{0,5}", fullmatch=True),
            "at": st.datetimes(min_value=YEARS[0], max_value=YEARS[1]),
            "total": st.decimals("0.00", "99999.99", places=2),
            "currency": st.sampled_from(["EUR", "USD"]),
            "coupon": st.none() | TEXT.filter(str.strip),
        }
    ),
    min_size=1,
    max_size=6,
)


@cache
def a_reader(delimiter: str = "", encoding: str = "") -> LogReader:
    overrides = {"sources.log": "mapping", "sources.mapping.events": json.dumps([ORDER])}
    overrides |= {"sources.csv_delimiter": delimiter, "sources.csv_encoding": encoding}
    found = reader_of(read_settings(overrides=overrides))
    assert found is not None
    return found


def lines(file: Path, reader: LogReader | None = None) -> list[Line]:
    with opened(file, wanted(reader)) as log:
        return list(log)


def events(file: Path, reader: LogReader) -> list[dict[str, Any]]:
    with opened(file, wanted(reader)) as log:
        found = list(Translated(log, reader))
    assert not [line.wrong for line in found if line.wrong]
    read = [json.loads(line.text) for line in found]
    # A text keeps the zeros at its end; a number, and an instant of DuckDB, does not.
    return [
        event | {"amount": Decimal(event["amount"]), "occurred_at": datetime.fromisoformat(event["occurred_at"])}
        for event in read
    ]


def as_jsonl(file: Path, rows: list[dict[str, Any]]) -> Path:
    with file.open("w", encoding="utf-8") as stream:
        for row in rows:
            nested = {name: value for name, value in row.items() if name != "user.id"} | {
                "user": {"id": row["user.id"]}
            }
            stream.write(json.dumps(nested | {"at": f"{row['at'].isoformat()}Z", "total": str(row["total"])}) + "\n")
    return file


def as_csv(file: Path, rows: list[dict[str, Any]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with file.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerow(NAMES)
        writer.writerows([(row | {"at": f"{row['at'].isoformat()}Z"})[name] for name in NAMES] for row in rows)
    return file


def as_parquet(file: Path, rows: list[dict[str, Any]]) -> Path:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        connection.execute(
            'CREATE TABLE t ("order" BIGINT, "user" STRUCT(id VARCHAR), "at" TIMESTAMPTZ, total DECIMAL(10, 2), '
            "currency VARCHAR, coupon VARCHAR)"
        )
        for row in rows:
            at = f"{row['at'].isoformat()}Z"
            values = [row["order"], {"id": row["user.id"]}, at, row["total"], row["currency"], row["coupon"]]
            connection.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", values)
        connection.execute(f"COPY t TO '{file}' (FORMAT parquet)")
    return file


@given(rows=ORDERS, delimiter=st.sampled_from(",;\t|"), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
@settings(max_examples=5, deadline=None)
def test_a_table_gives_the_same_events_in_each_format(
    rows: list[dict[str, Any]], delimiter: str, encoding: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    reader = a_reader()
    chosen = a_reader(delimiter)  # a text of drawn signs may hold all of them

    as_json = events(as_jsonl(folder / "a.jsonl", rows), reader)

    assert len(as_json) == len(rows)
    assert events(as_csv(folder / "a.csv", rows, delimiter, encoding), chosen) == as_json
    assert events(as_parquet(folder / "a.parquet", rows), reader) == as_json


def checked(*arguments: str) -> Result:
    return CliRunner().invoke(check, list(arguments))


def write(file: Path, content: str | bytes) -> Path:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def objects(file: Path, reader: LogReader | None = None) -> list[Any]:
    return [line.wrong or json.loads(line.text) for line in lines(file, reader)]


def test_what_comes_late_is_not_bent_by_what_came_early(tmp_path: Path) -> None:
    early = [f"{n},{n},{n}" for n in range(30_000)]
    late = ["30000,29.90,0025000", "30001,1e3,+34", "30002,true,2026-03-01", "30003,NULL,nan"]
    file = write(tmp_path / "a.csv", "\n".join(["id,amount,zip", *early, *late]))

    found = objects(file)

    assert len(found) == len(early) + len(late)
    assert [list(one.values()) for one in found[-4:]] == [row.split(",") for row in late]
    assert found[0] == {"id": "0", "amount": "0", "zip": "0"}


def test_an_empty_cell_is_missing_and_null_for_a_source(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", 'id,plan,seats\n1,,""\n2,pro,3\n')

    assert objects(file) == [{"id": "1"}, {"id": "2", "plan": "pro", "seats": "3"}]
    assert objects(file, a_reader())[0] == {"id": "1", "plan": None, "seats": None}


def test_rows_that_are_none_are_refused_with_their_line(tmp_path: Path) -> None:
    rows = ["id,text,n", '1,"two\nlines",1', "2,a", "3,a,b,c", "", '4,"a"b,1', ",,", "5,a,1", '6,"open,1', "7,a,1"]
    found = lines(write(tmp_path / "a.csv", "\n".join(rows)))

    wrong = {line.number: line.wrong for line in found if line.wrong}
    assert [line.number for line in found] == [2, 4, 5, 7, 9, 10]
    assert wrong.keys() == {4, 5, 7, 10}
    assert "the row has 2 cells where the header has 3 names" in wrong[4]
    assert "within quotation marks write two for one" in wrong[7]
    assert wrong[10].endswith("; the row ends on line 11")


def test_a_quotation_mark_left_open_takes_no_more_than_a_piece_of_the_file(tmp_path: Path) -> None:
    row = "1," + "x" * 998 + "\n"
    many = TABLE_BYTES // len(row) + 1_000
    found = lines(write(tmp_path / "a.csv", 'id,text\n1,"open\n' + row * many))

    assert found[0].number == 2
    assert found[0].wrong.startswith(
        f"the row is longer than {TABLE_BYTES:,} bytes: is a quotation mark missing there?"
    )
    assert len(found) > 900
    assert not [line.wrong for line in found[1:] if line.wrong]


def test_a_line_beyond_any_event_is_refused_and_the_next_one_read(tmp_path: Path) -> None:
    found = lines(write(tmp_path / "a.csv", f"id,text\n1,{'x' * (2 * TABLE_BYTES)}\n2,b\n"))

    assert [(line.number, bool(line.wrong)) for line in found] == [(2, True), (3, False)]


def test_bytes_of_another_encoding_are_refused_with_the_option_that_reads_them(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "id;stadt\n1;Köln\n2;Rom\n".encode("windows-1252"))
    reader = a_reader(encoding="windows-1252")

    assert [line.wrong for line in lines(file)] == [
        "bytes that are no UTF-8: name the file's encoding, as in --csv-encoding windows-1252",
        "",
    ]
    assert objects(file, reader) == [{"id": "1", "stadt": "Köln"}, {"id": "2", "stadt": "Rom"}]


@pytest.mark.parametrize(
    ("content", "delimiter"),
    {
        "commas": ("id,name,amount\n1,a;b,3\n", ","),
        "semicolons, as numbers have commas": ("id;amount\n1;29,90\n2;30,10\n", ";"),
        "tabs": ("id\tname\n1\tRossi, Ana\n", "\t"),
        "bars": ("id|name\n1|a\n", "|"),
        "a header alone": ("event_id,customer_id\n", ","),
        "a line that names it": ("sep=;\nid;name\n1;a\n", ";"),
        "ragged rows between": ("id,name\n1,a\n2\n3,b\n", ","),
        "JSON lines with a broken first one": ('"a": 1, "b": 2}\n{"a": 1, "b": 2}\n', ""),
        "a text": ("Dear all, this is a text.\nIt has lines.\n", ""),
        "JSON in cells": ('id,data\n1,"{""a"": 1, ""b"": 2}"\n', ","),
    }.values(),
)
def test_the_delimiter_is_recognised(content: str, delimiter: str) -> None:
    assert delimiter_of(content.encode(), TableForm(), whole=True) == delimiter


@pytest.mark.parametrize(
    ("content", "says"),
    {
        "two delimiters": ("id,a|b,c\n1,2|3,4\n", "commas or bars: say which by --csv-delimiter"),
        "no header": ("1,c-1,2024-01-01\n2,c-2,2024-01-02\n", "no header"),
        "a name twice": ("id,plan,plan\n1,a,b\n", "two columns with the name 'plan'"),
        "a header left open": ('id,"plan\n1,a\n', "a header that cannot be read"),
    }.values(),
)
def test_a_table_that_is_unclear_is_refused(content: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadLog, match=r"a\.csv") as error:
        lines(write(tmp_path / "a.csv", content))

    assert says in str(error.value)


def test_a_csv_is_read_when_it_is_packed(tmp_path: Path) -> None:
    packed = write(tmp_path / "a", gzip.compress("id,plan\r\n1,pro\r\n".encode("utf-16")))

    assert objects(packed) == [{"id": "1", "plan": "pro"}]


def test_columns_without_a_name_are_left_out(tmp_path: Path) -> None:
    assert objects(write(tmp_path / "a.csv", ",id,plan,\n0,7,pro,x\n")) == [{"id": "7", "plan": "pro"}]


@settings(max_examples=25, deadline=None)
@given(content=st.binary(max_size=60), start=st.sampled_from([b"", b"id,name\n", b'id;"na', b"\xff\xfe", b"sep=;\n"]))
def test_no_csv_however_bent_is_more_than_refused(
    content: bytes, start: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = write(tmp_path_factory.getbasetemp() / "bent.csv", start + content)

    try:
        found = lines(file)
    except BadLog:
        return

    assert all(line.wrong or line.text for line in found)


@settings(max_examples=25, deadline=None)
@given(content=st.text(alphabet='a1,;|\t"\n\r{}=\\ ', max_size=60))
def test_each_line_of_a_table_is_in_one_row(content: str) -> None:
    try:
        table = CsvRows(io.BytesIO(f"id,name\n{content}".encode()), ",", TableForm())
    except BadTable:
        return
    found = list(table)

    numbers = [row.number for row in found]
    assert numbers == sorted(set(numbers))
    assert all(row.text.startswith(b"{") != bool(row.wrong) for row in found)


def a_parquet(file: Path, select: str) -> Path:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        connection.execute(f"COPY ({select}) TO '{file}' (FORMAT parquet)")
    return file


PARQUET = {
    "whole numbers": ("9223372036854775807::BIGINT", "9223372036854775807"),
    "whole numbers without sign": ("18446744073709551615::UBIGINT", "18446744073709551615"),
    "decimals": ("12345678901234567890123456789012345.678::DECIMAL(38, 3)", "12345678901234567890123456789012345.678"),
    "decimals with zeros": ("29.90::DECIMAL(10, 2)", "29.90"),
    "floats of 32 bits": ("29.9::FLOAT", "29.9"),
    "floats of 64 bits": ("0.1::DOUBLE", "0.1"),
    "a float that is no number": ("'nan'::FLOAT", "null"),
    "a double that is no number": ("'nan'::DOUBLE", "null"),
    "a double without end": ("'-inf'::DOUBLE", '"-Infinity"'),
    "a time with a zone": ("TIMESTAMPTZ '2026-03-01 09:30:00.000001+01'", '"2026-03-01T08:30:00.000001Z"'),
    "a time before 1970": ("TIMESTAMPTZ '1969-12-31 23:59:59.5Z'", '"1969-12-31T23:59:59.5Z"'),
    "a time without zone": ("TIMESTAMP '2026-03-01 09:30:00'", '"2026-03-01T09:30:00"'),
    "a time in nanoseconds": ("TIMESTAMP_NS '2026-03-01 09:30:00.123456789'", '"2026-03-01T09:30:00.123456789"'),
    "a time in nanoseconds with a zone": (
        "'2026-03-01 09:30:00.123456789+01'::TIMESTAMPTZ_NS",
        '"2026-03-01T08:30:00.123456789Z"',
    ),
    "a day": ("DATE '2026-03-01'", '"2026-03-01"'),
    "an id": ("'6f9619ff-8b86-d011-b42d-00cf4fc964ff'::UUID", '"6f9619ff-8b86-d011-b42d-00cf4fc964ff"'),
    "a text that looks like a number": ("'0025000'", '"0025000"'),
    "JSON": ("""'{"a": 1.10, "b": [null]}'::JSON""", '{"a":1.10,"b":[null]}'),
    "bytes that are text": ("'abc'::BLOB", '"abc"'),
    "other bytes": (r"'\xFF\x00'::BLOB", '"/wA="'),
    "true": ("true", "true"),
    "nothing": ("NULL::INTEGER", "null"),
    "a list of objects": (
        "[{'sku': 'tea', 'price': 1.10::DECIMAL(4, 2), 'at': TIMESTAMPTZ '2026-03-01 00:00:00Z'}, NULL]",
        '[{"sku":"tea","price":1.10,"at":"2026-03-01T00:00:00Z"},null]',
    ),
    "an object with odd names": ("""{'a "b"': 1.5::FLOAT, 'c.d': NULL::FLOAT}""", r'{"a \"b\"":1.5,"c.d":null}'),
    "a map": ("MAP {'k': [29.9::FLOAT]}", '{"k":[29.9]}'),
    "a map with numbers as keys": ("MAP {7: 'x'}", '{"7":"x"}'),
}


@pytest.mark.parametrize(("value", "text"), PARQUET.values(), ids=PARQUET)
def test_a_value_in_parquet_is_exact(value: str, text: str, tmp_path: Path) -> None:
    file = a_parquet(tmp_path / "a[1]*.parquet", f"SELECT {value} AS v")

    (line,) = lines(file, a_reader())

    assert line.text == b'{"v":%s}' % text.encode()


def test_rows_of_parquet_come_in_order_and_not_together(tmp_path: Path) -> None:
    file = a_parquet(tmp_path / "a.parquet", "SELECT i AS n, NULL AS m FROM range(30000) t(i)")

    with opened(file) as log:
        found = log.noun, [(line.number, line.text) for line in log]

    assert found == ("row", [(n + 1, b'{"n":%d}' % n) for n in range(30_000)])


@pytest.mark.parametrize("kind", ["csv", "parquet"])
async def test_a_table_is_loaded_as_past_events_and_resumed(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "PIECE", 3)
    start = datetime.fromisoformat("2024-01-01")
    rows = [
        {"order": n, "user.id": f"c-{n}", "at": start, "total": Decimal(n), "currency": "EUR", "coupon": None}
        for n in range(1, 9)
    ]
    file = (as_csv if kind == "csv" else as_parquet)(tmp_path / f"history.{kind}", rows)
    async with EmbeddedBroker() as broker:
        sources = read_settings(
            overrides={"sources.log": "mapping", "sources.mapping.events": json.dumps([ORDER])}
        ).sources
        chosen = on(broker.address).model_copy(update={"sources": sources})
        await Broker(chosen).create_topics()

        first, second = await load(chosen, file, asyncio.Event()), await load(chosen, file)

        sent = [json.loads(record.value) for *_, record in await on_topics(chosen)]
    assert (first.sent, first.ended, second.sent, second.ended) == (3, False, 5, True)
    assert sorted(event["order_id"] for event in sent) == [str(n) for n in range(1, 9)]
    assert all(event["backfill"] for event in sent)


def test_the_folder_of_a_parquet_file_adds_no_column(tmp_path: Path) -> None:
    folder = tmp_path / "year=2026"
    folder.mkdir()

    assert objects(a_parquet(folder / "a.parquet", "SELECT 1 AS n")) == [{"n": 1}]


@pytest.mark.parametrize("cut", [9, 200])
def test_half_of_a_parquet_file_is_named(cut: int, tmp_path: Path) -> None:
    file = a_parquet(tmp_path / "a.parquet", "SELECT i AS n FROM range(1000) t(i)")
    file.write_bytes(file.read_bytes()[:-cut])

    with pytest.raises(BadLog, match="cannot be read as Parquet"):
        lines(file)


def test_a_packed_parquet_file_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(BadLog, match="gzip -dc"):
        lines(write(tmp_path / "a.parquet.gz", gzip.compress(b"PAR1rest")))


def test_parquet_without_duckdb_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = a_parquet(tmp_path / "a.parquet", "SELECT 1 AS n")
    monkeypatch.setitem(sys.modules, "duckdb", None)

    with pytest.raises(BadSettings, match=r"pip install '\.\[files\]'"):
        lines(file)


@given(names=st.lists(st.text("ab.1 ", max_size=4), min_size=1, max_size=4, unique=True))
def test_each_column_has_one_place(names: list[str]) -> None:
    values = [str(number) for number in range(len(names))]

    found = json.loads(Columns(names, with_nulls=True).row(values))

    assert sorted(leaves(found)) == [value for name, value in zip(names, values, strict=True) if name]


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    else:
        yield value


def test_events_of_ours_are_read_from_a_table(tmp_path: Path) -> None:
    log = [event for event in Log().starts(3).login(5, 6).events if event["type"] == "login.succeeded"]
    file = tmp_path / "logins.csv"
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, log[0].keys())
        writer.writeheader()
        writer.writerows(log)

    done = checked(str(file))

    assert (done.exit_code, "2 records: 2 events, 0 refused" in done.output) == (0, True), done.output


@pytest.mark.parametrize(
    ("dates", "says"),
    [
        (["01/03/2026", "02/03/2026"], "whether the day or the month comes first cannot be told"),
        (["13/03/2026", "02/03/2026"], "its dates begin with the day, as one of them shows"),
        (["03/13/2026", "02/03/2026"], "its dates begin with the month"),
        (["03/13/2026", "13/03/2026"], "some dates begin with the day, others with the month"),
        (
            ["01.03.26 10:00", "02.03.26 11:00"],
            "whether the day or the month comes first cannot be told, as no part of its 2 dates",
        ),
    ],
)
def test_check_tells_of_dates_whose_order_is_unclear(dates: list[str], says: str, tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "\n".join(["id;user.id;at", *(f"{n};c-1;{at}" for n, at in enumerate(dates))]))
    rules = json.dumps([{"type": "login.succeeded", "customer_id": "user.id", "occurred_at": "at"}])

    done = checked(str(file), "--source", "mapping", "--set", f"sources.mapping.events={rules}")

    assert done.exit_code == 1
    assert f"doubtful: column at: {says}" in done.output, done.output


def test_the_options_of_a_csv_hold_for_a_source(tmp_path: Path) -> None:
    rules = json.dumps([{"type": "login.succeeded", "customer_id": "user", "occurred_at": "at"}])
    text = "user~at\nMünchen~2026-03-01T00:00:00Z\n".encode("windows-1252")
    arguments = (str(write(tmp_path / "a.csv", text)), "--csv-delimiter", "~", "--csv-encoding", "cp1252")

    done = checked(*arguments, "--source", "mapping", "--set", f"sources.mapping.events={rules}")
    alone, wrong = checked(*arguments), checked(*arguments, "--csv-delimiter", "ab", "--source", "mapping")

    assert "1 record of mapping: 1 event, 0 refused" in done.output, done.output
    assert "need --source" in str(alone.exception)
    assert "'ab' is no delimiter" in str(wrong.exception)
