"""`ask-preferences`: fewer messages to a customer that no longer reads them."""

from retention.actions.base import Action
from retention.calendar import DAY

ASK_PREFERENCES = Action(
    name="ask-preferences",
    help="Send fewer messages, and ask what the customer wants to hear of, and how often.",
    channels=("in_app", "email"),
    expires_after=14 * DAY,
    automated=True,
    priority=1,
)
