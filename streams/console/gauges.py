"""Metrics of the console, in a registry of its own: read from the tables when they are asked for."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.console.documents import Pipeline


class Read(Collector):
    """Reads the pipeline, and shows it as metrics."""

    def __init__(self, pipeline: Callable[[], Pipeline], looks: Callable[[], tuple[int, int]], deployment: str) -> None:
        self._pipeline, self._looks, self._deployment = pipeline, looks, deployment

    def describe(self) -> list[Metric]:
        """Return nothing: to describe them would mean to read the store."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        found, (written, waiting) = self._pipeline(), self._looks()
        yield self._gauge("up_to_date", "1 if the console is connected and has read everything.", found.caught_up)
        yield self._gauge("customers", "Customers that the console knows.", found.customers)
        yield self._gauge("store_bytes", "Bytes of its store.", found.store_bytes)
        yield self._gauge("looks_waiting", "Looks that the broker has not taken yet.", waiting)
        looks = CounterMetricFamily("backstay_console_looks", "Looks written to audit.", labels=["deployment"])
        looks.add_metric([self._deployment], written)
        yield looks
        yield from self._read(found)

    def _gauge(self, name: str, says: str, value: float) -> Metric:
        gauge = GaugeMetricFamily(f"backstay_console_{name}", says, labels=["deployment"])
        gauge.add_metric([self._deployment], value)
        return gauge

    def _read(self, found: Pipeline) -> Iterator[Metric]:
        records = CounterMetricFamily(
            "backstay_console_records", "Records of each topic by outcome.", labels=["deployment", "topic", "outcome"]
        )
        for one in found.outcomes:
            for outcome in ("taken", "repeated", "of_erased", "unknown", "other"):
                records.add_metric([self._deployment, one.topic, outcome], getattr(one, outcome))
        yield records
        lag = GaugeMetricFamily(
            "backstay_console_lag_records", "Records not read yet, by topic.", labels=["deployment", "topic"]
        )
        for topic in sorted({one.topic for one in found.partitions}):
            lag.add_metric(
                [self._deployment, topic], sum(one.lag or 0 for one in found.partitions if one.topic == topic)
            )
        yield lag


def registry_of(*collectors: Collector) -> CollectorRegistry:
    """Return a registry with the metrics of one console."""
    registry = CollectorRegistry()
    for one in collectors:
        registry.register(one)
    return registry
