"""The months of a log, one row for each basis and currency: a summary of thousands of updates."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Any, Final

from rich.table import Table

from retention.measures import BASIS_NAMES
from retention.money import decimal_text

METRICS: Final = ("crr", "ndr", "grr", "mrr")
SHOWN_EDITIONS: Final = {"provisional": "provisional", "final": "final", "restated": "final, restated"}


@dataclass
class Month:
    """One row. Ratios and money are decimal texts as in the updates; None if undefined."""

    month: str
    basis: str
    currency: str | None
    edition: str
    S: int | None = None
    E: int | None = None
    N: int | None = None
    crr: str | None = None
    ndr: str | None = None
    grr: str | None = None
    mrr: str | None = None
    low_sample: bool = False
    reason: str | None = None
    """The reason why a ratio is undefined."""


class Months:
    """Takes metric updates in the order in which they were sent, and keeps the last of each."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, str, str, str], dict[str, Any]] = {}

    def take(self, line: dict[str, Any]) -> None:
        """Take one line of the updates; all but the monthly figures over all customers are ignored."""
        update = line["value"]
        if update is None or update["metric"] not in METRICS or update["segment"]["by"] != "all":
            return
        if update["period"]["kind"] == "month":
            key = (update["period"]["start"][:7], update["basis"], update["currency"] or "", update["metric"])
            self._latest[key] = update

    def without_rate(self, last: str | None = None) -> list[dict[str, Any]]:
        """Return for each currency of converted figures the first month without a rate, and the currencies it lacks."""
        lacking: dict[str, tuple[str, set[str]]] = {}
        for (month, _, currency, metric), update in sorted(self._latest.items()):
            if metric == "mrr" and update["reason"] == "no_rate" and (last is None or month <= last):
                _, names = lacking.setdefault(currency, (month, set()))
                names.update(update["components"]["without_rate"])
        return [{"into": into, "month": month, "of": sorted(of)} for into, (month, of) in lacking.items()]

    def rows(self, last: str | None = None) -> list[Month]:
        """Return the rows: by basis in the order of the register, by month, then by currency, that over all first.

        Months after the last one, such as "2026-01", are left out.
        """
        found: dict[tuple[str, str, str], Month] = {}
        for (month, basis, currency, metric), update in self._latest.items():
            if last is not None and month > last:
                continue
            row = found.setdefault((basis, month, currency), Month(month, basis, currency or None, update["edition"]))
            _put(row, metric, update)
        return sorted(_merged(found), key=_order)


def _order(row: Month) -> tuple[int, str, str, str]:
    place = BASIS_NAMES.index(row.basis) if row.basis in BASIS_NAMES else len(BASIS_NAMES)
    return place, row.basis, row.month, row.currency or ""


def _put(row: Month, metric: str, update: dict[str, Any]) -> None:
    setattr(row, metric, update["value"])
    row.reason = row.reason or update["reason"]
    if metric == "crr":
        row.edition = update["edition"]
        row.S, row.E, row.N = (update["components"][name] for name in ("S", "E", "N"))
        row.low_sample = update["low_sample"]


def _merged(found: dict[tuple[str, str, str], Month]) -> Iterator[Month]:
    """Yield the rows that have a value or lack a rate; that over all currencies is left out if there is only one."""
    currencies = {(basis, currency) for basis, _, currency in found if currency}
    numbers = Counter(basis for basis, _ in currencies)
    with_currency = {(basis, month) for basis, month, currency in found if currency}
    for (basis, month, currency), row in found.items():
        repeated = not currency and numbers[basis] == 1 and (basis, month) in with_currency
        if not repeated and (any((row.S, row.E, row.mrr)) or row.reason == "no_rate"):
            yield row


def as_csv(rows: list[Month]) -> str:
    """Return the rows as CSV with a header; undefined values are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Month)], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in asdict(row).items()} for row in rows)
    return text.getvalue()


def _plain(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def as_json(rows: list[Month]) -> str:
    """Return the rows as a JSON array."""
    return json.dumps([asdict(row) for row in rows], indent=1) + "\n"


def as_table(rows: list[Month]) -> Table:
    """Return the rows as a table to print."""
    table = Table("month", "basis", "currency", box=None, pad_edge=False)
    for name in ("S", "E", "N", "CRR", "MRR", "NDR", "GRR"):
        table.add_column(name, justify="right")
    table.add_column("edition")
    for row in rows:
        counts = ("–" if value is None else str(value) for value in (row.S, row.E, row.N))
        ratios = _percent(row.crr), row.mrr or "–", _percent(row.ndr), _percent(row.grr)
        few = ", low sample" if row.low_sample else ""
        why = f", {row.reason.replace('_', ' ')}" if row.reason else ""
        edition = f"{SHOWN_EDITIONS[row.edition]}{few}{why}"
        table.add_row(row.month, row.basis, row.currency or "all", *counts, *ratios, edition)
    return table


def _percent(ratio: str | None) -> str:
    return "–" if ratio is None else f"{decimal_text(Fraction(ratio) * 100, 2)} %"
