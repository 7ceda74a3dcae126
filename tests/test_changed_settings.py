"""A deployment whose settings, or whose build, change: figures are those of the whole log with the new ones.

The customers have no further event: what their states store, and when they are due, has to follow by itself.
"""

import pytest

from retention.calendar import DAY
from retention.features.tickets.facets import TICKETS, TROUBLES
from retention.features.tickets.section import TICKETS as SECTION
from retention.measures import MEASURES, segments
from retention.measures.segments import Segment, Values
from retention.metrics import METRICS
from retention.policy import Policy
from retention.state.customer import Customer
from tests.building import Log, at
from tests.playing import Run, anybody, play, play_on
from tests.recipes.agreement import AGREEMENT, AGREEMENT_BALANCE

END = 220


def figures_after_a_change(
    log: Log, day: float, before: tuple[Policy, Run], after: tuple[Policy, Run]
) -> tuple[dict[str, object], dict[str, object]]:
    """Return the figures of a deployment that changed on a day, and those of the whole log with what it has now."""
    first = play(log.lines(), at(day), *before)
    changed = play_on(first, before, after, [], at(END))
    whole = play(log.lines(), at(END), *after)
    return tuple(  # type: ignore[return-value]
        {key: (one.value, one.components) for key, one in outcome.updates.items() if anybody(one.components)}
        for outcome in (changed, whole)
    )


ORDER = Log().buys(1, "o-1")
PAUSE = Log().starts(1).login(1, 2, 3, 4).pauses(5).login(6, 9)
UNPAID = Log().starts(1, term_end="2024-02-01T00:00:00Z").changes(5, status="past_due")
CHANGES = {
    "a shorter window": (ORDER, 10, Policy(), Policy(purchase_window_days=30)),
    "a shorter window, after its end": (ORDER, 40, Policy(), Policy(purchase_window_days=30)),
    "a longer window": (ORDER, 10, Policy(purchase_window_days=30), Policy()),
    "a longer window, after the lapse": (ORDER, 40, Policy(purchase_window_days=30), Policy()),
    "another zone": (Log().buys(1.96, "o-1"), 10, Policy(), Policy(zone="America/New_York")),
    "a shorter pause": (PAUSE, 10, Policy(), Policy(pause_limit=20 * DAY)),
    "a longer pause": (PAUSE, 10, Policy(pause_limit=20 * DAY), Policy()),
    "a longer pause, after the end": (PAUSE, 40, Policy(pause_limit=20 * DAY), Policy()),
    "less grace": (UNPAID, 10, Policy(), Policy(grace=5 * DAY)),
    "more grace": (UNPAID, 10, Policy(), Policy(grace=60 * DAY)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_customers_without_a_further_event_follow_a_changed_setting(change: str) -> None:
    log, day, before, after = CHANGES[change]

    changed, whole = figures_after_a_change(log, day, (before, Run()), (after, Run()))

    assert whole
    assert changed == whole


def test_a_new_measure_lapses_for_customers_that_were_there() -> None:
    run = Run(measures=(*MEASURES, AGREEMENT), metrics=(*METRICS, AGREEMENT_BALANCE))
    log = Log().asks(1, "t-1", "how_to")

    changed, whole = figures_after_a_change(log, 10, (Policy(), Run()), (Policy(), run))

    assert any(AGREEMENT_BALANCE.name in key for key in whole)
    assert changed == whole


def _asks(customer: Customer, _policy: Policy, _as_of: int) -> Values:
    return [(ticket.first_at(), "yes") for ticket in (SECTION.seen(customer) or {}).values()][:1]


ASKED = Segment("asked", lambda _: ("yes",), _asks, frozenset({TICKETS, TROUBLES}))


def test_a_new_segment_counts_customers_that_were_there(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log().starts(1).asks(2, "t-1").asks(3, "t-2")
    before = play(log.lines(), at(10), Policy())

    monkeypatch.setattr(segments, "SEGMENTS", (*segments.SEGMENTS, ASKED))
    changed = play_on(before, (Policy(), Run()), (Policy(), Run()), [], at(END))
    whole = play(log.lines(), at(END), Policy())

    found = {key: one.components for key, one in whole.updates.items() if "asked=yes" in key}
    assert any(anybody(components) for components in found.values())
    assert {key: one.components for key, one in changed.updates.items() if "asked=yes" in key} == found
