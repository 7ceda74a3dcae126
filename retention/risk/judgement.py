"""Judges a customer: by a fitted model if the company has one, else by the weights of the catalogue.

    without a model   risk = what the open signals say together                      each has a share of it
    with one          risk = usual + what each factor and open signal adds, or takes away

The risk of a model is about customers that can be lost. Of one that is not active on the company's own basis it is 0.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from retention.calendar import Instant
from retention.fitted import MILLI, Model
from retention.measures import basis
from retention.policy import Policy
from retention.risk.arithmetic import STEPS, contributions, probability, shares
from retention.risk.factors import EVIDENCE, NAMES, OF_SIGNAL, factors
from retention.risk.model import BANDS, Evidence, band_of, evidence, risk_of
from retention.risk.scene import Scene, Silences
from retention.risk.standing import Standing, standing_of
from retention.spans import Span, active_at
from retention.state.customer import Customer
from schemas.outbound import Band

_NAMED: Final = tuple(enumerate(NAMES))


class Judged(NamedTuple):
    """A risk and its band; what adds up to it: the risk of a usual customer, each open signal, and other factors.

    All are in steps. Factors that change nothing are left out, the others are in the order of what they add.
    """

    risk: int
    band: Band
    usual: int
    of_signals: list[int]
    factors: list[tuple[str, int, int]]
    """Name, value and contribution."""


def spans_at(customer: Customer, at: Instant, policy: Policy) -> list[Span]:
    """Return the spans in which a customer was active that have begun by an instant, on the company's own basis."""
    active = basis(policy.basis).active
    spans = active(customer, policy, at + 1) if active is not None else []
    return [span for span in spans if span[0] <= at]


def scene_of(
    customer: Customer,
    at: Instant,
    policy: Policy,
    standing: Standing | None,
    found: list[Evidence],
    silences: Silences,
) -> Scene | None:
    """Return what the factors of a customer are calculated from; None if it cannot be lost, as it is not active."""
    begun = spans_at(customer, at, policy)
    if not active_at(begun, at + 1):
        return None
    if standing is None:
        standing = standing_of(customer, at, policy)
    return Scene(customer, at, policy.calendar.day(at), policy, silences, begun, standing, found)


def judged(policy: Policy, scene: Scene | None, found: Sequence[Evidence]) -> Judged:
    """Return what is to be said of a customer of whom these signals are open."""
    model = policy.model
    if model is None:
        risk, of_signals = risk_of(found), _catalogue(found)
        return Judged(risk, band_of(risk, policy), 0, of_signals, [])
    if scene is None:
        return Judged(0, BANDS[0], 0, [0] * len(found), [])
    return _by_model(policy, model, factors(scene), found)


def judged_at(customer: Customer, at: Instant, policy: Policy, found: list[Evidence], silences: Silences) -> Judged:
    """Return what is to be said of a customer at an instant if these signals were open."""
    scene = scene_of(customer, at, policy, None, found, silences) if policy.model is not None else None
    return judged(policy, scene, found)


def is_at_risk(customer: Customer, at: Instant, policy: Policy, silences: Silences) -> bool:
    """Report whether a customer's band is above low at an instant, by the signals that are open now."""
    found = evidence(customer, at)
    if policy.model is None:
        return risk_of(found) >= policy.medium_from
    scene = scene_of(customer, at, policy, None, found, silences)
    return scene is not None and risk_by(policy.model, factors(scene)) >= policy.medium_from


def _catalogue(found: Sequence[Evidence]) -> list[int]:
    """Return the share of each open signal in the risk of the catalogue; 0 of one that is folded."""
    each = iter(contributions([one.part for one in found if not one.folded]))
    return [0 if one.folded else next(each) for one in found]


def risk_by(model: Model, values: Sequence[int]) -> int:
    """Return the risk of a customer with these values of the factors, in steps."""
    return probability(log_odds(model, values))


def log_odds(model: Model, values: Sequence[int]) -> int:
    """Return the log-odds of a customer with these values of the factors, in multiples of 10⁻⁹."""
    score = MILLI * model.intercept
    for place, name in _NAMED:
        weighed = model.by_name.get(name)
        if weighed is not None:
            score += weighed.weight * values[place]
    return MILLI * MILLI * model.offset + model.slope * score


def _by_model(policy: Policy, model: Model, values: Sequence[int], found: Sequence[Evidence]) -> Judged:
    """Return the risk by a model, and what adds up to it.

    The risk of the catalogue is a factor, too. What it adds is that of the open signals, each by its share of it.
    """
    usual = model.usual_log_odds()
    parts = [0] * len(found)
    names: list[tuple[str, int]] = []
    places = {OF_SIGNAL + one.signal.name: place for place, one in enumerate(found)}
    for (_, name), value in zip(_NAMED, values, strict=True):
        weighed = model.by_name.get(name)
        if weighed is None:
            continue
        adds = model.slope * weighed.weight * (value - weighed.usual)
        if name in places:
            parts[places[name]] += adds
        elif name == EVIDENCE and value:
            for place, piece in enumerate(_divided(adds, _catalogue(found))):
                parts[place] += piece
        elif adds:
            names.append((name, value))
            parts.append(adds)
    each = shares(usual, parts)
    risk = probability(usual + sum(parts))
    others = [(name, value, adds) for (name, value), adds in zip(names, each[len(found) :], strict=True) if adds]
    others.sort(key=_by_contribution)
    return Judged(risk, band_of(risk, policy), probability(usual), each[: len(found)], others)


def _divided(adds: int, by: Sequence[int]) -> list[int]:
    """Return log-odds divided in proportion; what rounding leaves goes to the first."""
    whole = sum(by)
    pieces = [adds * one // whole for one in by]
    place = next(place for place, one in enumerate(by) if one)
    pieces[place] += adds - sum(pieces)
    return pieces


def _by_contribution(one: tuple[str, int, int]) -> tuple[int, str]:
    return -one[2], one[0]


def text_of(steps: int) -> str:
    """Return a risk, or a part of it, as text.

    >>> text_of(7_200), text_of(-31), text_of(-12_345)
    ('0.7200', '-0.0031', '-1.2345')
    """
    sign = "-" if steps < 0 else ""
    return f"{sign}{abs(steps) // STEPS}.{abs(steps) % STEPS:04d}"
