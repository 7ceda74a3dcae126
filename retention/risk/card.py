"""The card of a customer: the output `customer-health`."""

from collections.abc import Sequence
from typing import Final

from retention.calendar import DAY, Instant, local_date, moment
from retention.identity import derived_id, unpacked
from retention.policy import Policy
from retention.risk.arithmetic import DIGITS, STEPS, contributions
from retention.risk.health import health_of
from retention.risk.model import Evidence, band_of, described, evidence, risk_of
from retention.risk.standing import last_activity, money_of, segments_at, stage_of, standing_of, value_at_risk
from retention.state.customer import Customer
from retention.statements import Statement
from schemas.encoding import unvalidated
from schemas.outbound import CustomerHealth, EvidenceOut

TYPE: Final = "customer.health"
_CustomerHealth: Final = unvalidated(CustomerHealth)
_EvidenceOut: Final = unvalidated(EvidenceOut)


def card(name: str, customer: Customer, at: Instant, policy: Policy, cause: str) -> Statement:
    """Return the card of a customer as of an instant; `cause` is an id that no other card has."""
    found = evidence(customer, at)
    risk, standing = risk_of(found), standing_of(customer, at, policy)
    body = _CustomerHealth(
        customer_id=name,
        as_of=moment(at),
        risk=_text(risk),
        band=band_of(risk, policy),
        model=described(policy),
        open_signals=_open_signals(found, at, policy),
        value_at_risk=value_at_risk(customer, at, standing, risk),
        mrr=money_of(standing),
        plan=standing.plan,
        segments=segments_at(customer, at, policy),
        stage=stage_of(customer, at, policy, standing, found),
        health=health_of(customer, at, policy, found),
        last_activity=last_activity(customer, at, policy),
    )
    return Statement(TYPE, derived_id(TYPE, name, cause), name, at, cause, body)


def _text(steps: int) -> str:
    """Return a risk as text.

    >>> _text(7_200)
    '0.7200'
    """
    return f"{steps // STEPS}.{steps % STEPS:0{DIGITS}d}"


def _open_signals(found: Sequence[Evidence], at: Instant, policy: Policy) -> list[EvidenceOut]:
    shares = iter(contributions([one.part for one in found if not one.folded]))
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
            contribution=_text(0 if one.folded else next(shares)),
            folded=one.folded,
        )
        for one in found
    ]
