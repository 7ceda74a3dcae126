"""`value-review`: a person looks at what a customer pays for."""

from retention.actions.base import Action
from retention.calendar import DAY

VALUE_REVIEW = Action(
    name="value-review",
    help="Go through what the customer pays for and what it uses.",
    channels=("phone", "email"),
    expires_after=30 * DAY,
    automated=False,
    repeats=True,
)
