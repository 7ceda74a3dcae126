"""A log applied in this process, without Kafka: read in backlog order, as one partition, by the processor of a worker.

    log files  ──►  a spool for each topic, on disk  ──►  backlog order  ──►  PartitionProcessor  ──►  Watcher
                    in order of arrival                   step by step         customers as bytes

Rule: what is said is what `backstay replay` says with one partition. Only a history is treated as if it were live:
events that say of themselves that they are of a history (`backfill`) hold no signals back, because the question is what
the settings would have said then.

Reason: commands that look back (`explain`, `signals`, `backtest`) want the state and the statements of each moment.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Final

from agents.reading import Reading
from agents.readings import READINGS
from agents.rekeyed import TOPIC as REKEYED
from retention.calendar import LAST, NEVER, Instant
from retention.engine.partition_state import PartitionState
from retention.features import REGISTER
from retention.statements import Statement
from schemas.base import Event
from schemas.families import TOPIC_OF
from streams.backlog_order import BacklogOrder, Stepping
from streams.batch import Batch
from streams.foreign_logs import reader_of
from streams.logfile import Line
from streams.progress import Progress, no_progress
from streams.records import LogRecord
from streams.settings import EverySource, KafkaSettings, Settings, StateSettings, TopicSettings
from streams.spool import SHOW_EVERY, Spool, spooled, store
from streams.watched_processor import WatchedProcessor

PUT_AWAY: Final = 5_000
"""Customers that may be changed before they are encoded again."""
FACTS: Final = sorted({TOPIC_OF[kind] for kind in REGISTER.facts})
"""The topics of facts of the company."""


class Watcher:
    """Looks on while a log is applied. By itself it does nothing."""

    def applied(self, event: Event, at: Instant) -> None:
        """Note an event that was applied, and was not known before."""

    def said(self, statements: Sequence[Statement], state: PartitionState) -> None:
        """Note what follows from a step of the log; `state` is that after it."""

    def merged(self, customer_id: str, into: str, at: Instant) -> None:
        """Note that a customer goes on under another id: what was noted under the former one is of that one, too."""

    def erased(self, customer_id: str) -> None:
        """Note that a customer is forgotten: nothing that was noted of it may be kept."""


def quiet(settings: Settings) -> Settings:
    """Return the same settings without a broker, a disk or a clock: event time alone passes."""
    return settings.model_copy(
        update={
            "kafka": KafkaSettings(group=settings.kafka.group),
            "topics": TopicSettings(),
            "state": StateSettings(),
            "time": settings.time.model_copy(update={"clock": "log"}),
            "sources": EverySource(),
        }
    )


class InProcess:
    """A log that is being applied: its lines wait in a spool, and steps of event time pass."""

    def __init__(
        self, spool: Spool, settings: Settings, watcher: Watcher, until: Instant, progress: Progress, only: str = ""
    ) -> None:
        self.account = deepcopy(spool.account)
        self._spool, self._until, self._watcher, self._progress = spool, until, watcher, progress
        self.processor = WatchedProcessor(quiet(settings), watcher, self.account, until, only)
        self._readings: dict[str, Reading] = {reading.topic: reading for reading in READINGS}
        in_order = list(REGISTER.topics_in_order)
        self._order = BacklogOrder(
            {topic: place for place, topic in enumerate(in_order)},
            self._is_unread,
            self._apply,
            self._pass_time,
            lambda: 0.0,  # nothing is waited for: what is unread is in the spool
            0,
            lambda _: False,
            exact=[topic for topic in in_order if topic in REGISTER.erasing],
        )
        self._offset = 0
        self._waiting: Counter[str] = Counter()
        """Lines that were taken from the spool and are not applied yet, by topic."""

    @property
    def state(self) -> PartitionState:
        """Return the customers."""
        return self.processor.partition_state

    def run(self) -> None:
        """Apply every line, and pass event time to the end."""
        if self._spool.joins:
            self.processor.only = ""  # of whom a customer was before, its own id does not tell
        total = done = self._spool.left.total()
        for topic in FACTS:
            self._read_at_once(topic)
        while True:
            for topic in [name for name, left in self._spool.left.items() if left and not self._waiting[name]]:
                self._order.take(self._batch(topic), self._readings[topic])
            self._order.run_ready()
            left = self._spool.left.total() + self._waiting.total()
            if done - left >= SHOW_EVERY or not left:
                self._progress("applying", total - left, total)
                done = left
            if not left:
                break
        self._end()

    def _read_at_once(self, topic: str) -> None:
        """Apply a whole topic before all others: facts of the company, which a worker reads ahead."""
        while self._spool.left[topic]:
            batch = self._batch(topic)
            self._apply(batch, self._readings[topic], 0, LAST, len(batch.records))

    def _end(self) -> None:
        """Pass event time to the end: the given one, or that of the newest event."""
        lanes = list(self.processor.watermarks.own)
        while self.processor.advance(lanes, None, self._until):
            pass
        end = self._until if self._until < NEVER else max(self.account.newest, self.processor.newest_fact)
        while self.state.advance(end, PUT_AWAY) >= PUT_AWAY:
            self._hand_over()
        self._hand_over()

    def _batch(self, topic: str) -> Batch:
        now = int(time.time() * 1_000)
        records, start = [], self._offset
        for place, text in self._spool.take(topic):
            records.append(LogRecord(topic, 0, self._offset, now, None, text, ()))
            self.processor.places[self._offset] = place
            self._offset += 1
        self._waiting[topic] += len(records)
        return Batch(topic, topic, records, start, self._offset)

    def _is_unread(self, lane: str) -> bool:
        return bool(self._spool.left[lane] or self._waiting[lane])

    def _apply(self, batch: Batch, agent: Stepping, place: int, end: Instant, most: int) -> tuple[int, Instant] | None:
        records = batch.records
        part = records if place + most >= len(records) else records[: place + most]
        reached, at = agent.until(part, place, self.processor, end)
        for record in records[place:reached]:
            del self.processor.places[record.offset]
        self._waiting[batch.lane] -= reached - place
        return reached, at

    def _pass_time(self) -> bool:
        self._hand_over()
        read = [lane for lane in self.processor.watermarks.own if lane == REKEYED or not self._is_unread(lane)]
        more = self.processor.advance(read, None, self._until, known=self._order.known(), begun=self._order.begun())
        self._hand_over()
        return more

    def _hand_over(self) -> None:
        statements = self.state.take_statements()
        if statements:
            self._watcher.said(statements, self.state)
        if len(self.processor.store.touched) >= PUT_AWAY:
            self.processor.store.detach()


def applied(
    logs: Sequence[Path],
    settings: Settings,
    watcher: Watcher,
    until: Instant = NEVER,
    progress: Progress = no_progress,
    only: str = "",
) -> InProcess:
    """Apply the events of log files, one after another in order of arrival, and return the customers at the end.

    Events after `until` are left out. With `only`, nothing is kept of other customers: they only show that time passes,
    and that sources live, and are counted apart (`of_others`). Raises `BadLog` for a file that is no log, or if nothing
    of it could be applied.
    """
    with spooled(logs, reader_of(settings), progress) as spool:
        return applied_spool(spool, settings, watcher, until, progress, only)


def applied_spool(
    spool: Spool,
    settings: Settings,
    watcher: Watcher,
    until: Instant = NEVER,
    progress: Progress = no_progress,
    only: str = "",
) -> InProcess:
    """Apply the lines of a spool as `applied` does, from the first one on."""
    run = InProcess(spool, settings, watcher, until, progress, only)
    spool.rewind()
    run.run()
    run.account.require_any()
    return run


def applied_lines(lines: Iterable[bytes], settings: Settings, watcher: Watcher, until: Instant = NEVER) -> InProcess:
    """Apply events that are given as lines, and return the customers at the end."""
    with Spool() as spool:
        numbered = (Line(number, text, len(text)) for number, text in enumerate(lines, 1))
        store(spool, numbered, ("the log", "line"), no_progress)
        run = InProcess(spool, settings, watcher, until, no_progress)
        spool.rewind()
        run.run()
    return run
