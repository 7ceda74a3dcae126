"""Describes panels and the expressions that they show: which metrics Backstay has is known by the pages alone."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
OURS: Final = 'deployment=~"$deployment"'
OF_SEGMENT: Final = f'{OURS},period="month",segment=~"$segment"'
CLOSED: Final = f'{OF_SEGMENT},currency=~"$currency",edition="final"'
RUNNING: Final = f'{OF_SEGMENT},currency=~"$currency",edition="provisional"'
CLOSED_ALL: Final = f'{OF_SEGMENT},edition="final"'
"""Of figures without a currency, whose label says `all`."""
RUNNING_ALL: Final = f'{OF_SEGMENT},edition="provisional"'

Query = tuple[str, str]
"""An expression, and the legend of its series."""
Steps = Sequence[tuple[float | None, str]]


class Panel(NamedTuple):
    """One panel: its kind, title, description, size, unit, queries, and from which values on it has which colour."""

    kind: str
    title: str
    text: str
    size: tuple[int, int]
    unit: str
    queries: tuple[Query, ...]
    steps: Steps = ()

    def as_json(self, number: int, x: int, y: int) -> dict[str, Any]:
        """Return it in Grafana's form, at a place of the grid."""
        width, height = self.size
        steps = [{"value": value, "color": colour} for value, colour in self.steps]
        thresholds = {"thresholds": {"mode": "absolute", "steps": steps}} if steps else {}
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.text,
            "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": width, "h": height},
            "fieldConfig": {"defaults": {"unit": self.unit, **thresholds}, "overrides": []},
            "options": OPTIONS.get(self.kind, {}),
            "targets": [
                {"refId": chr(65 + n), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
                for n, (expression, legend) in enumerate(self.queries)
            ],
        }


OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "timeseries": {"legend": {"displayMode": "list", "placement": "bottom"}},
    "bargauge": {"orientation": "horizontal", "reduceOptions": {"calcs": ["lastNotNull"]}},
}


def stat(title: str, text: str, unit: str, *queries: Query, steps: Steps = ()) -> Panel:
    """Return a panel with the last value."""
    return Panel("stat", title, text, (6, 5), unit, queries, steps)


def series(title: str, text: str, unit: str, *queries: Query, width: int = 12) -> Panel:
    """Return a panel over time."""
    return Panel("timeseries", title, text, (width, 8), unit, queries)


def bars(title: str, text: str, unit: str, *queries: Query, width: int = 12) -> Panel:
    """Return a panel with the last value of each series as a bar."""
    return Panel("bargauge", title, text, (width, 8), unit, queries)


def hourly(by: str, counter: str, more: str = "") -> str:
    """Return how often an hour a counter counted, by some labels."""
    return f"sum by ({by}) (rate(backstay_{counter}_total{{{OURS}{more}}}[$__rate_interval])) * 3600"


def counted(by: str, counter: str, more: str = "") -> str:
    """Return how often a counter counted in the chosen time, by some labels."""
    return f"sum by ({by}) (increase(backstay_{counter}_total{{{OURS}{more}}}[$__range]))"
