"""Writes the dashboard: `python grafana/build.py`. A test compares the committed JSON with it."""

import json
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent / "dashboards" / "backstay.json"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
DEPLOYMENT = 'deployment=~"$deployment"'
CLOSED = DEPLOYMENT + ',period="month",segment="all",edition="final"'
RUNNING = DEPLOYMENT + ',period="month",segment="all",edition="provisional"'

Panel = dict[str, Any]


def panel(
    kind: str, title: str, text: str, where: tuple[int, int, int, int], unit: str, *queries: tuple[str, str]
) -> Panel:
    """Return one panel: its kind, title, place (x, y, w, h), unit, and queries with their legends."""
    x, y, w, h = where
    targets = [
        {"refId": chr(65 + n), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
        for n, (expression, legend) in enumerate(queries)
    ]
    return {
        "type": kind,
        "title": title,
        "description": text,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": w, "h": h},
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}} if kind == "timeseries" else {},
        "targets": targets,
    }


def panels() -> list[Panel]:
    """Return every panel: retention, movements, signals, pipeline."""
    return [
        panel(
            "stat",
            "CRR, last whole month",
            "Share of the month's starting customers that were still active at its end.",
            (0, 0, 6, 5),
            "percentunit",
            (f"backstay_customer_retention_ratio{{{CLOSED}}}", "{{basis}} {{currency}}"),
        ),
        panel(
            "stat",
            "NDR, last whole month",
            "MRR at the month's end of its starting customers, over their MRR at its start.",
            (6, 0, 6, 5),
            "percentunit",
            (f"backstay_net_dollar_retention_ratio{{{CLOSED}}}", "{{currency}}"),
        ),
        panel(
            "stat",
            "GRR, last whole month",
            "As NDR, with no customer above its start.",
            (12, 0, 6, 5),
            "percentunit",
            (f"backstay_gross_revenue_retention_ratio{{{CLOSED}}}", "{{currency}}"),
        ),
        panel(
            "stat",
            "MRR now",
            "Monthly recurring revenue, in major units of its currency.",
            (18, 0, 6, 5),
            "short",
            (f"backstay_monthly_recurring_revenue{{{RUNNING}}}", "{{currency}}"),
        ),
        panel(
            "timeseries",
            "Retention",
            "CRR and NDR of the running month (provisional).",
            (0, 5, 12, 8),
            "percentunit",
            (f"backstay_customer_retention_ratio{{{RUNNING}}}", "CRR {{basis}} {{currency}}"),
            (f"backstay_net_dollar_retention_ratio{{{RUNNING}}}", "NDR {{currency}}"),
        ),
        panel(
            "timeseries",
            "MRR movements of the running month",
            "Each kind of movement, period view.",
            (12, 5, 12, 8),
            "short",
            (f"backstay_recurring_revenue_movement{{{RUNNING}}}", "{{movement}} {{currency}}"),
        ),
        panel(
            "timeseries",
            "Open signals",
            "Open episodes, by signal.",
            (0, 13, 12, 8),
            "short",
            (f"sum by (signal) (backstay_open_churn_signals{{{DEPLOYMENT}}})", "{{signal}}"),
        ),
        panel(
            "timeseries",
            "Signals raised",
            "Per hour, by signal and severity.",
            (12, 13, 12, 8),
            "short",
            (
                f'sum by (signal, severity) (rate(backstay_churn_signals_total{{{DEPLOYMENT},transition="raised"}}[$__rate_interval])) * 3600',
                "{{signal}} {{severity}}",
            ),
        ),
        panel(
            "timeseries",
            "Customers",
            "At the start and the end of the running month.",
            (0, 21, 8, 8),
            "short",
            (f'backstay_customers{{{RUNNING},state=~"start|end"}}', "{{state}} {{basis}} {{currency}}"),
        ),
        panel(
            "timeseries",
            "Records",
            "Per second, by outcome.",
            (8, 21, 8, 8),
            "reqps",
            (f"sum by (outcome) (rate(backstay_records_total{{{DEPLOYMENT}}}[$__rate_interval]))", "{{outcome}}"),
        ),
        panel(
            "timeseries",
            "Lag",
            "Records not applied yet.",
            (16, 21, 8, 8),
            "short",
            (f"sum by (topic) (backstay_consumer_lag_records{{{DEPLOYMENT}}})", "{{topic}}"),
        ),
        panel(
            "timeseries",
            "Dead letters",
            "By topic and reason, since the worker's start.",
            (0, 29, 12, 7),
            "short",
            (f"sum by (topic, reason) (backstay_dead_letters_total{{{DEPLOYMENT}}}) > 0", "{{topic}} {{reason}}"),
        ),
        panel(
            "timeseries",
            "Event time",
            "Seconds by which the watermark is behind the clock, by partition.",
            (12, 29, 12, 7),
            "s",
            (f"time() - backstay_watermark_timestamp_seconds{{{DEPLOYMENT}}}", "{{partition}}"),
        ),
        panel(
            "timeseries",
            "Silent sources",
            "For how long a source has been silent: its absence signals are muted.",
            (0, 36, 12, 7),
            "s",
            (f"max by (topic) (backstay_source_silent_seconds{{{DEPLOYMENT}}})", "{{topic}}"),
        ),
        panel(
            "timeseries",
            "Losses with a warning",
            "Customers lost since the worker's start, by whether a signal was open then that was raised before.",
            (12, 36, 12, 7),
            "short",
            (f"sum by (basis, warned) (backstay_losses_total{{{DEPLOYMENT}}})", "{{basis}}, warned: {{warned}}"),
        ),
        panel(
            "timeseries",
            "Seats in use",
            "Share of the paid seats that are in use, of accounts that report both.",
            (0, 43, 12, 7),
            "percentunit",
            (f"backstay_seat_utilisation_ratio{{{RUNNING}}}", "seats"),
        ),
        panel(
            "stat",
            "Time to value, last whole month",
            "Median time from a customer's first subscription to its first use of a feature.",
            (12, 43, 12, 7),
            "s",
            (f"backstay_time_to_value_seconds{{{CLOSED}}}", "median"),
        ),
    ]


def dashboard() -> dict[str, Any]:
    """Return the whole dashboard."""
    return {
        "uid": "backstay",
        "title": "Backstay",
        "tags": ["retention"],
        "schemaVersion": 41,
        "editable": False,
        "refresh": "10s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Source"},
                {
                    "name": "deployment",
                    "type": "query",
                    "label": "Deployment",
                    "datasource": SOURCE,
                    "query": {"query": "label_values(backstay_worker_ready, deployment)", "refId": "deployment"},
                    "refresh": 2,
                    "multi": True,
                    "includeAll": True,
                    "current": {"text": "All", "value": "$__all"},
                },
            ]
        },
        "panels": [{"id": number, **one} for number, one in enumerate(panels(), 1)],
    }


def main() -> None:
    """Write the file."""
    OUT.write_text(json.dumps(dashboard(), indent=1) + "\n")


if __name__ == "__main__":
    main()
