"""Calculates the factors of what a customer met with and said: tickets, opinions, e-mails, contacts by the company."""

from typing import Final

from retention import day_counts
from retention.calendar import DAY, HOUR, Instant
from retention.features.feedback.said import CES, COMPLAINT, CSAT, NPS, PRAISE, REVIEW, Said
from retention.features.feedback.section import feedback_seen
from retention.features.messages.section import DELIVERED, engaged, messages_seen
from retention.features.relations.section import relations_seen
from retention.features.tickets.section import tickets_seen
from retention.features.tickets.tickets import ESCALATED, OPENED, REOPENED, SOLVED, Ticket
from retention.fitted import MILLI
from retention.risk.presence import MONTH, sum_between
from retention.risk.scene import Scene, part, share

_SEASON: Final = 90 * DAY
_TWO_MONTHS: Final = 60 * DAY
_STUCK: Final = 72 * HOUR
_LOW_NPS: Final = 7
_TEN: Final = 10
_HUNDRED: Final = 100


def support(scene: Scene) -> tuple[int, ...]:
    """Return the tickets that were opened of late, are open, and are open for long, escalated or opened again."""
    opened = unsolved = grave = 0
    for ticket in tickets_seen(scene.customer).values():
        steps = [step for step in ticket.steps if step.at <= scene.at]
        if not steps or steps[-1].at <= scene.at - _SEASON:
            continue
        begun = next((step.at for step in steps if step.kind == OPENED), steps[0].at)
        is_open = steps[-1].kind != SOLVED
        opened += begun > scene.at - MONTH * DAY
        unsolved += is_open
        grave += _is_grave(ticket, scene.at) or (is_open and begun <= scene.at - _STUCK)
    return part(opened, 2), part(unsolved, 1), part(grave, 1)


def _is_grave(ticket: Ticket, at: Instant) -> bool:
    return any(step.kind in {REOPENED, ESCALATED} and at - _TWO_MONTHS < step.at <= at for step in ticket.steps)


def opinion(scene: Scene) -> tuple[int, ...]:
    """Return the worst and the best that was said in the last 90 days."""
    said = [one for one in feedback_seen(scene.customer) if scene.at - _SEASON < one.at <= scene.at]
    return max([_displeasure(one) for one in said], default=0), max([_pleasure(one) for one in said], default=0)


def _of_ten(said: Said) -> int | None:
    """Return a score on a scale from 0 to 10, in thousandths; None if it has none."""
    if said.kind in {NPS, CSAT, CES}:
        return int(said.on((0, _TEN)) * MILLI)
    return int(said.stars() * 2 * MILLI) if said.kind == REVIEW and said.highest else None


def _displeasure(said: Said) -> int:
    score, worst = _of_ten(said), 700 if said.kind == COMPLAINT else 0
    if score is not None:
        worst = max(worst, (_LOW_NPS * MILLI - score) // _LOW_NPS)
    return max(worst, -said.sentiment * said.confidence * MILLI // (_HUNDRED * _HUNDRED))


def _pleasure(said: Said) -> int:
    score = _of_ten(said)
    if said.kind == PRAISE:
        return 700
    return share(score - _LOW_NPS * MILLI, 3 * MILLI) if score is not None else 0


def mail(scene: Scene) -> tuple[int, ...]:
    """Return how many e-mails of the last 60 days were delivered while none was clicked or opened."""
    first = scene.day - 60
    if sum_between(day_counts.before(engaged(scene.customer), scene.day), first, scene.day):
        return (0,)
    delivered = messages_seen(scene.customer).get(DELIVERED, [])
    return (part(sum_between(day_counts.before(delivered, scene.day), first, scene.day), 8),)


def contact(scene: Scene) -> tuple[int, ...]:
    """Return how long ago the company last spoke to a customer, of whom such contacts are known."""
    last = day_counts.around(relations_seen(scene.customer).contacts, scene.day)[0]
    return (part(scene.day - last, 60),) if last is not None else (0,)
