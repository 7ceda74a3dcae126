"""`proactive-notice`: a message about errors that a customer met, before it asks."""

from retention.actions.base import Action
from retention.calendar import DAY

PROACTIVE_NOTICE = Action(
    name="proactive-notice",
    help="Say that the errors were noticed, what is done about them and until when, before the customer has to ask.",
    channels=("email", "in_app"),
    expires_after=5 * DAY,
    automated=True,
    priority=2,
)
