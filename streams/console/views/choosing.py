"""Chooses customers at risk by what they are filtered by, in an order: which they are, how many, and their values.

Nothing here reads a card. The tables that it goes over have narrow rows, and a filter begins at the index of its own
table: a question about 100,000 customers takes tens of milliseconds, whatever it asks for (docs/console.md).
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from streams.console.documents import AtRiskFilters, Order
from streams.console.views.shared import Company, Link

ORDERS: Final[dict[Order, str]] = {
    "value": "v.amount DESC NULLS LAST, c.risk DESC, c.name",
    "risk": "c.risk DESC, c.name",
    "since": "c.since DESC NULLS LAST, c.name",
    "customer": "c.name",
}
NEAR_THE_TOP: Final = 1_000
"""Rows before a page up to which it is read along the index of values; from further on, sorting all takes less."""
_COLUMNS: Final = ("band", "plan", "stage")
_PART: Final = 10**9
"""Values are added up in two parts, as the sum of a few large ones would be beyond the numbers of SQLite."""
_OF_CURRENCY: Final = "LEFT JOIN card_values v ON v.customer = c.customer AND v.currency = ?"
_BY_VALUE: Final = (
    "SELECT c.customer FROM card_values v CROSS JOIN cards c ON c.customer = v.customer WHERE v.currency = ? "
    "ORDER BY v.amount DESC, c.risk DESC, c.name LIMIT ? OFFSET ?"
)


class Choice(NamedTuple):
    """The customers that some filters leave: tables that are joined to `cards c`, conditions, and values of both."""

    joins: str
    joined: list[str]
    where: str
    values: list[str]

    @property
    def is_all(self) -> bool:
        """Report whether nothing is filtered."""
        return not (self.joined or self.values)


def choice_of(filters: AtRiskFilters, company: Company) -> Choice:
    """Return the customers that filters leave."""
    joins, joined, where, values = list[str](), list[str](), ["c.at_risk"], list[str]()
    for column in _COLUMNS:
        wanted = getattr(filters, column)
        if wanted is not None:
            where.append(f"c.{column} = ?")
            values.append(wanted)
    if filters.signal is not None:
        joins.append("JOIN card_signals g ON g.customer = c.customer AND g.signal = ?")
        joined.append(filters.signal)
    for number, (name, value) in enumerate(_segments(filters, company)):
        table = f"s{number}"
        joins.append(
            f"JOIN card_segments {table} ON {table}.customer = c.customer AND {table}.name = ? AND {table}.value = ?"
        )
        joined += [name, value]
    if filters.search:
        where.append("instr(lower(c.name), lower(?)) > 0")
        values.append(filters.search)
    return Choice(" ".join(joins), joined, " AND ".join(where), values)


def _segments(filters: AtRiskFilters, company: Company) -> Iterator[tuple[str, str]]:
    if filters.owner is not None:
        yield company.owner, filters.owner
    if filters.segment is not None:
        name, _, value = filters.segment.partition("=")
        yield name, value


def number_of_all(link: Link, chosen: Choice) -> int:
    """Return how many customers are chosen."""
    found: int = link.execute(
        f"SELECT count(*) FROM cards c {chosen.joins} WHERE {chosen.where}",  # noqa: S608 - of words of ours
        [*chosen.joined, *chosen.values],
    ).fetchone()[0]
    return found


def values_of_all(link: Link, chosen: Choice, currencies: list[str]) -> list[tuple[str, int]]:
    """Return the sums of the values of all customers that are chosen, by currency."""
    if chosen.is_all:  # the table of values holds nothing else
        every = link.execute(
            f"SELECT currency, sum(amount / {_PART}), sum(amount % {_PART}) FROM card_values GROUP BY currency"  # noqa: S608
        )
        return [(name, high * _PART + low) for name, high, low in every]
    if not currencies:
        return []
    sums = ", ".join(f"sum(v.amount {part} {_PART}) FILTER (WHERE v.currency = ?)" for part in "/%" for _ in currencies)
    found = link.execute(
        # CROSS JOIN: from the customers to their values. The other way each value of the company is looked up.
        f"SELECT {sums} FROM cards c {chosen.joins} CROSS JOIN card_values v ON v.customer = c.customer "  # noqa: S608
        f"WHERE {chosen.where}",
        [*currencies, *currencies, *chosen.joined, *chosen.values],
    ).fetchone()
    high, low = found[: len(currencies)], found[len(currencies) :]
    return sorted((name, a * _PART + b) for name, a, b in zip(currencies, high, low, strict=True) if a is not None)


def ordered(link: Link, chosen: Choice, order: Order, currency: str | None, most: int, after: int) -> list[int]:
    """Return the customers that are chosen, in their order: at most so many, after so many others."""
    if order == "value" and chosen.is_all and after <= NEAR_THE_TOP:
        rows = link.execute(_BY_VALUE, (currency, most, after)).fetchall()
        if len(rows) == most:  # else those without a value in this currency follow
            return [customer for (customer,) in rows]
    of_currency, values = (_OF_CURRENCY, [currency]) if order == "value" else ("", list[Any]())
    found = link.execute(
        f"SELECT c.customer FROM cards c {chosen.joins} {of_currency} WHERE {chosen.where} "  # noqa: S608
        f"ORDER BY {ORDERS[order]} LIMIT ? OFFSET ?",
        [*chosen.joined, *values, *chosen.values, most, after],
    )
    return [customer for (customer,) in found]
