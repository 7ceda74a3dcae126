"""The figures of the company: adds up the partitions' sums, takes ratios, and publishes editions of every figure.

Rule: the figures of a period are `provisional`, each replacing the one before, until the smallest watermark is
`lateness` past the period's end. Then they are `final`. Each later change is `restated`, with its causes.

    March         |-----------------|
    watermark                       |-- lateness --|
    published      provisional …                   final       a late event: restated

Reason: readers must be able to tell a figure that still changes from one that does not, and see why it changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from retention.calendar import Instant, Period, local_date
from retention.engine.converting import Converter, is_converted, measure_name
from retention.engine.figures import Row, applies, describe, in_edition, is_same, update_key
from retention.engine.parts import Key, Series
from retention.engine.rates import RATES
from retention.engine.shares import Share, values_of
from retention.engine.sums import MAX_CAUSES, Base
from retention.identity import derived_id
from retention.measures.base import ALL, Values, Vector, summed, wanted_by
from retention.measures.segments import is_counted
from retention.metrics import METRICS
from retention.metrics.base import Metric
from retention.periods import KIND_OF
from retention.policy import Policy
from retention.statements import Statement
from schemas.outbound import MetricUpdate

_DAY: Final = timedelta(days=1)


class Books:
    """Adds the sums of all partitions and keeps the editions of every figure.

    All input is absolute and versioned by its place in the log, so that repeating it changes nothing. The sums of a
    partition's commit count once its watermark arrives, which comes last: half of a commit is no figure.
    """

    def __init__(self, policy: Policy, partitions: int, metrics: Sequence[Metric] = METRICS) -> None:
        self.policy, self.partitions = policy, partitions
        self.metrics = [metric for metric in metrics if wanted_by(policy, metric.of)]
        measures = wanted_by(policy, dict.fromkeys(measure for metric in metrics for measure in metric.of))
        self._checks = {measure.name: measure.check for measure in measures}
        self._by_day = frozenset(measure.name for measure in measures if measure.by_day)
        self._converter = Converter(policy, measures)
        self.watermarks: dict[int, Instant] = {}
        self.shares: dict[Series, dict[int, Share]] = {}
        self.published: dict[str, MetricUpdate] = {}
        self._ids: dict[str, str] = {}
        """The ids under which the provisional figures were published."""
        self.rows: dict[tuple[Series, int], Values] = {}
        self._final: set[Key] = set()
        self._coming: dict[int, list[tuple[Series, Base | tuple[int, Vector, list[str], str]]]] = {}
        """By partition: the parts of a commit whose watermark has not arrived yet."""
        self._causes: dict[Series, dict[int, list[str]]] = {}
        self._reasons: dict[Series, dict[int, str]] = {}
        self._changed: dict[Series, int] = {}
        """By series: the number of the first period that has changed since figures were last published."""
        self._closed_at: Instant = 0
        self._oldest: dict[str, date] = {}
        """By kind of period: the last day of the oldest one of which a figure was published."""

    @property
    def as_of(self) -> Instant:
        """Return the smallest watermark of the partitions; 0 until each of them has sent one."""
        return min(self.watermarks.values()) if len(self.watermarks) >= self.partitions else 0

    def take_watermark(self, partition: int, watermark: Instant) -> None:
        """Apply the watermark of a partition, and every part that it sent before."""
        for series, found in self._coming.pop(partition, ()):
            if series.basis == RATES:
                if not isinstance(found, Base):
                    self._converter.learn(series, *found[:3])
                continue
            share = self._share(series, partition)
            if isinstance(found, Base):
                index = found.since
                share.bases[index] = found
            else:
                index, vector, causes, reason = found
                share.parts[index] = vector
                known = self._causes.setdefault(series, {}).setdefault(index, [])
                known += [cause for cause in causes if cause not in known]
                if reason:
                    self._reasons.setdefault(series, {})[index] = reason
            self._changed[series] = min(index, self._changed.get(series, index))
        self.watermarks[partition] = max(watermark, self.watermarks.get(partition, 0))

    def _share(self, series: Series, partition: int) -> Share:
        if series not in self.shares:
            self.shares[series] = {}
            self._converter.join(series)
        return self.shares[series].setdefault(partition, Share(series.kind))

    def has_heard(self, partition: int, watermark: Instant) -> bool:
        """Report whether every part has arrived that a partition sent with a watermark."""
        return self.watermarks.get(partition, 0) >= watermark

    def take_part(self, partition: int, key: Key, vector: Vector, causes: list[str], reason: str = "") -> None:
        """Add the sums of a partition for one series and period."""
        series, index = key
        self._coming.setdefault(partition, []).append((series, (index, vector, causes, reason)))

    def take_base(self, partition: int, series: Series, base: Base) -> None:
        """Add the levels of a partition at the start of a period: its oldest unsealed one, or one before that."""
        self._coming.setdefault(partition, []).append((series, base))

    def note(self, key: str, update: MetricUpdate, ident: str) -> None:
        """Note the published update of a figure, and its id."""
        self.published[key] = update
        kind, last_day = update.period.kind, update.period.end - _DAY
        if last_day < self._oldest.get(kind, date.max):
            self._oldest[kind] = last_day
        if update.edition == "provisional":
            self._ids[key] = ident
        else:
            self._ids.pop(key, None)

    @property
    def stale(self) -> bool:
        """Report whether anything has changed since figures were last published."""
        is_changed = bool(self._changed) or self._converter.has_news
        return bool(self.as_of) and (is_changed or self.as_of != self._closed_at)

    def shown(self) -> Iterator[tuple[str, MetricUpdate]]:
        """Yield the newest update of each figure of the running period, and of the last closed one, with its label.

        The last closed period is the last one that no late event can change silently.
        """
        for series in filter(self._is_set, [*self.shares, *self._converter.converted()]):
            for label, period in self._shown_periods(series.kind).items():
                for metric in self._of(series):
                    update = self.published.get(update_key(metric, series, period))
                    if update is not None:
                        yield label, update

    def label_of(self, update: MetricUpdate) -> str | None:
        """Return the label of an update on the page and in gauges; None for one of an older period."""
        periods = self._shown_periods(update.period.kind)
        return next((label for label, p in periods.items() if local_date(p.next_day) == update.period.end), None)

    def _shown_periods(self, kind: str) -> dict[str, Period]:
        running = self.policy.calendar.period(kind, self.policy.calendar.running(kind, self.as_of))
        closed = self.policy.calendar.period_at(kind, self.as_of - self.policy.lateness)
        return {"provisional": running, "final": self.policy.calendar.period(kind, closed.index - 1)}

    def publish(self) -> Iterator[Statement]:
        """Yield every figure that is new or has changed since it was last published."""
        as_of = self.as_of
        if not as_of:
            return
        turned, aged = self._turned(as_of), self._aged(as_of)
        due = [one for one in self.shares if one.kind in turned or one in self._changed or one.basis in aged]
        for series in (*sorted(self._converted_due(due, as_of), key=str), *sorted(due, key=str)):
            if self._is_set(series):
                yield from self._publish_series(series, as_of)
        self._causes.clear()
        self._reasons.clear()
        self._changed.clear()
        self._converter.forget_news()
        self._closed_at = as_of

    def _converted_due(self, due: Sequence[Series], as_of: Instant) -> list[Series]:
        """Return the converted series whose figures may be others, because of the sums that are due or of rates."""
        if self._converter.has_news or self._converter.turned(self._closed_at, as_of):
            return self._converter.converted()
        changed = set(due)
        return [one for one in self._converter.converted() if not changed.isdisjoint(self._made_of(one))]

    def _is_set(self, series: Series) -> bool:
        """Report whether figures of a series are published: what was sent of others once stays in the topic."""
        is_split = series.by == ALL or is_counted(self.policy, series.by, series.value)
        return is_split and series.kind in self.policy.periods and measure_name(series) in self._checks

    def _turned(self, as_of: Instant) -> set[str]:
        """Return the kinds of which a period began or became final since figures were last published."""
        place, before = self.policy.calendar.period_index, self._closed_at
        return {
            kind
            for kind in self.policy.periods
            for shift in (0, self.policy.lateness)
            if place(kind, before - shift) != place(kind, as_of - shift)
        }

    def _aged(self, as_of: Instant) -> frozenset[str]:
        """Return the measures whose figures are others because a day began since they were last published."""
        day = self.policy.calendar.day
        return self._by_day if self._by_day and day(self._closed_at - 1) != day(as_of - 1) else frozenset()

    def _publish_series(self, series: Series, as_of: Instant) -> Iterator[Statement]:
        causes, reason = list[str](), ""
        made_of = self._made_of(series)
        pending, reasons = self._pending(series, made_of, as_of), self._reasons_of(made_of)
        known_since = max(share.known_since() for one in made_of for share in self.shares[one].values())
        for row in self._walk(series, as_of, known_since):
            causes += [cause for cause in pending.get(row.period.index, ()) if cause not in causes]
            reason = reasons.get(row.period.index, reason)
            if not self._news(row, as_of):
                continue
            is_known = row.period.index >= known_since
            for metric in self._of(series):
                yield from self._say(metric, row, as_of, (causes[:MAX_CAUSES], reason), is_known=is_known)

    def _made_of(self, series: Series) -> list[Series]:
        """Return the series whose sums figures are made of: itself, or those of all currencies."""
        return self._converter.members(series) if is_converted(series) else [series]

    def _pending(self, series: Series, made_of: Sequence[Series], as_of: Instant) -> dict[int, list[str]]:
        """Return the events that changed each period since figures were last published."""
        found: dict[int, list[str]] = {}
        for one in made_of:
            for index, causes in self._causes.get(one, {}).items():
                found.setdefault(index, []).extend(causes)
        news = list(self._converter.news(series))
        begun = self._begun(made_of, self.policy.calendar.running(series.kind, as_of)) if news else 0
        for index, causes in news:
            found.setdefault(max(begun, index), []).extend(causes)
        return found

    def _reasons_of(self, made_of: Sequence[Series]) -> dict[int, str]:
        return {index: reason for one in made_of for index, reason in self._reasons.get(one, {}).items()}

    def _first_changed(self, series: Series, made_of: Sequence[Series], unsaid: int) -> int:
        """Return the number of the first period that has changed since figures were last published."""
        changed = [self._changed.get(one, unsaid) for one in made_of]
        return min([*changed, *(index for index, _ in self._converter.news(series))])

    def _news(self, row: Row, as_of: Instant) -> bool:
        """Report whether the figures of a period have changed, or have become final, since the last look."""
        key, is_final = (row.series, row.period.index), as_of >= row.period.end + self.policy.lateness
        if self.rows.get(key) == row.values and (not is_final or key in self._final):
            return False
        self.rows[key] = row.values
        if is_final:
            self._final.add(key)
        return True

    def _is_over(self, series: Series, period: Period) -> bool:
        """Report whether a period is final and published, so that the levels at its start may be dropped."""
        key = series, period.index
        if key not in self._final:
            said = [self.published.get(update_key(metric, series, period)) for metric in self._of(series)]
            if all(update is not None and update.edition != "provisional" for update in said):
                self._final.add(key)
        return key in self._final

    def _walk(self, series: Series, as_of: Instant, known_since: int) -> Iterator[Row]:
        """Yield the periods of a series that may have to be published, in order, up to the running one."""
        made_of = self._made_of(series)
        shares = [share for one in made_of for share in self.shares[one].values()]
        calendar = self.policy.calendar
        current = calendar.running(series.kind, as_of)
        begun = self._begun(made_of, current)
        unsaid = calendar.period_index(series.kind, self._closed_at - self.policy.lateness)
        lowest = min((share.lowest(current) for share in shares), default=current)
        first = max(
            lowest,
            min(unsaid, self._first_changed(series, made_of, unsaid)),
            min(begun, self._first_published(series.kind)),
        )
        columns = zip(*(self._columns(one, first, current) for one in made_of), strict=True)
        for index, of_series in enumerate(columns, first):
            period = calendar.period(series.kind, index)
            if index < begun and not self._was_said(series, period):
                continue  # no customer yet
            if index >= known_since or not self._is_over(series, period):
                values = self._values(series, made_of, of_series, period, as_of)
                if measure_name(series) in self._by_day:
                    values = replace(values, days=self._days_begun(period, as_of))
                self._checks[measure_name(series)](values)
                yield Row(series, period, values)

    def _begun(self, made_of: Sequence[Series], current: int) -> int:
        """Return the number of the first period with any data."""
        shares = (share for one in made_of for share in self.shares[one].values())
        return min((share.first(current) for share in shares), default=current)

    def _columns(self, series: Series, first: int, last: int) -> Iterator[Sequence[tuple[Vector, Vector]]]:
        """Yield, for each period, what each partition has of a series: levels at its start, and its sums."""
        shares = self.shares[series].values()
        return zip(*(share.levels(first, last) for share in shares), strict=True)

    def _values(
        self,
        series: Series,
        made_of: Sequence[Series],
        of_series: Sequence[Sequence[tuple[Vector, Vector]]],
        period: Period,
        as_of: Instant,
    ) -> Values:
        """Return the values of a period: those of a series, or of all currencies converted into one."""
        found = {
            one.currency: values_of(
                series.kind,
                summed(levels for levels, _ in of_partitions),
                summed(vector for _, vector in of_partitions),
            )
            for one, of_partitions in zip(made_of, of_series, strict=True)
        }
        if not is_converted(series):
            return found[series.currency]
        return self._converter.values(series, found, period, as_of)

    def _days_begun(self, period: Period, as_of: Instant) -> int:
        """Return how many local days of a period have begun before an instant."""
        today = self.policy.calendar.day(as_of - 1)
        return max(0, min(today + 1, period.next_day) - period.first_day)

    def _first_published(self, kind: str) -> int:
        """Return the number of the first period of a kind of which a figure was published.

        Without it, the first look after a start would go through each day since 1970.
        """
        last_day = self._oldest.get(kind, date.max)
        return KIND_OF[kind].index(last_day, self.policy.fiscal_start_month)

    def _was_said(self, series: Series, period: Period) -> bool:
        """Report whether a figure of a period was published: late events may since have removed all its customers."""
        return any(update_key(metric, series, period) in self.published for metric in self._of(series))

    def _of(self, series: Series) -> list[Metric]:
        """Return the metrics that are published of a series."""
        return [metric for metric in self.metrics if applies(metric, series)]

    def _say(
        self, metric: Metric, row: Row, as_of: Instant, why: tuple[list[str], str], *, is_known: bool
    ) -> Iterator[Statement]:
        causes, reason = why
        key = update_key(metric, row.series, row.period)
        before = self.published.get(key)
        if not is_known and before is not None and before.edition != "provisional":
            return
        is_final = as_of >= row.period.end + self.policy.lateness
        update = describe(metric, row, self.policy, as_of)
        if before is not None and is_same(before, update) and (before.edition != "provisional" or not is_final):
            return
        update = in_edition(update, before, causes, reason, is_final=is_final)
        ident = derived_id("metric.updated", key, update.revision, as_of, update.value, update.components)
        if before is not None and update.edition == before.edition == "provisional" and before.as_of == update.as_of:
            # It may return to an earlier value: that is another edition.
            ident = derived_id(ident, self._ids.get(key, ""))
        self.note(key, update, ident)
        yield Statement("metric.updated", ident, key, as_of, causes[0] if causes else key, update)
