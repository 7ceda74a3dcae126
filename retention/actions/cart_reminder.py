"""`cart-reminder`: one message about what a customer has left in its cart."""

from retention.actions.base import Action
from retention.calendar import DAY

CART_REMINDER = Action(
    name="cart-reminder",
    help="Remind once of what is left in the cart. No discount.",
    channels=("email", "push", "in_app"),
    expires_after=2 * DAY,
    automated=True,
    priority=1,
)
