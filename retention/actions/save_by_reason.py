"""`save-by-reason`: a person answers the reason for which a customer wants to leave."""

from retention.actions.base import Action
from retention.calendar import DAY

SAVE_BY_REASON = Action(
    name="save-by-reason",
    help="Answer the reason that the customer gave, and ask what would change its mind.",
    channels=("phone", "email"),
    expires_after=14 * DAY,
    automated=False,
    repeats=True,
)
