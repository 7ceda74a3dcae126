"""The register of gates, in the order in which they decide. A new one is one file beside this and one line below."""

from typing import Final

from retention.gates.base import Gate
from retention.gates.consent import CONSENT
from retention.gates.expired import EXPIRED
from retention.gates.frequency import FREQUENCY
from retention.gates.trouble import TROUBLE

GATES: Final[tuple[Gate, ...]] = (EXPIRED, CONSENT, TROUBLE, FREQUENCY)
