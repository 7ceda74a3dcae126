"""`respect-opt-out`: a customer that wants no messages by a channel gets none, and is asked what it does want."""

from retention.actions.base import Action
from retention.calendar import DAY

RESPECT_OPT_OUT = Action(
    name="respect-opt-out",
    help="Send nothing by that channel. In the next talk, ask what is still welcome.",
    channels=("phone",),
    expires_after=30 * DAY,
    automated=False,
)
