"""`resume-plan`: a message that says when a pause ends, and how to resume sooner."""

from retention.actions.base import Action
from retention.calendar import DAY

RESUME_PLAN = Action(
    name="resume-plan",
    help="Tell the customer when its pause ends, and how to resume sooner.",
    channels=("email", "in_app"),
    expires_after=14 * DAY,
    automated=True,
    priority=2,
)
