"""`gift-ideas`: a message with gifts, to a customer that gives them."""

from retention.actions.base import Action
from retention.calendar import DAY

GIFT_IDEAS = Action(
    name="gift-ideas",
    help="Suggest gifts in time for the dates of which the customer has ordered some before.",
    channels=("email",),
    expires_after=30 * DAY,
    automated=True,
)
