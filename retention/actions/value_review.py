"""`value-review`: a person reviews with a customer what it pays for."""

from retention.actions.base import Action
from retention.calendar import DAY

VALUE_REVIEW = Action(
    name="value-review",
    help="Review with the customer what it pays for, and how much of that it uses.",
    channels=("phone", "email"),
    expires_after=30 * DAY,
    automated=False,
    repeats=True,
)
