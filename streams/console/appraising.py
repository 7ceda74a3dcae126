"""Counts what the signals are worth every few minutes, for the metrics: all records are read, so no scrape waits.

caught up ─► counted ── ten minutes, or a hundredth is new ──► counted ─►
                └───────── each scrape shows this ──────────────┘

While workers go through a long history, much is new all the time, although the console has read all that there is.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from retention.calendar import DAY, SECOND
from retention.policy import SEVERITIES
from schemas.outbound import Severity
from streams.console.documents import Signals, SignalWorth
from streams.console.waiting import to_the_end
from streams.judging import CHANCE, ENOUGH

log = logging.getLogger("backstay.console")

EVERY: Final = 600.0
"""Seconds between two counts, if little is new."""
LEAST: Final = 15.0
"""Seconds between two counts, whatever is new."""
NEWS: Final = 100
"""One record of so many is enough to count again: then each is read about as often, however many there are."""
LOOK_EVERY: Final = 1.0
TOGETHER: Final = "any"
BAND: Final = "risk"
"""The label `signal` of the rows of bands, as in `backstay signals report`."""
_OUTCOMES: Final = ("right", "wrong", "pending", "not_a_customer")


class Shown(NamedTuple):
    """A gauge of each row: its name, what it says, and its value, which is None while nothing can be said."""

    name: str
    says: str
    value: Callable[[SignalWorth], float | None]


def _number(text: str | None, unit: float = 1) -> float | None:
    return float(text) * unit if text is not None else None


_GAUGES: Final = (
    Shown("precision_ratio", "Judged alarms that were right.", lambda row: _number(row.precision)),
    Shown("lift_ratio", "Precision over the base rate.", lambda row: _number(row.lift)),
    Shown(
        "no_better_than_chance",
        f"1 if a lift over {ENOUGH} judged alarms or more is below {CHANCE}; absent with fewer.",
        lambda row: None if row.few else float(row.no_better_than_chance),
    ),
    Shown(
        "losses_warned_ratio",
        "Losses before which there was an alarm.",
        lambda row: row.losses_warned / row.losses if row.losses else None,
    ),
    Shown(
        "lead_seconds",
        "Median time from the first alarm to the loss.",
        lambda row: _number(row.median_lead_days, DAY // SECOND),
    ),
    Shown(
        "stayers_alarmed_ratio",
        "Customers that stayed that had an alarm, in a month.",
        lambda row: _number(row.stayers_alarmed_a_month),
    ),
)


class Appraising(Collector):
    """Keeps the last count. `worth` counts, for a severity; `is_behind` tells that not everything was read yet.

    `read` returns how many records were.
    """

    def __init__(
        self,
        worth: Callable[[Severity, int, datetime], Signals],
        as_of: Callable[[], datetime],
        is_behind: Callable[[], bool],
        read: Callable[[], int],
        deployment: str,
        horizon_days: int,
    ) -> None:
        self._worth, self._as_of, self._is_behind, self._read = worth, as_of, is_behind, read
        self._deployment, self._horizon_days = deployment, horizon_days
        self._found: list[Signals] = []

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            if self._is_behind():
                await asyncio.sleep(LOOK_EVERY)
                continue
            try:
                read = await to_the_end(asyncio.to_thread(self._read))
                await self.count()
                await self._await_news(read)
            except sqlite3.Error as error:  # the subscriber says what to do
                log.debug("the worth of the signals is not counted: %s", error)
                await asyncio.sleep(LEAST)

    async def _await_news(self, before: int) -> None:
        """Wait until it is time to count again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EVERY):
                await asyncio.sleep(LEAST)
                while abs(await to_the_end(asyncio.to_thread(self._read)) - before) * NEWS <= before:
                    await asyncio.sleep(LOOK_EVERY)

    async def count(self) -> None:
        """Count the worth at each severity."""
        as_of = await to_the_end(asyncio.to_thread(self._as_of))
        self._found = [
            await to_the_end(asyncio.to_thread(self._worth, severity, self._horizon_days, as_of))
            for severity in SEVERITIES
        ]

    def describe(self) -> Iterator[Metric]:
        """Yield the gauges without values."""
        return self._families([])

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges of the last count; none before the first."""
        return self._families(self._found) if self._found else iter(())

    def _families(self, found: list[Signals]) -> Iterator[Metric]:
        first = found[0] if found else None
        losses = str(first.together.losses) if first else None
        base = first.base_rate if first else None
        yield self._of_all("base_rate_ratio", "Customers that leave within the horizon anyway.", base)
        yield self._of_all("losses", "Losses by which alarms are judged.", losses)
        rows = list(self._rows(found))
        yield self._alarms(rows)
        for shown in _GAUGES:
            gauge = self._gauge(shown.name, shown.says, ["signal", "severity"])
            for labels, row in rows:
                value = shown.value(row)
                if value is not None:
                    gauge.add_metric(labels, value)
            yield gauge

    def _rows(self, found: list[Signals]) -> Iterator[tuple[list[str], SignalWorth]]:
        for one in found:
            for row in (one.together, *one.rows):
                name = TOGETHER if row.kind == "together" else row.name
                yield [self._deployment, name, one.severity], row
        for row in found[0].bands if found else ():
            yield [self._deployment, BAND, row.level], row

    def _alarms(self, rows: list[tuple[list[str], SignalWorth]]) -> Metric:
        says = "Alarms of at least that severity, by what became of their customers; signal=risk: by band."
        gauge = self._gauge("alarms", says, ["signal", "severity", "outcome"])
        for labels, row in rows:
            for outcome in _OUTCOMES:
                gauge.add_metric([*labels, outcome], getattr(row, outcome))
        return gauge

    def _of_all(self, name: str, says: str, value: str | None) -> Metric:
        gauge = self._gauge(name, says, [])
        if value is not None:
            gauge.add_metric([self._deployment], float(value))
        return gauge

    def _gauge(self, name: str, says: str, labels: list[str]) -> GaugeMetricFamily:
        return GaugeMetricFamily(f"backstay_worth_{name}", says, labels=["deployment", *labels])
