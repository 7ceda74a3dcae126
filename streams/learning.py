"""Replays a history to learn from: what was known of each customer every two weeks, and whether it was lost after it.

    warm-up          trained on                gap               judged on
    |--------------- x   x   x   x   x | ─ one horizon ─ | x   x   x   x | ─ one horizon ─ |
    first event                        └ its losses end here             └ last that is judged   last event

Rule: no loss by which the model was fitted lies in the part by which it is judged. What is known of a customer at an
instant is calculated as a worker does for its card (`retention/risk/factors.py`), right after that midnight was passed.
"""

import heapq
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from retention.calendar import DAY, NEVER, Instant, instant, rfc3339
from retention.engine.partition_state import PartitionState
from retention.errors import Rejected
from retention.features import REGISTER
from retention.identity import digest, packed, unpacked
from retention.merging import Merge, Merges, ids_of, kept_as, union
from retention.policy import Policy
from retention.risk.business import orders_at, worth_of
from retention.risk.factors import factors
from retention.risk.judgement import scene_of, spans_at
from retention.risk.model import evidence, risk_of
from retention.risk.presence import acts_before
from retention.risk.scene import Scene, Silences, silences_at
from retention.risk.standing import standing_of
from retention.state.customer import Customer
from retention.statements import Occasion
from schemas.decoding import Decoder, Refused
from schemas.families import FAMILIES, TOPIC_OF
from schemas.reference import CompanyFact
from streams.customers import CustomerStore
from streams.errors import BadLog
from streams.foreign_logs import LogReader, reader_of, texts_of
from streams.in_process import Watcher, applied
from streams.line_account import MOST_LATE
from streams.settings import Settings

WARM_UP_DAYS: Final = 120
"""Days at the beginning that are not learned from: customers have no habit yet."""
EVERY_DAYS: Final = 14
MOST_CASES: Final = 400_000
"""If a history has more, every second customer is left out, by the digest of its id, until it has not."""
LEAST_LOSSES: Final = 25
"""Customers that are lost, and such as are not, that each part needs."""
SHARE_TRAINED: Final = 0.6
_ERASURE: Final = "erasure.requested"
_MERGER: Final = "customer.merged"
_REVISED: Final = 100 * DAY
"""So long after it a loss may still be corrected by events that come late."""


class _Sketch(msgspec.Struct):
    occurred_at: datetime
    type: str


_sketch: Final = msgspec.json.Decoder(_Sketch).decode


class Case(NamedTuple):
    """One customer at an instant, as far as it was known then: its factors, and what plainer models judge by."""

    customer: str
    at: Instant
    values: "array[int]"
    recency: int
    """Days since it was last there; on the basis of orders, since the last one."""
    frequency: int
    """Days of the last 112 on which it was there; on the basis of orders, orders of a year."""
    money: int
    rules: int
    """The risk by the weights of the catalogue."""


class Labelled(NamedTuple):
    """A case, and whether its customer was lost within the horizon."""

    case: Case
    lost: bool


@dataclass
class History:
    """The customers of a log, every two weeks, and their losses."""

    first: Instant = 0
    last: Instant = 0
    events: int = 0
    refused: int = 0
    late: int = 0
    cases: list[Case] = field(default_factory=list)
    ends: dict[str, list[Instant]] = field(default_factory=dict)
    """When each customer was lost."""
    gone: dict[str, Instant] = field(default_factory=dict)
    """Customers of whom nothing is known any more: they were erased."""

    def lost(self, case: Case, horizon: Instant) -> bool | None:
        """Report whether a customer was lost within the horizon; None if that cannot be known."""
        if any(case.at < end <= case.at + horizon for end in self.ends.get(case.customer, ())):
            return True
        if case.at + horizon > min(self.last, self.gone.get(case.customer, NEVER)):
            return None
        return False


