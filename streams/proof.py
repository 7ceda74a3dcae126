"""The proof of a demonstration: the streamed figures compared with a recomputation from the raw log."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any, Final, NamedTuple

from retention.calendar import instant, local_date
from retention.engine.editions import Books
from retention.engine.parts import Series
from retention.measures.base import Values
from retention.metrics import customers, revenue
from retention.money import decimal_text
from schemas.decoding import Decoder, Refused
from schemas.families import FAMILIES
from streams.app import Worker
from streams.broker import Broker
from streams.recomputation.lines import distinct
from streams.recomputation.months import purchase_months, subscription_months
from streams.recomputation.periods import Figures as Recomputed
from streams.recomputation.rules import Rules
from streams.record_outcomes import accounted, by_outcome
from streams.results import as_json
from streams.topics import ACTIONS, INPUTS, MOVEMENTS, SIGNALS

_FAMILIES: Final = tuple(zip(FAMILIES, INPUTS, strict=True))


class Row(NamedTuple):
    """One month: its figures, and the names of those that differ."""

    month: str
    shown: tuple[str, ...]
    differences: tuple[str, ...]


@dataclass
class Proof:
    """The result of the comparison."""

    events: int = 0
    records: int = 0
    """Records of the input topics, duplicates and heartbeats included."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Number of records by outcome, as the partitions counted them."""
    rows: list[Row] = field(default_factory=list)
    compared: int = 0
    different: int = 0
    statements: int = 0
    repeated_ids: int = 0

    @property
    def accounted(self) -> int:
        """Return the number of records that have an outcome."""
        return accounted(self.outcomes)

    @property
    def holds(self) -> bool:
        """Report whether no figure differs, no output was sent twice, and every record has an outcome."""
        return not (self.different or self.repeated_ids) and self.accounted == self.records


async def prove(broker: Broker, worker: Worker) -> Proof:
    """Read the log and the outputs from the broker, and compare."""
    proof = Proof()
    by_family = [(one, [line async for line in _lines(broker, broker.topic(name))]) for one, name in _FAMILIES]
    proof.outcomes = by_outcome(worker.outcomes())
    if proof.outcomes["rejected"]:  # of what somebody has sent to the broker of the demo
        documents = distinct(line for one, lines in by_family for line in _taken(Decoder(one), lines))
    else:
        documents = distinct(line for _, lines in by_family for line in lines)
    proof.events, proof.records = len(documents), sum(len(lines) for _, lines in by_family)
    books = worker.books()
    if books is not None and documents:
        _compare(proof, books, documents)
    await _compare_statements(proof, broker)
    return proof


def _taken(decoder: Decoder, lines: Iterable[bytes | None]) -> Iterator[bytes]:
    """Yield the lines that a contract takes; the others are dead letters, of which no figure is made."""
    for line in lines:
        with suppress(Refused):
            decoder.decode(line)
            yield line or b""


async def _lines(broker: Broker, topic: str) -> Any:  # noqa: ANN401 - an async generator of bytes
    for number in range((await broker.widths())[topic]):
        async for records in broker.read(topic, number):
            for record in records:
                yield record.value


def _compare(proof: Proof, books: Books, documents: list[dict[str, Any]]) -> None:
    """Compare every closed month, on both bases."""
    policy = books.policy
    rules = Rules(policy.zone, policy.purchase_window_days)
    first = documents[0]["occurred_at"][:7]
    closed = policy.calendar.period_index("month", books.as_of) - 1
    last = f"{local_date(policy.calendar.period('month', closed).first_day):%Y-%m}"
    if last < first:
        return
    by_subscription = subscription_months(documents, first, last, "EUR", rules)
    by_purchase = purchase_months(documents, first, last, rules)
    for month, expected in by_subscription.items():
        orders = by_purchase[month]
        streamed = _figures(books, Series("subscription", "EUR", "month", "all", "all"), month)
        bought = _figures(books, Series("purchase", None, "month", "all", "all"), month)
        found = {**_named(streamed), **{f"{name} (orders)": v for name, v in list(_named(bought).items())[:4]}}
        wanted = {**_expected(expected), **{f"{name} (orders)": v for name, v in list(_expected(orders).items())[:4]}}
        differences = tuple(name for name in wanted if wanted[name] != found[name])
        proof.compared += len(wanted)
        proof.different += len(differences)
        proof.rows.append(Row(month, _shown(found), differences))


def _figures(books: Books, series: Series, month: str) -> Values | None:
    index = books.policy.calendar.period_index("month", instant(datetime.fromisoformat(f"{month}-15T12:00:00+00:00")))
    return books.rows.get((series, index))


def _named(found: Values | None) -> dict[str, Fraction | int | None]:
    if found is None:
        return {"S": 0, "E": 0, "N": 0, "CRR": None, "MRR start": 0, "MRR": 0, "NDR": None, "GRR": None}
    start, base = customers.start(found), revenue.start(found)
    return {
        "S": start,
        "E": customers.end(found),
        "N": customers.newcomers(found),
        "CRR": Fraction(customers.retained(found), start) if start else None,
        "MRR start": base,
        "MRR": revenue.end(found),
        "NDR": Fraction(revenue.cohort_end(found)) / base if base else None,
        "GRR": Fraction(revenue.cohort_kept(found)) / base if base else None,
    }


def _expected(month: Recomputed) -> dict[str, Fraction | int | None]:
    return {
        "S": month.start,
        "E": month.end,
        "N": month.newcomers,
        "CRR": month.crr,
        "MRR start": month.mrr_start,
        "MRR": month.mrr_end,
        "NDR": month.ndr,
        "GRR": month.grr,
    }


def _shown(found: dict[str, Fraction | int | None]) -> tuple[str, ...]:
    def ratio(name: str) -> str:
        value = found[name]
        return "–" if value is None else decimal_text(Fraction(value) * 100, 2) + " %"

    money = decimal_text(Fraction(found["MRR"] or 0), 2)
    counts = tuple(str(found[name]) for name in ("S", "E", "N"))
    return (*counts, ratio("CRR"), money, ratio("NDR"), ratio("GRR"), str(found["S (orders)"]), ratio("CRR (orders)"))


async def _compare_statements(proof: Proof, broker: Broker) -> None:
    """Count the outputs, and find ids that were sent twice."""
    ids: Counter[str] = Counter()
    for topic in (SIGNALS, ACTIONS, MOVEMENTS):
        name = broker.topic(topic)
        for number in range((await broker.widths())[name]):
            async for records in broker.read(name, number):
                ids.update(as_json(topic.name, record)["headers"]["ce_id"] for record in records)
    proof.statements = sum(ids.values())
    proof.repeated_ids = sum(number - 1 for number in ids.values())
