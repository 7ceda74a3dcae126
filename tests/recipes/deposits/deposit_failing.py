"""`deposit-failing`: two attempts to collect a deposit have failed, and none has succeeded since."""

from collections.abc import Iterator
from typing import Final

from retention.calendar import NEVER
from retention.signals.base import Signal, Stretch, View
from tests.recipes.deposits.facets import DRAWS
from tests.recipes.deposits.section import Attempt, deposits_seen
from tests.recipes.second_try import SECOND_TRY

ENOUGH: Final = 2
FOR_DAYS: Final = 30


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from the second failure of a deposit to its success, or to 30 days after, newest first."""
    found = [one for attempts in deposits_seen(view.customer).values() for one in _of_one(view, attempts)]
    return iter(sorted(found, key=lambda stretch: stretch.start, reverse=True))


def _of_one(view: View, attempts: list[Attempt]) -> Iterator[Stretch]:
    failed = [(at, ident) for at, ident, succeeded in attempts if not succeeded]
    if len(failed) < ENOUGH:
        return
    start = failed[ENOUGH - 1][0]
    given_up = view.calendar.add_days(start, FOR_DAYS)
    paid = min((at for at, _, succeeded in attempts if succeeded and at > start), default=NEVER)
    yield Stretch(
        start=start,
        end=min(paid, given_up),
        since=start,
        observed={"failed_attempts": len(failed)},
        baseline={},
        words=lambda _: {"count": len(failed)},
        evidence=tuple(ident for _, ident in failed[:ENOUGH]),
        lapses=given_up < paid,
    )


DEPOSIT_FAILING: Final = Signal(
    name="deposit-failing",
    trigger="on_event",
    reads=frozenset({DRAWS}),
    stretches=stretches,
    texts={
        "main": {
            "en": "{count} attempts to collect a deposit have failed",
            "es": "{count} intentos de cobro han fallado",
            "it": "{count} tentativi di addebito non riusciti",
        }
    },
    recommends=SECOND_TRY,
    weight=0.25,
    half_life_days=14,
)
