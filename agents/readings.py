"""The agents of the topics of customer events: one for each topic, made from the register of features."""

import json
from typing import Final

from agents.erasure import Erasure
from agents.facts import CompanyFacts
from agents.merging import Merging
from agents.reading import Reading
from retention.features import REGISTER
from retention.features.register import Register
from schemas.decoding import Decoder
from schemas.families import TOPIC_OF
from schemas.family import Family, type_of
from schemas.logins import LOGINS


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
_DECODERS: Final = {agent.topic: agent.decoder for agent in READINGS}


def decoder_of(text: bytes) -> Decoder:
    """Return the decoder that judges an event wherever it came from: of its type's topic, or of logins without one."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _DECODERS[LOGINS.topic]
    kind = document.get("type") if isinstance(document, dict) else None
    return _DECODERS[TOPIC_OF.get(kind, LOGINS.topic) if isinstance(kind, str) else LOGINS.topic]
