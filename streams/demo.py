"""The demonstration: a simulated company, a real worker, its output while it runs, and the proof at the end."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from retention.calendar import instant, moment
from retention.statements import Statement
from streams.app import Worker, build
from streams.broker import Broker
from streams.companies.base import Arrival, Company
from streams.companies.saas import PLANS, SAAS
from streams.console_process import console_beside, missing_packages
from streams.errors import BadSettings
from streams.feed import is_shown
from streams.judging import SEEN, Recency
from streams.player import Player
from streams.proof import Proof, prove
from streams.scores import Scores, scored
from streams.settings import Settings, StateSettings
from streams.stage import Stage
from streams.starting import beside, starting
from streams.tables import CLOSE, in_lines, print_whole, print_words
from streams.web.server import Web
from streams.web.view import described

DAYS_OF_HISTORY: Final = 548
DAYS_BEFORE_TODAY: Final = 60
"""Days of history before today. Played live they take minutes; after that the company's clock runs ahead of the
calendar."""
DAY_SECONDS: Final = 0.045
"""Least seconds for a day of history: fast enough for a minute, slow enough to watch."""
WIDE: Final = 90
"""Columns of a terminal from which on the table of the summary has two blanks between its columns."""
BESIDE: Final = 48
"""Columns of a terminal beside the middle column of what is shown while it runs."""
LIVE_DAY_SECONDS: Final = 5.0
MAX_WAITING: Final = 4_000
MAX_WAITING_FIRST: Final = 100
"""Events that are sent before the worker is ready: it starts on the same thread, and nobody sees them sooner."""
WATCH_SECONDS: Final = 0.25
FIRST_WATCH_SECONDS: Final = 0.02
"""Seconds between two looks until there is something to show."""
LINE_SECONDS: Final = 2.0
PRINTED: Final = frozenset({"churn_signal.raised", "customer.churned", "customer.returned"})


class Demo:
    """One run of the demonstration."""

    def __init__(
        self,
        stage: Stage,
        settings: Settings,
        duration: float | None,
        seed: int,
        customers: int,
        stop: asyncio.Event,
        arguments: Sequence[str] = (),
        *,
        alone: bool,
        opens: Callable[[str], object],
    ) -> None:
        self.console, self.begun, self._step = stage.console, stage.begun, stage.step
        self.settings, self.alone, self._opens = self._prepared(settings), alone, opens
        self.duration, self.stop, self._arguments = duration, stop, arguments
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.first = today - timedelta(days=DAYS_OF_HISTORY + DAYS_BEFORE_TODAY)
        self.company = Company(SAAS, seed, self.first, DAYS_OF_HISTORY, customers)
        self.recency = Recency()
        self.stage = "history"
        self._unprinted: list[Statement] = []
        self.is_watched = True
        self.reached: datetime | None = None
        self._sent = 0

    def _prepared(self, settings: Settings) -> Settings:
        plans = settings.metrics.plans or tuple(PLANS)
        return settings.model_copy(
            update={
                "state": StateSettings(),  # nothing outlives the demo
                "time": settings.time.model_copy(update={"clock": "log"}),
                "metrics": settings.metrics.model_copy(update={"plans": plans}),
            }
        )

    async def run(self) -> int:
        """Play, show, prove; return the exit code: 0 if every streamed figure equals the recomputed one."""
        settings, broker = self.settings, Broker(self.settings)
        worker = await build(settings, alone=self.alone)
        worker.gauges.watchers.append(self._unprinted.extend)
        async with starting(worker), self._page(worker) as web:
            self._step("page", f"{web.url}   also /metrics /healthz /readyz")
            async with beside(self._show_ready(worker, settings)):
                return await self._play(worker, broker, web)

    async def _show_ready(self, worker: Worker, settings: Settings) -> None:
        """Show when the worker is ready, and run a console beside it from then on."""
        await worker.until_ready()
        self._step("worker", f"ready, partitions {', '.join(map(str, range(worker.partitions)))}")
        if (
            missing_packages()
            or self.stop.is_set()
            or not (self.is_watched and (self.console.is_terminal or self.duration))
        ):
            return  # the play is over, or ends with the history: nobody would look
        async with console_beside(settings, self._arguments, self.say_console):
            await asyncio.Event().wait()

    def say_console(self, url: str | None) -> None:
        """Show where the console is, now that it answers, and open it; None says that it could not be started.

        A console that answers when the play is over, and that ends with it, is neither shown nor opened.
        """
        if not self.is_watched:
            return
        if url is not None:
            self._step("console", f"{url}   customers at risk, retention, signals")
            self._opens(url)
        else:
            self.console.print(" [yellow]![/] the console could not be started: run `backstay console` to see why")

    @contextlib.asynccontextmanager
    async def _page(self, worker: Worker) -> AsyncIterator[Web]:
        wanted = self.settings.web
        web = Web(wanted, worker, mode="demo")
        try:
            await web.start()
        except BadSettings as error:  # a taken port must not end a demonstration: any free one will do
            why = escape(str(error).partition(":")[0])
            self.console.print(f" [yellow]![/] {why}: the page gets another one (web.port)", soft_wrap=True)
            web = Web(wanted.model_copy(update={"port": 0}), worker, mode="demo")
            await web.start()
        try:
            yield web
        finally:
            await web.stop()

    async def _play(self, worker: Worker, broker: Broker, web: Web) -> int:
        producer = broker.producer("demo")
        await producer.start()
        player = Player(broker, producer, await broker.input_widths())
        deadline = self.begun + self.duration if self.duration is not None else None
        playing = asyncio.ensure_future(self._feed(player, worker))
        try:
            await self._watch(worker, web, playing, deadline)
        finally:
            self.is_watched = False
            playing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await playing
            await player.settle()
            if self.reached is not None:
                # The played days are over: heartbeats close them, so that every event in the log counts.
                await player.promise(instant(self.reached))
            await producer.stop()
        if worker.failure.done():
            await worker.failure
        if not self._sent:
            self.console.print("Stopped before the first event: there is nothing to compare")
            return 0
        self.console.print("[dim]computing every figure again from the log, and judging the signals …[/]")
        await worker.until_idle()
        proof = await prove(broker, worker)
        scores = await scored(broker, self.company, self.recency, self.reached or self.first)
        return self._summary(proof, scores, worker)

    async def _feed(self, player: Player, worker: Worker) -> None:
        """Send day by day: the history as fast as it is applied, then a day every few seconds."""
        for number, arrivals in groupby(self.company.history(endless=True), lambda one: (one.at - self.first).days):
            begun = time.monotonic()
            live = number >= DAYS_OF_HISTORY
            if live and self.stage == "history":
                await self._worked_off(worker, 0)
                self.stage = "live"
                if not self.console.is_terminal and self.duration is None:
                    return
            await self._day(player, list(arrivals), number, live=live)
            await self._worked_off(worker, MAX_WAITING if worker.ready else MAX_WAITING_FIRST)
            if not live:
                await asyncio.sleep(max(0.0, DAY_SECONDS - (time.monotonic() - begun)))

    async def _day(self, player: Player, arrivals: list[Arrival], number: int, *, live: bool) -> None:
        for place, arrival in enumerate(arrivals):
            # The company's clock runs ahead of ours: a record has the time of its event, or ours if that is later.
            stamp = max(instant(arrival.at) // 1_000, int(time.time() * 1_000))
            await player.play(arrival.line(), stamp=stamp)
            self._sent += 1
            if arrival.event["type"] in SEEN:
                self.recency.saw(arrival.event["customer_id"], datetime.fromisoformat(arrival.event["occurred_at"]))
            if live:
                await player.settle()
                await asyncio.sleep(LIVE_DAY_SECONDS / len(arrivals))
            elif place % 50 == 0:
                await asyncio.sleep(0)  # the worker runs in this loop, too
        self.reached = self.first + timedelta(days=number + 1)
        await player.promise(instant(self.reached))

    async def _worked_off(self, worker: Worker, limit: int) -> None:
        while self._waiting(worker) > limit and not worker.failure.done():
            await asyncio.sleep(0.01)

    def _waiting(self, worker: Worker) -> int:
        """Return how many records the worker has yet to apply: all of them, until it is ready."""
        return sum(worker.customers.lag().values()) if worker.ready else self._sent

    async def _watch(self, worker: Worker, web: Web, playing: asyncio.Future[None], deadline: float | None) -> None:
        with Live(console=self.console, refresh_per_second=4, transient=True) as live:
            last = 0.0
            while not (playing.done() or self.stop.is_set() or worker.failure.done()):
                if deadline is not None and time.monotonic() > deadline:
                    break
                state = web.view.state()
                self._print_signals(worker)
                if self.console.is_terminal:
                    live.update(self.panel(state))
                elif state["events"] and time.monotonic() - last > LINE_SECONDS:
                    last = time.monotonic()
                    self.console.print(self._line(state), soft_wrap=True)
                await asyncio.sleep(WATCH_SECONDS if state["events"] else FIRST_WATCH_SECONDS)
        self._print_signals(worker)
        if playing.done() and not playing.cancelled():
            playing.result()

    def _print_signals(self, worker: Worker) -> None:
        """Print each new signal and fact, with its reason."""
        fresh = [one for one in self._unprinted if one.type in PRINTED and is_shown(one, worker.policy.basis)]
        self._unprinted.clear()
        for line in map(described, fresh):
            colour = {"low": "dim", "medium": "yellow", "high": "red", "critical": "bold red"}[line["severity"]]
            head = f"{line['at'][:10]} {line['customer']}  {line['what']:<24} "
            print_words(self.console, f" [{colour}]![/] {head}{escape(line['why'])}", under=len(head) + len(" ! "))

    def _line(self, state: dict[str, Any]) -> str:
        now = (state["figures"] or [{}])[-1]
        return (
            f" {(state['as_of'] or '–')[:10]:<10} {state['events']:>7,} events  "
            f"{now.get('customers', 0):>4} customers  CRR {_percent(now.get('crr'))}  NDR {_percent(now.get('ndr'))}  "
            f"{sum(state['open_signals'].values())} signals open"
        )

    def panel(self, state: dict[str, Any]) -> Group:
        """Return what is shown while it runs, of the state of the page; its last row is a short one."""
        table = Table.grid(padding=(0, 2))
        table.add_row("[dim]event time[/]", (state["as_of"] or "–")[:16].replace("T", " "), f"[dim]{self.stage}[/]")
        table.add_row("[dim]events[/]", f"{state['events']:,}", f"[dim]{state['lag']:,} waiting[/]")
        figures = state["figures"] or []
        for row in figures[-3:]:
            table.add_row(
                f"[dim]{row['period']}[/]",
                f"CRR [bold]{_percent(row['crr'])}[/]  NDR [bold]{_percent(row['ndr'])}[/]",
                f"[dim]{row['customers']} customers, MRR {row['mrr']} {row['currency'] or ''}[/]",
            )
        signals = [f"{name} {number}" for name, number in state["open_signals"].items()]
        listed = in_lines(signals, self.console.width - BESIDE) or "none"
        table.add_row("[dim]open signals[/]", listed)
        # A terminal echoes ^C where the last row ends: at its edge that would begin another row, and one would be left.
        return Group(table, "[dim]Ctrl-C for the summary[/]")

    def say_figures(self, proof: Proof) -> None:
        """Print the figures that were compared, month by month, and how many differ."""
        console = self.console
        console.print(
            f"\n[bold]Streamed figures against an independent recomputation of the same {proof.events:,} events[/]"
        )
        twice = f"[bold red]{proof.repeated_ids} ids twice[/]" if proof.repeated_ids else "no id twice"
        said = f"{proof.statements:,} statements, {twice}"
        if not proof.rows:
            console.print(f"No month is over yet, so there is no figure to compare; {said}")
            return
        table = Table("month", box=None)
        if console.width < WIDE:
            table.padding, table.pad_edge = CLOSE, False
        for name in ("S", "E", "N", "CRR", "MRR", "NDR", "GRR", "S (orders)", "CRR (orders)", ""):
            table.add_column(name, justify="right")
        for row in proof.rows:
            mark = "[green]equal[/]" if not row.differences else f"[red]{', '.join(row.differences)}[/]"
            table.add_row(row.month, *row.shown, mark)
        print_whole(console, table)
        if any("–" in row.shown for row in proof.rows):
            console.print(" –  nobody was a customer when that month began, so there is nothing to take a share of")
        equal = "[green]all equal[/]" if not proof.different else f"[bold red]{proof.different} different[/]"
        console.print(f"{proof.compared:,} figures compared, {equal}; {said}")

    def _summary(self, proof: Proof, scores: Scores, worker: Worker) -> int:
        console = self.console
        self.say_figures(proof)
        settled = moment(min(processor.partition_state.watermark for processor in worker.processors()))
        once = (
            "each with one outcome"
            if proof.accounted == proof.records
            else f"[bold red]{proof.accounted:,} with one[/]"
        )
        counts = proof.outcomes
        applied = f"{counts['applied'] + counts['late']:,} applied ({counts['late']} late)"
        others = f"{counts['duplicate']} duplicate, {counts['rejected']} rejected, {counts['heartbeat']:,} heartbeats"
        console.print(f"{proof.records:,} records, {once}: {applied}, {others}; watermark {settled:%Y-%m-%d}")
        for line in scores.lines():
            console.print(line)
        if self.stage == "history" and self.reached is not None:
            console.print(f"Stopped within the history, on {self.reached:%Y-%m-%d}: later losses are not known yet")
        return 0 if proof.holds else 1


def _percent(value: float | None) -> str:
    return f"{value * 100:.1f} %" if value is not None else "–"
