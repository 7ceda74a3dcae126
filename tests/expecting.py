"""The names of figures in the worked examples, and their places in a metric update."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

Find = Callable[[str], dict[str, Any]]
"""Returns the value of the update of a metric, as a plain document."""


def figure(name: str, find: Find) -> Any:
    """Return a figure by the name that the examples use: counts, percentages, money or movements."""
    if name in {"S", "E", "N"}:
        return find("crr")["components"][name]
    if name in {"mrr_start", "mrr_end"}:
        return Decimal(find("ndr")["components"][name])
    if name == "arr_end":
        return Decimal(find("arr")["value"])
    if name.startswith("movements_"):
        view = find("ndr")["components"][f"{name.removeprefix('movements_')}_view"]
        return {kind: Decimal(amount) for kind, amount in view.items()}
    value = find(name)["value"]
    return None if value is None else round(Decimal(value) * 100, 6)


def assert_figures(expected: dict[str, Any], find: Find) -> None:
    """Compare every expected figure with the result."""
    for name, wanted in expected.items():
        found = figure(name, find)
        if isinstance(wanted, dict):
            assert {kind: found[kind] for kind in wanted} == {k: Decimal(v) for k, v in wanted.items()}, name
        elif isinstance(wanted, float):
            assert found == round(Decimal(str(wanted)), 6), name
        elif isinstance(wanted, str):
            assert found == Decimal(wanted), name
        else:
            assert found == wanted, name
