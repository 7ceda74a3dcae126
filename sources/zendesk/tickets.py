"""Turns events of a ticket into ours. Words are upper case in webhooks and lower case elsewhere.

new, open, pending, hold ──► solved, closed     ticket.solved
solved ──► new, open, pending, hold             ticket.reopened
any other change of status                      nothing
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from sources.base import Fields, Translation
from sources.document import Node
from sources.instants import of_text
from sources.values import LONGEST_ID
from sources.zendesk.envelope import SYSTEM, WHOLE, Happened, id_of, id_or_none, skipped, told
from sources.zendesk.options import ZendeskOptions

DONE: Final = frozenset({"solved", "closed", "deleted"})
UNDONE: Final = frozenset({"new", "open", "pending", "hold"})
_RANKS: Final = {"low": 0, "": 1, "normal": 1, "high": 2, "urgent": 3}
_GRAVE: Final = 2
_READ: Final = 2_000
"""Characters of a text that are read."""
_STATUS: Final = f"a status is one of {', '.join(sorted(DONE | UNDONE))}"
_PRIORITY: Final = "a priority is low, normal, high or urgent"
_UNSEEN: Final = "a ticket that its customer has not seen: it has internal notes only"
SOLVED_ABOUT: Final = "a solved ticket without `metric_set`: it counts as solved when it was last changed"

Whose = Mapping[str, object]


def opened(event: Happened, whose: Whose, options: ZendeskOptions) -> Translation:
    """Return that a ticket was opened, and solved at once if it was created so."""
    ticket, ident = event.ticket, id_of(event.ticket.at("id"))
    if ticket.at("is_public").value is False:
        return skipped(_UNSEEN)
    events = [told(whose, event.at, f"{ident}:opened", _opening(ticket, ident, options))]
    if _status(ticket.at("status")) in DONE:
        events.append(told(whose, event.at, f"{ident}:solved", {"type": "ticket.solved", "ticket_id": ident}))
    return Translation(tuple(events))


def exported(event: Happened, whose: Whose, options: ZendeskOptions) -> Translation:
    """Return what a ticket of an export says: when it was opened, whether it was opened again, when it was solved.

    Ids tell of the turn: what a later export says of a ticket that was opened again is no repetition of the first one.
    """
    ticket, ident = event.ticket, id_of(event.ticket.at("id"))
    if ticket.at("is_public").value is False:
        return skipped(_UNSEEN)
    past = {**whose, "backfill": True}
    first = told(past, event.at, f"{ident}:opened", _opening(ticket, ident, options))
    turn = _turn(ticket)
    if _status(ticket.at("status")) not in DONE:
        return Translation((first, *([_reopened(event, past, ident, turn)] if turn else [])))
    known = ticket.at("metric_set", "solved_at")
    at = of_text(known if known.is_known else ticket.at("updated_at"))
    name = f"{ident}:solved:{turn}" if turn else f"{ident}:solved"
    solved = told(past, max(at, event.at), name, {"type": "ticket.solved", "ticket_id": ident})
    return Translation((first, solved), "" if known.is_known else SOLVED_ABOUT)


def _turn(ticket: Node) -> int:
    """Return how often a ticket was opened again, where an export says it."""
    reopens = ticket.at("metric_set", "reopens")
    return max(0, reopens.whole(WHOLE)) if reopens.is_known else 0


def _reopened(event: Happened, past: Whose, ident: str, turn: int) -> Fields:
    """Return that a ticket that is open was solved before, at the time of its status, or of its last change."""
    times = (event.ticket.at("metric_set", "status_updated_at"), event.ticket.at("updated_at"))
    known = next((one for one in times if one.is_known), None)
    at = max(of_text(known), event.at) if known is not None else event.at
    return told(past, at, f"{ident}:reopened:{turn}", {"type": "ticket.reopened", "ticket_id": ident})


def _opening(ticket: Node, ident: str, options: ZendeskOptions) -> dict[str, object]:
    fields: dict[str, object] = {"type": "ticket.opened", "ticket_id": ident}
    topic = next(_topics(ticket, options), "")
    if topic:
        fields["topic"] = topic
    if ticket.knows("priority") and ticket.at("priority").value != "":
        fields["priority"] = _priority(ticket.at("priority"))
    channel = ticket.word_at("via", "channel")
    if 0 < len(channel) <= LONGEST_ID and "@" not in channel:
        fields["channel"] = channel
    text = "\n".join(filter(None, (ticket.word_at("subject"), ticket.word_at("description"))))
    if options.texts and text:
        fields["text"] = text[:_READ]
    return fields


def _topics(ticket: Node, options: ZendeskOptions) -> Iterator[str]:
    """Yield the topics of a ticket, the one that counts first."""
    for field in ticket.at("custom_fields").each():
        if options.topic_field is not None and id_or_none(field.at("id")) == str(options.topic_field):
            value = field.word_at("value")
            if 0 < len(value) <= LONGEST_ID and "@" not in value:
                yield options.topics.get(value, value)
    tags = {one.word() for one in ticket.at("tags").each()}
    yield from (topic for tag, topic in options.topics.items() if tag in tags)


def changed(event: Happened, whose: Whose, options: ZendeskOptions) -> Translation:
    """Return what a new status means."""
    after, before = _status(event.event.at("current")), event.event.word_at("previous").lower()
    if after in DONE and before not in DONE:
        return _one(event, whose, "ticket.solved")
    if before in DONE and after in UNDONE:
        return _one(event, whose, "ticket.reopened")
    return skipped("a status by which a ticket is neither solved nor opened again")


def prioritised(event: Happened, whose: Whose, options: ZendeskOptions) -> Translation:
    """Return that a ticket was escalated, if its priority has risen to high or urgent."""
    before, after = (_rank(event.event.at(name)) for name in ("previous", "current"))
    if after > before and after >= _GRAVE:
        return _one(event, whose, "ticket.escalated")
    return skipped("a priority that has not risen to high or urgent")


def assigned(event: Happened, whose: Whose, options: ZendeskOptions) -> Translation:
    """Return that a ticket was escalated, if the settings name the group that has it now."""
    if id_or_none(event.event.at("current")) in {str(one) for one in options.escalation_groups}:
        return _one(event, whose, "ticket.escalated")
    return skipped("another group has a ticket now (sources.zendesk.escalation_groups)")


def commented(event: Happened, whose: Whose, options: ZendeskOptions) -> Translation:
    """Return who replied to a ticket; nothing of an internal note, and nothing of the comment that opened it."""
    comment = event.event.at("comment")
    public = comment.at("is_public")
    if not isinstance(public.value, bool):
        raise public.wrong(WHOLE)
    if not public.is_true():
        return skipped("an internal note")
    begun = event.ticket.at("created_at")
    if begun.is_known and _second(of_text(begun)) == _second(event.at):
        return skipped("the first comment of a ticket: it was opened by it")
    author = _author(comment, event.ticket, options)
    fields = {"author": author, "automatic": True} if author == "bot" else {"author": author}
    return _one(event, whose, "ticket.replied", **fields)


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _author(comment: Node, ticket: Node, options: ZendeskOptions) -> str:
    author = comment.at("author")
    ident = id_or_none(author.at("id"))
    if ident == SYSTEM or ident in {str(one) for one in options.bots}:
        return "bot"
    staff = author.at("is_staff")
    if isinstance(staff.value, bool):
        return "agent" if staff.is_true() else "customer"
    if not ident:
        raise staff.wrong(WHOLE)
    return "customer" if ident == id_or_none(ticket.at("requester_id")) else "agent"


def finished(event: Happened, whose: Whose, options: ZendeskOptions) -> Translation:
    """Return that a ticket needs no answer any more: it was merged into another one, deleted, or is spam."""
    return _one(event, whose, "ticket.solved")


def _one(event: Happened, whose: Whose, kind: str, **fields: object) -> Translation:
    body = {"type": kind, "ticket_id": id_of(event.ticket.at("id")), **fields}
    return Translation((told(whose, event.at, event.id, body),))


def _status(node: Node) -> str:
    word = node.text(WHOLE).lower()
    if word not in DONE | UNDONE:
        raise node.wrong(_STATUS, "another word")
    return word


def _priority(node: Node) -> str:
    word = node.text(WHOLE).lower()
    if word not in _RANKS:
        raise node.wrong(_PRIORITY, "another word")
    return word


def _rank(node: Node) -> int:
    return _RANKS[_priority(node) if node.is_known and node.value != "" else ""]
