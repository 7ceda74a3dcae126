"""Writes the dashboards: `python grafana/build.py`. A test compares the committed JSON with them.

Three pages: *Retention* for the figures, *Signals* for who is about to leave and what came of it, *Pipeline* for whoever
runs it. A panel is a line in one of the lists below; where it stands follows from the order and the sizes.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

OUT: Final = Path(__file__).parent / "dashboards"
SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
WIDTH: Final = 24
OURS: Final = 'deployment=~"$deployment"'
OF_SEGMENT: Final = f'{OURS},period="month",segment=~"$segment"'
CLOSED: Final = f'{OF_SEGMENT},currency=~"$currency",edition="final"'
RUNNING: Final = f'{OF_SEGMENT},currency=~"$currency",edition="provisional"'
CLOSED_ALL: Final = f'{OF_SEGMENT},edition="final"'
"""Of figures without a currency, whose label says `all`."""
RUNNING_ALL: Final = f'{OF_SEGMENT},edition="provisional"'

WARNED: Final = ',warned="yes"'

Query = tuple[str, str]
"""An expression, and the legend of its series."""
Steps = Sequence[tuple[float | None, str]]
GOOD_FROM: Final[dict[str, Steps]] = {
    "customers": ((None, "red"), (0.85, "yellow"), (0.95, "green")),
    "revenue": ((None, "red"), (0.9, "yellow"), (1.0, "green")),
}


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


RETENTION: Final = (
    stat(
        "CRR, last whole month",
        "Share of the month's starting customers that were still active at its end.",
        "percentunit",
        (f"backstay_customer_retention_ratio{{{CLOSED}}}", "{{basis}} {{segment}} {{currency}}"),
        steps=GOOD_FROM["customers"],
    ),
    stat(
        "NDR, last whole month",
        "MRR at the month's end of its starting customers, over their MRR at its start.",
        "percentunit",
        (f"backstay_net_dollar_retention_ratio{{{CLOSED}}}", "{{segment}} {{currency}}"),
        steps=GOOD_FROM["revenue"],
    ),
    stat(
        "GRR, last whole month",
        "As NDR, with no customer above its start.",
        "percentunit",
        (f"backstay_gross_revenue_retention_ratio{{{CLOSED}}}", "{{segment}} {{currency}}"),
        steps=GOOD_FROM["customers"],
    ),
    stat(
        "MRR now",
        "Monthly recurring revenue, in major units of its currency.",
        "short",
        (f"backstay_monthly_recurring_revenue{{{RUNNING}}}", "{{segment}} {{currency}}"),
    ),
    series(
        "Retention",
        "CRR, NDR and GRR of the running month (provisional).",
        "percentunit",
        (f"backstay_customer_retention_ratio{{{RUNNING}}}", "CRR {{basis}} {{segment}} {{currency}}"),
        (f"backstay_net_dollar_retention_ratio{{{RUNNING}}}", "NDR {{segment}} {{currency}}"),
        (f"backstay_gross_revenue_retention_ratio{{{RUNNING}}}", "GRR {{segment}} {{currency}}"),
    ),
    series(
        "MRR",
        "Monthly recurring revenue of the running month, in major units of its currency.",
        "short",
        (f"backstay_monthly_recurring_revenue{{{RUNNING}}}", "{{segment}} {{currency}}"),
    ),
    bars(
        "MRR movements of the last whole month",
        "What the month's recurring revenue gained and lost, by kind, in major units of its currency.",
        "short",
        (f"backstay_recurring_revenue_movement{{{CLOSED}}}", "{{movement}} {{segment}} {{currency}}"),
    ),
    series(
        "MRR movements of the running month",
        "Each kind of movement, in major units of its currency.",
        "short",
        (f"backstay_recurring_revenue_movement{{{RUNNING}}}", "{{movement}} {{segment}} {{currency}}"),
    ),
    series(
        "Customers",
        "At the start and the end of the running month.",
        "short",
        (f'backstay_customers{{{RUNNING},state=~"start|end"}}', "{{state}} {{basis}} {{segment}} {{currency}}"),
        width=8,
    ),
    series(
        "Customers lost, new and returned",
        "In the running month.",
        "short",
        (f'backstay_customers{{{RUNNING},state=~"lost|new|returned"}}', "{{state}} {{basis}} {{segment}} {{currency}}"),
        width=8,
    ),
    series(
        "How many a ratio is of",
        "Starting customers of the running month. A ratio of few customers says little.",
        "short",
        (f"backstay_customer_retention_ratio_base{{{RUNNING}}}", "{{basis}} {{segment}} {{currency}}"),
        width=8,
    ),
    series(
        "What customers say",
        "NPS between -1 and 1, and the share of contented answers to support, of the running month.",
        "percentunit",
        (f"backstay_net_promoter_score_ratio{{{RUNNING_ALL}}}", "NPS {{segment}}"),
        (f"backstay_customer_satisfaction_ratio{{{RUNNING_ALL}}}", "CSAT {{segment}}"),
    ),
    series(
        "Seats in use",
        "Share of the paid seats that are in use, of accounts that report both.",
        "percentunit",
        (f"backstay_seat_utilisation_ratio{{{RUNNING_ALL}}}", "seats {{segment}}"),
        width=6,
    ),
    stat(
        "Time to value, last whole month",
        "Median time from a customer's first subscription to its first use of a feature.",
        "s",
        (f"backstay_time_to_value_seconds{{{CLOSED_ALL}}}", "median {{segment}}"),
    ),
)

SIGNALS: Final = (
    stat(
        "Open signals",
        "Open episodes of all severities.",
        "short",
        (f"sum by (deployment) (backstay_open_churn_signals{{{OURS}}})", "{{deployment}}"),
    ),
    stat(
        "Open and severe",
        "Open episodes of severity high or critical.",
        "short",
        (f'sum by (deployment) (backstay_open_churn_signals{{{OURS},severity=~"high|critical"}})', "{{deployment}}"),
    ),
    stat(
        "Losses with a warning",
        "Share of the customers lost in the chosen time of whom a signal was open that was raised before.",
        "percentunit",
        (
            f"{counted('basis', 'losses', WARNED)} / {counted('basis', 'losses')}",
            "{{basis}}",
        ),
    ),
    stat(
        "Losses warned of, last whole month",
        "Share of the customers lost for whom a signal of medium severity or more was open, late events included.",
        "percentunit",
        (f"backstay_warned_losses_ratio{{{CLOSED_ALL}}}", "{{segment}}"),
    ),
    stat(
        "MRR lost in the running month",
        "Revenue of customers lost, in major units of its currency.",
        "short",
        (f'backstay_recurring_revenue_movement{{{RUNNING},movement="churn"}}', "{{segment}} {{currency}}"),
    ),
    series(
        "Open signals by signal",
        "Open episodes, by signal.",
        "short",
        (f"sum by (signal) (backstay_open_churn_signals{{{OURS}}})", "{{signal}}"),
    ),
    series(
        "Open signals by severity",
        "Open episodes, by severity.",
        "short",
        (f"sum by (severity) (backstay_open_churn_signals{{{OURS}}})", "{{severity}}"),
    ),
    series(
        "Signals raised",
        "Per hour, by signal and severity.",
        "short",
        (
            hourly("signal, severity", "churn_signals", ',transition="raised"'),
            "{{signal}} {{severity}}",
        ),
    ),
    series(
        "Signals that ended or became more severe",
        "Per hour, by transition.",
        "short",
        (
            hourly("transition", "churn_signals", ',transition!="raised"'),
            "{{transition}}",
        ),
    ),
    series(
        "Actions",
        "Per hour, by what became of them: recommended, suppressed by a gate, withdrawn.",
        "short",
        (hourly("outcome", "actions"), "{{outcome}}"),
        width=8,
    ),
    series(
        "Actions stopped by a gate",
        "Per hour, by gate.",
        "short",
        (hourly("gate", "actions", ',outcome="suppressed"'), "{{gate}}"),
        width=8,
    ),
    series(
        "Opportunities",
        "Per hour, by opportunity: no signs of leaving.",
        "short",
        (
            hourly("opportunity, transition", "opportunities"),
            "{{opportunity}} {{transition}}",
        ),
        width=8,
    ),
    series(
        "Cards by band of risk",
        "Cards written per hour, by band.",
        "short",
        (hourly("band", "customer_cards"), "{{band}}"),
        width=8,
    ),
    series(
        "Customers lost",
        "Per hour, by whether a signal was open then that was raised before.",
        "short",
        (hourly("basis, warned", "losses"), "{{basis}}, warned: {{warned}}"),
        width=8,
    ),
    series(
        "Time between warning and loss",
        "Median, of the customers lost, from the oldest signal that was open then.",
        "s",
        (
            f"histogram_quantile(0.5, sum by (le, basis) (rate(backstay_loss_lead_seconds_bucket{{{OURS}}}[$__rate_interval])))",
            "{{basis}}",
        ),
        width=8,
    ),
    bars(
        "Signals that were open at a loss",
        "How often in the chosen time, by signal. What a signal is worth, `backstay signals` measures on a log.",
        "short",
        (counted("signal", "loss_signals"), "{{signal}}"),
    ),
    series(
        "CRR of the running month",
        "Provisional.",
        "percentunit",
        (f"backstay_customer_retention_ratio{{{RUNNING}}}", "{{basis}} {{segment}} {{currency}}"),
    ),
)

PIPELINE: Final = (
    stat(
        "Workers that are ready",
        "Workers that have restored all that is assigned to them.",
        "short",
        (f"sum by (deployment) (backstay_worker_ready{{{OURS}}})", "{{deployment}}"),
        steps=((None, "red"), (1, "green")),
    ),
    stat(
        "Records not applied yet",
        "Of all topics and partitions.",
        "short",
        (f"sum by (deployment) (backstay_consumer_lag_records{{{OURS}}})", "{{deployment}}"),
    ),
    stat(
        "Records that cannot be used",
        "Share of the records read in the chosen time that became dead letters.",
        "percentunit",
        (
            f"{counted('deployment', 'dead_letters')} / {counted('deployment', 'records')}",
            "{{deployment}}",
        ),
        steps=((None, "green"), (0.01, "yellow"), (0.1, "red")),
    ),
    stat(
        "Customers",
        "Customers whose state is stored.",
        "short",
        (f"sum by (deployment) (backstay_customers_kept{{{OURS}}})", "{{deployment}}"),
    ),
    series(
        "Records",
        "Per second, by outcome.",
        "reqps",
        (f"sum by (outcome) (rate(backstay_records_total{{{OURS}}}[$__rate_interval]))", "{{outcome}}"),
    ),
    series(
        "Records by topic",
        "Per second.",
        "reqps",
        (f"sum by (topic) (rate(backstay_records_total{{{OURS}}}[$__rate_interval]))", "{{topic}}"),
    ),
    series(
        "Lag",
        "Records not applied yet, by topic.",
        "short",
        (f"sum by (topic) (backstay_consumer_lag_records{{{OURS}}})", "{{topic}}"),
    ),
    series(
        "Event time",
        "Seconds by which the watermark is behind the clock, by partition.",
        "s",
        (
            f"time() - max by (deployment, partition) (backstay_watermark_timestamp_seconds{{{OURS}}})",
            "{{deployment}} {{partition}}",
        ),
    ),
    series(
        "Dead letters",
        "Per hour, by topic and reason.",
        "short",
        (hourly("topic, reason", "dead_letters"), "{{topic}} {{reason}}"),
    ),
    series(
        "Doubts about records of sources",
        "Per hour, by topic and doubt: records that were read, and are suspicious. docs/sources says what each means.",
        "short",
        (hourly("topic, doubt", "source_doubts"), "{{topic}} {{doubt}}"),
    ),
    bars(
        "Outcomes since the beginning",
        "Every record that was read, by what became of it: exact across restarts.",
        "short",
        (f"sum by (outcome) (backstay_records_accounted{{{OURS}}})", "{{outcome}}"),
    ),
    series(
        "Silent sources",
        "For how long a source has been silent: its absence signals are muted.",
        "s",
        (f"max by (topic) (backstay_source_silent_seconds{{{OURS}}})", "{{topic}}"),
    ),
    series(
        "Words that are not in the contract",
        "Values per hour that were read as `other`, by topic and field.",
        "short",
        (hourly("topic, field", "unknown_words"), "{{topic}} {{field}}"),
    ),
    series(
        "Commits",
        "Per second.",
        "ops",
        (f"sum by (deployment) (rate(backstay_commits{{{OURS}}}[$__rate_interval]))", "{{deployment}}"),
        width=8,
    ),
    series(
        "Batches",
        "Per second, by topic.",
        "ops",
        (f"sum by (topic) (rate(backstay_batches_total{{{OURS}}}[$__rate_interval]))", "{{topic}}"),
        width=8,
    ),
    stat(
        "Builds",
        "Workers by version and build.",
        "short",
        (f"count by (version, build) (backstay_build_info{{{OURS}}})", "{{version}} {{build}}"),
    ),
)

DASHBOARDS: Final = {"retention": RETENTION, "signals": SIGNALS, "pipeline": PIPELINE}


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
