"""`save-by-reason`: a person responds to the reason for which a customer wants to leave."""

from retention.actions.base import Action
from retention.calendar import DAY

SAVE_BY_REASON = Action(
    name="save-by-reason",
    help="Respond to the reason that the customer gave for leaving, and ask what would make it stay.",
    channels=("phone", "email"),
    expires_after=14 * DAY,
    automated=False,
    repeats=True,
)
