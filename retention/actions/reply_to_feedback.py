"""`reply-to-feedback`: a person answers a customer that still waits for it."""

from retention.actions.base import Action
from retention.calendar import DAY

REPLY_TO_FEEDBACK = Action(
    name="reply-to-feedback",
    help="Reply to what the customer has said, or hand it to a colleague who can.",
    channels=("email", "phone"),
    expires_after=7 * DAY,
    automated=False,
    repeats=True,
)
