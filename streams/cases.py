"""The cases of a history: what was known of a customer at an instant, and whether it was lost after that.

    warm-up          trained on                gap               judged on
    |--------------- x   x   x   x   x | ─ one horizon ─ | x   x   x   x | ─ one horizon ─ |
    first event                        └ its losses end here             └ last that is judged   last event

Rule: no loss by which a model was fitted lies in the part by which it is judged, and all cases of a customer are in one
fold. A case whose loss cannot be known yet is in neither part.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from retention.calendar import DAY, NEVER, Instant, rfc3339
from retention.identity import digest
from streams.errors import BadLog

LEAST_LOSSES: Final = 25
"""Customers that are lost, and such as are not, that each part needs."""
SHARE_TRAINED: Final = 0.6


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
            f"{names} covers {days} day{'s' * (days != 1)}, "
            f"from {day_of(history.first)} to {day_of(history.last)}: {least} are needed, "
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
