"""The page of retention: figures by period with their editions, and what lies behind one of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

from markupsafe import Markup

from retention.wording import Language
from schemas.outbound import PeriodOut
from streams.console.documents import IN_ONE, Cohort, CohortCell, Figure, Retention, RetentionFilters, RetentionPeriod
from streams.console.pages.asking import read
from streams.console.pages.charts.bars import share_bar, waterfall
from streams.console.pages.charts.heat import heat
from streams.console.pages.charts.lines import Point, Series, ends, lines
from streams.console.pages.charts.scale import axis
from streams.console.pages.charts.sparkline import sparkline
from streams.console.pages.formats import NONE, day, money, month, month_name, number, percent, points, signed, span
from streams.console.pages.words import said
from streams.console.pages.words.names import name_of, value_of

TILES: Final = ("crr", "ndr", "grr", "mrr")
LINES: Final = ("crr", "ndr", "grr")
COLUMNS: Final = ("crr", "ndr", "grr", "churn_rate", "mrr", "arpa")
BESIDE: Final = ("churn_rate", "arpa")
"""Columns that a narrow window leaves out."""
_MONEY: Final = ("mrr", "arr", "arpa")
_LOOKS: Final = {"crr": "s1", "ndr": "s2", "grr": "s3", "mrr": "s1"}
MOST_AGES: Final = 12
"""Months after the first that the table of cohorts shows."""
MOST_AGES_NARROW: Final = 8
"""Those that a narrow window has room for."""
_FIELDS: Final = tuple(RetentionFilters.model_fields)


class Tile(NamedTuple):
    """A figure of its own: that of the last period that is over, and of the one that runs."""

    metric: str
    last: Figure | None
    running: Figure | None
    change: str
    line: Markup
    words: str
    page: str


class Row(NamedTuple):
    """A period in the table."""

    label: str
    start: date
    edition: str
    start_count: str | None
    opening: str | None
    """The key of the customers at its start."""
    low_sample: bool
    figures: list[Figure | None]
    chosen: bool


def filters_of(query: Mapping[str, str]) -> RetentionFilters:
    """Return the filters of an address; raise `UnknownWord` for one that there is not."""
    return read(RetentionFilters, {key: query[key] for key in _FIELDS if key in query})


def value(figure: Figure, language: Language) -> str:
    """Return the value of a figure in its unit."""
    if figure.value is None:
        return NONE
    if figure.unit == "ratio":
        return percent(figure.value, language)
    if figure.unit.startswith("currency"):
        return money(figure.value, figure.currency, language, whole=figure.metric != "arpa")
    if figure.unit == "seconds":
        return span(timedelta(seconds=float(figure.value)), language)
    return number(figure.value, language, 2)


def period_name(period: PeriodOut | None, language: Language) -> str:
    """Return a period as one says it: a month by its name, another one by its days."""
    if period is None:
        return NONE
    if period.kind == "month":
        return month(period.start, language)
    return f"{day(period.start, language)} – {day(period.end - timedelta(days=1), language)}"


def shown(found: Retention, language: Language) -> dict[str, Any]:
    """Return what the template needs besides the document."""
    by_period = [{figure.metric: figure for figure in _own(one, found.basis)} for one in found.periods]
    drawn = _picture(found, by_period, language)
    columns = [metric for metric in COLUMNS if any(metric in one for one in by_period)]
    return {
        "found": found,
        "value": lambda figure: value(figure, language),
        "period_name": lambda period: period_name(period, language),
        "currency": named(found.currency, language) if found.currency else None,
        "selects": _selects(found, language),
        "tiles": [_tile(metric, by_period, language) for metric in TILES],
        "legend": [{"look": _LOOKS[metric], "label": metric.upper()} for metric in LINES],
        "wide": drawn[0] if drawn else "",
        "narrow": drawn[1] if drawn else "",
        "columns": columns,
        "beside": BESIDE,
        "rows": [
            _row(one, figures, columns, found, language)
            for one, figures in reversed(list(zip(found.periods, by_period, strict=True)))
        ],
        "steps": _steps(found, language),
        "reasons": _reasons(found, language),
        "segment_columns": [
            metric
            for metric in columns
            if any(figure.metric == metric for one in found.segments for figure in one.figures)
        ],
        "segments": _segments(found, columns, language),
        "definitions": [(metric, defined(metric, language)) for metric in columns],
        "cohorts": [_cohort(one, language) for one in found.cohorts],
        "most_narrow": MOST_AGES_NARROW,
        "ages": list(range(MOST_AGES + 1)),
    }


def _own(period: RetentionPeriod, basis: str) -> list[Figure]:
    """Return the figures on the basis of the page: money has one of its own."""
    return [one for one in period.figures if one.basis == basis or one.metric not in {"crr", "churn_rate", "crr_naive"}]


def named(currency: str, language: Language) -> str:
    """Return the words of a choice of currency."""
    code = currency.removesuffix(IN_ONE)
    return code if code == currency else said("retention.all_in", language, currency=code)


def _segment_choices(found: Retention, language: Language) -> list[tuple[str, str]]:
    """Return all customers, and the segments that have figures."""
    named = [(one, _segment_name(*one.partition("=")[::2], language)) for one in found.choices]
    return [("", said("retention.all_segments", language)), *named]


def _selects(found: Retention, language: Language) -> list[dict[str, Any]]:
    choices = [
        (
            "retention.kind",
            "kind",
            [(one, name_of("period", one, language)) for one in found.kinds],
            found.filters.kind,
        ),
        ("retention.basis", "basis", [(one, name_of("basis", one, language)) for one in found.bases], found.basis),
        ("filters.currency", "currency", [(one, named(one, language)) for one in found.currencies], found.currency),
        ("retention.segment", "segment", _segment_choices(found, language), found.filters.segment or ""),
        (
            "retention.periods",
            "periods",
            [(str(n), str(n)) for n in sorted({6, 12, 24, 36, found.filters.periods})],
            str(found.filters.periods),
        ),
    ]
    return [
        {"label": said(label, language), "field": field, "options": options, "chosen": chosen}
        for label, field, options, chosen in choices
        if len(options) > 1
    ]


def _tile(metric: str, by_period: list[dict[str, Figure]], language: Language) -> Tile:
    figures = [one.get(metric) for one in by_period]
    over = [one for one in figures if one is not None and one.edition != "provisional" and one.value is not None]
    running = figures[-1] if figures and figures[-1] is not None and figures[-1].edition == "provisional" else None
    label = said("retention.spark_said", language, metric=name_of("metric", metric, language))
    return Tile(
        metric,
        over[-1] if over else None,
        running,
        _change(over, language),
        sparkline(
            [float(one.value) if one and one.value is not None else None for one in figures], label, _LOOKS[metric]
        ),
        said(_DEFINED[metric], language),
        "",
    )


_DEFINED: Final = {
    "crr": "define.crr",
    "ndr": "define.ndr",
    "grr": "define.grr",
    "churn_rate": "define.churn_rate",
    "mrr": "define.mrr",
    "arpa": "define.arpa",
    "cohort": "define.cohorts",
}


def defined(metric: str, language: Language) -> str:
    """Return the definition of a metric in words; empty if the console has none of its own."""
    return said(_DEFINED[metric], language) if metric in _DEFINED else ""


def _change(over: Sequence[Figure], language: Language) -> str:
    """Return how much the newest figure differs from the one before it."""
    if len(over) < 2 or over[-1].value is None or over[-2].value is None:  # noqa: PLR2004
        return ""
    now, before, period = Decimal(over[-1].value), Decimal(over[-2].value), period_name(over[-2].period, language)
    if over[-1].unit == "ratio":
        return said("retention.change", language, points=points(now - before, language), period=period)
    if not before:
        return ""
    share = signed((now / before - 1) * 100, language, 1) + percent(0, language, 0).removeprefix("0")
    return said("retention.change_money", language, share=share, period=period)


def _picture(found: Retention, by_period: list[dict[str, Figure]], language: Language) -> tuple[Markup, Markup] | None:
    """Return the lines of retention, for a wide window and for a narrow one."""
    if not by_period:
        return None
    labels = [_short(one, language) for one in found.periods]
    series = [
        Series(metric.upper(), _LOOKS[metric], [_point(one.get(metric), metric) for one in by_period])
        for metric in LINES
    ]
    label = said("retention.lines_said", language, first=labels[0], last=labels[-1])
    share = shares(series, language)
    return (
        lines(labels, series, label, share, width=1140, height=280, whole=1.0),
        lines(labels, series, label, share, width=350, height=230, whole=1.0),
    )


def shares(series: Sequence[Series], language: Language) -> Callable[[float], str]:
    """Return how shares are written beside these lines: with a decimal if they, or a line of the axis, need one."""
    points = [point for one in series for point in one.points if point]
    values = [point.value for point in points]
    is_narrow = bool(values) and max(values) - min(values) <= 0.04  # noqa: PLR2004
    ticks = axis([*ends(points), 1.0]).ticks if points else ()
    places = 1 if is_narrow or any(round(tick * 100, 6) % 1 for tick in ticks) else 0
    return lambda share: percent(f"{share:.6f}", language, places)


def _short(period: RetentionPeriod, language: Language) -> str:
    return month_name(period.start, language) if period.kind == "month" else day(period.start, language)


def _point(figure: Figure | None, metric: str) -> Point | None:
    if figure is None or figure.value is None:
        return None
    # That of a small sample is as wide as the picture, and would flatten all other figures: the table has it.
    low, high = figure.interval if figure.interval and metric == "crr" and not figure.low_sample else (None, None)
    return Point(
        float(figure.value),
        figure.edition == "provisional",
        float(low) if low is not None else None,
        float(high) if high is not None else None,
    )


def _row(
    period: RetentionPeriod, figures: dict[str, Figure], columns: Sequence[str], found: Retention, language: Language
) -> Row:
    first = next(iter(figures.values()))
    count = figures["crr"].components.get("S") if "crr" in figures else None
    return Row(
        period_name(first.period, language),
        period.start,
        first.edition,
        str(count) if count is not None else None,
        period.opening if count else None,
        figures["crr"].low_sample if "crr" in figures else False,
        [figures.get(metric) for metric in columns],
        found.period is not None and found.period.start == period.start,
    )


def _steps(found: Retention, language: Language) -> list[dict[str, Any]]:
    """Return the steps of the waterfall; those in which nothing moved are left out."""
    if found.waterfall is None:
        return []
    kept = [one for one in found.waterfall.steps if one.kind in {"start", "end"} or Decimal(one.amount)]
    bars = waterfall([(Fraction(one.amount), Fraction(one.after), one.kind) for one in kept])
    currency = found.waterfall.currency
    return [
        {
            "kind": one.kind,
            "bar": drawn,
            "drill": one.drill,
            "look": "strong" if one.kind in {"start", "end"} else "plus" if Decimal(one.amount) > 0 else "minus",
            "amount": ("" if one.kind in {"start", "end"} or Decimal(one.amount) < 0 else "+")
            + money(one.amount, currency, language, whole=True),
        }
        for one, drawn in zip(kept, bars, strict=True)
    ]


def _reasons(found: Retention, language: Language) -> list[dict[str, Any]]:
    return [
        {
            "label": name_of("reason", one.reason, language) if one.reason else said("retention.no_reason", language),
            "cause": name_of("cause", one.cause, language),
            "bar": share_bar(Fraction(one.share), "share"),
            "share": one.share,
            "customers": one.customers,
            "drill": one.drill,
        }
        for one in found.reasons
    ]


def _segment_name(by: str, value: str, language: Language) -> str:
    """Return the name of a segment, as `Country: ES`."""
    return f"{name_of('facet', by, language)}: {value_of(value, language)}"


def _segments(found: Retention, columns: Sequence[str], language: Language) -> list[dict[str, Any]]:
    present = [metric for metric in columns if any(f.metric == metric for one in found.segments for f in one.figures)]
    rows = []
    for one in found.segments:
        figures = {
            figure.metric: figure
            for figure in one.figures
            if figure.basis == found.basis or figure.metric in _MONEY or figure.metric in {"ndr", "grr"}
        }
        if not any(figure.value is not None for figure in figures.values()):
            continue
        rows.append(
            {
                "key": f"{one.segment.by}={one.segment.value}",
                "label": _segment_name(one.segment.by, one.segment.value, language),
                "figures": [figures.get(metric) for metric in present],
            }
        )
    return rows


def _cohort(one: Cohort, language: Language) -> dict[str, Any]:
    cells = {cell.after: cell for cell in one.cells}
    return {
        "label": month_name(one.month, language)
        if one.month.month == 1
        else f"{month_name(one.month, language)} {one.month.year % 100:02}",
        "drill": one.drill,
        "customers": one.customers,
        "cells": [_cell(cells[age]) if age in cells else None for age in range(MOST_AGES + 1)],
    }


def _cell(cell: CohortCell) -> dict[str, Any]:
    share = Fraction(cell.share)
    return {
        "look": heat(share),
        "short": str(round(share * 100)),
        "share": cell.share,
        "customers": cell.customers,
        "after": cell.after,
        "drill": cell.drill,
        "is_complete": cell.is_complete,
    }