class Replay:
    """Applies a log to the customers of one partition, without Kafka, and looks at all of them every so many days."""

    def __init__(self, policy: Policy, every_days: int = EVERY_DAYS, warm_up_days: int = WARM_UP_DAYS) -> None:
        self.history = History()
        self._policy, self._every, self._warm_up = policy, every_days, warm_up_days
        self.store = CustomerStore(1)
        self._state = PartitionState(policy, self.store)
        self._erased: set[str] = set()
        self._merges: dict[str, Merges] = {}
        """All merges of a customer, by each of its ids."""
        self._newest: Instant = 0
        self._midnight: Instant = 0
        self._first_day = self._sieve = 0
        self._latest = instant(datetime.now(UTC))
        self._decoders = {family.topic: Decoder(family) for family in FAMILIES}

    def take(self, kind: str, text: bytes) -> None:
        """Apply one event; one that a worker would not accept is counted."""
        topic, history = TOPIC_OF.get(kind), self.history
        if topic is None:
            return
        try:
            event, at = self._decoders[topic].read(text)
            if at > self._latest:
                raise Refused("future", "after now")
            if kind in REGISTER.facts:
                self._learn(event, at)
                return
            name = self._kept_as(event.customer_id)
            if event.synthetic or name in self._erased:
                return
            self._pass_time(at)
            if kind == _ERASURE:
                self._forget(name, at)
            elif kind == _MERGER:
                self._merge(Merge(at, packed(event.event_id), event.customer_id, event.into))
            elif name != event.customer_id:
                self._state.observe(msgspec.structs.replace(event, customer_id=name), at, topic, None)
            else:
                self._state.observe(event, at, topic, None)
        except (Refused, Rejected):
            history.refused += 1
            return
        history.events += 1
        history.late += at < self._newest - self._policy.lateness

    def _learn(self, fact: CompanyFact, at: Instant) -> None:
        """Add a fact of the company: no event of a customer, and no sign of life of any."""
        if not fact.synthetic:
            self._state.learn(REGISTER.facts[fact.type](fact, at, self._policy))

    def _kept_as(self, name: str) -> str:
        merges = self._merges.get(name)
        return kept_as(merges, name) if merges is not None else name

    def _merge(self, merge: Merge) -> None:
        """Join two customers under the id to which all their merges lead; forget both if either was erased."""
        known = union(self._merges.get(merge.gone, ()), self._merges.get(merge.into, ()))
        merges = union(known, [merge])
        names = ids_of(merges, merge.gone)
        for name in names:
            self._merges[name] = merges
        kept, occasion = kept_as(merges, merge.gone), Occasion(unpacked(merge.event_id), merge.at)
        for name in names:
            if name in self._erased:
                self._forget(kept, merge.at)
            elif name != kept and (moved := self._state.let_go(name, occasion)) is not None:
                self._state.take_in(kept, moved, occasion)

    def _forget(self, name: str, at: Instant) -> None:
        self._state.forget(name, at)
        self._erased.add(name)
        self.history.gone[name] = at

    def _pass_time(self, at: Instant) -> None:
        calendar, history = self._policy.calendar, self.history
        if not self._newest:
            self._first_day = calendar.day(at)
            self._midnight, history.first = calendar.start_of_day(self._first_day + 1), at
        self._newest = max(self._newest, at)
        while self._newest - self._policy.disorder >= self._midnight:
            self._state.advance(self._midnight)
            self._state.take_statements()
            day = calendar.day(self._midnight)
            if (day - self._first_day) % self._every == 0:
                self._look(self._midnight, keeps=day - self._first_day >= self._warm_up)
            self._midnight = calendar.start_of_day(day + 1)

    def _look(self, at: Instant, *, keeps: bool) -> None:
        """Note what is known of each customer, and which were lost until now."""
        silences = silences_at(self._state.sources, self._policy.calendar, at)
        for name, customer in self.store.every():
            self._note_losses(name, customer, at)
            if keeps and not self._sifted(name):
                case = case_of(name, customer, at, self._policy, silences)
                if case is not None:
                    self.history.cases.append(case)
        if len(self.history.cases) > MOST_CASES:
            self._sieve = 2 * self._sieve + 1
            self.history.cases = [case for case in self.history.cases if not self._sifted(case.customer)]

    def _sifted(self, name: str) -> bool:
        return bool(self._sieve) and bool(digest(name)[-1] & self._sieve)

    def _note_losses(self, name: str, customer: Customer, at: Instant) -> None:
        ended = [end for _, end in spans_at(customer, at, self._policy) if end <= at]
        known = self.history.ends.get(name, [])
        if ended or known:
            settled = [end for end in known if end <= at - _REVISED]
            self.history.ends[name] = settled + [end for end in ended if end > at - _REVISED]

    def end(self) -> History:
        """Pass the time up to the last event, and return what was seen."""
        history = self.history
        history.last = self._newest
        self._state.advance(self._newest)
        self._look(self._newest, keeps=False)
        if self._merges:
            history.cases = [case._replace(customer=self._kept_as(case.customer)) for case in history.cases]
        seen = {case.customer: case.at for case in history.cases}  # the newest: they are in order of time
        for name, at in seen.items():
            if name not in self.store:
                history.gone.setdefault(name, at)
        return history


def case_of(name: str, customer: Customer, at: Instant, policy: Policy, silences: Silences) -> Case | None:
    """Return what is known of a customer at an instant; None if it cannot be lost."""
    standing, found = standing_of(customer, at, policy), evidence(customer, at)
    scene = scene_of(customer, at, policy, standing, found, silences)
    if scene is None:
        return None
    recency, frequency = _habits(scene)
    return Case(name, at, array("h", factors(scene)), recency, frequency, worth_of(scene), risk_of(found))


def _habits(scene: Scene) -> tuple[int, int]:
    """Return how many days ago a customer was last there, and how often before."""
    if scene.policy.basis == "purchase":
        orders = orders_at(scene)
        return (scene.at - orders[-1].at) // DAY, sum(one.at > scene.at - 365 * DAY for one in orders)
    days = acts_before(scene.customer, scene.day)
    if not days:
        return (scene.at - scene.begun[-1][0]) // DAY, 0
    return scene.day - days[0], sum(one >= scene.day - 112 for one in days)


