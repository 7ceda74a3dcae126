"""`resume-plan`: a message about how a pause ends."""

from retention.actions.base import Action
from retention.calendar import DAY

RESUME_PLAN = Action(
    name="resume-plan",
    help="Say when the pause ends, and how to resume before.",
    channels=("email", "in_app"),
    expires_after=14 * DAY,
    automated=True,
)
