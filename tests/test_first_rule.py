"""Logs of a company's own: `backstay check` says what their fields are, and the rule that it prints reads them."""

import json
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from retention.calendar import instant
from schemas.families import TOPIC_OF
from streams.cli.check import lines as sentences
from streams.cli.words import advice
from streams.errors import BadSettings
from streams.first_rule import NEEDED, UNKNOWN, is_strange, rule_of, said
from streams.foreign_logs import reader_of, wanted
from streams.log_check import look
from streams.logfile import opened
from streams.looked import Looked
from streams.setting_sources import read_settings

SHOP = [
    {"Type": "order", "Customer": 1000 + n % 3, "OrderNo": f"A-{n}", "Total": "29.90", "Currency": "EUR"}
    | {"Date": f"2025-01-{n:02} 10:00:00"}
    for n in range(1, 9)
]
OTHERS: dict[str, list[dict[str, Any]]] = {
    "with offsets": [row | {"Date": f"2025-01-0{n}T10:00:00+01:00"} for n, row in enumerate(SHOP[:5], 1)],
    "of epochs": [row | {"Date": 1_740_000_000_000 + n} for n, row in enumerate(SHOP)],
    "of days": [row | {"Date": f"2025-01-0{n}"} for n, row in enumerate(SHOP[:5], 1)],
    "of days in another order": [row | {"Date": f"{n + 20}/01/2025"} for n, row in enumerate(SHOP[:5], 1)],
    "of two kinds": [*SHOP, *[row | {"Type": "visit", "OrderNo": f"v-{n}"} for n, row in enumerate(SHOP[:3])]],
    "of logins": [{"action": "login", "user_id": f"u-{n % 2}", "ts": 1_740_000_000 + n} for n in range(6)],
    "with amounts in cents": [row | {"total_cents": 2990, "Total": None} for row in SHOP],
    "with numbers": [row | {"Total": 29.9} for row in SHOP],
    "with commas": [row | {"Total": "1.229,90"} for row in SHOP],
    "of no kind": [{name: value for name, value in row.items() if name != "Type"} for row in SHOP],
    "with ids that come again": [row | {"OrderNo": f"A-{n // 2}"} for n, row in enumerate(SHOP)],
    "with objects": [
        {
            "kind": "purchase",
            "order-id": row["OrderNo"],
            "user": {"id": row["Customer"]},
            "amount": 5,
            "currency": "eur",
        }
        | {"created_at": "2025-01-03T10:00:00Z"}
        for row in SHOP
    ],
    "with a currency in a name": [
        {name: value for name, value in row.items() if name not in {"Total", "Currency"}} | {"Total (EUR)": "29,90"}
        for row in SHOP
    ],
    "with totals in objects": [
        {"kind": "order.placed", "id": n, "at": "2025-01-03T10:00:00Z", "user": {"id": 7}}
        | {"order": {"no": f"o-{n}", "total_cents": 990, "cur": "EUR"}}
        for n in range(4)
    ],
    "with quotes in words": [row | {"Type": 'an "order"'} for row in SHOP],
}
TABLES = {"of a shop": SHOP, **OTHERS}


def written(rows: list[dict[str, Any]], place: Path, form: str) -> Path:
    """Write rows as a log of one form."""
    lines = place / "log.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    if form == "jsonl":
        return lines
    to = place / f"log.{form}"
    table = duckdb.read_json(str(lines), format="newline_delimited")
    table.write_csv(str(to), sep=";") if form == "csv" else table.write_parquet(str(to))
    return to


def checked(log: Path, config: Path | None = None, source: str | None = None) -> Looked:
    """Check a log as the command does."""
    source = "mapping" if config is not None else source
    settings = read_settings(config, {"sources.log": source} if source is not None else {})
    reader = reader_of(settings)
    with opened(log, wanted(reader)) as lines:
        return look(lines, settings, reader, 0, instant(datetime(2026, 6, 1, tzinfo=UTC)), lines.field)


