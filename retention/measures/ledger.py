"""The movements of a customer with the segments in which it counts, as they are published (decision 0096).

    country          other │   ES                          IT                    │ ES
    MRR              0 ──────────── 50 ─────────────────────────────── 80 ─────────────── 0 ────►
    in the ledger                   new, ES                none, IT   expansion,  none, ES  churn,
                                                                      IT                    in none

Rule: all records of a customer together say its segment at every instant at which it is one. A period counts it
in the segment of its start, else of its first activation inside (metrics.md, rule 9), so no kind of period is named.
Without segments the ledger is the movements alone.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from retention.calendar import Instant
from retention.features.subscriptions.movements import Movement, movements
from retention.features.subscriptions.subscription_state import NOTHING, Point, Standing
from retention.measures.base import Split
from retention.measures.segments import value_at
from schemas.outbound import MovementKind

Segments = dict[str, str]
"""The segment by each attribute; empty for nobody's."""


class Entry(NamedTuple):
    """A movement, or (`none`) an instant at which only the segments change; and the segments from then on."""

    at: Instant
    currency: str
    kind: MovementKind
    before: Fraction
    after: Fraction
    point: Point
    """The newest one of the history up to this instant."""
    segments: Segments | None
    """None if figures are not split."""

    def says(self) -> tuple[object, ...]:
        """Return what a correction would correct."""
        return self.kind, self.before, self.after, self.segments


def ledger(history: list[Point], paid_before: Iterable[str], splits: tuple[Split, ...]) -> list[Entry]:
    """Return the movements of a history, with the changes of segments between them."""
    moves = movements(history, paid_before)
    if not splits:
        return [Entry(*move, None) for move in moves]
    currencies = sorted({currency for point in history for currency in point.standings})
    return [entry for currency in currencies for entry in _in_currency(history, currency, moves, splits)]


def _in_currency(
    history: list[Point], currency: str, moves: list[Movement], splits: tuple[Split, ...]
) -> Iterator[Entry]:
    """Yield an entry for each movement in a currency, and for each change of segments while it counts in any.

    The opening balance of one that counts then is an entry, too: a change from before it may come late.
    """
    own = {move.at: move for move in moves if move.currency == currency}
    counted: Segments = {}
    for at, point in _instants(history, splits):
        standing = point.standings.get(currency, NOTHING)
        before, counted = counted, _counted(standing, splits, at)
        if (move := own.get(at)) is not None:
            yield Entry(*move, counted)
        elif before != counted:
            yield Entry(at, currency, "none", standing.total, standing.total, point, counted)


def _instants(history: list[Point], splits: tuple[Split, ...]) -> Iterator[tuple[Instant, Point]]:
    """Yield the instants from the opening balance on at which a standing or a segment changes, each with its point."""
    points = {point.at: point for point in history}
    shifts = {at for one in splits for at, _ in one.since if at > history[0].at}
    point = history[0]
    for at in sorted(points.keys() | shifts):
        point = points.get(at, point)
        yield at, point


def _counted(standing: Standing, splits: tuple[Split, ...], at: Instant) -> Segments:
    """Return the segments in which a customer counts: in none without any level of the measure above zero."""
    return {one.by: value_at(one, at) for one in splits} if standing.active or standing.total else {}
