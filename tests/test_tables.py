"""Tables are printed whole: on a narrow terminal no word of a cell is cut off or broken."""

import ast
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from streams.cli.signals import _table as of_signals
from streams.judging import Alarm, Judge, Life
from streams.months import Month, as_table
from streams.tables import print_whole
from streams.worth import Row
from tests.building import at

words = st.text("abcxyz0123456789-.%/", min_size=1, max_size=30)
cells = st.lists(words, min_size=1, max_size=4).map(" ".join)
STREAMS = Path(__file__).parents[1] / "streams"


def printed(table: Table, width: int = 80) -> str:
    """Return what a terminal so wide is sent."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, highlight=False)
    print_whole(console, table)
    assert console.width == width
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@given(st.integers(1, 8).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=2)), st.data())
def test_every_word_of_every_cell_is_whole(rows: list[list[str]], data: st.DataObject) -> None:
    width = data.draw(st.integers(1, 200))
    table = Table(box=None)
    for name in rows[0]:
        most = data.draw(st.none() | st.integers(5, 40))
        table.add_column(name, justify=data.draw(st.sampled_from(["left", "right"])), max_width=most)
    for row in rows[1:]:
        table.add_row(*row)

    found = printed(table, width).split()

    assert sorted(found) == sorted(" ".join(cell for row in rows for cell in row).split())


def test_a_table_that_fits_is_printed_as_it_always_was() -> None:
    table = Table("month", "edition", box=None)
    table.add_row("2026-01", "final, low sample")
    plain = Console(file=io.StringIO(), width=80, color_system=None)

    plain.print(table)

    assert printed(table) == plain.file.getvalue()  # type: ignore[attr-defined] # a StringIO


def months() -> Table:
    first = Month(
        "2026-01", "subscription", "EUR", "restated", 1_250, 1_260, 118, "0.968", "0.9744", "0.972", "25340.00"
    )
    return as_table([first, Month("2026-02", "purchase", None, "final", 2, 1, 0, low_sample=True, reason="empty_base")])


def worth() -> Table:
    lives = [Life(f"c-{one}", at(0), at(100) if one % 2 else None) for one in range(1_200)]
    judge = Judge(lives, at(10), at(400), timedelta(days=90))
    alarms = [Alarm(f"c-{one}", "renewal-near-unready", at(50)) for one in range(1_100)]
    return of_signals("By signal", [Row("renewal-near-unready", "critical", judge.verdict(alarms))])


@pytest.mark.parametrize("table", [months, worth])
def test_tables_of_commands_are_whole_on_a_narrow_terminal(table: Callable[[], Table]) -> None:
    wide = printed(table(), 400)

    narrow = printed(table(), 80)

    assert sorted(narrow.split()) == sorted(wide.split())
    assert "…" not in narrow


def test_the_months_of_subscriptions_of_some_customers_fit_80_columns() -> None:
    month = Month("2026-10", "subscription", "EUR", "final", 32, 45, 14, "1", "0.968", "0.968", "3255.00")

    narrow = printed(as_table([month]), 80)

    assert max(map(len, narrow.splitlines())) <= 80
    assert len(narrow.splitlines()) == 2


def test_no_command_prints_a_table_another_way() -> None:
    """A module that makes a table prints it by `print_whole`, or leaves that to the one that asks for it."""
    for file in STREAMS.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        makes = any(isinstance(one, ast.ImportFrom) and one.module == "rich.table" for one in ast.walk(ast.parse(text)))
        assert not makes or "print_whole" in text or file.name == "months.py", file
