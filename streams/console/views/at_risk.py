"""The customers at risk: filtered, ordered, counted and paged by the store, and only a page of them is read whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from streams.console.documents import AtRisk, AtRiskFilters, AtRiskRow, Facet, FacetValue
from streams.console.views.shared import (
    Carded,
    Company,
    Link,
    actions,
    carded,
    event_time,
    money,
    page_of,
    reasons,
    standing,
    trend,
)

ORDERS: Final = {
    "value": "v.amount DESC NULLS LAST, c.risk DESC, u.name",
    "risk": "c.risk DESC, u.name",
    "since": "c.since DESC NULLS LAST, u.name",
    "customer": "u.name",
}
MOST_VALUES: Final = 100
"""Values of one facet."""
_NAMED: Final = "JOIN customers u ON u.id = c.customer "
_FROM: Final = (
    "FROM cards c JOIN customers u ON u.id = c.customer "
    "LEFT JOIN card_values v ON v.customer = c.customer AND v.currency = ? "
)
_AT_RISK: Final = "WHERE c.at_risk"
_FACETS: Final = (
    ("band", "SELECT band, count(*) FROM cards WHERE at_risk GROUP BY band"),
    ("plan", "SELECT plan, count(*) FROM cards WHERE at_risk AND plan IS NOT NULL GROUP BY plan"),
    ("stage", "SELECT stage, count(*) FROM cards WHERE at_risk GROUP BY stage"),
    ("signal", "SELECT signal, count(*) FROM card_signals GROUP BY signal"),
)


def at_risk(link: Link, company: Company, filters: AtRiskFilters, page: int, size: int, as_of: datetime) -> AtRisk:
    """Return the customers at risk."""
    currencies = [name for name, _ in _currencies(link)]
    currency = filters.currency or (currencies[0] if currencies else None)
    where, values = _where(filters, company)
    named = _NAMED if filters.search else ""
    total = link.execute(f"SELECT count(*) FROM cards c {named}{where}", values).fetchone()[0]  # noqa: S608 - of words of ours
    shown = page_of(page, size, total)
    found = link.execute(
        f"SELECT c.customer, c.body, c.aged {_FROM}{where} ORDER BY {ORDERS[filters.order]} LIMIT ? OFFSET ?",
        (currency, *values, size, (shown.number - 1) * size),
    ).fetchall()
    cards = [(customer, carded(company, body, aged, as_of)) for customer, body, aged in found]
    return AtRisk(
        as_of=as_of,
        event_time=event_time(link),
        filters=filters,
        currency=currency,
        currencies=currencies,
        total_value=[money(steps, name) for name, steps in _totals(link, filters, where, values)],
        page=shown,
        rows=[_row(link, company, customer, card, currency, as_of) for customer, card in cards],
        facets=list(_facets(link, company)),
        model=cards[0][1].card.model if cards else None,
        customers_with_card=link.execute("SELECT count(*) FROM cards").fetchone()[0],
    )


def _currencies(link: Link) -> list[tuple[str, int]]:
    found = link.execute("SELECT currency, count(*) FROM card_values GROUP BY currency")
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _totals(link: Link, filters: AtRiskFilters, where: str, values: list[Any]) -> list[tuple[str, int]]:
    """Return the sums of the values of all rows; without a filter the table of values holds nothing else."""
    chosen = (
        ""
        if where == _AT_RISK
        else f"JOIN cards c ON c.customer = v.customer {_NAMED if filters.search else ''}{where}"
    )
    return link.execute(
        f"SELECT v.currency, sum(v.amount) FROM card_values v {chosen} GROUP BY v.currency ORDER BY v.currency",  # noqa: S608
        values,
    ).fetchall()


def _where(filters: AtRiskFilters, company: Company) -> tuple[str, list[Any]]:
    """Return the conditions of some filters, and their values."""
    parts, values = [_AT_RISK], list[Any]()
    for column in ("band", "plan", "stage"):
        wanted = getattr(filters, column)
        if wanted is not None:
            parts.append(f" AND c.{column} = ?")
            values.append(wanted)
    if filters.signal is not None:
        parts.append(" AND EXISTS (SELECT 1 FROM card_signals s WHERE s.customer = c.customer AND s.signal = ?)")
        values.append(filters.signal)
    for name, value in _segments(filters, company):
        parts.append(
            " AND EXISTS (SELECT 1 FROM card_segments s WHERE s.customer = c.customer AND s.name = ? AND s.value = ?)"
        )
        values += [name, value]
    if filters.search:
        parts.append(" AND instr(lower(u.name), lower(?)) > 0")
        values.append(filters.search)
    return "".join(parts), values


def _segments(filters: AtRiskFilters, company: Company) -> Iterator[tuple[str, str]]:
    if filters.owner is not None:
        yield company.owner, filters.owner
    if filters.segment is not None:
        name, _, value = filters.segment.partition("=")
        yield name, value


def _row(
    link: Link, company: Company, customer: int, found: Carded, currency: str | None, as_of: datetime
) -> AtRiskRow:
    card = found.card
    direction, before = trend(link, customer, card, as_of)
    why = reasons(link, company, customer, card, as_of)
    return AtRiskRow(
        customer_id=card.customer_id,
        risk=card.risk,
        band=card.band,
        trend=direction,
        risk_before=before,
        value=next((one for one in card.value_at_risk if one.currency == currency), None),
        value_at_risk=card.value_at_risk,
        mrr=card.mrr,
        plan=card.plan,
        segments=card.segments,
        owner=card.segments.get(company.owner),
        stage=card.stage,
        health=card.health.score,
        health_status=card.health.status,
        reasons=why,
        action=standing(actions(link, customer, as_of), why),
        last_activity=card.last_activity,
        as_of=card.as_of,
        of_day=found.of_day,
        ages=found.ages,
        card_at=found.written,
    )


def _facets(link: Link, company: Company) -> Iterator[Facet]:
    for name, query in _FACETS:
        yield _facet(name, link.execute(query).fetchall())
    found = link.execute("SELECT name, value, count(*) FROM card_segments GROUP BY name, value").fetchall()
    for name in sorted({name for name, *_ in found}):
        counts = [(value, number) for of, value, number in found if of == name]
        if name == company.owner:
            yield _facet("owner", counts)
        yield _facet(f"segment.{name}", counts)


def _facet(name: str, counts: list[tuple[str, int]]) -> Facet:
    ordered = sorted(counts, key=lambda one: (-one[1], one[0]))[:MOST_VALUES]
    return Facet(name=name, values=[FacetValue(value=value, count=number) for value, number in ordered])
