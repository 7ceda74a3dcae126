"""Writes the dashboards: `python -m grafana.build`. A test compares the committed JSON with them.

A page is a list of panels in a module of its own; where a panel stands follows from the order and the sizes.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from grafana import pipeline, retention, signals
from grafana.panels import OURS, SOURCE, Panel

OUT: Final = Path(__file__).parent / "dashboards"
WIDTH: Final = 24
DASHBOARDS: Final = {"retention": retention.PANELS, "signals": signals.PANELS, "pipeline": pipeline.PANELS}


def placed(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    """Return panels in rows from left to right; a row is as high as its highest panel."""
    found, x, y, row = list[dict[str, Any]](), 0, 0, 0
    for number, panel in enumerate(panels, 1):
        if x + panel.size[0] > WIDTH:
            x, y, row = 0, y + row, 0
        found.append(panel.as_json(number, x, y))
        x, row = x + panel.size[0], max(row, panel.size[1])
    return found


def variable(name: str, label: str, of: str, *, multi: bool = True) -> dict[str, Any]:
    """Return a variable with the values of a label; with all of them, or of the segment with `all`, to begin with."""
    everything = {"includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"}}
    return {
        "name": name,
        "type": "query",
        "label": label,
        "datasource": SOURCE,
        "query": {"query": f"label_values({of}, {name})", "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": multi,
        **(everything if name != "segment" else {"includeAll": False, "current": {"text": "all", "value": "all"}}),
    }


VARIABLES: Final = (
    {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"},
    variable("deployment", "Deployment", "backstay_worker_ready"),
    variable("currency", "Currency", f"backstay_monthly_recurring_revenue{{{OURS}}}"),
    variable("segment", "Segment", f"backstay_customer_retention_ratio{{{OURS}}}"),
)


def dashboard(name: str) -> dict[str, Any]:
    """Return a whole dashboard, with the variables that its panels use."""
    panels = placed(DASHBOARDS[name])
    text = json.dumps(panels)
    return {
        "uid": f"backstay-{name}",
        "title": f"Backstay: {name}",
        "tags": ["backstay"],
        "schemaVersion": 41,
        "editable": False,
        "refresh": "10s",
        "time": {"from": "now-6h", "to": "now"},
        "links": [
            {"type": "dashboards", "title": "Backstay", "tags": ["backstay"], "keepTime": True, "includeVars": True}
        ],
        "templating": {
            "list": [one for one in VARIABLES if f"${one['name']}" in text or f"${{{one['name']}}}" in text]
        },
        "panels": panels,
    }


def main() -> None:
    """Write the files."""
    for name in DASHBOARDS:
        (OUT / f"{name}.json").write_text(json.dumps(dashboard(name), indent=1) + "\n")


if __name__ == "__main__":
    main()
