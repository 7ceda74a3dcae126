"""The register of actions. A new one is one file beside this and one line below."""

from typing import Final

from retention.actions.adoption_session import ADOPTION_SESSION
from retention.actions.anniversary_note import ANNIVERSARY_NOTE
from retention.actions.ask_preferences import ASK_PREFERENCES
from retention.actions.ask_to_recommend import ASK_TO_RECOMMEND
from retention.actions.base import Action
from retention.actions.cart_reminder import CART_REMINDER
from retention.actions.close_the_loop import CLOSE_THE_LOOP
from retention.actions.congratulate import CONGRATULATE
from retention.actions.dunning import DUNNING
from retention.actions.explain_value import EXPLAIN_VALUE
from retention.actions.find_new_contact import FIND_NEW_CONTACT
from retention.actions.gift_ideas import GIFT_IDEAS
from retention.actions.guided_session import GUIDED_SESSION
from retention.actions.offer_help import OFFER_HELP
from retention.actions.offer_seats import OFFER_SEATS
from retention.actions.one_owner_and_root_cause import ONE_OWNER_AND_ROOT_CAUSE
from retention.actions.order_reminder import ORDER_REMINDER
from retention.actions.personal_invitation import PERSONAL_INVITATION
from retention.actions.priority_routing import PRIORITY_ROUTING
from retention.actions.proactive_notice import PROACTIVE_NOTICE
from retention.actions.renewal_plan import RENEWAL_PLAN
from retention.actions.renewal_talk import RENEWAL_TALK
from retention.actions.reply_in_public_and_private import REPLY_IN_PUBLIC_AND_PRIVATE
from retention.actions.reply_to_feedback import REPLY_TO_FEEDBACK
from retention.actions.respect_opt_out import RESPECT_OPT_OUT
from retention.actions.resume_plan import RESUME_PLAN
from retention.actions.save_by_reason import SAVE_BY_REASON
from retention.actions.second_order_offer import SECOND_ORDER_OFFER
from retention.actions.service_recovery import SERVICE_RECOVERY
from retention.actions.supervisor_call import SUPERVISOR_CALL
from retention.actions.targeted_tutorial import TARGETED_TUTORIAL
from retention.actions.tell_it_is_there import TELL_IT_IS_THERE
from retention.actions.tier_reminder import TIER_REMINDER
from retention.actions.training import TRAINING
from retention.actions.update_link import UPDATE_LINK
from retention.actions.value_review import VALUE_REVIEW
from retention.actions.we_miss_you import WE_MISS_YOU
from retention.actions.welcome_back import WELCOME_BACK

ACTIONS: Final[tuple[Action, ...]] = (
    SAVE_BY_REASON,
    RENEWAL_TALK,
    DUNNING,
    RESUME_PLAN,
    ONE_OWNER_AND_ROOT_CAUSE,
    PRIORITY_ROUTING,
    CLOSE_THE_LOOP,
    SUPERVISOR_CALL,
    SERVICE_RECOVERY,
    REPLY_IN_PUBLIC_AND_PRIVATE,
    REPLY_TO_FEEDBACK,
    RENEWAL_PLAN,
    VALUE_REVIEW,
    GUIDED_SESSION,
    FIND_NEW_CONTACT,
    ADOPTION_SESSION,
    OFFER_HELP,
    TRAINING,
    PROACTIVE_NOTICE,
    TARGETED_TUTORIAL,
    PERSONAL_INVITATION,
    WE_MISS_YOU,
    ORDER_REMINDER,
    SECOND_ORDER_OFFER,
    RESPECT_OPT_OUT,
    CART_REMINDER,
    ASK_PREFERENCES,
    UPDATE_LINK,
    EXPLAIN_VALUE,
    OFFER_SEATS,
    ASK_TO_RECOMMEND,
    ANNIVERSARY_NOTE,
    CONGRATULATE,
    WELCOME_BACK,
    TIER_REMINDER,
    GIFT_IDEAS,
    TELL_IT_IS_THERE,
)
