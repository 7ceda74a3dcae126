"""`welcome-back`: a message to a customer that has returned."""

from retention.actions.base import Action
from retention.calendar import DAY

WELCOME_BACK = Action(
    name="welcome-back",
    help="Welcome the customer back, and show what is new since it left.",
    channels=(
        "email",
        "in_app",
    ),
    expires_after=14 * DAY,
    automated=True,
)
