"""The register of metrics, in the order in which a reader asks for them. A new one is one file and one line."""

from typing import Final

from retention.metrics.arpa import ARPA
from retention.metrics.arr import ARR
from retention.metrics.base import Metric
from retention.metrics.ces import CES
from retention.metrics.churn_rate import CHURN_RATE
from retention.metrics.crr import CRR
from retention.metrics.crr_naive import CRR_NAIVE
from retention.metrics.csat import CSAT
from retention.metrics.csat_mean import CSAT_MEAN
from retention.metrics.grr import GRR
from retention.metrics.low_effort import LOW_EFFORT
from retention.metrics.mrr import MRR
from retention.metrics.ndr import NDR
from retention.metrics.nps import NPS
from retention.metrics.onboarding_completion import ONBOARDING_COMPLETION
from retention.metrics.seat_utilisation import SEAT_UTILISATION
from retention.metrics.signalled_losses import SIGNALLED_LOSSES
from retention.metrics.stickiness import STICKINESS
from retention.metrics.time_to_value import TIME_TO_VALUE
from retention.metrics.warned_losses import WARNED_LOSSES
from retention.metrics.warning_lead import WARNING_LEAD

METRICS: Final[tuple[Metric, ...]] = (
    CRR,
    NDR,
    CHURN_RATE,
    GRR,
    MRR,
    ARR,
    ARPA,
    CRR_NAIVE,
    NPS,
    CSAT,
    CSAT_MEAN,
    CES,
    LOW_EFFORT,
    TIME_TO_VALUE,
    ONBOARDING_COMPLETION,
    SEAT_UTILISATION,
    STICKINESS,
    WARNED_LOSSES,
    SIGNALLED_LOSSES,
    WARNING_LEAD,
)
