"""`adoption-session`: a person helps an account to use the seats that it pays for, or to pay for fewer."""

from retention.actions.base import Action
from retention.calendar import DAY

ADOPTION_SESSION = Action(
    name="adoption-session",
    help="Find out who should be using the product and is not, train them, or offer a number of seats that fits.",
    channels=("phone", "email"),
    expires_after=30 * DAY,
    automated=False,
    repeats=True,
)
