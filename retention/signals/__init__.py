"""The register of signals, the gravest first, and then of opportunities, which are no signs of leaving.

A new one is one file beside this and one line below.
"""

from typing import Final

from retention.signals.anniversary import ANNIVERSARY
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
from retention.signals.gift_buyer import GIFT_BUYER
from retention.signals.key_feature_stopped import KEY_FEATURE_STOPPED
from retention.signals.login_frequency_drop import LOGIN_FREQUENCY_DROP
from retention.signals.milestone import MILESTONE
from retention.signals.negative_sentiment import NEGATIVE_SENTIMENT
from retention.signals.no_login import NO_LOGIN
from retention.signals.onboarding_stalled import ONBOARDING_STALLED
from retention.signals.opted_out import OPTED_OUT
from retention.signals.order_value_drop import ORDER_VALUE_DROP
from retention.signals.paused import PAUSED
from retention.signals.payment_failing import PAYMENT_FAILING
from retention.signals.poor_support_score import POOR_SUPPORT_SCORE
from retention.signals.price_shock import PRICE_SHOCK
from retention.signals.promoter import PROMOTER
from retention.signals.purchase_overdue import PURCHASE_OVERDUE
from retention.signals.renewal_near_unready import RENEWAL_NEAR_UNREADY
from retention.signals.repeated_ticket import REPEATED_TICKET
from retention.signals.returned import RETURNED
from retention.signals.seat_underuse import SEAT_UNDERUSE
from retention.signals.seats_nearly_full import SEATS_NEARLY_FULL
from retention.signals.single_purchase import SINGLE_PURCHASE
from retention.signals.support_stuck import SUPPORT_STUCK
from retention.signals.tier_near import TIER_NEAR
from retention.signals.usage_surge import USAGE_SURGE
from retention.signals.wish_shipped import WISH_SHIPPED

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
    LOGIN_FREQUENCY_DROP,
    ORDER_VALUE_DROP,
    FEEDBACK_UNANSWERED,
    OPTED_OUT,
    EMAIL_DISENGAGED,
    CART_ABANDONED,
    COMMUNITY_SILENCE,
    CARD_EXPIRING,
    PRICE_SHOCK,
    SEATS_NEARLY_FULL,
    PROMOTER,
    ANNIVERSARY,
    MILESTONE,
    RETURNED,
    TIER_NEAR,
    GIFT_BUYER,
    WISH_SHIPPED,
)

RISKS: Final = tuple([signal for signal in SIGNALS if not signal.is_opportunity])
"""The signs of leaving: what the risk of a customer, its factors and the worth of signals are about."""
OPPORTUNITIES: Final = tuple([signal for signal in SIGNALS if signal.is_opportunity])

_NAMES: Final = {signal.key: signal.name for signal in SIGNALS}


def name_of(key: str) -> str:
    """Return the name of the signal whose episodes are stored under a key."""
    return _NAMES.get(key, key)
