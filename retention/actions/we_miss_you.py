"""`we-miss-you`: a message to a customer who stays away."""

from retention.actions.base import Action
from retention.calendar import DAY

WE_MISS_YOU = Action(
    name="we-miss-you",
    help="Tell the customer what is new since its last login.",
    channels=("email", "push"),
    expires_after=14 * DAY,
    automated=True,
    priority=1,
)
