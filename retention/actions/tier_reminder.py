"""`tier-reminder`: a message about how little is missing to the next tier."""

from retention.actions.base import Action
from retention.calendar import DAY

TIER_REMINDER = Action(
    name="tier-reminder",
    help="Tell the customer how little is missing to its next tier, and what that brings.",
    channels=(
        "email",
        "push",
        "in_app",
    ),
    expires_after=14 * DAY,
    automated=True,
)
