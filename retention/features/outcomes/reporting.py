"""States what became of an action, as an event says that a service has sent: subscribers of outputs know it, too."""

from retention.calendar import Instant, moment
from retention.identity import derived_id
from retention.statements import Statement
from schemas.outbound import ActionOutcome, ActionReported
from schemas.outcomes import ActionConverted, ActionDelivered, ActionDismissed

REPORTED = "action.reported"
_OUTCOMES: dict[str, ActionOutcome] = {
    "action.delivered": "delivered",
    "action.converted": "converted",
    "action.dismissed": "dismissed",
}


def reported(event: ActionDelivered | ActionConverted | ActionDismissed, at: Instant) -> Statement:
    """Return the statement of an outcome: one event, one statement, whenever it is read."""
    body = ActionReported(
        customer_id=event.customer_id,
        outcome=_OUTCOMES[event.type],
        recommendation_id=event.recommendation_id,
        action=event.action,
        episode=event.episode,
        at=moment(at),
        source=event.source,
    )
    ident = derived_id(REPORTED, event.type, event.event_id)
    return Statement(REPORTED, ident, event.customer_id, at, event.event_id, body)
