"""`tell-it-is-there`: a message that a wish was met."""

from retention.actions.base import Action
from retention.calendar import DAY

TELL_IT_IS_THERE = Action(
    name="tell-it-is-there",
    help="Tell the customer that what it had asked for is there, and thank it for the idea.",
    channels=(
        "email",
        "in_app",
    ),
    expires_after=21 * DAY,
    automated=True,
)
