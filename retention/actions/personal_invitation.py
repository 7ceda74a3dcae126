"""`personal-invitation`: a message that asks a silent member of the community back, about something of its own."""

from retention.actions.base import Action
from retention.calendar import DAY

PERSONAL_INVITATION = Action(
    name="personal-invitation",
    help="Invite the customer personally, to a subject that it took part in before.",
    channels=("email", "in_app"),
    expires_after=21 * DAY,
    automated=True,
    priority=1,
)
