"""`congratulate`: a message about a milestone that was reached."""

from retention.actions.base import Action
from retention.calendar import DAY

CONGRATULATE = Action(
    name="congratulate",
    help="Congratulate the customer on what it has reached, and show what comes next.",
    channels=(
        "in_app",
        "email",
    ),
    expires_after=7 * DAY,
    automated=True,
)
