"""The metrics for Prometheus: counters of what is done, and the gauges of the figures as they were published.

    books ─► metric.updated ─► topic `metric-updates`, committed ─► gauge    backstay_customer_retention_ratio{…} 0.95
             value "0.9500000000"                                            …_base{…} 40

Rule: they only listen, and nothing in `retention` knows of them. A figure is the number of the published update, never
calculated here; of each kind of period the running one is shown as `provisional`, and the last one that no late event
can change silently as `final`, restated or not. The worker that owns the figures shows them, and no other one.

Counters begin at zero with every label that is known, because Prometheus sees no increase in a series that begins with
a count. No label has a customer id.
"""

import collections
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.core import Metric as Exposed
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from retention.actions import ACTIONS
from retention.engine.editions import Books
from retention.features import REGISTER
from retention.gates import GATES
from retention.measures import BASIS_NAMES
from retention.metrics import METRICS
from retention.metrics.base import Metric
from retention.risk.model import BANDS
from retention.statements import Statement
from schemas.families import FAMILIES
from schemas.outbound import MetricUpdate
from sources.doubts import NAMES, OTHER
from streams.about import build_kind, version
from streams.dead_letters import REASONS
from streams.figures_processor import FiguresListener
from streams.listener import Listener

LEADS: Final = tuple(days * 86_400 for days in (1, 3, 7, 14, 21, 30, 45, 60, 90))
"""Bounds of the buckets of leads, in seconds."""
_LABELS: Final = ("basis", "period", "segment", "currency", "edition")


class Labelled(Collector):
    """Adds the label `deployment` to every sample of a registry."""

    def __init__(self, registry: CollectorRegistry, deployment: str) -> None:
        self._registry, self._deployment = registry, deployment

    def describe(self) -> list[Exposed]:
        """Return nothing: the registry inside checks the names."""
        return []

    def collect(self) -> Iterator[Exposed]:
        """Return the metrics of the registry inside, labelled."""
        for metric in self._registry.collect():
            samples = [one._replace(labels={"deployment": self._deployment, **one.labels}) for one in metric.samples]
            labelled = Exposed(metric.name, metric.documentation, metric.type, metric.unit)
            labelled.samples = samples
            yield labelled


