"""`support-stuck`: a customer waits too long for the solution of a ticket.

    opened, high      24 h              72 h          escalated twice        solved
    ──┼─────────────────┼─────────────────┼─────────────────┼───────────────────┼──►
                        low               medium                                cleared

A ticket of high or urgent priority starts low when its target has passed, and is medium after 72 hours. Any other one
is low then, and medium after 120 hours. The second escalation makes each medium while it is open. Reopening begins the
wait anew. If nothing happens to a ticket for 30 days, its solution was probably not sent: it is no longer watched.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from retention.actions.priority_routing import PRIORITY_ROUTING
from retention.calendar import DAY, HOUR, NEVER, Instant, LocalDay
from retention.features.tickets.facets import TICKETS
from retention.features.tickets.section import TICKETS as SECTION
from retention.features.tickets.section import tickets_seen
from retention.features.tickets.tickets import ESCALATED, HIGH, OPENED, REOPENED, SOLVED, URGENT, Step, Ticket
from retention.liveness import gaps_written
from retention.policy import SignalPolicy
from retention.signals.base import MAX_EVIDENCE, Fact, Numbers, Signal, Stretch, View, so_far, waited

OPEN_HOURS: Final = 72
LASTING_HOURS: Final = 120
"""Most tickets that wait for 72 hours are solved within two more days, and their customers stay."""
HIGH_HOURS: Final = 24
URGENT_HOURS: Final = 8
WATCHED_DAYS: Final = 30
SECOND: Final = 2
LASTING: Final = "lasting"
SOURCE: Final = "tickets"


class _Open:
    """A time in which a ticket is open, its steps in it, and whether it ends because it is no longer watched."""

    def __init__(self, steps: list[Step], end: Instant, *, lapses: bool) -> None:
        self.start, self.end, self.lapses, self.steps = steps[0].at, end, lapses, tuple(steps)


class _Wait:
    """A time in which a ticket is open too long: since when, since when clearly so, and what it has waited for.

    `target` are the hours after which it should have been solved.
    """

    def __init__(
        self,
        start: Instant,
        medium: Instant,
        one: _Open,
        topic: str,
        target: int,
        escalated: tuple[Instant, ...],
        silent_days: tuple[LocalDay, ...],
    ) -> None:
        self.start, self.medium, self.topic, self.target, self.escalated = start, medium, topic, target, escalated
        self.end, self.opened, self.lapses, self.steps = one.end, one.start, one.lapses, one.steps
        self.silent_days = silent_days


class _Waits:
    """All waits of a customer in order, and the stretches of those that overlap."""

    def __init__(self, thresholds: tuple[tuple[str, float], ...], waits: list[_Wait]) -> None:
        self.thresholds, self.waits = thresholds, waits
        self.stretches = [_stretch(ones) for ones in _together(waits)]


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the times in which a ticket has waited too long, joined where those of several tickets overlap."""
    return so_far(view, _known(view).stretches)


def _known(view: View) -> _Waits:
    """Return the waits of a customer. They follow from its tickets: without a silence, time alone changes none."""
    silent_days, thresholds = view.silent_days_by_now(SOURCE), view.tuned.thresholds
    if silent_days:
        return _Waits(thresholds, _waits(view, silent_days))
    known = view.customer.derived(SECTION)
    if not isinstance(known, _Waits) or known.thresholds != thresholds:
        known = _Waits(thresholds, _waits(view, silent_days))
        view.customer.keep_derived(SECTION, known)
    return known


def _together(waits: list[_Wait]) -> list[list[_Wait]]:
    together: list[list[_Wait]] = []
    end = -NEVER
    for one in waits:
        if one.start < end:
            together[-1].append(one)
        else:
            together.append([one])
        end = max(end, one.end)
    return together


def _order(one: _Wait) -> tuple[object, ...]:
    """Return the sort key: the beginning, then whatever else sets two waits apart."""
    return one.start, one.end, one.medium, one.opened, one.topic, one.target, one.escalated, one.lapses, one.steps


def _waits(view: View, silent_days: Sequence[LocalDay]) -> list[_Wait]:
    """Return the times in which tickets were open too long."""
    found, targets = list[_Wait](), _targets(view)
    for ticket in tickets_seen(view.customer).values():
        earlier: tuple[Instant, ...] = ()
        for one in _open_times(ticket):
            escalated = (*earlier, *[step.at for step in one.steps if step.kind == ESCALATED])
            again = escalated[SECOND - 1 :] if len(earlier) < SECOND else escalated[len(earlier) :]
            wait = _wait(view, ticket, one, escalated, again[0] if again else NEVER, silent_days, targets)
            if wait is not None:
                found.append(wait)
            earlier = escalated
    return sorted(found, key=_order) if len(found) > 1 else found


def _targets(view: View) -> dict[str, int]:
    """Return within how many hours a ticket of each priority should be solved, and after how many any one is grave."""
    tuned = view.tuned
    usual = int(tuned.threshold("open_hours"))
    high, urgent = int(tuned.threshold("high_hours")), int(tuned.threshold("urgent_hours"))
    return {"": usual, HIGH: high, URGENT: urgent, LASTING: max(usual, int(tuned.threshold("lasting_hours")))}


