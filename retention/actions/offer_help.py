"""`offer-help`: a person asks a customer who suddenly does much more, and has trouble with it."""

from retention.actions.base import Action
from retention.calendar import DAY

OFFER_HELP = Action(
    name="offer-help",
    help="Ask what the customer is trying to do, and help with it.",
    channels=("phone", "email"),
    expires_after=7 * DAY,
    automated=False,
    repeats=True,
)