class Gauges(Listener, FiguresListener):
    """Every metric of one worker, in a registry of its own. `exposed` has them with the label `deployment`."""

    def __init__(self, deployment: str = "local") -> None:
        self.registry = CollectorRegistry()
        self.exposed = CollectorRegistry()
        self.exposed.register(Labelled(self.registry, deployment))
        self.watchers: list[Callable[[list[Statement]], None]] = []
        self._figures = _Figures()
        self.registry.register(self._figures)
        self.records = self._counter("records", "Records read, by outcome.", "topic", "outcome")
        self.dead_letters = self._counter("dead_letters", "Dead letters, by reason.", "topic", "reason")
        for family in FAMILIES:
            self.expect(family.topic)
        self.unknown_words = self._counter(
            "unknown_words", "Values in events that the contract does not know, read as `other`.", "topic", "field"
        )
        for family in FAMILIES:
            for field in family.open_words:
                self.unknown_words.labels(family.topic, field)
        self.doubts = self._counter(
            "source_doubts", "Doubts about records of sources, whose events count all the same.", "topic", "doubt"
        )
        self.on_doubt: Callable[[str, str], None] = lambda _topic, _doubt: None
        self.signals = self._counter(
            "churn_signals", "Published statements about signals.", "signal", "severity", "transition"
        )
        self.opportunities = self._counter(
            "opportunities", "Published statements about opportunities.", "opportunity", "transition"
        )
        self.actions = self._counter(
            "actions", "Actions recommended, suppressed by a gate, or withdrawn.", "action", "outcome", "gate"
        )
        for action in ACTIONS:
            for outcome, gate in (
                ("recommended", ""),
                *(("suppressed", gate.name) for gate in GATES),
                ("withdrawn", ""),
            ):
                self.actions.labels(action.name, outcome, gate)
        self.facts = self._counter("customer_facts", "Customers lost and returned.", "fact", "basis")
        self.losses = self._counter(
            "losses", "Customers lost, by whether a signal was open then that was raised before.", "basis", "warned"
        )
        self.warnings = self._counter(
            "loss_signals", "Signals that were open when their customer was lost.", "basis", "signal"
        )
        self.leads = Histogram(
            "backstay_loss_lead_seconds",
            "Seconds from the oldest signal that was open when a customer was lost to the loss.",
            ("basis",),
            buckets=LEADS,
            registry=self.registry,
        )
        for basis in BASIS_NAMES:
            self.leads.labels(basis)
            for warned in ("yes", "no"):
                self.losses.labels(basis, warned)
        self.movements = self._counter("mrr_movements", "Movements of recurring revenue published.", "kind", "currency")
        self.cards = self._counter("customer_cards", "Cards of customers written, by their band of risk.", "band")
        for band in BANDS:
            self.cards.labels(band)
        self.batches = self._counter("batches", "Batches applied.", "topic")
        self.open_signals = self._plain(
            "open_churn_signals", "Open signals of this worker's customers.", "signal", "severity"
        )
        self.accounted = self._plain(
            "records_accounted",
            "Records of this worker's partitions by outcome, since their changelog was begun: exact across restarts.",
            "topic",
            "outcome",
        )
        self.without_effect = self._plain(
            "requests_without_effect",
            "Cancellation requests that never took effect: no end, or no such subscription, is known.",
        )
        self.kept = self._plain("customers_kept", "Customers whose state this worker holds.")
        self.lag = self._plain("consumer_lag_records", "Records not applied yet.", "topic", "partition")
        self.watermark = self._plain("watermark_timestamp_seconds", "Event-time watermark.", "partition")
        self.silent = self._plain(
            "source_silent_seconds",
            "For how long a source of absence signals has been silent; 0 if it is not.",
            "topic",
            "partition",
        )
        self.standby_lag = self._plain(
            "standby_lag_records", "Records by which a standby copy is behind its changelog.", "partition"
        )
        self.ready = self._plain("worker_ready", "1 when everything assigned is restored and live.")
        self.commits = self._plain("commits", "Commits since the start.")
        self.suppressed = self._plain("log_lines_suppressed", "Repeated log lines of libraries that were left out.")
        info = Info("backstay_build", "The version and the build of this worker.", registry=self.registry)
        info.info({"version": version(), "build": build_kind()})

    def _plain(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"backstay_{name}", text, labels, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"backstay_{name}", text, labels, registry=self.registry)

    # Called by the pipeline

    def expect(self, topic: str) -> None:
        """Count no dead letter of a topic yet: Prometheus sees no increase in a counter that begins with a count."""
        for reason in REASONS:
            self.dead_letters.labels(topic, reason)

    def expect_doubts(self, topic: str) -> None:
        """Count no doubt about the records of a source yet, for the same reason."""
        for doubt in sorted({*NAMES.values(), OTHER, *REGISTER.doubts}):
            self.doubts.labels(topic, doubt)

    def applied(self, topic: str, records: int) -> None:
        """Count the records of an applied batch."""
        if records:
            self.batches.labels(topic).inc()

    def counted(self, topic: str, outcome: str, number: int = 1) -> None:
        """Count records of an outcome."""
        self.records.labels(topic, outcome).inc(number)

    def refused(self, topic: str, reason: str) -> None:
        """Count a dead letter."""
        self.dead_letters.labels(topic, reason).inc()

    def doubted(self, topic: str, doubt: str) -> None:
        """Count a doubt about events that came by a source, and have it logged."""
        self.doubts.labels(topic, doubt).inc()
        self.on_doubt(topic, doubt)

    def read_as_other(self, topic: str, field: str) -> None:
        """Count a value that the contract does not know."""
        self.unknown_words.labels(topic, field).inc()

    def said(self, statements: list[Statement]) -> None:
        """Count outputs, and show them on the page."""
        for watcher in self.watchers:
            watcher(statements)
        for (family, *labels), number in collections.Counter(map(_counted, statements)).items():
            counters = {
                "churn_signal": self.signals,
                "opportunity": self.opportunities,
                "action": self.actions,
                "movement": self.movements,
                "card": self.cards,
            }
            counter = counters.get(family, self.facts)
            counter.labels(*labels).inc(number)
        for one in statements:
            if one.type == "customer.churned":
                self._count_loss(one)

    def _count_loss(self, lost: Statement) -> None:
        """Count a loss, and the signals that were open then; not a return that late events have taken back."""
        body: Any = lost.body
        if body.cause == "late_evidence":
            return
        self.losses.labels(body.basis, "yes" if body.open_signals else "no").inc()
        for name in sorted({one.signal for one in body.open_signals}):
            self.warnings.labels(body.basis, name).inc()
        if body.open_signals:
            lead = body.at - min(one.raised_at for one in body.open_signals)
            self.leads.labels(body.basis).observe(lead.total_seconds())

    def outcomes(self) -> dict[tuple[str, str], int]:
        """Return the number of records by topic and outcome."""
        return {(s.labels["topic"], s.labels["outcome"]): int(s.value) for s in _totals(self.records)}

    def refusals(self) -> dict[str, int]:
        """Return the number of dead letters by reason."""
        found: dict[str, int] = {}
        for sample in _totals(self.dead_letters):
            reason = sample.labels["reason"]
            if sample.value:
                found[reason] = found.get(reason, 0) + int(sample.value)
        return dict(sorted(found.items()))

    def unknown(self) -> dict[str, int]:
        """Return the number of values that were read as `other`, by topic and field."""
        counted = {f"{s.labels['topic']}.{s.labels['field']}": int(s.value) for s in _totals(self.unknown_words)}
        return {name: number for name, number in sorted(counted.items()) if number}

    # Called by the figures

    def figures(self, books: Books, statements: list[Statement]) -> None:
        """Show the running period as `provisional` and the last closed one as `final`, as published.

        A worker that has just taken the figures over has nothing new to publish, but shows all of them.
        """
        if not self._figures.shown:
            self._figures.show(books.shown())
            return
        updates = (one.body for one in statements if isinstance(one.body, MetricUpdate))
        self._figures.show((label, update) for update in updates if (label := books.label_of(update)) is not None)

    def no_figures(self) -> None:
        """Drop the figures: another worker shows them now."""
        self._figures.shown.clear()


