"""The worked streams of the design, each by its name, and the real logs with their published months."""

import csv
import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retention.calendar import DAY, instant
from tests.conftest import example, example_names, shared
from tests.expecting import assert_figures
from tests.playing import Outcome, Run, play

LATENESS_AND_DISORDER = timedelta(hours=48, minutes=10)


def find_in(outcome: Outcome, expected: dict[str, Any]) -> Any:
    def find(metric: str) -> dict[str, Any]:
        currency = expected["currency"] if metric != "none" else ""
        start = expected["period"][0][:10]
        return outcome.update(f"{metric}|{expected['basis']}|{currency}|month|{start}|all").model_dump()

    return find


@pytest.mark.parametrize("name", example_names())
@pytest.mark.parametrize("run", [Run(), Run(partitions=4, batch=7, restart_every=3)], ids=["whole", "in pieces"])
def test_a_worked_stream_comes_to_its_figures(name: str, run: Run) -> None:
    lines, expected = example(name)
    until = datetime.fromisoformat(expected["period"][1]) + LATENESS_AND_DISORDER

    outcome = play(lines, until, run=run)

    assert_figures(expected["expected"], find_in(outcome, expected))


@pytest.mark.parametrize("name", example_names())
def test_a_worked_stream_does_not_depend_on_the_order_of_its_lines(name: str) -> None:
    lines, expected = example(name)
    until = datetime.fromisoformat(expected["period"][1]) + LATENESS_AND_DISORDER

    outcome = play(reversed(lines), until, run=Run(batch=10_000))

    assert_figures(expected["expected"], find_in(outcome, expected))


@pytest.mark.parametrize("partitions", [1, 4])
def test_cdnow_comes_to_every_published_month(partitions: int) -> None:
    lines = gzip.decompress(shared("data/cdnow_sample.jsonl.gz").read_bytes()).splitlines()
    months = list(csv.DictReader(shared("data/cdnow_sample.monthly.csv").open()))

    outcome = play(lines, datetime(1998, 7, 4, tzinfo=UTC), run=Run(partitions=partitions, batch=500))

    found = [outcome.update(f"crr|purchase||month|{month['month']}-01|all") for month in months]
    assert [(u.components["S"], u.components["E"], u.components["N"]) for u in found] == [
        (int(m["S"]), int(m["E"]), int(m["N"])) for m in months
    ]
    assert [round(float(u.value or 0) * 100, 6) for u in found] == [float(m["crr_percent"]) for m in months]
    assert {u.edition for u in found} == {"final"}


COLUMNS = {
    "S": ("crr", "S"),
    "E": ("crr", "E"),
    "N": ("crr", "N"),
    "churned": ("crr", "lost"),
    "mrr_start": ("ndr", "mrr_start"),
    "mrr_end": ("ndr", "mrr_end"),
    "new_mrr": ("ndr", "new"),
    "reactivation_mrr": ("ndr", "reactivation"),
    "expansion_mrr": ("ndr", "expansion"),
    "contraction_mrr": ("ndr", "contraction"),
    "churn_mrr": ("ndr", "churn"),
}


def test_the_mrr_playbook_comes_to_every_month_and_column() -> None:
    lines = shared("data/mrr_playbook.jsonl").read_bytes().splitlines()
    months = list(csv.DictReader(shared("data/mrr_playbook.monthly.csv").open()))

    outcome = play(lines, datetime(2020, 3, 4, tzinfo=UTC), run=Run(partitions=4, batch=10))

    for month in months:
        for column, wanted in month.items():
            if column != "month":
                found = _column(outcome, month["month"], column)
                assert found == (float(wanted) if wanted else None), (month["month"], column)


def _column(outcome: Outcome, month: str, column: str) -> float | None:
    def find(metric: str) -> Any:
        return outcome.update(f"{metric}|subscription|USD|month|{month}-01|all")

    if column in {"crr", "ndr", "grr"}:
        value = find(column).value
        return None if value is None else round(float(value) * 100, 6)
    if column == "arr_end":
        return float(find("arr").value)
    metric, component = COLUMNS[column]
    components = find(metric).components
    return float(components.get(component, components.get("period_view", {}).get(component)))


def test_years_that_are_read_in_one_batch_are_published_month_by_month() -> None:
    lines = shared("data/mrr_playbook.jsonl").read_bytes().splitlines()

    outcome = play(lines, datetime(2020, 3, 4, tzinfo=UTC), run=Run(batch=100_000))

    update = outcome.update("mrr|subscription|USD|month|2017-10-01|all")
    assert update.value == "50.00"
    assert instant(update.as_of) > instant(datetime(2020, 1, 1, tzinfo=UTC)) - 400 * DAY
