"""The customers at risk: filtered, ordered, counted and paged by the store, and only a page of them is read whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from streams.console.documents import AtRisk, AtRiskFilters, AtRiskRow, Facet, FacetValue
from streams.console.views.choosing import choice_of, number_of_all, ordered, values_of_all
from streams.console.views.shared import (
    Carded,
    Company,
    Link,
    actions,
    carded,
    event_time,
    last_edge,
    money,
    page_of,
    reasons,
    standing,
    trend,
)

MOST_VALUES: Final = 100
"""Values of one facet."""
_FACETS: Final = (
    ("band", "SELECT band, count(*) FROM cards WHERE at_risk GROUP BY band"),
    ("plan", "SELECT plan, count(*) FROM cards WHERE at_risk AND plan IS NOT NULL GROUP BY plan"),
    ("stage", "SELECT stage, count(*) FROM cards WHERE at_risk GROUP BY stage"),
    ("signal", "SELECT signal, count(*) FROM card_signals GROUP BY signal"),
)


def at_risk(link: Link, company: Company, filters: AtRiskFilters, page: int, size: int, as_of: datetime) -> AtRisk:
    """Return the customers at risk."""
    chosen, currencies = choice_of(filters, company), _currencies(link)
    currency = _currency(filters, currencies)
    shown = page_of(page, size, number_of_all(link, chosen))
    customers = ordered(link, chosen, filters.order, currency, size, (shown.number - 1) * size)
    cards = list(_cards(link, company, customers, as_of))
    return AtRisk(
        as_of=as_of,
        event_time=event_time(link),
        filters=filters,
        currency=currency,
        currencies=currencies,
        total_value=[money(steps, name) for name, steps in values_of_all(link, chosen, currencies)],
        page=shown,
        rows=[_row(link, company, customer, card, currency, as_of) for customer, card in cards],
        facets=list(_facets(link, company)),
        model=cards[0][1].card.model if cards else None,
        customers_with_card=link.execute("SELECT count(*) FROM cards").fetchone()[0],
    )


class Listed(NamedTuple):
    """Customers at risk in an order that does not change while they are read, and the currency of their values."""

    customers: list[int]
    currency: str | None


def listed(link: Link, company: Company, filters: AtRiskFilters, most: int) -> Listed:
    """Return the customers at risk, to be read by and by."""
    currency = _currency(filters, _currencies(link))
    return Listed(ordered(link, choice_of(filters, company), filters.order, currency, most, 0), currency)


def rows_of(
    link: Link, company: Company, customers: list[int], currency: str | None, as_of: datetime
) -> list[AtRiskRow]:
    """Return the rows of some customers; of those that were erased meanwhile there is none."""
    return [
        _row(link, company, customer, card, currency, as_of)
        for customer, card in _cards(link, company, customers, as_of)
    ]


def _cards(link: Link, company: Company, customers: list[int], as_of: datetime) -> Iterator[tuple[int, Carded]]:
    for customer in customers:
        found = link.execute(
            "SELECT body, aged FROM cards JOIN card_bodies USING (customer) WHERE customer = ?", (customer,)
        ).fetchone()
        if found is not None:
            yield customer, carded(company, found[0], found[1], as_of, last_edge(link, customer, company))


def _currency(filters: AtRiskFilters, currencies: list[str]) -> str | None:
    return filters.currency or next(iter(currencies), None)


def _currencies(link: Link) -> list[str]:
    """Return the currencies of values, the most frequent one first."""
    found = link.execute("SELECT currency, count(*) FROM card_values GROUP BY currency")
    return [name for name, _ in sorted(found, key=lambda one: (-one[1], one[0]))]


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
        left=found.left.has,
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
