"""The card of a customer: the output `customer-health`."""

from collections.abc import Sequence
from typing import Final

from retention.calendar import DAY, Instant, local_date, moment
from retention.fitted import MILLI
from retention.identity import derived_id, unpacked
from retention.policy import Policy
from retention.risk.health import health_of
from retention.risk.judgement import judged, scene_of, text_of
from retention.risk.model import Evidence, described, evidence
from retention.risk.scene import HEARD, Silences
from retention.risk.standing import last_activity, money_of, segments_at, stage_of, standing_of, value_at_risk
from retention.state.customer import Customer
from retention.statements import Statement
from schemas.encoding import unvalidated
from schemas.outbound import CustomerHealth, EvidenceOut, FactorOut

TYPE: Final = "customer.health"
_CustomerHealth: Final = unvalidated(CustomerHealth)
_EvidenceOut: Final = unvalidated(EvidenceOut)
_FactorOut: Final = unvalidated(FactorOut)


def card(
    name: str, customer: Customer, at: Instant, policy: Policy, cause: str, silences: Silences = HEARD
) -> Statement:
    """Return the card of a customer as of an instant; `cause` is an id that no other card has."""
    found, standing = evidence(customer, at), standing_of(customer, at, policy)
    scene = scene_of(customer, at, policy, standing, found, silences) if policy.model is not None else None
    judgement = judged(policy, scene, found)
    risk = judgement.risk
    body = _CustomerHealth(
        customer_id=name,
        as_of=moment(at),
        risk=text_of(risk),
        band=judgement.band,
        model=described(policy),
        usual_risk=text_of(judgement.usual),
        open_signals=_open_signals(found, judgement.of_signals, at, policy),
        factors=[_factor(*one) for one in judgement.factors],
        value_at_risk=value_at_risk(customer, at, standing, risk),
        mrr=money_of(standing),
        plan=standing.plan,
        segments=segments_at(customer, at, policy),
        stage=stage_of(customer, at, policy, standing, found),
        health=health_of(customer, at, policy, found),
        last_activity=last_activity(customer, at, policy),
    )
    return Statement(TYPE, derived_id(TYPE, name, cause), name, at, cause, body)


def _factor(name: str, value: int, contribution: int) -> FactorOut:
    return _FactorOut(name=name, value=f"{value // MILLI}.{value % MILLI:03d}", contribution=text_of(contribution))


def _open_signals(
    found: Sequence[Evidence], contributions: Sequence[int], at: Instant, policy: Policy
) -> list[EvidenceOut]:
    return [
        _EvidenceOut(
            signal=one.signal.name,
            episode=unpacked(one.episode.episode),
            severity=one.episode.severity,
            since=local_date(policy.calendar.day(one.episode.since)),
            raised_at=moment(one.episode.raised_at),
            age_days=(at - one.episode.raised_at) // DAY,
            weight=one.signal.weight,
            half_life_days=one.signal.half_life_days,
            contribution=text_of(contribution),
            folded=one.folded,
        )
        for one, contribution in zip(found, contributions, strict=True)
    ]
