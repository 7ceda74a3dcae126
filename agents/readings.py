"""The agents of the topics of customer events: one for each topic, made from the register of features."""

from typing import Final

from agents.erasure import Erasure
from agents.reading import Reading
from retention.features import REGISTER
from retention.features.register import Register


def readings(register: Register) -> tuple[Reading, ...]:
    """Return the agent of each topic that a feature reads."""
    return tuple((Erasure if family.topic in register.erasing else Reading)(family) for family in register.families)


READINGS: Final = readings(REGISTER)