class _Figures(Collector):
    """The published figures: samples are made of their text when Prometheus asks."""

    def __init__(self, metrics: Sequence[Metric] = METRICS) -> None:
        self._metrics = metrics
        self.shown: dict[str, dict[tuple[str, ...], MetricUpdate]] = {}
        """The newest update by metric, and by labels."""

    def show(self, updates: Iterable[tuple[str, MetricUpdate]]) -> None:
        """Add the newest updates; each replaces one with the same labels."""
        for label, update in updates:
            self.shown.setdefault(update.metric, {})[_labels(update, label)] = update

    def describe(self) -> list[Exposed]:
        """Return the names of the metrics, so that a second one of the same name is refused on registration."""
        return [family for metric in self._metrics for family in self._families(metric, {})]

    def collect(self) -> Iterator[Exposed]:
        """Yield every figure, its base, and its further values."""
        for metric in self._metrics:
            yield from self._families(metric, self.shown.get(metric.name, {}))

    def _families(self, metric: Metric, shown: dict[tuple[str, ...], MetricUpdate]) -> Iterator[Exposed]:
        figures = _family(metric.gauge, metric.help)
        bases = _family(f"{metric.gauge}_base", f"Denominator of {metric.name}; 0 if undefined.")
        for labels, update in shown.items():
            figures.add_metric(labels, float("nan") if update.value is None else float(update.value))
            if update.denominator is not None:
                bases.add_metric(labels, float(update.denominator))
        yield figures
        if metric.value.denominator is not None:
            yield bases
        for beside in metric.breakdowns:
            family = _family(beside.gauge, beside.help, beside.label)
            for labels, update in shown.items():
                for part, number in beside.read(update.components).items():
                    family.add_metric((*labels, part), float(number))
            yield family


def _family(name: str, text: str, *more: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"backstay_{name}", text, labels=(*_LABELS, *more))


def _labels(update: MetricUpdate, label: str) -> tuple[str, ...]:
    segment = "all" if update.segment.by == "all" else f"{update.segment.by}={update.segment.value}"
    return update.basis, update.period.kind, segment, update.currency or "all", label


def _counted(statement: Statement) -> tuple[str, ...]:
    """Return the counter of an output, and its labels."""
    body: Any = statement.body
    family, _, what = statement.type.partition(".")
    match family:
        case "churn_signal":
            return family, body.signal, body.severity, body.transition
        case "opportunity":
            return family, body.opportunity, body.transition
        case "action":
            return family, body.action, what, getattr(body, "gate", "")
        case "movement":
            return family, body.kind, body.currency
        case "customer" if what == "health":
            return "card", body.band
        case _:
            return family, what, getattr(body, "basis", "")


def _totals(counter: Counter) -> list[Sample]:
    return [sample for metric in counter.collect() for sample in metric.samples if sample.name.endswith("_total")]
