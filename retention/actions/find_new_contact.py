"""`find-new-contact`: a person finds out who of an account can take the place of its main user."""

from retention.actions.base import Action
from retention.calendar import DAY

FIND_NEW_CONTACT = Action(
    name="find-new-contact",
    help="Find out whether the main user has left, who takes over, and introduce the product to that person.",
    channels=("phone", "email"),
    expires_after=30 * DAY,
    automated=False,
    repeats=True,
)
