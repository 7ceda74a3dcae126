"""`anniversary-note`: a message on the anniversary of a customer."""

from retention.actions.base import Action
from retention.calendar import DAY

ANNIVERSARY_NOTE = Action(
    name="anniversary-note",
    help="Thank the customer for its years, and show what it has reached in them.",
    channels=(
        "email",
        "in_app",
    ),
    expires_after=7 * DAY,
    automated=True,
)
