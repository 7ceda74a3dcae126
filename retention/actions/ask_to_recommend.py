"""`ask-to-recommend`: a message that asks a content customer for a review or a recommendation."""

from retention.actions.base import Action
from retention.calendar import DAY

ASK_TO_RECOMMEND = Action(
    name="ask-to-recommend",
    help="Thank the customer for its answer, and ask it for a review, or to recommend the company.",
    channels=(
        "email",
        "in_app",
    ),
    expires_after=14 * DAY,
    automated=True,
)
