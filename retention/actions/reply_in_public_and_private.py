"""`reply-in-public-and-private`: a person replies where a bad review stands, and to the customer itself."""

from retention.actions.base import Action
from retention.calendar import DAY

REPLY_IN_PUBLIC_AND_PRIVATE = Action(
    name="reply-in-public-and-private",
    help="Reply where the review stands, short and without excuses, and write to the customer itself.",
    channels=("email", "phone"),
    expires_after=14 * DAY,
    automated=False,
    repeats=True,
)
