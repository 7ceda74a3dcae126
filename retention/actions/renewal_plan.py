"""`renewal-plan`: a person prepares the renewal of a customer without recent contact."""

from retention.actions.base import Action
from retention.calendar import DAY

RENEWAL_PLAN = Action(
    name="renewal-plan",
    help="Get in touch before the term ends, review what the customer has reached, and plan the renewal with it.",
    channels=("phone", "email"),
    expires_after=30 * DAY,
    automated=False,
    repeats=True,
)
