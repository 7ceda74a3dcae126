"""Replays a history to learn from: what was known of each customer every two weeks, and whether it was lost after it.

Rule: what is known of a customer at an instant is calculated as a worker does for its card
(`retention/risk/factors.py`), right after that midnight was passed. How the cases are divided into a part that is
learned from and one that judges, is `cases.py`.
"""

import heapq
from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from retention.calendar import DAY, Instant, instant
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
from streams.cases import Case, History
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
_ERASURE: Final = "erasure.requested"
_MERGER: Final = "customer.merged"
_REVISED: Final = 100 * DAY
"""So long after it a loss may still be corrected by events that come late."""


class _Sketch(msgspec.Struct):
    occurred_at: datetime
    type: str


_sketch: Final = msgspec.json.Decoder(_Sketch).decode


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
