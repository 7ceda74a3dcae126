"""The figures of every period by an attribute of customers: its value at the start, or at the first activation."""

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from streams.recomputation.lines import Document, by_customer, time_of
from streams.recomputation.orders import buys
from streams.recomputation.periods import Figures, Level, Span, edge, figures_of
from streams.recomputation.rules import Rules
from streams.recomputation.standing import instants, standing


class Attribute(NamedTuple):
    """An attribute, and its values that have a segment of their own."""

    name: str
    values: tuple[str, ...]


def _right_after(at: datetime) -> datetime:
    return at + timedelta(microseconds=1)


def value_before(events: list[Document], at: datetime, attribute: Attribute) -> str:
    """Return the segment of a customer according to all its events before an instant."""
    said = [e["attributes"][attribute.name] for e in events if _says(e, attribute) and time_of(e["occurred_at"]) < at]
    return said[-1] if said and said[-1] in attribute.values else "other"


def _says(event: Document, attribute: Attribute) -> bool:
    return event["type"] == "customer.updated" and attribute.name in event.get("attributes", {})


def subscription_segments(
    documents: list[Document], spans: list[Span], currency: str, rules: Rules, attribute: Attribute
) -> dict[tuple[Span, str], Figures]:
    """Return the figures of periods by segment, on the basis `subscription`, in one currency."""

    def level(events: list[Document], at: datetime) -> Level:
        return standing(_of(events, ("subscription.", "cancellation.")), at, currency, rules)

    def turns(events: list[Document], until: datetime) -> list[datetime]:
        return instants(_of(events, ("subscription.", "cancellation.")), until, rules)

    return _segments(documents, spans, rules, attribute, level, turns)


def purchase_segments(
    documents: list[Document], spans: list[Span], rules: Rules, attribute: Attribute
) -> dict[tuple[Span, str], Figures]:
    """Return the figures of periods by segment, on the basis `purchase`."""

    def level(events: list[Document], at: datetime) -> Level:
        return buys(_of(events, ("purchase.",)), at, rules), Fraction()

    def turns(events: list[Document], until: datetime) -> list[datetime]:
        found = {time_of(event["occurred_at"]) for event in _of(events, ("purchase.",))}
        return sorted(at for at in found if at < until)

    return _segments(documents, spans, rules, attribute, level, turns)


def _of(events: list[Document], kinds: tuple[str, ...]) -> list[Document]:
    return [event for event in events if event["type"].startswith(kinds)]


def _segments(
    documents: list[Document],
    spans: list[Span],
    rules: Rules,
    attribute: Attribute,
    level: Callable[[list[Document], datetime], Level],
    turns: Callable[[list[Document], datetime], list[datetime]],
) -> dict[tuple[Span, str], Figures]:
    rows: dict[tuple[Span, str], list[tuple[Level, Level]]] = {
        (span, value): [] for span in spans for value in (*attribute.values, "other")
    }
    days = {day for span in spans for day in span}
    for events in by_customer(documents).values():
        levels = {day: level(events, edge(day, rules.zone)) for day in days}
        for span in spans:
            before, after = levels[span[0]], levels[span[1]]
            start, end = (edge(day, rules.zone) for day in span)
            if any(before):
                rows[span, value_before(events, start, attribute)].append((before, after))
            elif any(after):
                came = next(at for at in map(_right_after, turns(events, end)) if at > start and any(level(events, at)))
                rows[span, value_before(events, came, attribute)].append((before, after))
    return {key: figures_of(found) for key, found in rows.items()}
