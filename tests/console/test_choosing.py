"""Customers at risk are chosen, ordered, counted and paged as going over all of them would; and old stores are kept."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.console.api import csv_pages
from streams.console.documents import AtRiskFilters, AtRiskRow, Order
from streams.console.store import NAME, Store
from streams.console.tables import UPGRADES, VERSION
from streams.console.views.choosing import ORDERS, choice_of, number_of_all, ordered, values_of_all
from streams.console.views.shared import Company
from tests.building import at
from tests.console.said import KEY, Told, stored, views_of

NOW = at(2)


@st.composite
def cards(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what rows are filtered and ordered by, of few values, so that many are alike."""
    band = draw(st.sampled_from(["low", "medium", "high"]))
    segments = draw(
        st.dictionaries(st.sampled_from(["country", "owner", "size"]), st.sampled_from(["ES", "anna", "other"]))
    )
    values = draw(st.dictionaries(st.sampled_from(["EUR", "USD"]), st.sampled_from(["0.00", "10.00", "99.50"])))
    return {
        "day": draw(st.sampled_from([0.1, 0.5, 1.0])),
        "risk": draw(st.sampled_from(["0.1000", "0.5000", "0.9000"])),
        "signals": draw(st.sampled_from([0, 1])),
        "band": band,
        "plan": draw(st.sampled_from(["pro", "basic", None])),
        "stage": draw(st.sampled_from(["new", "established"])),
        "segments": segments,
        "value_at_risk": [
            {"amount": amount, "currency": name, "unit": "mrr_12_months"} for name, amount in sorted(values.items())
        ],
        "model": {"name": "fitted", "digest": "d", "calibrated": True, "says": "fitted"},
    }


NAMES = st.text("aB9%_-é", min_size=1, max_size=4)
FILTERS: Final = st.builds(
    AtRiskFilters,
    currency=st.sampled_from([None, "EUR", "USD", "CHF"]),
    band=st.sampled_from([None, None, "medium", "high"]),
    signal=st.sampled_from([None, None, "no-login", "downgrade"]),
    plan=st.sampled_from([None, None, "pro", "basic"]),
    stage=st.sampled_from([None, None, "new"]),
    owner=st.sampled_from([None, None, "anna"]),
    segment=st.sampled_from([None, None, "country=ES", "size=other", "country", "="]),
    search=st.sampled_from(["", "", "a", "9", "B", "%", "'", "É", "é"]),
    order=st.sampled_from(list(ORDERS)),
)


def told_of(drawn: dict[str, dict[str, Any]]) -> Told:
    told = Told()
    for name, card in drawn.items():
        told.card(name, **card)
    return told


def is_chosen(row: AtRiskRow, wanted: AtRiskFilters) -> bool:
    """Report whether filters leave a row, as their descriptions say."""
    segment, _, value = (wanted.segment or "").partition("=")
    return all(
        (
            wanted.band in {None, row.band},
            wanted.signal is None or any(one.signal == wanted.signal for one in row.reasons),
            wanted.plan in {None, row.plan},
            wanted.stage in {None, row.stage},
            wanted.owner in {None, row.owner},
            wanted.segment is None or row.segments.get(segment) == value,
            _plain(wanted.search) in _plain(row.customer_id),
        )
    )


def _plain(text: str) -> str:
    """Return a text in small letters, those of ASCII."""
    return "".join(one.lower() if one.isascii() else one for one in text)


def _since(row: AtRiskRow) -> float:
    return -min((one.raised_at.timestamp() for one in row.reasons), default=float("-inf"))


PLACES: Final[dict[Order, Callable[[AtRiskRow], Any]]] = {
    "value": lambda row: (-Decimal(row.value.amount if row.value is not None else -1), -Decimal(row.risk)),
    "risk": lambda row: -Decimal(row.risk),
    "since": _since,
    "customer": lambda _row: 0,
}