@pytest.mark.parametrize("name", TABLES)
def test_the_rule_that_is_shown_reads_the_records_once_the_question_marks_are_filled(name: str, tmp_path: Path) -> None:
    log = written(TABLES[name], tmp_path, "jsonl")
    known = {f'type = "{UNKNOWN}"': 'type = "login.succeeded"', f'value = "{UNKNOWN}"': 'value = "EUR"'}
    text = "\n".join(checked(log).first_rule)
    for mark, value in known.items():
        text = text.replace(mark, value)
    (tmp_path / "backstay.toml").write_text(text)

    found = checked(log, tmp_path / "backstay.toml")

    assert UNKNOWN not in text
    assert (found.refused, found.unmatched) == ({}, [])
    assert found.events >= len(TABLES[name]) // 2


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_a_log_of_a_companys_own_is_said_to_be_one_whatever_its_form(form: str, tmp_path: Path) -> None:
    log = written(SHOP, tmp_path, form)

    shown = list(sentences(checked(log), "", log))

    noun = "fields" if form == "jsonl" else "columns"
    text = "\n".join(shown)
    assert f"these {noun} are not those of Backstay's events: Type, Customer, OrderNo, Total, Currency" in text
    assert "did you mean type for Type, event_id for OrderNo, customer_id for Customer" in text
    assert "type: missing" not in text
    assert shown[-1] == f"  backstay check {shlex.quote(str(log))} --source mapping --config backstay.toml"
    assert [line for line in shown if line.startswith("[[")] == ["[[sources.mapping.events]]"]


def test_a_mapping_without_rules_shows_one_to_begin_with(tmp_path: Path) -> None:
    log = written(SHOP, tmp_path, "csv")

    found = checked(log, source="mapping")

    assert 'customer_id = "Customer"' in found.first_rule


def test_other_commands_say_it_in_one_sentence(tmp_path: Path) -> None:
    log = written(SHOP, tmp_path, "csv")

    said_so = advice(log, read_settings())

    assert said_so.startswith("these columns are not those of Backstay's events: Type, ")
    assert said_so.endswith(f"`backstay check {log}` shows how they are read")


ORDERS = ["of a shop", "with a currency in a name", "with totals in objects", "with commas", "with amounts in cents"]


@pytest.mark.parametrize("name", ORDERS)
def test_a_rule_for_orders_leaves_nothing_to_fill_in(name: str, tmp_path: Path) -> None:
    first = checked(written(TABLES[name], tmp_path, "jsonl")).first_rule

    assert 'type = "purchase.completed"' in first
    assert first[:2] == [
        "[metrics]",
        'basis = "purchase"   # leave it out if subscriptions make a customer, and not orders',
    ]
    assert f'"{UNKNOWN}"' not in "\n".join(first)


def test_each_kind_of_record_has_a_rule_of_its_own(tmp_path: Path) -> None:
    first = checked(written(OTHERS["of two kinds"], tmp_path, "jsonl")).first_rule

    assert [one for one in first if one.startswith("when")] == [
        "when = \"Type == 'order'\"",
        "when = \"Type == 'visit'\"",
    ]


def test_what_cannot_be_known_is_a_question_mark_that_the_settings_refuse(tmp_path: Path) -> None:
    log = written([{"who": "a", "what": n} for n in range(3)], tmp_path, "jsonl")
    first = checked(log).first_rule
    (tmp_path / "backstay.toml").write_text("\n".join(first))

    with pytest.raises(BadSettings, match=r"sources\.mapping\.events\.0\.type"):
        checked(log, tmp_path / "backstay.toml")

    assert first[1:] == [
        'type = "?"   # the event that a record is, from docs/events.md',
        'customer_id = "?"',
        'occurred_at = "?"',
    ]


@pytest.mark.parametrize("missing", NEEDED)
def test_one_missing_field_is_named_alone(missing: str) -> None:
    whole = dict.fromkeys(NEEDED, "x") | {"type": "login.succeeded"}
    record = {name: value for name, value in whole.items() if name != missing} | {f"{missing}s": "x"}

    shown = list(said([record], "column"))

    assert (is_strange(record), is_strange(whole)) == (True, False)
    assert shown[1].endswith(f"there is no {missing}")
    assert shown[2] == f"did you mean {missing} for {missing}s?"


def test_no_name_or_word_that_may_be_personal_is_shown() -> None:
    rows = [
        {"type": f"to ana{n}@shop.example", "ana@shop.example": 1, "customer": "ana@shop.example"} for n in range(4)
    ]

    shown = "\n".join([*said(rows, "field"), *rule_of(rows, "UTC")])

    assert "@" not in shown
    assert "pseudonyms" in shown


def test_fields_of_ours_are_not_said_to_be_of_others() -> None:
    row = dict.fromkeys(NEEDED[1:], "x")

    assert list(said([row], "field")) == [
        "these fields are there: event_id, customer_id, occurred_at",
        "an event has type, event_id, customer_id and occurred_at; there is no type",
    ]


def test_a_type_that_no_event_has_is_named() -> None:
    row = dict.fromkeys(NEEDED, "x") | {"type": "order"}

    assert "order" not in TOPIC_OF
    assert list(said([row], "field")) == [
        "these are no events of Backstay: it has no type such as order (docs/events.md lists its types)"
    ]
