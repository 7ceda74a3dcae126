"""Reads a record by the rules of a mapping: each that takes it makes one event."""

import hashlib
from typing import Any, Final

from schemas.decoding import Refused
from sources.base import Fields, Foreign, Made, Options, Translation, Unreadable, own_of
from sources.mapping.options import MappingOptions
from sources.mapping.paths import NAME
from sources.mapping.ready import Ready
from sources.mapping.sampling import takes
from sources.values import LONGEST_ID, completed, document, ident, refusal, taken, without_empty

NO_RULE: Final = "a record that no rule takes (sources.mapping.events)"
_APART: Final = "map other paths for the ids of the rules that take this record"
_MISSING: Final = "missing, or null"


def read(foreign: Foreign, options: Options) -> Translation:
    """Return the events of one record, by each rule that takes it."""
    value = foreign.value
    record = document(NAME, value)
    text = value or b""
    doubts: list[str] = []
    events: dict[str, Fields] = {}
    for rule in own_of(options, MappingOptions).ready:
        if rule.when is None or takes(rule, record):
            fields = _event(rule, record, text, doubts)
            name = str(fields["event_id"])
            if name in events:  # of several events of one record, those after the first have the number of their rule
                fields["event_id"] = name = f"{name[: LONGEST_ID - 4]}:{rule.number + 1:03}"
            if name in events:
                raise Unreadable(NAME, rule.paths["event_id"] or "the record", "the id of another event of it", _APART)
            events[name] = _checked(fields, rule, text)
    if not events:
        return Translation((), NO_RULE)
    said = "; ".join(dict.fromkeys(doubts)) if doubts else ""
    in_order = sorted(events) if len(events) > 1 else events
    return Translation(tuple([events[name] for name in in_order]), said)


def _checked(fields: Made, rule: Ready, text: bytes) -> Made:
    """Return an event that its contract has taken; raise `Unreadable` with the path of the field that it refuses."""
    try:
        return taken(fields, text) if rule.copies_values else completed(fields)
    except (Refused, UnicodeEncodeError) as error:
        full = without_empty(fields)
        if full is not None:
            return _checked(full, rule, text)
        raise refusal(NAME, fields, error, rule.paths.get) from None


def _event(rule: Ready, record: dict[str, Any], text: bytes, doubts: list[str]) -> Made:
    """Return the event of one rule; raise `Unreadable` with the path of what is missing or cannot be used."""
    fields = Made(rule.constants)
    fields["event_id"] = _event_id(rule, record, text)
    for name, path, conversion, is_required in rule.chosen:
        value = record.get(path.name) if path.name is not None else path.found(record)
        if value is not None:
            usual = conversion.usual(value)
            fields[name] = usual if usual is not None else conversion.made(value, fields.get("currency"), doubts)
        elif is_required:
            raise Unreadable(
                NAME, path.text, _MISSING, f"{rule.type} needs its {name}: map another path, or use `when`"
            )
    return fields


def _event_id(rule: Ready, record: dict[str, Any], text: bytes) -> str:
    """Return what the paths select, joined; a digest of the record for a rule that names none."""
    if not rule.event_id:
        return hashlib.sha256(text).hexdigest()[:32]
    parts = []
    for path, conversion in rule.event_id:
        value = record.get(path.name) if path.name is not None else path.found(record)
        if value is None:
            raise Unreadable(NAME, path.text, _MISSING, "map what is different in each event; it may be several paths")
        made = conversion.usual(value)
        parts.append(made if made is not None else str(conversion.made(value, None, [])))  # of an address: a pseudonym
    return ident(NAME, rule.paths["event_id"], ":".join(parts))
