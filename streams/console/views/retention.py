"""Retention: the published figures by period, and the movements, cohorts and reasons behind the chosen one."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from retention.engine.converting import SUFFIX
from retention.engine.figures import NO_RATE
from retention.measures import BASIS_NAMES
from retention.measures.base import ALL
from retention.metrics import METRICS
from schemas.outbound import Money, PeriodOut, SegmentOut
from streams.console.documents import (
    IN_ONE,
    Cohort,
    CohortCell,
    Figure,
    Limit,
    ReasonShare,
    Retention,
    RetentionFilters,
    RetentionPeriod,
    SegmentFigures,
    Waterfall,
    WaterfallStep,
)
from streams.console.views import keys
from streams.console.views.behind import MOST_MONTHS, UP, Lost, Member, lost_in, members, next_month
from streams.console.views.placing import InSegment, in_segment
from streams.console.views.shared import Company, Link, decoded, gaps, origin, ratio_text, since
from streams.topics import MOVEMENTS, SIGNALS

ORDER: Final = {metric.name: place for place, metric in enumerate(METRICS)}
HELP: Final = {metric.name: metric.help for metric in METRICS}
OF_MONEY: Final = frozenset(metric.name for metric in METRICS if metric.is_money)
LOST: Final = frozenset({"crr", "churn_rate", "crr_naive"})
MOVED: Final = frozenset({"ndr", "grr"})
HELD: Final = frozenset({"mrr", "arr", "arpa"})
"""The metrics of which the customers behind a figure are known: those who left, who moved, and who pay at its end."""
_COLUMNS: Final = "metric, basis, currency, kind, start, by, value, record, body"


def retention(link: Link, company: Company, filters: RetentionFilters, as_of: datetime) -> Retention:
    """Return the figures of retention."""
    kinds = _texts(link, "kind", company.kinds)
    filters = _with_kind(filters, kinds)
    basis = filters.basis or company.basis
    currencies = [
        name
        for (name,) in link.execute(
            f"SELECT currency || iif(basis LIKE '%{SUFFIX}', '{IN_ONE}', '') AS choice FROM figures "  # noqa: S608 - ours
            "WHERE metric = 'mrr' GROUP BY 1 ORDER BY basis = 'subscription', count(*) DESC, 1"
        )
    ]
    currency = filters.currency or (currencies[0] if currencies else None)
    segment = _segment(filters)
    periods = _periods(link, filters, basis, currency, segment)
    own = [one for one in currencies if not one.endswith(IN_ONE)]
    if basis == "subscription" and len(own) == 1:
        periods = [_with_opening(one, own[0], segment) for one in periods]
    chosen = next((one for one in periods if one.start == filters.period), periods[-1] if periods else None)
    period = chosen.figures[0].period if chosen is not None and chosen.figures else None
    lost = _lost(link, company, basis, period, segment)
    began = in_segment(link, keys.named(segment), list(members(link)), lambda placing, one: placing.at(*one.first()))
    return Retention(
        as_of=as_of,
        filters=filters,
        basis=basis,
        kinds=kinds,
        bases=list(BASIS_NAMES),
        currency=currency,
        currencies=currencies,
        choices=_choices(link, filters.kind),
        periods=periods,
        period=period,
        waterfall=_waterfall(chosen, currency) if chosen is not None else None,
        cohorts=list(_cohorts(company, began.there, as_of, segment)),
        reasons=_reasons(lost.there, basis, period, segment) if period is not None else [],
        segments=_segments(link, filters, basis, currency, period) if period is not None else [],
        signals_since=since(link, SIGNALS.name),
        movements_since=since(link, MOVEMENTS.name),
        limits=[*_limits(basis, periods, is_guessed=lost.is_guessed or began.is_guessed), *gaps(link)],
    )


def _lost(link: Link, company: Company, basis: str, period: PeriodOut | None, segment: SegmentOut) -> InSegment[Lost]:
    """Return the customers of a segment that were lost in a period."""
    if period is None:
        return InSegment([])
    begins = company.starts(period.start)
    found = lost_in(link, company, basis, period.start, period.end)
    return in_segment(link, keys.named(segment), found, lambda placing, one: placing.of(one.customer, None, begins))


def _segment(filters: RetentionFilters) -> SegmentOut:
    """Return the segment of filters: all customers, or those with a value of an attribute."""
    if filters.segment is None:
        return SegmentOut(by=ALL, value=ALL)
    by, _, value = filters.segment.partition("=")
    return SegmentOut(by=by, value=value)


def _choices(link: Link, kind: str) -> list[str]:
    """Return the segments that have figures of a kind of period."""
    found = link.execute("SELECT DISTINCT by, value FROM figures WHERE kind = ? AND by <> ? ORDER BY 1, 2", (kind, ALL))
    return [f"{by}={value}" for by, value in found]


def _with_kind(filters: RetentionFilters, kinds: Sequence[str]) -> RetentionFilters:
    """Return the filters; where none was chosen, with a kind of period that there is."""
    if "kind" in filters.model_fields_set or not kinds or filters.kind in kinds:
        return filters
    return filters.model_copy(update={"kind": kinds[0]})


def _texts(link: Link, column: str, known: Sequence[str]) -> list[str]:
    """Return the values of a column, in the order of those that are known."""
    found = {name for (name,) in link.execute(f"SELECT DISTINCT {column} FROM figures")}  # noqa: S608 - a name of ours
    return [*(name for name in known if name in found), *sorted(found - set(known))]


def _periods(
    link: Link, filters: RetentionFilters, basis: str, currency: str | None, segment: SegmentOut
) -> list[RetentionPeriod]:
    starts = [
        start
        for (start,) in link.execute(
            "SELECT DISTINCT start FROM figures WHERE kind = ? AND by = ? AND value = ? ORDER BY start DESC LIMIT ?",
            (filters.kind, segment.by, segment.value, filters.periods),
        )
    ]
    if filters.period is not None and filters.period.isoformat() not in starts:
        starts.append(filters.period.isoformat())
    found = [_period(link, filters.kind, start, basis, currency, segment) for start in sorted(starts)]
    return [one for one in found if one.figures]


def _period(
    link: Link, kind: str, start: str, basis: str, currency: str | None, segment: SegmentOut
) -> RetentionPeriod:
    rows = link.execute(
        f"SELECT {_COLUMNS} FROM figures WHERE kind = ? AND start = ? AND by = ? AND value = ?",  # noqa: S608 - ours
        (kind, start, segment.by, segment.value),
    )
    figures = _chosen(rows.fetchall(), basis, currency)
    end = figures[0].period.end if figures else date.fromisoformat(start)
    return RetentionPeriod(start=date.fromisoformat(start), end=end, kind=kind, figures=figures, opening=None)


def _with_opening(one: RetentionPeriod, currency: str, segment: SegmentOut) -> RetentionPeriod:
    key = keys.level("opening", currency, one.start, one.end)
    return one.model_copy(update={"opening": keys.of_segment(key, segment)})


def _chosen(rows: Sequence[tuple[Any, ...]], basis: str, currency: str | None) -> list[Figure]:
    """Return the figures of a basis and a currency, in the order of the register."""
    found = [row for row in rows if _is_of(row[0], row[1], _choice(row[1], row[2]), basis, currency)]
    found.sort(key=lambda row: (ORDER.get(row[0], len(ORDER)), row[0], row[1]))
    return [figure(*row[-2:]) for row in found]


def _choice(basis: str, currency: str) -> str:
    """Return the name under which figures of a currency are chosen: all currencies in one are another choice."""
    return f"{currency}{IN_ONE}" if basis.endswith(SUFFIX) else currency


def _is_of(metric: str, of: str, of_currency: str, basis: str, currency: str | None) -> bool:
    """Report whether a figure is shown: shares of customers are over all currencies, money is of the chosen one."""
    if metric in OF_MONEY:
        return of_currency == currency
    return not of_currency and (of == basis or of not in BASIS_NAMES)


def figure(record: bytes, body: bytes) -> Figure:
    """Return a published figure, with the key of the customers behind it."""
    said = decoded(body)
    own = {name: said[name] for name in Figure.model_fields if name in said}
    metric, period = said["metric"], PeriodOut(**said["period"])
    return Figure(
        **own,
        definition=HELP.get(metric, ""),
        drill=_drill(said, period),
        origin=origin(record, f"metrics#{metric}"),
    )


def _drill(said: dict[str, Any], period: PeriodOut) -> str | None:
    segment = SegmentOut(**said["segment"])
    if said["basis"].endswith(SUFFIX):
        return None
    if said["metric"] in LOST:
        return keys.of_segment(keys.lost(said["basis"], period.start, period.end), segment)
    if said["metric"] in MOVED and said["currency"] is not None:
        return keys.of_segment(keys.moved("any", said["currency"], period.start, period.end), segment)
    if said["metric"] in HELD and said["currency"] is not None:
        return keys.of_segment(keys.level("closing", said["currency"], period.start, period.end), segment)
    return None


def _waterfall(chosen: RetentionPeriod, currency: str | None) -> Waterfall | None:
    """Return the steps from the MRR at the start to that at the end, by the figure that has them."""
    found = next(
        (one for one in chosen.figures if one.metric in {"mrr", "ndr"} and "period_view" in one.components), None
    )
    if found is None or currency is None:
        return None
    view, is_converted = found.components["period_view"], found.basis.endswith(SUFFIX)
    level, span = Decimal(view["mrr_start"]), (currency, found.period.start, found.period.end)
    opening, closing = (
        None if is_converted else keys.of_segment(keys.level(when, *span), found.segment)
        for when in ("opening", "closing")
    )
    steps = [WaterfallStep(kind="start", amount=view["mrr_start"], after=view["mrr_start"], drill=opening)]
    for kind, text in view.items():
        if kind in {"mrr_start", "mrr_end"} or (kind == "fx" and not is_converted):
            continue
        amount = Decimal(text) if kind in UP or kind == "fx" else -Decimal(text)
        level += amount
        drill = None if is_converted else keys.of_segment(keys.moved(kind, *span), found.segment)
        steps.append(WaterfallStep(kind=kind, amount=str(amount), after=str(level), drill=drill))
    steps.append(WaterfallStep(kind="end", amount=view["mrr_end"], after=view["mrr_end"], drill=closing))
    return Waterfall(
        period=found.period,
        currency=currency.removesuffix(IN_ONE),
        edition=found.edition,
        steps=steps,
        definition=found.definition,
    )


def _reasons(lost: Sequence[Lost], basis: str, period: PeriodOut, segment: SegmentOut) -> list[ReasonShare]:
    groups = defaultdict[tuple[str | None, str], list[Lost]](list)
    for one in lost:
        groups[one.reason, one.cause].append(one)
    shares = [
        ReasonShare(
            reason=reason,
            cause=cause,
            customers=len(found),
            share=ratio_text(len(found), len(lost)) or "0",
            value_lost=_worth(found),
            drill=keys.of_segment(keys.reason(basis, reason, cause, period.start, period.end), segment),
        )
        for (reason, cause), found in groups.items()
    ]
    return sorted(shares, key=lambda one: (-one.customers, one.reason or "", one.cause))


def _worth(lost: Sequence[Lost]) -> list[Money]:
    sums = defaultdict[str, Decimal](Decimal)
    for one in lost:
        for part in decoded(one.worth):
            sums[part["currency"]] += Decimal(part["amount"])
    return [Money(amount=str(amount), currency=currency) for currency, amount in sorted(sums.items())]


def _segments(
    link: Link, filters: RetentionFilters, basis: str, currency: str | None, period: PeriodOut
) -> list[SegmentFigures]:
    rows = link.execute(
        f"SELECT {_COLUMNS} FROM figures WHERE kind = ? AND start = ? AND by <> ? ORDER BY by, value",  # noqa: S608
        (filters.kind, period.start.isoformat(), ALL),
    ).fetchall()
    groups = defaultdict[tuple[str, str], list[tuple[Any, ...]]](list)
    for row in rows:
        groups[row[5], row[6]].append(row)
    found = ((_chosen(of, basis, currency)) for of in groups.values())
    return [SegmentFigures(segment=figures[0].segment, figures=figures) for figures in found if figures]


def _cohorts(company: Company, began: Sequence[Member], as_of: datetime, segment: SegmentOut) -> Iterator[Cohort]:
    """Yield the cohorts of the last months: who began in a month, and still pays so many months later."""
    zone = ZoneInfo(company.zone)
    groups = defaultdict[date, list[Member]](list)
    for one in began:
        groups[one.month(zone)].append(one)
    today = as_of.astimezone(zone)
    current = date(today.year, today.month, 1)
    for month in sorted(groups)[-MOST_MONTHS:]:
        yield _cohort(company, month, groups[month], current, segment)


def _cohort(company: Company, month: date, found: Sequence[Member], current: date, segment: SegmentOut) -> Cohort:
    cells, after = list[CohortCell](), 0
    while (at := next_month(month, after)) <= current and after <= MOST_MONTHS:
        ends = company.starts(next_month(at))
        there = sum(one.pays(ends) for one in found)
        cells.append(
            CohortCell(
                after=after,
                customers=there,
                share=ratio_text(there, len(found)) or "0",
                drill=keys.of_segment(keys.cohort(month, after), segment),
                is_complete=at < current,
            )
        )
        after += 1
    return Cohort(month=month, customers=len(found), drill=keys.of_segment(keys.cohort(month), segment), cells=cells)


def _limits(basis: str, periods: Sequence[RetentionPeriod], *, is_guessed: bool) -> list[Limit]:
    found: list[Limit] = ["signals_since", "movements_since", "erased_left_out"]
    if is_guessed:
        found.append("segment_as_known")
    if basis != "subscription":
        found.append("basis_without_movements")
    if any(figure.reason == NO_RATE for period in periods for figure in period.figures):
        found.append("no_rate")
    return found
