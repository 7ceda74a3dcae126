"""The register of actions. A new one is one file beside this and one line below."""

from typing import Final

from retention.actions.base import Action
from retention.actions.guided_session import GUIDED_SESSION
from retention.actions.one_owner_and_root_cause import ONE_OWNER_AND_ROOT_CAUSE
from retention.actions.resume_plan import RESUME_PLAN
from retention.actions.save_by_reason import SAVE_BY_REASON
from retention.actions.value_review import VALUE_REVIEW
from retention.actions.we_miss_you import WE_MISS_YOU

ACTIONS: Final[tuple[Action, ...]] = (
    SAVE_BY_REASON,
    RESUME_PLAN,
    ONE_OWNER_AND_ROOT_CAUSE,
    VALUE_REVIEW,
    GUIDED_SESSION,
    WE_MISS_YOU,
)
