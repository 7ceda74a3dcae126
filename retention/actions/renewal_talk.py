"""`renewal-talk`: a person asks a customer why it does not want to renew."""

from retention.actions.base import Action
from retention.calendar import DAY

RENEWAL_TALK = Action(
    name="renewal-talk",
    help="Ask before the term ends what would make the customer renew: by a call, or by a survey if it pays little.",
    channels=("phone", "email"),
    expires_after=21 * DAY,
    automated=False,
    repeats=True,
)
