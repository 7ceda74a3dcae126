"""The agents of the topics of customer events: one for each topic, made from the register of features."""

from typing import Final

from agents.erasure import Erasure
from agents.facts import CompanyFacts
from agents.merging import Merging
from agents.reading import Reading
from retention.features import REGISTER
from retention.features.register import Register
from schemas.family import Family, type_of


def readings(register: Register) -> tuple[Reading, ...]:
    """Return the agent of each topic that a feature reads."""
    return tuple(_agent_of(family, register)(family) for family in register.families)


def _agent_of(family: Family, register: Register) -> type[Reading]:
    if family.topic in register.erasing:
        return Erasure
    types = {type_of(contract) for contract in family.contracts}
    if types & register.facts.keys():
        return CompanyFacts
    return Merging if types & register.apart else Reading


READINGS: Final = readings(REGISTER)
