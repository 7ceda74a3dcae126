"""`offer-seats`: a person offers an account that has hardly a free seat more of them."""

from retention.actions.base import Action
from retention.calendar import DAY

OFFER_SEATS = Action(
    name="offer-seats",
    help="Ask who else is to use the product, and offer the seats for them.",
    channels=("email", "phone"),
    expires_after=30 * DAY,
    automated=False,
)
