"""`welcome`: a message to a customer who has bought for the first time."""

from retention.actions.base import Action
from retention.calendar import DAY

WELCOME = Action(
    name="welcome",
    help="Thank for the first order, and say what comes next.",
    channels=("email",),
    expires_after=5 * DAY,
    automated=True,
)
