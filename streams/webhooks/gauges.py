"""The metrics of `backstay webhooks run`. No label has a customer id, and none a url."""

from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.about import version
from streams.gauges import Labelled
from streams.webhooks.deliveries import OUTCOMES

SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0)
"""Bounds of the buckets of answers, in seconds."""


class WebhookGauges:
    """Every metric of one process, in a registry of its own. `exposed` has them with the label `deployment`."""

    def __init__(self, deployment: str = "local", endpoints: Sequence[str] = ()) -> None:
        self.registry, self.exposed = CollectorRegistry(), CollectorRegistry()
        self.exposed.register(Labelled(self.registry, deployment))
        self.deliveries = Counter(
            "backstay_webhook_deliveries",
            "What became of deliveries, and `failed` for each try that was not accepted and is repeated.",
            ("endpoint", "outcome"),
            registry=self.registry,
        )
        self.pending = Gauge(
            "backstay_webhook_pending_deliveries",
            "Deliveries that wait, on the partitions of this process.",
            ("endpoint",),
            registry=self.registry,
        )
        self.disabled = Gauge(
            "backstay_webhook_endpoint_disabled", "1 if nothing is sent.", ("endpoint",), registry=self.registry
        )
        self.accepted = Gauge(
            "backstay_webhook_last_accepted_timestamp_seconds",
            "Time at which an endpoint last accepted a delivery of this process.",
            ("endpoint",),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "backstay_webhook_answer_seconds",
            "Seconds from a request to the answer of the endpoint, or to the end of waiting for it.",
            ("endpoint",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.build = Gauge(
            "backstay_webhooks_build_info", "Version of this process.", ("version",), registry=self.registry
        )
        self.build.labels(version()).set(1)
        for endpoint in endpoints:
            self.pending.labels(endpoint).set(0)
            self.disabled.labels(endpoint).set(0)
            self.seconds.labels(endpoint)
            for outcome in OUTCOMES:
                self.deliveries.labels(endpoint, outcome)
