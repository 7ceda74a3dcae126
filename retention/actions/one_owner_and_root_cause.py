"""`one-owner-and-root-cause`: one person takes over all tickets of a customer in trouble."""

from retention.actions.base import Action
from retention.calendar import DAY

ONE_OWNER_AND_ROOT_CAUSE = Action(
    name="one-owner-and-root-cause",
    help="Assign all open tickets to one person, who finds their common cause and apologises.",
    channels=("phone", "email"),
    expires_after=7 * DAY,
    automated=False,
    repeats=True,
)