@given(st.dictionaries(NAMES, cards(), max_size=12), FILTERS, st.integers(1, 4), st.integers(1, 5))
def test_filters_choose_order_and_page_as_going_over_all_rows_would(
    drawn: dict[str, dict[str, Any]], wanted: AtRiskFilters, page: int, size: int
) -> None:
    views = views_of(stored(told_of(drawn).reads()))
    every = views.at_risk(AtRiskFilters(currency=wanted.currency), 1, 200, NOW)
    chosen = [row for row in every.rows if is_chosen(row, wanted)]
    chosen.sort(key=lambda row: (PLACES[wanted.order](row), row.customer_id.encode()))

    found = views.at_risk(wanted, page, size, NOW)

    begin = (found.page.number - 1) * size
    assert found.page.total == len(chosen)
    assert [row.customer_id for row in found.rows] == [row.customer_id for row in chosen[begin : begin + size]]
    sums = Counter[str]()
    for one in (value for row in chosen for value in row.value_at_risk):
        sums[one.currency] += Decimal(one.amount)  # type: ignore[assignment] # a sum of decimals
    assert {one.currency: Decimal(one.amount) for one in found.total_value} == dict(sums)


@given(st.dictionaries(NAMES, cards(), max_size=8), FILTERS)
def test_the_file_has_the_rows_of_all_pages(drawn: dict[str, dict[str, Any]], wanted: AtRiskFilters) -> None:
    views = views_of(stored(told_of(drawn).reads()))

    lines = "".join(csv_pages(views, wanted, NOW)).splitlines()

    rows = views.at_risk(wanted, 1, 200, NOW).rows
    assert [line.partition(",")[0].strip("'") for line in lines] == [
        "customer_id",
        *(row.customer_id.strip("'") for row in rows),
    ]


def test_values_that_are_beyond_the_numbers_of_the_store_stop_nothing() -> None:
    """An event with a price in a wrong unit is one customer's mistake, and the totals of others stay exact."""
    told = Told()
    for name, amount in (("c-1", "10" * 9 + ".00"), ("c-2", "9" * 14 + ".25"), ("c-3", "9" * 14 + ".50")):
        told.card(name, 1, value_at_risk=[{"amount": amount, "currency": "EUR", "unit": "mrr_12_months"}])

    views = views_of(stored(told.reads()))

    found = views.at_risk(AtRiskFilters(), 1, 5, NOW)
    assert [row.customer_id for row in found.rows] == ["c-1", "c-3", "c-2"]
    assert found.rows[0].value_at_risk[0].amount == "10" * 9 + ".00"
    few = views.at_risk(AtRiskFilters(search="c-"), 1, 5, NOW)
    assert few.total_value == found.total_value
    exact = views.at_risk(AtRiskFilters(search="c-2"), 1, 5, NOW)
    assert [one.amount for one in exact.total_value] == ["99999999999999.25"]


def test_a_file_that_is_being_read_leaves_out_who_is_erased_and_names_nobody_twice() -> None:
    told = Told()
    for number in range(6):
        told.card(f"c-{number}", 1, f"0.{9 - number}000")
    store = stored(told.reads())
    pieces = views_of(store).at_risk_by_and_by(AtRiskFilters(), 5, 2, NOW)

    first = next(pieces)
    store.forget(["c-2"])
    store.apply(Told().card("c-4", 1.5, "0.9999").reads(1))
    rest = list(pieces)

    assert [[row.customer_id for row in rows] for rows in (first, *rest)] == [["c-0", "c-1"], ["c-3"], ["c-4"]]


QUESTIONS: Final = {
    "segment": AtRiskFilters(segment="country=ES"),
    "owner": AtRiskFilters(owner="anna"),
    "signal": AtRiskFilters(signal="no-login"),
    "band": AtRiskFilters(band="high"),
    "plan": AtRiskFilters(plan="pro"),
    "stage": AtRiskFilters(stage="new"),
    "search": AtRiskFilters(search="9"),
    "all": AtRiskFilters(segment="country=ES", owner="anna", signal="no-login", band="high", plan="pro", search="9"),
}