def replayed(files: Sequence[Path], settings: Settings, every_days: int, warm_up_days: int) -> History:
    """Return what logs have shown, read together in order of time; raise `BadLog` if that is not that of arrival."""
    policy = settings.policy()
    replay = Replay(policy, every_days, warm_up_days)
    for kind, text in kinds_and_events(files, reader_of(settings)):
        replay.take(kind, text)
    history = replay.end()
    names = ", ".join(map(str, files))
    if not history.events:
        _require_any(files, settings)
        raise BadLog(f"{names}: there is no event that a worker would accept, so nothing can be learned")
    if history.late > MOST_LATE * history.events:
        raise BadLog(
            f"{names}: {history.late:,} of {history.events:,} events come more than "
            f"{policy.lateness // DAY} days late (time.lateness). A log is in order of arrival: sort it by time, or "
            "name the file of each topic on its own"
        )
    return history


def _require_any(files: Sequence[Path], settings: Settings) -> None:
    """Raise `BadLog` with the lines of logs that cannot be used, and the reasons, if that are all of them."""
    if all(file.is_file() for file in files):  # a pipe cannot be read again
        applied(files, settings, Watcher())


def kinds_and_events(files: Sequence[Path], reader: LogReader | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield the events of several logs, each with its type, in order of time as far as each of them is."""
    for _, kind, text in heapq.merge(*(_dated(file, reader) for file in files), key=_instant):
        yield kind, text


def _instant(one: tuple[float, str, bytes]) -> float:
    return one[0]


def _dated(file: Path, reader: LogReader | None) -> Iterator[tuple[float, str, bytes]]:
    """Yield the events of a file, each with the newest time so far."""
    newest = 0.0
    for text in texts_of(file, reader):
        try:
            sketch = _sketch(text)
            newest = max(newest, sketch.occurred_at.timestamp())
        except (msgspec.DecodeError, RecursionError, OverflowError, ValueError):
            continue
        yield newest, sketch.type, text


class Parts(NamedTuple):
    """The two parts of a history: the one that is learned from, and the later one that judges what was learned."""

    trained: list[Labelled]
    judged: list[Labelled]


def parted(history: History, horizon_days: int, every_days: int, names: str, warm_up_days: int) -> Parts:
    """Return the two parts of a history, one horizon apart; raise `BadLog` if there is too little in either."""
    horizon, days = horizon_days * DAY, (history.last - history.first) // DAY
    instants = sorted({case.at for case in history.cases if case.at + horizon <= history.last})
    least = warm_up_days + 2 * horizon_days + 4 * every_days
    if days < least:
        raise BadLog(
            f"{names} covers {days} days, from {day_of(history.first)} to {day_of(history.last)}: {least} are needed, "
            f"as {warm_up_days} pass until customers have habits, and both parts need {horizon_days} for customers to"
            " leave in (risk.horizon_days). A year and a half is a good length"
        )
    if not instants:
        raise BadLog(f"{names} has no customer that is active on the basis metrics.basis: set the company's own")
    cut = instants[0] + int(SHARE_TRAINED * max(0, instants[-1] - instants[0] - horizon))
    last = max(at for at in instants if at <= cut)
    # A loss after a later look is known, and that a customer stays is not: such cases would be losses only.
    known = [(case, history.lost(case, horizon)) for case in history.cases if case.at <= instants[-1]]
    trained = [Labelled(case, lost) for case, lost in known if lost is not None and case.at <= last]
    judged = [Labelled(case, lost) for case, lost in known if lost is not None and case.at >= last + horizon]
    for part, cases in (("first part, that is learned from", trained), ("last part, that judges it", judged)):
        _require(part, cases, names)
    return Parts(trained, judged)


def _require(part: str, cases: Sequence[Labelled], names: str) -> None:
    lost, stayed = customers_of(cases, lost=True), customers_of(cases, lost=False)
    for number, what in ((lost, "are lost"), (stayed, "stay")):
        if number < LEAST_LOSSES:
            raise BadLog(
                f"{names}: in its {part}, {number} customers {what} within the horizon: {LEAST_LOSSES} at least are "
                "needed. A longer history has more of them"
            )


def customers_of(cases: Iterable[Labelled], *, lost: bool) -> int:
    """Return how many customers there are of whom a case is, or is not, followed by a loss."""
    return len({one.case.customer for one in cases if one.lost is lost})


def day_of(at: Instant) -> str:
    """Return the day of an instant, in UTC."""
    return rfc3339(at)[:10]


def spans_of(cases: Sequence[Labelled]) -> tuple[str, str]:
    """Return the first and the last day of cases."""
    instants = [one.case.at for one in cases]
    return day_of(min(instants)), day_of(max(instants))


def folds_of(cases: Sequence[Labelled], number: int) -> list[int]:
    """Return the fold of each case: all cases of a customer are in one."""
    return [digest(one.case.customer)[0] % number for one in cases]
