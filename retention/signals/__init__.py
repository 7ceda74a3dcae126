"""The register of signals, the gravest first. A new one is one file beside this and one line below."""

from typing import Final

from retention.signals.auto_renew_off import AUTO_RENEW_OFF
from retention.signals.base import Signal
from retention.signals.cancellation_requested import CANCELLATION_REQUESTED
from retention.signals.card_expiring import CARD_EXPIRING
from retention.signals.cart_abandoned import CART_ABANDONED
from retention.signals.champion_gone import CHAMPION_GONE
from retention.signals.community_silence import COMMUNITY_SILENCE
from retention.signals.delivery_failure import DELIVERY_FAILURE
from retention.signals.detractor import DETRACTOR
from retention.signals.downgrade import DOWNGRADE
from retention.signals.email_disengaged import EMAIL_DISENGAGED
from retention.signals.errors_met import ERRORS_MET
from retention.signals.feature_breadth_drop import FEATURE_BREADTH_DROP
from retention.signals.feedback_unanswered import FEEDBACK_UNANSWERED
from retention.signals.key_feature_stopped import KEY_FEATURE_STOPPED
from retention.signals.negative_sentiment import NEGATIVE_SENTIMENT
from retention.signals.no_login import NO_LOGIN
from retention.signals.onboarding_stalled import ONBOARDING_STALLED
from retention.signals.opted_out import OPTED_OUT
from retention.signals.paused import PAUSED
from retention.signals.payment_failing import PAYMENT_FAILING
from retention.signals.poor_support_score import POOR_SUPPORT_SCORE
from retention.signals.price_shock import PRICE_SHOCK
from retention.signals.purchase_overdue import PURCHASE_OVERDUE
from retention.signals.renewal_near_unready import RENEWAL_NEAR_UNREADY
from retention.signals.repeated_ticket import REPEATED_TICKET
from retention.signals.seat_underuse import SEAT_UNDERUSE
from retention.signals.single_purchase import SINGLE_PURCHASE
from retention.signals.support_stuck import SUPPORT_STUCK
from retention.signals.usage_surge import USAGE_SURGE

SIGNALS: Final[tuple[Signal, ...]] = (
    CANCELLATION_REQUESTED,
    AUTO_RENEW_OFF,
    PAYMENT_FAILING,
    PAUSED,
    REPEATED_TICKET,
    SUPPORT_STUCK,
    DOWNGRADE,
    ONBOARDING_STALLED,
    DETRACTOR,
    POOR_SUPPORT_SCORE,
    NEGATIVE_SENTIMENT,
    DELIVERY_FAILURE,
    RENEWAL_NEAR_UNREADY,
    CHAMPION_GONE,
    KEY_FEATURE_STOPPED,
    FEATURE_BREADTH_DROP,
    ERRORS_MET,
    USAGE_SURGE,
    SEAT_UNDERUSE,
    PURCHASE_OVERDUE,
    SINGLE_PURCHASE,
    NO_LOGIN,
    FEEDBACK_UNANSWERED,
    OPTED_OUT,
    EMAIL_DISENGAGED,
    CART_ABANDONED,
    COMMUNITY_SILENCE,
    CARD_EXPIRING,
    PRICE_SHOCK,
)

_NAMES: Final = {signal.key: signal.name for signal in SIGNALS}


def name_of(key: str) -> str:
    """Return the name of the signal whose episodes are stored under a key."""
    return _NAMES.get(key, key)
