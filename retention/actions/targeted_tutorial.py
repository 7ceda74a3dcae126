"""`targeted-tutorial`: a message about a feature that a customer no longer uses."""

from retention.actions.base import Action
from retention.calendar import DAY

TARGETED_TUTORIAL = Action(
    name="targeted-tutorial",
    help="Show what the feature does for the customer, and what is new in it; ask what was missing.",
    channels=("email", "in_app"),
    expires_after=21 * DAY,
    automated=True,
    priority=1,
)
