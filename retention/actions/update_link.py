"""`update-link`: a link by which a customer enters a new card, before a payment fails."""

from retention.actions.base import Action
from retention.calendar import DAY

UPDATE_LINK = Action(
    name="update-link",
    help="Send a link by which the customer can enter a new card.",
    channels=("email", "in_app", "sms"),
    expires_after=30 * DAY,
    automated=True,
    priority=3,
)
