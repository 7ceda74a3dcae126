"""The page *Signals*: the customers that are about to leave, what was recommended, and what came of it."""

from typing import Final

from grafana.panels import CLOSED_ALL, OURS, RUNNING, Panel, bars, counted, hourly, series, stat

WARNED: Final = ',warned="yes"'

PANELS: Final[tuple[Panel, ...]] = (
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
    bars(
        "How often alarms were right",
        "Judged alarms of medium severity or more whose customers left within the horizon, by signal; `risk`: of customers "
        "whose risk rose to medium or above. From the console, if one runs; its page has chance beside it.",
        "percentunit",
        (f'backstay_worth_precision_ratio{{{OURS},severity="medium"}}', "{{signal}}"),
    ),
    series(
        "CRR of the running month",
        "Provisional.",
        "percentunit",
        (f"backstay_customer_retention_ratio{{{RUNNING}}}", "{{basis}} {{segment}} {{currency}}"),
    ),
)
