"""`training`: a person shows a customer the parts of the product that it does not use."""

from retention.actions.base import Action
from retention.calendar import DAY

TRAINING = Action(
    name="training",
    help="Ask what the customer wants to achieve, and train it in the features that serve that.",
    channels=("phone", "email"),
    expires_after=30 * DAY,
    automated=False,
    repeats=True,
)
