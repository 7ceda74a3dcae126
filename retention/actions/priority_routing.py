"""`priority-routing`: a ticket that waits goes to a person who can solve it."""

from retention.actions.base import Action
from retention.calendar import DAY

PRIORITY_ROUTING = Action(
    name="priority-routing",
    help="Give the ticket to a person who can solve it, and tell the customer by when.",
    channels=("phone", "email"),
    expires_after=5 * DAY,
    automated=False,
    repeats=True,
)
