"""`second-try`: messages about a deposit that failed, until it succeeds."""

from retention.actions.base import Action
from retention.calendar import DAY

SECOND_TRY = Action(
    name="second-try",
    help="Say that a deposit failed, and how to pay. No discount.",
    channels=("email", "sms"),
    expires_after=10 * DAY,
    automated=True,
    repeats=True,
)
