"""Stores the outcomes of a customer's actions, and its first exposure to each experiment.

What is stored follows from the set of events alone: the newest outcomes, and of each experiment the earliest exposure,
whatever the order in which they arrived. A customer that is exposed to a second arm stays in the first one. Only for a
customer in more than `MAX_EXPERIMENTS` experiments may a later exposure be taken for the first one.
"""

from typing import Final, Literal

from retention.calendar import Instant
from retention.identity import KeptId, unpacked
from retention.ordering import together
from retention.structs import Kept, KeptFact

MAX_OUTCOMES: Final = 60
MAX_EXPERIMENTS: Final = 100

DELIVERED: Final = "d"
CONVERTED: Final = "c"
DISMISSED: Final = "x"
OutcomeKind = Literal["d", "c", "x"]
"""As it is stored: in one letter."""
UNSAID: Final = 0
BY_ITSELF: Final = 1
BY_A_PERSON: Final = 2


class Outcome(KeptFact, frozen=True):
    """One outcome: when, of which kind and action, and digests of the recommendation and the episode."""

    at: Instant
    event_id: KeptId
    kind: "OutcomeKind"
    action: str = ""
    """Empty if the event names only its recommendation."""
    recommendation: bytes = b""
    episode: bytes = b""
    automated: int = UNSAID


class Exposure(KeptFact, frozen=True):
    """The arm of an experiment that a customer was exposed to, and since when."""

    at: Instant
    event_id: KeptId
    arm: str


class Outcomes(Kept):
    """Everything that is stored of the family: outcomes in order of time, exposures by the name of the experiment."""

    outcomes: "list[Outcome]" = []
    exposures: "dict[str, Exposure]" = {}


def outcome_key(one: Outcome) -> tuple[Instant, str, OutcomeKind]:
    """Return the sort key of an outcome: time, then event id (metrics.md, rule 2), then what two sources may share."""
    return one.at, unpacked(one.event_id), one.kind


def exposure_key(one: Exposure) -> tuple[Instant, str, str]:
    """Return the sort key of an exposure: the earliest one of an experiment counts."""
    return one.at, unpacked(one.event_id), one.arm


def bound(one: Outcomes) -> int:
    """Keep the newest outcomes, and the experiments that began last; return how many were dropped."""
    surplus = max(0, len(one.outcomes) - MAX_OUTCOMES)
    del one.outcomes[:surplus]
    experiments = sorted(one.exposures, key=lambda name: (exposure_key(one.exposures[name]), name))
    oldest = experiments[: max(0, len(experiments) - MAX_EXPERIMENTS)]
    for name in oldest:
        del one.exposures[name]
    return surplus + len(oldest)


def joined(one: Outcomes, other: Outcomes) -> Outcomes:
    """Return the outcomes of two customers, and of each experiment the earlier exposure."""
    exposures = dict(one.exposures)
    for name, exposure in other.exposures.items():
        known = exposures.get(name)
        if known is None or exposure_key(exposure) < exposure_key(known):
            exposures[name] = exposure
    return Outcomes(together(one.outcomes, other.outcomes, _of_one_event, outcome_key), exposures)


def _of_one_event(one: Outcome) -> tuple[KeptId, str]:
    return one.event_id, one.kind
