"""`service-recovery`: a person makes good what went wrong with orders."""

from retention.actions.base import Action
from retention.calendar import DAY

SERVICE_RECOVERY = Action(
    name="service-recovery",
    help="Say what went wrong with the orders, make it good, and see to it that the next one is on time.",
    channels=("phone", "email"),
    expires_after=7 * DAY,
    automated=False,
    repeats=True,
)