class _Asked:
    """A connection that notes the plan of each query."""

    def __init__(self, link: sqlite3.Connection) -> None:
        self._link, self.plans = link, list[str]()

    def execute(self, query: str, values: Any = ()) -> sqlite3.Cursor:
        self.plans += [row[3] for row in self._link.execute(f"EXPLAIN QUERY PLAN {query}", values)]
        return self._link.execute(query, values)


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("order", ORDERS)
def test_no_filter_goes_over_what_it_need_not(name: str, order: Order) -> None:
    """A filter but the search begins at its index; nobody's card is read, and no value of whom it leaves out."""
    filters = QUESTIONS[name].model_copy(update={"order": order})
    with stored(Told().card("c-1", 1).reads()).reading() as link:
        asked = _Asked(link)
        chosen = choice_of(filters, Company())
        number_of_all(asked, chosen)  # type: ignore[arg-type] # as much of a connection as it uses
        values_of_all(asked, chosen, ["EUR", "USD"])  # type: ignore[arg-type]
        ordered(asked, chosen, order, "EUR", 25, 50)  # type: ignore[arg-type]

    assert not any("card_bodies" in plan or "records" in plan for plan in asked.plans)
    scans = [plan for plan in asked.plans if plan.startswith("SCAN")]
    assert all(plan.startswith("SCAN c ") for plan in scans) if name == "search" else not scans


_BEFORE: Final = """
DROP TABLE action_reports;
ALTER TABLE cards RENAME TO narrow;
DROP INDEX cards_aged; DROP INDEX cards_band; DROP INDEX cards_plan; DROP INDEX cards_stage;
CREATE TABLE cards (
    customer INTEGER PRIMARY KEY, at_risk INTEGER NOT NULL, risk INTEGER NOT NULL, band TEXT NOT NULL, plan TEXT,
    stage TEXT NOT NULL, since INTEGER, as_of INTEGER NOT NULL, sweep INTEGER NOT NULL, record BLOB NOT NULL,
    body BLOB NOT NULL, fades INTEGER NOT NULL, aged INTEGER NOT NULL
);
CREATE INDEX cards_aged ON cards (aged) WHERE fades;
CREATE INDEX cards_at_risk ON cards (risk, customer) WHERE at_risk;
CREATE INDEX cards_band ON cards (band) WHERE at_risk;
CREATE INDEX cards_plan ON cards (plan) WHERE at_risk;
CREATE INDEX cards_stage ON cards (stage) WHERE at_risk;
INSERT INTO cards SELECT customer, at_risk, risk, band, plan, stage, since, as_of, sweep, record, body, fades, aged
    FROM narrow JOIN card_bodies USING (customer);
DROP TABLE narrow; DROP TABLE card_bodies; DROP TABLE standings;
PRAGMA user_version = 4;
"""


def test_a_store_of_version_4_is_kept_and_says_the_same(tmp_path: Path) -> None:
    store = Store(tmp_path, KEY)
    told = Told().card("c-1", 1).card("c-2", 1, "0.9000", segments={"owner": "anna"}).signal("c-1", 1)
    store.apply(told.reads())
    wanted, tables = store.contents(), _schema(store)
    store.close()
    with sqlite3.connect(tmp_path / NAME) as other:
        other.executescript(_BEFORE)

    again = Store(tmp_path, KEY)

    assert again.contents() == wanted
    assert _schema(again) == tables
    assert sorted(UPGRADES) == list(range(4, VERSION))


def _schema(store: Store) -> set[str]:
    """Return what makes the tables and indices, whatever the spaces in it."""
    with store.reading() as link:
        found = link.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {"".join(sql.replace('"', "").split()) for (sql,) in found}