def _open_times(ticket: Ticket) -> list[_Open]:
    """Return the times in which a ticket was open: to its solution, or until nothing had happened to it for long.

    An escalation shows, too, that it is open.
    """
    found: list[_Open] = []
    steps: list[Step] = []
    for step in ticket.steps:
        if steps and step.at >= steps[-1].at + WATCHED_DAYS * DAY:
            found.append(_Open(steps, steps[-1].at + WATCHED_DAYS * DAY, lapses=True))
            steps = []
        if step.kind != SOLVED:
            steps.append(step)
        elif steps:
            found.append(_Open(steps, step.at, lapses=False))
            steps = []
    if steps:
        found.append(_Open(steps, steps[-1].at + WATCHED_DAYS * DAY, lapses=True))
    return found


def _wait(
    view: View,
    ticket: Ticket,
    one: _Open,
    escalated: tuple[Instant, ...],
    again: Instant,
    silent_days: Sequence[LocalDay],
    targets: dict[str, int],
) -> _Wait | None:
    """Return since when a ticket that is open has waited too long; None if it was solved, or is given up, before."""
    usual = targets[""]
    target = min(usual, targets.get(ticket.priority, targets[HIGH]))
    late, too_late, not_counted = NEVER, NEVER, tuple[LocalDay, ...]()
    if one.steps[0].kind in {OPENED, REOPENED}:
        late, _ = waited(view, one.start, target * HOUR, silent_days)
        lasting = usual if target < usual else targets[LASTING]
        too_late, not_counted = waited(view, one.start, lasting * HOUR, silent_days)
    start = min(late, again)
    if start >= one.end:
        return None
    medium = min(too_late, again)
    medium = medium if medium < one.end else NEVER
    return _Wait(start, medium, one, ticket.topic, target, escalated, not_counted)


def _stretch(waits: list[_Wait]) -> Stretch:
    """Return one stretch of waits that overlap."""
    start, end = waits[0].start, max(one.end for one in waits)
    lapses = all(one.lapses for one in waits if one.end == end)
    shown = _shown(waits, start)
    evidence = {step.event_id: step.at for one in waits for step in one.steps}
    pieces = tuple(evidence)[:MAX_EVIDENCE]
    return Stretch(
        start=start,
        end=end,
        since=start,
        observed=shown.observed,
        baseline={},
        words=shown.words,
        evidence=pieces,
        evidence_at=tuple([evidence[piece] for piece in pieces]),
        harsher=(min(one.medium for one in waits),),
        lapses=lapses,
        outcome="lapsed" if lapses else "recovered",
        template=shown.template,
        data_gaps=shown.data_gaps,
        later=lambda at: _shown(waits, at),
    )


def _shown(waits: list[_Wait], at: Instant) -> Numbers:
    """Return how long the ticket that has waited longest is open at an instant, and how often it was escalated."""
    standing = [one for one in waits if one.start <= at < one.end] or waits[:1]
    oldest = min(standing, key=_order) if len(standing) > 1 else standing[0]
    hours, times = (at - oldest.opened) // HOUR, len([one for one in oldest.escalated if one <= at])
    topic: Fact = oldest.topic or "?"
    target: Fact = oldest.target
    observed: dict[str, Fact] = {"topic": topic, "hours": hours, "escalated": times, "tickets": len(standing)}
    return Numbers(
        observed=observed,
        words=lambda _: {"topic": topic, "hours": hours, "target": target, "times": times},
        template="escalated" if times >= SECOND else "main",
        data_gaps=gaps_written(SOURCE, oldest.silent_days) if oldest.silent_days else (),
    )


def _is_over(ticket: Ticket, at: Instant) -> bool:
    """Report whether a ticket was solved before an instant, or nothing had happened to it for so long."""
    last = ticket.steps[-1]
    return last.at + (0 if last.kind == SOLVED else WATCHED_DAYS * DAY) <= at


def quiet_until(view: View) -> Instant:
    """Return when a ticket will first have waited too long; `NEVER` if none waits."""
    if all(_is_over(ticket, view.as_of) for ticket in tickets_seen(view.customer).values()):
        return NEVER  # the usual case, without the times of each
    return min([one.start for one in _known(view).waits if one.end > view.as_of], default=NEVER)


SUPPORT_STUCK: Final = Signal(
    name="support-stuck",
    stops_promotion=True,
    trigger="on_time",
    reads=frozenset({TICKETS}),
    needs=(SECTION,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "A ticket on {topic} has been open for {hours} h; target {target} h",
            "es": "Una incidencia sobre {topic} lleva abierta {hours} h; el objetivo son {target} h",
            "it": "Una richiesta su {topic} è aperta da {hours} h; obiettivo {target} h",
        },
        "escalated": {
            "en": "A ticket on {topic} was escalated {times} times and has been open for {hours} h",
            "es": "Una incidencia sobre {topic} se ha escalado {times} veces y lleva abierta {hours} h",
            "it": "Una richiesta su {topic} è stata scalata {times} volte ed è aperta da {hours} h",
        },
    },
    recommends=PRIORITY_ROUTING,
    weight=0.20,
    half_life_days=10,
    default=SignalPolicy(
        severity="low",
        thresholds=(
            ("open_hours", OPEN_HOURS),
            ("high_hours", HIGH_HOURS),
            ("urgent_hours", URGENT_HOURS),
            ("lasting_hours", LASTING_HOURS),
        ),
    ),
    source=SOURCE,
    exact=True,
)
