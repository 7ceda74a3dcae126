"""Turns open signals into evidence, and evidence into a risk and a band: by the weights of the catalogue.

A signal's weight counts in full when it is raised, and half as much after each of its half-lives. Where a customer has
said that it leaves, what only suggests so adds nothing: signals of engagement are folded (signals.md, Conflicts).
"""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Final, NamedTuple

from retention.calendar import DAY, Instant
from retention.fitted import Model
from retention.policy import Policy
from retention.risk.arithmetic import combined, decayed, whole
from retention.signals import RISKS
from retention.signals.base import Signal
from retention.state.customer import Customer, OpenEpisode
from schemas.encoding import unvalidated
from schemas.outbound import Band, RiskModel

NAME: Final = "catalogue"
FITTED: Final = "fitted"
SAYS: Final = "uncalibrated: weights of the catalogue"
BANDS: Final[tuple[Band, ...]] = ("low", "medium", "high")
_DIGEST: Final = 16
_RiskModel: Final = unvalidated(RiskModel)


class Evidence(NamedTuple):
    """An open signal as evidence: how much it weighs now, in multiples of 1 / `ONE`, and whether it is folded."""

    signal: Signal
    episode: OpenEpisode
    part: int
    folded: bool


def _half_life(signal: Signal) -> Instant:
    return signal.half_life_days * DAY if signal.half_life_days else 0


_WEIGHTS: Final = tuple((signal, whole(signal.weight), _half_life(signal)) for signal in RISKS)


def evidence(customer: Customer, at: Instant) -> list[Evidence]:
    """Return the signals that were raised by an instant and are open, the gravest first, as evidence at that instant.

    An open episode of a signal that only another build knows is no evidence here.
    """
    episodes = customer.open_episodes
    found = [
        (signal, episode, decayed(weight, at - episode.raised_at, half_life))
        for signal, weight, half_life in _WEIGHTS
        if (episode := episodes.get(signal.key)) is not None and episode.raised_at <= at
    ]
    announced = any(signal.role == "intent" for signal, _, _ in found)
    return [
        Evidence(signal, episode, part, announced and signal.role == "engagement") for signal, episode, part in found
    ]


def risk_of(found: Iterable[Evidence]) -> int:
    """Return the risk, in steps (`arithmetic.STEPS`). What is folded adds nothing."""
    return combined([one.part for one in found if not one.folded])


def band_of(risk: int, policy: Policy) -> Band:
    """Return the band of a risk: it begins with the number that the settings name."""
    return BANDS[(risk >= policy.medium_from) + (risk >= policy.high_from)]


def described(policy: Policy) -> RiskModel:
    """Return how risks are found under a policy: the name, and a digest of all weights and bounds of bands."""
    if policy.model is not None:
        return _fitted(policy.model)
    if not (_latest and _latest[0][0] is policy):
        weights = [(one.name, one.weight, one.half_life_days, one.role) for one in sorted(RISKS, key=_name)]
        facts = json.dumps([NAME, weights, policy.medium_from, policy.high_from]).encode()
        body = _RiskModel(name=NAME, digest=sha256(facts).hexdigest()[:_DIGEST], calibrated=False, says=SAYS)
        _latest[:] = [(policy, body)]
    return _latest[0][1]


def _fitted(model: Model) -> RiskModel:
    says = f"calibrated: lost within {model.horizon_days} days on the basis {model.basis}"
    return _RiskModel(name=FITTED, digest=model.digest, calibrated=True, says=says)


def _name(signal: Signal) -> str:
    return signal.name


_latest: list[tuple[Policy, RiskModel]] = []
"""The last answer of `described`: nearly always it is asked about one policy."""
