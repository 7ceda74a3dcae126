"""`supervisor-call`: a supervisor speaks to a customer that rated the support badly."""

from retention.actions.base import Action
from retention.calendar import DAY

SUPERVISOR_CALL = Action(
    name="supervisor-call",
    help="A supervisor calls within 24 hours, apologises, and sees to it that the matter is solved.",
    channels=("phone", "email"),
    expires_after=3 * DAY,
    automated=False,
    repeats=True,
)
