"""The family `tickets` in the register of features."""

from typing import Final

from retention.features.base import COUNTED, Case, Feature, ReadOrder
from retention.features.tickets import section
from retention.features.tickets.facets import TICKETS as CHANGED
from retention.features.tickets.facets import TROUBLES
from retention.features.tickets.folds import step
from retention.features.tickets.tickets import ESCALATED, OPENED, REOPENED, SOLVED
from schemas.tickets import TICKETS as FAMILY

_EITHER: Final = frozenset({CHANGED, TROUBLES})

TICKETS: Final = Feature(
    name="tickets",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={
        "ticket.opened": Case(step(OPENED), _EITHER),
        "ticket.replied": COUNTED,
        "ticket.escalated": Case(step(ESCALATED), _EITHER),
        "ticket.reopened": Case(step(REOPENED), _EITHER),
        "ticket.solved": Case(step(SOLVED), frozenset({CHANGED})),
    },
    sections=(section.TICKETS,),
)
