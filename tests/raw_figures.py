"""Plays a log in any way, so that the figures of a measure are held against the raw log in all zones and periods."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import Period, instant
from retention.policy import Policy
from schemas.outbound import MetricUpdate
from tests.building import line
from tests.playing import Outcome, Run, play
from tests.test_laws import overtaken

PERIODS = (("month", "quarter"), ("month", "week", "year"), ("month", "t30d"))
Test = Callable[..., None]


def in_any_way(*periods: tuple[str, ...]) -> Callable[[Test], Test]:
    """Draw `seed`, `zone`, `restart_every`, `keeps_sums` and `kinds`, the periods that are published."""
    return given(
        st.integers(0, 2**32),
        st.sampled_from(("UTC", "Europe/Madrid")),
        st.sampled_from((None, 2)),
        st.booleans(),
        st.sampled_from(periods or PERIODS),
    )


def arriving(events: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """Return a log out of order, of which a few events come once more at the end."""
    return overtaken(events, timedelta(hours=40), seed) + Random(seed).choices(events, k=3)


def played(
    arrived: list[dict[str, Any]], until: datetime, policy: Policy, restart_every: int | None, *, keeps_sums: bool
) -> Outcome:
    """Play a log in two partitions and small batches, with restarts."""
    return play(map(line, arrived), until, policy, Run(2, 7, restart_every=restart_every, keeps_sums=keeps_sums))


def period_of(policy: Policy, kind: str, update: MetricUpdate) -> Period:
    """Return the period of an update: a trailing one is named by its last day."""
    noon = instant(datetime.combine(update.period.end, datetime.min.time(), UTC) - timedelta(hours=12))
    return policy.calendar.period(kind, policy.calendar.period_index(kind, noon))
