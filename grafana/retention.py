"""The page *Retention*: the figures of the company, of the last whole month and of the running one."""

from typing import Final

from grafana.panels import CLOSED, CLOSED_ALL, RUNNING, RUNNING_ALL, Panel, Steps, bars, series, stat

GOOD_FROM: Final[dict[str, Steps]] = {
    "customers": ((None, "red"), (0.85, "yellow"), (0.95, "green")),
    "revenue": ((None, "red"), (0.9, "yellow"), (1.0, "green")),
}

PANELS: Final[tuple[Panel, ...]] = (
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
        (f"backstay_net_dollar_retention_ratio{{{CLOSED}}}", "{{basis}} {{segment}} {{currency}}"),
        steps=GOOD_FROM["revenue"],
    ),
    stat(
        "GRR, last whole month",
        "As NDR, with no customer above its start.",
        "percentunit",
        (f"backstay_gross_revenue_retention_ratio{{{CLOSED}}}", "{{basis}} {{segment}} {{currency}}"),
        steps=GOOD_FROM["customers"],
    ),
    stat(
        "MRR now",
        "Monthly recurring revenue, in major units of its currency.",
        "short",
        (f"backstay_monthly_recurring_revenue{{{RUNNING}}}", "{{basis}} {{segment}} {{currency}}"),
    ),
    series(
        "Retention",
        "CRR, NDR and GRR of the running month (provisional).",
        "percentunit",
        (f"backstay_customer_retention_ratio{{{RUNNING}}}", "CRR {{basis}} {{segment}} {{currency}}"),
        (f"backstay_net_dollar_retention_ratio{{{RUNNING}}}", "NDR {{basis}} {{segment}} {{currency}}"),
        (f"backstay_gross_revenue_retention_ratio{{{RUNNING}}}", "GRR {{basis}} {{segment}} {{currency}}"),
    ),
    series(
        "MRR",
        "Monthly recurring revenue of the running month, in major units of its currency.",
        "short",
        (f"backstay_monthly_recurring_revenue{{{RUNNING}}}", "{{basis}} {{segment}} {{currency}}"),
    ),
    bars(
        "MRR movements of the last whole month",
        "What the month's recurring revenue gained and lost, by kind, in major units of its currency.",
        "short",
        (f"backstay_recurring_revenue_movement{{{CLOSED}}}", "{{movement}} {{basis}} {{segment}} {{currency}}"),
    ),
    series(
        "MRR movements of the running month",
        "Each kind of movement, in major units of its currency.",
        "short",
        (f"backstay_recurring_revenue_movement{{{RUNNING}}}", "{{movement}} {{basis}} {{segment}} {{currency}}"),
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
