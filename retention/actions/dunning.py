"""`dunning`: messages about a payment that failed, until it is made."""

from retention.actions.base import Action
from retention.calendar import DAY

DUNNING = Action(
    name="dunning",
    help="Say that a payment failed, until when it can be made, and how. No discount.",
    channels=("email", "sms", "in_app"),
    expires_after=10 * DAY,
    automated=True,
    priority=3,
    repeats=True,
)
