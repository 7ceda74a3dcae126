"""`close-the-loop`: a person calls a customer that would not recommend the company."""

from retention.actions.base import Action
from retention.calendar import DAY

CLOSE_THE_LOOP = Action(
    name="close-the-loop",
    help="Call, ask what lies behind the score, and say what will be done. No offer.",
    channels=("phone", "email"),
    expires_after=14 * DAY,
    automated=False,
    repeats=True,
)
