"""`order-reminder`: a message to a customer whose next order is overdue."""

from retention.actions.base import Action
from retention.calendar import DAY

ORDER_REMINDER = Action(
    name="order-reminder",
    help="Remind the customer of what it usually orders, with an offer of its own.",
    channels=("email", "push"),
    expires_after=21 * DAY,
    automated=True,
    priority=1,
)
