"""`explain-value`: what a customer gets for a price that is about to rise."""

from retention.actions.base import Action
from retention.calendar import DAY

EXPLAIN_VALUE = Action(
    name="explain-value",
    help="Explain early what the customer gets for the new price, and how to pay less.",
    channels=("email", "in_app"),
    expires_after=30 * DAY,
    automated=True,
    priority=2,
)
