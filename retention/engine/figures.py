"""Describes one figure of one period in its contract: its key, its value with what stands beside it, and its edition.

Which figures are due, and when one is final, is `editions.py`.
"""

from fractions import Fraction
from typing import Any, Final, NamedTuple

from retention.calendar import Instant, Period, iso_day, local_date, moment
from retention.engine.converting import is_converted, measure_name
from retention.engine.parts import Series
from retention.measures.base import Values
from retention.metrics.base import Metric, wilson
from retention.money import decimal_text
from retention.periods import KIND_OF
from retention.policy import Policy
from schemas.outbound import Edition, MetricUpdate, PeriodOut, SegmentOut

NO_RATE: Final = "no_rate"
"""The reason why a converted figure is null."""
RATE_DIGITS: Final = 10


class Row(NamedTuple):
    """The sums of one series in one period."""

    series: Series
    period: Period
    values: Values


def applies(metric: Metric, series: Series) -> bool:
    """Report whether a metric is published for a series: of its measures, and money in one currency only.

    Of a converted series it is those of money: the others are published over all currencies anyway.
    """
    of_it = any(measure.name == measure_name(series) for measure in metric.of)
    if is_converted(series):
        return of_it and metric.is_money
    return of_it and (series.currency is not None or not metric.is_money)


def update_key(metric: Metric, series: Series, period: Period) -> str:
    """Return the key of a figure: metric|basis|currency|period kind|start|segment; of a trailing period, its last day.

    Two trailing ones can start on one day: twelve months before a 28th and a 29th of February.
    """
    segment = "all" if series.by == "all" else f"{series.by}={series.value}"
    day = iso_day(period.next_day - 1 if KIND_OF[period.kind].trailing else period.first_day)
    return f"{metric.name}|{series.basis}|{series.currency or ''}|{period.kind}|{day}|{segment}"


def describe(metric: Metric, row: Row, policy: Policy, as_of: Instant) -> MetricUpdate:
    """Return one figure in its contract, without its edition."""
    values, series, period = row.values, row.series, row.period
    currency, ratio = series.currency or "", metric.value
    is_unknown = values.conversion is not None and bool(values.conversion.missing)
    text = None if is_unknown else metric.text(values, currency)
    return MetricUpdate(
        metric=metric.name,
        unit=metric.unit.name,
        value=text,
        numerator=ratio.numerator.text(values, currency),
        denominator=ratio.denominator.text(values, currency) if ratio.denominator is not None else None,
        basis=series.basis,
        components=_beside(metric, values, currency),
        period=PeriodOut(
            kind=period.kind,
            start=local_date(period.first_day),
            end=local_date(period.next_day),
            zone=policy.zone,
        ),
        segment=SegmentOut(by=series.by, value=series.value),
        currency=series.currency,
        edition="provisional",
        revision=0,
        previous=None,
        delta=None,
        causes=[],
        interval=_interval(metric, values),
        low_sample=metric.sample(values) < policy.low_sample,
        reason=None if text is not None else NO_RATE if is_unknown else "empty_base",
        as_of=moment(as_of),
    )


def _beside(metric: Metric, values: Values, currency: str) -> dict[str, Any]:
    """Return the numbers beside a figure; of a converted one with its rates, and of one without them only these."""
    conversion = values.conversion
    if conversion is None:
        return metric.beside(values, currency)
    rates = {
        name: {"start": decimal_text(Fraction(start), RATE_DIGITS), "end": decimal_text(Fraction(end), RATE_DIGITS)}
        for name, start, end in conversion.rates
    }
    if conversion.missing:
        return {"rates": rates, "without_rate": list(conversion.missing)}
    return metric.beside(values, currency) | {"rates": rates}


def _interval(metric: Metric, values: Values) -> tuple[str, str] | None:
    ratio = metric.value
    if not metric.proportion or ratio.denominator is None or not (trials := int(ratio.denominator.of(values))):
        return None
    low, high = wilson(int(ratio.numerator.of(values)), trials)
    return f"{low:.4f}", f"{high:.4f}"


def is_same(before: MetricUpdate, now: MetricUpdate) -> bool:
    """Report whether two updates of a figure say the same, in whatever edition."""
    return before.value == now.value and before.components == now.components


def in_edition(
    update: MetricUpdate, before: MetricUpdate | None, causes: list[str], reason: str, *, is_final: bool
) -> MetricUpdate:
    """Return an update in the edition that follows the one before; a restated one says what changed, and why."""
    edition, revision = _next_edition(before, is_final=is_final)
    changed: dict[str, object] = {"edition": edition, "revision": revision}
    if edition == "restated" and before is not None:
        changed |= {"previous": before.value, "delta": _delta(before.value, update.value), "causes": causes}
        if reason and update.reason is None:
            changed["reason"] = reason
    return update.model_copy(update=changed)


def _next_edition(before: MetricUpdate | None, *, is_final: bool) -> tuple[Edition, int]:
    if before is None or before.edition == "provisional":
        return ("final", 1) if is_final else ("provisional", 0)
    return "restated", before.revision + 1


def _delta(before: str | None, now: str | None) -> str | None:
    if before is None or now is None:
        return None
    digits = len(now.partition(".")[2])
    return decimal_text(Fraction(now) - Fraction(before), digits)
