"""The customers of one partition: applies events, passes event time, and collects the statements that follow.

Rule: statements follow from the difference between two results of one customer's history.

    event          before  ── fold ──►  after             the difference goes to the sums, movements, losses, returns;
                                                          signals that read the changed facet are checked
    due instant    at the instant  ──►  right after it    the same

Reason: a late event changes the history at its own place, so corrections need no code of their own
(docs/decisions/0003). Everything here is a pure function of the input and of the watermark. Nothing awaits.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from retention.calendar import DAY, LAST, NEVER, Instant, LocalDay
from retention.engine.absences import Absence
from retention.engine.cards import Cards
from retention.engine.customers import Customers
from retention.engine.episodes import Episodes
from retention.engine.joining import join
from retention.engine.losses import Losses
from retention.engine.once import once
from retention.engine.pace import Pace
from retention.engine.parts import Parts, horizon_start, parts, parts_of, residue, same_until, shown
from retention.engine.rounds import Turn
from retention.engine.signal_statements import open_signals
from retention.engine.sums import Sums
from retention.engine.timers import AFTER_ALL, Timers
from retention.engine.unspoken import Unspoken
from retention.errors import Rejected
from retention.features import REGISTER
from retention.features.base import DUPLICATE, NOTHING, Aside, Facet
from retention.features.register import Entry, Register
from retention.identity import derived_id
from retention.liveness import Sources
from retention.measures import MEASURES
from retention.measures.base import (
    Difference,
    Measure,
    Shown,
    keeps_nothing,
    never,
    no_statements,
    summed,
    wanted_by,
)
from retention.measures.segments import facets_read, segments_of
from retention.policy import Policy
from retention.reference import CONCERNS_CUSTOMERS, Fact, Facts, Key
from retention.risk.section import next_look, unsettle
from retention.signals import SIGNALS
from retention.state.codec import decode, encode
from retention.state.customer import Customer, newcomer
from retention.state.section import Horizon
from retention.state.seen_ids import saw
from retention.statements import Occasion, Statement
from schemas.base import Event

WATCHED: Final = frozenset(signal.source for signal in SIGNALS if signal.source is not None)
"""The topics whose silence mutes signals."""

MAX_UNSPOKEN: Final = 256
"""Customers that may wait for more events of their instant: if there are more, the first one is published."""

MERGED: Final = "merged"
"""The reason of a restatement that follows from a merge."""
_NEITHER_LEFT_NOR_CAME: Final = frozenset({"customer.churned", "customer.returned"})


class Moved(NamedTuple):
    """A customer on its way to where it goes on: its state, and its share in the sums that it leaves behind."""

    state: bytes
    share: Parts


class PartitionState:
    """The customers of one partition, their timers and their sums."""

    def __init__(
        self,
        policy: Policy,
        customers: Customers,
        watermark: Instant = 0,
        sources: Sources | None = None,
        register: Register = REGISTER,
        measures: Sequence[Measure] = MEASURES,
        turn: Turn | None = None,
        facts: Facts | None = None,
    ) -> None:
        self.policy, self.customers, self.sources = policy, customers, sources or Sources(WATCHED)
        self.facts = Facts() if facts is None else facts
        self._register = register
        measures = self._measures = wanted_by(policy, measures)
        self._next_steps = [(one.needs_bits, one.next_step) for one in measures if one.next_step is not never]
        self._keeping = [one.keep_steps for one in measures if one.keep_steps is not keeps_nothing]
        self._dropping = [one.drop_steps for one in measures if one.drop_steps is not keeps_nothing]
        self._speaking = [place for place, one in enumerate(measures) if one.statements is not no_statements]
        """The places of the measures that say something: most have figures only."""
        self._shifting = [place for place in self._speaking if measures[place].says_segments and segments_of(policy)]
        self.statements: list[Statement] = []
        self._unspoken: dict[str, Unspoken] = {}
        self.asides: list[Aside] = []
        """Earlier events that turned out to be of no use, to become dead letters."""
        self.episodes = Episodes(policy, self.statements, self.sources, register, self.facts)
        self.cards = Cards(policy, customers, turn or Turn(), self.sources, self._arm)
        self.timers = Timers(customers.due)
        self.sums = Sums(policy, measures)
        self.losses = Losses(policy, measures)
        self.without_effect = 0
        """Cancellation requests of its customers that never took effect."""
        self.reviewing = False
        """Whether all customers are being checked again, because days by which they were judged are no longer
        silent.
        """
        self.has_news = False
        """Whether all customers have still to be checked again, because of facts that were not known before."""
        self._last_words = dict(word for measure in measures for word in measure.last_words)
        self._lapsing = frozenset[Facet]().union(*(measure.reads for measure in measures))
        self._counted = self._lapsing | facets_read(policy)
        """What may change a figure: how a customer stands, or in which segment it is counted."""
        self._entries = register.read_by(self._counted)
        self.horizon: Instant = -NEVER
        self.first_day: LocalDay = 0
        """The local day of the horizon."""
        self._pace = Pace(policy.calendar)
        self._settle(watermark)
        self.episodes.rung = (watermark, AFTER_ALL)  # which timers of that instant have fired is not known any more

    def load(self, name: str, customer: Customer) -> None:
        """Add a restored customer to timers, sums and open signals, which are all derived from the states."""
        self.timers.add(customer.due, name)
        self.sums.add(parts(customer, self.policy, self._settled(customer), self._measures))
        self.episodes.load(customer)
        self.cards.load(name, customer)
        self.without_effect += self._count_unsettled(customer)

    def renew(self, customer: Customer) -> bool:
        """Derive again what a restored state stores for measures: written with other settings, or by another build.

        Lapses before the instant up to which the state is settled count as the new settings say, and are not stated.
        Return whether anything changed.
        """
        before = encode(customer)
        for measure in self._measures:
            measure.renew(customer, self.policy)
        self.losses.settle(customer, self._shown(customer, self._settled(customer)))
        customer.due = min(customer.due, self._next_lapse(customer, self._settled(customer)))
        unsettle(customer)
        return encode(customer) != before

    def load_stored(
        self, dues: Iterable[tuple[str, Instant]], open_signals: Mapping[tuple[str, str], int], without_effect: int
    ) -> None:
        """Add all customers at once if the sums were restored too: timers need their due instants only."""
        self.timers.fill(dues)
        self.episodes.open.update(open_signals)
        self.without_effect = without_effect

    def learn(self, fact: Fact) -> list[Key]:
        """Add a fact of the company; return the keys under which something else is known now.

        Customers may have been judged without it, so all of them are checked again when time next passes.
        """
        changed = self.facts.learn(fact)
        self.has_news = self.has_news or (bool(changed) and fact.kind in CONCERNS_CUSTOMERS)
        return changed

    def take_statements(self) -> list[Statement]:
        """Return the statements since the last call, each thing stated once, as it is now."""
        self._speak_of_all()
        statements = once(self.statements, self._last_words)
        self.statements.clear()
        return statements + self.cards.take()

    def _speak_of_all(self) -> None:
        for name in list(self._unspoken):
            self._speak(name)

    def _speak(self, name: str) -> None:
        """Publish what follows from the events of a customer at one instant, all of it together."""
        unspoken = self._unspoken.pop(name)
        customer = self.customers.find(name)
        if customer is None:
            raise LookupError(f"something happened to a customer that is not kept: {name}")
        said = len(self.statements)
        if unspoken.before:
            none = Occasion("", unspoken.at)
            occasions = [Occasion(cause, unspoken.at) if cause else none for cause in unspoken.causes]
            self._tell_difference(name, customer, unspoken.before, unspoken.after, occasions)
        stands = ""
        for facet, event in unspoken.changed.items():
            occasion = Occasion(event, unspoken.at, unspoken.at < customer.latest)
            self._arm(name, customer, self.episodes.review(name, customer, facet, occasion))
            if facet.days is not None:
                self._watch(name, customer, self.episodes.absences[facet], unspoken.at)
            if facet in self.cards.reads:
                stands = event
        self._note(name, customer, said, self._settled(customer))
        if stands:
            self.cards.look(name, customer, self._settled(customer), stands)

    def _note(self, name: str, customer: Customer, begin: int, as_of: Instant) -> None:
        """Note that the card of a customer waits if a statement, from `begin` on, says that a signal changed."""
        if len(self.statements) > begin:
            self.cards.note(name, customer, self.statements, begin, as_of)

    def _set_time(self, watermark: Instant) -> None:
        self.watermark = self.episodes.watermark = self.sums.watermark = watermark

    def _settle(self, watermark: Instant) -> None:
        self._set_time(watermark)
        horizon = horizon_start(self.policy, watermark)
        if horizon != self.horizon:
            self.horizon, self.first_day = horizon, self.policy.calendar.day(horizon)
            self.cards.horizon = horizon
            self.losses.set_horizon(horizon)
            self.sources.forget_before(horizon)
        self.sums.seal(watermark)

    def _settled(self, customer: Customer) -> Instant:
        """Return the instant up to which the lapses of a customer are counted and published.

        A state can be ahead of the watermark only after a crash on a broker without transactions.
        """
        return max(customer.settled, min(self.watermark, customer.due))

    def observe(self, event: Event, at: Instant, topic: str, offset: int | None) -> Facet | None:
        """Apply one event, and collect what follows; return None if it was applied before.

        `topic` is that of its family; `offset` is None for a record that cannot come a second time.
        Raises `Rejected` for an event that cannot be used.
        """
        return self.apply(self.customers.find(event.customer_id), event, at, topic, offset)

    def apply(
        self, customer: Customer | None, event: Event, at: Instant, topic: str, offset: int | None
    ) -> Facet | None:
        """Apply one event to a customer that was found already; None for a new one."""
        name = event.customer_id
        if customer is not None and offset is not None and customer.has_applied(topic, offset):
            self.hear(event, at, topic)  # the sources may have been stored without it
            return None
        entry = self._entries[event.type]
        if at < self.horizon:
            entry = _of_old(entry, customer, event, at)
        if self._unspoken and (unspoken := self._unspoken.get(name)) is not None and unspoken.at != at:
            self._speak(name)
        known = customer is not None
        if customer is None:
            customer = newcomer()
        elif customer.oldest < self.first_day:
            self._forget_old(customer)
        facet, before = self._fold(entry, customer, event, at)
        if not known:
            self.customers.add(name, customer)
        if offset is not None:
            customer.note_applied(topic, offset)
        self.hear(event, at, topic)
        if facet is not DUPLICATE:
            self._take_effect(name, customer, facet, before, at, event)
            if entry.says is not None:
                self.statements.append(entry.says(event, at))
        return facet

    def _take_effect(
        self, name: str, customer: Customer, facet: Facet, before: list[Shown] | None, at: Instant, event: Event
    ) -> None:
        """Bring the times, the figures and the signals of a customer in line with an event that is new."""
        is_before_loss = before is None and self.losses.concerns(customer, at, self.watermark)
        customer.latest = max(customer.latest, at)
        customer.oldest = min(customer.oldest, max(self.first_day, at // DAY - 1))  # its local day, or the one before
        if before is not None:
            self._take_in(name, customer, facet, before, at, event)
        elif is_before_loss:
            self._judge_again(customer, facet, at, event)
        self._follow(name, customer, facet, at, event)

    def _judge_again(self, customer: Customer, facet: Facet, at: Instant, event: Event) -> None:
        """Ask again which signals were open before later losses, after an event that no other figure reads."""
        before = self._shown(customer, self._settled(customer))
        if self.losses.settle(customer, before, at, facet):
            self._exchange(before, self._shown(customer, self._settled(customer)), event.event_id)

    def _shown_after(
        self, customer: Customer, before: list[Shown], as_of: Instant, at: Instant, facet: Facet | None = None
    ) -> list[Shown]:
        """Return the result of a customer's history after a change at an instant, its losses among it."""
        after = self._shown(customer, as_of)
        return self._shown(customer, as_of) if self.losses.follow(customer, before, after, at, facet) else after

    def _take_in(
        self, name: str, customer: Customer, facet: Facet, before: list[Shown], at: Instant, event: Event
    ) -> None:
        """Add to the sums how an event changed the result of the history, and note that it is to be published."""
        after = self._shown_after(customer, before, self._settled(customer), at, facet)
        for found in after:
            if found.brought:
                customer.settled = max(customer.settled, found.brought[-1] + 1)
        self._exchange(before, after, event.event_id)
        causes = self._causes(facet, before, after, event.event_id)
        shifts = self._shifts(before, after, event.event_id) if self._shifting else []
        if any(causes) or any(shifts):
            self._unspoken_of(name, at).take_in(before, after, causes, shifts)
        for keep_steps in self._keeping:
            keep_steps(customer, self.policy)
        if facet.at_once and not self._lapsing.isdisjoint((facet, *facet.parts)):
            self._arm(name, customer, self._next_lapse(customer, self._settled(customer)))

    def _causes(self, facet: Facet, before: list[Shown], after: list[Shown], event: str) -> list[str]:
        """Return, by measure, the event if it may be the cause of what the measure says; else nothing.

        An event that only other measures read is no cause, and a measure of figures alone says nothing. So what is said
        does not depend on which other measures there are.
        """
        changed = (facet, *facet.parts)
        is_read = not self._counted.isdisjoint(changed)
        causes = [""] * len(before)
        for place in self._speaking:
            was, now = before[place], after[place]
            is_others = is_read and self._measures[place].reads.isdisjoint(changed) and was.tracks == now.tracks
            causes[place] = "" if is_others else event
        return causes

    def _shifts(self, before: list[Shown], after: list[Shown], event: str) -> list[str]:
        """Return, by measure, the event if it moves the customer to another segment and the measure says that."""
        shifts = [""] * len(before)
        for place in self._shifting:
            if before[place].splits != after[place].splits:
                shifts[place] = event
        return shifts

    def _exchange(self, before: list[Shown], after: list[Shown], cause: str = "") -> None:
        """Replace a customer's former parts in the sums by the present ones."""
        for measure, was, now in zip(self._measures, before, after, strict=True):
            if was is not now and (was.tracks != now.tracks or was.splits != now.splits):
                since = same_until(was, now)
                old, new = parts_of(measure, was, self.policy, since), parts_of(measure, now, self.policy, since)
                self.sums.exchange(old, new, cause)

    def _fold(self, entry: Entry, customer: Customer, event: Event, at: Instant) -> tuple[Facet, list[Shown] | None]:
        """Fold an event; return what it changed, and the former result of the history if that may differ now."""
        known_by, quick, restates = entry.known_by, entry.quick, entry.restates
        if known_by is not None and saw(customer, known_by(event)):
            return DUPLICATE, None
        if quick is not None:
            facet = quick(customer, event, at, self.policy, self.watermark)
            if facet is not None:
                return facet, None
        before: list[Shown] | None = None
        if restates is not None and restates(customer, at):
            before = self._shown(customer, self._settled(customer))
        if entry.settles or entry.useless is not None:
            return self._fold_and_count(entry, customer, event, at), before
        return entry.fold(customer, event, at, self.policy), before

    def _fold_and_count(self, entry: Entry, customer: Customer, event: Event, at: Instant) -> Facet:
        """Fold an event that may settle requests, or show that earlier events are of no use; count both."""
        useless = entry.useless
        unsettled = self._count_unsettled(customer) if entry.settles else 0
        known = [aside.event for aside in useless(customer, event)] if useless is not None else []
        facet = entry.fold(customer, event, at, self.policy)
        if entry.settles:
            self.without_effect += self._count_unsettled(customer) - unsettled
        if useless is not None:
            self.asides += [aside for aside in useless(customer, event) if aside.event not in known]
        return facet

    def _count_unsettled(self, customer: Customer) -> int:
        return self._register.count_unsettled(customer, self.policy)

    def hear(self, event: Event, at: Instant, topic: str) -> None:
        """Note an event as a sign of life of its source. Order does not matter: the sources keep a set."""
        rhythm = self.sources.rhythms.get(topic)
        if rhythm is not None and rhythm.seen(at, self.watermark):
            self.sources.recovered = True
        if event.backfill:
            self.sources.fill_in(at)

    def _unspoken_of(self, name: str, at: Instant) -> Unspoken:
        unspoken = self._unspoken.get(name)
        if unspoken is None:
            if len(self._unspoken) >= MAX_UNSPOKEN:
                self._speak(next(iter(self._unspoken)))
            unspoken = self._unspoken[name] = Unspoken(at)
        return unspoken

    def _follow(self, name: str, customer: Customer, facet: Facet, at: Instant, event: Event) -> None:
        """Publish what follows from the change of an event, or note that it is to be published."""
        if not facet.at_once or (name in self._unspoken and facet is not NOTHING and not facet.parts):
            self._unspoken_of(name, at).changed[facet] = event.event_id
            if facet in self._lapsing:
                self._arm(name, customer, self._next_lapse(customer, self._settled(customer)))
        elif facet.awaitable:
            self._review_presence(name, customer, facet, at, event)
        elif facet.parts:
            self._follow_each(name, customer, facet, at, event)
        elif facet is not NOTHING:
            self._review(name, customer, facet, at, event)

    def _follow_each(self, name: str, customer: Customer, facet: Facet, at: Instant, event: Event) -> None:
        """Publish what follows for each of several features; raise the error of one that could not use the event."""
        for part in facet.parts:
            self._follow(name, customer, part, at, event)
        if facet.rejected is not None:
            raise facet.rejected

    def _review(self, name: str, customer: Customer, facet: Facet, at: Instant, event: Event) -> None:
        occasion, said = Occasion(event.event_id, at, at < customer.latest), len(self.statements)
        self._arm(name, customer, self.episodes.review(name, customer, facet, occasion))
        self._note(name, customer, said, self._settled(customer))
        if facet in self.cards.reads:
            self.cards.look(name, customer, self._settled(customer), event.event_id)

    def _review_presence(self, name: str, customer: Customer, facet: Facet, at: Instant, event: Event) -> None:
        """Check the absence after an event of a day: usually only its timer has to be set.

        Most timers fire earlier anyway.
        """
        absence = self.episodes.absences[facet]
        if at < self.watermark or not absence.is_quiet(customer):
            self._review(name, customer, facet, at, event)
        self._watch(name, customer, absence, at)

    def _watch(self, name: str, customer: Customer, absence: Absence, at: Instant) -> None:
        """Set the timer of the absence after an event of a day, unless an earlier one is set.

        Signals of absence judge by the days that event time has come to: of one that is read ahead they know nothing.
        """
        if at >= self.watermark and customer.due > at + absence.suffices:
            self._arm(name, customer, absence.matters(self.policy.calendar.day(at)))

    def _forget_old(self, customer: Customer) -> None:
        """Drop what lies before the horizon.

        It does not reach the oldest unsealed period, and the standing there stays the same: so do the sums.
        """
        customer.oldest = self.first_day
        waited = self._count_unsettled(customer)
        horizon = Horizon(self.horizon, self.first_day, self.policy)
        self._register.prune(customer, horizon)
        self.losses.prune(customer, horizon)
        self.without_effect += self._count_unsettled(customer) - waited  # old requests are dropped, too

    def _shown(self, customer: Customer, as_of: Instant) -> list[Shown]:
        return shown(customer, self.policy, as_of, self._measures)

    def _tell_difference(
        self, name: str, customer: Customer, before: list[Shown], after: list[Shown], occasions: list[Occasion]
    ) -> None:
        for place in self._speaking:
            was, now = before[place], after[place]
            if was is not now:
                difference = Difference(name, customer, self.policy, self.horizon, occasions[place], open_signals)
                self.statements += self._measures[place].statements(difference, was, now)

    def forget(self, name: str, at: Instant) -> Parts:
        """Erase a customer; return what remains of it in the sums, without a name."""
        customer = self.customers.find(name)
        if customer is None:
            return {}
        before = parts(customer, self.policy, self._settled(customer), self._measures)
        self.without_effect -= self._count_unsettled(customer)
        left = residue(customer, self.policy, at, self._measures)
        self.sums.exchange(before, left)
        self._unspoken.pop(name, None)
        own = [statement for statement in self.statements if statement.key == name]
        self.statements[:] = [statement for statement in self.statements if statement.key != name]
        self.episodes.drop(customer, at, own)
        self.cards.forget(name)
        self._pace.forget(name)
        self.customers.forget(name)
        self.timers.drop(name)
        return left

    def let_go(self, name: str, occasion: Occasion) -> Moved | None:
        """Remove a customer that goes on under another id; return what goes there, None if there is no such customer.

        Its share stays in the sums, and is now for the caller to keep. It is neither lost nor erased: its movements are
        corrected, and its signals cleared.
        """
        customer = self.customers.find(name)
        if customer is None:
            return None
        if name in self._unspoken:
            self._speak(name)
        before, after = self._shown(customer, self._settled(customer)), self._shown(newcomer(), NEVER)
        begin = len(self.statements)
        self._tell_difference(name, customer, before, after, [occasion] * len(before))
        corrected = [one for one in self.statements[begin:] if one.type not in _NEITHER_LEFT_NOR_CAME]
        self.statements[begin:] = corrected
        self.episodes.end_merged(name, customer, occasion)
        self.without_effect -= self._count_unsettled(customer)
        self.cards.let_go(name, customer)
        self._pace.forget(name)
        customer.due, customer.applied = NEVER, {}
        moved = Moved(encode(customer), self._parts_of(before))
        self.customers.forget(name)
        return moved

    def take_in(self, name: str, moved: Moved, occasion: Occasion, guard: tuple[str, int] | None = None) -> bool:
        """Join what came of a customer that goes on under this id: as if its events had always had it.

        What it had brought to the sums elsewhere stays there: the caller has to take it off here. Return False if this
        state came before, as `guard` shows: on a broker without transactions it may be sent twice.
        """
        customer = self.customers.find(name)
        if customer is None:
            customer = newcomer()
            self.customers.add(name, customer)
        elif guard is not None and customer.has_applied(*guard):
            return False
        elif name in self._unspoken:
            self._speak(name)
        if guard is not None:
            customer.note_applied(*guard)
        if customer.oldest < self.first_day:
            self._forget_old(customer)
        before, said = self._shown(customer, self._settled(customer)), len(self.statements)
        self._join(customer, moved)
        self.losses.settle(customer, self._shown(customer, self._settled(customer)), -NEVER)
        after = self._shown(customer, self._settled(customer))
        for found in after:
            if found.brought:
                customer.settled = max(customer.settled, found.brought[-1] + 1)
        old = self._parts_of(before)
        for key, vector in moved.share.items():
            old[key] = summed([old.get(key, {}), vector])
        self.sums.exchange(old, self._parts_of(after), occasion.event, MERGED)
        self._tell_difference(name, customer, before, after, [occasion] * len(before))
        due = min(self.watermark, self._next_lapse(customer, max(customer.settled, 1)))
        for facet in self._register.facets:
            due = min(due, self.episodes.review(name, customer, facet, occasion))
        customer.due = NEVER
        self._arm(name, customer, due)
        cause = derived_id(MERGED, name, occasion.event, moved.state.hex())
        self._note(name, customer, said, self._settled(customer))
        self.cards.look(name, customer, self._settled(customer), cause)
        self.cards.renew(name, customer, cause)
        return True

    def _join(self, customer: Customer, moved: Moved) -> None:
        other = decode(moved.state)
        if other.oldest < self.first_day:
            self._register.prune(other, Horizon(self.horizon, self.first_day, self.policy))
            other.oldest = self.first_day
        waited = self._count_unsettled(customer)
        join(customer, other, self._register, self.policy)
        self.without_effect += self._count_unsettled(customer) - waited
        for measure in self._measures:
            measure.keep_steps(customer, self.policy)
        customer.due = min(customer.due, self._next_lapse(customer, max(customer.settled, 1)))

    def _parts_of(self, found: list[Shown]) -> Parts:
        whole: Parts = {}
        for measure, history in zip(self._measures, found, strict=True):
            whole |= parts_of(measure, history, self.policy)
        return whole

    def advance(self, watermark: Instant, limit: int = 10**9) -> int:
        """Pass event time: fire every timer that is due before the watermark, at most `limit`; return the number fired.

        If the watermark stands still, timers that late events have set for earlier instants fire now, not when it moves
        on.
        """
        fired = 0
        if watermark < self.watermark:
            return fired
        if watermark > self.watermark or self.sources.recovered:
            self._speak_of_all()
        self.sources.come_to(watermark)
        if self.sources.recovered and not self.sources.silent(watermark):
            self._review_everybody()
        if self.has_news and watermark > self.watermark:
            self.has_news, self.reviewing, self.episodes.has_news = False, True, True
            self.look_again()
        while (timer := self.timers.next(watermark)) is not None:
            due, name = timer
            self._set_time(max(self.watermark, due))
            if name in self._unspoken:
                self._speak(name)
            self.episodes.rung = timer
            self._pass(name, due)
            fired += 1
            if fired >= limit:
                return fired
        self.reviewing = self.episodes.has_news = False
        self._settle(watermark)
        return fired

    def cards_are_due(self) -> bool:
        """Report whether there are cards to write."""
        return self.cards.are_due(self.watermark)

    def write_cards(self, limit: int) -> bool:
        """Write the cards of at most `limit` customers, when everything is read; report whether more are left."""
        return self.cards.are_due(self.watermark) and self.cards.write(self.watermark, limit)

    def _review_everybody(self) -> None:
        """Set a timer for every customer that a silence may have excused: late events show that there was none.

        This touches all customers, once after an outage whose events arrived after all.
        """
        self.sources.recovered, self.reviewing = False, True
        self.look_again()

    def look_again(self) -> None:
        """Set a timer for every customer, because its own may follow from another policy. Most have nothing to say."""
        for name in self.customers.names():
            if self.customers.due(name) > self.watermark:
                self.customers.rearm(name, self.watermark)
                self.timers.add(self.watermark, name)

    def _pass(self, name: str, due: Instant) -> None:
        """Fire one timer of one customer. Most change nothing, and leave nothing to write."""
        customer = self.customers.look(name)
        # What lies before `settled` is counted: the state may be ahead of the watermark, and this timer early.
        settled = max(customer.settled, 1)  # 0 is no lapse
        lapse = self._next_lapse(customer, max(due, settled))
        lapsed, looks = lapse == due, next_look(customer)
        quiet = 0 if lapsed or looks <= due else self.episodes.quiet_until(name, customer, due)
        if quiet:
            asked = self._pace.unhurried(name, due, quiet)
            following = min(asked, lapse)  # two at a time: the compiler calls Python for the least of more
            following = min(following, looks)
            following = self._pace.later(due, min(following, self._absence_after(customer, due)))
            self.customers.rearm(name, following)
            self.timers.add(following, name)
        else:
            self._ring(name, due, lapsed=lapsed)

    def _ring(self, name: str, due: Instant, *, lapsed: bool) -> None:
        customer, said = self.customers.find(name), len(self.statements)
        if customer is None:
            raise LookupError(f"a timer for a customer that is not kept: {name}")
        if lapsed:
            before = self._shown(customer, due)
            after = self._shown_after(customer, before, due + 1, NEVER)
            self._exchange(before, after)
            self._tell_difference(name, customer, before, after, [Occasion(at=due)] * len(before))
            customer.settled = max(customer.settled, due + 1)
        customer.due = NEVER
        for drop_steps in self._dropping:
            drop_steps(customer, due)
        asked = self._pace.unhurried(name, due, self.episodes.ring(name, customer, due, lapsed=lapsed))
        as_of = max(due + 1, customer.settled)
        self._note(name, customer, said, as_of)
        if lapsed or next_look(customer) <= due:
            self.cards.look(name, customer, as_of, f"passed {due}")
        following = min(asked, self._next_lapse(customer, as_of))
        following = min(following, next_look(customer))
        self._arm(name, customer, self._pace.later(due, min(following, self._absence_after(customer, due))))

    def _next_lapse(self, customer: Customer, after: Instant) -> Instant:
        """Return when time alone next changes the result of a measure."""
        found, there = LAST, customer.there()
        for needs, next_step in self._next_steps:
            if needs & there or not needs:
                found = min(found, next_step(customer, self.policy, after))
        return found if found != LAST else NEVER

    def _absence_after(self, customer: Customer, due: Instant) -> Instant:
        """Return when any absence after the first event from the day of `due` on could matter.

        The signals may not have been checked at that event.
        """
        found, there, day = NEVER, customer.there(), self.policy.calendar.day(due)
        for absence in self.episodes.awaited:
            later = absence.first_from(customer, there, day)
            if later is not None:
                found = min(found, absence.matters(later))
        return found

    def _arm(self, name: str, customer: Customer, due: Instant) -> None:
        """Set the timer, unless an earlier one is set: firing early only checks again."""
        if due < customer.due:
            customer.due = due
            self.timers.add(due, name)


def _of_old(entry: Entry, customer: Customer | None, event: Event, at: Instant) -> Entry:
    """Return how an event from before the horizon is handled; raise `Rejected` if nothing unsealed depends on it."""
    found = entry.of_old(customer, event, at)
    if found is None:
        raise Rejected("too_late", "older than the horizon, and nothing unsealed depends on it")
    return found
