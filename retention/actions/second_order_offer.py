"""`second-order-offer`: a message to a customer that has ordered only once."""

from retention.actions.base import Action
from retention.calendar import DAY

SECOND_ORDER_OFFER = Action(
    name="second-order-offer",
    help="Ask how the first order was, and make an offer for the second.",
    channels=("email", "push"),
    expires_after=30 * DAY,
    automated=True,
    priority=1,
)
