"""`guided-session`: a person takes a new customer through the step at which it stopped."""

from retention.actions.base import Action
from retention.calendar import DAY

GUIDED_SESSION = Action(
    name="guided-session",
    help="Take the customer through the step at which it stopped, and agree on the next one.",
    channels=("phone", "email"),
    expires_after=14 * DAY,
    automated=False,
    repeats=True,
)
