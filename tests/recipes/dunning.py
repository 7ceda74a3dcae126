"""`dunning`: messages about a payment that failed, until it succeeds."""

from retention.actions.base import Action
from retention.calendar import DAY

DUNNING = Action(
    name="dunning",
    help="Say that a payment failed, and how to pay. No discount.",
    channels=("email", "sms"),
    expires_after=10 * DAY,
    automated=True,
    repeats=True,
)
