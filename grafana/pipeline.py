"""The page *Pipeline*: workers, records and topics, for the people that run them."""

from typing import Final

from grafana.panels import OURS, Panel, bars, counted, hourly, series, stat

PANELS: Final[tuple[Panel, ...]] = (
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
