"""`milestone`: a customer has reached a milestone of its onboarding. An opportunity."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from retention.actions.congratulate import CONGRATULATE
from retention.calendar import NEVER, Instant
from retention.features.usage.facets import MILESTONES
from retention.features.usage.section import USAGE, usage_seen
from retention.features.usage.usage import Milestone
from retention.policy import SignalPolicy
from retention.signals.base import Numbers, Signal, Stretch, View
from retention.signals.occasions import Occasion, occasions

DAYS: Final = 7


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the seven days after each milestone, or the time to the next one."""
    usage = usage_seen(view.customer)
    found = [Occasion(one.at, one.event_id, partial(_shown, one)) for one in (usage.milestones if usage else ())]
    return occasions(view, found, int(view.tuned.threshold("for_days")))


def _shown(reached: Milestone) -> Numbers:
    return Numbers({"milestone": reached.name}, lambda _: {"milestone": reached.name})


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer that has reached none."""
    usage = usage_seen(view.customer)
    return 0 if usage is not None and usage.milestones else NEVER


MILESTONE: Final = Signal(
    name="milestone",
    role="opportunity",
    trigger="on_event",
    reads=frozenset({MILESTONES}),
    needs=(USAGE,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Reached the milestone {milestone}",
            "es": "Ha alcanzado el hito {milestone}",
            "it": "Ha raggiunto la tappa {milestone}",
        }
    },
    recommends=CONGRATULATE,
    default=SignalPolicy(severity="low", thresholds=(("for_days", DAYS),)),
)
