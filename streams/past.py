"""The past of a company as its log tells it: the alarms that were raised, the customers that left, and their value.

    raised low        escalated medium         left
    ──┼────────────────────┼─────────────────────┼──►
      an alarm of low      one of medium         a loss, on the company's own basis

An alarm is a signal of a customer that reaches a severity, or a risk that reaches a band. A signal that late events
take back was published nevertheless, so it stays an alarm. Nothing is left of erased customers. Merged customers are
one from the beginning: their joined history decides whether and when it has left.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from retention.calendar import NEVER, Instant, instant, moment
from retention.engine.partition_state import PartitionState
from retention.identity import unpacked
from retention.measures import basis
from retention.policy import SEVERITIES, Policy
from retention.risk.judgement import judged_at
from retention.risk.model import BANDS, evidence
from retention.risk.scene import silences_at
from retention.signals import SIGNALS
from retention.statements import Statement
from schemas.base import Event
from streams.in_process import InProcess, Watcher
from streams.judging import SEEN, Alarm, Life, Recency

MONTHS: Final = 12
INTENT: Final = frozenset(signal.name for signal in SIGNALS if signal.role == "intent")
"""Signals of a customer's own words: they foresee nothing."""
_NONE: Final = -1


class Reached(NamedTuple):
    """A severity that a signal reached, or a band that a risk reached, and what it was before; both as indices."""

    customer: str
    name: str
    at: Instant
    before: int
    now: int

    def is_alarm(self, least: int) -> bool:
        """Report whether it reached a severity or band, and had not before."""
        return self.before < least <= self.now

    def alarm(self) -> Alarm:
        """Return the alarm that is judged."""
        return Alarm(self.customer, self.name, moment(self.at))


class Loss(NamedTuple):
    """A loss: since when the customer was one, and what it was worth in a year, by currency."""

    joined: Instant
    worth: dict[str, Decimal]


class Past(Watcher):
    """Looks on while a log is applied, and keeps what is judged afterwards."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._active = basis(policy.basis).active
        self.signals: list[Reached] = []
        self.bands: list[Reached] = []
        self.recency = Recency()
        self.erased_customers = 0
        self._levels: dict[tuple[str, str], int] = {}
        self._losses: dict[str, dict[Instant, Loss]] = defaultdict(dict)
        self._present: list[Life] = []
        self._erased: set[str] = set()
        self._goes_on_as: dict[str, str] = {}
        """The id as which a merged customer goes on."""
        self.oldest: Instant = NEVER
        self.newest: Instant = 0

    def applied(self, event: Event, at: Instant) -> None:
        """Note that time passes, and that a customer was seen."""
        self.oldest, self.newest = min(self.oldest, at), max(self.newest, at)
        if event.type in SEEN:
            self.recency.saw(event.customer_id, event.occurred_at)

    def said(self, statements: Sequence[Statement], state: PartitionState) -> None:
        """Note alarms and losses."""
        for one in statements:
            if one.type in {"churn_signal.raised", "churn_signal.escalated"}:
                self._note_signal(one, state)
            elif one.type in {"customer.churned", "customer.returned"}:
                self._note_edge(one, state)

    def _note_signal(self, one: Statement, state: PartitionState) -> None:
        body: Any = one.body
        key, level = (one.key, body.episode), SEVERITIES.index(body.severity)
        before = self._levels.get(key, _NONE)
        if level > before:
            self._levels[key] = level
            self.signals.append(Reached(one.key, body.signal, one.at, before, level))
        if one.type == "churn_signal.raised":
            self._note_band(one, body.episode, state)

    def _note_band(self, one: Statement, episode: str, state: PartitionState) -> None:
        """Note the band that a risk has reached because a signal was raised.

        By the catalogue it rises so only; what it rises by time alone, by a fitted model, is not noted.
        """
        try:
            customer = state.customers.look(one.key)
        except LookupError:
            return  # it is not kept any more
        found = evidence(customer, one.at)
        others = [piece for piece in found if unpacked(piece.episode.episode) != episode]
        silences = silences_at(state.sources, self._policy.calendar, one.at)
        bands = [judged_at(customer, one.at, self._policy, pieces, silences).band for pieces in (others, found)]
        before, now = map(BANDS.index, bands)
        if now > before:
            self.bands.append(Reached(one.key, "risk", one.at, before, now))

    def _note_edge(self, one: Statement, state: PartitionState) -> None:
        body: Any = one.body
        if body.basis != self._policy.basis or one.key in self._goes_on_as:
            return
        late = body.cause == "late_evidence"
        if one.type == "customer.returned" and late:
            self._losses[one.key].pop(one.at, None)
        elif one.type == "customer.churned" and not late:
            spans = self._spans(one.key, state)
            joined = next((start for start, end in spans if end == one.at), one.at)
            self._losses[one.key][one.at] = Loss(joined, _worth(body.value_lost))

    def _spans(self, name: str, state: PartitionState) -> list[tuple[Instant, Instant]]:
        if self._active is None:
            return []
        return self._active(state.customers.look(name), self._policy, state.watermark)

    def merged(self, customer_id: str, into: str, at: Instant) -> None:
        """Drop the losses under a former id, and count the rest as of the one that is kept."""
        self._goes_on_as.pop(into, None)
        self._goes_on_as[customer_id] = into
        self._losses.pop(customer_id, None)
        self.recency.merge(customer_id, into)

    def _kept_as(self, name: str) -> str:
        while name in self._goes_on_as:
            name = self._goes_on_as[name]
        return name

    def erased(self, customer_id: str) -> None:
        """Drop everything about a customer."""
        self.erased_customers += 1
        self._erased.add(customer_id)
        self._losses.pop(customer_id, None)
        self.recency.forget(customer_id)

    def end(self, run: InProcess) -> "Past":
        """Note the customers that are there at the end, and drop what concerns erased ones; return this."""
        for name in run.state.customers.names():
            lasting = [start for start, end in self._spans(name, run.state) if end > self.newest]
            self._present += [Life(name, moment(start)) for start in lasting[-1:]]
        for kept in (self.signals, self.bands):
            kept[:] = [
                one._replace(customer=self._kept_as(one.customer)) for one in kept if one.customer not in self._erased
            ]
        return self

    def lives(self) -> list[Life]:
        """Return the customers on the basis of the company: those that left, by what the log tells, and the others."""
        left = [
            Life(name, moment(loss.joined), moment(at))
            for name, losses in self._losses.items()
            for at, loss in losses.items()
        ]
        return left + self._present

    def worth(self, lost: Iterable[Life]) -> dict[str, Decimal]:
        """Return what lost customers were worth in a year, by currency."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for life in lost:
            loss = self._losses[life.customer][instant(life.left)] if life.left is not None else None
            for currency, amount in loss.worth.items() if loss is not None else ():
                found[currency] += amount
        return dict(sorted(found.items()))

    def alarms(self, severity: str, signals: Iterable[str] | None = None) -> Iterator[Alarm]:
        """Yield the alarms of a severity at least, of some signals or of all."""
        least, wanted = SEVERITIES.index(severity), None if signals is None else frozenset(signals)
        for one in self.signals:
            if one.is_alarm(least) and (wanted is None or one.name in wanted):
                yield one.alarm()

    def names(self) -> list[str]:
        """Return the signals that were ever raised."""
        return sorted({one.name for one in self.signals})

    def of_band(self, band: str) -> Iterator[Alarm]:
        """Yield the alarms of a band at least."""
        least = [*BANDS].index(band)  # type: ignore[arg-type] # any text may be asked for
        return (one.alarm() for one in self.bands if one.is_alarm(least))

    @property
    def first(self) -> datetime:
        """Return the instant of the oldest event."""
        return moment(self.oldest)

    @property
    def last(self) -> datetime:
        """Return the instant of the newest event: later losses are not known."""
        return moment(self.newest)


def _worth(lost: Iterable[Any]) -> dict[str, Decimal]:
    """Return the value of a loss over a year: what a statement says is that of a month, or already that of a year."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in lost:
        found[one.currency] += Decimal(one.amount) * (MONTHS if one.unit == "mrr" else 1)
    return dict(found)
